"""What the suites work with: a connection, domains that go away again, events as they come."""

from __future__ import annotations

import threading
import time
import uuid as uuids
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import pyvirt
from pyvirt import enums
from pyvirt_util.errors import InvalidArgError, NoDomainError, NoSupportError, VirtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyvirt.events import LifecycleEvent
    from pyvirt.objects import Connection, Domain
    from pyvirt_testing.conformance.driver import DriverUnderTest

Kind = tuple[enums.DomainEventType, int]
_POLL = 0.02


class Bench:
    """One test's connection, and the domains it made."""

    def __init__(self, driver: DriverUnderTest) -> None:
        self.driver = driver
        self.conn: Connection = pyvirt.open(driver.uri)
        self._made: set[str] = set()
        self._lock = threading.Lock()

    def need(self, *operations: str) -> None:
        """Skip the test when the driver declares that it lacks one of these."""
        lacking = [name for name in operations if self.driver.lacks(name)]
        if lacking:
            pytest.skip(f"the driver declares that it lacks {', '.join(lacking)}")

    def need_shared(self) -> None:
        """Skip the test when every connection to the URI has domains of its own."""
        if not self.driver.shared:
            pytest.skip("the driver declares that connections share nothing")

    # Domains

    def new_name(self) -> str:
        """A name that no domain has."""
        return f"conformance-{uuids.uuid4().hex[:12]}"

    def new_uuid(self) -> str:
        """A UUID that no domain has; cleaned up after should one get it."""
        uuid = str(uuids.uuid4())
        with self._lock:
            self._made.add(uuid)
        return uuid

    def xml(self, name: str | None = None, *, uuid: str | None = None, description: str | None = None) -> str:
        """XML of a domain; what is not given is made up."""
        return self.driver.xml(name or self.new_name(), uuid=uuid or self.new_uuid(), description=description)

    def define(self, name: str | None = None, *, uuid: str | None = None, description: str | None = None) -> Domain:
        """Define a domain."""
        return self.conn.define_domain(self.xml(name, uuid=uuid, description=description))

    def start(self, name: str | None = None, *, paused: bool = False) -> Domain:
        """Define a domain and start it."""
        domain = self.define(name)
        domain.start(enums.DomainCreateFlags.START_PAUSED if paused else 0)
        if not paused:
            self._wait_until_ready(domain)
        return domain

    def create(self, name: str | None = None, *, uuid: str | None = None) -> Domain:
        """Start a transient domain."""
        domain = self.conn.create_domain(self.xml(name, uuid=uuid))
        self._wait_until_ready(domain)
        return domain

    def _wait_until_ready(self, domain: Domain) -> None:
        if self.driver.ready is not None:
            self.driver.ready(domain)

    # Waiting

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that takes a while; fails when it does not come."""
        deadline = time.monotonic() + self.driver.timeout
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {self.driver.timeout} s: {what}")
            time.sleep(_POLL)

    def until_state(self, domain: Domain, state: enums.DomainState) -> None:
        """Wait until a domain is in a state."""
        self.until(lambda: domain.state().state == state, f"{domain.name} is {state.name}")

    @contextmanager
    def recording(self, domain: Domain | None = None) -> Iterator[Recorder]:
        """Note lifecycle events, of one domain or of all."""
        recorder = Recorder(self)
        with self.conn.on_domain_event(recorder.note, domain=domain):
            yield recorder

    # The end

    def close(self) -> None:
        """Remove what was made, over a connection of its own."""
        self.conn.close()
        if not self._made:
            return
        with pyvirt.open(self.driver.uri) as conn:
            for uuid in self._made:
                try:
                    _remove(conn.lookup_domain_by_uuid(uuid))
                except NoDomainError:
                    continue


def _remove(domain: Domain) -> None:
    if domain.is_active():
        domain.destroy()
    if _is_there(domain) and domain.is_persistent():
        kinds = enums.DomainUndefineFlags
        try:
            domain.undefine(kinds.MANAGED_SAVE | kinds.SNAPSHOTS_METADATA | kinds.CHECKPOINTS_METADATA | kinds.NVRAM)
        except (InvalidArgError, NoSupportError):
            domain.undefine()


def _is_there(domain: Domain) -> bool:
    try:
        domain.is_active()
    except NoDomainError:
        return False
    return True


class Recorder:
    """Lifecycle events in the order they came."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.events: list[LifecycleEvent] = []
        self.threads: set[int] = set()

    def note(self, event: LifecycleEvent) -> None:
        """The callback."""
        self.threads.add(threading.get_ident())
        self.events.append(event)

    def of(self, domain: Domain) -> list[Kind]:
        """The events of a domain, without those that a driver may send in addition.

        These are SHUTDOWN before STOPPED, as it depends on the guest, and RESUMED beside STARTED, as guests that are
        started are let go in a step of its own.
        """
        kinds = [(event.event, event.detail) for event in list(self.events) if event.domain.uuid == domain.uuid]
        types = enums.DomainEventType
        kept: list[Kind] = []
        for position, kind in enumerate(kinds):
            beside = [near[0] for near in kinds[max(position - 1, 0) : position + 2]]
            if kind[0] == types.SHUTDOWN or (kind[0] == types.RESUMED and types.STARTED in beside):
                continue
            kept.append(kind)
        return kept

    def expect(self, domain: Domain, *wanted: tuple[enums.DomainEventType, int]) -> None:
        """Wait for as many events of a domain, which must be these, in this order, and nothing else."""
        expected = [(event, int(detail)) for event, detail in wanted]
        deadline = time.monotonic() + self._bench.driver.timeout
        while len(self.of(domain)) < len(expected) and time.monotonic() < deadline:
            time.sleep(_POLL)
        assert self.of(domain) == expected


def code_of(error: VirtError) -> str:
    """An error for messages: its class and text."""
    return f"{type(error).__name__}: {error}"
