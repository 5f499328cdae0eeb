"""Events of devices: on a described machine from a source of our own, in a network namespace from the kernel."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import NamedTuple

import pytest

from pyvirt.enums.nodedev import NodeDeviceEventLifecycleType as Type
from pyvirt.events import NodeDeviceEvent, NodeDeviceLifecycleEvent, NodeDeviceUpdateEvent
from pyvirt_conf.nodedev import MdevCapability, NodeDevice
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.inventory import Inventory
from pyvirt_driver_nodedev.mdev.devices import MediatedDevices
from pyvirt_driver_nodedev.mdev.listing import MdevDefinition
from pyvirt_driver_nodedev.monitor import Monitor
from pyvirt_driver_nodedev.udev import FileDatabase
from pyvirt_testing.fake_sysfs import FakeSysfs
from pyvirt_util.errors import InternalError, OperationUnsupportedError

STICK = "devices/pci0000:00/0000:00:14.0/usb1/1-1"
NIC = "devices/virtual/net/tun0"


class Told(NamedTuple):
    """What libudev would say."""

    action: str
    sys_path: str
    properties: dict[str, str]


class Source:
    """Stands for libudev's monitor: events that are put in come out, a failure too."""

    def __init__(self) -> None:
        self._waiting: deque[Told | OSError] = deque()
        self._ready = os.eventfd(0, os.EFD_NONBLOCK)

    def tell(self, action: str, path: str, **properties: str) -> None:
        self._put(Told(action, f"/sys/{path}", properties))

    def overflow(self) -> None:
        self._put(OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS)))

    def _put(self, item: Told | OSError) -> None:
        self._waiting.append(item)
        os.eventfd_write(self._ready, 1)

    def fileno(self) -> int:
        return self._ready

    def poll(self, timeout: float) -> Told | None:
        if not self._waiting:
            try:
                os.eventfd_read(self._ready)
            except BlockingIOError:
                pass
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        if isinstance(item, OSError):
            raise item
        return item

    def close(self) -> None:
        os.close(self._ready)


class Definitions(MediatedDevices):
    """Definitions of mediated devices: each file below the folder is one, its text the type."""

    def definitions(self, parent_name):
        found = {}
        for path in sorted(Path(self.config).glob("*/*")):
            text = path.read_text()
            if text == "damaged":
                raise InternalError("no JSON")
            device = NodeDevice(name=path.name, capabilities=[MdevCapability(type_id=text)])
            found[path.name] = MdevDefinition(device, False)
        return found


