"""Lifecycle events."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import InvalidArgError, OperationFailedError, OperationInvalidError

if TYPE_CHECKING:
    from pyvirt_testing.conformance.bench import Bench

Type = enums.DomainEventType
ADDED = (Type.DEFINED, enums.DomainEventDefinedDetailType.ADDED)
UPDATED = (Type.DEFINED, enums.DomainEventDefinedDetailType.UPDATED)
REMOVED = (Type.UNDEFINED, enums.DomainEventUndefinedDetailType.REMOVED)
BOOTED = (Type.STARTED, enums.DomainEventStartedDetailType.BOOTED)
RESTORED = (Type.STARTED, enums.DomainEventStartedDetailType.RESTORED)
PAUSED = (Type.SUSPENDED, enums.DomainEventSuspendedDetailType.PAUSED)
UNPAUSED = (Type.RESUMED, enums.DomainEventResumedDetailType.UNPAUSED)
DESTROYED = (Type.STOPPED, enums.DomainEventStoppedDetailType.DESTROYED)
SHUT_DOWN = (Type.STOPPED, enums.DomainEventStoppedDetailType.SHUTDOWN)
SAVED = (Type.STOPPED, enums.DomainEventStoppedDetailType.SAVED)


class EventConformance(Conformance):
    """Lifecycle events: which, in which order, to whom, and callbacks that fail.

    A driver may send SHUTDOWN before STOPPED and RESUMED beside STARTED in addition.
    """

    @pytest.fixture(autouse=True)
    def _has_events(self, bench: Bench) -> None:
        bench.need("connect_domain_event_register_any", "connect_domain_event_deregister_any")

    def test_a_whole_life(self, bench: Bench) -> None:
        with bench.recording() as events:
            domain = bench.define()
            domain.start()
            domain.destroy()
            domain.undefine()
            events.expect(domain, ADDED, BOOTED, DESTROYED, REMOVED)

    def test_redefine(self, bench: Bench) -> None:
        with bench.recording() as events:
            domain = bench.define()
            bench.define(domain.name, uuid=domain.uuid, description="changed")
            events.expect(domain, ADDED, UPDATED)

    def test_suspend_and_resume(self, bench: Bench) -> None:
        bench.need("domain_suspend", "domain_resume")
        domain = bench.start()
        with bench.recording() as events:
            domain.suspend()
            domain.resume()
            events.expect(domain, PAUSED, UNPAUSED)

    def test_start_paused(self, bench: Bench) -> None:
        domain = bench.define()
        with bench.recording() as events:
            domain.start(enums.DomainCreateFlags.START_PAUSED)
            events.expect(domain, BOOTED, PAUSED)

    def test_a_transient_life(self, bench: Bench) -> None:
        with bench.recording() as events:
            domain = bench.create()
            domain.destroy()
            events.expect(domain, BOOTED, DESTROYED)

    def test_shutdown(self, bench: Bench) -> None:
        bench.need("domain_shutdown_flags")
        if "shutdown" not in bench.driver.guest_obeys:
            pytest.skip("the guest does not obey a shutdown")
        domain = bench.start()
        with bench.recording() as events:
            domain.shutdown()
            events.expect(domain, SHUT_DOWN)

    def test_managed_save(self, bench: Bench) -> None:
        bench.need("domain_managed_save")
        domain = bench.start()
        with bench.recording() as events:
            domain.managed_save()
            domain.start()
            events.expect(domain, SAVED, RESTORED)

    def test_rename(self, bench: Bench) -> None:
        bench.need("domain_rename")
        domain = bench.define()
        old, new = domain.name, bench.new_name()
        with bench.recording() as events:
            domain.rename(new)
            events.expect(
                domain,
                (Type.UNDEFINED, enums.DomainEventUndefinedDetailType.RENAMED),
                (Type.DEFINED, enums.DomainEventDefinedDetailType.RENAMED),
            )
        assert [event.domain.name for event in events.events if event.domain.uuid == domain.uuid] == [old, new]

    def test_what_is_refused_tells_nobody(self, bench: Bench) -> None:
        domain = bench.start()
        with bench.recording() as events:
            with pytest.raises(OperationInvalidError):
                domain.start()
            with pytest.raises(OperationFailedError):
                bench.define(domain.name)
            domain.destroy()
            events.expect(domain, DESTROYED)

    def test_events_say_whose_they_are(self, bench: Bench) -> None:
        with bench.recording() as events:
            domain = bench.start()
            number = domain.id
            events.expect(domain, ADDED, BOOTED)
        started = [event for event in events.events if event.event == Type.STARTED and event.domain.uuid == domain.uuid]
        assert started[0].domain == (domain.name, domain.uuid, number)
        assert started[0].reason == enums.DomainEventStartedDetailType.BOOTED
        assert domain.name in str(started[0])

    def test_of_one_domain_only(self, bench: Bench) -> None:
        domain, other = bench.define(), bench.define()
        with bench.recording(domain) as events, bench.recording() as everything:
            other.start()
            domain.start()
            everything.expect(domain, BOOTED)
            everything.expect(other, BOOTED)
            events.expect(domain, BOOTED)
        assert events.of(other) == []

    def test_nothing_from_before(self, bench: Bench) -> None:
        with bench.recording():
            domain = bench.start()
            with bench.recording() as late:
                domain.destroy()
                late.expect(domain, DESTROYED)

    def test_nothing_after_the_end(self, bench: Bench) -> None:
        domain = bench.define()
        with bench.recording() as watching:
            with bench.recording() as events:
                domain.start()
                events.expect(domain, BOOTED)
            domain.destroy()
            watching.expect(domain, BOOTED, DESTROYED)
        assert events.of(domain) == [BOOTED]

    def test_a_callback_that_fails_does_not_stop_the_others(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(event: Any) -> None:
            raise RuntimeError("a callback that fails")

        domain = bench.define()
        with bench.conn.on_domain_event(fail), bench.recording() as events:
            domain.start()
            domain.destroy()
            events.expect(domain, BOOTED, DESTROYED)
        assert "a callback that fails" in caplog.text

    def test_callbacks_are_not_called_within_the_call(self, bench: Bench) -> None:
        # A callback may use the connection, also for the domain that the event is about.
        seen: list[enums.DomainState] = []
        done = threading.Event()
        domain = bench.define()

        def look(event: Any) -> None:
            if event.domain.uuid == domain.uuid and event.event == Type.STARTED:
                seen.append(domain.state().state)
                done.set()

        with bench.conn.on_domain_event(look), bench.recording() as events:
            domain.start()
            assert done.wait(bench.driver.timeout)
            events.expect(domain, BOOTED)
            assert threading.get_ident() not in events.threads
        assert seen == [enums.DomainState.RUNNING]

    def test_as_an_iterator(self, bench: Bench) -> None:
        domain = bench.define()
        with bench.conn.domain_events(domain=domain) as stream:
            domain.start(enums.DomainCreateFlags.START_PAUSED)
            found = []
            for event in stream:
                found.append(event)
                if getattr(event, "event", None) == Type.SUSPENDED:
                    break
        assert found[0].domain.uuid == domain.uuid

    def test_a_subscription_ends_once(self, bench: Bench) -> None:
        subscription = bench.conn.on_domain_event(lambda event: None)
        subscription.cancel()
        subscription.cancel()
        with pytest.raises(InvalidArgError):
            bench.conn._driver.connect_domain_event_deregister_any(subscription.number)

    def test_each_domain_keeps_its_order_when_many_live_at_once(self, bench: Bench) -> None:
        domains = [bench.define() for _ in range(min(bench.driver.domains, 12))]
        with bench.recording() as events:
            threads = [threading.Thread(target=_live, args=(domain,)) for domain in domains]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for domain in domains:
                events.expect(domain, BOOTED, PAUSED, DESTROYED)


def _live(domain: Any) -> None:
    domain.start(enums.DomainCreateFlags.START_PAUSED)
    domain.destroy()
