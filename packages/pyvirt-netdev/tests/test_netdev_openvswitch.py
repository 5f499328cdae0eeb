"""Open vSwitch: a real one, switching in user space in a network namespace of the test's own, and what it is told.

The kernel's part of it is not needed: taps are ports of a bridge with the datapath ``netdev``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import Bandwidth, InterfaceRequest, Rate, VirtualPort
from pyvirt_netdev import link as links
from pyvirt_netdev.openvswitch import Counters, Switch, parse_counters, unescape, vlan_settings
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, OperationFailedError
from pyvirt_util.undo import UndoStack

MAC = "52:54:00:12:34:56"
GUEST = "6a1e0f33-4d4c-4a9c-9c0f-3f7f6d5e2b11"
PORT_ID = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
_SERVER, _DAEMON = (
    shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/openvswitch-switch")
    for name in ("ovsdb-server", "ovs-vswitchd")
)
real = [
    pytest.mark.root,
    pytest.mark.skipif(
        not (_SERVER and _DAEMON and shutil.which("ovs-vsctl")),
        reason="Open vSwitch is not installed (apt-get install openvswitch-switch)",
    ),
]


def request(**more) -> InterfaceRequest:
    base = {"type": "bridge", "mac": MAC, "domain": "web", "domain_uuid": GUEST, "source": "ovsbr0"}
    port = VirtualPort("openvswitch", interface_id=PORT_ID, profile_id="web")
    return InterfaceRequest(**{**base, "virtualport": port, **more})


@pytest.fixture
def vsctl(netns, tmp_path, monkeypatch):
    """A switch with a bridge ``ovsbr0``; the value asks ``ovs-vsctl`` and returns what it prints."""
    for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    schema = os.path.join(os.path.dirname(_SERVER), "../share/openvswitch/vswitch.ovsschema")
    tool = shutil.which("ovsdb-tool")
    subprocess.run([tool, "create", tmp_path / "conf.db", schema], check=True, capture_output=True)
    socket = tmp_path / "db.sock"
    options = ["--no-chdir", "-vconsole:off"]
    processes = [
        subprocess.Popen([_SERVER, tmp_path / "conf.db", f"--remote=punix:{socket}", *options]),
    ]
    try:
        wait_for(socket.exists)
        ask("--no-wait", "init")
        processes.append(subprocess.Popen([_DAEMON, f"unix:{socket}", *options]))
        ask("--timeout=20", "add-br", "ovsbr0", "--", "set", "bridge", "ovsbr0", "datapath_type=netdev")
        yield ask
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(20)


def ask(*words: str) -> str:
    return subprocess.run(["ovs-vsctl", *words], check=True, capture_output=True, text=True).stdout


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def column(vsctl, table: str, port: str, name: str):
    """One column of a row as Python has it."""
    value = json.loads(vsctl("--format=json", f"--columns={name}", "list", table, *filter(None, [port])))["data"][0][0]
    if isinstance(value, list) and value[0] == "map":
        return dict(value[1])
    return value[1] if isinstance(value, list) else value


@pytest.fixture
def plugin(vsctl, tmp_path):
    with services.interface.replaced(InterfacePlugin(SavedSettings(str(tmp_path / "run")))):
        yield services.interface


def plugged(plugin, wanted: InterfaceRequest):
    with UndoStack() as undo:
        found = plugin.plug(wanted, undo)
    return found


class TestRealSwitch:
    """With a switch that runs."""

    pytestmark = real

    def test_a_tap_is_a_port_and_says_whose(self, vsctl, plugin):
        found = plugged(plugin, request(mtu=1400))
        try:
            assert vsctl("list-ports", "ovsbr0").split() == ["vnet0"]
            assert column(vsctl, "Interface", "vnet0", "external_ids") == {
                "attached-mac": MAC,
                "iface-id": PORT_ID,
                "iface-status": "active",
                "ifname": "vnet0",
                "port-profile": "web",
                "vm-id": GUEST,
            }
            assert column(vsctl, "Port", "vnet0", "other_config") == {"transient": "true"}
            assert column(vsctl, "Interface", "vnet0", "mtu") == 1400
            assert column(vsctl, "Interface", "vnet0", "error") == []
            assert links.get("vnet0").mtu == 1400
            assert Switch().bridge_of("vnet0") == "ovsbr0"
            assert Switch().ports_of(GUEST, MAC.upper()) == ["vnet0"]
        finally:
            os.close(found.fds[0])
        plugin.unplug(request(), found.target)
        assert vsctl("list-ports", "ovsbr0") == ""
        plugin.unplug(request(), found.target)
        assert Switch().bridge_of("vnet0") is None

    def test_frames_pass_between_two_guests(self, vsctl, plugin):
        other = "52:54:00:00:00:02"
        one = plugged(plugin, request(vnet_header=False))
        two = plugged(plugin, request(vnet_header=False, mac=other))
        frame = bytes.fromhex(other.replace(":", "") + MAC.replace(":", "") + "88b5") + b"hello" + bytes(41)
        os.set_blocking(two.fds[0], False)
        got: list[bytes] = []

        def arrived() -> bool:
            os.write(one.fds[0], frame)
            try:
                while True:
                    got.append(os.read(two.fds[0], 2000))
            except BlockingIOError:
                return frame in got

        try:
            wait_for(arrived)
            # Statistics come every few seconds, when they have changed.
            wait_for(lambda: Switch().counters(two.target).rx_packets > 0)
            assert Switch().counters(two.target).rx_bytes >= len(frame)
        finally:
            os.close(one.fds[0])
            os.close(two.fds[0])

    def test_a_killed_guests_port_goes_by_what_the_switch_knows(self, vsctl, plugin):
        """Its tap is gone and its name was lost; another guest's port of that name stays."""
        found = plugged(plugin, request())
        os.close(found.fds[0])
        assert links.find("vnet0") is None
        assert vsctl("list-ports", "ovsbr0").split() == ["vnet0"]
        plugin.unplug(request(), None)
        assert vsctl("list-ports", "ovsbr0") == ""
        other = plugged(plugin, request(mac="52:54:00:00:00:02"))
        plugin.unplug(request(), "vnet0")
        assert vsctl("list-ports", "ovsbr0").split() == ["vnet0"]
        os.close(other.fds[0])

    def test_a_failure_takes_the_port_off(self, vsctl, plugin):
        undo = UndoStack()
        found = plugin.plug(request(), undo)
        assert vsctl("list-ports", "ovsbr0").split() == ["vnet0"]
        undo.undo()
        assert vsctl("list-ports", "ovsbr0") == ""
        os.close(found.fds[0])

    def test_vlans(self, vsctl, plugin):
        trunk = {"vlan": (42, 123), "trunk": True, "native_vlan": 123, "native_mode": "untagged"}
        found = plugged(plugin, request(**trunk))
        vlans = lambda: [column(vsctl, "Port", "vnet0", name) for name in ("tag", "trunks", "vlan_mode")]  # noqa: E731
        try:
            assert vlans() == [123, [42, 123], "native-untagged"]
            Switch().set_vlans("vnet0", request(vlan=(7,)))
            assert vlans() == [7, [], []]
            Switch().set_vlans("vnet0", request())
            assert vlans() == [[], [], []]
        finally:
            os.close(found.fds[0])

    def test_limits(self, vsctl, plugin):
        limits = Bandwidth(Rate(1000, peak=2000, burst=64), Rate(500, burst=32))
        found = plugged(plugin, request(bandwidth=limits))

        def set_now() -> list[dict[str, str]]:
            return [column(vsctl, table, "", "other_config") for table in ("QoS", "Queue")]

        try:
            assert set_now() == [{"min-rate": "8000000", "max-rate": "16000000", "burst": "524288"}] * 2
            assert column(vsctl, "Interface", "vnet0", "ingress_policing_rate") == 4000
            assert column(vsctl, "Interface", "vnet0", "ingress_policing_burst") == 256
            # What is not limited any more leaves nothing behind.
            plugin.set_bandwidth(request(bandwidth=Bandwidth(Rate(3000))), "vnet0")
            assert set_now() == [{"min-rate": "24000000"}] * 2
            assert column(vsctl, "Interface", "vnet0", "ingress_policing_rate") == 0
            plugin.set_bandwidth(request(), "vnet0")
            assert vsctl("list", "qos") == vsctl("list", "queue") == ""
            plugin.set_bandwidth(request(bandwidth=limits), "vnet0")
        finally:
            os.close(found.fds[0])
        plugin.unplug(request(bandwidth=limits), None)
        assert vsctl("list", "qos") == vsctl("list", "queue") == ""

    def test_data_that_moves_with_a_guest(self, vsctl, plugin):
        found = plugged(plugin, request())
        try:
            assert Switch().get_port_data("vnet0") is None
            Switch().set_port_data("vnet0", "flows")
            assert Switch().get_port_data("vnet0") == "flows"
            Switch().set_port_data("vnet0", None)
            assert Switch().get_port_data("vnet0") == "flows"
        finally:
            os.close(found.fds[0])

    def test_what_is_not_there(self, vsctl, plugin):
        with pytest.raises(OperationFailedError, match="no port 'none'"):
            Switch().counters("none")
        assert Switch().vhostuser_port("/run/openvswitch/none", server=False) is None
        assert Switch().vhostuser_port("/run/openvswitch/none", server=True) is None
        with pytest.raises(OperationFailedError, match="no bridge named ovsbr9"), UndoStack() as undo:
            plugin.plug(request(source="ovsbr9"), undo)
        assert links.find("vnet0") is None


