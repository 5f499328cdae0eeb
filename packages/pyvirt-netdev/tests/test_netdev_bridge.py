"""Ports of Linux bridges: whose addresses are told instead of learned, and VLANs.

Where this kernel's bridges do not filter by VLAN, a kernel is played below netlink for them; its messages are those of
a Debian kernel, with which the same tests run in a guest (tests/e2e/test_e2e_netdev_guest.py).
"""

from __future__ import annotations

import errno
import json
import os
import struct
import subprocess

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import InterfaceRequest
from pyvirt_netdev import bridge, bridge_vlan, netlink
from pyvirt_netdev import link as links
from pyvirt_netdev.bridge_vlan import PortVlan
from pyvirt_netdev.link import Link
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_util.errors import SystemCallError
from pyvirt_util.undo import UndoStack

MAC = "52:54:00:12:34:56"
PORT = Link(7, "vnet0", None, 1500, True, "tun", 3, 0, "up", {})


def request(**more) -> InterfaceRequest:
    base = {"type": "bridge", "mac": MAC, "domain": "web", "domain_uuid": "u", "source": "br0"}
    return InterfaceRequest(**{**base, **more})


@pytest.fixture
def plugin(netns, tmp_path):
    with services.interface.replaced(InterfacePlugin(SavedSettings(str(tmp_path / "run")))):
        yield services.interface


@pytest.mark.root
def test_an_address_that_is_told(netns, plugin):
    netns("ip", "link", "add", "br0", "up", "type", "bridge")
    with UndoStack() as undo:
        plugged = plugin.plug(request(mac_table_manager="libvirt"), undo)
    try:
        options = json.loads(netns("ip", "-d", "-j", "link", "show", "vnet0"))[0]["linkinfo"]["info_slave_data"]
        assert (options["learning"], options["flood"]) == (False, False)
        known = json.loads(netns("bridge", "-j", "fdb", "show", "dev", "vnet0"))
        # Once, or also for the VLAN that a bridge has where it could filter by them.
        assert {(item["master"], item["state"]) for item in known if item["mac"] == MAC} == {("br0", "static")}
        bridge.pin_address(links.get("vnet0"), MAC)
    finally:
        os.close(plugged.fds[0])


@pytest.mark.parametrize(
    ("wanted", "vlans"),
    [
        ({"vlan": (42,)}, [PortVlan(42, pvid=True, untagged=True)]),
        ({"vlan": (42,), "trunk": True}, [PortVlan(42)]),
        ({"vlan": (7, 42)}, [PortVlan(7), PortVlan(42)]),
        (
            {"vlan": (42, 7), "native_vlan": 42, "native_mode": "untagged"},
            [PortVlan(7), PortVlan(42, pvid=True, untagged=True)],
        ),
        (
            {"vlan": (42, 7), "native_vlan": 42, "native_mode": "tagged"},
            [PortVlan(7), PortVlan(42, pvid=True, untagged=False)],
        ),
    ],
)
def test_what_tags_mean(wanted, vlans):
    assert bridge_vlan.wanted_vlans(request(**wanted)) == vlans


class RecordedKernel:
    """VLANs of a bridge port as a kernel keeps them: 1 at first, untagged and for frames without a tag."""

    def __init__(self) -> None:
        self.vlans = {1: 6}
        self.log: list[tuple[int, int, int]] = []

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        pass

    def request(self, kind: int, body: bytes, flags: int = 0) -> list[bytes]:
        family, _type, index, _flags, _change = links.IFINFO.unpack_from(body)
        assert (family, index) == (7, PORT.ifindex)
        ((number, content),) = netlink.attributes(body[links.IFINFO.size :])
        ((member, info),) = netlink.attributes(content)
        assert (number, member) == (26, 2)
        options, tag = struct.unpack("=HH", info)
        self.log.append((kind, tag, options))
        if kind == netlink.RTM_DELLINK:
            del self.vlans[tag]
        else:
            if options & 2:
                self.vlans = {other: value & ~2 for other, value in self.vlans.items()}
            self.vlans[tag] = options
        return []

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        assert kind == netlink.RTM_GETLINK
        assert links.IFINFO.unpack_from(body)[0] == 7
        assert dict(netlink.attributes(body[links.IFINFO.size :]))[29] == struct.pack("=I", 2)
        infos = [netlink.attribute(2, struct.pack("=HH", options, tag)) for tag, options in self.vlans.items()]
        other = links.IFINFO.pack(7, 0, 99, 0, 0) + netlink.nested(26, netlink.attribute(2, struct.pack("=HH", 0, 9)))
        return [other, links.IFINFO.pack(7, 0, PORT.ifindex, 0, 0) + netlink.nested(26, *infos)]


