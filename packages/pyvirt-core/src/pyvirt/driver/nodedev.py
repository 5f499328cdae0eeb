"""Devices of the host."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.nodedev import (
        ConnectListAllNodeDeviceFlags,
        NodeDeviceCreateXMLFlags,
        NodeDeviceDefineXMLFlags,
        NodeDeviceEventID,
    )
    from pyvirt.events import EventCallback
    from pyvirt.types import NodeDeviceRef


class NodeDeviceDriver(Operations):
    """Devices of the host."""

    kind = "nodedev"

    @operation("virConnectListAllNodeDevices", 285, also={"virNodeListDevices": 112, "virNodeNumOfDevices": 111})
    def connect_list_all_node_devices(self, flags: ConnectListAllNodeDeviceFlags) -> list[NodeDeviceRef]:
        """Handles of all host devices that pass a filter."""
        raise NoSupportError

    @operation("virConnectNodeDeviceEventRegisterAny", 374)
    def connect_node_device_event_register_any(
        self, device: NodeDeviceRef | None, event_id: NodeDeviceEventID, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of host device event."""
        raise NoSupportError

    @operation("virConnectNodeDeviceEventDeregisterAny", 375)
    def connect_node_device_event_deregister_any(self, callback_id: int) -> None:
        """Remove a host device event callback."""
        raise NoSupportError

    @operation("virNodeDeviceLookupByName", 113)
    def node_device_lookup_by_name(self, name: str) -> NodeDeviceRef:
        """Find a host device by name."""
        raise NoSupportError

    @operation("virNodeDeviceLookupSCSIHostByWWN", 297)
    def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str, flags: int) -> NodeDeviceRef:
        """Find a SCSI host by its world-wide names."""
        raise NoSupportError

    @operation("virNodeDeviceGetXMLDesc", 114)
    def node_device_get_xml_desc(self, device: NodeDeviceRef, flags: int) -> str:
        """XML description of the device."""
        raise NoSupportError

    @operation("virNodeDeviceGetParent", 115)
    def node_device_get_parent(self, device: NodeDeviceRef) -> str | None:
        """Parent of a host device."""
        raise NoSupportError

    @operation("virNodeDeviceListCaps", 117, also={"virNodeDeviceNumOfCaps": 116})
    def node_device_list_caps(self, device: NodeDeviceRef) -> list[str]:
        """Capability names of a host device."""
        raise NoSupportError

    @operation("virNodeDeviceCreateXML", 123, write=True)
    def node_device_create_xml(self, xml: str, flags: NodeDeviceCreateXMLFlags) -> NodeDeviceRef:
        """Create a host device from XML (virtual HBA, mediated device)."""
        raise NoSupportError

    @operation("virNodeDeviceDestroy", 124, write=True)
    def node_device_destroy(self, device: NodeDeviceRef) -> None:
        """Remove a created host device."""
        raise NoSupportError

    @operation("virNodeDeviceDefineXML", 428, write=True)
    def node_device_define_xml(self, xml: str, flags: NodeDeviceDefineXMLFlags) -> NodeDeviceRef:
        """Store a host device configuration."""
        raise NoSupportError

    @operation("virNodeDeviceUndefine", 429, write=True)
    def node_device_undefine(self, device: NodeDeviceRef, flags: int) -> None:
        """Remove a host device configuration."""
        raise NoSupportError

    @operation("virNodeDeviceCreate", 430, write=True)
    def node_device_create(self, device: NodeDeviceRef, flags: int) -> None:
        """Start a defined host device."""
        raise NoSupportError

    @operation("virNodeDeviceGetAutostart", 433, write=True)
    def node_device_get_autostart(self, device: NodeDeviceRef) -> bool:
        """Whether the device starts with the daemon or host."""
        raise NoSupportError

    @operation("virNodeDeviceSetAutostart", 434, write=True)
    def node_device_set_autostart(self, device: NodeDeviceRef, autostart: bool) -> None:
        """Choose whether the device starts with the daemon or host."""
        raise NoSupportError

    @operation("virNodeDeviceIsPersistent", 435)
    def node_device_is_persistent(self, device: NodeDeviceRef) -> bool:
        """Whether the device has a stored configuration."""
        raise NoSupportError

    @operation("virNodeDeviceIsActive", 436)
    def node_device_is_active(self, device: NodeDeviceRef) -> bool:
        """Whether the device is running or started now."""
        raise NoSupportError
