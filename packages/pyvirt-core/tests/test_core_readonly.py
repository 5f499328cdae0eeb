"""Read-only connections, over a driver made for these tests."""

from __future__ import annotations

import pytest

from pyvirt import enums
from pyvirt.driver import HypervisorDriver, declared_operations
from pyvirt.driver.operation import ReadOnly
from pyvirt.refs import DomainRef
from pyvirt_util.errors import NoSupportError, OperationDeniedError

REF = DomainRef("d", "c7a5fdbd-edaf-9455-926a-d65c16db1809")


class Fake(HypervisorDriver):
    driver_name = "fake"
    helper = "something of its own"

    def domain_suspend(self, domain: DomainRef) -> None:
        raise AssertionError("a read-only connection must not get here")

    def domain_get_xml_desc(self, domain: DomainRef, flags: int) -> str:
        return f"<domain flags='{int(flags)}'/>"

    def domain_get_vcpus_flags(self, domain: DomainRef, flags: int) -> int:
        return 2

    def domain_interface_addresses(self, domain: DomainRef, source: int, flags: int) -> list[object]:  # type: ignore[override]
        return []

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        return True


@pytest.fixture
def readonly() -> ReadOnly:
    return ReadOnly(Fake())


def test_reading_passes(readonly: ReadOnly) -> None:
    assert readonly.domain_get_autostart(REF) is True
    assert readonly.helper == "something of its own"
    assert readonly.driver_name == "fake"


def test_writing_is_refused_before_the_driver_sees_it(readonly: ReadOnly) -> None:
    with pytest.raises(OperationDeniedError, match="virDomainSuspend"):
        readonly.domain_suspend(REF)


@pytest.mark.parametrize("name", sorted(n for n, found in declared_operations(HypervisorDriver).items() if found.write))
def test_every_writing_operation_is_refused_whether_it_is_there_or_not(readonly: ReadOnly, name: str) -> None:
    with pytest.raises(OperationDeniedError):
        getattr(readonly, name)()


def test_what_is_read_but_not_there_is_not_supported(readonly: ReadOnly) -> None:
    with pytest.raises(NoSupportError):
        readonly.domain_get_info(REF)


def test_some_flags_are_refused(readonly: ReadOnly) -> None:
    flags = enums.DomainXMLFlags
    assert readonly.domain_get_xml_desc(REF, flags.INACTIVE) == "<domain flags='2'/>"
    assert readonly.domain_get_xml_desc(REF, flags=flags.NONE) == "<domain flags='0'/>"
    for refused in (flags.SECURE, flags.MIGRATABLE, flags.SECURE | flags.INACTIVE):
        with pytest.raises(OperationDeniedError, match="virDomainGetXMLDesc"):
            readonly.domain_get_xml_desc(REF, refused)
        with pytest.raises(OperationDeniedError):
            readonly.domain_get_xml_desc(REF, flags=refused)
    assert readonly.domain_get_vcpus_flags(REF, enums.DomainVcpuFlags.MAXIMUM) == 2
    with pytest.raises(OperationDeniedError):
        readonly.domain_get_vcpus_flags(REF, enums.DomainVcpuFlags.GUEST)


def test_some_values_are_refused(readonly: ReadOnly) -> None:
    sources = enums.DomainInterfaceAddressesSource
    assert readonly.domain_interface_addresses(REF, sources.LEASE, 0) == []
    assert readonly.domain_interface_addresses(REF, source=sources.ARP, flags=0) == []
    with pytest.raises(OperationDeniedError, match="virDomainInterfaceAddresses"):
        readonly.domain_interface_addresses(REF, sources.AGENT, 0)
    with pytest.raises(OperationDeniedError):
        readonly.domain_interface_addresses(REF, source=sources.AGENT, flags=0)
