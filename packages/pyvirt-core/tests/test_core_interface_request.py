"""Requests for NICs as plain data, for guests' records."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from pyvirt.services.specs.interface import Address, Bandwidth, InterfaceRequest, Rate, Route, VirtualPort

PLAIN = InterfaceRequest("bridge", "52:54:00:00:00:01", "web", "u", source="br0")
FULL = InterfaceRequest(
    "ethernet",
    "52:54:00:00:00:01",
    "web",
    "u",
    source="br0",
    target="web0",
    mode="vepa",
    queues=4,
    vnet_header=False,
    managed=False,
    mtu=1400,
    up=False,
    isolated=True,
    vlan=(7, 42),
    trunk=True,
    native_vlan=42,
    native_mode="tagged",
    virtualport=VirtualPort("802.1Qbg", "i", "p", "n", 1, 2, 3),
    bandwidth=Bandwidth(Rate(1, 2, 3, 4), None),
    trust_guest_rx_filters=True,
    mac_table_manager="libvirt",
    rx_frames=0,
    addresses=(Address("192.0.2.1", 24), Address("2001:db8::1", None, "2001:db8::2")),
    routes=(Route("0.0.0.0", "192.0.2.7", 0, 5),),
    script="/etc/up",
    downscript="/etc/down",
    options={"pf": "eth0"},
)


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
def test_a_request_survives_json(request_: InterfaceRequest) -> None:
    assert InterfaceRequest.from_dict(json.loads(json.dumps(request_.as_dict()))) == request_


def test_the_full_one_has_no_defaults() -> None:
    """A new member has to be in it, or its way through JSON is not tested."""
    assert set(FULL.as_dict()) == {entry.name for entry in fields(InterfaceRequest)}


def test_defaults_are_not_written() -> None:
    assert PLAIN.as_dict() == {
        "type": "bridge",
        "mac": "52:54:00:00:00:01",
        "domain": "web",
        "domain_uuid": "u",
        "source": "br0",
    }


def test_members_of_another_version_are_left_out() -> None:
    assert InterfaceRequest.from_dict({**PLAIN.as_dict(), "colour": "blue"}) == PLAIN
