"""Lookups in a domain."""

from __future__ import annotations

from tests.corpus.case import Case
from tests.corpus.suites.genericxml2xml import CONFIG

from pyvirt_conf.domain import parse_domain


def run(case: Case) -> str | None:
    domain = parse_domain(case.bytes(), CONFIG)
    found = domain.devices.filesystem_at(case.data["path"]) is not None
    return None if found == case.data["value"] else f"{case.data['path']}: found {found}"
