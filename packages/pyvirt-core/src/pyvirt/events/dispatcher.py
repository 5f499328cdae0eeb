"""Callbacks of one driver instance, run on a thread of their own, and events as an iterator."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

from pyvirt_util.errors import InvalidArgError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from pyvirt.events.kinds import DomainEvent, Event

EventCallback: TypeAlias = "Callable[[Any], None]"
"""Called with the event."""

CloseCallback: TypeAlias = "Callable[[int], None]"
"""Called with a ConnectCloseReason."""

_log = logging.getLogger("pyvirt.events")


class Dispatcher:
    """Registers callbacks by kind and object and calls them on a daemon thread, in the order of the events.

    A callback gets the events emitted after it was registered. When :meth:`deregister` returns, at most the one call
    that is under way is still to end.

    :param on_first: called when the first callback is registered, before it can miss anything.
    :param on_last: called when the last one is gone.
    """

    def __init__(
        self, *, on_first: Callable[[], None] | None = None, on_last: Callable[[], None] | None = None
    ) -> None:
        self._lock = threading.Lock()
        # By number: the kind, the object's key or None for all objects, the callback, and since when (monotonic ns).
        self._callbacks: dict[int, tuple[int, str | None, EventCallback, int]] = {}
        self._next = 0
        # The thread's own while there are callbacks; None ends it.
        self._queue: SimpleQueue[tuple[int, Event] | None] | None = None
        self._on_first = on_first
        self._on_last = on_last

    def register(self, subject: tuple[Any, ...] | None, event_id: int, callback: EventCallback) -> int:
        """Register ``callback`` for events of the kind ``event_id`` of one object, or of all; returns its number.

        :param subject: the object's handle: a DomainRef, a NodeDeviceRef ...
        """
        with self._lock:
            first = self._queue is None
            number = self._next
            self._next += 1
            key = None if subject is None else _key(subject)
            self._callbacks[number] = (int(event_id), key, callback, time.monotonic_ns())
            if self._queue is None:
                self._queue = SimpleQueue()
                threading.Thread(target=self._run, args=(self._queue,), name="pyvirt-events", daemon=True).start()
        if first and self._on_first is not None:
            try:
                self._on_first()
            except BaseException:
                self.deregister(number)
                raise
        return number

    def deregister(self, number: int) -> None:
        """Forget a callback; raises InvalidArgError for a number that is not registered."""
        with self._lock:
            if self._callbacks.pop(number, None) is None:
                raise InvalidArgError(f"no event callback with number {number}")
            last = not self._callbacks
            if last and self._queue is not None:
                self._queue.put(None)
                self._queue = None
        if last and self._on_last is not None:
            self._on_last()

    def clear(self) -> None:
        """Forget all callbacks."""
        for number in list(self._callbacks):
            try:
                self.deregister(number)
            except InvalidArgError:
                continue

    def emit(self, event: Event, at: int | None = None) -> None:
        """Queue an event; returns at once.

        :param at: when it happened, in nanoseconds of the monotonic clock, which all processes of a host share; now by
            default. A callback gets no event from before it was registered.
        """
        with self._lock:
            if self._queue is not None:
                self._queue.put((time.monotonic_ns() if at is None else at, event))

    def _run(self, queue: SimpleQueue[tuple[int, Event] | None]) -> None:
        while True:
            item = queue.get()
            if item is None:
                return
            at, event = item
            with self._lock:
                wanted = [
                    number
                    for number, (event_id, key, _, since) in self._callbacks.items()
                    if event_id == event.event_id and key in (None, _key(event.subject)) and at >= since
                ]
            for number in wanted:
                registered = self._callbacks.get(number)
                if registered is None:
                    continue  # deregistered meanwhile
                try:
                    registered[2](event)
                except Exception:
                    _log.exception("event callback %r failed on %s", registered[2], event)


def _key(subject: Any) -> str:
    """What stays the same in all handles of one object: its UUID, or its name where it has none."""
    return str(getattr(subject, "uuid", None) or subject.name)


class Subscription:
    """A registered callback; :meth:`cancel` it, or leave it as a context manager."""

    def __init__(self, deregister: Callable[[int], None], number: int) -> None:
        self._deregister: Callable[[int], None] | None = deregister
        self.number = number

    def cancel(self) -> None:
        """Stop; a second call does nothing."""
        deregister, self._deregister = self._deregister, None
        if deregister is not None:
            deregister(self.number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class EventStream:
    """Events as an iterator. It never ends by itself: leave the ``with`` block, or :meth:`close` it from elsewhere."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[DomainEvent | None] = SimpleQueue()
        self.subscription: Subscription | None = None

    def put(self, event: DomainEvent) -> None:
        """Add an event (the callback that fills the stream)."""
        self._queue.put(event)

    def get(self, timeout: float | None = None) -> DomainEvent | None:
        """The next event; ``None`` after ``timeout`` seconds without one, or when the stream was closed."""
        try:
            return self._queue.get(timeout=timeout)
        except Empty:
            return None

    def close(self) -> None:
        """Stop; whoever waits in the iterator leaves it."""
        if self.subscription is not None:
            self.subscription.cancel()
        self._queue.put(None)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> DomainEvent:
        event = self._queue.get()
        if event is None:
            raise StopIteration
        return event

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
