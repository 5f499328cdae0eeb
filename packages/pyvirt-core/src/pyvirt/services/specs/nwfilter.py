"""Network filters bound to port devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


class NwfilterSpecification:
    """Hooks of the network filter service."""

    @hookspec(firstresult=True)
    def nwfilter_binding_apply(self, binding_xml: str, undo: UndoStack) -> bool | None:
        """Filter the traffic of a port device as the binding says."""

    @hookspec(firstresult=True)
    def nwfilter_binding_remove(self, port_dev: str) -> bool | None:
        """Take the filter of a port device away."""


class NwfilterService(Service):
    """``pyvirt.services.nwfilter``."""

    kind = "nwfilter"
    specification = NwfilterSpecification
    provider = "pyvirt-driver-nwfilter"

    def apply(self, binding_xml: str, undo: UndoStack) -> None:
        """Filter a port device's traffic."""
        self._first("nwfilter_binding_apply", "apply network filters", binding_xml=binding_xml, undo=undo)

    def remove(self, port_dev: str) -> None:
        """Take a port device's filter away."""
        self._first("nwfilter_binding_remove", "remove network filters", port_dev=port_dev)
