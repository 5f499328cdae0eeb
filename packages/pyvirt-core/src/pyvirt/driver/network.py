"""Virtual networks and their ports."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.network import (
        ConnectListAllNetworksFlags,
        NetworkCreateFlags,
        NetworkDefineFlags,
        NetworkEventID,
        NetworkPortCreateFlags,
        NetworkUpdateCommand,
        NetworkUpdateFlags,
        NetworkUpdateSection,
        NetworkXMLFlags,
    )
    from pyvirt.events import EventCallback
    from pyvirt.types import DhcpLease, NetworkPortRef, NetworkRef, TypedParameters


class NetworkDriver(Operations):
    """Virtual networks and their ports."""

    kind = "network"

    @operation(
        "virConnectListAllNetworks",
        283,
        also={
            "virConnectListNetworks": 38,
            "virConnectNumOfNetworks": 52,
            "virConnectListDefinedNetworks": 36,
            "virConnectNumOfDefinedNetworks": 50,
        },
    )
    def connect_list_all_networks(self, flags: ConnectListAllNetworksFlags) -> list[NetworkRef]:
        """Handles of all virtual networks that pass a filter."""
        raise NoSupportError

    @operation("virConnectNetworkEventRegisterAny", 313)
    def connect_network_event_register_any(
        self, network: NetworkRef | None, event_id: NetworkEventID, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of network event."""
        raise NoSupportError

    @operation("virConnectNetworkEventDeregisterAny", 314)
    def connect_network_event_deregister_any(self, callback_id: int) -> None:
        """Remove a network event callback."""
        raise NoSupportError

    @operation("virNetworkLookupByName", 46)
    def network_lookup_by_name(self, name: str) -> NetworkRef:
        """Find a virtual network by name."""
        raise NoSupportError

    @operation("virNetworkLookupByUUID", 47)
    def network_lookup_by_uuid(self, uuid: str) -> NetworkRef:
        """Find a virtual network by UUID."""
        raise NoSupportError

    @operation("virNetworkCreateXMLFlags", 437, write=True, also={"virNetworkCreateXML": 40})
    def network_create_xml_flags(self, xml: str, flags: NetworkCreateFlags) -> NetworkRef:
        """Start a transient network from XML with options."""
        raise NoSupportError

    @operation("virNetworkDefineXMLFlags", 432, write=True, also={"virNetworkDefineXML": 41})
    def network_define_xml_flags(self, xml: str, flags: NetworkDefineFlags) -> NetworkRef:
        """Store a network configuration with options."""
        raise NoSupportError

    @operation("virNetworkUndefine", 49, write=True)
    def network_undefine(self, network: NetworkRef) -> None:
        """Remove a network configuration."""
        raise NoSupportError

    @operation("virNetworkUpdate", 291, write=True)
    def network_update(
        self,
        network: NetworkRef,
        command: NetworkUpdateCommand,
        section: NetworkUpdateSection,
        parent_index: int,
        xml: str,
        flags: NetworkUpdateFlags,
    ) -> None:
        """Change one section of a network in place."""
        raise NoSupportError

    @operation("virNetworkCreate", 39, write=True)
    def network_create(self, network: NetworkRef) -> None:
        """Start a defined network."""
        raise NoSupportError

    @operation("virNetworkDestroy", 42, write=True)
    def network_destroy(self, network: NetworkRef) -> None:
        """Stop a network."""
        raise NoSupportError

    @operation("virNetworkGetXMLDesc", 43)
    def network_get_xml_desc(self, network: NetworkRef, flags: NetworkXMLFlags) -> str:
        """XML description of the network."""
        raise NoSupportError

    @operation("virNetworkGetBridgeName", 45)
    def network_get_bridge_name(self, network: NetworkRef) -> str:
        """Bridge device of a network."""
        raise NoSupportError

    @operation("virNetworkGetAutostart", 44)
    def network_get_autostart(self, network: NetworkRef) -> bool:
        """Whether the network starts with the daemon or host."""
        raise NoSupportError

    @operation("virNetworkSetAutostart", 48, write=True)
    def network_set_autostart(self, network: NetworkRef, autostart: bool) -> None:
        """Choose whether the network starts with the daemon or host."""
        raise NoSupportError

    @operation("virNetworkIsActive", 152)
    def network_is_active(self, network: NetworkRef) -> bool:
        """Whether the network is running or started now."""
        raise NoSupportError

    @operation("virNetworkIsPersistent", 153)
    def network_is_persistent(self, network: NetworkRef) -> bool:
        """Whether the network has a stored configuration."""
        raise NoSupportError

    @operation("virNetworkGetDHCPLeases", 341)
    def network_get_dhcp_leases(self, network: NetworkRef, mac: str | None, flags: int) -> list[DhcpLease]:
        """DHCP leases of a network, for one or all addresses."""
        raise NoSupportError

    @operation("virNetworkListAllPorts", 404)
    def network_list_all_ports(self, network: NetworkRef, flags: int) -> list[NetworkPortRef]:
        """Handles of a network's ports."""
        raise NoSupportError

    @operation("virNetworkPortLookupByUUID", 405)
    def network_port_lookup_by_uuid(self, network: NetworkRef, uuid: str) -> NetworkPortRef:
        """Find a network port by UUID."""
        raise NoSupportError

    @operation("virNetworkPortCreateXML", 406, write=True)
    def network_port_create_xml(self, network: NetworkRef, xml: str, flags: NetworkPortCreateFlags) -> NetworkPortRef:
        """Create a port on a network."""
        raise NoSupportError

    @operation("virNetworkPortGetXMLDesc", 409)
    def network_port_get_xml_desc(self, port: NetworkPortRef, flags: int) -> str:
        """XML description of the port."""
        raise NoSupportError

    @operation("virNetworkPortGetParameters", 407)
    def network_port_get_parameters(self, port: NetworkPortRef, flags: int) -> TypedParameters:
        """Bandwidth values of a port."""
        raise NoSupportError

    @operation("virNetworkPortSetParameters", 408, write=True)
    def network_port_set_parameters(self, port: NetworkPortRef, parameters: TypedParameters, flags: int) -> None:
        """Change bandwidth values of a port."""
        raise NoSupportError

    @operation("virNetworkPortDelete", 410, write=True)
    def network_port_delete(self, port: NetworkPortRef, flags: int) -> None:
        """Remove a port from a network."""
        raise NoSupportError
