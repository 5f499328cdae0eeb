"""Connecting a guest's NICs to the host, through the core's interface service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvirt_util.errors import VirtError

if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest, PluggedInterface
    from pyvirt_util.undo import UndoStack


def plug(request: InterfaceRequest, undo: UndoStack) -> PluggedInterface:
    """Connect one NIC."""
    from pyvirt import services

    return services.interface.plug(request, undo)


def encode(plugged: list[tuple[InterfaceRequest, str | None]]) -> str:
    """What is plugged, as text for the guest's record, so that any process can unplug it."""
    return json.dumps([[*_fields(request), target] for request, target in plugged], separators=(",", ":"))


def unplug_all(text: str) -> None:
    """Disconnect what :func:`encode` described; what is gone already is no error."""
    from pyvirt import services
    from pyvirt.services.specs.interface import InterfaceRequest

    failure: VirtError | None = None
    for kind, mac, domain, uuid, source, managed, target in json.loads(text):
        request = InterfaceRequest(type=kind, mac=mac, domain=domain, domain_uuid=uuid, source=source, managed=managed)
        try:
            services.interface.unplug(request, target)
        except VirtError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _fields(request: InterfaceRequest) -> tuple[str, str, str, str, str | None, bool]:
    return (request.type, request.mac, request.domain, request.domain_uuid, request.source, request.managed)