class Watched:
    """A monitor at work, and what it told."""

    def __init__(self, machine: FakeSysfs, folder: Path) -> None:
        self.machine = machine
        self.config = folder / "etc" / "mdevctl.d"
        self.source = Source()
        self.events: list[NodeDeviceEvent] = []
        self._more = threading.Condition()
        self.monitor = Monitor(
            Inventory(Host(machine.sysfs, database=FileDatabase(str(machine.udev)))),
            Definitions(sysfs=machine.sysfs, config=str(self.config)),
            self._take,
            open_source=lambda: self.source,
        )

    def _take(self, event: NodeDeviceEvent) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify_all()

    def next(self, count: int) -> list[NodeDeviceEvent]:
        """The next events, which are all there are."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= count, timeout=30), self.events
            found, self.events = self.events, []
        return found

    def define(self, path: str, text: str) -> None:
        """Write a definition in one step."""
        fresh = self.config.parent.parent / "fresh"
        fresh.write_text(text)
        (self.config / path).parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(self.config / path)

    def settle(self) -> list[NodeDeviceEvent]:
        """What was told up to now."""
        self.source.tell("change", "devices/virtual/net/lo")
        with self._more:
            assert self._more.wait_for(lambda: self.events[-1:] == [updated("net_lo_00_00_00_00_00_00")], timeout=30)
            found, self.events = self.events[:-1], []
        return found


@pytest.fixture
def watched(machine: FakeSysfs, tmp_path: Path):
    watch = Watched(machine, tmp_path)
    watch.monitor.start()
    yield watch
    watch.monitor.stop()
    watch.source.close()


def happened(name: str, what: Type) -> NodeDeviceLifecycleEvent:
    from pyvirt.refs import NodeDeviceRef

    return NodeDeviceLifecycleEvent(NodeDeviceRef(name), what)


def updated(name: str) -> NodeDeviceUpdateEvent:
    from pyvirt.refs import NodeDeviceRef

    return NodeDeviceUpdateEvent(NodeDeviceRef(name))


def test_plugged_and_unplugged(watched: Watched) -> None:
    for path in (f"{STICK}/1-1:1.0", STICK):
        watched.source.tell("remove", path)
    watched.machine.remove(STICK)
    assert watched.settle() == [happened("usb_1_1_1_0", Type.DELETED), happened("usb_1_1", Type.DELETED)]
    watched.machine.net("devices/virtual", "tap0", address="fe:54:00:00:00:01", index=50)
    watched.source.tell("add", "devices/virtual/net/tap0")
    watched.source.tell("change", "devices/virtual/net/tap0")
    name = "net_tap0_fe_54_00_00_00_01"
    assert watched.settle() == [happened(name, Type.CREATED), updated(name)]


def test_what_is_no_device_of_ours_says_nothing(watched: Watched) -> None:
    for action in ("add", "change", "remove"):
        watched.source.tell(action, "devices/virtual/tty/tty0")
        watched.source.tell(action, "devices/virtual/net/gone-already")
    watched.source.tell("bind", STICK)
    assert watched.settle() == []


def test_a_device_that_is_no_longer_listed(watched: Watched) -> None:
    channel = "devices/css0/0.0.0000/0.0.1b9c"
    watched.machine.write(channel, {"online": "0"})
    watched.source.tell("change", channel)
    watched.machine.write(channel, {"online": "1"})
    watched.source.tell("change", channel)
    seen = watched.next(2) + watched.settle()
    assert seen in (
        [happened("ccw_0_0_1b9c", Type.DELETED), happened("ccw_0_0_1b9c", Type.CREATED)],
        [updated("ccw_0_0_1b9c"), updated("ccw_0_0_1b9c")],  # it was online again before anybody looked
    )


def test_a_renamed_interface(watched: Watched) -> None:
    watched.machine.remove(NIC)
    watched.machine.net("devices/virtual", "vpn", index=11)
    watched.source.tell("move", "devices/virtual/net/vpn", DEVPATH_OLD=f"/{NIC}")
    assert watched.settle() == [happened("net_tun0", Type.DELETED), happened("net_vpn", Type.CREATED)]


def test_a_device_under_another_name(watched: Watched) -> None:
    watched.machine.write(NIC, {"address": "02:00:00:00:00:01"})
    watched.source.tell("change", NIC)
    assert watched.settle() == [
        happened("net_tun0", Type.DELETED),
        happened("net_tun0_02_00_00_00_00_01", Type.CREATED),
    ]


def test_events_that_were_lost(watched: Watched) -> None:
    watched.machine.remove(NIC)
    watched.machine.net("devices/virtual", "tap9", index=51)
    watched.source.overflow()
    assert watched.settle() == [happened("net_tun0", Type.DELETED), happened("net_tap9", Type.CREATED)]


def test_definitions_of_mediated_devices(watched: Watched) -> None:
    watched.define("0000:00:02.0/mdev_a", "one")
    assert watched.next(1) == [happened("mdev_a", Type.DEFINED)]
    watched.define("0000:00:02.0/mdev_a", "two")
    watched.define("0000:00:02.0/mdev_b", "one")
    assert watched.next(2) == [updated("mdev_a"), happened("mdev_b", Type.DEFINED)]
    watched.define("0000:00:02.0/mdev_b", "damaged")
    watched.define("0000:00:02.0/mdev_b", "one")
    (watched.config / "0000:00:02.0/mdev_a").unlink()
    assert watched.next(1) == [happened("mdev_a", Type.UNDEFINED)]
    shutil.rmtree(watched.config)
    assert watched.next(1) == [happened("mdev_b", Type.UNDEFINED)]


def test_it_stops_and_starts_again(watched: Watched) -> None:
    open_files = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        watched.monitor.stop()
        assert not [thread for thread in threading.enumerate() if thread.name == "pyvirt-nodedev-events"]
        assert len(os.listdir("/proc/self/fd")) == open_files - 2
        watched.monitor.start()
    watched.monitor.stop()
    watched.monitor.stop()
    watched.monitor.start()
    watched.source.tell("change", STICK)
    assert watched.settle() == [updated("usb_1_1")]


def test_a_host_without_libudev(machine: FakeSysfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyudev", None)
    mdevs = MediatedDevices(sysfs=machine.sysfs, config=str(tmp_path))
    monitor = Monitor(Inventory(Host(machine.sysfs)), mdevs, print)
    with pytest.raises(OperationUnsupportedError, match="events of devices"):
        monitor.start()
    monitor.stop()


IN_NAMESPACE = """
import subprocess
from queue import SimpleQueue
from pyvirt_driver_nodedev import PLUGIN
from pyvirt.refs import NodeDeviceRef
subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True)
queue, only_lo, driver = SimpleQueue(), SimpleQueue(), PLUGIN()
driver.connect_node_device_event_register_any(None, 0, queue.put)
driver.connect_node_device_event_register_any(NodeDeviceRef("net_lo_00_00_00_00_00_00"), 0, only_lo.put)
for command in ("link add wire0 type veth peer name wire1", "link set wire1 name wire2", "link del wire0"):
    subprocess.run(["ip", *command.split()], check=True)
    for _ in range(2):
        event = queue.get(timeout=60)
        print(event.device.name.split("_")[1], event.event.name)
driver.close()
assert only_lo.empty()
"""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and ip")
def test_the_kernel_s_own_events(tmp_path: Path) -> None:
    program = tmp_path / "inside.py"
    program.write_text(IN_NAMESPACE)
    done = subprocess.run(
        ["unshare", "--mount", "--net", sys.executable, str(program)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sorted(lines[:2]) == ["wire0 CREATED", "wire1 CREATED"]
    assert lines[2:4] == ["wire1 DELETED", "wire2 CREATED"]
    assert sorted(lines[4:]) == ["wire0 DELETED", "wire2 DELETED"]
