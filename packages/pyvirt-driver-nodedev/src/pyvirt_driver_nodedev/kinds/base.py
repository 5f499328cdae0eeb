"""What a kind of device says of itself: which devices are of it, and their names. It is all that lists need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.device import device_name

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device


class Kind:
    """Devices with one capability; nothing of any device is kept.

    :param capability: its name, as in ``<capability type='pci'>``.
    :param inner: the names of capabilities that some devices of this kind have inside it.
    """

    __slots__ = ("capability", "inner")

    def __init__(self, capability: str, *inner: str) -> None:
        self.capability = capability
        self.inner = inner

    def name(self, device: Device) -> str | None:
        """The device's name; ``None`` for one that is not worth listing. Reads as little as it can."""
        return device_name(device.subsystem, device.sysname)

    def has_inner(self, device: Device, inner: str) -> bool:
        """Whether this device has the capability ``inner``, one of those this kind may have."""
        return False


def has_mdev_types(folder: str) -> bool:
    """Whether a device can be split into mediated ones."""
    from pyvirt_driver_nodedev.mdev.sysfs import read_types

    return bool(read_types(folder))
