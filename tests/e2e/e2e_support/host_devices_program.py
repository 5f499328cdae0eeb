"""What test_e2e_host_devices runs in its guest: it prints one JSON object of what it found."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import sys
import time
import traceback
from collections.abc import Callable

from pyvirt_testing.killer import kill_steps
from pyvirt_util import sysfs
from pyvirt_util.errors import VirtError
from pyvirt_util.pci import PciDevice, PciDeviceList, pci_devices
from pyvirt_util.pci.config import BRIDGE_CONTROL, BRIDGE_RESET
from pyvirt_util.scsi import ScsiDevice

VFIO_GROUP_GET_STATUS = ord(";") << 8 | 103


def refusal(action: Callable[[], object]) -> str | None:
    """The class of the error that an action raises, and its message."""
    try:
        action()
    except VirtError as error:
        return f"{type(error).__name__}: {error.message} ({error.hint})"
    return None


def described(device: PciDevice) -> dict[str, object]:
    config, above = device.config, device.bridge
    return {
        "class": device.class_code,
        "driver": device.driver,
        "header": config.header_type,
        "bridge": None if above is None else above.name,
        "group": device.iommu_group,
        "members": list(map(str, device.iommu_group_members)),
        "assignable": [device.is_assignable(), device.is_assignable(strict_acs=False)],
        "port": None if config.express is None else config.express.port_type,
        "config": len(config),
    }


def viable(device: PciDevice) -> bool:
    """What vfio says of the device's group."""
    fd = os.open(device.vfio_path or "", os.O_RDWR)
    try:
        status = bytearray(struct.pack("II", 8, 0))
        fcntl.ioctl(fd, VFIO_GROUP_GET_STATUS, status)
        return bool(struct.unpack("II", status)[1] & 1)
    finally:
        os.close(fd)


def groups(device: PciDevice) -> list[object]:
    """A group of a controller and the bridge above it, which has a driver of its own and does no harm."""
    found: list[object] = [list(map(str, device.vfio_blockers()))]
    device.bind_to_stub()
    found += [list(map(str, device.vfio_blockers())), viable(device)]
    device.unbind_from_stub()
    return found


def binding(device: PciDevice) -> dict[str, object]:
    found: dict[str, object] = {"loaded": os.path.isdir("/sys/bus/pci/drivers/vfio-pci")}
    device.bind_to_stub()
    device.bind_to_stub()
    found["bound"] = [device.driver, device.driver_override, device.bound_to_vfio, device.reset()]
    found["file"] = os.path.exists(device.vfio_path or "")
    device.unbind_from_stub()
    device.unbind_from_stub()
    found["back"] = [device.driver, device.driver_override]
    device.unbind()
    found["unbound"] = [device.driver, device.reprobe()]
    found["absent"] = refusal(lambda: device.bind_to_stub("no-such-driver"))
    return found


def refused(port: PciDevice) -> dict[str, object]:
    """vfio takes no bridges: the port goes back to where it came from."""
    said = refusal(port.bind_to_stub)
    return {"said": said, "driver": port.driver, "override": port.driver_override}


def killed(device: PciDevice) -> dict[str, object]:
    states = set()
    for _ in kill_steps(device.bind_to_stub):
        states.add(f"{device.driver} {device.driver_override}")
        device.unbind_from_stub()
        assert (device.driver, device.driver_override) == ("nvme", None)
    for _ in kill_steps(device.unbind_from_stub):
        states.add(f"{device.driver} {device.driver_override}")
        device.bind_to_stub()
        assert device.driver == "vfio-pci"
    return {"states": sorted(states), "driver": device.driver, "override": device.driver_override}


def functions(device: PciDevice) -> dict[str, object]:
    sysfs.HOST.write(f"{device.path}/sriov_numvfs", b"2")
    function = device.sibling(device.virtfns[1])
    config = device.config.sriov
    found = {
        "counts": [device.sriov_numvfs, device.sriov_totalvfs, config and config.current, config and config.total],
        "indexes": [device.sibling(address).vf_index for address in device.virtfns],
        "physical": str(function.physfn),
        "bridge": str(function.bridge),
        "flr": function.has_flr,
        "assignable": function.is_assignable(),
    }
    function.bind_to_stub()
    found["bound"] = [function.driver, function.iommu_group != device.iommu_group]
    sysfs.HOST.write(f"{device.path}/sriov_numvfs", b"0")
    found["gone"] = [device.virtfns, function.present, refusal(lambda: function.vendor), refusal(function.bind_to_stub)]
    return found


def resets(power: PciDevice, on_bus: list[PciDevice]) -> dict[str, object]:
    """The kernel's reset, and ours where the kernel has been told to offer none."""
    found: dict[str, object] = {"kernel": power.reset()}
    before = power.config.data
    sysfs.HOST.write(f"{power.path}/reset_method", b"\n")
    found["power"] = [power.reset(), power.config.data == before]
    first, second = on_bus
    found["busy"] = refusal(first.reset)
    before, bridge = first.config.data, first.bridge
    assert bridge is not None
    above = bridge.config.data
    way = first.reset(None, PciDeviceList([second]))
    found["bus"] = [way, first.config.data == before, bridge.config.data == above]
    # what somebody who is killed leaves
    control = bridge.config.u16(BRIDGE_CONTROL)
    sysfs.HOST.write(f"{bridge.path}/config", (control | BRIDGE_RESET).to_bytes(2, "little"), BRIDGE_CONTROL)
    found["left"] = [first.config.data[16:40] == before[16:40], bridge.config.u16(BRIDGE_CONTROL) == control]
    way = first.reset(None, PciDeviceList([second]))
    found["settled"] = [first.config.data[16:40] == before[16:40], bridge.config.u16(BRIDGE_CONTROL) == control, way]
    return found


def scsi() -> dict[str, object]:
    for module in ("sg", "sd_mod", "scsi_debug"):
        sysfs.HOST.load_module(module)
    device = ScsiDevice.from_adapter(max(os.listdir("/sys/class/scsi_host")).replace("host", "scsi_host"), 0, 0, 0)
    deadline = time.monotonic() + 10
    while refusal(lambda: device.dev_name) and time.monotonic() < deadline:
        time.sleep(0.1)
    return {"names": [device.sg_name, device.dev_name, device.sg_path], "is": [device.vendor, device.model]}


def main() -> None:
    found: dict[str, object] = {"devices": {device.name: described(device) for device in pci_devices()}}
    by_serial = {
        sysfs.read_text(f"/sys/class/nvme/{name}/serial"): sysfs.read_text(f"/sys/class/nvme/{name}/address")
        for name in os.listdir("/sys/class/nvme")
    }
    found["nvme"] = by_serial
    plain, sriov = PciDevice(by_serial["plain"]), PciDevice(by_serial["sriov"])
    network = [device for device in pci_devices() if device.class_code == 0x020000]
    switched = PciDevice(by_serial["switched"])
    steps: dict[str, Callable[[], object]] = {
        "binding": lambda: binding(plain),
        "groups": lambda: groups(switched),
        "refused": lambda: refused(PciDevice("0000:00:08.0")),
        "functions": lambda: functions(sriov),
        "resets": lambda: resets(network[0], network[1:]),
        "scsi": scsi,
        "killed": lambda: killed(plain),
    }
    for name, step in steps.items():
        try:
            found[name] = step()
        except Exception:
            found[name] = traceback.format_exc()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
