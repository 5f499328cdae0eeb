"""Addresses and routes of real devices, in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import Address, InterfaceRequest, Route
from pyvirt_netdev import address
from pyvirt_netdev import link as links
from pyvirt_netdev.address import InterfaceAddress, InterfaceRoute
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_util.errors import InvalidArgError, OperationFailedError, SystemCallError
from pyvirt_util.undo import UndoStack

pytestmark = pytest.mark.root


@pytest.fixture
def card(netns):
    """A device that is up, with its cable in."""
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    for name in ("v0", "v1"):
        netns("ip", "link", "set", name, "addrgenmode", "none")
        netns("ip", "link", "set", name, "up")
    return links.get("v0")


def test_addresses(netns, card):
    address.add_address(card, "192.0.2.1", 24)
    address.add_address(card, "192.0.2.1", 24)
    address.add_address(card, "198.51.100.1", 32, peer="198.51.100.2")
    address.add_address(card, "2001:db8::1", 64)
    address.add_address(card, "10.1.2.3")
    assert sorted(address.get_addresses(card)) == [
        InterfaceAddress("10.1.2.3", 8),
        InterfaceAddress("192.0.2.1", 24),
        InterfaceAddress("198.51.100.1", 32, "198.51.100.2"),
        InterfaceAddress("2001:db8::1", 64),
    ]
    shown = json.loads(netns("ip", "-j", "addr", "show", "v0"))[0]["addr_info"]
    assert {item["local"]: item.get("broadcast") for item in shown} == {
        "192.0.2.1": "192.0.2.255",
        "10.1.2.3": "10.255.255.255",
        "198.51.100.1": None,
        "2001:db8::1": None,
    }
    assert address.remove_address(card, "192.0.2.1", 24)
    assert not address.remove_address(card, "192.0.2.1", 24)
    assert address.remove_address(card, "2001:db8::1", 64)
    assert {item.address for item in address.get_addresses(card)} == {"10.1.2.3", "198.51.100.1"}
    assert address.get_addresses(links.get("v1")) == []


def test_routes(netns, card):
    address.add_address(card, "192.0.2.1", 24)
    address.add_address(card, "2001:db8::1", 64)
    address.add_route(card, "203.0.113.9", "192.0.2.7", 24, metric=5)
    address.add_route(card, "0.0.0.0", "192.0.2.8")
    address.add_route(card, "10.9.9.9", "192.0.2.7")
    address.add_route(card, "2001:db8:1::", "2001:db8::7", 48)
    found = [route for route in address.get_routes(card) if route.gateway]
    assert sorted(found) == [
        InterfaceRoute("0.0.0.0", 0, "192.0.2.8"),
        InterfaceRoute("10.0.0.0", 8, "192.0.2.7"),
        InterfaceRoute("2001:db8:1::", 48, "2001:db8::7", 1024),
        InterfaceRoute("203.0.113.0", 24, "192.0.2.7", 5),
    ]
    assert InterfaceRoute("192.0.2.0", 24, None) in address.get_routes(card)
    assert "via 192.0.2.7 dev v0" in netns("ip", "route", "get", "203.0.113.200")
    assert address.remove_route(card, "203.0.113.9", "192.0.2.7", 24, metric=5)
    assert not address.remove_route(card, "203.0.113.9", "192.0.2.7", 24, metric=5)


def test_refusals(card):
    for bad in ("192.0.2", "192.0.2.0/24", "nonsense", ""):
        with pytest.raises(InvalidArgError, match="is not an IP address"):
            address.add_address(card, bad)
    for length in (33, -1):
        with pytest.raises(InvalidArgError, match=f"prefix {length} of '192.0.2.1'"):
            address.add_address(card, "192.0.2.1", length)
    with pytest.raises(InvalidArgError, match=r"'::1' is of another family than '10\.0\.0\.0'"):
        address.add_route(card, "10.0.0.0", "::1")
    with pytest.raises(OperationFailedError, match=r"route to 10\.0\.0\.0 by 192\.0\.2\.1 on 'v0': the gateway cannot"):
        address.add_route(card, "10.0.0.0", "192.0.2.1")
    links.delete(card.ifindex, card.name)
    with pytest.raises(SystemCallError, match=r"add address 192\.0\.2\.1 to 'v0'") as caught:
        address.add_address(card, "192.0.2.1")
    assert caught.value.errno == 19


@pytest.mark.parametrize(
    ("text", "prefix"), [("10.0.0.1", 8), ("172.16.0.1", 16), ("192.0.2.1", 24), ("224.0.0.1", 24), ("2001:db8::1", 64)]
)
def test_prefixes_that_are_not_given(text, prefix):
    assert address.default_prefix(text) == prefix


def test_a_tap_with_addresses_of_the_host(netns, tmp_path):
    """The host speaks with its guest without a bridge (``<interface type='ethernet'>`` with ``<source><ip/>``)."""
    request = InterfaceRequest(
        "ethernet",
        "52:54:00:12:34:56",
        "web",
        "u",
        addresses=(Address("192.0.2.1", 24), Address("2001:db8::1", 64)),
        routes=(Route("203.0.113.0", "192.0.2.7", 24),),
    )
    plugin = InterfacePlugin(SavedSettings(str(tmp_path)))
    with services.interface.replaced(plugin):
        with UndoStack() as undo:
            plugged = services.interface.plug(request, undo)
        device = links.get("vnet0")
        assert {"192.0.2.1", "2001:db8::1"} <= {item.address for item in address.get_addresses(device)}
        assert InterfaceRoute("203.0.113.0", 24, "192.0.2.7") in address.get_routes(device)
        os.close(plugged.fds[0])
        bad = InterfaceRequest(
            "ethernet", "52:54:00:12:34:56", "web", "u", routes=(Route("203.0.113.0", "192.0.2.7", 24),)
        )
        with pytest.raises(OperationFailedError, match="the gateway cannot be reached"), UndoStack() as undo:
            services.interface.plug(bad, undo)
        assert links.find("vnet0") is None


def test_scripts(netns, tmp_path, caplog):
    """A script gets the device's name; one that fails keeps the NIC from being plugged, not from being unplugged."""
    log = tmp_path / "log"
    script = tmp_path / "script"
    show = f'{shutil.which("ip")} -br link show "$1"'
    script.write_text(f'#!/bin/sh\necho "$0 $1 $({show} | cut -c1-5)" >> {log}\n')
    script.chmod(0o755)
    request = InterfaceRequest(
        "ethernet", "52:54:00:12:34:56", "web", "u", script=str(script), downscript=f"{tmp_path}/script"
    )
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")))
    with UndoStack() as undo:
        plugged = plugin.interface_plug(request, undo)
    plugin.interface_unplug(request, plugged.target)
    os.close(plugged.fds[0])
    assert log.read_text() == f"{script} vnet0 vnet0\n" * 2
    script.write_text("#!/bin/sh\nexit 7\n")
    with pytest.raises(Exception, match="script"), UndoStack() as undo:
        plugin.interface_plug(request, undo)
    assert links.find("vnet0") is None
    plugin.interface_unplug(request, "vnet0")
    assert "the script of 'vnet0' failed" in caplog.text
