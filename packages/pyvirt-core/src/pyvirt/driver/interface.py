"""Interfaces of the host."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.interface import ConnectListAllInterfacesFlags, InterfaceDefineFlags, InterfaceXMLFlags
    from pyvirt.types import InterfaceRef


class InterfaceDriver(Operations):
    """Interfaces of the host."""

    kind = "interface"

    @operation(
        "virConnectListAllInterfaces",
        284,
        also={
            "virConnectListInterfaces": 127,
            "virConnectNumOfInterfaces": 126,
            "virConnectListDefinedInterfaces": 138,
            "virConnectNumOfDefinedInterfaces": 137,
        },
    )
    def connect_list_all_interfaces(self, flags: ConnectListAllInterfacesFlags) -> list[InterfaceRef]:
        """Handles of all host interfaces that pass a filter."""
        raise NoSupportError

    @operation("virInterfaceLookupByName", 128)
    def interface_lookup_by_name(self, name: str) -> InterfaceRef:
        """Find a host interface by name."""
        raise NoSupportError

    @operation("virInterfaceLookupByMACString", 129)
    def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef:
        """Find a host interface by hardware address."""
        raise NoSupportError

    @operation("virInterfaceGetXMLDesc", 130)
    def interface_get_xml_desc(self, interface: InterfaceRef, flags: InterfaceXMLFlags) -> str:
        """XML description of the interface."""
        raise NoSupportError

    @operation("virInterfaceDefineXML", 131, write=True)
    def interface_define_xml(self, xml: str, flags: InterfaceDefineFlags) -> InterfaceRef:
        """Store a host interface configuration."""
        raise NoSupportError

    @operation("virInterfaceUndefine", 132, write=True)
    def interface_undefine(self, interface: InterfaceRef) -> None:
        """Remove a host interface configuration."""
        raise NoSupportError

    @operation("virInterfaceCreate", 133, write=True)
    def interface_create(self, interface: InterfaceRef, flags: int) -> None:
        """Bring a host interface up."""
        raise NoSupportError

    @operation("virInterfaceDestroy", 134, write=True)
    def interface_destroy(self, interface: InterfaceRef, flags: int) -> None:
        """Take a host interface down."""
        raise NoSupportError

    @operation("virInterfaceIsActive", 156)
    def interface_is_active(self, interface: InterfaceRef) -> bool:
        """Whether the interface is running or started now."""
        raise NoSupportError

    @operation("virInterfaceChangeBegin", 220, write=True)
    def interface_change_begin(self, flags: int) -> None:
        """Mark a point to which host interface changes can be undone."""
        raise NoSupportError

    @operation("virInterfaceChangeCommit", 221, write=True)
    def interface_change_commit(self, flags: int) -> None:
        """Keep host interface changes made since the mark."""
        raise NoSupportError

    @operation("virInterfaceChangeRollback", 222, write=True)
    def interface_change_rollback(self, flags: int) -> None:
        """Undo host interface changes made since the mark."""
        raise NoSupportError
