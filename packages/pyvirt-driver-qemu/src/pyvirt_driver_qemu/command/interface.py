"""Network interfaces: the host's end with ``-netdev``, the guest's with ``-device``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import CcwAddress, PciAddress
from pyvirt_conf.domain.interface import (
    ActualInterface,
    Interface,
    NetType,
    SocketPeer,
    TeamingType,
    TxMode,
    VhostUserNetSource,
)
from pyvirt_driver_qemu.command.address import address_props, boot_props, rom_props, virtio_driver, virtio_props
from pyvirt_driver_qemu.command.context import Plugged
from pyvirt_driver_qemu.command.props import Props, escape
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: Types whose packets go through tap devices the host's network was given.
TAP_TYPES = frozenset((NetType.NETWORK, NetType.BRIDGE, NetType.ETHERNET, NetType.DIRECT))
_VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")
_HOST_FEATURES = (
    ("host_csum", "csum"),
    ("host_gso", "gso"),
    ("host_tso4", "host_tso4"),
    ("host_tso6", "host_tso6"),
    ("host_ecn", "host_ecn"),
    ("host_ufo", "host_ufo"),
    ("host_mrg_rxbuf", "mrg_rxbuf"),
    ("guest_csum", "guest_csum"),
    ("guest_tso4", "guest_tso4"),
    ("guest_tso6", "guest_tso6"),
    ("guest_ecn", "guest_ecn"),
    ("guest_ufo", "guest_ufo"),
)


def actual_type(interface: Interface) -> NetType:
    """What the interface really is: a network may have turned out to be a bridge or a device of the host."""
    actual: ActualInterface | None = interface.actual
    return actual.type if actual is not None else interface.type


def is_virtio(interface: Interface) -> bool:
    """Is the guest's end a virtio device?"""
    return interface.model in _VIRTIO_MODELS


def interfaces(context: Context) -> list[str]:
    """The arguments of all interfaces but those that are devices of the host."""
    words: list[str] = []
    for interface in context.domain.devices.interfaces:
        if actual_type(interface) is NetType.HOSTDEV:
            continue
        words += interface_arguments(context, interface)
    return words


def interface_arguments(context: Context, interface: Interface) -> list[str]:
    """One interface: both ends."""
    words: list[str] = []
    props = netdev_props(context, interface, words)
    words += context.netdev(props)
    return words + context.device(device_props(context, interface))


def netdev_id(interface: Interface) -> str:
    """QEMU's name of the host's end."""
    return f"host{interface.alias}"


def netdev_props(context: Context, interface: Interface, words: list[str]) -> Props:
    """The properties of the host's end; what has to come before it is added to ``words``.

    :raises InternalError: the interface was not plugged.
    """
    kind = actual_type(interface)
    plugged = context.plugged.get(interface.alias or "", Plugged())
    props: Props
    if kind in TAP_TYPES:
        props = _tap(interface, plugged)
    elif kind in (NetType.CLIENT, NetType.SERVER, NetType.MCAST, NetType.UDP):
        props = _socket(kind, interface)
    elif kind is NetType.USER:
        props = _user(interface)
    elif kind is NetType.VHOSTUSER:
        props = _vhost_user(context, interface, words)
    elif kind is NetType.VDPA:
        if plugged.vdpa_fd is None:
            raise InternalError(f"interface '{interface.alias}' has no vDPA device open")
        number = context.fdset(plugged.vdpa_fd, words, opaque=f"{interface.alias}-vdpa")
        props = {"type": "vhost-vdpa", "vhostdev": f"/dev/fdset/{number}"}
        if interface.queues:
            props["queues"] = interface.queues
    elif kind is NetType.INTERNAL:
        props = {"type": "user"}
    else:
        raise ConfigUnsupportedError(f"network type {kind} is not supported by QEMU")
    return props | {"id": netdev_id(interface)}


def _tap(interface: Interface, plugged: Plugged) -> Props:
    if not plugged.tap_fds:
        raise InternalError(f"interface '{interface.alias}' was not plugged")
    props: Props = {"type": "tap"}
    # Descriptors are text to QEMU: names given with getfd are possible too.
    if len(plugged.tap_fds) == 1:
        props["fd"] = str(plugged.tap_fds[0])
    else:
        props["fds"] = ":".join(str(fd) for fd in plugged.tap_fds)
    if plugged.vhost_fds:
        props["vhost"] = True
        if len(plugged.vhost_fds) == 1:
            props["vhostfd"] = str(plugged.vhost_fds[0])
        else:
            props["vhostfds"] = ":".join(str(fd) for fd in plugged.vhost_fds)
    if interface.sndbuf is not None:
        props["sndbuf"] = interface.sndbuf
    return props


