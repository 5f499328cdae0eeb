"""Block devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import Removable, StorageCapability
from pyvirt_driver_nodedev.device import device_name, to_number
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
_WITH_MEDIUM = ("cdrom", "floppy")


class StorageKind(Kind):
    """A disk, a drive with a medium, a memory card. Loop devices and others that store nothing are not listed."""

    capability = "storage"

    def name(self, device: Device) -> str | None:
        """``block_sda_SERIAL``."""
        word = drive_type(device)
        return None if word is None else device_name("block", device.sysname, _serial(device, word))

    def describe(self, device: Device) -> StorageCapability:
        """See the base class."""
        word = drive_type(device) or "disk"
        found = StorageCapability(
            block=device.devnode or "",
            bus=device.udev_property("ID_BUS"),
            drive_type=word,
            model=_trimmed(device.text("device/model")),
            vendor=_trimmed(device.text("device/vendor")),
            serial=_serial(device, word),
        )
        if word not in _WITH_MEDIUM:
            found.size, found.logical_block_size, found.num_blocks = _sizes(device)
            return found
        has_medium = _has_medium(device, word)
        size, block_size, blocks = _sizes(device) if has_medium else (0, 0, 0)
        if device.number("removable", 0) == 1:
            label = device.udev_property("ID_FS_LABEL") if has_medium else None
            found.capabilities.append(
                Removable(
                    media_available=has_medium,
                    media_size=size,
                    media_label=label,
                    logical_block_size=block_size,
                    num_blocks=blocks,
                )
            )
        else:
            found.size, found.logical_block_size, found.num_blocks = 0, block_size, blocks
        return found


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


def _serial(device: Device, word: str) -> str | None:
    return device.text("device/uid") if word == "dasd" else device.udev_property("ID_SERIAL")


def _has_medium(device: Device, word: str) -> bool:
    if word == "floppy":
        return device.udev_property("ID_FS_LABEL") is not None
    return bool(to_number(device.udev_property("ID_CDROM_MEDIA"), 0))


def _sizes(device: Device) -> tuple[int, int, int]:
    """Bytes, bytes of a logical block, and their number.

    The kernel counts in units of 512 bytes whatever a logical block is; libvirt multiplies all the same, and so the
    size of a disk with larger blocks is too big in its documents as in ours.
    """
    blocks, block_size = device.number("size", 0) or 0, device.number("queue/logical_block_size", 0) or 0
    return blocks * block_size, block_size, blocks


def _trimmed(text: str | None) -> str | None:
    return None if text is None else text.strip() or None
