"""The dispatcher of callbacks, and events as data."""

from __future__ import annotations

import json
import logging
import threading
import time

import pytest

from pyvirt import enums
from pyvirt.events import (
    BalloonChangeEvent,
    BlockJobEvent,
    Dispatcher,
    Event,
    EventStream,
    IoErrorEvent,
    LifecycleEvent,
    MetadataChangeEvent,
    NodeDeviceLifecycleEvent,
    NodeDeviceUpdateEvent,
    RebootEvent,
    Subscription,
)
from pyvirt.events.kinds import from_dict
from pyvirt.refs import DomainRef, NodeDeviceRef
from pyvirt_util.errors import InvalidArgError

ONE = DomainRef("one", "c7a5fdbd-edaf-9455-926a-d65c16db1809", 1)
TWO = DomainRef("two", "c7a5fdbd-edaf-9455-926a-d65c16db180a", 2)
LIFECYCLE, REBOOT = enums.DomainEventID.LIFECYCLE, enums.DomainEventID.REBOOT


def started(ref: DomainRef = ONE) -> LifecycleEvent:
    return LifecycleEvent(ref, enums.DomainEventType.STARTED, enums.DomainEventStartedDetailType.BOOTED)


class Collector:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify_all()

    def wait(self, count: int) -> list[Event]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= count, timeout=30), self.events
        return self.events


def settle(dispatcher: Dispatcher) -> None:
    """Wait until everything emitted so far was delivered."""
    last = Collector()
    number = dispatcher.register(None, REBOOT, last)
    dispatcher.emit(RebootEvent(ONE))
    last.wait(1)
    dispatcher.deregister(number)


def test_in_order_and_never_within_emit() -> None:
    dispatcher, collector = Dispatcher(), Collector()
    threads = set()
    dispatcher.register(None, LIFECYCLE, collector)
    dispatcher.register(None, LIFECYCLE, lambda event: threads.add(threading.get_ident()))
    events = [started(DomainRef(str(number), ONE.uuid)) for number in range(200)]
    for event in events:
        dispatcher.emit(event)
    assert collector.wait(200) == events
    settle(dispatcher)
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    dispatcher.clear()


def test_by_kind_and_domain() -> None:
    dispatcher = Dispatcher()
    everything, of_one, reboots = Collector(), Collector(), Collector()
    dispatcher.register(None, LIFECYCLE, everything)
    dispatcher.register(ONE._replace(name="renamed", id=-1), LIFECYCLE, of_one)
    dispatcher.register(None, REBOOT, reboots)
    dispatcher.emit(started(ONE))
    dispatcher.emit(started(TWO))
    dispatcher.emit(RebootEvent(TWO))
    reboots.wait(1)
    assert everything.events == [started(ONE), started(TWO)]
    assert of_one.events == [started(ONE)]
    assert reboots.events == [RebootEvent(TWO)]
    dispatcher.clear()


def test_a_callback_that_raises_is_logged_and_the_others_are_called(caplog: pytest.LogCaptureFixture) -> None:
    dispatcher, collector = Dispatcher(), Collector()

    def fail(event: Event) -> None:
        raise RuntimeError("what a pity")

    dispatcher.register(None, LIFECYCLE, fail)
    dispatcher.register(None, LIFECYCLE, collector)
    with caplog.at_level(logging.ERROR, "pyvirt.events"):
        dispatcher.emit(started())
        dispatcher.emit(started())
        collector.wait(2)
    assert caplog.text.count("RuntimeError: what a pity") == 2
    dispatcher.clear()


def test_deregistered_callbacks_are_not_called() -> None:
    dispatcher, staying, going = Dispatcher(), Collector(), Collector()
    dispatcher.register(None, LIFECYCLE, staying)
    number = dispatcher.register(None, LIFECYCLE, going)
    dispatcher.emit(started())
    staying.wait(1)
    settle(dispatcher)
    dispatcher.deregister(number)
    dispatcher.emit(started())
    staying.wait(2)
    settle(dispatcher)
    assert len(going.events) == 1
    for unknown in (number, 99):
        with pytest.raises(InvalidArgError, match=str(unknown)):
            dispatcher.deregister(unknown)
    dispatcher.clear()


def test_a_callback_gets_nothing_from_before_it_was_registered() -> None:
    dispatcher, late = Dispatcher(), Collector()
    entered, go_on = threading.Event(), threading.Event()

    def slow(event: Event) -> None:
        entered.set()
        go_on.wait(30)

    dispatcher.register(None, LIFECYCLE, slow)
    dispatcher.emit(started(ONE))
    dispatcher.emit(started(ONE))
    assert entered.wait(30)
    dispatcher.register(None, LIFECYCLE, late)
    dispatcher.emit(started(TWO))
    go_on.set()
    assert late.wait(1) == [started(TWO)]
    settle(dispatcher)
    assert late.events == [started(TWO)]
    dispatcher.clear()


