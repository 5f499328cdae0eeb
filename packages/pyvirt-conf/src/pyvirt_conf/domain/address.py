"""Where a device sits: an address on a bus, and what every device has (alias, address, boot order, ROM)."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pyvirt_conf.xml import (
    U32,
    BadValue,
    Element,
    Mode,
    Natural,
    Node,
    OnOff,
    Positive,
    Scalar,
    YesNo,
    attr,
    by_hand,
    child,
    element,
    fail,
    integer,
)
from pyvirt_conf.xml.scalars import to_int
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlInvalidSchemaError

Hex2 = Annotated[int, integer(0, 0xFF, base=0, form="0x{:02x}")]
Hex4 = Annotated[int, integer(0, 0xFFFF, base=0, form="0x{:04x}")]
Hex8 = Annotated[int, integer(0, 0xFFFFFFFF, base=0, form="0x{:08x}")]
HexAny = Annotated[int, integer(0, 0xFFFFFFFF, base=16, form="0x{:x}")]
HexAny0 = Annotated[int, integer(0, 0xFFFFFFFF, base=0, form="0x{:x}")]
Hex64 = Annotated[int, integer(0, 2**64 - 1, base=16, form="0x{:x}")]
"""The base address of a memory device."""


@element("address", by="type")
class DeviceAddress(Element):
    """A device's place: one of the classes below, told apart by ``type``."""


@element("zpci")
class ZpciAddress(Element):
    """The ids a PCI device has on s390: ``<zpci uid='0x0001' fid='0x00000000'/>``."""

    uid: Hex4 | None = attr()
    fid: Hex8 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.uid == 0:
            raise BadValue("zpci uid 0x0000 is out of range, expected 0x0001 to 0xffff")

    # By hand: without ids there is no element. An id that is not given is not written, where libvirt writes the zero
    # that it refuses when it reads it.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.uid is not None or self.fid is not None:
            self._write(out, pad, mode, "zpci")


def _pci_number(node: Node, mode: Mode, name: str, high: int) -> int:
    text = node.get(name)
    if text is None:
        return 0
    try:
        value = to_int(text, 0)
    except BadValue as error:
        fail(node, mode, str(error), f"@{name}")
    if not 0 <= value <= high:
        fail(node, mode, f"PCI {name} '{text}' is out of range, expected 0 to {high:#x}", f"@{name}")
    return value


@element("address")
class PciLocation(Element):
    """A PCI device of the host: ``<address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/>``."""

    _more = by_hand("@multifunction")

    domain: Hex4 = attr(default=0)
    bus: Hex2 = attr(default=0)
    slot: Hex2 = attr(default=0)
    function: Annotated[int, integer(0, 7, base=0, form="0x{:x}")] = attr(default=0)

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        return cls(
            domain=_pci_number(node, mode, "domain", 0xFFFFFFFF),
            bus=_pci_number(node, mode, "bus", 0xFF),
            slot=_pci_number(node, mode, "slot", 0x1F),
            function=_pci_number(node, mode, "function", 7),
        )

    def __str__(self) -> str:
        """As sysfs names it: ``0000:06:12.5``."""
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function:x}"


