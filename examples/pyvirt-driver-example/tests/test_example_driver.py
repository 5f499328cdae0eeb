"""The example driver, as its users see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import pyvirt
from pyvirt.enums import DomainState
from pyvirt_util.errors import NoDomainError, NoSupportError, OperationDeniedError, OperationInvalidError


@pytest.fixture
def connection(request: pytest.FixtureRequest) -> Iterator[pyvirt.Connection]:
    """A connection to a bench of the test's own."""
    with pyvirt.open(f"example:///{request.node.name}") as connection:
        yield connection


def test_the_machines_are_there_and_off(connection: pyvirt.Connection) -> None:
    domains = connection.list_domains()
    assert [domain.name for domain in domains] == ["fan", "lamp", "radio"]
    assert not any(domain.is_active() for domain in domains)


def test_a_machine_is_switched_on_and_off(connection: pyvirt.Connection) -> None:
    lamp = connection.lookup_domain("lamp")
    lamp.start()
    assert lamp.state().state == DomainState.RUNNING
    with pytest.raises(OperationInvalidError, match="domain 'lamp' is already running"):
        lamp.start()
    lamp.destroy()
    assert lamp.state().state == DomainState.SHUTOFF
    with pytest.raises(OperationInvalidError, match="domain 'lamp' is not running"):
        lamp.destroy()


def test_two_connections_see_the_same_bench(connection: pyvirt.Connection, request: pytest.FixtureRequest) -> None:
    connection.lookup_domain("fan").start()
    with pyvirt.open(f"example:///{request.node.name}") as other:
        assert other.lookup_domain("fan").is_active()


def test_what_is_not_there_is_an_error(connection: pyvirt.Connection) -> None:
    with pytest.raises(NoDomainError, match="no domain with matching name 'toaster'"):
        connection.lookup_domain("toaster")


def test_what_the_driver_lacks_says_so(connection: pyvirt.Connection) -> None:
    with pytest.raises(NoSupportError, match="virDomainSuspend"):
        connection.lookup_domain("lamp").suspend()


def test_a_read_only_connection_switches_nothing(request: pytest.FixtureRequest) -> None:
    with pyvirt.open(f"example:///{request.node.name}", readonly=True) as connection:
        lamp = connection.lookup_domain("lamp")
        with pytest.raises(OperationDeniedError):
            lamp.start()
        assert not lamp.is_active()
