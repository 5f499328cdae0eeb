"""What a rule looks at in a packet: one class per protocol, one field per attribute, in the order they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pyvirt_conf.nwfilter.values import (
    ArpOpcode,
    Boolean,
    Comment,
    Decimal16,
    Dscp,
    EtherType,
    IpProtocol,
    IpSet,
    IpSetFlags,
    Ipv4Address,
    Ipv4Mask,
    Ipv6Address,
    Ipv6Mask,
    Mac,
    MacMask,
    Number8,
    Number16,
    Number32,
    State,
    TcpFlagsMatch,
    Variable,
    VlanId,
    VlanType,
)
from pyvirt_conf.xml import BadValue, Element, Mode, Node, attr, by_hand, element, escape, fail
from pyvirt_conf.xml.compiler import _resolve
from pyvirt_conf.xml.scalars import scalar_of

Signs = tuple[tuple[str, str], ...]

_MAC_SIGNS: Signs = (("srcmacmask", "srcmacaddr"), ("dstmacmask", "dstmacaddr"))
_IP_SIGNS: Signs = (("srcipmask", "srcipaddr"), ("dstipmask", "dstipaddr"))
_RANGE_SIGNS: Signs = (*_IP_SIGNS, ("srcipto", "srcipfrom"), ("dstipto", "dstipfrom"))
_PORT_SIGNS: Signs = (
    *_RANGE_SIGNS,
    ("srcportend", "srcportstart"),
    ("dstportstart", "srcportstart"),
    ("dstportend", "srcportstart"),
)
_ICMP_SIGNS: Signs = (*_RANGE_SIGNS, ("code", "type"))


@element()
class Match(Element):
    """Conditions on a packet of one protocol; all must hold.

    ``negated`` names the fields whose condition must not hold (``match='no'``). In the document positive and negative
    conditions stand in elements of their own, any number of them.
    """

    _signs: ClassVar[Signs] = ()
    """Fields that are negated whenever another one is, which counts where both are given."""

    _more = by_hand("@match")
    _shown: ClassVar[tuple[tuple[str, str, Callable[[Any], str]], ...]]

    comment: Comment | None = attr(rank=99)
    negated: frozenset[str] = frozenset()

    @property
    def protocol(self) -> str:
        """Its name in documents."""
        return self._tag

    def variables(self) -> tuple[Variable, ...]:
        """The variables used, each once, in the order of the fields."""
        found = (getattr(self, name) for name in self._fields)
        return tuple(dict.fromkeys(value for value in found if isinstance(value, Variable)))

    @classmethod
    def _from_nodes(cls, nodes: list[Node], mode: Mode) -> Match:
        """One match of all elements of the protocol in a rule; of an attribute given twice the last counts."""
        new = cls()
        negated: set[str] = set()
        for node in nodes:
            part = cls._from_node(node, mode)
            match = node.get("match")
            if match not in (None, "yes", "no"):
                fail(node, mode, f"'{match}' is neither 'yes' nor 'no'", "@match")
            for name in part._fields.keys() & part.__dict__.keys():
                setattr(new, name, getattr(part, name))
                (negated.add if match == "no" else negated.discard)(name)
        for name, leader in cls._signs:
            if getattr(new, leader) is not None and getattr(new, name) is not None:
                (negated.add if leader in negated else negated.discard)(name)
        new.negated = frozenset(negated)
        return new

    @classmethod
    def _attributes(cls) -> tuple[tuple[str, str, Callable[[Any], str]], ...]:
        """Field, attribute and what shows its value."""
        found = cls.__dict__.get("_shown")
        if found is None:
            found = cls._shown = tuple(
                (name, (field.path or f"@{name.rstrip('_')}")[1:], scalar_of(_resolve(field)).show or str)
                for name, field in cls._fields.items()
                if field.kind == "attr"
            )
        return found

    # By hand: a change from positive to negative starts another element.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<{self._tag}"
        line, sign = head, None
        for name, attribute, show in self._attributes():
            value = getattr(self, name)
            if value is None:
                continue
            no = name in self.negated
            if sign is not None and sign != no:
                out.append(line + "/>\n")
                line, sign = head, None
            if sign is None and no:
                line += " match='no'"
            sign = no
            line += f" {attribute}='{escape(show(value))}'"
        out.append(line + "/>\n")


@element()
class EthernetMatch(Match):
    """What all protocols below IP have in common."""

    _signs = _MAC_SIGNS

    srcmacaddr: Mac | None = attr()
    srcmacmask: MacMask | None = attr()
    dstmacaddr: Mac | None = attr()
    dstmacmask: MacMask | None = attr()


@element("mac")
class MacMatch(EthernetMatch):
    """Any Ethernet frame."""

    protocolid: EtherType | None = attr()


@element("vlan")
class VlanMatch(EthernetMatch):
    """Frames with a VLAN tag (802.1Q)."""

    vlanid: VlanId | None = attr()
    encap_protocol: VlanType | None = attr("@encap-protocol")


@element("stp")
class StpMatch(Match):
    """The spanning tree protocol (802.1D); ``_hi`` fields end a range."""

    _signs = (
        ("srcmacmask", "srcmacaddr"),
        ("root_priority_hi", "root_priority"),
        ("root_address_mask", "root_address"),
        ("root_cost_hi", "root_cost"),
        ("sender_priority_hi", "sender_priority"),
        ("sender_address_mask", "sender_address"),
        ("port_hi", "port"),
        ("age_hi", "age"),
        ("max_age_hi", "max_age"),
        ("hello_time_hi", "hello_time"),
        ("forward_delay_hi", "forward_delay"),
    )

    srcmacaddr: Mac | None = attr()
    srcmacmask: MacMask | None = attr()
    type: Number8 | None = attr()
    flags: Number8 | None = attr()
    root_priority: Number16 | None = attr("@root-priority")
    root_priority_hi: Number16 | None = attr("@root-priority-hi")
    root_address: Mac | None = attr("@root-address")
    root_address_mask: MacMask | None = attr("@root-address-mask")
    root_cost: Number32 | None = attr("@root-cost")
    root_cost_hi: Number32 | None = attr("@root-cost-hi")
    sender_priority: Number16 | None = attr("@sender-priority")
    sender_priority_hi: Number16 | None = attr("@sender-priority-hi")
    sender_address: Mac | None = attr("@sender-address")
    sender_address_mask: MacMask | None = attr("@sender-address-mask")
    port: Number16 | None = attr()
    port_hi: Number16 | None = attr("@port-hi")
    age: Number16 | None = attr()
    age_hi: Number16 | None = attr("@age-hi")
    max_age: Number16 | None = attr("@max-age")
    max_age_hi: Number16 | None = attr("@max-age-hi")
    hello_time: Number16 | None = attr("@hello-time")
    hello_time_hi: Number16 | None = attr("@hello-time-hi")
    forward_delay: Number16 | None = attr("@forward-delay")
    forward_delay_hi: Number16 | None = attr("@forward-delay-hi")


@element("arp")
class ArpMatch(EthernetMatch):
    """Address resolution."""

    _signs = ()

    hwtype: Number16 | None = attr()
    protocoltype: Number16 | None = attr()
    opcode: ArpOpcode | None = attr()
    arpsrcmacaddr: Mac | None = attr()
    arpdstmacaddr: Mac | None = attr()
    arpsrcipaddr: Ipv4Address | None = attr()
    arpsrcipmask: Ipv4Mask | None = attr()
    arpdstipaddr: Ipv4Address | None = attr()
    arpdstipmask: Ipv4Mask | None = attr()
    gratuitous: Boolean | None = attr()


@element("rarp")
class RarpMatch(ArpMatch):
    """Reverse address resolution."""


@element("ip")
class IpMatch(EthernetMatch):
    """IPv4, looked at by the bridge."""

    _signs = _IP_SIGNS

    srcipaddr: Ipv4Address | None = attr()
    srcipmask: Ipv4Mask | None = attr()
    dstipaddr: Ipv4Address | None = attr()
    dstipmask: Ipv4Mask | None = attr()
    ip_protocol: IpProtocol | None = attr("@protocol")
    srcportstart: Number16 | None = attr()
    srcportend: Number16 | None = attr()
    dstportstart: Number16 | None = attr()
    dstportend: Number16 | None = attr()
    dscp: Dscp | None = attr()


@element("ipv6")
class Ipv6Match(EthernetMatch):
    """IPv6, looked at by the bridge; types and codes are ICMPv6's."""

    _signs = (*_IP_SIGNS, ("typeend", "type"), ("code", "type"), ("codeend", "type"))

    srcipaddr: Ipv6Address | None = attr()
    srcipmask: Ipv6Mask | None = attr()
    dstipaddr: Ipv6Address | None = attr()
    dstipmask: Ipv6Mask | None = attr()
    ip_protocol: IpProtocol | None = attr("@protocol")
    srcportstart: Number16 | None = attr()
    srcportend: Number16 | None = attr()
    dstportstart: Number16 | None = attr()
    dstportend: Number16 | None = attr()
    type: Number8 | None = attr()
    typeend: Number8 | None = attr()
    code: Number8 | None = attr()
    codeend: Number8 | None = attr()


