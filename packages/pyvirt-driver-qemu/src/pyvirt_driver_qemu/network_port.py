"""Interfaces of type ``network``: a port of the network says what they really are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.interface import (
    BridgeSource,
    DirectSource,
    HostdevNetSource,
    MacTableManager,
    MacvtapMode,
    NetType,
    NetworkSource,
)
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_conf import Domain
    from pyvirt_conf.domain.interface import Interface
    from pyvirt_conf.network.port import NetworkPort
    from pyvirt_util.undo import UndoStack


class Port(NamedTuple):
    """A port of a network, to be given back: the network's name, the port's UUID."""

    network: str
    uuid: str


def new_port(interface: Interface) -> Port:
    """A port that does not exist yet; its UUID is chosen here, so that it is on record before it is taken."""
    from pyvirt_util.uuids import new_uuid

    source = interface.source
    if not isinstance(source, NetworkSource):
        raise InternalError(f"interface '{interface.alias}' of type 'network' names no network")
    return Port(source.network, new_uuid())


def take_port(interface: Interface, domain: Domain, port: Port, undo: UndoStack) -> None:
    """Take the port and make the interface what it says; the live definition has it in the network's place.

    :raises NoSupportError: no installed distribution has networks; its hint names one that does.
    """
    from pyvirt import services
    from pyvirt_conf.network.port import NetworkPort, PortOwner

    source = interface.source
    assert isinstance(source, NetworkSource)
    wanted = NetworkPort(
        uuid=port.uuid,
        owner=PortOwner(name=domain.name or "", uuid=domain.uuid or ""),
        group=source.portgroup,
        mac=interface.mac or "",
        virtualport=interface.virtualport,
        bandwidth=interface.bandwidth,
        vlan=interface.vlan,
        isolated=interface.port_isolated,
        trust_guest_rx_filters=interface.trust_guest_rx_filters,
    )
    reply = services.network.port_create(port.network, wanted.format(), undo)
    adopt(interface, NetworkPort.parse(reply))


def adopt(interface: Interface, port: NetworkPort) -> None:
    """Turn an interface of type ``network`` into what its port is plugged into (libvirt: publicActual).

    :raises InternalError: it is plugged into nothing.
    """
    from pyvirt_conf.network.port import BridgePlug, DirectPlug, HostdevPlug, NetworkPlug

    source = interface.source
    assert isinstance(source, NetworkSource)
    network, group, plug = source.network, source.portgroup, port.plug
    manager: MacTableManager | None = None
    if isinstance(plug, NetworkPlug | BridgePlug) and plug.mac_table_manager is not None:
        manager = MacTableManager(str(plug.mac_table_manager))
    if isinstance(plug, NetworkPlug):
        interface.source = NetworkSource(
            network=network, portid=port.uuid, portgroup=group, bridge=plug.bridge, mac_table_manager=manager
        )
    elif isinstance(plug, BridgePlug):
        interface.type = NetType.BRIDGE
        interface.source = BridgeSource(
            network=network, portid=port.uuid, portgroup=group, bridge=plug.bridge, mac_table_manager=manager
        )
    elif isinstance(plug, DirectPlug):
        interface.type = NetType.DIRECT
        interface.source = DirectSource(
            network=network, portid=port.uuid, portgroup=group, dev=plug.dev, mode=MacvtapMode(str(plug.mode))
        )
    elif isinstance(plug, HostdevPlug):
        where = plug.address
        interface.type = NetType.HOSTDEV
        interface.managed = plug.managed
        interface.driver = str(plug.driver) if plug.driver is not None else None
        interface.source = HostdevNetSource(
            address=PciAddress(domain=where.domain, bus=where.bus, slot=where.slot, function=where.function)
        )
    else:
        raise InternalError(f"port {port.uuid} of network '{network}' is plugged into nothing")
    interface.virtualport = port.virtualport
    interface.bandwidth = port.bandwidth
    interface.vlan = port.vlan
    interface.port_isolated = port.isolated
    interface.trust_guest_rx_filters = port.trust_guest_rx_filters


def give_back(port: Port) -> None:
    """Give a port back; one that is gone is no error."""
    from pyvirt import services

    services.network.port_delete(port.network, port.uuid)
