"""Bindings of network filters parsed and formatted back."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.nwfilter import parse_filter_binding


def run(case: Case) -> str | None:
    text = case.text("input") if case.data.get("same") else case.text()
    return same_text(text, parse_filter_binding(case.bytes()).format())
