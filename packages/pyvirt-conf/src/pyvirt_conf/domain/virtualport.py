"""Parts that interfaces and networks share: virtual port, VLAN tags, bandwidth, IP addresses and routes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.xml import (
    U32,
    U64,
    BadValue,
    Element,
    Mode,
    Node,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    integer,
)


class VirtualPortType(StrEnum):
    """virNetDevVPortProfile."""

    QBG = "802.1Qbg"
    QBH = "802.1Qbh"
    OPENVSWITCH = "openvswitch"
    MIDONET = "midonet"


@element("virtualport")
class VirtualPort(Element):
    """How a virtual switch or a physical one is told about the port."""

    type: VirtualPortType | None = attr()
    managerid: Annotated[int, integer(0, 255, base=0)] | None = attr("parameters/@managerid")
    typeid: Annotated[int, integer(0, 0xFFFFFF, base=0)] | None = attr("parameters/@typeid")
    typeidversion: Annotated[int, integer(0, 255, base=0)] | None = attr("parameters/@typeidversion")
    instanceid: Uuid | None = attr("parameters/@instanceid")
    interfaceid: Uuid | None = attr("parameters/@interfaceid")
    profileid: str | None = attr("parameters/@profileid")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.profileid is not None and len(self.profileid.encode()) >= 40:
            raise BadValue(f"profileid '{self.profileid[:60]}' is longer than 39 bytes")


class NativeVlanMode(StrEnum):
    """Whether the native VLAN's frames are tagged."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"


@element("tag")
class VlanTag(Element):
    """One VLAN id."""

    id: Annotated[int, integer(0, 4095)] = attr(required=True)
    native_mode: NativeVlanMode | None = attr("@nativeMode")


@element("vlan")
class Vlan(Element):
    """VLAN tags; several make a trunk."""

    trunk: YesNo | None = attr(omit=False)
    tags: list[VlanTag] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.tags:
            raise BadValue("missing vlan tag id")
        if len(self.tags) > 1:
            if self.trunk is False:
                raise BadValue("trunk='no' with more than one vlan tag")
            self.trunk = True
        if any(tag.native_mode is not None for tag in self.tags):
            if self.trunk is False:
                raise BadValue("trunk='no' with a native vlan")
            if sum(tag.native_mode is not None for tag in self.tags) > 1:
                raise BadValue("more than one native vlan")


@element("inbound")
class Rate(Element):
    """KiB/s on average and at peak, the guaranteed floor, and the KiB of a burst."""

    average: U64 | None = attr(omit=0)
    peak: U64 | None = attr(omit=0)
    floor: U64 | None = attr(omit=0)
    burst: U64 | None = attr(omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        # What counts is that it is said: 0 is no limit, and whoever sets such a rate lifts one.
        average, floor = node.get("average"), node.get("floor")
        if average is None and floor is None:
            raise BadValue("missing average or floor")
        if average is None and (node.get("peak") is not None or node.get("burst") is not None):
            raise BadValue("peak and burst need an average")

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.average or self.floor:
            self._write(out, pad, mode, tag or "inbound")


@element("bandwidth")
class Bandwidth(Element):
    """Limits on traffic, seen from the network (inbound: to the host)."""

    class_id: U32 | None = attr("@classID", omit=0)
    inbound: Rate | None = child("inbound")
    outbound: Rate | None = child("outbound")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.outbound is not None and self.outbound.floor:
            raise BadValue("floor is for inbound traffic only")

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.inbound is not None or self.outbound is not None:
            self._write(out, pad, mode, "bandwidth")


@element("ip")
class InterfaceIp(Element):
    """An address of the guest's interface."""

    address: str = attr(required=True)
    family: str | None = attr()
    prefix: U32 | None = attr(omit=0)
    peer: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        from ipaddress import ip_address

        try:
            found = ip_address(self.address)
            peer = ip_address(self.peer) if self.peer is not None else None
        except ValueError as error:
            raise BadValue(str(error).lower()) from None
        if self.family not in (None, "ipv4", "ipv6"):
            raise BadValue(f"unknown family '{self.family}', expected ipv4 or ipv6")
        if self.family is not None and self.family != f"ipv{found.version}":
            raise BadValue(f"'{self.address}' is not an {self.family} address")
        if peer is not None and peer.version != found.version:
            raise BadValue(f"peer '{self.peer}' is of another family than '{self.address}'")
        if self.prefix is not None and self.prefix > found.max_prefixlen:
            raise BadValue(f"prefix {self.prefix} is longer than {found.max_prefixlen}")
        self.family = f"ipv{found.version}"


@element("route")
class Route(Element):
    """A static route."""

    family: str | None = attr()
    address: str = attr(required=True)
    netmask: str | None = attr()
    prefix: U32 | None = attr()
    gateway: str = attr(required=True)
    metric: U32 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        from ipaddress import ip_address

        try:
            found = ip_address(self.address)
            gateway = ip_address(self.gateway)
            mask = ip_address(self.netmask) if self.netmask is not None else None
        except ValueError as error:
            raise BadValue(str(error).lower()) from None
        version = 6 if self.family == "ipv6" else 4
        if self.family not in (None, "ipv4", "ipv6"):
            raise BadValue(f"unknown family '{self.family}', expected ipv4 or ipv6")
        if found.version != version or gateway.version != version:
            raise BadValue(f"route to '{self.address}' by '{self.gateway}' is not ipv{version}")
        if mask is not None and (version == 6 or mask.version != 4):
            raise BadValue("a netmask is for ipv4 routes; ipv6 routes have a prefix")
        if mask is not None and self.prefix is not None:
            raise BadValue("a route has a netmask or a prefix, not both")
        if self.prefix is not None and self.prefix > found.max_prefixlen:
            raise BadValue(f"prefix {self.prefix} is longer than {found.max_prefixlen}")
        if self.metric == 0:
            raise BadValue("metric must be 1 or more")
