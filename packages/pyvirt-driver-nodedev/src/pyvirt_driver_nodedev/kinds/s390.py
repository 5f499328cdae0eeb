"""s390: devices and subchannels of the channel subsystem, the matrix of cryptographic queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.kinds.base import Kind, has_mdev_types

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# Other subchannels do no input and output, and are many.
_SUBCHANNEL_DRIVERS = ("io_subchannel", "vfio_ccw")


class CcwKind(Kind):
    """A device on a channel, while it is online."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if device.number("online", 0) == 1 else None


class CssKind(Kind):
    """A subchannel for input and output."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if device.driver in _SUBCHANNEL_DRIVERS else None

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        return has_mdev_types(device.folder)


class ApMatrixKind(Kind):
    """The parent of mediated devices that pass cryptographic queues on to guests."""

    def name(self, device: Device) -> str | None:
        """There is one at most, and its bus is called as it is."""
        return self.capability

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        return has_mdev_types(device.folder)
