"""Fibre Channel adapters read from a tree that stands for /sys/class/fc_host."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.corpus.case import Case
from tests.corpus.tree import unpack

from pyvirt_driver_nodedev.vports import ScsiHosts, host_number


def number(host: int | str) -> int:
    """A host that is given by number or by name."""
    return host if isinstance(host, int) else host_number(host)


def answers(hosts: ScsiHosts, data: dict[str, Any]) -> tuple[object, object]:
    """What pyvirt says, and what it should say."""
    kind = data["kind"]
    if kind in ("exists", "vport-capable"):
        asked = hosts.is_fc if kind == "exists" else hosts.has_vports
        given = data["hosts"] if "hosts" in data else [data["host"]]
        return all(asked(number(host)) for host in given), data.get("value", True)
    if kind == "config":
        return {name: hosts.attribute(number(data["host"]), name) for name in data["value"]}, data["value"]
    if kind == "by-wwn":
        wwnn, wwpn = data.get("wwnn", data.get("node_name")), data.get("wwpn", data.get("port_name"))
        found = hosts.by_wwn(str(wwnn), str(wwpn))
    else:
        assert kind == "find-vport"
        found = hosts.with_room()
    return found, number(data["value"] if "value" in data else data["host"])


def run(case: Case) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        unpack(case.path(), Path(folder) / "class" / "fc_host")
        said, expected = answers(ScsiHosts(folder), case.data)
    return None if said == expected else f"expected {expected!r}, got {said!r}"
