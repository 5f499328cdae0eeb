"""Block devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.device import device_name
from pyvirt_driver_nodedev.kinds.base import Kind

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# What udev's properties say beside ID_TYPE, and what the names of device files tell where udev says nothing.
_BY_PROPERTY = (("ID_DRIVE_FLOPPY", "floppy"), ("ID_CDROM", "cd"), ("ID_DRIVE_FLASH_SD", "sd"))
_BY_NAME = (("vd", "disk"), ("dasd", "dasd"), ("nvme", "disk"), ("mmcblk", "sd"))
# SCSI disks and drives say themselves what they are: for where there is no udev at all.
_SCSI = ("sd", "sr")
_BY_SCSI_TYPE = {0: "disk", 5: "cd", 14: "disk"}
_WORDS = {"cd": "cdrom", "cd/dvd": "cdrom", "disk": "disk", "dasd": "dasd", "floppy": "floppy", "sd": "sd"}


class StorageKind(Kind):
    """A disk, a drive with a medium, a memory card. Loop devices and others that store nothing are not listed."""

    def name(self, device: Device) -> str | None:
        """``block_sda_SERIAL``."""
        word = drive_type(device)
        return None if word is None else device_name("block", device.sysname, serial(device, word))


def drive_type(device: Device) -> str | None:
    """libvirt's word for the drive; ``None`` for what is none, as loop devices and partitions."""
    name = device.sysname.rpartition("/")[2]
    with_udev = device.host.has_udev()
    said = None if with_udev else _without_udev(device, name)
    if said is None and not with_udev:
        return None  # most are such, and nothing was read for it
    if device.uevent.get("DEVTYPE") != "disk" or device.devnode is None:
        return None
    if with_udev:
        said = _with_udev(device, name)
    return None if said is None else _WORDS.get(said)


def _with_udev(device: Device, name: str) -> str | None:
    said = device.udev_property("ID_TYPE")
    if said == "disk" and name.startswith("dasd"):
        return "dasd"
    if said is not None and said != "generic":
        return said
    said = next((word for property_, word in _BY_PROPERTY if device.is_set(property_)), None)
    return said or _guess(name)


def _without_udev(device: Device, name: str) -> str | None:
    if name.startswith(_SCSI):
        kind = device.number("device/type", 0)
        return None if kind is None else _BY_SCSI_TYPE.get(kind)
    return _guess(name)


def _guess(name: str) -> str | None:
    return next((word for prefix, word in _BY_NAME if name.startswith(prefix)), None)


def serial(device: Device, word: str) -> str | None:
    """What tells one drive from others of its make, where that is known."""
    return device.text("device/uid") if word == "dasd" else device.udev_property("ID_SERIAL")