def _socket(kind: NetType, interface: Interface) -> Props:
    source = interface.source
    if not isinstance(source, SocketPeer):
        raise InternalError(f"interface '{interface.alias}' of type {kind} has no address")
    where = f"{source.address or ''}:{source.port}"
    if kind is NetType.CLIENT:
        return {"type": "socket", "connect": where}
    if kind is NetType.SERVER:
        return {"type": "socket", "listen": where}
    if kind is NetType.MCAST:
        return {"type": "socket", "mcast": where}
    return {"type": "socket", "udp": where, "localaddr": f"{source.local_address or ''}:{source.local_port or 0}"}


def _user(interface: Interface) -> Props:
    props: Props = {"type": "user"}
    for ip in interface.ips:
        if ":" in ip.address:
            props["ipv6-prefix"] = ip.address
            if ip.prefix:
                props["ipv6-prefixlen"] = ip.prefix
        else:
            props["net"] = f"{ip.address}/{ip.prefix}" if ip.prefix else ip.address
    return props


def _vhost_user(context: Context, interface: Interface, words: list[str]) -> Props:
    source = interface.source
    if not isinstance(source, VhostUserNetSource):
        raise InternalError(f"interface '{interface.alias}' has no vhost-user socket")
    text = f"socket,id=char{interface.alias},path={escape(source.path)}"
    if source.mode == "server":
        text += ",server=on"
    elif source.reconnect is not None:
        text += f",reconnect={(source.reconnect.timeout or 0) if source.reconnect.enabled else 0}"
    words += ["-chardev", text]
    props: Props = {"type": "vhost-user", "chardev": f"char{interface.alias}"}
    if (interface.queues or 0) > 1:
        props["queues"] = interface.queues
    return props


def device_props(context: Context, interface: Interface) -> Props:
    """The guest's end."""
    props: Props
    if is_virtio(interface):
        props = _virtio(context, interface)
    else:
        props = {"driver": interface.model or "rtl8139"}
    props["netdev"] = netdev_id(interface)
    props["id"] = interface.alias
    props["mac"] = interface.mac
    props.update(boot_props(context, interface))
    if interface.mtu and is_virtio(interface) and actual_type(interface) is not NetType.ETHERNET:
        props["host_mtu"] = interface.mtu
    if interface.teaming is not None:
        if interface.teaming.type is TeamingType.PERSISTENT:
            props["failover"] = True
        elif interface.teaming.type is TeamingType.TRANSIENT:
            props["failover_pair_id"] = interface.teaming.persistent
    props.update(address_props(context, interface))
    # An empty ROM file is meant: no ROM at all.
    if interface.rom is not None:
        props.update(rom_props(interface))
    return props


def _virtio(context: Context, interface: Interface) -> Props:
    props: Props = {"driver": virtio_driver(interface, "virtio-net", interface.model)}
    if interface.txmode is not None:
        props["tx"] = "bh" if interface.txmode is TxMode.IOTHREAD else "timer"
    if interface.ioeventfd is not None:
        props["ioeventfd"] = interface.ioeventfd
    if interface.event_idx is not None:
        props["event_idx"] = interface.event_idx
    for field, name in _HOST_FEATURES:
        value = getattr(interface, field)
        if value is not None:
            props[name] = value
    queues = interface.queues or 0
    if queues > 1:
        if isinstance(interface.address, CcwAddress):
            props["mq"] = True
        elif isinstance(interface.address, PciAddress) or interface.address is None:
            # One vector per queue and direction, one for configuration, one for control.
            props |= {"mq": True, "vectors": 2 * queues + 2}
    if interface.rss is not None:
        props["rss"] = interface.rss
    if interface.rss_hash_report is not None:
        props["hash"] = interface.rss_hash_report
    if interface.rx_queue_size:
        props["rx_queue_size"] = interface.rx_queue_size
    if interface.tx_queue_size:
        props["tx_queue_size"] = interface.tx_queue_size
    return props | virtio_props(interface)
