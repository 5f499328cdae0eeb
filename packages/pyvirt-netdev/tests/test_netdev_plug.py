"""Plugging NICs for real, with real bridges and cards in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import InterfaceRequest
from pyvirt_netdev import link as links
from pyvirt_netdev import macvtap, tap
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InvalidArgError,
    OperationFailedError,
    OperationInvalidError,
    SystemCallError,
)
from pyvirt_util.undo import UndoStack

MAC = "52:54:00:12:34:56"
pytestmark = pytest.mark.root


@pytest.fixture
def plugin(netns, tmp_path):
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")))
    with services.interface.replaced(plugin):
        yield services.interface


@pytest.fixture
def fds():
    """Descriptors to close."""
    collected: list[int] = []
    yield collected
    for fd in collected:
        os.close(fd)


def request(kind: str = "bridge", **more) -> InterfaceRequest:
    base = {"mac": MAC, "domain": "web", "domain_uuid": "6a1e0f33-4d4c-4a9c-9c0f-3f7f6d5e2b11"}
    return InterfaceRequest(type=kind, **{**base, **more})


def facts(run, name: str) -> dict:
    return json.loads(run("ip", "-d", "-j", "link", "show", name))[0]


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_bridge(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "mtu", "1400", "type", "bridge")
    with UndoStack() as undo:
        plugged = plugin.plug(request(source="br0"), undo)
        fds += plugged.fds
    assert plugged.target == "vnet0"
    assert plugged.created
    assert len(plugged.fds) == 1
    device = facts(netns, "vnet0")
    assert device["address"] == "fe:54:00:12:34:56"
    assert device["mtu"] == 1400
    assert device["master"] == "br0"
    assert "UP" in device["flags"]
    assert device["linkinfo"]["info_kind"] == "tun"
    assert device["linkinfo"]["info_data"]["vnet_hdr"] is True
    assert device["linkinfo"]["info_slave_data"]["isolated"] is False
    assert open_text("/proc/sys/net/ipv6/conf/vnet0/disable_ipv6") == "1"
    assert not os.get_inheritable(plugged.fds[0])


def open_text(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def test_frames_pass_between_two_guests(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "up", "type", "bridge", "mcast_snooping", "0")
    netns("ip", "link", "set", "br0", "address", "02:00:00:00:00:01")
    other = "52:54:00:00:00:02"
    with UndoStack() as undo:
        one = plugin.plug(request(source="br0", vnet_header=False), undo)
        two = plugin.plug(request(source="br0", vnet_header=False, mac=other), undo)
        fds += one.fds + two.fds
    assert (one.target, two.target) == ("vnet0", "vnet1")
    frame = bytes.fromhex(other.replace(":", "") + MAC.replace(":", "") + "88b5") + b"hello" + bytes(41)
    os.write(one.fds[0], frame)
    os.set_blocking(two.fds[0], True)
    assert os.read(two.fds[0], 2000) == frame


def pending(fd: int) -> list[bytes]:
    frames = []
    while True:
        try:
            frames.append(os.read(fd, 2000))
        except BlockingIOError:
            return frames


def test_isolated_ports_do_not_talk(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "up", "type", "bridge")
    with UndoStack() as undo:
        one = plugin.plug(request(source="br0", isolated=True, vnet_header=False), undo)
        two = plugin.plug(request(source="br0", isolated=True, vnet_header=False, mac="52:54:00:00:00:02"), undo)
        free = plugin.plug(request(source="br0", vnet_header=False, mac="52:54:00:00:00:03"), undo)
        fds += one.fds + two.fds + free.fds
    assert facts(netns, "vnet0")["linkinfo"]["info_slave_data"]["isolated"] is True
    frame = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "") + "88b5") + bytes(46)
    os.write(one.fds[0], frame)
    while os.read(free.fds[0], 2000) != frame:  # the bridge floods in one go: what was not delivered now never will be
        pass
    os.set_blocking(two.fds[0], False)
    assert frame not in pending(two.fds[0])


@pytest.mark.parametrize("queues", [1, 4])
def test_queues(netns, plugin, fds, queues):
    netns("ip", "link", "add", "br0", "type", "bridge")
    with UndoStack() as undo:
        plugged = plugin.plug(request(source="br0", queues=queues), undo)
        fds += plugged.fds
    assert len(set(plugged.fds)) == queues
    data = facts(netns, "vnet0")["linkinfo"]["info_data"]
    assert data["multi_queue"] is (queues > 1)
    assert [tap.name_behind(fd) for fd in plugged.fds] == ["vnet0"] * queues


def test_ethernet_keeps_ipv6_but_ignores_the_guest(netns, plugin, fds):
    with UndoStack() as undo:
        plugged = plugin.plug(request("ethernet", target="tap-%d", mtu=9000, up=False, vnet_header=False), undo)
        fds += plugged.fds
    device = facts(netns, "tap-0")
    assert plugged.target == "tap-0"
    assert device["mtu"] == 9000
    assert "UP" not in device["flags"]
    assert device["linkinfo"]["info_data"]["vnet_hdr"] is False
    assert open_text("/proc/sys/net/ipv6/conf/tap-0/accept_ra") == "0"
    assert open_text("/proc/sys/net/ipv6/conf/tap-0/disable_ipv6") == "0"


def test_a_tap_vanishes_with_its_last_descriptor(netns, plugin):
    with UndoStack() as undo:
        plugged = plugin.plug(request("ethernet", queues=2), undo)
    os.close(plugged.fds[0])
    assert links.find("vnet0") is not None
    os.close(plugged.fds[1])
    assert links.find("vnet0") is None


def test_undo_deletes_the_tap_while_it_is_open(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "type", "bridge")
    undo = UndoStack()
    plugged = plugin.plug(request(source="br0"), undo)
    fds += plugged.fds
    undo.undo()
    assert links.find("vnet0") is None
    assert tap.name_behind(plugged.fds[0]) is None


def test_a_failure_half_way_leaves_nothing(netns, plugin):
    netns("ip", "link", "add", "br0", "type", "bridge")
    before = open_fds()
    with pytest.raises(SystemCallError, match="set MTU of 'vnet0' to 9") as caught, UndoStack() as undo:
        plugin.plug(request(source="br0", mtu=9), undo)
    assert caught.value.errno == 22
    assert links.find("vnet0") is None
    assert open_fds() == before


def test_a_source_that_is_no_bridge(netns, plugin):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    with pytest.raises(ConfigUnsupportedError, match="'v0' is of kind 'veth', not a Linux bridge"):
        plugin.plug(request(source="v0"), UndoStack())
    with pytest.raises(SystemCallError, match="find network device 'nobr'") as caught:
        plugin.plug(request(source="nobr"), UndoStack())
    assert caught.value.errno == 19
    with pytest.raises(ConfigUnsupportedError, match="needs a source"):
        plugin.plug(request(), UndoStack())


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 16, "a b", "a:b", "a\0b"])
def test_names_no_device_can_have(netns, plugin, name):
    with pytest.raises((InvalidArgError, ConfigUnsupportedError)):
        plugin.plug(request(source=name), UndoStack())
    if name:
        with pytest.raises(InvalidArgError):
            plugin.plug(request("ethernet", target=name), UndoStack())


def test_a_taken_name(netns, plugin):
    netns("ip", "tuntap", "add", "mine", "mode", "tap")
    netns("ip", "link", "add", "br0", "type", "bridge")
    for name in ("mine", "br0"):
        with pytest.raises(OperationFailedError, match=f"'{name}': a device of that name exists"):
            plugin.plug(request("ethernet", target=name), UndoStack())
    assert links.find("mine") is not None


def test_vlan_tags_that_would_have_no_effect(netns, plugin, card):
    netns("ip", "link", "add", "br0", "type", "bridge")
    with pytest.raises(ConfigUnsupportedError, match="'br0' does not filter by VLAN") as caught:
        plugin.plug(request(source="br0", vlan=(7,)), UndoStack())
    assert "vlan_filtering" in caught.value.hint
    with pytest.raises(ConfigUnsupportedError, match="type 'ethernet' can't have VLAN tag 7, 8"):
        plugin.plug(request("ethernet", vlan=(7, 8)), UndoStack())
    with pytest.raises(ConfigUnsupportedError, match="type 'direct' can't have VLAN tag 7"):
        plugin.plug(request("direct", source=card, vlan=(7,)), UndoStack())
    with pytest.raises(ConfigUnsupportedError, match="'lan' can't have VLAN tag 7: it is not a virtual function"):
        plugin.plug(request("direct", source=card, mode="passthrough", vlan=(7,)), UndoStack())
    assert {link.name for link in links.all_links()} >= {"br0", "lan", "far"}
    assert links.find("vnet0") is None
    assert links.find("macvtap0") is None


def test_unmanaged_tap_is_opened_and_left_alone(netns, plugin, fds):
    netns("ip", "tuntap", "add", "mine", "mode", "tap", "multi_queue")
    before = facts(netns, "mine")
    with UndoStack() as undo:
        plugged = plugin.plug(request("ethernet", target="mine", managed=False), undo)
        assert len(undo) == 0
    assert not plugged.created
    for fd in plugged.fds:
        os.close(fd)
    after = facts(netns, "mine")
    assert (after["address"], after["mtu"], after["flags"]) == (before["address"], before["mtu"], before["flags"])
    plugin.unplug(request("ethernet", target="mine", managed=False), "mine")
    assert links.find("mine") is not None


def test_unmanaged_tap_on_a_bridge(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "type", "bridge")
    netns("ip", "tuntap", "add", "mine", "mode", "tap")
    wanted = request(source="br0", target="mine", managed=False)
    undo = UndoStack()
    fds += plugin.plug(wanted, undo).fds
    assert facts(netns, "mine")["master"] == "br0"
    undo.undo()
    assert "master" not in facts(netns, "mine")
    netns("ip", "link", "set", "mine", "master", "br0")
    plugin.unplug(wanted, "mine")
    plugin.unplug(wanted, "mine")
    assert "master" not in facts(netns, "mine")


def test_unmanaged_needs_an_existing_tap(netns, plugin):
    with pytest.raises(ConfigUnsupportedError, match="needs a target"):
        plugin.plug(request("ethernet", managed=False), UndoStack())
    with pytest.raises(SystemCallError, match="'none'"):
        plugin.plug(request("ethernet", target="none", managed=False), UndoStack())
    netns("ip", "tuntap", "add", "tun9", "mode", "tun")
    with pytest.raises(ConfigUnsupportedError, match="'tun9' is not a tap"):
        plugin.plug(request("ethernet", target="tun9", managed=False), UndoStack())
    netns("ip", "tuntap", "add", "single", "mode", "tap")
    with pytest.raises(ConfigUnsupportedError, match="has one queue, and 2 are wanted"):
        plugin.plug(request("ethernet", target="single", managed=False, queues=2), UndoStack())


def test_unplug_spares_a_name_that_is_another_guests_by_now(netns, plugin, fds):
    netns("ip", "link", "add", "br0", "type", "bridge")
    with UndoStack() as undo:
        gone = plugin.plug(request(source="br0"), undo)
    os.close(gone.fds[0])
    with UndoStack() as undo:
        other = plugin.plug(request(source="br0", mac="52:54:00:00:00:99"), undo)
        fds += other.fds
    assert other.target == gone.target
    plugin.unplug(request(source="br0"), gone.target)
    assert links.find("vnet0") is not None
    plugin.unplug(request(source="br0", mac="52:54:00:00:00:99"), other.target)
    assert links.find("vnet0") is None
    plugin.unplug(request(source="br0", mac="52:54:00:00:00:99"), other.target)


def test_host_mac():
    assert tap.host_mac("52:54:00:AB:00:01") == "fe:54:00:ab:00:01"
    assert tap.host_mac("fe:54:00:00:00:01") == "fa:54:00:00:00:01"


def test_without_privileges(netns, plugin, as_nobody):
    netns("ip", "tuntap", "add", "theirs", "mode", "tap", "user", "65534")
    netns("ip", "tuntap", "add", "notheirs", "mode", "tap", "user", "1")
    code = """
