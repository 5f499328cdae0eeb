"""PCI devices: identity, SR-IOV, IOMMU group, vital product data, PCI Express links."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.nodedev.capability import CompoundCapability, NestedCapability
from pyvirt_conf.nodedev.mdev import MdevTypes
from pyvirt_conf.nodedev.vpd import Vpd
from pyvirt_conf.xml import (
    I32,
    U32,
    Element,
    Mode,
    Node,
    U32Any,
    attr,
    child,
    children,
    element,
    integer,
    text,
)

PciClass = Annotated[int, integer(0, 0xFFFFFF, base=16, form="0x{:06x}")]
HexId = Annotated[int, integer(0, 0xFFFFFFFF, base=16, form="0x{:04x}")]
Port = Annotated[int, integer(-1, 2**31 - 1)]


class LinkValidity(StrEnum):
    """Whether a link is what the device could do, or what it does."""

    CAP = "cap"
    STA = "sta"


class LinkSpeed(StrEnum):
    """Gigatransfers per second of a PCI Express lane (virPCIELinkSpeed)."""

    GEN1 = "2.5"
    GEN2 = "5"
    GEN3 = "8"
    GEN4 = "16"
    GEN5 = "32"
    GEN6 = "64"


def _known(value: int, mode: Mode) -> bool:
    return value >= 0


@element("product")
class Product(Element):
    """A numeric id and the name a data base has for it."""

    id: HexId = attr(required=True)
    name: str | None = text(".")


@element("vendor")
class Vendor(Product):
    """The same for who made it."""


@element(type="phys_function")
class PhysFunction(NestedCapability):
    """The physical function a virtual function belongs to."""

    address: PciLocation = child(required=True)


@element(type="virt_functions")
class VirtFunctions(NestedCapability):
    """The virtual functions of a physical function; ``max_count`` is how many there could be."""

    max_count: U32 | None = attr("@maxCount", omit=0)
    addresses: list[PciLocation] = children("address")


@element(type="pci-bridge")
class PciBridge(NestedCapability):
    """A PCI bridge, by the type of its header."""


@element(type="cardbus-bridge")
class CardbusBridge(NestedCapability):
    """A CardBus bridge, by the type of its header."""


@element("iommuGroup")
class IommuGroup(Element):
    """Devices that can't be isolated from each other, this one included."""

    number: U32 = attr(required=True)
    addresses: list[PciLocation] = children("address")


@element("link")
class PcieLink(Element):
    """A link: port number, speed and number of lanes."""

    validity: LinkValidity = attr(required=True)
    port: Port | None = attr(when=_known)
    speed: LinkSpeed | None = attr()
    width: U32Any = attr(required=True)


@element("pci-express")
class PciExpress(Element):
    """The link as it could be, and as it is."""

    links: list[PcieLink] = children("link")

    def _parsed(self, node: Node, mode: Mode) -> None:
        first: dict[LinkValidity, PcieLink] = {}
        for link in self.links:
            first.setdefault(link.validity, link)
        self.links = [first[word] for word in LinkValidity if word in first]


def _has_devices(group: IommuGroup, mode: Mode) -> bool:
    return bool(group.addresses)


@element(type="pci")
class PciCapability(CompoundCapability):
    """A PCI device."""

    _takes = (PhysFunction, VirtFunctions, PciBridge, CardbusBridge, MdevTypes, Vpd)
    _ignores_others = True

    class_: PciClass | None = text("class")
    domain: U32 = text(required=True)
    bus: U32 = text(required=True)
    slot: U32 = text(required=True)
    function: U32 = text(required=True)
    product: Product = child(required=True)
    vendor: Vendor = child(required=True)
    iommu_group: IommuGroup | None = child(rank=60, when=_has_devices)
    numa_node: I32 | None = attr("numa/@node", rank=61, when=_known)
    pci_express: PciExpress | None = child(rank=62)
