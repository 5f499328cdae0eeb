"""Virtual functions of a real card: QEMU's igb, an Intel 82576 with SR-IOV, in a guest that is the host here.

QEMU has that card since version 8. Where the installed one is older, another can be named:
``PYVIRT_IGB_QEMU="/path/to/qemu-system-x86_64 -L /path/to/share/qemu"``; ``tools/backports_qemu.sh`` unpacks one.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from e2e_support.guests import QEMU
from e2e_support.linux import unavailable
from e2e_support.python_guest import importable, run_program

import pyvirt
import pyvirt_netdev
import pyvirt_util

EMULATOR = shlex.split(os.environ.get("PYVIRT_IGB_QEMU", QEMU))
VFS = ["0000:01:10.0", "0000:01:10.2", "0000:01:10.4"]
GUEST = "52:54:00:00:00:09"
_MODULES = """
drivers/net/ethernet/intel/igb*/*.ko
drivers/net/*.ko
drivers/vfio/**/*.ko
virt/lib/irqbypass.ko
drivers/i2c/**/*.ko
drivers/dca/*.ko
drivers/ptp/*.ko
drivers/pps/*.ko
net/**/*.ko
"""
_DEVICES = ("intel-iommu,intremap=on", "pcie-root-port,id=port1,slot=1", "igb,bus=port1")


def has_igb() -> bool:
    try:
        done = subprocess.run([*EMULATOR, "-device", "igb,help"], capture_output=True, check=False)
    except OSError:
        return False
    return b"igb options" in done.stdout  # its exit status tells nothing


pytestmark = [
    pytest.mark.guest,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "can be made"),
    pytest.mark.skipif(not shutil.which("ip", path="/usr/sbin:/sbin"), reason="iproute2 is not installed"),
    pytest.mark.skipif(not has_igb(), reason=f"{EMULATOR[0]} has no igb (QEMU 8 has); PYVIRT_IGB_QEMU names another"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program in the guest found and did."""
    program = Path(__file__).with_name("e2e_support") / "sriov_program.py"
    qemu = ["-M", "q35,kernel-irqchip=split", "-cpu", "max"]
    for device in _DEVICES:
        qemu += ["-device", device]
    printed = run_program(
        tmp_path_factory.mktemp("host"),
        program.read_text(),
        packages=[
            *(Path(package.__path__[0]) for package in (pyvirt, pyvirt_netdev, pyvirt_util)),
            *importable("pluggy"),
        ],
        modules=_MODULES.split(),
        qemu=qemu,
        timeout=600,
        programs=("/usr/sbin/ip",),
        whole_library=True,
        stock_kernel=True,
        emulator=EMULATOR,
    )
    answer: dict[str, Any] = json.loads(printed)
    assert answer["addresses"] == VFS
    return answer


def test_what_there_is(found: dict[str, Any]) -> None:
    pf, described = found["pf"], found["described"]
    assert described["role"] == ["pf", "vf"]
    assert described["counts"] == [7, 3, 3]
    assert (described["driver"], described["ports"]) == ("igb", [pf])
    assert described["vfs"] == [[number, address, "igbvf", [pf], 0] for number, address in enumerate(VFS)]
    assert described["indexes"] == [0, 1, 2]
    assert described["physical"] == ["0000:01:00.0", True, "0000:01:00.0"]
    assert described["id"] is None  # this card has none
    assert described["same"]


def test_what_the_card_does_by_itself(found: dict[str, Any]) -> None:
    assert (found["facts"]["driver"], found["facts"]["mtu"]) == ("igb", 1500)
    assert {"rx", "tx", "sg", "tso", "gso", "gro", "rxvlan", "txvlan", "rxhash"} <= set(found["facts"]["features"])


def test_settings(found: dict[str, Any]) -> None:
    settings = found["settings"]
    changed = {"mac": GUEST, "vlan": 42, "qos": 3, "spoof_check": False, "trust": True}
    assert settings["after"] == {**settings["before"], **changed}
    assert settings["ip"] == list(changed.values())
    assert settings["other"] == settings["before"]
    assert "find virtual function 9 of" in settings["absent"]
    assert "operation not supported" in settings["state"]


def test_settings_come_back(found: dict[str, Any]) -> None:
    assert found["configured"] == [True, True, True]


def test_a_function_lent_by_a_process_that_is_killed(found: dict[str, Any]) -> None:
    lent = found["lent"]
    assert lent["killed"]
    assert lent["inside"] == [GUEST, 42, "vfio-pci", []]
    assert lent["tree"] == ["vfio-pci", "igbvf", "igbvf"]
    assert lent["pf"]
    assert "is in use by domain 'web'" in lent["others"]
    assert lent["back"] == [True, "igbvf", []]


def test_a_macvtap_in_passthrough_with_a_vlan(found: dict[str, Any]) -> None:
    passed = found["passed through"]
    assert passed["inside"] == [GUEST, 42, GUEST, GUEST]
    assert passed["all groups"]
    assert passed["back"] == [True, True, []]
