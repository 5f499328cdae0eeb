"""Block devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import Removable, StorageCapability
from pyvirt_driver_nodedev.device import to_number
from pyvirt_driver_nodedev.kinds.storage import drive_type, serial

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

_WITH_MEDIUM = ("cdrom", "floppy")


def describe_storage(device: Device) -> StorageCapability:
    """A drive, and the medium in it."""
    word = drive_type(device) or "disk"
    found = StorageCapability(
        block=device.devnode or "",
        bus=device.udev_property("ID_BUS"),
        drive_type=word,
        model=_trimmed(device.text("device/model")),
        vendor=_trimmed(device.text("device/vendor")),
        serial=serial(device, word),
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
