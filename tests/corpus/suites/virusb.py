"""USB devices found in a described bus: by make, by place, by both."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.tree import unpack

from pyvirt_util import usb
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        unpack(case.path(), Path(folder))
        (Path(folder) / "bus").mkdir()
        (Path(folder) / "sys_bus_usb").rename(Path(folder) / "bus" / "usb")
        try:
            found = find(case, folder)
        except VirtError as error:
            return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return f"found {found}"
    for device in found:
        if device.path != f"/dev/bus/usb/{device.bus:03}/{device.device:03}":
            return f"{device}: {device.path}"
        for key, value in (
            ("vendor", device.vendor),
            ("product", device.product),
            ("bus", device.bus),
            ("devnum", device.device),
        ):
            if case.data.get(key, value) != value:
                return f"{device} has another {key}"
    return None if found else "found none"


def find(case: Case, root: str) -> list[usb.UsbDevice]:
    """What the case looks for; an error when there is none."""
    data = case.data
    match data["by"]:
        case "vendor":
            return usb.find_by_vendor(data["vendor"], data["product"], sysfs_root=root)
        case "bus":
            one = usb.find_by_bus(data["bus"], data["devnum"], sysfs_root=root)
        case "all":
            one = usb.find(data["vendor"], data["product"], data["bus"], data["devnum"], sysfs_root=root)
        case other:
            raise ValueError(f"to be found by {other}")
    return [one] if one is not None else []
