"""Ports of networks: parsed and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.network import NetworkPort


def run(case: Case) -> str | None:
    port = NetworkPort.parse(case.bytes())
    port.validate()
    return same_text(case.text(), port.format())
