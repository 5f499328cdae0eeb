"""Defining, starting and stopping domains, and what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.driver import HypervisorDriver
from pyvirt.enums import (
    DomainCreateFlags,
    DomainPausedReason,
    DomainRunningReason,
    DomainShutoffReason,
    DomainState,
    DomainXMLFlags,
)
from pyvirt_conf.domain import ParserConfig, XmlFlags, parse_domain
from pyvirt_driver_example.bench import Standing, bench_at
from pyvirt_util.errors import InvalidArgError, OperationInvalidError

if TYPE_CHECKING:
    from pyvirt.enums import (
        DomainDefineFlags,
        DomainDestroyFlags,
        DomainRebootFlags,
        DomainShutdownFlags,
        DomainUndefineFlags,
    )
    from pyvirt.refs import DomainRef
    from pyvirt.types import DomainInfo, DomainStateReason
    from pyvirt_conf.domain import Domain

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64")
"""What this driver contributes when a definition is completed."""

REASONS = {
    DomainState.RUNNING: DomainRunningReason,
    DomainState.PAUSED: DomainPausedReason,
    DomainState.SHUTOFF: DomainShutoffReason,
}


class Life(HypervisorDriver):
    """The life of the machines on a bench."""

    def __init__(self, path: str) -> None:
        self.bench = bench_at(path)

    # Definitions

    def domain_define_xml_flags(self, xml: str, flags: DomainDefineFlags) -> DomainRef:
        """See the base class."""
        _refuse(flags)
        definition = _parse(xml)
        with self.bench.lock:
            machine = self.bench.place(definition)
            machine.stored = definition
            return machine.ref

    def domain_undefine_flags(self, domain: DomainRef, flags: DomainUndefineFlags) -> None:
        """See the base class. What runs goes on, as a transient domain."""
        _refuse(flags)
        with self.bench.lock:
            machine = self.bench.find(domain)
            if machine.stored is None:
                raise OperationInvalidError(f"cannot undefine transient domain '{machine.name}'")
            machine.stored = None
            machine.autostart = False
            self.bench.sweep(machine)

    def domain_get_xml_desc(self, domain: DomainRef, flags: DomainXMLFlags) -> str:
        """See the base class."""
        with self.bench.lock:
            machine = self.bench.find(domain)
            stored = machine.stored if flags & DomainXMLFlags.INACTIVE else None
            return (stored or machine.definition).format(XmlFlags(int(flags)))

    # Starting and stopping

    def domain_create_xml(self, xml: str, flags: DomainCreateFlags) -> DomainRef:
        """See the base class."""
        _refuse(flags, DomainCreateFlags.START_PAUSED)
        definition = _parse(xml)
        with self.bench.lock:
            machine = self.bench.place(definition)
            if machine.live is not None:
                raise OperationInvalidError(f"domain '{machine.name}' is already active")
            self.bench.run(machine, definition)
            if flags & DomainCreateFlags.START_PAUSED:
                self.domain_suspend(machine.ref)
            return machine.ref

    def domain_create_with_flags(self, domain: DomainRef, flags: DomainCreateFlags) -> None:
        """See the base class."""
        _refuse(flags, DomainCreateFlags.START_PAUSED)
        with self.bench.lock:
            machine = self.bench.find(domain)
            if machine.live is not None or machine.stored is None:
                raise OperationInvalidError(f"domain '{machine.name}' is already running")
            self.bench.run(machine, machine.stored.copy())
            if flags & DomainCreateFlags.START_PAUSED:
                self.domain_suspend(domain)

    def domain_suspend(self, domain: DomainRef) -> None:
        """See the base class."""
        with self.bench.lock:
            machine = self.bench.find(domain)
            machine.need_running()
            machine.standing = Standing(DomainState.PAUSED, DomainPausedReason.USER)

    def domain_resume(self, domain: DomainRef) -> None:
        """See the base class."""
        with self.bench.lock:
            machine = self.bench.find(domain)
            machine.need_running()
            if machine.standing.state != DomainState.PAUSED:
                raise OperationInvalidError(f"domain '{machine.name}' is not paused")
            machine.standing = Standing(DomainState.RUNNING, DomainRunningReason.UNPAUSED)

    def domain_shutdown_flags(self, domain: DomainRef, flags: DomainShutdownFlags) -> None:
        """See the base class. These guests obey at once."""
        _refuse(flags)
        with self.bench.lock:
            self.bench.stop(self.bench.find(domain), DomainShutoffReason.SHUTDOWN)

    def domain_destroy_flags(self, domain: DomainRef, flags: DomainDestroyFlags) -> None:
        """See the base class."""
        _refuse(flags)
        with self.bench.lock:
            self.bench.stop(self.bench.find(domain), DomainShutoffReason.DESTROYED)

    def domain_reboot(self, domain: DomainRef, flags: DomainRebootFlags) -> None:
        """See the base class. There is nothing that would begin anew."""
        _refuse(flags)
        with self.bench.lock:
            self.bench.find(domain).need_running()

    # What a domain is

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        """See the base class."""
        from pyvirt.types import DomainStateReason

        _refuse(flags)
        with self.bench.lock:
            state, reason = self.bench.find(domain).standing
            return DomainStateReason(state, REASONS[state](reason))

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        """See the base class. These guests use no CPU."""
        from pyvirt.types import DomainInfo

        with self.bench.lock:
            machine = self.bench.find(domain)
            definition = machine.definition
            memory = definition.memory or 0
            current = memory if definition.current_memory is None else definition.current_memory
            vcpus = definition.vcpu.current or definition.vcpu.count or 1
            return DomainInfo(machine.standing.state, memory, current, vcpus, 0)

    def domain_get_os_type(self, domain: DomainRef) -> str:
        """See the base class."""
        with self.bench.lock:
            return self.bench.find(domain).definition.os.type or "hvm"

    def domain_is_active(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.bench.lock:
            return self.bench.find(domain).live is not None

    def domain_is_persistent(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.bench.lock:
            return self.bench.find(domain).stored is not None

    def domain_is_updated(self, domain: DomainRef) -> bool:
        """See the base class. Definitions of these guests do not change while they run."""
        with self.bench.lock:
            self.bench.find(domain)
            return False

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.bench.lock:
            return self.bench.find(domain).autostart

    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        """See the base class."""
        with self.bench.lock:
            machine = self.bench.find(domain)
            if machine.stored is None:
                raise OperationInvalidError(f"cannot set autostart for transient domain '{machine.name}'")
            machine.autostart = autostart


def _parse(xml: str) -> Domain:
    """A definition from a user, complete and valid."""
    return parse_domain(xml, CONFIG, flags=XmlFlags.INACTIVE)


def _refuse(flags: int, known: int = 0) -> None:
    """Raise InvalidArgError for flags that an operation does not know."""
    if unknown := int(flags) & ~int(known):
        raise InvalidArgError(f"unsupported flags (0x{unknown:x})")
