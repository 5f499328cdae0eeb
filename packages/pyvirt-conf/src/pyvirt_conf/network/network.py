"""The virtual network: how guests reach each other, the host and the outside."""

from __future__ import annotations

from enum import Flag, StrEnum

from pyvirt_conf.document import Document, Namespace, Namespaces, new_uuid, placed
from pyvirt_conf.domain.metadata import Metadata
from pyvirt_conf.domain.virtualport import Bandwidth, Route, VirtualPort, Vlan
from pyvirt_conf.ip import subnet, version
from pyvirt_conf.network.dns import Dns
from pyvirt_conf.network.forward import Forward, ForwardMode
from pyvirt_conf.network.ip import Ip
from pyvirt_conf.network.parts import PortGroup
from pyvirt_conf.xml import (
    U32,
    U64,
    Element,
    MacAddress,
    Mode,
    Node,
    OnOff,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    text,
)
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError, NoNameError, XmlDetailError, XmlError


class NetworkXmlFlags(Flag):
    """How a network is written (virNetworkXMLFlags)."""

    NONE = 0
    INACTIVE = 1
    """The persistent definition: a physical function alone, not the virtual functions found there."""


class MacTableManager(StrEnum):
    """Who keeps the table of addresses of a bridge."""

    KERNEL = "kernel"
    LIBVIRT = "libvirt"


@element("bridge")
class Bridge(Element):
    """The bridge of a network; ``delay`` is in seconds."""

    name: str | None = attr(omit="")
    zone: str | None = attr(omit="")
    stp: OnOff | None = attr()
    delay: U64 | None = attr()
    mac_table_manager: MacTableManager | None = attr("@macTableManager")

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self != Bridge():
            self._write(out, pad, mode, "bridge")


