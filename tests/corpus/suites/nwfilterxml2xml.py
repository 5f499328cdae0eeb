"""Network filters parsed and formatted back."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.nwfilter import parse_filter
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    try:
        found = parse_filter(case.bytes())
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    return same_text(case.text(), found.format())
