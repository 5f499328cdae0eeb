"""USB devices, and the interfaces of one."""

from __future__ import annotations

from pyvirt_conf.nodedev.capability import Capability
from pyvirt_conf.nodedev.pci import Product
from pyvirt_conf.xml import U32, Mode, child, element, text


@element("product")
class UsbProduct(Product):
    """A numeric id and its name."""

    # By hand: without a name libvirt writes a blank before the slash.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        self._write(out, pad, mode, tag or self._tag)
        if out[-1].endswith("'/>\n"):
            out[-1] = out[-1][:-3] + " />\n"


@element("vendor")
class UsbVendor(UsbProduct):
    """The same for who made it."""


@element(type="usb_device")
class UsbDeviceCapability(Capability):
    """A USB device, by bus and number."""

    bus: U32 = text(required=True)
    device: U32 = text(required=True)
    product: UsbProduct = child(required=True)
    vendor: UsbVendor = child(required=True)


@element(type="usb")
class UsbInterfaceCapability(Capability):
    """An interface of a USB device."""

    number: U32 = text(required=True)
    class_: U32 = text("class", required=True)
    subclass: U32 = text(required=True)
    protocol: U32 = text(required=True)
    description: str | None = text()