class Recorder:
    """A switch that writes down what it is told, and answers from a table by the command's first words."""

    def __init__(self, **answers: str) -> None:
        self.calls: list[list[str]] = []
        self.answers = answers

    def __call__(self, argv) -> str:
        assert argv[:2] == ["ovs-vsctl", "--timeout=5"]
        self.calls.append(argv[2:])
        words = [word for word in argv[2:] if not word.startswith("-")]
        return self.answers.get("_".join(words[:2]), "")


def test_the_commands_of_a_port():
    recorder = Recorder()
    Switch(recorder).add_port("ovsbr0", "vnet0", request(virtualport=VirtualPort("openvswitch"), vlan=(42,)))
    (call,) = recorder.calls
    assert " ".join(call) == (
        "-- --if-exists del-port vnet0 -- add-port ovsbr0 vnet0 "
        "-- set Port vnet0 other_config:transient=true tag=42 "
        f'-- set Interface vnet0 external-ids:attached-mac="{MAC}" external-ids:vm-id="{GUEST}" '
        'external-ids:ifname="vnet0" external-ids:iface-status=active'
    )


def test_limits_of_a_port_that_has_some():
    recorder = Recorder(find_queue="q1\nq2\n", find_qos="o1\n", list_port="o1\n")
    Switch(recorder).set_limits("vnet0", Bandwidth(Rate(1), Rate(2)), GUEST)
    assert recorder.calls[2:] == [
        ["--", "clear", "queue", "q1", "other_config", "--", "set", "queue", "q1", "other_config:min-rate=8000"],
        ["--", "clear", "qos", "o1", "other_config", "--", "set", "qos", "o1", "other_config:min-rate=8000"],
        ["set", "Interface", "vnet0", "ingress_policing_rate=16"],
    ]
    recorder.calls.clear()
    Switch(recorder).lift_limits("vnet0", GUEST)
    assert [" ".join(call) for call in recorder.calls[2:]] == [
        "--no-heading --columns=qos --if-exists list port vnet0",
        "remove port vnet0 qos o1",
        "destroy qos o1",
        "destroy queue q1",
        "destroy queue q2",
        "set Interface vnet0 ingress_policing_rate=0 ingress_policing_burst=0",
    ]