@element()
class TransportMatch(Match):
    """What all protocols above IP have in common."""

    _signs = _RANGE_SIGNS

    srcmacaddr: Mac | None = attr()
    dscp: Dscp | None = attr(rank=2)
    connlimit_above: Decimal16 | None = attr("@connlimit-above", rank=2)
    state: State | None = attr(rank=2)
    ipset: IpSet | None = attr(rank=2)
    ipsetflags: IpSetFlags | None = attr(rank=2)

    @classmethod
    def _from_nodes(cls, nodes: list[Node], mode: Mode) -> Match:
        new = super()._from_nodes(nodes, mode)
        assert isinstance(new, TransportMatch)
        # A set is looked up by the source unless said otherwise; flags without a set say nothing.
        if new.ipset is None:
            new.ipsetflags = None
        elif new.ipsetflags is None and not cls._tag.startswith("all"):
            new.ipsetflags = "src"
        return new


@element()
class Ipv4TransportMatch(TransportMatch):
    """Addresses of IPv4."""

    srcipaddr: Ipv4Address | None = attr(rank=1)
    srcipmask: Ipv4Mask | None = attr(rank=1)
    dstipaddr: Ipv4Address | None = attr(rank=1)
    dstipmask: Ipv4Mask | None = attr(rank=1)
    srcipfrom: Ipv4Address | None = attr(rank=1)
    srcipto: Ipv4Address | None = attr(rank=1)
    dstipfrom: Ipv4Address | None = attr(rank=1)
    dstipto: Ipv4Address | None = attr(rank=1)


