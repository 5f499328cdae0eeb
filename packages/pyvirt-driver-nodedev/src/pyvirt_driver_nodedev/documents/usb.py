"""USB devices and their interfaces."""

from __future__ import annotations

from pyvirt_conf.nodedev import UsbDeviceCapability, UsbInterfaceCapability
from pyvirt_conf.nodedev.usb import UsbProduct, UsbVendor
from pyvirt_driver_nodedev.device import Device, to_number
from pyvirt_driver_nodedev.ids import names_of
from pyvirt_util.errors import InternalError


def describe_usb_device(device: Device) -> UsbDeviceCapability:
    """A USB device. Names are those of udev's database, else of ``usb.ids``, else what the device says."""
    vendor = _required(device, "ID_VENDOR_ID", "idVendor", 16)
    product = _required(device, "ID_MODEL_ID", "idProduct", 16)
    if device.record is not None:
        names = (device.udev_property("ID_VENDOR_FROM_DATABASE"), device.udev_property("ID_MODEL_FROM_DATABASE"))
    else:
        names = names_of(device.host.ids, "usb.ids", vendor, product)
    return UsbDeviceCapability(
        bus=_required(device, "BUSNUM", "busnum", 10),
        device=_required(device, "DEVNUM", "devnum", 10),
        product=UsbProduct(id=product, name=names[1] or device.text("product")),
        vendor=UsbVendor(id=vendor, name=names[0] or device.text("manufacturer")),
    )


def describe_usb_interface(device: Device) -> UsbInterfaceCapability:
    """An interface of a USB device."""
    return UsbInterfaceCapability(
        number=device.number("bInterfaceNumber", 16) or 0,
        class_=device.number("bInterfaceClass", 16) or 0,
        subclass=device.number("bInterfaceSubClass", 16) or 0,
        protocol=device.number("bInterfaceProtocol", 16) or 0,
    )


def _required(device: Device, name: str, attribute: str, base: int) -> int:
    """A number that udev has as a property, and sysfs as an attribute."""
    number = to_number(device.udev_property(name), base)
    if number is None:
        number = device.number(attribute, base)
    if number is None or number < 0:
        raise InternalError(f"usb device '{device.path}' has no '{attribute}'")
    return number
