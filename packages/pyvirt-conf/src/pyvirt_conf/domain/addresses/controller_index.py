"""Numbers of controllers: devices name theirs by type and index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.controller import USB_COMPANIONS, Controller, ControllerType

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


def assign_controller_indexes(domain: Domain) -> None:
    """Give each controller without an index the lowest of its type (virDomainAssignControllerIndexes).

    A USB 2 controller and its companions are one: the index of the part before it is that of a part that wasn't there.
    """
    controllers = domain.devices.controllers
    for place, controller in enumerate(controllers):
        if controller.index is None:
            index = _index_of_whole(controllers, place) if _is_part(controller) else None
            controller.index = free_index(domain, controller.type) if index is None else index


def free_index(domain: Domain, kind: ControllerType) -> int:
    """The lowest index no controller of the type has."""
    taken = {c.index for c in domain.devices.controllers if c.type is kind}
    index = 0
    while index in taken:
        index += 1
    return index


def _is_part(controller: Controller) -> bool:
    return controller.model == "ich9-ehci1" or controller.model in USB_COMPANIONS


def _index_of_whole(controllers: list[Controller], place: int) -> int | None:
    """The index of the USB controller before, if that is part of a whole which lacks this one."""
    before = next((c for c in reversed(controllers[:place]) if c.type is ControllerType.USB), None)
    if before is None or not _is_part(before):
        return None
    model = controllers[place].model
    there = any(c.type is ControllerType.USB and (c.index, c.model) == (before.index, model) for c in controllers)
    return None if there else before.index