@element()
class Ipv6TransportMatch(TransportMatch):
    """Addresses of IPv6."""

    srcipaddr: Ipv6Address | None = attr(rank=1)
    srcipmask: Ipv6Mask | None = attr(rank=1)
    dstipaddr: Ipv6Address | None = attr(rank=1)
    dstipmask: Ipv6Mask | None = attr(rank=1)
    srcipfrom: Ipv6Address | None = attr(rank=1)
    srcipto: Ipv6Address | None = attr(rank=1)
    dstipfrom: Ipv6Address | None = attr(rank=1)
    dstipto: Ipv6Address | None = attr(rank=1)


@element()
class Ipv4PortMatch(Ipv4TransportMatch):
    """A protocol with ports, over IPv4."""

    _signs = _PORT_SIGNS

    srcportstart: Number16 | None = attr(rank=3)
    srcportend: Number16 | None = attr(rank=3)
    dstportstart: Number16 | None = attr(rank=3)
    dstportend: Number16 | None = attr(rank=3)


@element()
class Ipv6PortMatch(Ipv6TransportMatch):
    """A protocol with ports, over IPv6."""

    _signs = _PORT_SIGNS

    srcportstart: Number16 | None = attr(rank=3)
    srcportend: Number16 | None = attr(rank=3)
    dstportstart: Number16 | None = attr(rank=3)
    dstportend: Number16 | None = attr(rank=3)


