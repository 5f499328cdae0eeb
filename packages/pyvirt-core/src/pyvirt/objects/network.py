"""Virtual networks and their ports."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.documents import xml_text
from pyvirt.objects.handle import Handle
from pyvirt.refs import NetworkPortRef, NetworkRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.network import (
        NetworkPortCreateFlags,
        NetworkUpdateCommand,
        NetworkUpdateFlags,
        NetworkUpdateSection,
        NetworkXMLFlags,
    )
    from pyvirt.objects.documents import XmlSource
    from pyvirt.types import DhcpLease, TypedParameters


class NetworkPort(Handle[NetworkPortRef]):
    """A port of a virtual network."""

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    def xml(self, flags: int = 0) -> str:
        """XML description of the port."""
        return self._connection._network.network_port_get_xml_desc(self._ref, flags)

    def parameters(self, flags: int = 0) -> TypedParameters:
        """Bandwidth values of a port."""
        return self._connection._network.network_port_get_parameters(self._ref, flags)

    def set_parameters(self, parameters: TypedParameters, flags: int = 0) -> None:
        """Change bandwidth values of a port."""
        self._connection._network.network_port_set_parameters(self._ref, parameters, flags)

    def delete(self, flags: int = 0) -> None:
        """Remove a port from a network."""
        self._connection._network.network_port_delete(self._ref, flags)


class Network(Handle[NetworkRef]):
    """A virtual network."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    def undefine(self) -> None:
        """Remove a network configuration."""
        self._connection._network.network_undefine(self._ref)

    def update(
        self,
        command: NetworkUpdateCommand | int,
        section: NetworkUpdateSection | int,
        parent_index: int,
        xml: XmlSource,
        flags: NetworkUpdateFlags | int = 0,
    ) -> None:
        """Change one section of a network in place."""
        self._connection._network.network_update(
            self._ref,
            enums.NetworkUpdateCommand(command),
            enums.NetworkUpdateSection(section),
            parent_index,
            xml_text(xml),
            enums.NetworkUpdateFlags(flags),
        )

    def start(self) -> None:
        """Start a defined network."""
        self._connection._network.network_create(self._ref)

    def destroy(self) -> None:
        """Stop a network."""
        self._connection._network.network_destroy(self._ref)

    def xml(self, flags: NetworkXMLFlags | int = 0) -> str:
        """XML description of the network."""
        return self._connection._network.network_get_xml_desc(self._ref, enums.NetworkXMLFlags(flags))

    def bridge_name(self) -> str:
        """Bridge device of a network."""
        return self._connection._network.network_get_bridge_name(self._ref)

    def autostart(self) -> bool:
        """Whether the network starts with the daemon or host."""
        return self._connection._network.network_get_autostart(self._ref)

    def set_autostart(self, autostart: bool) -> None:
        """Choose whether the network starts with the daemon or host."""
        self._connection._network.network_set_autostart(self._ref, autostart)

    def is_active(self) -> bool:
        """Whether the network is running or started now."""
        return self._connection._network.network_is_active(self._ref)

    def is_persistent(self) -> bool:
        """Whether the network has a stored configuration."""
        return self._connection._network.network_is_persistent(self._ref)

    def dhcp_leases(self, mac: str | None = None, flags: int = 0) -> list[DhcpLease]:
        """DHCP leases of a network, for one or all addresses."""
        return self._connection._network.network_get_dhcp_leases(self._ref, mac, flags)

    def list_ports(self, flags: int = 0) -> list[NetworkPort]:
        """Handles of a network's ports."""
        return [
            NetworkPort(self._connection, ref)
            for ref in self._connection._network.network_list_all_ports(self._ref, flags)
        ]

    def lookup_port(self, uuid: str) -> NetworkPort:
        """Find a network port by UUID."""
        return NetworkPort(self._connection, self._connection._network.network_port_lookup_by_uuid(self._ref, uuid))

    def create_port(self, xml: XmlSource, flags: NetworkPortCreateFlags | int = 0) -> NetworkPort:
        """Create a port on a network."""
        return NetworkPort(
            self._connection,
            self._connection._network.network_port_create_xml(
                self._ref, xml_text(xml), enums.NetworkPortCreateFlags(flags)
            ),
        )
