"""Limits on traffic, with the real ``tc`` and kernel in a network namespace of the test's own."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import Bandwidth, InterfaceRequest, Rate
from pyvirt_netdev import bandwidth
from pyvirt_netdev import link as links
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin, NetdevPlugin
from pyvirt_util.errors import AccessDeniedError, ConfigUnsupportedError, InvalidArgError, SystemCallError
from pyvirt_util.undo import UndoStack

MAC = "52:54:00:12:34:56"
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not shutil.which("tc", path="/usr/sbin:/sbin:/usr/bin"), reason="iproute2 is not installed"),
]


@pytest.fixture
def bridge(netns):
    """A bridge with a port whose cable is in, so that frames go somewhere: its name."""
    netns("ip", "link", "add", "br0", "up", "type", "bridge")
    netns("ip", "link", "add", "port", "up", "master", "br0", "type", "veth", "peer", "far")
    netns("ip", "link", "set", "far", "up")
    return "br0"


def qdiscs(run, name: str) -> list[tuple[str, str]]:
    found = json.loads(run("tc", "-j", "qdisc", "show", "dev", name))
    return [(item["kind"], item.get("handle", "")) for item in found if item["kind"] != "noqueue"]


_CLASS = re.compile(r"class htb (\S+) .*?rate (\d+)([KMG]?)bit ceil (\d+)([KMG]?)bit")
_FACTOR = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


def classes(run, name: str) -> dict[str, tuple[int, int]]:
    """Rate and ceiling by class, in bytes per second. (``tc -j`` has no JSON for classes.)"""
    shown = run("tc", "class", "show", "dev", name)
    return {
        found[1]: (int(found[2]) * _FACTOR[found[3]] // 8, int(found[4]) * _FACTOR[found[5]] // 8)
        for found in _CLASS.finditer(shown)
    }


def filters(run, name: str) -> str:
    return run("tc", "filter", "show", "dev", name, "parent", "1:")


def test_what_is_sent(netns, bridge):
    bandwidth.set_limits(bridge, Rate(average=1000, peak=5000, burst=64), None)
    assert ("htb", "1:") in qdiscs(netns, bridge)
    assert classes(netns, bridge) == {"1:1": (1_000_000, 5_000_000)}
    assert "burst 64Kb" in netns("tc", "class", "show", "dev", bridge)
    bandwidth.set_limits(bridge, Rate(average=200), None)
    assert classes(netns, bridge) == {"1:1": (200_000, 200_000)}
    bandwidth.clear(bridge)
    assert qdiscs(netns, bridge) == []
    bandwidth.clear(bridge)
    bandwidth.clear("gone")


def test_an_average_of_nothing_is_no_limit(netns, bridge):
    bandwidth.set_limits(bridge, Rate(average=7), None)
    bandwidth.set_limits(bridge, Rate(), None)
    assert qdiscs(netns, bridge) == []


def test_a_tap_is_slow_when_it_has_to_be(netns):
    """20 kB with a burst of 2 at 40 kB/s take a while; without a limit they don't."""
    request = InterfaceRequest(
        "ethernet", MAC, "web", "u", vnet_header=False, bandwidth=Bandwidth(inbound=Rate(average=40, burst=2))
    )
    with services.interface.replaced(InterfacePlugin(SavedSettings("/nowhere"))):
        with UndoStack() as undo:
            plugged = services.interface.plug(request, undo)
        try:
            limited = flow(plugged.target, plugged.fds[0])
            unlimited = InterfaceRequest("ethernet", MAC, "web", "u")
            services.interface.set_bandwidth(unlimited, plugged.target)
            assert qdiscs(netns, plugged.target) in ([], [("pfifo_fast", "0:")], [("fq_codel", "0:")])
            assert limited > 10 * flow(plugged.target, plugged.fds[0])
        finally:
            os.close(plugged.fds[0])


def flow(device: str, fd: int) -> float:
    """Seconds that 20 frames of 1000 bytes take from the host to a tap's other end."""
    frame = bytes.fromhex(MAC.replace(":", "")) + bytes(6) + b"\x88\xb5" + bytes(986)
    os.set_blocking(fd, False)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((device, 0x88B5))
        start = time.monotonic()
        for _ in range(20):
            sender.send(frame)
        got = 0
        while got < 20:
            try:
                got += os.read(fd, 2000).startswith(frame[:14])
            except BlockingIOError:
                time.sleep(0.001)
        return time.monotonic() - start


def test_shares_of_a_bridge(netns, bridge, tmp_path):
    limits = Bandwidth(inbound=Rate(average=1000, peak=2000))
    with services.netdev.replaced(NetdevPlugin(SavedSettings(str(tmp_path)))):
        services.netdev.bandwidth_set(bridge, limits)
        assert classes(netns, bridge) == {"1:1": (1_000_000, 2_000_000), "1:2": (1_000_000, 2_000_000)}
        undo = UndoStack()
        services.netdev.bandwidth_plug(bridge, limits, MAC, 300, 3, undo)
        services.netdev.bandwidth_rate(bridge, limits, 2, 700)
        assert classes(netns, bridge) == {
            "1:1": (1_000_000, 2_000_000),
            "1:2": (700_000, 2_000_000),
            "1:3": (300_000, 2_000_000),
        }
        assert "flowid 1:3" in filters(netns, bridge)
        assert "00123456/ffffffff" in filters(netns, bridge)
        services.netdev.bandwidth_plug(bridge, limits, "52:54:00:00:00:17", 5, 0x1A, UndoStack())
        services.netdev.bandwidth_mac(bridge, 3, "52:54:00:aa:bb:cc")
        assert "00123456/ffffffff" not in filters(netns, bridge)
        assert "00aabbcc/ffffffff" in filters(netns, bridge)
        undo.undo()
        assert set(classes(netns, bridge)) == {"1:1", "1:2", "1:1a"}
        assert "flowid 1:3" not in filters(netns, bridge)
        services.netdev.bandwidth_unplug(bridge, 3)
        services.netdev.bandwidth_unplug(bridge, 0x1A)
        assert "flowid" not in filters(netns, bridge)
        services.netdev.bandwidth_set(bridge, None)
        assert qdiscs(netns, bridge) == []


