"""Open vSwitch: statistics and names as ovs-vsctl prints them, and the commands that limit a port's traffic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.corpus.case import Case, same_text
from tests.corpus.suites.qemuxml2argv import quote

from pyvirt.services.specs.interface import Bandwidth, Rate
from pyvirt_conf.domain.virtualport import Bandwidth as BandwidthElement
from pyvirt_conf.domain.virtualport import Rate as RateElement
from pyvirt_netdev.openvswitch import Switch, parse_counters, unescape
from pyvirt_util import uuids
from pyvirt_util.errors import VirtError

VM_UUID = uuids.from_bytes(b"fakeuuid".ljust(16, b"\0"))


class Recorder:
    """Instead of running commands, their text; they print nothing."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, argv: Sequence[str]) -> str:
        self.text += " ".join(quote(word) for word in argv) + "\n"
        return ""


def rate(element: RateElement | None) -> Rate | None:
    if element is None:
        return None
    return Rate(element.average or 0, element.peak or 0, element.burst or 0, element.floor or 0)


def limits(xml: str) -> Bandwidth | None:
    """A ``<bandwidth>`` as a service gets it; one that says nothing is none."""
    from pyvirt_conf.domain import Domain

    text = f"<interface type='ethernet'>{xml}</interface>"
    domain = Domain.parse(f"<domain type='test'><name>x</name><devices>{text}</devices></domain>")
    element: BandwidthElement | None = domain.devices.interfaces[0].bandwidth
    if element is None or (element.inbound is None and element.outbound is None):
        return None
    return Bandwidth(rate(element.inbound), rate(element.outbound))


def outcome(case: Case) -> Any:
    data, recorder = case.data, Recorder()
    match data["kind"]:
        case "stats":
            return parse_counters(case.path().read_text())._asdict()
        case "unescape":
            return unescape(data["text"])
        case "set-qos":
            Switch(recorder).set_limits(data["iface"], limits(data["band"]) if data["band"] else None, VM_UUID)
        case "clear-qos":
            Switch(recorder).lift_limits(data["iface"], VM_UUID)
        case kind:
            raise ValueError(f"unknown kind '{kind}'")
    return recorder.text


def run(case: Case) -> str | None:
    try:
        found = outcome(case)
    except VirtError as error:
        return None if case.expect != "ok" else f"{type(error).__name__}: {error}"
    if case.expect != "ok":
        return f"accepted: {found}"
    if "commands" in case.data:
        return same_text(case.data["commands"] or "", found)
    expected = case.data["value"]
    return None if found == expected else f"expected {json.dumps(expected)}, got {json.dumps(found)}"
