"""The connection itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

import pyvirt
from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import InvalidConnError, NoDomainError, OperationDeniedError

if TYPE_CHECKING:
    from pyvirt.objects import Connection
    from pyvirt_testing.conformance.bench import Bench
    from pyvirt_testing.conformance.driver import DriverUnderTest


def root_tag(document: str) -> str:
    """The name of a well-formed document's root element."""
    return ElementTree.fromstring(document).tag  # noqa: S314 - what the driver under test wrote itself


class ConnectionConformance(Conformance):
    """What a connection says of itself; closing it; read-only connections."""

    def test_opens_and_closes(self, driver: DriverUnderTest) -> None:
        conn = pyvirt.open(driver.uri)
        with conn:
            assert conn.uri
            conn.list_domains()
        assert conn.closed
        conn.close()
        with pytest.raises(InvalidConnError):
            conn.list_domains()
        with pytest.raises(InvalidConnError):
            conn.lookup_domain("whatever")

    def test_objects_of_a_closed_connection_say_so(self, bench: Bench) -> None:
        domain = bench.define()
        bench.conn.close()
        with pytest.raises(InvalidConnError):
            domain.state()

    def test_the_uri_can_be_opened_again(self, conn: Connection) -> None:
        with pyvirt.open(conn.uri) as again:
            assert again.uri == conn.uri

    def test_says_what_it_is(self, bench: Bench) -> None:
        bench.need("connect_get_type")
        assert bench.conn.hypervisor_type()
        assert bench.conn.hypervisor_type().isprintable()

    def test_version_is_a_number(self, bench: Bench) -> None:
        bench.need("connect_get_version")
        assert bench.conn.version() > 0

    def test_hostname_is_text(self, bench: Bench) -> None:
        bench.need("connect_get_hostname")
        assert bench.conn.hostname().strip()

    def test_capabilities_are_a_document(self, bench: Bench) -> None:
        bench.need("connect_get_capabilities")
        assert root_tag(bench.conn.capabilities()) == "capabilities"

    def test_is_alive(self, bench: Bench) -> None:
        bench.need("connect_is_alive")
        assert bench.conn.is_alive()

    def test_secure_and_encrypted_are_answers(self, bench: Bench) -> None:
        bench.need("connect_is_secure", "connect_is_encrypted")
        assert bench.conn.is_secure() in (True, False)
        assert bench.conn.is_encrypted() in (True, False)

    def test_most_vcpus_are_at_least_one(self, bench: Bench) -> None:
        bench.need("connect_get_max_vcpus")
        assert bench.conn.max_vcpus() >= 1

    def test_node_info_adds_up(self, bench: Bench) -> None:
        bench.need("node_get_info")
        info = bench.conn.node_info()
        assert info.model
        assert info.memory > 0
        assert info.cpus >= 1
        assert min(info.nodes, info.sockets, info.cores, info.threads) >= 1

    def test_two_connections_see_the_same_domain(self, bench: Bench) -> None:
        bench.need_shared()
        domain = bench.define()
        with pyvirt.open(bench.driver.uri) as other:
            assert other.lookup_domain(domain.name).uuid == domain.uuid
            other.lookup_domain(domain.name).start()
            assert domain.is_active()

    def test_readonly_shows_and_refuses(self, bench: Bench) -> None:
        with pyvirt.open(bench.driver.uri, readonly=True) as conn:
            assert conn.readonly
            conn.list_domains()
            with pytest.raises(NoDomainError):
                conn.lookup_domain(bench.new_name())
            with pytest.raises(OperationDeniedError):
                conn.define_domain(bench.xml())
            with pytest.raises(OperationDeniedError):
                conn.create_domain(bench.xml())

    def test_readonly_refuses_to_change_a_domain(self, bench: Bench) -> None:
        bench.need_shared()
        running = bench.start()
        with pyvirt.open(bench.driver.uri, readonly=True) as conn:
            domain = conn.lookup_domain(running.name)
            assert domain.state().state == enums.DomainState.RUNNING
            assert "<name>" in domain.xml()
            for change in (domain.destroy, domain.suspend, domain.resume, domain.undefine, domain.start, domain.reboot):
                with pytest.raises(OperationDeniedError):
                    change()
            with pytest.raises(OperationDeniedError):
                domain.xml(enums.DomainXMLFlags.SECURE)
            with pytest.raises(OperationDeniedError):
                domain.set_autostart(True)
        assert running.is_active()