@element("tcp")
class TcpMatch(Ipv4PortMatch):
    """TCP over IPv4."""

    option: Number8 | None = attr(rank=4)
    flags: TcpFlagsMatch | None = attr(rank=4)


@element("udp")
class UdpMatch(Ipv4PortMatch):
    """UDP over IPv4."""


@element("sctp")
class SctpMatch(Ipv4PortMatch):
    """SCTP over IPv4."""


@element("udplite")
class UdpliteMatch(Ipv4TransportMatch):
    """UDP-Lite over IPv4."""


@element("esp")
class EspMatch(Ipv4TransportMatch):
    """IPsec's encryption over IPv4."""


@element("ah")
class AhMatch(Ipv4TransportMatch):
    """IPsec's authentication over IPv4."""


@element("icmp")
class IcmpMatch(Ipv4TransportMatch):
    """ICMP."""

    _signs = _ICMP_SIGNS

    type: Number8 | None = attr(rank=4)
    code: Number8 | None = attr(rank=4)


@element("igmp")
class IgmpMatch(Ipv4TransportMatch):
    """Multicast groups."""


@element("all")
class AllMatch(Ipv4TransportMatch):
    """Whatever goes over IPv4."""


@element("tcp-ipv6")
class TcpIpv6Match(Ipv6PortMatch):
    """TCP over IPv6."""

    option: Number8 | None = attr(rank=4)


@element("udp-ipv6")
class UdpIpv6Match(Ipv6PortMatch):
    """UDP over IPv6."""


@element("sctp-ipv6")
class SctpIpv6Match(Ipv6PortMatch):
    """SCTP over IPv6."""


@element("udplite-ipv6")
class UdpliteIpv6Match(Ipv6TransportMatch):
    """UDP-Lite over IPv6."""


@element("esp-ipv6")
class EspIpv6Match(Ipv6TransportMatch):
    """IPsec's encryption over IPv6."""


@element("ah-ipv6")
class AhIpv6Match(Ipv6TransportMatch):
    """IPsec's authentication over IPv6."""


@element("icmpv6")
class Icmpv6Match(Ipv6TransportMatch):
    """ICMPv6."""

    _signs = _ICMP_SIGNS

    type: Number8 | None = attr(rank=4)
    code: Number8 | None = attr(rank=4)


@element("all-ipv6")
class AllIpv6Match(Ipv6TransportMatch):
    """Whatever goes over IPv6."""


PROTOCOLS: dict[str, type[Match]] = {
    cls._tag: cls
    for cls in (
        MacMatch,
        VlanMatch,
        StpMatch,
        ArpMatch,
        RarpMatch,
        IpMatch,
        Ipv6Match,
        TcpMatch,
        UdpMatch,
        SctpMatch,
        UdpliteMatch,
        EspMatch,
        AhMatch,
        IcmpMatch,
        IgmpMatch,
        AllMatch,
        TcpIpv6Match,
        UdpIpv6Match,
        SctpIpv6Match,
        UdpliteIpv6Match,
        EspIpv6Match,
        AhIpv6Match,
        Icmpv6Match,
        AllIpv6Match,
    )
}
"""The classes by the names of their elements."""

PORT_PROTOCOLS = (6, 17, 33, 132)
"""TCP, UDP, DCCP and SCTP: what has ports above IP."""


def check_ports(match: Match) -> None:
    """Ports of a packet the bridge looks at can only be told when the protocol is known to have some.

    :raises BadValue: there are ports, and no protocol that has them.
    """
    if not isinstance(match, IpMatch | Ipv6Match):
        return
    ports = (match.srcportstart, match.srcportend, match.dstportstart, match.dstportend)
    if any(port is not None for port in ports) and match.ip_protocol not in PORT_PROTOCOLS:
        raise BadValue(f"ports in a rule on {match.protocol} need protocol tcp, udp, dccp (33) or sctp")
