"""Connections and the objects users hold, over a driver made for these tests."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import pyvirt
from pyvirt import enums, objects
from pyvirt.driver import HypervisorDriver, NetworkDriver, declared_operations
from pyvirt.events import LifecycleEvent
from pyvirt.objects import Connection, Domain
from pyvirt.refs import DomainRef, NetworkRef, SnapshotRef
from pyvirt.types import DomainStateReason
from pyvirt_util.errors import (
    InvalidArgError,
    InvalidConnError,
    NoDomainError,
    NoSupportError,
    OperationDeniedError,
    VirtError,
)
from pyvirt_util.uris import URI

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
OTHER = "c7a5fdbd-edaf-9455-926a-d65c16db180a"


class Networks(NetworkDriver):
    driver_name = "fake"

    def network_lookup_by_name(self, name: str) -> NetworkRef:
        return NetworkRef(name, UUID)


class Fake(HypervisorDriver):
    """Knows two domains and writes down how it is called."""

    driver_name = "fake"

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        if name not in ("one", "two"):
            raise NoDomainError(f"no domain with matching name '{name}'")
        return DomainRef(name, UUID if name == "one" else OTHER, 7 if name == "one" else -1)

    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        return self.domain_lookup_by_name("one" if uuid == UUID else "two")

    def connect_list_all_domains(self, flags: enums.ConnectListAllDomainsFlags) -> list[DomainRef]:
        self.calls.append(("list", flags))
        return [self.domain_lookup_by_name("one"), self.domain_lookup_by_name("two")]

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        return DomainStateReason(enums.DomainState.RUNNING, enums.DomainRunningReason.BOOTED)

    def domain_define_xml_flags(self, xml: str, flags: enums.DomainDefineFlags) -> DomainRef:
        self.calls.append(("define", xml, flags))
        return self.domain_lookup_by_name("one")

    def domain_create_with_flags(self, domain: DomainRef, flags: enums.DomainCreateFlags) -> None:
        self.calls.append(("start", domain, flags))

    def domain_rename(self, domain: DomainRef, new_name: str, flags: int) -> None:
        self.calls.append(("rename", domain, new_name))

    def domain_snapshot_lookup_by_name(self, domain: DomainRef, name: str, flags: int) -> SnapshotRef:
        return SnapshotRef(domain, name)

    def connect_get_all_domain_stats(self, domains: Any, stats: Any, flags: Any) -> Any:
        self.calls.append(("stats", domains, stats, flags))
        return [(DomainRef("one", UUID), {"state.state": 1})]

    def connect_domain_event_register_any(self, domain: Any, event_id: Any, callback: Any) -> int:
        self.calls.append(("register", domain, event_id))
        self.callback = callback
        return 5

    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        self.calls.append(("deregister", callback_id))


@pytest.fixture
def driver() -> Fake:
    return Fake()


@pytest.fixture
def conn(driver: Fake) -> Connection:
    return Connection(driver, URI.parse("fake:///there"))


def test_flags_reach_the_driver_as_enumerations(driver: Fake, conn: Connection) -> None:
    conn.list_domains(1)
    conn.lookup_domain("one").start(1)
    (_, listed), (_, _, started) = driver.calls
    assert listed is enums.ConnectListAllDomainsFlags.ACTIVE
    assert started is enums.DomainCreateFlags.START_PAUSED


def test_xml_is_text_or_a_definition(driver: Fake, conn: Connection) -> None:
    class Definition:
        def format(self) -> str:
            return "<domain/>"

    conn.define_domain("<domain/>")
    conn.define_domain(Definition())
    assert [call[1] for call in driver.calls] == ["<domain/>", "<domain/>"]
    for wrong in (b"<domain/>", 7, None):
        with pytest.raises(InvalidArgError, match=type(wrong).__name__):
            conn.define_domain(wrong)  # type: ignore[arg-type]


def test_handles(conn: Connection, driver: Fake) -> None:
    one, two = conn.list_domains()
    assert one == conn.lookup_domain("one")
    assert hash(one) == hash(conn.lookup_domain_by_uuid(UUID))
    assert one != two
    assert one != Domain(Connection(driver, URI.parse("fake:///there")), one.ref)
    assert one == Domain(conn, DomainRef("another name", UUID))
    assert one != one.ref
    assert (one.id, two.id) == (7, None)
    assert one.connection is conn
    assert "one" in repr(one)
    assert one.lookup_snapshot("s") == one.lookup_snapshot("s")
    assert one.lookup_snapshot("s") != one.lookup_snapshot("t")


def test_rename_changes_the_handle(conn: Connection) -> None:
    domain = conn.lookup_domain("one")
    domain.rename("new")
    assert domain.name == "new"
    assert domain.uuid == UUID


def test_a_closed_connection(conn: Connection, driver: Fake) -> None:
    domain = conn.lookup_domain("one")
    with conn:
        assert not conn.closed
    conn.close()
    assert conn.closed
    assert driver.closed == 1
    assert "closed" in repr(conn)
    for call in (conn.list_domains, domain.state, lambda: conn.lookup_network("n"), lambda: domain.id):
        with pytest.raises(InvalidConnError, match="closed"):
            call()


def test_the_driver_s_own_networks_win(conn: Connection, driver: Fake) -> None:
    driver.network = Networks()
    assert conn.lookup_network("default").name == "default"


def test_closing_closes_the_secondary_drivers_that_were_used(driver: Fake) -> None:
    class Closing(Networks):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    driver.network = networks = Closing()
    for conn in (Connection(driver, URI.parse("fake:///there"), readonly=readonly) for readonly in (False, True)):
        conn.lookup_network("default")
        conn.close()
        conn.close()
    assert networks.closed == 2


def test_secondary_drivers_are_read_only_too(driver: Fake) -> None:
    driver.network = Networks()
    conn = Connection(driver, URI.parse("fake:///there"), readonly=True)
    assert conn.lookup_network("default").uuid == UUID
    with pytest.raises(OperationDeniedError):
        conn.define_network("<network/>")
    with pytest.raises(OperationDeniedError):
        conn.define_domain("<domain/>")


def test_guests_that_are_not_of_this_host_do_not_have_its_networks(conn: Connection) -> None:
    with pytest.raises(NoSupportError, match=r"network objects \(fake driver\)"):
        conn.lookup_network("default")


def test_without_networks_the_distribution_is_named(
    conn: Connection, driver: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.shares_host_drivers = True
    monkeypatch.setattr("pyvirt.loader.entry_points", lambda group: [])
    with pytest.raises(NoSupportError) as raised:
        conn.lookup_network("default")
    assert raised.value.hint == "pip install pyvirt-driver-network"


def test_statistics(conn: Connection, driver: Fake) -> None:
    (found,) = conn.domain_stats(enums.DomainStatsTypes.STATE, [conn.lookup_domain("one")])
    assert found == (conn.lookup_domain("one"), {"state.state": 1})
    assert driver.calls[-1][1] == [DomainRef("one", UUID, 7)]


def test_subscriptions(conn: Connection, driver: Fake) -> None:
    with conn.lookup_domain("one").on_event(lambda event: None, enums.DomainEventID.REBOOT):
        pass
    assert driver.calls == [
        ("register", DomainRef("one", UUID, 7), enums.DomainEventID.REBOOT),
        ("deregister", 5),
    ]


def test_events_as_an_iterator(conn: Connection, driver: Fake) -> None:
    event = LifecycleEvent(DomainRef("one", UUID), enums.DomainEventType.STARTED, 0)
    with conn.domain_events() as stream:
        driver.callback(event)
        assert next(stream) == event
        stream.close()
        assert list(stream) == []
    assert driver.calls[-1] == ("deregister", 5)


def test_every_operation_can_be_reached_from_the_objects() -> None:
    classes = [getattr(objects, name) for name in objects.__all__]
    bases = {base for cls in classes for base in cls.__mro__ if base.__module__.startswith("pyvirt.")}
    text = "".join(inspect.getsource(base) for base in bases)
    assert [name for name in declared_operations(HypervisorDriver) if f".{name}" not in text] == []


def test_public_methods_are_documented() -> None:
    for name in objects.__all__:
        cls = getattr(objects, name)
        assert cls.__doc__
        for method, value in inspect.getmembers(cls, inspect.isfunction):
            if not method.startswith("_"):
                assert value.__doc__, f"{name}.{method}"


def test_the_names_of_the_package() -> None:
    for name in pyvirt.__all__:
        assert getattr(pyvirt, name) is not None
    assert pyvirt.VirtError is VirtError
    with pytest.raises(AttributeError):
        _ = pyvirt.nothing_of_the_kind  # type: ignore[attr-defined]