@pytest.fixture
def kernel(monkeypatch):
    kernel = RecordedKernel()
    monkeypatch.setattr(netlink, "Rtnetlink", lambda: kernel)
    return kernel


def test_vlans_by_recorded_netlink(kernel):
    assert bridge_vlan.get_vlans(PORT) == [PortVlan(1, pvid=True, untagged=True)]
    trunk = bridge_vlan.wanted_vlans(request(vlan=(7, 42), native_vlan=42, native_mode="untagged"))
    bridge_vlan.set_vlans(PORT, trunk)
    assert bridge_vlan.get_vlans(PORT) == trunk
    assert kernel.log == [(netlink.RTM_DELLINK, 1, 0), (netlink.RTM_SETLINK, 7, 0), (netlink.RTM_SETLINK, 42, 6)]
    kernel.log.clear()
    bridge_vlan.set_vlans(PORT, trunk)
    assert kernel.log == []
    bridge_vlan.set_vlans(PORT, bridge_vlan.wanted_vlans(request(vlan=(42,))))
    assert kernel.log == [(netlink.RTM_DELLINK, 7, 0)]


def test_ranges_by_recorded_netlink():
    infos = [struct.pack("=HH", 6, 1), struct.pack("=HH", 8, 10), struct.pack("=HH", 16, 12), struct.pack("=HH", 4, 99)]
    found = bridge_vlan.decode(b"".join(netlink.attribute(2, info) for info in infos))
    assert found == [
        PortVlan(1, True, True),
        PortVlan(10),
        PortVlan(11),
        PortVlan(12),
        PortVlan(99, False, True),
    ]


def filters_by_vlan(run) -> bool:
    try:
        run("ip", "link", "add", "probe0", "type", "bridge", "vlan_filtering", "1")
    except subprocess.CalledProcessError:
        return False
    run("ip", "link", "del", "probe0")
    return True


@pytest.mark.root
def test_vlans_of_a_real_bridge(netns, plugin):
    if not filters_by_vlan(netns):
        pytest.skip("bridges of this kernel do not filter by VLAN (CONFIG_BRIDGE_VLAN_FILTERING)")
    netns("ip", "link", "add", "br0", "up", "type", "bridge", "vlan_filtering", "1")
    wanted = request(vlan=(7, 42), native_vlan=42, native_mode="untagged", vnet_header=False)
    one = other = None
    try:
        with UndoStack() as undo:
            one = plugin.plug(wanted, undo)
            other = plugin.plug(request(vlan=(42,), mac="52:54:00:00:00:02", vnet_header=False), undo)
        assert bridge_vlan.get_vlans(links.get(one.target)) == bridge_vlan.wanted_vlans(wanted)
        shown = json.loads(netns("bridge", "-j", "vlan", "show", "dev", other.target))
        assert [(item["vlan"], item["flags"]) for item in shown[0]["vlans"]] == [(42, ["PVID", "Egress Untagged"])]
        # A frame of the native VLAN gets to the other guest; one of VLAN 7 does not.
        head = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", ""))
        os.write(one.fds[0], head + b"\x81\x00\x00\x07\x88\xb5" + b"seven" + bytes(60))
        os.write(one.fds[0], head + b"\x88\xb5" + b"native" + bytes(60))
        os.set_blocking(other.fds[0], True)
        frame = b""
        while b"native" not in frame:
            frame = os.read(other.fds[0], 2000)
            assert b"seven" not in frame
    finally:
        for plugged in filter(None, (one, other)):
            os.close(plugged.fds[0])


@pytest.mark.root
def test_the_kernel_refuses_vlans_of_what_is_no_port(netns):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    with pytest.raises(SystemCallError, match="put 'v0' into VLAN 7") as caught:
        bridge_vlan.set_vlans(links.get("v0"), [PortVlan(7)])
    assert caught.value.errno in (errno.EOPNOTSUPP, errno.EINVAL)
