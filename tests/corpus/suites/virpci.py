"""PCI devices on a described bus: one sequence of steps, each beginning with what the ones before left.

The kernel's part (binding, probing) is played by pyvirt_testing.fake_pci.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from typing import Any

from tests.corpus.case import Case

from pyvirt_testing.fake_pci import FakePciKernel
from pyvirt_util.pci import PciDevice, PciDeviceList, detach, reattach

STUB = "vfio-pci"
SEVERAL = ("0000:00:01.0", "0000:00:02.0", "0000:00:03.0")


def run(case: Case) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        kernel = described(case, folder)
        for number, step in enumerate(case.data["steps"], 1):
            devices = [kernel.device(step["device"])] if "device" in step else [kernel.device(name) for name in SEVERAL]
            wrong = STEPS[step["step"]](devices, step)
            if wrong is not None:
                return f"step {number} {step}: {wrong}"
    return None


def described(case: Case, folder: str) -> FakePciKernel:
    """The bus of the suite's settings."""
    kernel = FakePciKernel(folder)
    for name, ids in case.settings["drivers"].items():
        kernel.add_driver(name, *ids)
    configs = case.data["configs"]
    for address, about in case.settings["devices"].items():
        kernel.add_device(
            address,
            vendor=int(about["vendor"], 16),
            product=int(about["device"], 16),
            class_code=int(about.get("class", "0"), 16),
            config=(case.directory / configs[address]).read_bytes() if address in configs else b"",
            iommu_group=about["iommu_group"],
            physfn=about.get("physfn"),
            vpd=base64.b64decode(about["vpd"]) if "vpd" in about else None,
        )
    return kernel


def new(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    name = PciDevice("0000:00:00.0", devices[0].sysfs_root).name
    return None if name == "0000:00:00.0" else name


def detach_several(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    active, inactive = PciDeviceList(), PciDeviceList()
    for count, device in enumerate(devices, 1):
        detach(device, STUB, active=active, inactive=inactive)
        if device.driver != STUB or len(active) != 0 or len(inactive) != count:
            return f"{device} has driver {device.driver}, lists {len(active)}, {len(inactive)}"
    return None


def reset(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    active, inactive = PciDeviceList(), PciDeviceList()
    for device in devices:
        device.reset(active, inactive)
    return None


def reattach_several(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    active, inactive = PciDeviceList(), PciDeviceList()
    for device in devices:
        inactive.add(device)
    for left, device in zip(range(len(devices) - 1, -1, -1), devices, strict=True):
        reattach(device, active=active, inactive=inactive)
        if len(active) != 0 or len(inactive) != left:
            return f"lists {len(active)}, {len(inactive)}"
        if device.driver == STUB or device.driver_override is not None:
            return f"{device} stays with {device.driver}"
    return None


def is_assignable(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    devices[0].check_assignable(strict_acs=True)
    return None


def check_driver(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    driver = devices[0].driver
    return None if driver == step["driver"] else f"it is {driver}"


def detach_single(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    detach(devices[0], STUB)
    return None


def reattach_single(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    reattach(devices[0])
    return None


def unbind(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    devices[0].unbind()
    return None


def get_vpd(devices: list[PciDevice], step: dict[str, Any]) -> str | None:
    vpd = devices[0].vpd()
    if vpd is None or vpd.read_only is None:
        return "no vital product data"
    found = (vpd.name, vpd.read_only.part_number)
    return None if found == ("testname", "42") else str(found)


STEPS: dict[str, Callable[[list[PciDevice], dict[str, Any]], str | None]] = {
    "New": new,
    "Detach": detach_several,
    "Reset": reset,
    "Reattach": reattach_several,
    "IsAssignable": is_assignable,
    "CheckDriver": check_driver,
    "DetachSingle": detach_single,
    "ReattachSingle": reattach_single,
    "Unbind": unbind,
    "GetVPD": get_vpd,
}
