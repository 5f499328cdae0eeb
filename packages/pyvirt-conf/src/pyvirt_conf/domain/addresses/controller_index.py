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
    if all(controller.index is not None for controller in controllers):
        return
    free = {kind: _Free(domain, kind) for kind in {controller.type for controller in controllers}}
    parts = {(c.index, c.model) for c in controllers if _is_part(c)}
    before: Controller | None = None
    for controller in controllers:
        if controller.index is None:
            whole = before.index if before is not None and _is_part(before) and _is_part(controller) else None
            if whole is None or (whole, controller.model) in parts:
                controller.index = free[controller.type].take()
            else:
                controller.index = whole
            parts.add((controller.index, controller.model))
        if controller.type is ControllerType.USB:
            before = controller


def free_index(domain: Domain, kind: ControllerType) -> int:
    """The lowest index no controller of the type has."""
    return _Free(domain, kind).take()


class _Free:
    """The indexes no controller of a type has, the lowest first."""

    def __init__(self, domain: Domain, kind: ControllerType) -> None:
        self._taken = {c.index for c in domain.devices.controllers if c.type is kind}
        self._next = 0

    def take(self) -> int:
        while self._next in self._taken:
            self._next += 1
        self._next += 1
        return self._next - 1


def _is_part(controller: Controller) -> bool:
    return controller.model == "ich9-ehci1" or controller.model in USB_COMPANIONS
