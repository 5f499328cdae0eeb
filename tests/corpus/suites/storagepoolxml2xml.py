"""Storage pools: parsed, completed, validated and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.storage import parse_pool


def run(case: Case) -> str | None:
    return same_text(case.text(), parse_pool(case.bytes()).format())
