"""The example driver, as its users see it, and as every driver has to be."""

from __future__ import annotations

import pytest

import pyvirt
from pyvirt.driver import HypervisorDriver, declared_operations
from pyvirt.enums import DomainState
from pyvirt_testing import ConnectionConformance, DomainConformance, DriverUnderTest, OperationConformance
from pyvirt_util.errors import NoSupportError

DOMAIN = """\
<domain type='test'>
  <name>{name}</name>
  <memory>65536</memory>
  <os><type>hvm</type></os>
</domain>
"""

HAS = {
    "connect_get_type",
    "connect_get_version",
    "connect_is_alive",
    "connect_list_all_domains",
    "domain_create_with_flags",
    "domain_create_xml",
    "domain_define_xml_flags",
    "domain_destroy_flags",
    "domain_get_autostart",
    "domain_get_info",
    "domain_get_os_type",
    "domain_get_state",
    "domain_get_xml_desc",
    "domain_is_active",
    "domain_is_persistent",
    "domain_is_updated",
    "domain_lookup_by_id",
    "domain_lookup_by_name",
    "domain_lookup_by_uuid",
    "domain_reboot",
    "domain_resume",
    "domain_set_autostart",
    "domain_shutdown_flags",
    "domain_suspend",
    "domain_undefine_flags",
}
"""What the driver can do; the suites call each, and see that everything else is refused as unsupported."""

DRIVER = DriverUnderTest(
    "example:///conformance", domain_xml=DOMAIN, unsupported=declared_operations(HypervisorDriver).keys() - HAS
)


class TestConnection(ConnectionConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


class TestDomains(DomainConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


class TestOperations(OperationConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


def test_a_bench_is_shared_by_its_path() -> None:
    with pyvirt.open("example:///shared") as one, pyvirt.open("example:///shared") as two:
        with pyvirt.open("example:///other") as other:
            lamp = one.create_domain(DOMAIN.format(name="lamp"))
            assert two.lookup_domain("lamp").state().state == DomainState.RUNNING
            assert other.list_domains() == []
            lamp.destroy()
        assert two.list_domains() == []


def test_what_the_driver_lacks_says_so() -> None:
    with pyvirt.open("example:///lacking") as connection:
        lamp = connection.create_domain(DOMAIN.format(name="lamp"))
        with pytest.raises(NoSupportError, match="virDomainReset"):
            lamp.reset()
