"""What a kind of device has to say: which devices are of it, their names, what they can do."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pyvirt_conf.nodedev import MdevTypes
from pyvirt_driver_nodedev.device import device_name
from pyvirt_driver_nodedev.mdev.sysfs import read_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt_conf.nodedev import Capability, NestedCapability
    from pyvirt_driver_nodedev.device import Device


class Kind(ABC):
    """Devices with one capability. There is one object of each kind, and it keeps nothing.

    :cvar capability: its name, as in ``<capability type='pci'>``.
    :cvar inner: the names of capabilities that some devices of this kind have inside it.
    """

    capability: ClassVar[str]
    inner: ClassVar[tuple[str, ...]] = ()

    def name(self, device: Device) -> str | None:
        """The device's name; ``None`` for one that is not worth listing. Reads as little as it can."""
        return device_name(device.subsystem, device.sysname)

    @abstractmethod
    def describe(self, device: Device) -> Capability:
        """What the device can do.

        :raises VirtError: it went away, or does not say what it must.
        """

    def has_inner(self, device: Device, inner: str) -> bool:
        """Whether this device has the capability ``inner``, one of those this kind may have."""
        return False


def has_mdev_types(folder: str) -> bool:
    """Whether a device can be split into mediated ones."""
    return bool(read_types(folder))


def mdev_types(folder: str) -> Iterator[NestedCapability]:
    """The types of mediated devices that a device can be split into, one capability where there are any."""
    types = {found.id: found for found in read_types(folder)}
    if types:
        yield MdevTypes(types=[types[name] for name in kernel_order(f"{folder}/mdev_supported_types") if name in types])


def kernel_order(folder: str) -> list[str]:
    """The names in a folder as the kernel lists them, which is how they stand in libvirt's documents."""
    try:
        return os.listdir(folder)
    except OSError:
        return []