from pyvirt.services.specs.interface import InterfaceRequest
from pyvirt_util.undo import UndoStack
from pyvirt_util.errors import VirtError
def attempt(**more):
    try:
        plugged = pyvirt_netdev.service.INTERFACE.interface_plug(
            InterfaceRequest(mac="52:54:00:00:00:01", domain="d", domain_uuid="u", **more), UndoStack())
        print(json.dumps(["ok", plugged.target]))
    except VirtError as error:
        print(json.dumps([type(error).__name__, error.message, error.hint]))
attempt(type="ethernet")
attempt(type="ethernet", target="theirs", managed=False)
attempt(type="ethernet", target="notheirs", managed=False)
"""
    created, theirs, foreign = (json.loads(line) for line in as_nobody(code).splitlines())
    assert created[0] == "AccessDeniedError"
    assert "'vnet%d'" in created[1]
    assert "CAP_NET_ADMIN" in created[2]
    assert theirs == ["ok", "theirs"]
    assert foreign[0] == "AccessDeniedError"


@pytest.fixture
def card(netns):
    """A card, ``lan``, and the other end of its cable, ``far``."""
    netns("ip", "link", "add", "lan", "up", "type", "veth", "peer", "far")
    netns("ip", "link", "set", "lan", "address", "02:00:00:00:00:0a")
    netns("ip", "link", "set", "far", "up")
    return "lan"


@pytest.mark.parametrize("mode", ["bridge", "vepa", "private", None])
def test_macvtap(netns, plugin, card, fds, mode):
    with UndoStack() as undo:
        plugged = plugin.plug(request("direct", source=card, mode=mode, queues=2), undo)
        fds += plugged.fds
    assert plugged.target == "macvtap0"
    device = facts(netns, "macvtap0")
    assert device["address"] == MAC
    assert device["link"] == "lan"
    assert "UP" in device["flags"]
    assert device["linkinfo"]["info_data"]["mode"] == (mode or "vepa")
    assert len(plugged.fds) == 2
    plugin.unplug(request("direct", source=card, mode=mode), plugged.target)
    assert links.find("macvtap0") is None


def test_macvtap_carries_frames(netns, plugin, card, fds):
    with UndoStack() as undo:
        plugged = plugin.plug(request("direct", source=card, vnet_header=False), undo)
        fds += plugged.fds
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)) as far:
        far.bind(("far", 0x88B5))
        far.settimeout(10)
        frame = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) + struct.pack("!H", 0x88B5) + bytes(46)
        os.write(plugged.fds[0], frame)
        assert far.recv(2000) == frame


def test_macvtap_passthrough_lends_the_mac(netns, plugin, card, fds):
    wanted = request("direct", source=card, mode="passthrough")
    netns("ip", "link", "set", "lan", "down")
    with UndoStack() as undo:
        plugged = plugin.plug(wanted, undo)
        fds += plugged.fds
    assert facts(netns, "lan")["address"] == MAC
    assert "UP" in facts(netns, "lan")["flags"]
    assert facts(netns, "macvtap0")["address"] == MAC
    # Another guest can't have the card, and its failure takes nothing from the first one.
    other = request("direct", source=card, mode="passthrough", mac="52:54:00:00:00:02", domain="mail", domain_uuid="o")
    in_use = pytest.raises(OperationInvalidError, match="network card 'lan' is in use by domain 'web'")
    with in_use, UndoStack() as undo:
        plugin.plug(other, undo)
    plugin.unplug(other, None)
    assert facts(netns, "lan")["address"] == MAC
    assert links.find("macvtap0") is not None
    plugin.unplug(wanted, plugged.target)
    assert facts(netns, "lan")["address"] == "02:00:00:00:00:0a"
    plugin.unplug(wanted, plugged.target)


def test_macvtap_passthrough_undone(netns, plugin, card, fds):
    undo = UndoStack()
    fds += plugin.plug(request("direct", source=card, mode="passthrough"), undo).fds
    undo.undo()
    assert facts(netns, "lan")["address"] == "02:00:00:00:00:0a"
    assert links.find("macvtap0") is None


def test_macvtap_found_after_a_crash_that_lost_its_name(netns, plugin, card, fds):
    wanted = request("direct", source=card, mode="passthrough")
    with UndoStack() as undo:
        fds += plugin.plug(wanted, undo).fds
    plugin.unplug(wanted, None)
    assert links.find("macvtap0") is None
    assert facts(netns, "lan")["address"] == "02:00:00:00:00:0a"


def test_macvtap_names(netns, plugin, card, fds):
    netns("ip", "link", "add", "link", "lan", "name", "macvtap0", "type", "macvtap", "mode", "bridge")
    with UndoStack() as undo:
        plugged = plugin.plug(request("direct", source=card, mode="bridge"), undo)
        fds += plugged.fds
        assert plugged.target == "macvtap1"
        with pytest.raises(OperationFailedError, match="a device of that name exists"):
            plugin.plug(request("direct", source=card, mode="bridge", target="macvtap0"), undo)
        given = plugin.plug(request("direct", source=card, mode="bridge", target="macvtap0", managed=False), undo)
        fds += given.fds
    assert not given.created
    plugin.unplug(request("direct", source=card, target="macvtap0", managed=False), "macvtap0")
    assert links.find("macvtap0") is not None


def test_macvtap_mode_that_does_not_exist(netns, plugin, card):
    with pytest.raises(ConfigUnsupportedError, match="mode 'tunnel'"):
        plugin.plug(request("direct", source=card, mode="tunnel"), UndoStack())


def test_macvtap_without_a_node_in_dev(netns, card, fds, tmp_path):
    """Where /dev is not kept by the kernel, the node is made from the number that sysfs tells, and removed again."""
    device = macvtap.create(links.get(card), MAC)
    fds += macvtap.open_queues(device, dev=str(tmp_path))
    assert tap.name_behind(fds[0]) == "macvtap0"
    assert os.listdir(tmp_path) == []


def test_macvtap_does_not_open_another_namespaces_node(netns, card, fds, tmp_path):
    device = macvtap.create(links.get(card), MAC)
    os.mknod(tmp_path / f"tap{device.ifindex}", 0o20600, os.makedev(1, 3))
    with pytest.raises(SystemCallError, match="another network namespace") as caught:
        macvtap.open_queues(device, dev=str(tmp_path), sysfs=str(tmp_path / "nothing"))
    assert "mount a sysfs" in str(caught.value.hint)
    fds += macvtap.open_queues(device, dev=str(tmp_path))
    assert tap.name_behind(fds[0]) == "macvtap0"


def test_macvtap_of_a_process_killed_before_it_had_the_guests_address(netns, plugin, card, tmp_path):
    """In the mode passthrough the kernel makes it with the card's address."""
    wanted = request("direct", source=card, mode="passthrough")
    saved = SavedSettings(str(tmp_path / "run"))
    saved.claim("mac-lan", wanted, lambda: {"mac": links.get(card).mac}, "lan")
    macvtap.create(links.get(card), MAC, "passthrough")
    assert facts(netns, "macvtap0")["address"] == "02:00:00:00:00:0a"
    plugin.unplug(request("direct", source=card, mode="passthrough", domain_uuid="other"), None)
    assert links.find("macvtap0") is not None
    plugin.unplug(wanted, None)
    assert links.find("macvtap0") is None
    assert [name for name in os.listdir(tmp_path / "run") if name.endswith(".json")] == []


