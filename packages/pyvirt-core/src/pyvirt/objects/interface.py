"""Interfaces of the host."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.handle import Handle
from pyvirt.refs import InterfaceRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.interface import InterfaceXMLFlags


class Interface(Handle[InterfaceRef]):
    """A host interface."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    @property
    def mac(self) -> str:
        """The MAC address."""
        return self._ref.mac

    def xml(self, flags: InterfaceXMLFlags | int = 0) -> str:
        """XML description of the interface."""
        return self._connection._interface.interface_get_xml_desc(self._ref, enums.InterfaceXMLFlags(flags))

    def undefine(self) -> None:
        """Remove a host interface configuration."""
        self._connection._interface.interface_undefine(self._ref)

    def start(self, flags: int = 0) -> None:
        """Bring a host interface up."""
        self._connection._interface.interface_create(self._ref, flags)

    def destroy(self, flags: int = 0) -> None:
        """Take a host interface down."""
        self._connection._interface.interface_destroy(self._ref, flags)

    def is_active(self) -> bool:
        """Whether the interface is running or started now."""
        return self._connection._interface.interface_is_active(self._ref)