@element(type="pci")
class PciAddress(DeviceAddress):
    """A slot of a PCI bus of the guest. All zero stands for "assign one"."""

    domain: int = attr(default=0)
    bus: int = attr(default=0)
    slot: int = attr(default=0)
    function: int = attr(default=0)
    multifunction: OnOff | None = attr()
    zpci: ZpciAddress | None = child()

    # By hand: the four numbers are written all or none, and this is the commonest element of all.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        new = object.__new__(cls)
        new.domain = _pci_number(node, mode, "domain", 0xFFFFFFFF)
        new.bus = _pci_number(node, mode, "bus", 0xFF)
        new.slot = _pci_number(node, mode, "slot", 0x1F)
        new.function = _pci_number(node, mode, "function", 7)
        multi = node.get("multifunction")
        if multi is not None:
            if multi not in ("on", "off"):
                fail(node, mode, f"'{multi}' is neither 'on' nor 'off'", "@multifunction")
            new.multifunction = multi == "on"
        for kid in node:
            if kid.tag == "zpci":
                new.zpci = ZpciAddress._from_node(kid, mode)
        return new

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.domain or self.bus or self.slot:
            head = (
                f"{pad}<address type='pci' domain='0x{self.domain:04x}' bus='0x{self.bus:02x}' "
                f"slot='0x{self.slot:02x}' function='0x{self.function:x}'"
            )
        else:
            head = f"{pad}<address type='pci'"
        if self.multifunction is not None:
            head += " multifunction='on'" if self.multifunction else " multifunction='off'"
        inner: list[str] = []
        if self.zpci is not None:
            self.zpci._to_xml(inner, pad + "  ", mode)
        if not inner:
            out.append(head + "/>\n")
            return
        out.append(head + ">\n")
        out.extend(inner)
        out.append(f"{pad}</address>\n")

    @property
    def assigned(self) -> bool:
        """Whether a slot has been chosen; ``<address type='pci'/>`` asks for one."""
        return bool(self.domain or self.bus or self.slot)

    def __str__(self) -> str:
        """As sysfs names it: ``0000:00:03.0``."""
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function:x}"


@element(type="drive")
class DriveAddress(DeviceAddress):
    """A place on a disk controller."""

    controller: U32 = attr(default=0)
    bus: U32 = attr(default=0)
    target: U32 = attr(default=0)
    unit: U32 = attr(default=0)


@element(type="virtio-serial")
class VirtioSerialAddress(DeviceAddress):
    """A port of a virtio-serial controller."""

    controller: U32 = attr(default=0)
    bus: U32 = attr(default=0)
    port: U32 = attr(default=0)


@element(type="ccid")
class CcidAddress(DeviceAddress):
    """A slot of a smart card reader."""

    controller: U32 = attr(default=0)
    slot: U32 = attr(default=0)


def _usb_port(text: str) -> str:
    parts = text.split(".")
    if len(parts) > 4:
        raise BadValue(f"USB port '{text}' has more than four numbers")
    for part in parts:
        if not part.isascii() or not part.isdecimal() or not 0 < len(part) <= 10:
            raise BadValue(f"'{text}' is not a USB port", InternalError)
    return ".".join(str(int(part)) for part in parts) if any(int(p) for p in parts) else ""


@element(type="usb")
class UsbAddress(DeviceAddress):
    """A port of a USB controller; the port is a path through hubs: ``1.2``."""

    bus: U32 = attr(default=0)
    port: Annotated[str, Scalar(_usb_port)] | None = attr(omit="")


@element()
class UsbHostAddress(DeviceAddress):
    """A USB device of the host, by bus and number; it stands in the source of an interface."""

    _const = (("type", "usb"),)
    bus: U32 = attr(required=True)
    device: U32 = attr(required=True)


@element(type="spapr-vio")
class SpaprVioAddress(DeviceAddress):
    """A register on the sPAPR VIO bus."""

    reg: Annotated[int, integer(0, 2**64 - 1, base=16, form="0x{:08x}")] | None = attr()

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        if to_int(node.get("reg", "0"), 0) > 0xFFFFFFFF:
            fail(node, mode, f"register {node.get('reg')} is beyond 32 bits", "@reg", XmlInvalidSchemaError)


@element(type="ccw")
class CcwAddress(DeviceAddress):
    """A device number on an s390 channel subsystem; all three or none (one gets assigned)."""

    cssid: HexAny0 | None = attr()
    ssid: HexAny0 | None = attr()
    devno: Hex4 | None = attr()

    # By hand: what is not assigned yet is written as zero.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        cssid, ssid, devno = self.cssid or 0, self.ssid or 0, self.devno or 0
        out.append(f"{pad}<address type='ccw' cssid='0x{cssid:x}' ssid='0x{ssid:x}' devno='0x{devno:04x}'/>\n")

    def _parsed(self, node: Node, mode: Mode) -> None:
        given = sum(part is not None for part in (self.cssid, self.ssid, self.devno))
        if given not in (0, 3):
            raise BadValue("a ccw address needs cssid, ssid and devno, or none of them")
        if given and ((self.cssid or 0) > 254 or (self.ssid or 0) > 3):
            raise BadValue(f"ccw address {self.cssid:#x}.{self.ssid:x}.{self.devno:04x} is out of range")


