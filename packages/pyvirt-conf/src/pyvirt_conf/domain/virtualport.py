"""Parts that interfaces and networks share: virtual port, VLAN tags, bandwidth, IP addresses and routes."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pyvirt_conf.document import placed
from pyvirt_conf.ip import AddressFamily, IpAddress, mask_bits, subnet, version
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
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, XmlDetailError, XmlError


class VirtualPortType(StrEnum):
    """virNetDevVPortProfile."""

    QBG = "802.1Qbg"
    QBH = "802.1Qbh"
    OPENVSWITCH = "openvswitch"
    MIDONET = "midonet"


_PARAMETER_NAMES = ("managerid", "typeid", "typeidversion", "instanceid", "interfaceid", "profileid")
_PARAMETERS: dict[VirtualPortType, dict[str, bool]] = {
    VirtualPortType.QBG: {"managerid": True, "typeid": True, "typeidversion": True, "instanceid": False},
    VirtualPortType.QBH: {"profileid": True},
    VirtualPortType.OPENVSWITCH: {"interfaceid": False, "profileid": False},
    VirtualPortType.MIDONET: {"interfaceid": True},
}
"""What each type has, and whether it must be given."""


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

    def check(self, *, typed: bool = False, complete: bool = False) -> None:
        """Whether the parameters are those of the type.

        :param typed: it must say which type it is.
        :param complete: all must be there, but for those that are made up (:meth:`make_up`).
        :raises XmlError: a parameter doesn't belong or is missing, or there's no type.
        """
        if self.type is None:
            if typed:
                raise XmlError("missing type of a virtualport")
            return
        own = _PARAMETERS[self.type]
        for name in _PARAMETER_NAMES:
            given = getattr(self, name) is not None
            if given and name not in own:
                raise XmlError(f"{name} is not a parameter of virtualport type '{self.type}'")
            if complete and not given and own.get(name):
                raise XmlError(f"missing {name} of virtualport type '{self.type}'")

    def make_up(self, new_uuid: Callable[[], str]) -> None:
        """Fill in the ids by which switches know a port."""
        if self.type in (None, VirtualPortType.QBG) and self.instanceid is None:
            self.instanceid = new_uuid()
        if self.type in (None, VirtualPortType.OPENVSWITCH) and self.interfaceid is None:
            self.interfaceid = new_uuid()

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
            raise BadValue("missing average or floor", XmlDetailError)
        if average is None and (node.get("peak") is not None or node.get("burst") is not None):
            raise BadValue("peak and burst need an average", ConfigUnsupportedError)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.average or self.floor:
            self._write(out, pad, mode, tag or "inbound")


@element("bandwidth")
class Bandwidth(Element):
    """Limits on traffic, seen from the network (inbound: to the host)."""

    _keep_open = True
    class_id: U32 | None = attr("@classID", omit=0)
    inbound: Rate | None = child("inbound", single=True)
    outbound: Rate | None = child("outbound", single=True)

    def check(self, *, floor: bool = False) -> None:
        """Whether it says what one may that isn't a port's: a class is for ports alone.

        :param floor: an inbound floor is allowed, since there is a bridge of ours that can keep it.
        :raises ConfigUnsupportedError: it has a floor. :raises XmlDetailError: it has a class.
        """
        if self.class_id is not None:
            raise XmlDetailError(f"classID '{self.class_id}' of a bandwidth is not supported here")
        if self.inbound is not None and self.inbound.floor and not floor:
            raise ConfigUnsupportedError(f"floor '{self.inbound.floor}' of a bandwidth is not supported here")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.outbound is not None and self.outbound.floor:
            raise BadValue("floor is for inbound traffic only", ConfigUnsupportedError)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.inbound is not None or self.outbound is not None:
            self._write(out, pad, mode, "bandwidth")


def _same_family(family: AddressFamily | None, address: str) -> bool:
    """Whether an address is of a family; of none it is an IPv4 one."""
    return (family is AddressFamily.IPV6) == (version(address) == 6)


@element("ip")
class InterfaceIp(Element):
    """An address of the guest's interface."""

    address: IpAddress = attr(required=True)
    family: AddressFamily | None = attr()
    prefix: U32 | None = attr(omit=0)
    peer: IpAddress | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.family is not None and not _same_family(self.family, self.address):
            raise BadValue(f"'{self.address}' is not an {self.family} address")
        if self.peer is not None and version(self.peer) != version(self.address):
            message = f"peer '{self.peer}' is of another family than '{self.address}'"
            raise BadValue(message, InvalidArgError)
        longest = 128 if version(self.address) == 6 else 32
        if self.prefix is not None and self.prefix > longest:
            raise BadValue(f"prefix {self.prefix} is longer than {longest}")
        self.family = AddressFamily(f"ipv{version(self.address)}")


@element("route")
class Route(Element):
    """A static route to another network, through a gateway on this one."""

    family: AddressFamily | None = attr()
    address: IpAddress = attr(required=True)
    netmask: IpAddress | None = attr()
    prefix: U32 | None = attr()
    gateway: IpAddress = attr(required=True)
    metric: U32 | None = attr()

    def check(self) -> None:
        """:raises XmlError: its addresses are not of its family, or it doesn't lead to a network."""
        v6 = self.family is AddressFamily.IPV6
        if not _same_family(self.family, self.address) or not _same_family(self.family, self.gateway):
            raise XmlError(f"route to '{self.address}' by '{self.gateway}' is not ipv{6 if v6 else 4}")
        if self.netmask is not None and (v6 or version(self.netmask) != 4):
            raise XmlError("a netmask is for ipv4 routes; ipv6 routes have a prefix")
        if self.netmask is not None and self.prefix is not None:
            raise XmlError("a route has a netmask or a prefix, not both")
        longest = 128 if v6 else 32
        if self.prefix is not None and self.prefix > longest:
            raise XmlError(f"prefix {self.prefix} is longer than {longest}")
        if self.metric == 0:
            raise XmlError("metric must be 1 or more")
        if not self._leads_to_network():
            raise XmlError(f"address '{self.address}' of a route is not a network address")

    def _leads_to_network(self) -> bool:
        from ipaddress import ip_address

        length = self.prefix or 0
        if self.prefix is None and self.netmask is not None:
            bits = mask_bits(self.netmask)
            if bits is None:
                return int(ip_address(self.address)) & ~int(ip_address(self.netmask)) == 0
            length = bits
        return ip_address(self.address) == subnet(self.address, length).network_address

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)
