"""Interfaces of the host: parsed and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.interface import HostInterface


def run(case: Case) -> str | None:
    interface = HostInterface.parse(case.bytes())
    interface.validate()
    return same_text(case.text(), interface.format())
