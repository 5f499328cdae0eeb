"""Updates of one section of a network."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.network import UpdateCommand, UpdateSection, parse_network, update_network
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    network = parse_network(case.bytes())
    before = network.format()
    command = UpdateCommand[case.data["command"].upper().replace("-", "_")]
    section = UpdateSection[case.data["section"].upper().replace("-", "_")]
    try:
        update_network(network, command, section, case.text("update"), case.data["parent_index"])
    except VirtError as error:
        if network.format() != before:
            return "refused, but changed"
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    return same_text(case.text(), network.format())
