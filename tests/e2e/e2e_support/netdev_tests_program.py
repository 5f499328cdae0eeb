"""What test_e2e_netdev_guest runs in its guest: tests of pyvirt-netdev, on a kernel that has all that they look for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Real programs before busybox's of the same name.
os.environ["PATH"] = f"/usr/sbin:{os.environ['PATH']}"
_DEVICES = ("bridge", "veth", "tun", "macvtap", "8021q")
_SCHEDULING = ("sch_htb", "sch_sfq", "sch_ingress", "cls_u32", "act_police")
for module in (*_DEVICES, *_SCHEDULING):
    subprocess.run(["modprobe", module], check=True)
os.makedirs("/tmp", mode=0o1777, exist_ok=True)
os.makedirs("/etc", exist_ok=True)
os.chmod("/dev/net/tun", 0o666)  # as udev does
files = sorted(f"/files/{name}" for name in os.listdir("/files") if name.startswith("test_"))
sys.exit(
    pytest.main(
        ["-q", "-rs", "-p", "no:cacheprovider", "--color=no", "--import-mode=importlib", "-W", "ignore", *files]
    )
)
