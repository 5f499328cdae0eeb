"""The same machines, described and real, as libvirt's own driver lists and describes them, where it is installed.

libvirtd runs in namespaces of its own. The described machine's tree is mounted over /sys there, its database over
/run/udev/data; libudev only has to be told that a tree is no sysfs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pyvirt_testing.fake_sysfs import FakeSysfs

PYTHON = "/usr/bin/python3"
"""Debian's interpreter, for which python3-libvirt is packaged."""

NAMESPACE = r"""
import json, os, socket, subprocess, sys, time
folder, kind = sys.argv[1], sys.argv[2]

def run(*command):
    subprocess.run(command, check=True)

run("mount", "--make-rprivate", "/")
subprocess.run(["umount", "/sys/fs/cgroup/unified"], stderr=subprocess.DEVNULL)
run("mount", "-t", "tmpfs", "tmpfs", "/run")
os.makedirs("/run/libvirt")
for name in ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt"):
    own = folder + "/libvirt" + name.replace("/", "-")
    os.makedirs(own)
    run("mount", "--bind", own, name)
with open("/etc/libvirt/libvirtd.conf", "w") as file:
    file.write('listen_tls = 0\nauth_unix_rw = "none"\nauth_unix_ro = "none"\nlog_filters = "4:*"\n')
run("ip", "link", "set", "lo", "up")
environment = dict(os.environ)
if kind == "described":
    os.makedirs("/run/udev/data")
    os.makedirs("/run/dev/shm")
    os.makedirs("/run/dev/pts")
    for name in ("null", "zero", "full", "random", "urandom"):
        status = os.stat("/dev/" + name)
        os.mknod("/run/dev/" + name, status.st_mode, status.st_rdev)
    open("/run/dev/vhost-vdpa-0", "w").close()
    run("mount", "--bind", folder + "/sys", "/sys")
    run("mount", "--bind", folder + "/udev", "/run/udev/data")
    run("mount", "--bind", "/run/dev", "/dev")
    os.makedirs(folder + "/ids", exist_ok=True)
    if os.path.isdir("/usr/share/misc"):
        run("mount", "--bind", folder + "/ids", "/usr/share/misc")
    environment["SYSTEMD_DEVICE_VERIFY_SYSFS"] = "0"
else:
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    for words in (
        "link add veth0 type veth peer name veth1", "link set veth0 up", "link set veth1 up",
        "tuntap add tap0 mode tap", "tuntap add tun0 mode tun", "link add br0 type bridge",
    ):
        subprocess.run(["ip", *words.split()], stderr=subprocess.DEVNULL)
null = subprocess.DEVNULL
daemon = subprocess.Popen(["/usr/sbin/libvirtd"], stdin=null, stdout=null, stderr=null, env=environment)
for _ in range(600):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect("/run/libvirt/libvirt-sock")
            break
        except OSError:
            time.sleep(0.1)
ask = subprocess.run([sys.argv[3], folder + "/ask.py"], stdout=subprocess.PIPE, check=True)

os.environ.update(environment)
from pyvirt.refs import NodeDeviceRef
from pyvirt_driver_nodedev import PLUGIN
ours, driver = {}, PLUGIN()
for device in driver.connect_list_all_node_devices(0):
    ours[device.name] = [
        driver.node_device_get_xml_desc(device, 0), driver.node_device_get_parent(device),
        driver.node_device_list_caps(device), int(driver.node_device_is_active(device)),
        int(driver.node_device_is_persistent(device)), int(driver.node_device_get_autostart(device)),
    ]
flags = {
    str(1 << bit): sorted(device.name for device in driver.connect_list_all_node_devices(1 << bit)) for bit in range(22)
}
print(json.dumps({"libvirt": json.loads(ask.stdout), "ours": {"devices": ours, "flags": flags}}))
daemon.terminate()
daemon.wait()
"""

ASK = """
import json, libvirt
connection = libvirt.open("nodedev:///system")
devices = {
    device.name(): [
        device.XMLDesc(), device.parent(), device.listCaps(),
        device.isActive(), device.isPersistent(), device.autostart(),
    ]
    for device in connection.listAllDevices()
}
flags = {str(1 << bit): sorted(device.name() for device in connection.listAllDevices(1 << bit)) for bit in range(22)}
print(json.dumps({"devices": devices, "flags": flags}))
"""


def _missing() -> str:
    if os.geteuid() != 0:
        return "needs root"
    if not os.path.exists("/usr/sbin/libvirtd"):
        return "libvirtd is not installed"
    if subprocess.run([PYTHON, "-c", "import libvirt"], capture_output=True, check=False).returncode:
        return f"{PYTHON} has no libvirt module"
    return ""


pytestmark = [pytest.mark.root, pytest.mark.skipif(bool(_missing()), reason=_missing() or "nothing is missing")]


def compare(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (folder / "inside.py").write_text(NAMESPACE)
    (folder / "ask.py").write_text(ASK)
    argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]
    argv += [sys.executable, str(folder / "inside.py"), str(folder), kind, PYTHON]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return answers["libvirt"], answers["ours"]


def without_features(text: str) -> str:
    """Features are asked of the kernel, which knows a described network device only if it has one of that name."""
    return "".join(line for line in text.splitlines(keepends=True) if "<feature " not in line)


def test_a_machine_with_devices_of_every_kind(machine: FakeSysfs, tmp_path: Path) -> None:
    (tmp_path / "ids").mkdir()
    (tmp_path / "ids/pci.ids").write_text("8086  Intel & Co\n\t10c9  82576 Gigabit <Network>\n")
    theirs, ours = compare(tmp_path, "described")
    assert sorted(ours["devices"]) == sorted(theirs["devices"])
    assert len(ours["devices"]) > 60
    for name, said in theirs["devices"].items():
        expected, *facts = said
        assert without_features(ours["devices"][name][0]) == without_features(expected), name
        assert ours["devices"][name][1:] == facts, name
    assert ours["flags"] == theirs["flags"]


def test_this_machine(tmp_path: Path) -> None:
    theirs, ours = compare(tmp_path, "real")
    assert ours["devices"].keys() == theirs["devices"].keys()
    for name, (expected, *facts) in theirs["devices"].items():
        text = ours["devices"][name][0]
        # Features are the service netdev's to tell, where one is installed.
        assert without_features(text) == without_features(expected), name
        assert "<feature " not in text or text == expected
        assert ours["devices"][name][1:] == facts, name
    assert ours["flags"] == theirs["flags"]
