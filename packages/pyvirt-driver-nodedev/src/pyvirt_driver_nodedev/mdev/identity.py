"""What a mediated device is called, and how its parent is addressed.

The parent's address is its name in sysfs, which is also what mdevctl calls it: ``0000:00:02.0`` for a PCI function,
``0.0.0052`` for a subchannel, ``matrix`` for the cryptographic adapters of s390.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import ApMatrixCapability, CssCapability, MdevCapability, MdevParentCapability, PciCapability
from pyvirt_driver_nodedev.device import device_name
from pyvirt_util.errors import ConfigUnsupportedError, ParseFailedError
from pyvirt_util.pci.address import PciAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf.nodedev import NodeDevice

_MATRIX = "matrix"


def mdev_name(uuid: str, parent_address: str | None) -> str:
    """The node device's name: ``mdev_UUID_PARENT``, since devices of one UUID may be defined below several parents."""
    return device_name("mdev", uuid, parent_address)


def parent_address(parent: NodeDevice) -> str | None:
    """The address of a device as the parent of mediated devices; ``None`` for one that can't be a parent."""
    for capability in parent.capabilities:
        if isinstance(capability, PciCapability):
            return str(PciAddress(capability.domain, capability.bus, capability.slot, capability.function))
        if isinstance(capability, CssCapability):
            return f"{capability.cssid:x}.{capability.ssid:x}.{capability.devno:04x}"
        if isinstance(capability, ApMatrixCapability):
            return os.path.basename(parent.path) if parent.path else _MATRIX
        if isinstance(capability, MdevParentCapability) and parent.path:
            return os.path.basename(parent.path)
    return None


def mdev_of(device: NodeDevice) -> MdevCapability:
    """The part of a device that makes it a mediated one.

    :raises ConfigUnsupportedError: it is no mediated device.
    """
    capability = device.find(MdevCapability)
    if capability is None:
        kinds = ", ".join(f"'{found.type}'" for found in device.capabilities)
        raise ConfigUnsupportedError(f"device '{device.name or 'new device'}' of type {kinds} is no mediated device")
    return capability


def place_below_parent(device: NodeDevice, find: Callable[[str], NodeDevice | None]) -> MdevCapability:
    """Give a new mediated device the address of the parent its document names; ``find`` knows the host's devices.

    :raises ConfigUnsupportedError: there is no such parent. :raises ParseFailedError: it has no address.
    """
    capability = mdev_of(device)
    if device.parent is None:
        raise ConfigUnsupportedError("a mediated device needs a parent, and the document names none")
    parent = find(device.parent)
    if parent is None:
        raise ConfigUnsupportedError(f"there is no device '{device.parent}' to be the parent of a mediated device")
    capability.parent_addr = parent_address(parent)
    if capability.parent_addr is None:
        raise ParseFailedError(f"device '{device.parent}' has no address as a parent of mediated devices")
    return capability