def test_a_callback_may_register_and_deregister() -> None:
    dispatcher, collector = Dispatcher(), Collector()

    def once(event: Event) -> None:
        dispatcher.deregister(number)
        dispatcher.register(None, LIFECYCLE, collector)

    number = dispatcher.register(None, LIFECYCLE, once)
    dispatcher.register(None, LIFECYCLE, lambda event: None)
    dispatcher.emit(started(ONE))
    settle(dispatcher)
    dispatcher.emit(started(TWO))
    assert collector.wait(1) == [started(TWO)]
    dispatcher.clear()


def test_first_and_last_are_told() -> None:
    told: list[str] = []
    dispatcher = Dispatcher(on_first=lambda: told.append("first"), on_last=lambda: told.append("last"))
    first = dispatcher.register(None, LIFECYCLE, Collector())
    second = dispatcher.register(None, REBOOT, Collector())
    assert told == ["first"]
    dispatcher.deregister(first)
    assert told == ["first"]
    dispatcher.deregister(second)
    assert told == ["first", "last"]
    dispatcher.register(None, LIFECYCLE, Collector())
    dispatcher.clear()
    assert told == ["first", "last"] * 2


def test_a_first_that_fails_leaves_nothing_registered() -> None:
    def fail() -> None:
        raise InvalidArgError("no events today")

    dispatcher = Dispatcher(on_first=fail)
    collector = Collector()
    with pytest.raises(InvalidArgError, match="no events today"):
        dispatcher.register(None, LIFECYCLE, collector)
    with pytest.raises(InvalidArgError, match="no event callback with number 0"):
        dispatcher.deregister(0)


def threads_of_events() -> int:
    return sum(thread.name == "pyvirt-events" for thread in threading.enumerate())


def test_the_thread_ends_with_the_last_callback() -> None:
    dispatcher = Dispatcher()
    for _ in range(3):
        deadline = time.monotonic() + 30
        while threads_of_events() and time.monotonic() < deadline:  # also those of the tests before
            time.sleep(0.005)
        assert threads_of_events() == 0
        numbers = [dispatcher.register(None, LIFECYCLE, Collector()) for _ in range(2)]
        assert threads_of_events() == 1
        for number in numbers:
            dispatcher.deregister(number)
    dispatcher.clear()


def test_a_subscription_is_cancelled_once() -> None:
    cancelled: list[int] = []
    with Subscription(cancelled.append, 7) as subscription:
        subscription.cancel()
    assert cancelled == [7]
    assert subscription.number == 7


def test_a_stream_of_events() -> None:
    stream = EventStream()
    stream.put(started(ONE))
    stream.put(started(TWO))
    assert next(stream) == started(ONE)
    assert stream.get(timeout=1) == started(TWO)
    assert stream.get(timeout=0.01) is None
    closer = threading.Timer(0.05, stream.close)
    closer.start()
    assert list(stream) == []
    closer.join()


def test_events_travel_as_json() -> None:
    for event in (
        started(),
        RebootEvent(ONE),
        BalloonChangeEvent(TWO, 4096),
        IoErrorEvent(ONE, "/disk", "virtio0", 1, "enospc"),
        BlockJobEvent(ONE, "vda", 2, 3),
        MetadataChangeEvent(ONE, 2, None),
    ):
        text = json.dumps(event.to_dict())
        assert "\n" not in text
        assert from_dict(json.loads(text)) == event


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"event_id": 999, "domain": list(ONE)},
        {"event_id": 0, "domain": list(ONE)},
        {"event_id": 0, "domain": "one", "event": 2, "detail": 0},
        {"event_id": 0, "domain": list(ONE), "event": 99, "detail": 0},
    ],
)
def test_what_is_no_event(values: dict[str, object]) -> None:
    with pytest.raises(InvalidArgError, match="not an event"):
        from_dict(values)


def test_lifecycle_events_explain_themselves() -> None:
    event = LifecycleEvent(ONE, enums.DomainEventType.STOPPED, 1)
    assert event.reason is enums.DomainEventStoppedDetailType.DESTROYED
    assert str(event) == "one: stopped (destroyed)"


def test_one_dispatcher_serves_objects_of_any_kind() -> None:
    ours, other = NodeDeviceRef("pci_0000_00_1f_2"), NodeDeviceRef("pci_0000_00_1f_3")
    dispatcher = Dispatcher()
    everything, one = Collector(), Collector()
    dispatcher.register(None, enums.NodeDeviceEventID.UPDATE, everything)
    dispatcher.register(ours, enums.NodeDeviceEventID.UPDATE, one)
    dispatcher.emit(NodeDeviceUpdateEvent(other))
    created = enums.NodeDeviceEventLifecycleType.CREATED
    dispatcher.emit(NodeDeviceLifecycleEvent(ours, created))
    dispatcher.emit(NodeDeviceUpdateEvent(ours))
    assert everything.wait(2) == [NodeDeviceUpdateEvent(other), NodeDeviceUpdateEvent(ours)]
    assert one.wait(1) == [NodeDeviceUpdateEvent(ours)]
    assert str(NodeDeviceLifecycleEvent(ours, created)) == "pci_0000_00_1f_2: created"
    dispatcher.clear()
