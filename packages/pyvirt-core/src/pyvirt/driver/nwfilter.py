"""Network filters and their bindings."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.nwfilter import NWFilterBindingCreateFlags, NWFilterDefineFlags
    from pyvirt.types import NwfilterBindingRef, NwfilterRef


class NwfilterDriver(Operations):
    """Network filters and their bindings."""

    kind = "nwfilter"

    @operation(
        "virConnectListAllNWFilters", 286, also={"virConnectListNWFilters": 179, "virConnectNumOfNWFilters": 178}
    )
    def connect_list_all_nwfilters(self, flags: int) -> list[NwfilterRef]:
        """Handles of all network filters."""
        raise NoSupportError

    @operation("virConnectListAllNWFilterBindings", 401)
    def connect_list_all_nwfilter_bindings(self, flags: int) -> list[NwfilterBindingRef]:
        """Handles of all filter bindings."""
        raise NoSupportError

    @operation("virNWFilterLookupByName", 175)
    def nwfilter_lookup_by_name(self, name: str) -> NwfilterRef:
        """Find a network filter by name."""
        raise NoSupportError

    @operation("virNWFilterLookupByUUID", 176)
    def nwfilter_lookup_by_uuid(self, uuid: str) -> NwfilterRef:
        """Find a network filter by UUID."""
        raise NoSupportError

    @operation("virNWFilterDefineXMLFlags", 431, write=True, also={"virNWFilterDefineXML": 180})
    def nwfilter_define_xml_flags(self, xml: str, flags: NWFilterDefineFlags) -> NwfilterRef:
        """Store a network filter with options such as validation."""
        raise NoSupportError

    @operation("virNWFilterUndefine", 181, write=True)
    def nwfilter_undefine(self, filter: NwfilterRef) -> None:
        """Remove a network filter."""
        raise NoSupportError

    @operation("virNWFilterGetXMLDesc", 177)
    def nwfilter_get_xml_desc(self, filter: NwfilterRef, flags: int) -> str:
        """XML description of the filter."""
        raise NoSupportError

    @operation("virNWFilterBindingLookupByPortDev", 397)
    def nwfilter_binding_lookup_by_port_dev(self, port_dev: str) -> NwfilterBindingRef:
        """Find a filter binding by port device."""
        raise NoSupportError

    @operation("virNWFilterBindingCreateXML", 399, write=True)
    def nwfilter_binding_create_xml(self, xml: str, flags: NWFilterBindingCreateFlags) -> NwfilterBindingRef:
        """Apply a filter to a port described in XML."""
        raise NoSupportError

    @operation("virNWFilterBindingDelete", 400, write=True)
    def nwfilter_binding_delete(self, binding: NwfilterBindingRef) -> None:
        """Take a filter off a port."""
        raise NoSupportError

    @operation("virNWFilterBindingGetXMLDesc", 398)
    def nwfilter_binding_get_xml_desc(self, binding: NwfilterBindingRef, flags: int) -> str:
        """XML description of the binding."""
        raise NoSupportError
