"""Starting, pausing and stopping: states, reasons, and what is refused when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import NoDomainError, OperationInvalidError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.objects import Domain
    from pyvirt_testing.conformance.bench import Bench

State = enums.DomainState


class Lifecycle(Conformance):
    """Starting, pausing and stopping."""

    def test_a_defined_domain_is_off(self, bench: Bench) -> None:
        domain = bench.define()
        assert domain.state().state == State.SHUTOFF
        assert not domain.is_active()
        assert domain.id is None
        assert domain.info().state == State.SHUTOFF

    def test_start_lets_it_run(self, bench: Bench) -> None:
        domain = bench.define()
        domain.start()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.BOOTED)
        assert domain.is_active()
        assert domain.is_persistent()
        assert domain.info().state == State.RUNNING

    def test_a_running_domain_has_a_number(self, bench: Bench) -> None:
        domain = bench.start()
        number = domain.id
        assert number is not None
        assert number > 0
        assert bench.conn.lookup_domain_by_id(number) == domain
        domain.destroy()
        assert domain.id is None
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain_by_id(number)

    def test_numbers_are_not_used_twice(self, bench: Bench) -> None:
        domain = bench.start()
        first = domain.id
        domain.destroy()
        domain.start()
        assert domain.id != first

    def test_start_of_a_running_domain_is_refused(self, bench: Bench) -> None:
        domain = bench.start()
        number = domain.id
        with pytest.raises(OperationInvalidError):
            domain.start()
        assert domain.id == number

    def test_start_paused(self, bench: Bench) -> None:
        domain = bench.start(paused=True)
        state, reason = domain.state()
        assert state == State.PAUSED
        assert reason in (enums.DomainPausedReason.USER, enums.DomainPausedReason.STARTING_UP)
        domain.resume()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.UNPAUSED)

    def test_suspend_and_resume(self, bench: Bench) -> None:
        bench.need("domain_suspend", "domain_resume")
        domain = bench.start()
        domain.suspend()
        assert domain.state() == (State.PAUSED, enums.DomainPausedReason.USER)
        assert domain.is_active()
        domain.resume()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.UNPAUSED)

    def test_resume_of_a_running_domain_is_refused(self, bench: Bench) -> None:
        bench.need("domain_resume")
        domain = bench.start()
        with pytest.raises(OperationInvalidError):
            domain.resume()
        assert domain.state().state == State.RUNNING

    def test_destroy_stops_it(self, bench: Bench) -> None:
        domain = bench.start()
        domain.destroy()
        assert domain.state() == (State.SHUTOFF, enums.DomainShutoffReason.DESTROYED)
        assert domain.is_persistent()

    def test_destroy_of_a_paused_domain(self, bench: Bench) -> None:
        bench.need("domain_suspend")
        domain = bench.start()
        domain.suspend()
        domain.destroy()
        assert domain.state().state == State.SHUTOFF

    def test_it_can_be_started_again(self, bench: Bench) -> None:
        domain = bench.start()
        for _ in range(3):
            domain.destroy()
            domain.start()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.BOOTED)

    @pytest.mark.parametrize(
        "operation",
        [
            "domain_suspend",
            "domain_resume",
            "domain_shutdown_flags",
            "domain_reboot",
            "domain_reset",
            "domain_destroy_flags",
        ],
    )
    def test_what_a_domain_that_is_off_refuses(self, bench: Bench, operation: str) -> None:
        bench.need(operation)
        domain = bench.define()
        calls: dict[str, Callable[[Domain], None]] = {
            "domain_suspend": lambda found: found.suspend(),
            "domain_resume": lambda found: found.resume(),
            "domain_shutdown_flags": lambda found: found.shutdown(),
            "domain_reboot": lambda found: found.reboot(),
            "domain_reset": lambda found: found.reset(),
            "domain_destroy_flags": lambda found: found.destroy(),
        }
        with pytest.raises(OperationInvalidError):
            calls[operation](domain)
        assert domain.state().state == State.SHUTOFF

    def test_shutdown(self, bench: Bench) -> None:
        bench.need("domain_shutdown_flags")
        domain = bench.start()
        domain.shutdown()
        if "shutdown" in bench.driver.guest_obeys:
            bench.until_state(domain, State.SHUTOFF)
            assert domain.state().reason == enums.DomainShutoffReason.SHUTDOWN
            assert domain.is_persistent()
        else:
            assert domain.state().state in (State.RUNNING, State.SHUTDOWN)

    def test_reboot_keeps_it_running(self, bench: Bench) -> None:
        bench.need("domain_reboot")
        domain = bench.start()
        number = domain.id
        domain.reboot()
        bench.until_state(domain, State.RUNNING)
        assert domain.id == number

    def test_reset_keeps_it_running(self, bench: Bench) -> None:
        bench.need("domain_reset")
        domain = bench.start()
        domain.reset()
        assert domain.state().state == State.RUNNING

    # Transient domains

    def test_a_transient_domain_runs_at_once(self, bench: Bench) -> None:
        domain = bench.create()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.BOOTED)
        assert not domain.is_persistent()
        assert domain.id is not None

    def test_a_transient_domain_can_start_paused(self, bench: Bench) -> None:
        domain = bench.conn.create_domain(bench.xml(), enums.DomainCreateFlags.START_PAUSED)
        assert domain.state().state == State.PAUSED

    def test_a_transient_domain_is_gone_when_it_stops(self, bench: Bench) -> None:
        domain = bench.create()
        domain.destroy()
        with pytest.raises(NoDomainError):
            domain.state()
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain(domain.name)
        assert domain not in bench.conn.list_domains()

    def test_a_transient_domain_is_gone_when_its_guest_shuts_down(self, bench: Bench) -> None:
        bench.need("domain_shutdown_flags")
        if "shutdown" not in bench.driver.guest_obeys:
            pytest.skip("the guest does not obey a shutdown")
        domain = bench.create()
        domain.shutdown()
        bench.until(lambda: domain not in bench.conn.list_domains(), "the transient domain is gone")

    def test_a_transient_domain_cannot_be_undefined(self, bench: Bench) -> None:
        domain = bench.create()
        with pytest.raises(OperationInvalidError):
            domain.undefine()
        assert domain.is_active()

    def test_a_transient_domain_has_no_autostart(self, bench: Bench) -> None:
        bench.need("domain_set_autostart")
        domain = bench.create()
        with pytest.raises(OperationInvalidError):
            domain.set_autostart(True)
        assert not domain.autostart()

    def test_a_transient_domain_cannot_be_started_twice(self, bench: Bench) -> None:
        domain = bench.create()
        with pytest.raises(OperationInvalidError):
            bench.conn.create_domain(bench.xml(domain.name, uuid=domain.uuid))
        assert domain.is_active()
