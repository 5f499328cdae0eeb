"""Many domains at once, and many hands on one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import NoDomainError, OperationFailedError, OperationInvalidError, VirtError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_testing.conformance.bench import Bench

_Result = TypeVar("_Result")


class Concurrency(Conformance):
    """Many domains at once, and many hands on one."""

    def test_many_domains_at_once(self, bench: Bench) -> None:
        xml = {name: bench.xml(name) for name in (bench.new_name() for _ in range(bench.driver.domains))}

        def live(name: str) -> int:
            domain = bench.conn.define_domain(xml[name])
            domain.start(enums.DomainCreateFlags.START_PAUSED)
            number = domain.id
            assert number is not None
            assert bench.conn.lookup_domain_by_id(number) == domain
            assert domain in bench.conn.list_domains(enums.ConnectListAllDomainsFlags.ACTIVE)
            domain.destroy()
            assert domain.state().state == enums.DomainState.SHUTOFF
            domain.undefine()
            return number

        numbers = _in_threads(bench, [lambda name=name: live(name) for name in xml])  # type: ignore[misc]
        assert len(set(numbers)) == len(xml)
        assert not {domain.name for domain in bench.conn.list_domains()}.intersection(xml)

    def test_one_of_many_wins_a_start(self, bench: Bench) -> None:
        domain = bench.define()

        def start() -> bool:
            try:
                domain.start()
            except OperationInvalidError:
                return False
            return True

        assert sum(_in_threads(bench, [start] * bench.driver.threads)) == 1
        assert domain.is_active()

    def test_one_of_many_wins_a_name(self, bench: Bench) -> None:
        name = bench.new_name()

        def define(xml: str) -> bool:
            try:
                bench.conn.define_domain(xml)
            except OperationFailedError:
                return False
            return True

        candidates = [bench.xml(name) for _ in range(bench.driver.threads)]
        wins = _in_threads(bench, [lambda xml=xml: define(xml) for xml in candidates])  # type: ignore[misc]
        assert sum(wins) == 1
        assert [domain.name for domain in bench.conn.list_domains()].count(name) == 1

    def test_readers_never_see_half_a_domain(self, bench: Bench) -> None:
        domain = bench.define()
        rounds = 5
        done = False

        def change() -> int:
            nonlocal done
            try:
                for _ in range(rounds):
                    domain.start(enums.DomainCreateFlags.START_PAUSED)
                    domain.destroy()
            finally:
                done = True
            return rounds

        def read() -> int:
            count = 0
            while not done:
                assert domain.uuid in [found.uuid for found in bench.conn.list_domains()]
                state = domain.state().state
                assert state in (enums.DomainState.PAUSED, enums.DomainState.SHUTOFF, enums.DomainState.RUNNING)
                assert f"<uuid>{domain.uuid}</uuid>" in domain.xml()
                count += 1
            return count

        assert _in_threads(bench, [change, *[read] * 3])[0] == rounds

    def test_destroy_and_undefine_race_without_a_trace(self, bench: Bench) -> None:
        domain = bench.start()

        def undo(call: Callable[[], None]) -> None:
            try:
                call()
            except (NoDomainError, OperationInvalidError):
                pass  # somebody else was first

        _in_threads(bench, [lambda: undo(domain.destroy), lambda: undo(domain.undefine)] * 4)
        for call in (domain.destroy, domain.undefine):
            try:
                call()
            except VirtError:
                continue
        assert domain.uuid not in [found.uuid for found in bench.conn.list_domains()]


def _in_threads(bench: Bench, calls: list[Callable[[], _Result]]) -> list[_Result]:
    with ThreadPoolExecutor(max_workers=bench.driver.threads) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
