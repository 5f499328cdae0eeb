"""Network interfaces of the guest."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.document import placed
from pyvirt_conf.domain.address import BootDevice, DeviceAddress, Reconnect, Rom, UsbHostAddress, VirtioDriver
from pyvirt_conf.domain.virtualport import Bandwidth, InterfaceIp, Route, VirtualPort, Vlan
from pyvirt_conf.ip import IpAddress
from pyvirt_conf.xml import (
    I32,
    U32,
    U64,
    BadValue,
    Element,
    Mode,
    Node,
    OnOff,
    Scalar,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    integer,
    text,
    variant,
)
from pyvirt_conf.xml.scalars import parse_mac
from pyvirt_util.errors import ConfigUnsupportedError, InternalError


class NetType(StrEnum):
    """virDomainNetType."""

    USER = "user"
    ETHERNET = "ethernet"
    VHOSTUSER = "vhostuser"
    SERVER = "server"
    CLIENT = "client"
    MCAST = "mcast"
    NETWORK = "network"
    BRIDGE = "bridge"
    INTERNAL = "internal"
    DIRECT = "direct"
    HOSTDEV = "hostdev"
    UDP = "udp"
    VDPA = "vdpa"
    NULL = "null"
    VDS = "vds"


class MacType(StrEnum):
    """Whether the address was made up by us."""

    GENERATED = "generated"
    STATIC = "static"


class MacvtapMode(StrEnum):
    """How a macvtap passes frames."""

    VEPA = "vepa"
    PRIVATE = "private"
    BRIDGE = "bridge"
    PASSTHROUGH = "passthrough"


class MacTableManager(StrEnum):
    """Who keeps the bridge's MAC table."""

    KERNEL = "kernel"
    LIBVIRT = "libvirt"


class NetBackend(StrEnum):
    """Who moves the packets of a virtio interface."""

    QEMU = "qemu"
    VHOST = "vhost"


class TxMode(StrEnum):
    """How the virtio interface sends."""

    IOTHREAD = "iothread"
    TIMER = "timer"


class LinkState(StrEnum):
    """Whether the cable is in."""

    UP = "up"
    DOWN = "down"


class UserBackend(StrEnum):
    """Who serves user-mode networking."""

    PASST = "passt"


class TeamingType(StrEnum):
    """The part an interface plays in a bond."""

    PERSISTENT = "persistent"
    TRANSIENT = "transient"


Port = Annotated[int, integer(1, 65535)]
_Number = Annotated[int, integer(-(2**63), 2**63 - 1, base=0)]


@element("source")
class BridgeSource(Element):
    """A bridge of the host; the network it belongs to when that was looked up."""

    network: str | None = attr(live=True)
    portid: Uuid | None = attr(live=True)
    portgroup: str | None = attr(live=True)
    bridge: str | None = attr()
    mac_table_manager: MacTableManager | None = attr("@macTableManager", live=True)


