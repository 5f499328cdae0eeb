"""Connecting a guest's NIC to the host: taps, bridges, virtual functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


@dataclass(frozen=True, slots=True)
class InterfaceRequest:
    """What a hypervisor driver wants plugged.

    ``type`` is the XML's (``bridge``, ``ethernet``, ``direct``, ``hostdev`` ...), ``source`` the bridge or device.
    ``target`` is the wished device name, with ``%d`` where the kernel may number it. ``queues``
    taps are opened on one device.
    """

    type: str
    mac: str
    domain: str
    domain_uuid: str
    source: str | None = None
    target: str | None = None
    mode: str | None = None
    queues: int = 1
    vnet_header: bool = True
    managed: bool = True
    mtu: int | None = None
    up: bool = True
    isolated: bool = False
    vlan: tuple[int, ...] = ()
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluggedInterface:
    """What was plugged: the device's name, and open descriptors of its queues, which the caller now owns.

    ``pci_address`` is set where the guest gets a PCI function (``0000:03:10.0``) instead of a tap.
    """

    target: str | None
    fds: tuple[int, ...] = ()
    pci_address: str | None = None
    created: bool = False


class InterfaceSpecification:
    """Hooks of the interface service."""

    @hookspec(firstresult=True)
    def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
        """Connect a NIC; register each rollback on ``undo`` at once. ``None``: not a type this plug-in serves."""

    @hookspec(firstresult=True)
    def interface_unplug(self, request: InterfaceRequest, target: str | None) -> bool | None:
        """Take a NIC down again; what is gone already is no error. ``None``: not a type this plug-in serves."""


class InterfaceService(Service):
    """``pyvirt.services.interface``."""

    kind = "interface"
    specification = InterfaceSpecification
    provider = "pyvirt-netdev"

    def plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface:
        """Connect a NIC to the host; what was acquired is rolled back through ``undo``."""
        answer = self._first(
            "interface_plug", f"connect interfaces of type '{request.type}'", request=request, undo=undo
        )
        assert isinstance(answer, PluggedInterface)
        return answer

    def unplug(self, request: InterfaceRequest, target: str | None) -> None:
        """Disconnect a NIC."""
        self._first(
            "interface_unplug", f"disconnect interfaces of type '{request.type}'", request=request, target=target
        )
