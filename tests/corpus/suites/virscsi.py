"""SCSI devices in a described tree: the names of their generic and block devices, and who uses them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.tree import unpack

from pyvirt_util.scsi import ScsiDevice, ScsiDeviceList


def run(case: Case) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        tree, root = Path(folder) / "tree", Path(folder) / "sys"
        unpack(case.path(), tree)
        devices = root / "bus/scsi/devices"
        devices.mkdir(parents=True)
        for place in tree.iterdir():
            if place.name.count("-") == 3:
                (devices / place.name.replace("-", ":")).symlink_to(place)
        data = case.data
        where = (data["bus"], data["target"], data["unit"])
        device = ScsiDevice.from_adapter(data["adapter"], *where, shareable=True, sysfs_root=root, dev=tree)
        # A case is named for what it asks: sgname, devname.
        name = device.sg_name if case.name.startswith("sg") else device.dev_name
        if name != data["value"]:
            return f"{case.name}: {name}, not {data['value']}"
        return shared(device)


def shared(device: ScsiDevice) -> str | None:
    """Two guests share the device; it stays in the list until both have gone."""
    if device.sg_path != f"{device.dev}/{device.sg_name}" or not device.vendor or not device.model:
        return f"{device}: {device.sg_path}, {device.vendor}, {device.model}"
    used = ScsiDeviceList()
    used.use(device, "QEMU", "fc18")
    used.use(device, "QEMU", "fc20")
    if not used.remove_user(device, "QEMU", "fc20") or len(used) != 1:
        return "gone while it is in use"
    if used.remove_user(device, "QEMU", "fc18") or len(used) != 0:
        return "in use by nobody"
    return None
