"""Networks, pools, volumes, interfaces, devices, filters and secrets of a connection."""

from __future__ import annotations

from pyvirt import enums, objects
from pyvirt.objects.connection_base import ConnectionBase
from pyvirt.objects.documents import optional_xml_text, xml_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.interface import ConnectListAllInterfacesFlags, InterfaceDefineFlags
    from pyvirt.enums.network import ConnectListAllNetworksFlags, NetworkCreateFlags, NetworkDefineFlags, NetworkEventID
    from pyvirt.enums.nodedev import (
        ConnectListAllNodeDeviceFlags,
        NodeDeviceCreateXMLFlags,
        NodeDeviceDefineXMLFlags,
        NodeDeviceEventID,
    )
    from pyvirt.enums.nwfilter import NWFilterBindingCreateFlags, NWFilterDefineFlags
    from pyvirt.enums.secret import ConnectListAllSecretsFlags, SecretDefineFlags, SecretEventID, SecretUsageType
    from pyvirt.enums.storage import (
        ConnectListAllStoragePoolsFlags,
        StoragePoolCreateFlags,
        StoragePoolDefineFlags,
        StoragePoolEventID,
    )
    from pyvirt.events import EventCallback
    from pyvirt.objects.documents import XmlSource
    from pyvirt.objects.interface import Interface
    from pyvirt.objects.network import Network
    from pyvirt.objects.nodedev import NodeDevice
    from pyvirt.objects.nwfilter import Nwfilter, NwfilterBinding
    from pyvirt.objects.secret import Secret
    from pyvirt.objects.storage import StoragePool, Volume
    from pyvirt.types import NetworkRef, NodeDeviceRef, SecretRef, StoragePoolRef


