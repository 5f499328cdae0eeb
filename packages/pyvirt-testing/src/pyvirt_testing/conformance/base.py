"""The fixtures all suites share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt_testing.conformance.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt.objects import Connection
    from pyvirt_testing.conformance.driver import DriverUnderTest


class Conformance:
    """Base of the suites. A subclass defines the fixture ``driver``; the others follow from it."""

    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        """The driver under test: subclasses override this."""
        pytest.fail(f"{type(self).__name__} must define a fixture 'driver' that returns a DriverUnderTest")

    @pytest.fixture
    def bench(self, driver: DriverUnderTest) -> Iterator[Bench]:
        """A connection, and a way to make domains that are gone after the test."""
        bench = Bench(driver)
        try:
            yield bench
        finally:
            bench.close()

    @pytest.fixture
    def conn(self, bench: Bench) -> Connection:
        """The bench's connection."""
        return bench.conn
