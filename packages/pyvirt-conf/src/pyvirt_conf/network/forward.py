"""How a network is connected to the outside."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pyvirt_conf.document import only_one, placed
from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.ip import Ipv4Address, check_order
from pyvirt_conf.xml import U16, U32, Element, Mode, Node, YesNo, attr, by_hand, child, children, element, escape, fail
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError


class ForwardMode(StrEnum):
    """virNetworkForwardType."""

    NONE = "none"
    NAT = "nat"
    ROUTE = "route"
    OPEN = "open"
    BRIDGE = "bridge"
    PRIVATE = "private"
    VEPA = "vepa"
    PASSTHROUGH = "passthrough"
    HOSTDEV = "hostdev"

    @property
    def has_own_bridge(self) -> bool:
        """Whether a bridge is made for the network, with addresses of the host on it."""
        return self in (ForwardMode.NONE, ForwardMode.NAT, ForwardMode.ROUTE, ForwardMode.OPEN)


class ForwardDriver(StrEnum):
    """How a virtual function is given to a guest."""

    KVM = "kvm"
    VFIO = "vfio"


@element("address")
class NatAddresses(Element):
    """The addresses that guests appear with outside."""

    start: Ipv4Address = attr(required=True)
    end: Ipv4Address = attr(required=True)

    def check(self) -> None:
        """:raises XmlError: the range is reversed or too large."""
        check_order(self.start, self.end)

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)


@element("port")
class NatPorts(Element):
    """The ports that connections of guests leave from."""

    start: U16 = attr(required=True)
    end: U16 = attr(required=True)

    def check(self) -> None:
        """:raises XmlDetailError: the range is reversed."""
        if self.end < self.start:
            raise XmlDetailError(f"invalid 'end' of nat ports: {self.end} is below {self.start}")

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)


@element("pf")
class ForwardPf(Element):
    """The physical function whose virtual functions are the pool."""

    dev: str = attr(required=True)


@element("interface")
class ForwardInterface(Element):
    """One network device of the host. ``connections`` counts the guests that use it; it is written, never read."""

    dev: str = attr(required=True)
    connections: U32 | None = attr(live=True, omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.connections = None


@element("address", type="pci")
class ForwardAddress(PciLocation):
    """One virtual function of the pool, by its PCI address."""

    connections: U32 | None = attr(live=True, omit=0)

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        kind = node.get("type")
        if kind is None:
            fail(node, mode, "missing attribute", "@type")
        if kind != "pci":
            fail(node, mode, f"unknown address type '{kind}', expected pci", "@type", error=ConfigUnsupportedError)
        return super()._from_node(node, mode)


@element("forward")
class Forward(Element):
    """How traffic leaves: the mode, and the devices it uses.

    The attribute ``dev`` of the document is the first of ``interfaces``. A pool is a list of interfaces, or of PCI
    addresses, or the virtual functions of one physical function; those in use are listed in a running network.
    """

    _more = by_hand("@dev")

    mode: ForwardMode = attr(default=ForwardMode.NAT)
    managed: YesNo | None = attr()
    driver: ForwardDriver | None = attr("driver/@name")
    nat_ipv6: YesNo | None = attr("nat/@ipv6")
    nat_addresses: NatAddresses | None = child("nat/address")
    nat_ports: NatPorts | None = child("nat/port")
    pf: ForwardPf | None = child()
    interfaces: list[ForwardInterface] = children()
    addresses: list[ForwardAddress] = children()

    def check(self) -> None:
        """What concerns the forward element alone.

        :raises XmlError: a device is listed twice, or there's address translation in another mode than nat.
        """
        seen: set[str] = set()
        for device in [item.dev for item in self.interfaces] + [str(item) for item in self.addresses]:
            if device in seen:
                raise XmlError(f"'{device}' can only be listed once")
            seen.add(device)
        has_nat = (self.nat_ipv6, self.nat_addresses, self.nat_ports) != (None, None, None)
        if has_nat and self.mode is not ForwardMode.NAT:
            raise XmlError(f"<nat> is for forward mode 'nat', not for '{self.mode}'")
        if self.nat_addresses is not None:
            self.nat_addresses.check()
        if self.nat_ports is not None:
            self.nat_ports.check()

    def complete(self) -> None:
        """What is always there in the mode."""
        if self.mode is ForwardMode.HOSTDEV:
            self.managed = bool(self.managed)
        else:
            self.managed = None

    def _parsed(self, node: Node, mode: Mode) -> None:
        only_one(node, mode, "nat", "nat/address", "nat/port", "pf")
        if self.mode is not ForwardMode.NAT and node.find("nat") is not None:
            fail(node, mode, f"<nat> is for forward mode 'nat', not for '{self.mode}'", "nat")
        dev = node.get("dev")
        if dev:
            if self.pf is not None or self.addresses:
                fail(node, mode, f"forward dev '{dev}' can't be used together with <address> or <pf>", "@dev")
            if not self.interfaces:
                self.interfaces = [ForwardInterface(dev=dev)]
            elif self.interfaces[0].dev != dev:
                first = self.interfaces[0].dev
                fail(node, mode, f"forward dev '{dev}' must be the first interface, which is '{first}'", "@dev")
        if self.interfaces:
            self.addresses, self.pf = [], None
        elif self.addresses:
            self.pf = None
        placed(node, mode, self.check)

    # By hand: an attribute that stands for the first of a list, and a list that only a running network shows.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        shown = self
        if mode.inactive and self.pf is not None:
            shown = self.copy()
            shown.interfaces, shown.addresses = [], []
        dev = f" dev='{escape(self.interfaces[0].dev)}'" if self.pf is None and self.interfaces else ""
        head = f"{pad}<forward{dev}{shown._write_attrs(mode)}"
        kids: list[str] = []
        shown._write_kids(kids, pad + "  ", mode)
        out.append(f"{head}>\n" if kids else f"{head}/>\n")
        if kids:
            out.extend(kids)
            out.append(f"{pad}</forward>\n")