@element("network")
class Network(Document):
    """A virtual network. ``forward`` is ``None`` for an isolated one."""

    connections: U32 | None = attr(live=True, omit=0)
    ipv6: YesNo | None = attr(omit=False)
    trust_guest_rx_filters: YesNo | None = attr("@trustGuestRxFilters")
    name: str = text(default="")
    uuid: Uuid | None = text()
    metadata: Metadata | None = child()
    forward: Forward | None = child()
    bridge: Bridge = child(auto=True)
    mtu: U32 | None = attr("mtu/@size", omit=0)
    mac: MacAddress | None = attr("mac/@address")
    domain_name: str | None = attr("domain/@name")
    domain_local_only: YesNo | None = attr("domain/@localOnly", needs="domain_name")
    dns: Dns = child(auto=True)
    vlan: Vlan | None = child()
    bandwidth: Bandwidth | None = child()
    port_isolated: YesNo | None = attr("port/@isolated")
    ips: list[Ip] = children()
    routes: list[Route] = children()
    virtualport: VirtualPort | None = child()
    portgroups: list[PortGroup] = children()

    @property
    def forward_mode(self) -> ForwardMode:
        """The mode, also of a network without forwarding."""
        return ForwardMode.NONE if self.forward is None else self.forward.mode

    def portgroup(self, name: str | None) -> PortGroup | None:
        """The port group of a name; the default one for ``None``."""
        return next((g for g in self.portgroups if (g.default if name is None else g.name == name)), None)

    def format(self, flags: NetworkXmlFlags = NetworkXmlFlags.NONE) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode(inactive=bool(flags & NetworkXmlFlags.INACTIVE)))

    def complete(self) -> None:
        """Fill in what the document left out: a UUID, and what the mode's bridge always has."""
        if self.uuid is None:
            self.uuid = new_uuid()
        if self.forward is not None:
            self.forward.complete()
            if self.forward.mode is ForwardMode.NONE:
                self.forward = None
        if self.forward_mode.has_own_bridge:
            self.bridge.stp = self.bridge.stp is not False
            self.bridge.delay = self.bridge.delay or 0
        elif self.bridge.delay == 0:
            self.bridge.delay = None

    def validate(self) -> None:
        """Refuse what contradicts itself.

        :raises NoNameError: it has no name. :raises XmlError: the mode forbids or needs something, and so on.
        :raises ConfigUnsupportedError: a route's gateway can't be reached.
        """
        _check_name(self.name)
        _check_mac(self.mac)
        self.dns.check()
        if self.virtualport is not None:
            self.virtualport.check(typed=True)
        if self.bandwidth is not None:
            self.bandwidth.check()
        for group in self.portgroups:
            group.check()
        for ip in self.ips:
            ip.check()
            ip.check_dhcp()
        for route in self.routes:
            route.check()
            self._check_gateway(route)
        if self.forward is not None:
            self.forward.check()
        self._check_mode()

    def _check_gateway(self, route: Route) -> None:
        from ipaddress import ip_address

        gateway = ip_address(route.gateway)
        for ip in self.ips:
            if version(route.gateway) == ip.version and gateway in subnet(ip.address, ip.prefix_length):
                return
        raise ConfigUnsupportedError(
            f"unreachable static route gateway '{route.gateway}' specified for network '{self.name}'"
        )

    def _check_mode(self) -> None:
        mode, bridge = self.forward_mode, self.bridge
        where = f"in {mode} mode (network '{self.name}')"
        if mode in (ForwardMode.ROUTE, ForwardMode.NAT, ForwardMode.OPEN) and not self.ips:
            raise XmlError(f"{mode} forwarding requested, but no IP address provided for network '{self.name}'")
        devices = 0 if self.forward is None else len(self.forward.interfaces) + len(self.forward.addresses)
        if mode in (ForwardMode.ROUTE, ForwardMode.NAT) and devices > 1:
            raise XmlError(
                f"{devices} forwarding interfaces specified for network '{self.name}', only one is supported"
            )
        if mode is ForwardMode.OPEN and devices:
            raise XmlError(f"forward dev not allowed {where}")
        if mode.has_own_bridge:
            return
        if mode is not ForwardMode.BRIDGE:
            for value, what in (
                (bridge.name, "bridge name"),
                (bridge.zone, "bridge zone"),
                (bridge.mac_table_manager, "macTableManager"),
            ):
                if value is not None:
                    raise XmlError(f"{what} '{value}' not allowed {where}")
        if bridge.delay or bridge.stp is not None or bridge.zone is not None:
            raise XmlError(f"bridge delay, stp and zone not allowed {where}")
        if self.mtu is not None:
            raise XmlError(f"mtu size {self.mtu} not allowed {where}")
        if self.forward is not None and mode is ForwardMode.BRIDGE and bridge.name is not None:
            if devices or self.forward.pf is not None:
                raise XmlError(f"a bridge name and a forward dev can't be given both {where}")

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        self.connections = None
        if not self.name:
            fail(node, mode, "missing element", "name", error=NoNameError)
        placed(node, mode, _check_name, self.name, at="name")
        placed(node, mode, _check_mac, self.mac, at="mac/@address")
        if self.virtualport is not None:
            placed(node, mode, self.virtualport.check, at="virtualport", typed=True)
        if self.bandwidth is not None:
            placed(node, mode, self.bandwidth.check, at="bandwidth")

    def _declared(self, attributes: str, extra: Namespace) -> str:
        return f" xmlns:{extra.prefix}='{extra.uri}'{attributes}"


def _check_name(name: str) -> None:
    if not name:
        raise NoNameError("missing name of a network")
    if "/" in name:
        raise XmlDetailError(f"name '{name}' can't hold '/'")


def _check_mac(mac: str | None) -> None:
    if mac is not None and macs.is_multicast(mac):
        raise XmlError(f"invalid multicast bridge mac address '{mac}'")


def parse_network(text: str | bytes, *, file: str | None = None, namespaces: Namespaces | None = None) -> Network:
    """Parse, complete and validate in one go, as a driver does with a definition it is given."""
    network = Network.parse(text, file=file, namespaces=namespaces)
    network.complete()
    network.validate()
    return network