class SecondaryOperations(ConnectionBase):
    """Networks, pools, volumes, interfaces, devices, filters and secrets of a connection."""

    def list_networks(self, flags: ConnectListAllNetworksFlags | int = 0) -> list[Network]:
        """Handles of all virtual networks that pass a filter."""
        return [
            objects.Network(self._self, ref)
            for ref in self._network.connect_list_all_networks(enums.ConnectListAllNetworksFlags(flags))
        ]

    def network_event_register_any(
        self, network: NetworkRef | None, event_id: NetworkEventID | int, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of network event."""
        return self._network.connect_network_event_register_any(network, enums.NetworkEventID(event_id), callback)

    def network_event_deregister_any(self, callback_id: int) -> None:
        """Remove a network event callback."""
        self._network.connect_network_event_deregister_any(callback_id)

    def lookup_network(self, name: str) -> Network:
        """Find a virtual network by name."""
        return objects.Network(self._self, self._network.network_lookup_by_name(name))

    def lookup_network_by_uuid(self, uuid: str) -> Network:
        """Find a virtual network by UUID."""
        return objects.Network(self._self, self._network.network_lookup_by_uuid(uuid))

    def create_network(self, xml: XmlSource, flags: NetworkCreateFlags | int = 0) -> Network:
        """Start a transient network from XML with options."""
        return objects.Network(
            self._self, self._network.network_create_xml_flags(xml_text(xml), enums.NetworkCreateFlags(flags))
        )

    def define_network(self, xml: XmlSource, flags: NetworkDefineFlags | int = 0) -> Network:
        """Store a network configuration with options."""
        return objects.Network(
            self._self, self._network.network_define_xml_flags(xml_text(xml), enums.NetworkDefineFlags(flags))
        )

    def list_storage_pools(self, flags: ConnectListAllStoragePoolsFlags | int = 0) -> list[StoragePool]:
        """Handles of all storage pools that pass a filter."""
        return [
            objects.StoragePool(self._self, ref)
            for ref in self._storage.connect_list_all_storage_pools(enums.ConnectListAllStoragePoolsFlags(flags))
        ]

    def find_storage_pool_sources(self, type: str, source_xml: XmlSource | None = None, flags: int = 0) -> str:
        """Discover candidate sources for a kind of storage pool."""
        return self._storage.connect_find_storage_pool_sources(type, optional_xml_text(source_xml), flags)

    def storage_pool_capabilities(self, flags: int = 0) -> str:
        """XML of the storage pool kinds on offer."""
        return self._storage.connect_get_storage_pool_capabilities(flags)

    def storage_pool_event_register_any(
        self, pool: StoragePoolRef | None, event_id: StoragePoolEventID | int, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of storage pool event."""
        return self._storage.connect_storage_pool_event_register_any(pool, enums.StoragePoolEventID(event_id), callback)

    def storage_pool_event_deregister_any(self, callback_id: int) -> None:
        """Remove a storage pool event callback."""
        self._storage.connect_storage_pool_event_deregister_any(callback_id)

    def lookup_storage_pool(self, name: str) -> StoragePool:
        """Find a storage pool by name."""
        return objects.StoragePool(self._self, self._storage.storage_pool_lookup_by_name(name))

    def lookup_storage_pool_by_uuid(self, uuid: str) -> StoragePool:
        """Find a storage pool by UUID."""
        return objects.StoragePool(self._self, self._storage.storage_pool_lookup_by_uuid(uuid))

    def lookup_storage_pool_by_target_path(self, path: str) -> StoragePool:
        """Find a pool by the path it provides."""
        return objects.StoragePool(self._self, self._storage.storage_pool_lookup_by_target_path(path))

    def create_storage_pool(self, xml: XmlSource, flags: StoragePoolCreateFlags | int = 0) -> StoragePool:
        """Start a transient pool from XML."""
        return objects.StoragePool(
            self._self, self._storage.storage_pool_create_xml(xml_text(xml), enums.StoragePoolCreateFlags(flags))
        )

    def define_storage_pool(self, xml: XmlSource, flags: StoragePoolDefineFlags | int = 0) -> StoragePool:
        """Store a pool configuration."""
        return objects.StoragePool(
            self._self, self._storage.storage_pool_define_xml(xml_text(xml), enums.StoragePoolDefineFlags(flags))
        )

    def lookup_volume_by_key(self, key: str) -> Volume:
        """Find a volume by key."""
        return objects.Volume(self._self, self._storage.storage_vol_lookup_by_key(key))

    def lookup_volume_by_path(self, path: str) -> Volume:
        """Find a volume by path."""
        return objects.Volume(self._self, self._storage.storage_vol_lookup_by_path(path))

    def list_interfaces(self, flags: ConnectListAllInterfacesFlags | int = 0) -> list[Interface]:
        """Handles of all host interfaces that pass a filter."""
        return [
            objects.Interface(self._self, ref)
            for ref in self._interface.connect_list_all_interfaces(enums.ConnectListAllInterfacesFlags(flags))
        ]

    def lookup_interface(self, name: str) -> Interface:
        """Find a host interface by name."""
        return objects.Interface(self._self, self._interface.interface_lookup_by_name(name))

    def lookup_interface_by_mac_string(self, mac: str) -> Interface:
        """Find a host interface by hardware address."""
        return objects.Interface(self._self, self._interface.interface_lookup_by_mac_string(mac))

    def define_interface(self, xml: XmlSource, flags: InterfaceDefineFlags | int = 0) -> Interface:
        """Store a host interface configuration."""
        return objects.Interface(
            self._self, self._interface.interface_define_xml(xml_text(xml), enums.InterfaceDefineFlags(flags))
        )

    def interface_change_begin(self, flags: int = 0) -> None:
        """Mark a point to which host interface changes can be undone."""
        self._interface.interface_change_begin(flags)

    def interface_change_commit(self, flags: int = 0) -> None:
        """Keep host interface changes made since the mark."""
        self._interface.interface_change_commit(flags)

    def interface_change_rollback(self, flags: int = 0) -> None:
        """Undo host interface changes made since the mark."""
        self._interface.interface_change_rollback(flags)

    def list_node_devices(self, flags: ConnectListAllNodeDeviceFlags | int = 0) -> list[NodeDevice]:
        """Handles of all host devices that pass a filter."""
        return [
            objects.NodeDevice(self._self, ref)
            for ref in self._nodedev.connect_list_all_node_devices(enums.ConnectListAllNodeDeviceFlags(flags))
        ]

    def node_device_event_register_any(
        self, device: NodeDeviceRef | None, event_id: NodeDeviceEventID | int, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of host device event."""
        return self._nodedev.connect_node_device_event_register_any(device, enums.NodeDeviceEventID(event_id), callback)

    def node_device_event_deregister_any(self, callback_id: int) -> None:
        """Remove a host device event callback."""
        self._nodedev.connect_node_device_event_deregister_any(callback_id)

    def lookup_node_device(self, name: str) -> NodeDevice:
        """Find a host device by name."""
        return objects.NodeDevice(self._self, self._nodedev.node_device_lookup_by_name(name))

    def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str, flags: int = 0) -> NodeDevice:
        """Find a SCSI host by its world-wide names."""
        return objects.NodeDevice(self._self, self._nodedev.node_device_lookup_scsi_host_by_wwn(wwnn, wwpn, flags))

    def create_node_device(self, xml: XmlSource, flags: NodeDeviceCreateXMLFlags | int = 0) -> NodeDevice:
        """Create a host device from XML (virtual HBA, mediated device)."""
        return objects.NodeDevice(
            self._self, self._nodedev.node_device_create_xml(xml_text(xml), enums.NodeDeviceCreateXMLFlags(flags))
        )

    def define_node_device(self, xml: XmlSource, flags: NodeDeviceDefineXMLFlags | int = 0) -> NodeDevice:
        """Store a host device configuration."""
        return objects.NodeDevice(
            self._self, self._nodedev.node_device_define_xml(xml_text(xml), enums.NodeDeviceDefineXMLFlags(flags))
        )

    def list_nwfilters(self, flags: int = 0) -> list[Nwfilter]:
        """Handles of all network filters."""
        return [objects.Nwfilter(self._self, ref) for ref in self._nwfilter.connect_list_all_nwfilters(flags)]

    def list_nwfilter_bindings(self, flags: int = 0) -> list[NwfilterBinding]:
        """Handles of all filter bindings."""
        return [
            objects.NwfilterBinding(self._self, ref) for ref in self._nwfilter.connect_list_all_nwfilter_bindings(flags)
        ]

    def lookup_nwfilter(self, name: str) -> Nwfilter:
        """Find a network filter by name."""
        return objects.Nwfilter(self._self, self._nwfilter.nwfilter_lookup_by_name(name))

    def lookup_nwfilter_by_uuid(self, uuid: str) -> Nwfilter:
        """Find a network filter by UUID."""
        return objects.Nwfilter(self._self, self._nwfilter.nwfilter_lookup_by_uuid(uuid))

    def define_nwfilter(self, xml: XmlSource, flags: NWFilterDefineFlags | int = 0) -> Nwfilter:
        """Store a network filter with options such as validation."""
        return objects.Nwfilter(
            self._self, self._nwfilter.nwfilter_define_xml_flags(xml_text(xml), enums.NWFilterDefineFlags(flags))
        )

    def lookup_nwfilter_binding_by_port_dev(self, port_dev: str) -> NwfilterBinding:
        """Find a filter binding by port device."""
        return objects.NwfilterBinding(self._self, self._nwfilter.nwfilter_binding_lookup_by_port_dev(port_dev))

    def create_nwfilter_binding(self, xml: XmlSource, flags: NWFilterBindingCreateFlags | int = 0) -> NwfilterBinding:
        """Apply a filter to a port described in XML."""
        return objects.NwfilterBinding(
            self._self,
            self._nwfilter.nwfilter_binding_create_xml(xml_text(xml), enums.NWFilterBindingCreateFlags(flags)),
        )

    def list_secrets(self, flags: ConnectListAllSecretsFlags | int = 0) -> list[Secret]:
        """Handles of all secrets that pass a filter."""
        return [
            objects.Secret(self._self, ref)
            for ref in self._secret.connect_list_all_secrets(enums.ConnectListAllSecretsFlags(flags))
        ]

    def secret_event_register_any(
        self, secret: SecretRef | None, event_id: SecretEventID | int, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of secret event."""
        return self._secret.connect_secret_event_register_any(secret, enums.SecretEventID(event_id), callback)

    def secret_event_deregister_any(self, callback_id: int) -> None:
        """Remove a secret event callback."""
        self._secret.connect_secret_event_deregister_any(callback_id)

    def lookup_secret_by_uuid(self, uuid: str) -> Secret:
        """Find a secret by UUID."""
        return objects.Secret(self._self, self._secret.secret_lookup_by_uuid(uuid))

    def lookup_secret_by_usage(self, usage_type: SecretUsageType | int, usage_id: str) -> Secret:
        """Find a secret by what it is for."""
        return objects.Secret(
            self._self, self._secret.secret_lookup_by_usage(enums.SecretUsageType(usage_type), usage_id)
        )

    def define_secret(self, xml: XmlSource, flags: SecretDefineFlags | int = 0) -> Secret:
        """Store a secret's description."""
        return objects.Secret(self._self, self._secret.secret_define_xml(xml_text(xml), enums.SecretDefineFlags(flags)))