@element("source")
class NetworkSource(Element):
    """A virtual network by name."""

    network: str = attr(required=True)
    portid: Uuid | None = attr(live=True)
    portgroup: str | None = attr()
    bridge: str | None = attr(live=True)
    mac_table_manager: MacTableManager | None = attr("@macTableManager", live=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not mode.status:
            # A port is the driver's to make, not the user's to choose.
            self.portid = None


@element("source")
class DirectSource(Element):
    """A physical interface a macvtap sits on."""

    network: str | None = attr(live=True)
    portid: Uuid | None = attr(live=True)
    portgroup: str | None = attr(live=True)
    dev: str | None = attr(with_element=True)
    mode: MacvtapMode | None = attr()


@element("source")
class EthernetSource(Element):
    """Addresses of the host's end of a tap or veth pair."""

    _skip_empty = True
    dev: str | None = attr()
    ips: list[InterfaceIp] = children()
    routes: list[Route] = children()


@element("source")
class UserSource(Element):
    """The interface of the host that user-mode networking goes out by."""

    _skip_empty = True
    dev: str | None = attr()


@element("source")
class InternalSource(Element):
    """An internal network by name."""

    name: str = attr(required=True)


@element("source")
class SocketPeer(Element):
    """An address and a port; for UDP also the local end."""

    address: str | None = attr()
    port: I32 = attr(required=True)
    local_address: str | None = attr("local/@address")
    local_port: I32 | None = attr("local/@port")


@element("source")
class VhostUserNetSource(Element):
    """A UNIX socket, as client or as server."""

    type: str = attr(required=True)
    path: str = attr(required=True)
    mode: str = attr(required=True)
    reconnect: Reconnect | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type != "unix":
            raise BadValue(f"unsupported vhostuser socket type '{self.type}'")
        if self.mode not in ("server", "client"):
            raise BadValue(f"unknown vhostuser mode '{self.mode}', expected server or client")
        if self.mode == "server" and self.reconnect is not None:
            raise BadValue("reconnect is for mode 'client' only")


@element("source")
class VdpaSource(Element):
    """A vDPA character device."""

    dev: str = attr(required=True)


@element("source")
class VdsSource(Element):
    """A port of a VMware distributed switch."""

    switchid: Uuid = attr(required=True)
    portid: _Number = attr(required=True)
    portgroupid: str = attr(required=True)
    connectionid: _Number = attr(required=True)


@element("source")
class HostdevNetSource(Element):
    """A network card of the host given to the guest."""

    missing: YesNo | None = attr(live=True)
    address: DeviceAddress | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        for kid in node:
            if kid.tag == "address" and kid.get("type") == "usb":
                self.address = UsbHostAddress._from_node(kid, mode)


InterfaceSource = (
    BridgeSource
    | NetworkSource
    | DirectSource
    | EthernetSource
    | UserSource
    | InternalSource
    | SocketPeer
    | VhostUserNetSource
    | VdpaSource
    | VdsSource
    | HostdevNetSource
)


@element("parameter")
class FilterParameter(Element):
    """A variable of a network filter."""

    name: str = attr(required=True)
    value: str = attr(required=True)


@element("filterref")
class FilterRef(Element):
    """The network filter of an interface."""

    filter: str | None = attr()
    parameters: list[FilterParameter] = children()

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        # Parameters come in the order of their names, values of one name as given.
        if len(self.parameters) > 1:
            self.parameters.sort(key=lambda parameter: parameter.name)
        self._write(out, pad, mode, "filterref")


@element("range")
class PortRange(Element):
    """Ports forwarded to the guest."""

    start: Port = attr(required=True)
    end: Port | None = attr()
    to: Port | None = attr()
    exclude: YesNo | None = attr()


class ForwardProtocol(StrEnum):
    """What is forwarded."""

    TCP = "tcp"
    UDP = "udp"


@element("portForward")
class PortForward(Element):
    """Ports of the host that passt forwards."""

    proto: ForwardProtocol = attr(required=True)
    address: IpAddress | None = attr()
    dev: str | None = attr()
    ranges: list[PortRange] = children()


@element("teaming")
class Teaming(Element):
    """A pair of interfaces of which one goes away during migration."""

    type: TeamingType = attr(required=True)
    persistent: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type is TeamingType.TRANSIENT and self.persistent is None:
            raise BadValue("missing persistent of a transient interface")
        if self.type is TeamingType.PERSISTENT and self.persistent is not None:
            raise BadValue("persistent is for type 'transient' only")


@element("actual")
class ActualInterface(Element):
    """What an interface of type network turned out to be when the guest was started."""

    type: NetType = attr(required=True)
    managed: YesNo | None = attr()
    trust_guest_rx_filters: YesNo | None = attr("@trustGuestRxFilters")
    driver: str | None = attr("driver/@name")
    source: BridgeSource | DirectSource | HostdevNetSource | None = variant(
        "type", bridge=BridgeSource, network=BridgeSource, direct=DirectSource, hostdev=HostdevNetSource
    )
    class_id: U32 | None = attr("class_id/@value")
    vlan: Vlan | None = child()
    virtualport: VirtualPort | None = child()
    bandwidth: Bandwidth | None = child()
    port_isolated: YesNo | None = attr("port/@isolated")


def _mac(text: str) -> str:
    found = parse_mac(text)
    if int(found[1], 16) & 1:
        raise BadValue(f"'{text}' is a multicast address")
    return found


UnicastMac = Annotated[str, Scalar(_mac)]


@element("interface")
class Interface(BootDevice, VirtioDriver):
    """A guest's NIC."""

    _always = ("@type", "mac/@address", "model/@type", "link/@state")

    type: NetType = attr(required=True, default=NetType.USER)
    managed: YesNo | None = attr()
    trust_guest_rx_filters: YesNo | None = attr("@trustGuestRxFilters")
    mac: UnicastMac | None = attr("mac/@address")
    mac_type: MacType | None = attr("mac/@type")
    mac_check: YesNo | None = attr("mac/@check")
    source: InterfaceSource | None = variant(
        "type",
        bridge=BridgeSource,
        network=NetworkSource,
        direct=DirectSource,
        ethernet=EthernetSource,
        user=UserSource,
        internal=InternalSource,
        server=SocketPeer,
        client=SocketPeer,
        mcast=SocketPeer,
        udp=SocketPeer,
        vhostuser=VhostUserNetSource,
        vdpa=VdpaSource,
        vds=VdsSource,
        hostdev=HostdevNetSource,
    )
    vlan: Vlan | None = child()
    virtualport: VirtualPort | None = child()
    bandwidth: Bandwidth | None = child()
    port_isolated: YesNo | None = attr("port/@isolated")
    actual: ActualInterface | None = child(when=lambda value, mode: bool(mode.actual))
    ips: list[InterfaceIp] = children()
    routes: list[Route] = children()
    port_forwards: list[PortForward] = children()
    script: str | None = attr("script/@path")
    downscript: str | None = attr("downscript/@path")
    backend_domain: str | None = attr("backenddomain/@name")
    target: str | None = attr("target/@dev")
    target_managed: YesNo | None = attr("target/@managed")
    guest_dev: str | None = attr("guest/@dev")
    guest_actual: str | None = attr("guest/@actual")
    model: str | None = attr("model/@type")
    driver: str | None = attr("driver/@name", omit="default")
    txmode: TxMode | None = attr("driver/@txmode")
    ioeventfd: OnOff | None = attr("driver/@ioeventfd")
    event_idx: OnOff | None = attr("driver/@event_idx")
    queues: U32 | None = attr("driver/@queues", omit=0)
    rx_queue_size: U32 | None = attr("driver/@rx_queue_size", omit=0)
    tx_queue_size: U32 | None = attr("driver/@tx_queue_size", omit=0)
    rss: OnOff | None = attr("driver/@rss")
    rss_hash_report: OnOff | None = attr("driver/@rss_hash_report")
    host_csum: OnOff | None = attr("driver/host/@csum")
    host_gso: OnOff | None = attr("driver/host/@gso")
    host_tso4: OnOff | None = attr("driver/host/@tso4")
    host_tso6: OnOff | None = attr("driver/host/@tso6")
    host_ecn: OnOff | None = attr("driver/host/@ecn")
    host_ufo: OnOff | None = attr("driver/host/@ufo")
    host_mrg_rxbuf: OnOff | None = attr("driver/host/@mrg_rxbuf")
    guest_csum: OnOff | None = attr("driver/guest/@csum")
    guest_tso4: OnOff | None = attr("driver/guest/@tso4")
    guest_tso6: OnOff | None = attr("driver/guest/@tso6")
    guest_ecn: OnOff | None = attr("driver/guest/@ecn")
    guest_ufo: OnOff | None = attr("driver/guest/@ufo")
    backend: UserBackend | None = attr("backend/@type")
    backend_tap: str | None = attr("backend/@tap")
    backend_vhost: str | None = attr("backend/@vhost")
    backend_log: str | None = attr("backend/@logFile")
    filterref: FilterRef | None = child(rank=20)
    sndbuf: U64 | None = text("tune/sndbuf", rank=20)
    teaming: Teaming | None = child(rank=20)
    link: LinkState | None = attr("link/@state", rank=20)
    mtu: U32 | None = attr("mtu/@size", omit=0, rank=20)
    coalesce_rx_frames: U32 | None = attr("coalesce/rx/frames/@max", rank=21)
    rom: Rom | None = child(rank=93)

    @property
    def is_virtio(self) -> bool:
        """Whether it is of a model that has the options of ``<driver>``."""
        return self.model in VIRTIO_MODELS

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type in _NEED_SOURCE and self.source is None:
            fail(node, mode, f"missing source of an interface of type '{self.type}'", "source")
        if self.type is not NetType.HOSTDEV:
            self.managed = None
        if self.model is not None:
            self.model = _MODELS.get(self.model.lower(), self.model)
        if self.model is not None and not all(c.isascii() and (c.isalnum() or c in "-_") for c in self.model):
            fail(node, mode, f"model '{self.model}' has characters other than letters, digits, - and _", "model/@type")
        if isinstance(self.source, BridgeSource) and self.source.bridge is None:
            fail(node, mode, "missing attribute", "source/@bridge")
        self._settle_driver(node, mode)
        if self.type not in _WITH_FILTER or (self.filterref is not None and self.filterref.filter is None):
            self.filterref = None
        self._check_ports(node, mode)
        if isinstance(self.source, DirectSource) and self.source.mode is None:
            self.source.mode = MacvtapMode.VEPA
        if mode.inactive and self.target is not None and self.target.startswith(_MADE_UP_NAMES):
            self.target = None

    def _settle_driver(self, node: Node, mode: Mode) -> None:
        """Options that the type and model haven't are ignored."""
        if self.type is NetType.HOSTDEV or not self.is_virtio:
            if self.type is NetType.VHOSTUSER:
                message = "an interface of type 'vhostuser' needs a virtio model"
                fail(node, mode, message, "model/@type", InternalError)
            for name in _VIRTIO_ONLY:
                if name != "driver" or self.type is not NetType.HOSTDEV:
                    setattr(self, name, None)
        allowed = _DRIVERS_HOSTDEV if self.type is NetType.HOSTDEV else _DRIVERS
        if self.driver is not None and self.driver not in allowed:
            fail(node, mode, f"unknown driver '{self.driver}', expected one of {', '.join(allowed)}", "driver/@name")

    def _check_ports(self, node: Node, mode: Mode) -> None:
        """Virtual ports and bandwidth are of kinds the type can have."""
        port, bandwidth = self.virtualport, self.bandwidth
        if port is not None:
            if self.type not in _WITH_VIRTUALPORT:
                message = f"a virtualport is not supported for an interface of type '{self.type}'"
                fail(node, mode, message, "virtualport", ConfigUnsupportedError)
            known = self.type is not NetType.NETWORK
            placed(node, mode, port.check, at="virtualport", typed=known, complete=known)
        if bandwidth is not None:
            placed(node, mode, bandwidth.check, at="bandwidth", floor=self.type is NetType.NETWORK)

    # By hand: the driver that hands over a device of the host comes first.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.type is not NetType.HOSTDEV or self.driver in (None, "default"):
            self._write(out, pad, mode, "interface")
            return
        shown = self._shallow()
        shown.driver = None
        start = len(out)
        shown._write(out, pad, mode, "interface")
        place = next((at for at in range(start, len(out)) if out[at].startswith(f"{pad}  <mac ")), start + 1)
        out.insert(place + 1, f"{pad}  <driver name='{self.driver}'/>\n")


VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")
_VIRTIO_ONLY = (
    "driver",
    "txmode",
    "ioeventfd",
    "event_idx",
    "queues",
    "rx_queue_size",
    "tx_queue_size",
    "rss",
    "rss_hash_report",
    *(f"host_{name}" for name in ("csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf")),
    *(f"guest_{name}" for name in ("csum", "tso4", "tso6", "ecn", "ufo")),
    "backend_vhost",
)
_MADE_UP_NAMES = ("vnet", "macvtap", "macvlan")
"""How names of devices begin that a driver gave; they are not the definition's."""
_WITH_FILTER = (NetType.ETHERNET, NetType.NETWORK, NetType.BRIDGE)
_WITH_VIRTUALPORT = (NetType.NETWORK, NetType.BRIDGE, NetType.DIRECT, NetType.HOSTDEV)
_NEED_SOURCE = frozenset(
    {
        NetType.NETWORK,
        NetType.BRIDGE,
        NetType.DIRECT,
        NetType.INTERNAL,
        NetType.SERVER,
        NetType.CLIENT,
        NetType.MCAST,
        NetType.UDP,
        NetType.VHOSTUSER,
        NetType.VDPA,
        NetType.VDS,
        NetType.HOSTDEV,
    }
)
_MODELS = {
    name.lower(): name
    for name in (
        "netfront",
        "rtl8139",
        "virtio",
        "e1000",
        "e1000e",
        "igb",
        "virtio-transitional",
        "virtio-non-transitional",
        "usb-net",
        "spapr-vlan",
        "lan9118",
        "scm91c111",
        "vlance",
        "vmxnet",
        "vmxnet2",
        "vmxnet3",
        "Am79C970A",
        "Am79C973",
        "82540EM",
        "82545EM",
        "82543GC",
    )
}
"""Models libvirt knows by name, in whatever case they're given; others are kept as they are."""
_DRIVERS = ("default", "qemu", "vhost")
_DRIVERS_HOSTDEV = ("default", "kvm", "vfio", "xen")
