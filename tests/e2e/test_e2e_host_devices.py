"""The host's PCI and SCSI devices where hardware and kernel are real: a Linux guest is the host whose devices change.

Its machine has an IOMMU, NVMe controllers behind a root port, behind a switch and with virtual functions, and network
cards on a conventional bus. No kernel is played here, unlike in the tests of pyvirt_testing.fake_pci.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from e2e_support.linux import unavailable
from e2e_support.python_guest import run_program

import pyvirt_testing
import pyvirt_util

pytestmark = [pytest.mark.guest, pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "can be made")]

PLAIN, SWITCHED, SRIOV = "0000:01:00.0", "0000:04:00.0", "0000:05:00.0"
POWER, FIRST, SECOND = "0000:00:06.0", "0000:07:01.0", "0000:07:02.0"
MODULES = ("drivers/vfio/**/*.ko", "virt/lib/irqbypass.ko", "drivers/scsi/s*.ko", "lib/crc*.ko", "crypto/crc*.ko")
DEVICES = """
intel-iommu,intremap=on
pcie-root-port,id=port1,chassis=1,slot=1,addr=3
nvme,serial=plain,drive=disk1,bus=port1
pcie-root-port,id=port2,chassis=2,slot=2,addr=4
x3130-upstream,id=up,bus=port2
xio3130-downstream,id=down,bus=up,chassis=3,slot=3
nvme,serial=switched,drive=disk2,bus=down
pcie-root-port,id=port4,chassis=4,slot=4,addr=5
nvme-subsys,id=system
nvme,serial=sriov,bus=port4,subsys=system,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2
i82551,addr=6
pcie-root-port,id=port5,chassis=5,slot=5,addr=7
pcie-pci-bridge,id=conventional,bus=port5
rtl8139,bus=conventional,addr=1
rtl8139,bus=conventional,addr=2
pcie-root-port,id=port6,chassis=6,slot=6,addr=8
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program in the guest found and did."""
    qemu = ["-M", "q35,kernel-irqchip=split"]
    for disk in ("disk1", "disk2"):
        qemu += ["-blockdev", f"null-co,node-name={disk},size=1048576,read-zeroes=on"]
    for device in DEVICES.split():
        qemu += ["-device", device]
    printed = run_program(
        tmp_path_factory.mktemp("host"),
        Path(__file__).with_name("e2e_support").joinpath("host_devices_program.py").read_text(),
        packages=[Path(package.__path__[0]) for package in (pyvirt_util, pyvirt_testing)],
        modules=MODULES,
        qemu=qemu,
        timeout=300,
    )
    *warnings, document = printed.splitlines()
    answer: dict[str, Any] = json.loads(document) | {"warnings": warnings}
    assert answer["nvme"] == {"plain": PLAIN, "switched": SWITCHED, "sriov": SRIOV}
    return answer


def test_what_there_is(found: dict[str, Any]) -> None:
    devices = found["devices"]
    plain = devices[PLAIN]
    assert (plain["class"], plain["driver"], plain["header"], plain["port"]) == (67586, "nvme", "endpoint", "endpoint")
    assert plain["config"] == 4096
    assert plain["bridge"] == "0000:00:03.0"
    assert plain["members"] == [PLAIN]
    assert devices["0000:00:03.0"]["port"] == "root-port"
    assert devices["0000:00:03.0"]["header"] == "pci-bridge"
    assert devices["0000:00:03.0"]["bridge"] is None
    conventional = devices[FIRST]
    assert (conventional["config"], conventional["port"], conventional["bridge"]) == (256, None, "0000:06:00.0")
    assert conventional["members"] == ["0000:06:00.0", FIRST, SECOND]


def test_a_switch_without_access_control_does_not_isolate(found: dict[str, Any]) -> None:
    devices = found["devices"]
    assert devices[SWITCHED]["bridge"] == "0000:03:00.0"
    assert devices["0000:03:00.0"]["port"] == "downstream-port"
    assert devices[SWITCHED]["members"] == ["0000:03:00.0", SWITCHED]  # the kernel is of the same opinion
    assert [address for address, device in devices.items() if device["assignable"] != [True, True]] == [SWITCHED]
    assert devices[SWITCHED]["assignable"] == [False, True]


def test_to_vfio_and_back(found: dict[str, Any]) -> None:
    binding = found["binding"]
    assert not binding["loaded"]  # modprobe brought it
    assert binding["bound"] == ["vfio-pci", "vfio-pci", True, "vfio"]
    assert binding["file"]
    assert binding["back"] == ["nvme", None]
    assert binding["unbound"] == [None, "nvme"]
    assert binding["absent"].startswith("InternalError: cannot load module 'no-such-driver'")


def test_a_group_with_a_bridge_in_it(found: dict[str, Any]) -> None:
    assert found["groups"] == [[SWITCHED], [], True]


def test_what_vfio_refuses_goes_back(found: dict[str, Any]) -> None:
    assert found["refused"]["said"].startswith(
        "OperationFailedError: driver 'vfio-pci' did not take pci device 0000:00:08"
    )
    assert (found["refused"]["driver"], found["refused"]["override"]) == ("pcieport", None)


def test_virtual_functions(found: dict[str, Any]) -> None:
    functions = found["functions"]
    assert functions["counts"] == [2, 2, 2, 2]
    assert functions["indexes"] == [0, 1]
    assert functions["physical"] == SRIOV
    assert functions["bridge"] == "0000:00:05.0"
    assert functions["flr"]
    assert functions["assignable"]
    assert functions["bound"] == ["vfio-pci", True]
    remaining, present, *refused = functions["gone"]
    assert (remaining, present) == ([], False)
    assert all(said.startswith("SystemCallError: cannot find pci device 0000:05:00.2") for said in refused)


def test_resets(found: dict[str, Any]) -> None:
    resets = found["resets"]
    assert resets["kernel"] == "kernel"
    assert resets["power"] == ["pm", True]
    assert f"active device {SECOND} is on the bus of {FIRST}" in resets["busy"]
    assert resets["bus"] == ["bus", True, True]
    assert resets["left"] == [False, False]
    assert resets["settled"] == [True, True, "bus"]
    assert found["warnings"] == [
        f"the bus of pci device {FIRST} was left in reset",
        f"pci device {FIRST} was left without its addresses",
        f"pci device {SECOND} was left without its addresses",
    ]


def test_killed_at_every_step(found: dict[str, Any]) -> None:
    killed = found["killed"]
    assert {"nvme None", "nvme vfio-pci", "None vfio-pci", "vfio-pci vfio-pci"} <= set(killed["states"])
    assert (killed["driver"], killed["override"]) == ("nvme", None)


def test_a_scsi_disk(found: dict[str, Any]) -> None:
    assert found["scsi"] == {"names": ["sg0", "sda", "/dev/sg0"], "is": ["Linux", "scsi_debug"]}
