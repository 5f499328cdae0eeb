"""The operations that are the same for every driver with guests on this host.

A driver subclasses :class:`LocalDomainDriver` and fills in what is its own: how a guest is started, stopped and cleaned
up after, and how its XML is completed and validated. Looking up, listing, defining, states, events and the settling of
what killed processes left are here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyvirt import enums
from pyvirt.driver.filters import domain_matches
from pyvirt.driver.flags import allow_flags
from pyvirt.driver.hypervisor import HypervisorDriver
from pyvirt.enums.domain_state import DomainShutoffReason, DomainState
from pyvirt.local.host import LocalHost
from pyvirt.local.records import DomainRecords, write_number
from pyvirt.local.status import reason_enum
from pyvirt.refs import DomainRef, DomainStateReason
from pyvirt_util import _logging
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InvalidArgError,
    NoDomainError,
    OperationFailedError,
    OperationInvalidError,
    VirtError,
)
from pyvirt_util.process import ProcessId
from pyvirt_util.undo import UndoStack

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from pyvirt.enums.domain import (
        ConnectListAllDomainsFlags,
        DomainCreateFlags,
        DomainDefineFlags,
        DomainDestroyFlags,
        DomainUndefineFlags,
        DomainXMLFlags,
    )
    from pyvirt.enums.domain_events import (
        DomainEventID,
        DomainEventShutdownDetailType,
        DomainEventStoppedDetailType,
        DomainEventType,
    )
    from pyvirt.events import EventCallback
    from pyvirt.events.bus import EventBus
    from pyvirt.events.kinds import DomainEvent
    from pyvirt.local.status import GuestStatus
    from pyvirt_conf import Domain
    from pyvirt_util.statedirs import Directories, Instance
    from pyvirt_util.store import Stamp

# All bits of DomainCreateFlags, DomainUndefineFlags, DomainXMLFlags and ConnectListAllDomainsFlags.
START_FLAGS = 0x3F
UNDEFINE_FLAGS = 0x7F
XML_FLAGS = 0xF
LIST_FLAGS = 0xFFFF


class LocalDomainDriver(LocalHost, HypervisorDriver, ABC):
    """Base of drivers whose guests are processes of this host; see the module for what a subclass fills in."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.directories: Directories = instance.directories(self.driver_name)
        self.records = DomainRecords(self.directories)
        self._definitions: dict[str, tuple[Stamp, Domain]] = {}
        self._live_definitions: dict[str, tuple[str, Domain]] = {}
        self._bus: EventBus | None = None

    # What a driver fills in

    @abstractmethod
    def parse_definition(self, xml: str, *, validate_schema: bool = False) -> Domain:
        """Parse, complete and validate a domain's XML as this driver wants it."""

    @abstractmethod
    def parse_stored(self, xml: str) -> Domain:
        """Parse a definition that :meth:`format_definition` wrote; it is complete already."""

    @abstractmethod
    def format_definition(self, domain: Domain, *, flags: int) -> str:
        """Format a definition; ``flags`` are enums.DomainXMLFlags."""

    @abstractmethod
    def start_guest(
        self, status: GuestStatus, domain: Domain, flags: DomainCreateFlags, undo: UndoStack
    ) -> GuestStatus:
        """Start a claimed guest and return its record: running or paused, with its process.

        Whatever is acquired is registered on ``undo`` at once, and is also found again by :meth:`clean_up_guest` from
        the record alone, since this process may be killed at any step. The guest's process must keep the lock of
        ``alive`` in the guest's folder.
        """

    @abstractmethod
    def stop_guest(self, status: GuestStatus, *, graceful: bool) -> None:
        """End a guest's process and wait until it is gone."""

    def clean_up_guest(self, status: GuestStatus) -> None:
        """Give back what a guest that is gone had: taps, mounts, cgroups. What is gone already is no error."""

    def exit_reason(self, status: GuestStatus) -> DomainShutoffReason:
        """Why a guest is gone whose end nobody saw."""
        return DomainShutoffReason.UNKNOWN

    def shutdown_detail(self, status: GuestStatus) -> DomainEventShutdownDetailType:
        """Who ended a guest that shut down in good order while nobody saw it."""
        return enums.DomainEventShutdownDetailType.FINISHED

    def watch_guests(self, stop: threading.Event) -> None:
        """Watch running guests on a thread and publish what they do by themselves, until ``stop`` is set."""
        while not stop.wait(0.2):
            self.settle_all()

    # Events

    @property
    def bus(self) -> EventBus:
        """Events of this instance's guests, from and to all processes."""
        if self._bus is None:
            from pyvirt.events.bus import EventBus

            self._bus = EventBus(f"{self.directories.runtime}/events", watch=self.watch_guests)
        return self._bus

    def publish(self, event: DomainEvent) -> None:
        """Tell all processes that listen."""
        self.bus.publish(event)

    def publish_lifecycle(self, domain: DomainRef, event: DomainEventType, detail: int) -> None:
        """Tell all processes that listen of a change in a domain's life."""
        if not self._anybody_listens():
            return
        from pyvirt.events.kinds import LifecycleEvent

        self.bus.publish(LifecycleEvent(domain, event, int(detail)))

    def _anybody_listens(self) -> bool:
        import os

        return os.path.isdir(f"{self.directories.runtime}/events")

    def connect_domain_event_register_any(
        self, domain: DomainRef | None, event_id: DomainEventID, callback: EventCallback
    ) -> int:
        """See the base class."""
        return self.bus.dispatcher.register(domain, event_id, callback)

    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        """See the base class."""
        self.bus.dispatcher.deregister(callback_id)

    def close(self) -> None:
        """See the base class."""
        if self._bus is not None:
            self._bus.close()

    def connect_is_alive(self) -> bool:
        """See the base class."""
        return True

    def connect_is_encrypted(self) -> bool:
        """See the base class."""
        return False

    def connect_is_secure(self) -> bool:
        """See the base class."""
        return True

    # Reading

    def live_status(self, name: str) -> GuestStatus | None:
        """The record of a guest that runs, ``None`` when it does not; settles one that is gone."""
        status = self.records.status(name)
        if status is None:
            return None
        if status.settled and self._process_alive(status):
            return status
        lock = self.records.lock(name)
        if lock.try_acquire():
            try:
                return self._settle(name)
            finally:
                lock.release()
        # Somebody is starting or stopping it right now.
        return status if status.pid and self._process_alive(status) and status.state != DomainState.SHUTOFF else None

    @staticmethod
    def _process_alive(status: GuestStatus) -> bool:
        return bool(status.pid) and ProcessId(status.pid, status.start_time).alive()

    def definition(self, name: str) -> Domain | None:
        """The persistent definition, or ``None``. Shared: copy before changing it."""
        stamp = self.records.persistent.stamp(name)
        if stamp is None:
            self._definitions.pop(name, None)
            return None
        known = self._definitions.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            record = self.records.persistent.read(name)
        except NoDomainError:
            return None
        domain = self.parse_stored(record.text)
        self._definitions[name] = (record.stamp, domain)
        return domain

    def stored(self, name: str) -> Domain:
        """The persistent definition; raises NoDomainError when the domain has none."""
        definition = self.definition(name)
        if definition is None:
            raise NoDomainError(f"no domain with matching name '{name}'")
        return definition

    def live_definition(self, status: GuestStatus) -> Domain:
        """The live definition of a running guest. Shared: copy before changing it."""
        known = self._live_definitions.get(status.name)
        if known is not None and known[0] == status.xml:
            return known[1]
        domain = self.parse_stored(status.xml)
        self._live_definitions[status.name] = (status.xml, domain)
        return domain

    def find(self, ref: DomainRef) -> tuple[str, GuestStatus | None]:
        """The name a handle has now, and its live record; raises NoDomainError when the domain is gone."""
        name = ref.name
        status = self.live_status(name)
        if status is not None:
            if status.uuid == ref.uuid:
                return name, status
        elif self.records.persistent.uuid_of(name) == ref.uuid:
            return name, None
        found = self.records.name_of(ref.uuid)
        if found is None or found == name:
            if found == name and self.records.persistent.stamp(name) is not None:
                return name, self.live_status(name)
            raise NoDomainError(f"no domain with matching uuid '{ref.uuid}' ({ref.name})")
        return found, self.live_status(found)

    def _ref(self, name: str, status: GuestStatus | None) -> DomainRef:
        if status is not None:
            return DomainRef(name, status.uuid, status.id)
        uuid = self.records.persistent.uuid_of(name)
        if uuid is None:
            raise NoDomainError(f"no domain with matching name '{name}'")
        return DomainRef(name, uuid, -1)

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        """See the base class."""
        try:
            return self._ref(name, self.live_status(name))
        except InvalidArgError as error:  # a name that no domain can have
            raise NoDomainError(f"no domain with matching name '{name}'") from error

    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        """See the base class."""
        from pyvirt_util.uuids import parse

        canonical = parse(uuid)
        name = self.records.name_of(canonical)
        if name is not None:
            status = self.live_status(name)
            if status is not None or self.records.persistent.stamp(name) is not None:
                return self._ref(name, status)
        raise NoDomainError(f"no domain with matching uuid '{canonical}'")

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        """See the base class."""
        for name in self.records.live.names():
            status = self.records.status(name)
            if status is not None and status.id == id:
                status = self.live_status(name)
                if status is not None and status.id == id:
                    return DomainRef(name, status.uuid, status.id)
        raise NoDomainError(f"no domain with matching id {id}")

    def connect_list_all_domains(self, flags: ConnectListAllDomainsFlags) -> list[DomainRef]:
        """See the base class."""
        allow_flags(flags, LIST_FLAGS, "virConnectListAllDomains")
        live = {}
        for name in self.records.live.names():
            try:
                status = self.live_status(name)
            except VirtError as error:
                _logging.error("pyvirt.local", "%s", error)
                continue
            if status is not None:
                live[name] = status
        found = []
        defined = self.records.persistent.uuids()
        for name in sorted({**defined, **live}):
            status = live.get(name)
            if int(flags) and not domain_matches(
                int(flags),
                active=status is not None,
                persistent=lambda name=name: name in defined,  # type: ignore[misc]
                state=lambda status=status: DomainState.SHUTOFF if status is None else status.state,  # type: ignore[misc]
                autostart=lambda name=name: self.records.autostart(name),  # type: ignore[misc]
            ):
                continue
            if status is not None:
                found.append(DomainRef(name, status.uuid, status.id))
            else:
                found.append(DomainRef(name, defined[name], -1))
        # Running guests come first, by number, as users know it.
        found.sort(key=lambda ref: (ref.id < 0, ref.id, ref.name))
        return found

    def domain_is_active(self, domain: DomainRef) -> bool:
        """See the base class."""
        return self.find(domain)[1] is not None

    def domain_is_persistent(self, domain: DomainRef) -> bool:
        """See the base class."""
        name, _ = self.find(domain)
        return self.records.persistent.stamp(name) is not None

    def domain_is_updated(self, domain: DomainRef) -> bool:
        """See the base class."""
        _name, status = self.find(domain)
        return status is not None and status.private.get("updated") == "yes"

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        """See the base class."""
        allow_flags(flags, 0, "virDomainGetState")
        name, status = self.find(domain)
        if status is not None:
            return DomainStateReason(status.state, reason_enum(status.state)(status.reason))
        return DomainStateReason(DomainState.SHUTOFF, self.last_reason(name))

    def last_reason(self, name: str) -> DomainShutoffReason:
        """Why a domain that does not run stopped last; unknown when it never ran since the host came up."""
        try:
            with open(f"{self.directories.runtime}/last/{name}", encoding="ascii") as file:
                return DomainShutoffReason(int(file.read()))
        except (OSError, ValueError):
            return DomainShutoffReason.UNKNOWN

    def _remember_reason(self, name: str, reason: DomainShutoffReason) -> None:
        from pyvirt_util.statedirs import ensure_directory

        ensure_directory(f"{self.directories.runtime}/last")
        write_number(f"{self.directories.runtime}/last/{name}", int(reason))

    def _forget_reason(self, name: str) -> None:
        from pyvirt_util.files import remove

        remove(f"{self.directories.runtime}/last/{name}", durable=False)

    def domain_get_xml_desc(self, domain: DomainRef, flags: DomainXMLFlags) -> str:
        """See the base class."""
        allow_flags(flags, XML_FLAGS, "virDomainGetXMLDesc")
        name, status = self.find(domain)
        if status is not None and not flags & enums.DomainXMLFlags.INACTIVE:
            return self.format_definition(self.live_definition(status), flags=flags)
        definition = self.definition(name)
        if definition is None:
            if status is None:
                raise NoDomainError(f"no domain with matching name '{name}'")
            definition = self.live_definition(status)
        return self.format_definition(definition, flags=int(flags) | enums.DomainXMLFlags.INACTIVE)

    # Changing

    @contextmanager
    def locked(self, ref: DomainRef) -> Iterator[tuple[str, GuestStatus | None]]:
        """Hold a domain's lock; gives its name and live record, with anything half-made settled."""
        for _ in range(3):
            name, _status = self.find(ref)
            with self.records.lock(name):
                status = self._settle(name)
                uuid = status.uuid if status is not None else self.records.persistent.uuid_of(name)
                if uuid != ref.uuid:
                    continue  # renamed or replaced while we waited
                yield name, status
                return
        raise NoDomainError(f"no domain with matching uuid '{ref.uuid}' ({ref.name})")

    @contextmanager
    def locked_running(self, ref: DomainRef) -> Iterator[GuestStatus]:
        """Hold a running domain's lock; raises OperationInvalidError when it does not run."""
        with self.locked(ref) as (_name, status):
            if status is None:
                raise OperationInvalidError("domain is not running")
            yield status

    def domain_define_xml_flags(self, xml: str, flags: DomainDefineFlags) -> DomainRef:
        """See the base class."""
        allow_flags(flags, enums.DomainDefineFlags.VALIDATE, "virDomainDefineXMLFlags")
        domain = self.parse_definition(xml, validate_schema=bool(flags))
        name, uuid = _identity(domain)
        text = self.format_definition(domain, flags=enums.DomainXMLFlags.INACTIVE | enums.DomainXMLFlags.SECURE)
        with self.records.lock(name):
            status = self._settle(name)
            new = self.records.define(name, uuid, text)
        ref = DomainRef(name, uuid, -1 if status is None else status.id)
        detail = enums.DomainEventDefinedDetailType.ADDED if new else enums.DomainEventDefinedDetailType.UPDATED
        self.publish_lifecycle(ref, enums.DomainEventType.DEFINED, detail)
        return ref

    def domain_undefine_flags(self, domain: DomainRef, flags: DomainUndefineFlags) -> None:
        """See the base class."""
        allow_flags(flags, UNDEFINE_FLAGS, "virDomainUndefineFlags")
        with self.locked(domain) as (name, status):
            if self.records.persistent.stamp(name) is None:
                raise OperationInvalidError("cannot undefine transient domain")
            self.before_undefine(name, status, flags)
            self.records.undefine(name)
            if status is None:
                self._forget_reason(name)
        self.publish_lifecycle(domain, enums.DomainEventType.UNDEFINED, enums.DomainEventUndefinedDetailType.REMOVED)

    def before_undefine(self, name: str, status: GuestStatus | None, flags: DomainUndefineFlags) -> None:
        """Refuse or remove what goes with a definition: saved state, snapshots, NVRAM."""

    def domain_rename(self, domain: DomainRef, new_name: str, flags: int) -> None:
        """See the base class; the domain must be persistent and may not run."""
        allow_flags(flags, 0, "virDomainRename")
        with self.locked(domain) as (name, status):
            if status is not None:
                raise OperationInvalidError("cannot rename active domain")
            stored = self.definition(name)
            if stored is None:
                raise OperationInvalidError("cannot rename a transient domain")
            if new_name == name:
                raise OperationInvalidError(f"domain with name '{new_name}' already exists")
            definition = stored.copy()
            definition.name = new_name
            text = self.format_definition(definition, flags=enums.DomainXMLFlags.INACTIVE | enums.DomainXMLFlags.SECURE)
            autostart = self.records.autostart(name)
            self.records.rename(name, new_name, domain.uuid, text)
            self._forget_reason(name)
            if autostart:
                self.records.set_autostart(new_name, True)
                self.records.set_autostart(name, False)
        detail = enums.DomainEventUndefinedDetailType.RENAMED
        self.publish_lifecycle(DomainRef(name, domain.uuid), enums.DomainEventType.UNDEFINED, detail)
        ref = DomainRef(new_name, domain.uuid)
        self.publish_lifecycle(ref, enums.DomainEventType.DEFINED, enums.DomainEventDefinedDetailType.RENAMED)

    def domain_create_xml(self, xml: str, flags: DomainCreateFlags) -> DomainRef:
        """See the base class."""
        allow_flags(flags, START_FLAGS, "virDomainCreateXML")
        domain = self.parse_definition(xml, validate_schema=bool(flags & enums.DomainCreateFlags.START_VALIDATE))
        name, _uuid = _identity(domain)
        with self.records.lock(name):
            self._settle(name)
            status = self._start(domain, flags)
        return DomainRef(name, status.uuid, status.id)

    def domain_create_with_flags(self, domain: DomainRef, flags: DomainCreateFlags) -> None:
        """See the base class."""
        allow_flags(flags, START_FLAGS, "virDomainCreateWithFlags")
        with self.locked(domain) as (name, status):
            if status is not None:
                raise OperationInvalidError("domain is already running")
            definition = self.definition(name)
            if definition is None:
                raise NoDomainError(f"no domain with matching name '{name}'")
            self._start(definition.copy(), flags)

    def _start(self, domain: Domain, flags: DomainCreateFlags) -> GuestStatus:
        name, uuid = _identity(domain)
        if flags & enums.DomainCreateFlags.START_AUTODESTROY:
            raise ConfigUnsupportedError("autodestroy needs a connection that outlives the call; destroy it yourself")
        status = self.records.claim(name, uuid)
        ref = DomainRef(name, uuid, status.id)
        with UndoStack() as undo:
            undo.push(self._remember_reason_if_defined, name, DomainShutoffReason.FAILED)
            undo.push(self._give_back, name)
            self._notify(ref, "starting", domain)
            status = self.start_guest(status, domain, flags, undo)
            if not status.pid:
                raise OperationFailedError(f"domain '{name}' has no process")
            status = status.changed(settled=True)
            self.records.write(status)
        self._forget_reason(name)
        self._notify(ref, "started", domain)
        self.publish_lifecycle(ref, enums.DomainEventType.STARTED, enums.DomainEventStartedDetailType.BOOTED)
        if status.state == DomainState.PAUSED:
            self.publish_lifecycle(ref, enums.DomainEventType.SUSPENDED, enums.DomainEventSuspendedDetailType.PAUSED)
        return status

    def _give_back(self, name: str) -> None:
        """Undo of a failed start: nothing of the guest stays."""
        status = self.records.status(name)
        if status is not None:
            self._end_processes(status)
            self.clean_up_guest(status)
        self.records.release(name)

    def _notify(self, ref: DomainRef, stage: str, domain: Domain | None) -> None:
        from pyvirt.loader import entry_points

        if entry_points("pyvirt.services.lifecycle"):
            from pyvirt import services

            xml = None if domain is None else self.format_definition(domain, flags=0)
            services.lifecycle.notify(self.driver_name, ref, stage, xml)

    def domain_destroy_flags(self, domain: DomainRef, flags: DomainDestroyFlags) -> None:
        """See the base class."""
        allow_flags(flags, enums.DomainDestroyFlags.GRACEFUL, "virDomainDestroyFlags")
        with self.locked_running(domain) as status:
            self.end_guest(
                status, DomainShutoffReason.DESTROYED, graceful=bool(flags & enums.DomainDestroyFlags.GRACEFUL)
            )

    def end_guest(self, status: GuestStatus, reason: DomainShutoffReason, *, graceful: bool = False) -> None:
        """Stop a guest and settle it; the caller holds the lock.

        The reason is written down first, so that whoever finds the guest dead after we were killed knows it.
        """
        marked = status.changed(private={**status.private, "stopping": str(int(reason))})
        self.records.write(marked)
        try:
            self.stop_guest(marked, graceful=graceful)
        except VirtError:
            self.records.write(status)
            raise
        self._finish(marked, reason)

    def set_state(self, status: GuestStatus, state: DomainState, reason: int) -> GuestStatus:
        """Record a guest's new state; the caller holds the lock."""
        changed = status.changed(state=state, reason=int(reason))
        self.records.write(changed)
        return changed

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        """See the base class."""
        name, _ = self.find(domain)
        return self.records.autostart(name)

    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        """See the base class."""
        with self.locked(domain) as (name, _status):
            if self.records.persistent.stamp(name) is None:
                raise OperationInvalidError("cannot set autostart for transient domain")
            self.records.set_autostart(name, autostart)

    # Settling what ended, or what a killed process left

    def settle_all(self) -> None:
        """Settle every guest that is gone."""
        for name in self.records.live.names():
            try:
                self.live_status(name)
            except VirtError as error:
                _logging.error("pyvirt.local", "%s", error)

    def _settle(self, name: str) -> GuestStatus | None:
        """The record of a guest that runs; the caller holds the lock, so nobody is at work on it."""
        status = self.records.status(name)
        if status is None:
            return None
        if status.settled and self._process_alive(status):
            return status
        if status.settled:
            stopping = status.private.get("stopping")
            reason = DomainShutoffReason(int(stopping)) if stopping else self.exit_reason(status)
            self._finish(status, reason)
        else:
            # A start whose process was killed: it never was a running domain.
            self._give_back(name)
            self._remember_reason_if_defined(name, DomainShutoffReason.FAILED)
        return None

    def _remember_reason_if_defined(self, name: str, reason: DomainShutoffReason) -> None:
        if self.records.persistent.stamp(name) is not None:
            self._remember_reason(name, reason)

    def _finish(self, status: GuestStatus, reason: DomainShutoffReason) -> None:
        name = status.name
        ref = DomainRef(name, status.uuid, status.id)
        self._end_processes(status)
        self.clean_up_guest(status)
        self._remember_reason_if_defined(name, reason)
        self.records.release(name)
        self._live_definitions.pop(name, None)
        self._notify(ref, "stopped", None)
        if reason == DomainShutoffReason.SHUTDOWN and status.state != DomainState.SHUTDOWN:
            # Nobody watched, or the watcher was slower: its event would come after the next one.
            self.publish_lifecycle(ref, enums.DomainEventType.SHUTDOWN, self.shutdown_detail(status))
        detail = stopped_detail(reason)
        self.publish_lifecycle(ref, enums.DomainEventType.STOPPED, detail)

    def _end_processes(self, status: GuestStatus) -> None:
        """Kill what is left of a guest: its process, or whoever keeps ``alive`` open when no pid was written."""
        import signal

        if status.pid:
            process = ProcessId(status.pid, status.start_time)
            process.reap()
            left = [process] if process.alive() else []
        else:
            left = self.records.guest_processes(status.name)
        for found in left:
            found.signal(signal.SIGKILL)
        for found in left:
            if not found.wait(10):
                raise OperationFailedError(f"process {found.pid} of domain '{status.name}' cannot be killed")
            found.reap()


def stopped_detail(reason: DomainShutoffReason) -> DomainEventStoppedDetailType:
    """The detail of the event of a guest that stopped for ``reason``; the names are the same."""
    return getattr(enums.DomainEventStoppedDetailType, reason.name, enums.DomainEventStoppedDetailType.SHUTDOWN)


def _identity(domain: Any) -> tuple[str, str]:
    name, uuid = domain.name, domain.uuid
    if not isinstance(name, str) or not isinstance(uuid, str):
        raise InvalidArgError("the definition has no name or no uuid")
    return name, uuid
