"""An interface of a domain as the core's interface service wants to hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.interface import BridgeSource, DirectSource, EthernetSource, HostdevNetSource, NetworkSource
from pyvirt_driver_qemu.command.interface import is_virtio
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt.services.specs import interface as specs
    from pyvirt_conf import Domain
    from pyvirt_conf.domain.interface import Interface
    from pyvirt_conf.domain.virtualport import Bandwidth, InterfaceIp, Rate, Route, VirtualPort


def interface_request(interface: Interface, domain: Domain) -> specs.InterfaceRequest:
    """What to plug; an interface of type ``network`` has its port's bridge by then."""
    from pyvirt.services.specs.interface import InterfaceRequest

    source = interface.source
    device = mode = manager = None
    addresses: tuple[specs.Address, ...] = ()
    routes: tuple[specs.Route, ...] = ()
    if isinstance(source, BridgeSource | NetworkSource):
        device, manager = source.bridge, source.mac_table_manager
    elif isinstance(source, DirectSource):
        device = source.dev
        mode = str(source.mode) if source.mode is not None else "vepa"
    elif isinstance(source, EthernetSource):
        addresses = tuple(_address(ip) for ip in source.ips)
        routes = tuple(_route(route) for route in source.routes)
    elif isinstance(source, HostdevNetSource):
        device = str(source.address)
    vlan = interface.vlan
    tags = vlan.tags if vlan is not None else []
    native = next((tag for tag in tags if tag.native_mode is not None), None)
    return InterfaceRequest(
        type="bridge" if interface.type == "network" else str(interface.type),
        mac=interface.mac or "",
        domain=domain.name or "",
        domain_uuid=domain.uuid or "",
        source=device,
        target=interface.target,
        mode=mode,
        queues=interface.queues or 1,
        vnet_header=is_virtio(interface),
        managed=interface.target_managed is not False,
        mtu=interface.mtu,
        isolated=bool(interface.port_isolated),
        vlan=tuple(tag.id for tag in tags),
        trunk=vlan is not None and bool(vlan.trunk),
        native_vlan=native.id if native is not None else None,
        native_mode=str(native.native_mode) if native is not None else None,
        virtualport=_virtualport(interface.virtualport),
        bandwidth=_bandwidth(interface.bandwidth),
        trust_guest_rx_filters=bool(interface.trust_guest_rx_filters),
        mac_table_manager=str(manager) if manager is not None else None,
        rx_frames=interface.coalesce_rx_frames,
        addresses=addresses,
        routes=routes,
        script=interface.script,
        downscript=interface.downscript,
    )


def _virtualport(port: VirtualPort | None) -> specs.VirtualPort | None:
    from pyvirt.services.specs.interface import VirtualPort

    if port is None or port.type is None:
        return None
    return VirtualPort(
        str(port.type),
        interface_id=port.interfaceid,
        profile_id=port.profileid,
        instance_id=port.instanceid,
        manager_id=port.managerid,
        type_id=port.typeid,
        type_id_version=port.typeidversion,
    )


def _bandwidth(bandwidth: Bandwidth | None) -> specs.Bandwidth | None:
    from pyvirt.services.specs.interface import Bandwidth

    if bandwidth is None or (bandwidth.inbound is None and bandwidth.outbound is None):
        return None
    return Bandwidth(_rate(bandwidth.inbound), _rate(bandwidth.outbound))


def _rate(rate: Rate | None) -> specs.Rate | None:
    from pyvirt.services.specs.interface import Rate

    if rate is None:
        return None
    return Rate(average=rate.average or 0, peak=rate.peak or 0, burst=rate.burst or 0, floor=rate.floor or 0)


def _address(ip: InterfaceIp) -> specs.Address:
    from pyvirt.services.specs.interface import Address

    return Address(ip.address, ip.prefix, ip.peer)


def _route(route: Route) -> specs.Route:
    from pyvirt.services.specs.interface import Route

    return Route(route.address, route.gateway, _prefix(route), route.metric)


def _prefix(route: Route) -> int | None:
    """The length of a route's prefix, which may be given as a netmask.

    :raises ConfigUnsupportedError: the netmask has holes.
    """
    if route.netmask is None:
        return route.prefix
    from ipaddress import IPv4Network

    try:
        return IPv4Network(f"0.0.0.0/{route.netmask}").prefixlen
    except ValueError:
        raise ConfigUnsupportedError(
            f"netmask '{route.netmask}' of the route to '{route.address}' is no prefix"
        ) from None
