"""The test driver, as every driver has to be."""

from __future__ import annotations

import pytest

from pyvirt_testing import (
    ConnectionConformance,
    DomainConformance,
    DriverUnderTest,
    EventConformance,
    OperationConformance,
)

DOMAIN = """\
<domain type='test'>
  <name>{name}</name>
  <memory>65536</memory>
  <os><type>hvm</type></os>
</domain>
"""

UNSUPPORTED = {
    # what the test driver of libvirt does not have either
    "connect_compare_cpu",
    "connect_*_hypervisor_cpu",
    "connect_domain_qemu_monitor_event_*",
    "connect_domain_xml_*_native",
    "connect_get_domain_capabilities",
    "connect_*register_close_callback",
    "connect_set_identity",
    "connect_set_keep_alive",
    "domain_*_device_*",
    "domain_abort_job_flags",
    "domain_agent_set_response_timeout",
    "domain_authorized_ssh_keys_*",
    "domain_backup_*",
    "domain_block_[cjr]*",
    "domain_block_p*",
    "domain_fd_associate",
    "domain_get_block_job_info",
    "domain_get_guest_*",
    "domain_get_job_*",
    "domain_get_security_label_list",
    "domain_lxc_*",
    "domain_migrate_*",
    "domain_open_*",
    "domain_pm_*",
    "domain_qemu_*",
    "domain_set_block_threshold",
    "domain_set_guest_vcpus",
    "domain_set_launch_security_state",
    "domain_set_vcpu",
    "domain_start_dirty_rate_calc",
    "node_alloc_pages",
    "node_device_*",
    "node_*_memory_parameters",
    "node_get_memory_stats",
    "node_get_sev_info",
    "node_suspend_for_duration",
    # what it has and this one lacks so far
    "connect_baseline_cpu",
    "connect_get_cpu_model_names",
    "domain_*checkpoint*",
    "domain_*snapshot*",
    "domain_get_launch_security_info",
    "domain_send_process_signal",
    "domain_set_iothread_params",
}

DRIVER = DriverUnderTest("test:///default", domain_xml=DOMAIN, unsupported=UNSUPPORTED)


class TestConnection(ConnectionConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


class TestDomains(DomainConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


class TestEvents(EventConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER


class TestOperations(OperationConformance):
    @pytest.fixture
    def driver(self) -> DriverUnderTest:
        return DRIVER
