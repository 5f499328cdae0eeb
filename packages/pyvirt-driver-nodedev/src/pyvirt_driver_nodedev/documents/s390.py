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
from pyvirt_driver_nodedev.documents.parts import mdev_types
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device


def describe_ccw(device: Device) -> CcwCapability:
    """A device on a channel: ``0.0.1b9c``."""
    cssid, ssid, devno = _bus_id(device, device.sysname)
    return CcwCapability(cssid=cssid, ssid=ssid, devno=devno)


def describe_css(device: Device) -> CssCapability:
    """A subchannel, and the device behind it."""
    cssid, ssid, devno = _bus_id(device, device.sysname)
    behind = device.text("dev_busid")
    address = None
    if behind is not None and behind != "none":
        subsystem, set_, number = _bus_id(device, behind)
        address = ChannelDeviceAddress(cssid=subsystem, ssid=set_, devno=number)
    types = list(mdev_types(device.folder))
    return CssCapability(cssid=cssid, ssid=ssid, devno=devno, capabilities=types, channel_dev_addr=address)


def describe_ap_card(device: Device) -> ApCardCapability:
    """A cryptographic adapter: ``card0a``."""
    return ApCardCapability(adapter=_hexadecimal(device, device.sysname.removeprefix("card")))


def describe_ap_queue(device: Device) -> ApQueueCapability:
    """One domain of an adapter: ``0a.0003``."""
    adapter, _, domain = device.sysname.partition(".")
    return ApQueueCapability(adapter=_hexadecimal(device, adapter), domain=_hexadecimal(device, domain))


def describe_ap_matrix(device: Device) -> ApMatrixCapability:
    """The parent of mediated devices that pass queues on to guests."""
    return ApMatrixCapability(capabilities=list(mdev_types(device.folder)))


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
