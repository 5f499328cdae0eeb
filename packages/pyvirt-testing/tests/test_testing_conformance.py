"""The suites find what is wrong with drivers that are broken on purpose. (Sound drivers have tests of their own.)"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

import pyvirt.loader
from pyvirt import enums
from pyvirt.driver import HypervisorDriver, declared_operations
from pyvirt.types import DomainStateReason
from pyvirt_driver_test import TestDriver
from pyvirt_testing import (
    ConnectionConformance,
    DomainConformance,
    DriverUnderTest,
    EventConformance,
    OperationConformance,
)
from pyvirt_testing.conformance.bench import Bench
from pyvirt_util.errors import InvalidArgError, NoSupportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyvirt.refs import DomainRef

XML = "<domain type='test'><name>{name}</name><memory>65536</memory><os><type>hvm</type></os></domain>"
Failed = pytest.fail.Exception


class Sound(TestDriver):
    """Nothing is broken, and the suites agree."""


class WithoutSuspend(TestDriver):
    domain_suspend = HypervisorDriver.domain_suspend


class RefusesSuspend(TestDriver):
    def domain_suspend(self, domain: DomainRef) -> None:
        raise NoSupportError("not now")


class OtherError(TestDriver):
    def domain_suspend(self, domain: DomainRef) -> None:
        raise InvalidArgError("no")


class OtherAnswer(TestDriver):
    def domain_is_active(self, domain: DomainRef) -> Any:
        return "yes"


class OtherParameters(TestDriver):
    def domain_suspend(self, dom: DomainRef) -> None:  # the parameter of the declaration is called domain
        super().domain_suspend(dom)


class OtherReason(TestDriver):
    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        return super().domain_get_state(domain, flags)._replace(reason=enums.DomainRunningReason.UNKNOWN)


class StartsTwice(TestDriver):
    def domain_create_with_flags(self, domain: DomainRef, flags: Any) -> None:
        if not self.domain_is_active(domain):
            super().domain_create_with_flags(domain, flags)


class SaysItTwice(TestDriver):
    def connect_domain_event_register_any(self, domain: DomainRef | None, event_id: Any, callback: Any) -> int:
        def twice(event: Any) -> None:
            callback(event)
            callback(event)

        return super().connect_domain_event_register_any(domain, event_id, twice)


class ForgetsToRemove(TestDriver):
    def domain_undefine_flags(self, domain: DomainRef, flags: Any) -> None:
        with self.host.lock:
            self.host.guest(domain).autostart = False


class ReusesNumbers(TestDriver):
    def domain_create_with_flags(self, domain: DomainRef, flags: Any) -> None:
        with self.host.lock:
            self.host._next_id = 7
            super().domain_create_with_flags(domain, flags)


class NamesAnybody(TestDriver):
    def domain_lookup_by_name(self, name: str) -> DomainRef:
        return self.connect_list_all_domains(enums.ConnectListAllDomainsFlags(0))[0]


@pytest.fixture
def bench_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(driver: type[HypervisorDriver], **facts: Any) -> Bench:
        monkeypatch.setattr(pyvirt.loader, "driver_for", lambda scheme: driver)
        made.append(Bench(DriverUnderTest("broken:///default", domain_xml=XML, **{"timeout": 2.0, **facts})))
        return made[-1]

    yield make
    monkeypatch.setattr(pyvirt.loader, "driver_for", lambda scheme: TestDriver)
    for bench in made:
        bench.close()


def test_a_sound_driver_passes(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(Sound, unsupported={"domain_migrate_*"})
    OperationConformance().test_operation(bench, "domain_suspend")
    OperationConformance().test_operation(bench, "domain_migrate_get_max_speed")
    DomainConformance().test_start_lets_it_run(bench)
    EventConformance().test_a_whole_life(bench)


@pytest.mark.parametrize(
    ("driver", "unsupported", "operation", "said"),
    [
        (WithoutSuspend, set(), "domain_suspend", "neither there nor declared unsupported"),
        (RefusesSuspend, set(), "domain_suspend", "NoSupportError"),
        (Sound, {"domain_suspend"}, "domain_suspend", "declared unsupported, but answers None"),
        (Sound, {"domain_*"}, "domain_get_info", "declared unsupported, but answers"),
        (OtherError, {"domain_suspend"}, "domain_suspend", "declared unsupported, but fails with InvalidArgError"),
        (Sound, {"domain_qemu_attach", "domain_suspend"}, "domain_suspend", "declared unsupported"),
    ],
)
def test_gaps_are_found(
    bench_of: Callable[..., Bench], driver: type[HypervisorDriver], unsupported: set[str], operation: str, said: str
) -> None:
    with pytest.raises(Failed, match=said):
        OperationConformance().test_operation(bench_of(driver, unsupported=unsupported), operation)


def test_declared_gaps_are_fine_in_either_way(bench_of: Callable[..., Bench]) -> None:
    for driver in (WithoutSuspend, RefusesSuspend):
        OperationConformance().test_operation(bench_of(driver, unsupported={"domain_suspend"}), "domain_suspend")


@pytest.mark.parametrize(
    ("driver", "operation"), [(OtherAnswer, "domain_is_active"), (OtherParameters, "domain_suspend")]
)
def test_what_is_not_as_declared_is_found(
    bench_of: Callable[..., Bench], driver: type[HypervisorDriver], operation: str
) -> None:
    with pytest.raises(AssertionError, match=operation):
        OperationConformance().test_operation(bench_of(driver), operation)


@pytest.mark.parametrize(
    ("driver", "test"),
    [
        (OtherReason, DomainConformance.test_start_lets_it_run),
        (StartsTwice, DomainConformance.test_start_of_a_running_domain_is_refused),
        (StartsTwice, DomainConformance.test_one_of_many_wins_a_start),
        (ForgetsToRemove, DomainConformance.test_undefine_removes_it),
        (ReusesNumbers, DomainConformance.test_numbers_are_not_used_twice),
        (NamesAnybody, DomainConformance.test_what_is_not_there),
        (SaysItTwice, EventConformance.test_a_whole_life),
        (WithoutSuspend, DomainConformance.test_suspend_and_resume),
    ],
)
def test_wrong_behaviour_is_found(
    bench_of: Callable[..., Bench],
    driver: type[HypervisorDriver],
    test: Callable[[Any, Bench], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "pyvirt.events")
    suite = EventConformance() if test.__qualname__.startswith("Event") else DomainConformance()
    with pytest.raises((AssertionError, Failed, NoSupportError)):
        test(suite, bench_of(driver))


def test_a_suite_without_a_driver_says_what_is_missing() -> None:
    plain = ConnectionConformance.driver
    with pytest.raises(Failed, match="must define a fixture 'driver'"):
        plain.__wrapped__(ConnectionConformance())  # type: ignore[attr-defined]


def test_entries_that_mean_nothing_are_found() -> None:
    driver = DriverUnderTest("x:///y", domain_xml=XML, unsupported={"domain_suspnd", "domain_migrate_*"})
    with pytest.raises(AssertionError, match="domain_suspnd"):
        OperationConformance().test_every_entry_of_unsupported_means_something(driver)


def test_the_template_must_have_a_name() -> None:
    with pytest.raises(ValueError, match="<name>"):
        DriverUnderTest("x:///y", domain_xml="<domain/>")


def test_every_declared_operation_is_looked_at() -> None:
    (mark,) = OperationConformance.test_operation.pytestmark  # type: ignore[attr-defined]
    assert set(mark.args[1]) == set(declared_operations(HypervisorDriver))