@pytest.mark.parametrize(
    ("vlan", "expected"),
    [
        ({}, []),
        ({"vlan": (42,)}, ["tag=42"]),
        ({"vlan": (42,), "trunk": True}, ["trunks=42"]),
        ({"vlan": (42, 47)}, ["trunks=42,47"]),
        (
            {"vlan": (42, 47), "native_vlan": 47, "native_mode": "tagged"},
            ["vlan_mode=native-tagged", "tag=47", "trunks=42,47"],
        ),
    ],
)
def test_vlan_settings(vlan, expected):
    assert vlan_settings(request(**vlan)) == expected


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '["set",[]]', '["map",[["rx_bytes"]]]', '["map",[["rx_bytes","1"]]]', "["]
)
def test_malformed_statistics(text):
    with pytest.raises(InternalError, match="malformed statistics"):
        parse_counters(text)


def test_statistics_that_a_port_lacks():
    assert parse_counters('["map",[["tx_bytes",5],["rx_errors",2],["collisions",1]]]') == Counters(
        rx_bytes=5, tx_errs=2
    )


def test_names():
    assert unescape('"a\\"b"') == 'a"b'
    assert unescape("a-b") == "a-b"
    for bad in ('"', '"a"b"', '"\\'):
        with pytest.raises(InternalError, match="malformed name"):
            unescape(bad)


def test_without_open_vswitch(monkeypatch):
    monkeypatch.setattr("pyvirt_util.process.find_program", lambda name: None)
    with pytest.raises(ConfigUnsupportedError, match="need the program ovs-vsctl") as caught:
        Switch().remove_port("vnet0")
    assert caught.value.hint == "apt-get install openvswitch-switch"


@pytest.mark.skipif(not shutil.which("ovs-vsctl"), reason="Open vSwitch is not installed")
def test_a_switch_that_does_not_run(monkeypatch, tmp_path):
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    with pytest.raises(OperationFailedError, match="is Open vSwitch running"):
        Switch().remove_port("vnet0")
