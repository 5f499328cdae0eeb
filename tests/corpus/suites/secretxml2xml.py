"""Secrets: parsed and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.secret import parse_secret


def run(case: Case) -> str | None:
    return same_text(case.text(), parse_secret(case.bytes()).format())
