"""The bench: what a hypervisor would be for a real driver."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

from pyvirt.enums import DomainRunningReason, DomainShutoffReason, DomainState
from pyvirt.refs import DomainRef
from pyvirt_conf.domain import Domain
from pyvirt_util.errors import NoDomainError, OperationFailedError, OperationInvalidError


class Standing(NamedTuple):
    """A machine's state and why it is in it; the reason's enumeration depends on the state."""

    state: DomainState
    reason: int


OFF = Standing(DomainState.SHUTOFF, 0)


class Machine:
    """A machine: ``stored`` is its persistent definition (``None``: transient), ``live`` that of its present run."""

    def __init__(self, name: str, uuid: str) -> None:
        self.name = name
        self.uuid = uuid
        self.number = -1
        self.stored: Domain | None = None
        self.live: Domain | None = None
        self.standing = OFF
        self.autostart = False

    @property
    def ref(self) -> DomainRef:
        """The handle that users hold."""
        return DomainRef(self.name, self.uuid, self.number)

    @property
    def definition(self) -> Domain:
        """What it runs, or would run."""
        definition = self.live or self.stored
        assert definition is not None
        return definition

    def need_running(self) -> None:
        """Raise OperationInvalidError when it is off."""
        if self.live is None:
            raise OperationInvalidError(f"domain '{self.name}' is not running")


class Bench:
    """Machines that all connections to one path share. Whoever calls a method holds ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._machines: dict[str, Machine] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Machine]:
        return iter(self._machines.values())

    def find(self, ref: DomainRef) -> Machine:
        """The machine that a handle means; raises NoDomainError when it is gone."""
        machine = self._machines.get(ref.uuid)
        if machine is None:
            raise NoDomainError(f"no domain with matching uuid '{ref.uuid}' ({ref.name})")
        return machine

    def place(self, definition: Domain) -> Machine:
        """The machine with the name and UUID of a definition, new where there is none; both belong to one machine."""
        name, uuid = definition.name, definition.uuid
        assert name is not None
        assert uuid is not None
        for machine in self:
            if (machine.name == name) != (machine.uuid == uuid):
                raise OperationFailedError(f"domain '{machine.name}' already exists with uuid {machine.uuid}")
        return self._machines.setdefault(uuid, Machine(name, uuid))

    def run(self, machine: Machine, definition: Domain) -> None:
        """Switch a machine on."""
        self._count += 1
        machine.number = self._count
        machine.live = definition
        machine.live.id = machine.number
        machine.standing = Standing(DomainState.RUNNING, DomainRunningReason.BOOTED)

    def stop(self, machine: Machine, reason: DomainShutoffReason) -> None:
        """Switch a machine off; a transient one is gone then."""
        machine.need_running()
        machine.live = None
        machine.number = -1
        machine.standing = Standing(DomainState.SHUTOFF, reason)
        self.sweep(machine)

    def sweep(self, machine: Machine) -> None:
        """Forget a machine that neither runs nor is stored."""
        if machine.live is None and machine.stored is None:
            self._machines.pop(machine.uuid, None)


_benches: dict[str, Bench] = {}


def bench_at(path: str) -> Bench:
    """The bench of a path; made when it is first asked for."""
    return _benches.setdefault(path, Bench())
