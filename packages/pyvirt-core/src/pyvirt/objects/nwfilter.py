"""Network filters and their bindings."""

from __future__ import annotations

from pyvirt.objects.handle import Handle
from pyvirt.refs import NwfilterBindingRef, NwfilterRef


class NwfilterBinding(Handle[NwfilterBindingRef]):
    """A filter bound to a port device."""

    @property
    def port_dev(self) -> str:
        """The device the filter is bound to."""
        return self._ref.port_dev

    @property
    def filter_name(self) -> str:
        """The name of the filter."""
        return self._ref.filter_name

    def delete(self) -> None:
        """Take a filter off a port."""
        self._connection._nwfilter.nwfilter_binding_delete(self._ref)

    def xml(self, flags: int = 0) -> str:
        """XML description of the binding."""
        return self._connection._nwfilter.nwfilter_binding_get_xml_desc(self._ref, flags)


class Nwfilter(Handle[NwfilterRef]):
    """A network filter."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    def undefine(self) -> None:
        """Remove a network filter."""
        self._connection._nwfilter.nwfilter_undefine(self._ref)

    def xml(self, flags: int = 0) -> str:
        """XML description of the filter."""
        return self._connection._nwfilter.nwfilter_get_xml_desc(self._ref, flags)