def test_frames_are_counted_in_their_guests_class(netns, bridge):
    """What goes to the guest's MAC address is in its class, everything else in the common one."""
    netns("ip", "link", "set", bridge, "address", "02:00:00:00:00:01")
    limits = Bandwidth(inbound=Rate(average=100_000))
    bandwidth.set_bridge_limits(bridge, limits)
    bandwidth.add_class(bridge, limits, MAC, 100, 3)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((bridge, 0))
        for mac, protocol, count in ((MAC, "0800", 4), (MAC, "86dd", 2), ("52:54:00:00:00:09", "0800", 1)):
            for _ in range(count):
                sender.send(bytes.fromhex(mac.replace(":", "") + "020000000001" + protocol) + bytes(100))
    shown = netns("tc", "-s", "class", "show", "dev", bridge)
    packets = {
        name: int(count) for name, count in re.findall(r"class htb (\S+).*?Sent \d+ bytes (\d+) pkt", shown, re.S)
    }
    assert packets["1:3"] == 6
    assert packets["1:2"] >= 1


def test_shares_need_something_to_be_shares_of(netns, bridge):
    for limits in (Bandwidth(), Bandwidth(outbound=Rate(average=5)), Bandwidth(inbound=Rate(floor=5))):
        with pytest.raises(ConfigUnsupportedError, match=f"'br0' has no inbound limit, which floor 5 of '{MAC}'"):
            bandwidth.add_class(bridge, limits, MAC, 5, 3)
    for number in (0, 2, 4096):
        with pytest.raises(InvalidArgError, match=f"class {number} of a bridge"):
            bandwidth.add_class(bridge, Bandwidth(inbound=Rate(average=5)), MAC, 5, number)


def test_what_is_received_on_a_kernel_with_or_without_policing(netns, bridge):
    """Limits that the kernel does not know are refused by name, and nothing stays; else they are there."""
    wanted = Rate(average=1000, burst=64)
    if not polices(netns):
        with pytest.raises(ConfigUnsupportedError, match="limit what is received on 'br0'") as caught:
            bandwidth.set_limits(bridge, Rate(average=1000), wanted)
        assert "act_police" in caught.value.hint
    else:
        bandwidth.set_limits(bridge, Rate(average=1000), wanted)
        assert "rate 8Mbit burst 64Kb" in netns("tc", "filter", "show", "dev", bridge, "ingress")
        bandwidth.clear(bridge)
    assert qdiscs(netns, bridge) == []


def polices(run) -> bool:
    """Whether this kernel has the action."""
    try:
        run("tc", "actions", "add", "action", "police", "rate", "1mbit", "burst", "10k", "drop", "index", "9")
    except subprocess.CalledProcessError:
        return False
    run("tc", "actions", "del", "action", "police", "index", "9")
    return True


def test_a_peak_alone_does_not_limit_what_is_received(netns, bridge):
    with pytest.raises(ConfigUnsupportedError, match="by an average only"):
        bandwidth.set_limits(bridge, None, Rate(peak=5))


def test_a_kernel_without_fair_queues_says_so_and_works(netns, bridge, caplog):
    with caplog.at_level(logging.INFO):
        bandwidth.set_limits(bridge, Rate(average=1000), None)
    fair = {"sfq", "fq_codel"} & {kind for kind, _handle in qdiscs(netns, bridge)}
    assert bool(fair) != ("don't share fairly" in caplog.text)


def test_refusals(netns, bridge, monkeypatch, as_nobody):
    with pytest.raises(SystemCallError, match="'none'") as caught:
        bandwidth.set_limits("none", Rate(average=1), None)
    assert caught.value.errno == 19
    with pytest.raises(InvalidArgError):
        bandwidth.clear("a b")
    code = """
from pyvirt_netdev import bandwidth
from pyvirt.services.specs.interface import Rate
from pyvirt_util.errors import VirtError
try:
    bandwidth.set_limits("br0", Rate(average=1), None)
except VirtError as error:
    print(type(error).__name__, error.hint)
"""
    assert as_nobody(code).startswith(f"{AccessDeniedError.__name__} limiting traffic needs root")
    monkeypatch.setattr("pyvirt_util.process.find_program", lambda name: None)
    with pytest.raises(ConfigUnsupportedError, match="needs the program tc") as missing:
        bandwidth.set_limits(bridge, Rate(average=1), None)
    assert missing.value.hint == "apt-get install iproute2"


def test_a_failure_while_plugging_leaves_nothing(netns, monkeypatch):
    monkeypatch.setattr(bandwidth, "_batch", lambda *_: (_ for _ in ()).throw(ConfigUnsupportedError("no htb")))
    request = InterfaceRequest("ethernet", MAC, "web", "u", bandwidth=Bandwidth(inbound=Rate(average=40)))
    with pytest.raises(ConfigUnsupportedError, match="no htb"), UndoStack() as undo:
        InterfacePlugin(SavedSettings("/nowhere")).interface_plug(request, undo)
    assert links.find("vnet0") is None
