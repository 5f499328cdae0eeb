"""Networks: parsed, completed, validated and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.network import DNSMASQ, NetworkXmlFlags, parse_network
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    try:
        network = parse_network(case.bytes(), file=case.data["input"], namespaces=DNSMASQ)
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    flags = NetworkXmlFlags.INACTIVE if case.data["inactive"] else NetworkXmlFlags.NONE
    return same_text(case.text(), network.format(flags))
