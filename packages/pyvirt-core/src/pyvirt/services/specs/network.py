"""Ports of virtual networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


class NetworkSpecification:
    """Hooks of the network service."""

    @hookspec(firstresult=True)
    def network_port_create(self, network: str, port_xml: str, undo: UndoStack) -> str | None:
        """Take a port of a virtual network; the answer is the port's XML with what was allocated."""

    @hookspec(firstresult=True)
    def network_port_delete(self, network: str, port_uuid: str) -> bool | None:
        """Give a port back; a port that is gone is no error."""


class NetworkService(Service):
    """``pyvirt.services.network``."""

    kind = "network"
    specification = NetworkSpecification
    provider = "pyvirt-driver-network"

    def port_create(self, network: str, port_xml: str, undo: UndoStack) -> str:
        """Take a port of a virtual network; returns the port's XML."""
        return str(
            self._first(
                "network_port_create",
                f"create a port of network '{network}'",
                network=network,
                port_xml=port_xml,
                undo=undo,
            )
        )

    def port_delete(self, network: str, port_uuid: str) -> None:
        """Give a port back."""
        self._first(
            "network_port_delete", f"delete a port of network '{network}'", network=network, port_uuid=port_uuid
        )