@element(type="isa")
class IsaAddress(DeviceAddress):
    """I/O port and interrupt of an ISA device."""

    iobase: HexAny | None = attr(omit=0)
    irq: HexAny | None = attr(omit=0)


@element(type="dimm")
class DimmAddress(DeviceAddress):
    """A memory slot."""

    slot: U32 = attr(required=True)
    base: Hex64 | None = attr(omit=0)


@element(type="virtio-s390")
class VirtioS390Address(DeviceAddress):
    """The old virtio bus of s390; nothing to say about it."""


@element(type="virtio-mmio")
class VirtioMmioAddress(DeviceAddress):
    """A memory-mapped virtio transport; nothing to say about it."""


@element(type="unassigned")
class UnassignedAddress(DeviceAddress):
    """A host device the guest doesn't see."""


USER_ALIAS = "ua-"


def alias_counts(alias: str, mode: Mode) -> bool:
    """Aliases belong to a running guest, except those a user gave, which start with ``ua-``."""
    return not mode.inactive or alias.startswith(USER_ALIAS)


def _loadparm(text: str) -> str:
    found = text.upper()
    if not 0 < len(found) <= 8 or not all(c.isascii() and (c.isalnum() or c in ". ") for c in found):
        raise BadValue(f"loadparm '{text}' is not 1 to 8 letters, digits, dots or spaces")
    return found


@element("boot")
class DeviceBoot(Element):
    """Boot order of one device, from 1."""

    order: Positive = attr(required=True)
    loadparm: Annotated[str, Scalar(_loadparm)] | None = attr()


_ABSOLUTE = re.compile(r"(/|[a-zA-Z]:\\).*", re.DOTALL).fullmatch


@element("rom")
class Rom(Element):
    """The option ROM of a PCI device."""

    _skip_empty = True
    enabled: YesNo | None = attr()
    bar: OnOff | None = attr()
    file: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.enabled is False and (self.bar is not None or self.file is not None):
            raise BadValue("a ROM that is not enabled has neither bar nor file", ConfigUnsupportedError)

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        if not _ABSOLUTE(node.get("file", "/")):
            fail(node, mode, f"'{node.get('file')}' is not an absolute path", "@file", XmlInvalidSchemaError)


@element("master")
class UsbMaster(Element):
    """The first port a companion controller serves."""

    startport: Natural = attr(required=True)


@element()
class Device(Element):
    """What every device has."""

    alias: str | None = attr("alias/@name", when=alias_counts, rank=91)
    acpi_index: Positive | None = attr("acpi/@index", rank=94)
    address: DeviceAddress | None = child(rank=95)


@element()
class BootDevice(Device):
    """A device a guest can boot from."""

    boot: DeviceBoot | None = child(rank=90)


@element()
class VirtioDriver(Element):
    """Options of every virtio device, written into its ``<driver>``."""

    iommu: OnOff | None = attr("driver/@iommu", rank=10)
    ats: OnOff | None = attr("driver/@ats", rank=10)
    packed: OnOff | None = attr("driver/@packed", rank=10)
    page_per_vq: OnOff | None = attr("driver/@page_per_vq", rank=10)


@element()
class VirtioDriverLast(Element):
    """The same for devices whose ``<driver>`` follows the address."""

    iommu: OnOff | None = attr("driver/@iommu", rank=97)
    ats: OnOff | None = attr("driver/@ats", rank=97)
    packed: OnOff | None = attr("driver/@packed", rank=97)
    page_per_vq: OnOff | None = attr("driver/@page_per_vq", rank=97)


@element("reconnect")
class Reconnect(Element):
    """Whether a client socket connects again, and after how many seconds."""

    enabled: YesNo = attr(required=True)
    timeout: U32 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.enabled:
            self.timeout = None
        elif self.timeout is None:
            raise BadValue("missing timeout of a reconnect that is enabled")