def test_settled_after_sigkill(netns, plugin, card, tmp_path):
    """A process is killed while its guest has a card in passthrough: whoever settles that gives its MAC back."""
    netns("ip", "link", "add", "br0", "type", "bridge")
    wanted = request("direct", source=card, mode="passthrough")
    child = os.fork()
    if child == 0:
        try:
            own = InterfacePlugin(SavedSettings(str(tmp_path / "run")))
            own.interface_plug(wanted, UndoStack())
            own.interface_plug(request(source="br0"), UndoStack())
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert facts(netns, "lan")["address"] == MAC
    assert links.find("vnet0") is None
    plugin.unplug(wanted, None)
    assert facts(netns, "lan")["address"] == "02:00:00:00:00:0a"
    assert [link.name for link in links.all_links() if link.kind == "macvtap"] == []


def test_links(netns):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    link = links.get("v0")
    links.set_mac(link, "02:00:00:00:00:01")
    links.set_mtu(link, 1300)
    links.set_name(link, "renamed")
    renamed = links.at(link.ifindex)
    assert (renamed.name, renamed.mac, renamed.mtu, renamed.up) == ("renamed", "02:00:00:00:00:01", 1300, False)
    assert renamed.lower == links.get("v1").ifindex
    links.set_up(renamed)
    assert links.get("renamed").up
    # The kernel finds out in its own time that the other end is down.
    deadline = time.monotonic() + 10
    while links.get("renamed").operstate != "lowerlayerdown":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert links.delete(link.ifindex, "renamed")
    assert not links.delete(link.ifindex, "renamed")
    assert {found.name for found in links.all_links()} == {"lo", "ifb0", "ifb1"} & set(os.listdir("/sys/class/net"))


def test_a_link_moves_to_another_namespace(netns):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    show = f"echo; read line; {shutil.which('ip')} -br link"
    with subprocess.Popen(["unshare", "-n", "sh", "-c", show], stdin=-1, stdout=-1) as child:
        child.stdout.readline()
        with open(f"/proc/{child.pid}/ns/net") as namespace:
            links.move(links.get("v0"), namespace.fileno())
        assert b"v0@" in child.communicate(b"\n")[0]
    assert links.find("v0") is None
