"""The driver of ``example:`` URIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvirt.driver import HypervisorDriver
from pyvirt.refs import DomainRef
from pyvirt_driver_example.bench import bench_at
from pyvirt_util.errors import NoDomainError, OperationInvalidError

if TYPE_CHECKING:
    from pyvirt.auth import Authenticator
    from pyvirt.enums.domain import ConnectListAllDomainsFlags, DomainCreateFlags, DomainDestroyFlags
    from pyvirt.types import DomainStateReason
    from pyvirt_driver_example.bench import Bench, Machine
    from pyvirt_util.uris import URI


class BenchDriver(HypervisorDriver):
    """A connection to a bench. Operations that are not here raise NoSupportError."""

    driver_name = "example"

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """Connect to the bench that the URI's path names."""
        return cls(bench_at(uri.path or "/"))

    def connect_get_type(self) -> str:
        """See the base class."""
        return "Example"

    def connect_is_alive(self) -> bool:
        """See the base class."""
        return True

    def connect_list_all_domains(self, flags: ConnectListAllDomainsFlags) -> list[DomainRef]:
        """See the base class. All machines, whatever the flags."""
        with self._bench.lock:
            return [_ref(machine) for machine in self._bench.machines.values()]

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        """See the base class."""
        with self._bench.lock:
            return _ref(self._machine(name))

    def domain_is_active(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self._bench.lock:
            return self._machine(domain.name).number is not None

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        """See the base class."""
        from pyvirt.enums.domain_state import DomainRunningReason, DomainShutoffReason, DomainState
        from pyvirt.types import DomainStateReason

        if self.domain_is_active(domain):
            return DomainStateReason(DomainState.RUNNING, DomainRunningReason.BOOTED)
        return DomainStateReason(DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)

    def domain_create_with_flags(self, domain: DomainRef, flags: DomainCreateFlags) -> None:
        """See the base class: switch the machine on."""
        with self._bench.lock:
            machine = self._machine(domain.name)
            if machine.number is not None:
                raise OperationInvalidError(f"domain '{domain.name}' is already running")
            self._bench.switch_on(machine)

    def domain_destroy_flags(self, domain: DomainRef, flags: DomainDestroyFlags) -> None:
        """See the base class: switch the machine off."""
        with self._bench.lock:
            machine = self._machine(domain.name)
            if machine.number is None:
                raise OperationInvalidError(f"domain '{domain.name}' is not running")
            machine.number = None

    def _machine(self, name: str) -> Machine:
        machine = self._bench.machines.get(name)
        if machine is None:
            raise NoDomainError(f"no domain with matching name '{name}'")
        return machine


def _ref(machine: Machine) -> DomainRef:
    return DomainRef(machine.name, machine.uuid, -1 if machine.number is None else machine.number)
