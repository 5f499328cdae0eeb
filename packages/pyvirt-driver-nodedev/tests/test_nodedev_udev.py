"""udev's database: files of a described one, and this host's as libudev reads it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyvirt_driver_nodedev.udev import FileDatabase, HostDatabase
from pyvirt_testing.fake_sysfs import FakeSysfs

UDEVD = "/usr/lib/systemd/systemd-udevd"


def test_a_record(machine: FakeSysfs) -> None:
    database = FileDatabase(str(machine.udev))
    assert database.is_there()
    record = database.find("b11:0", "/any")
    assert record is not None
    assert record.properties["ID_FS_LABEL"] == "MY & DISC"
    assert record.links == ("/dev/cdrom", "/dev/disk/by-label/MY\\x20DISC")
    assert database.find("b1:1", "/any") is None


def test_values_with_equals_signs_and_odd_bytes(tmp_path: Path) -> None:
    (tmp_path / "b8:0").write_bytes(b"S:disk/a\nE:A=b=c\nE:EMPTY=\nE:ODD=\xff\nQ:tag\n\nE\n")
    record = FileDatabase(str(tmp_path)).find("b8:0", "/any")
    assert record is not None
    assert record.properties == {"A": "b=c", "EMPTY": "", "ODD": "\ufffd"}


def test_without_udevd_nobody_has_a_record(tmp_path: Path) -> None:
    for database in (FileDatabase(str(tmp_path / "no")), HostDatabase(str(tmp_path / "no"))):
        assert not database.is_there()
        assert database.find("b8:0", "/sys/devices/virtual/net/lo") is None


def test_libudev_is_asked_again_when_udevd_wrote_the_record_anew(tmp_path: Path) -> None:
    database = HostDatabase(str(tmp_path))
    device = os.path.realpath("/sys/class/net/lo")
    (tmp_path / "n1").touch()
    record = database.find("n1", "/sys/class/net/lo")
    assert record is not None
    assert record.properties["INTERFACE"] == "lo"
    assert record.properties["DEVPATH"] == device.removeprefix("/sys")
    assert database.find("n1", "/sys/class/net/lo") is record
    (tmp_path / "new").touch()
    (tmp_path / "new").rename(tmp_path / "n1")
    assert database.find("n1", "/sys/class/net/lo") is not record
    (tmp_path / "n1").unlink()
    assert database.find("n1", "/sys/class/net/lo") is None


def test_a_device_that_went_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "n999").touch()
    assert HostDatabase(str(tmp_path)).find("n999", "/sys/devices/virtual/net/gone") is None


IN_NAMESPACE = """
import json, os, subprocess, sys
for command in (
    "mount --make-rprivate /", "mount -t tmpfs tmpfs /run", "mkdir /run/udev", "mount -t sysfs sysfs /sys",
    "ip link add real0 type veth peer name real1",
):
    subprocess.run(command.split(), check=True)
udevd = subprocess.Popen([sys.argv[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for _ in range(100):
    if os.path.exists("/run/udev/control"):
        break
    subprocess.run(["sleep", "0.1"])
subprocess.run(["udevadm", "trigger", "--action=add", "/sys/class/net/real0"], check=True)
subprocess.run(["udevadm", "settle", "--timeout=60"], check=True)
from pyvirt_driver_nodedev import PLUGIN
from pyvirt_driver_nodedev.device import Device, Host
from pyvirt_driver_nodedev.monitor import open_udev
index = open("/sys/class/net/real0/ifindex").read().strip()
record = Host().database.find("n" + index, "/sys/class/net/real0")
device = Device(Host(), "/sys/class/net/real0", "net")
print(json.dumps([dict(record.properties), device.udev_property("USEC_INITIALIZED"), device.path]))
from queue import SimpleQueue
queue, driver = SimpleQueue(), PLUGIN()
driver.connect_node_device_event_register_any(None, 0, queue.put)
subprocess.run(["ip", "link", "del", "real0"], check=True)
print(json.dumps(sorted(str(queue.get(timeout=60)) for _ in range(2))))
driver.close()
udevd.terminate()
udevd.wait()
"""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.skipif(not os.path.exists(UDEVD) or shutil.which("ip") is None, reason="udevd or ip is not installed")
def test_a_real_udevd(tmp_path: Path) -> None:
    program = tmp_path / "inside.py"
    program.write_text(IN_NAMESPACE)
    argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]
    done = subprocess.run(
        [*argv, sys.executable, str(program), UDEVD], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    (properties, since, path), events = map(json.loads, done.stdout.splitlines())
    assert properties["INTERFACE"] == "real0"
    assert properties["USEC_INITIALIZED"] == since
    assert since.isdecimal()
    assert path == "/sys/devices/virtual/net/real0"
    assert [event.split("_")[1] for event in events] == ["real0", "real1"]
    assert all(event.endswith(": deleted") for event in events)
