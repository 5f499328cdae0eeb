"""s390: devices and subchannels of the channel subsystem, cryptographic adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import (
    ApCardCapability,
    ApMatrixCapability,
    ApQueueCapability,
    CcwCapability,
    CssCapability,
)
from pyvirt_conf.nodedev.s390 import ChannelDeviceAddress
from pyvirt_driver_nodedev.device import to_number
from pyvirt_driver_nodedev.kinds.base import Kind, has_mdev_types, mdev_types
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# Other subchannels do no input and output, and are many.
_SUBCHANNEL_DRIVERS = ("io_subchannel", "vfio_ccw")
_CARD = "card"


class CcwKind(Kind):
    """A device on a channel, while it is online."""

    capability = "ccw"

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if device.number("online", 0) == 1 else None

    def describe(self, device: Device) -> CcwCapability:
        """See the base class."""
        cssid, ssid, devno = _bus_id(device, device.sysname)
        return CcwCapability(cssid=cssid, ssid=ssid, devno=devno)


class CssKind(Kind):
    """A subchannel for input and output."""

    capability = "css"
    inner = ("mdev_types",)

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if device.driver in _SUBCHANNEL_DRIVERS else None

    def describe(self, device: Device) -> CssCapability:
        """See the base class."""
        cssid, ssid, devno = _bus_id(device, device.sysname)
        behind = device.text("dev_busid")
        address = None
        if behind is not None and behind != "none":
            subsystem, set_, number = _bus_id(device, behind)
            address = ChannelDeviceAddress(cssid=subsystem, ssid=set_, devno=number)
        return CssCapability(
            cssid=cssid, ssid=ssid, devno=devno, capabilities=list(mdev_types(device.folder)), channel_dev_addr=address
        )

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        return has_mdev_types(device.folder)


class ApCardKind(Kind):
    """A cryptographic adapter: ``card0a``."""

    capability = "ap_card"

    def describe(self, device: Device) -> ApCardCapability:
        """See the base class."""
        return ApCardCapability(adapter=_hexadecimal(device, device.sysname.removeprefix(_CARD)))


class ApQueueKind(Kind):
    """One domain of an adapter: ``0a.0003``."""

    capability = "ap_queue"

    def describe(self, device: Device) -> ApQueueCapability:
        """See the base class."""
        adapter, _, domain = device.sysname.partition(".")
        return ApQueueCapability(adapter=_hexadecimal(device, adapter), domain=_hexadecimal(device, domain))


class ApMatrixKind(Kind):
    """The parent of mediated devices that pass queues on to guests."""

    capability = "ap_matrix"
    inner = ("mdev_types",)

    def name(self, device: Device) -> str | None:
        """There is one at most, and its bus is called as it is."""
        return self.capability

    def describe(self, device: Device) -> ApMatrixCapability:
        """See the base class."""
        return ApMatrixCapability(capabilities=list(mdev_types(device.folder)))

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        return has_mdev_types(device.folder)


def _bus_id(device: Device, text: str) -> tuple[int, int, int]:
    """The three numbers of ``0.0.1a2b``."""
    parts = text.split(".")
    if len(parts) != 3:
        raise InternalError(f"'{text}' is no address of a channel device in '{device.path}'")
    cssid, ssid, devno = (_hexadecimal(device, part) for part in parts)
    return cssid, ssid, devno


def _hexadecimal(device: Device, digits: str) -> int:
    number = to_number(digits, 16)
    if number is None or number < 0:
        raise InternalError(f"'{digits}' in the name of '{device.path}' is no hexadecimal number")
    return number
