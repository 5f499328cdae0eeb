"""The in-memory host: domains by name and UUID, under one lock, and who wants to hear of them."""

from __future__ import annotations

import threading

from pyvirt_driver_test.guest import Guest
from pyvirt_util.errors import NoDomainError, OperationFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt.events import Dispatcher
    from pyvirt.events.kinds import DomainEvent
    from pyvirt.refs import DomainRef


class NodeFigures:
    """What the host claims to be (virNodeInfo): memory in KiB."""

    __slots__ = ("cores", "cpus", "memory", "mhz", "model", "nodes", "sockets", "threads")

    def __init__(self) -> None:
        self.model = "i686"
        self.memory = 3 * 1024 * 1024
        self.cpus = 16
        self.mhz = 1400
        self.nodes = 2
        self.sockets = 2
        self.cores = 2
        self.threads = 2


class Host:
    """Everything one or more connections see. All of it is used with :attr:`lock` held; nothing under it waits."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.node = NodeFigures()
        self._by_uuid: dict[str, Guest] = {}
        self._uuids: dict[str, str] = {}
        self._next_id = 1
        self._listeners: list[Dispatcher] = []

    # Domains

    def __iter__(self) -> Iterator[Guest]:
        return iter(list(self._by_uuid.values()))

    def guest(self, ref: DomainRef) -> Guest:
        """The domain a handle means; raises NoDomainError when it is gone."""
        found = self._by_uuid.get(ref.uuid)
        if found is None:
            raise NoDomainError(f"no domain with matching uuid '{ref.uuid}' ({ref.name})")
        return found

    def by_uuid(self, uuid: str) -> Guest | None:
        """The domain with this UUID."""
        return self._by_uuid.get(uuid)

    def by_name(self, name: str) -> Guest | None:
        """The domain with this name."""
        uuid = self._uuids.get(name)
        return None if uuid is None else self._by_uuid[uuid]

    def match(self, name: str, uuid: str) -> Guest | None:
        """The domain that a definition with this name and UUID would replace.

        Raises OperationFailedError when one of them belongs to another domain (virDomainObjListAdd).
        """
        known = self._by_uuid.get(uuid)
        if known is not None and known.name != name:
            raise OperationFailedError(f"domain '{known.name}' is already defined with uuid {uuid}")
        other = self._uuids.get(name)
        if other is not None and other != uuid:
            raise OperationFailedError(f"domain '{name}' already exists with uuid {other}")
        return known

    def add(self, guest: Guest) -> None:
        """Add a domain for which :meth:`match` found no other."""
        self._by_uuid[guest.uuid] = guest
        self._uuids[guest.name] = guest.uuid

    def remove(self, guest: Guest) -> None:
        """Forget a domain."""
        del self._by_uuid[guest.uuid]
        del self._uuids[guest.name]

    def rename(self, guest: Guest, name: str) -> None:
        """Give a domain another name, which is free."""
        del self._uuids[guest.name]
        guest.name = name
        self._uuids[name] = guest.uuid

    def next_id(self) -> int:
        """The number of the next guest that is started."""
        number = self._next_id
        self._next_id += 1
        return number

    # Events

    def listen(self, dispatcher: Dispatcher) -> None:
        """Tell a connection of events from now on."""
        with self.lock:
            self._listeners.append(dispatcher)

    def unlisten(self, dispatcher: Dispatcher) -> None:
        """Stop telling a connection."""
        with self.lock:
            if dispatcher in self._listeners:
                self._listeners.remove(dispatcher)

    @property
    def heard(self) -> bool:
        """Whether anybody listens; events need not be made otherwise."""
        return bool(self._listeners)

    def emit(self, event: DomainEvent) -> None:
        """Queue an event for every connection that listens."""
        for dispatcher in self._listeners:
            dispatcher.emit(event)

    def emit_lifecycle(self, ref: DomainRef, event: int, detail: int) -> None:
        """Queue a lifecycle event; the numbers are those of DomainEventType and of its detail."""
        if self._listeners:
            from pyvirt.enums.domain_events import DomainEventType
            from pyvirt.events.kinds import LifecycleEvent

            self.emit(LifecycleEvent(ref, DomainEventType(event), int(detail)))
