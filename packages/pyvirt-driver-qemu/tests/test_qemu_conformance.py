"""The conformance suites on real QEMU guests: a boot sector that runs, says hello and obeys the power button."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pyvirt_testing import (
    ConnectionConformance,
    DomainConformance,
    DriverUnderTest,
    EventConformance,
    OperationConformance,
)
from pyvirt_testing.guest import GREETING, write_disk
from pyvirt_util.errors import OperationTimeoutError

if TYPE_CHECKING:
    from pathlib import Path

    from pyvirt import Domain

pytestmark = pytest.mark.guest

XML = """
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='DISK'/>
      <target dev='vda' bus='virtio'/>
      <readonly/>
    </disk>
    <serial type='pty'/>
    <console type='pty'/>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""

#: What the driver does not do yet. The suites fail when one of these works, or when another does not.
UNSUPPORTED = {
    "connect_baseline_cpu",
    "connect_baseline_hypervisor_cpu",
    "connect_compare_cpu",
    "connect_compare_hypervisor_cpu",
    "connect_domain_qemu_monitor_event_deregister",
    "connect_domain_qemu_monitor_event_register",
    "connect_domain_xml_from_native",
    "connect_get_all_domain_stats",
    "connect_get_cpu_model_names",
    "connect_get_domain_capabilities",
    "connect_get_lib_version",
    "connect_get_sysinfo",
    "connect_register_close_callback",
    "connect_set_identity",
    "connect_set_keep_alive",
    "connect_unregister_close_callback",
    "domain_abort_job_flags",
    "domain_add_iothread",
    "domain_agent_set_response_timeout",
    "domain_attach_device_flags",
    "domain_authorized_ssh_keys_get",
    "domain_authorized_ssh_keys_set",
    "domain_backup_begin",
    "domain_backup_get_xml_desc",
    "domain_block_commit",
    "domain_block_copy",
    "domain_block_job_abort",
    "domain_block_job_set_speed",
    "domain_block_peek",
    "domain_block_pull",
    "domain_block_rebase",
    "domain_block_resize",
    "domain_block_stats_flags",
    "domain_checkpoint_create_xml",
    "domain_checkpoint_delete",
    "domain_checkpoint_get_parent",
    "domain_checkpoint_get_xml_desc",
    "domain_checkpoint_list_all_children",
    "domain_checkpoint_lookup_by_name",
    "domain_core_dump_with_format",
    "domain_create_with_files",
    "domain_create_xml_with_files",
    "domain_del_iothread",
    "domain_detach_device_alias",
    "domain_detach_device_flags",
    "domain_fd_associate",
    "domain_fs_freeze",
    "domain_fs_thaw",
    "domain_fs_trim",
    "domain_get_blkio_parameters",
    "domain_get_block_info",
    "domain_get_block_io_tune",
    "domain_get_block_job_info",
    "domain_get_control_info",
    "domain_get_cpu_stats",
    "domain_get_disk_errors",
    "domain_get_emulator_pin_info",
    "domain_get_fs_info",
    "domain_get_guest_info",
    "domain_get_guest_vcpus",
    "domain_get_hostname",
    "domain_get_interface_parameters",
    "domain_get_iothread_info",
    "domain_get_job_info",
    "domain_get_job_stats",
    "domain_get_launch_security_info",
    "domain_get_memory_parameters",
    "domain_get_messages",
    "domain_get_numa_parameters",
    "domain_get_perf_events",
    "domain_get_scheduler_parameters_flags",
    "domain_get_scheduler_type",
    "domain_get_security_label",
    "domain_get_security_label_list",
    "domain_get_time",
    "domain_get_vcpu_pin_info",
    "domain_get_vcpus",
    "domain_has_managed_save_image",
    "domain_interface_addresses",
    "domain_interface_stats",
    "domain_list_all_checkpoints",
    "domain_list_all_snapshots",
    "domain_lxc_open_namespace",
    "domain_managed_save",
    "domain_managed_save_define_xml",
    "domain_managed_save_get_xml_desc",
    "domain_managed_save_remove",
    "domain_memory_peek",
    "domain_memory_stats",
    "domain_migrate_get_compression_cache",
    "domain_migrate_get_max_downtime",
    "domain_migrate_get_max_speed",
    "domain_migrate_set_compression_cache",
    "domain_migrate_set_max_downtime",
    "domain_migrate_set_max_speed",
    "domain_migrate_start_post_copy",
    "domain_open_channel",
    "domain_open_graphics",
    "domain_open_graphics_fd",
    "domain_pin_emulator",
    "domain_pin_iothread",
    "domain_pin_vcpu_flags",
    "domain_pm_suspend_for_duration",
    "domain_qemu_attach",
    "domain_qemu_monitor_command_with_files",
    "domain_restore_params",
    "domain_revert_to_snapshot",
    "domain_save_image_define_xml",
    "domain_save_image_get_xml_desc",
    "domain_save_params",
    "domain_screenshot",
    "domain_send_key",
    "domain_send_process_signal",
    "domain_set_blkio_parameters",
    "domain_set_block_io_tune",
    "domain_set_block_threshold",
    "domain_set_guest_vcpus",
    "domain_set_interface_parameters",
    "domain_set_iothread_params",
    "domain_set_launch_security_state",
    "domain_set_lifecycle_action",
    "domain_set_memory_parameters",
    "domain_set_memory_stats_period",
    "domain_set_numa_parameters",
    "domain_set_perf_events",
    "domain_set_scheduler_parameters_flags",
    "domain_set_time",
    "domain_set_user_password",
    "domain_set_vcpu",
    "domain_snapshot_create_xml",
    "domain_snapshot_current",
    "domain_snapshot_delete",
    "domain_snapshot_get_parent",
    "domain_snapshot_get_xml_desc",
    "domain_snapshot_has_metadata",
    "domain_snapshot_is_current",
    "domain_snapshot_list_all_children",
    "domain_snapshot_lookup_by_name",
    "domain_start_dirty_rate_calc",
    "domain_update_device_flags",
    "node_alloc_pages",
    "node_get_free_pages",
    "node_get_memory_parameters",
    "node_get_security_model",
    "node_get_sev_info",
    "node_set_memory_parameters",
    "node_suspend_for_duration",
}


@pytest.fixture(scope="session")
def boot_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qemu-conformance") / "boot.img"
    write_disk(path, 1 << 20, "raw")
    return path


def wait_until_it_answers(domain: Domain) -> None:
    """The guest looks at its power button once it has said hello, or echoes what is typed.

    QEMU drops what a guest says while nobody has its console open, and sees only after a while that somebody has.
    """
    deadline = time.monotonic() + 60
    with domain.console() as console:
        seen = b""
        while GREETING not in seen and b"x" not in seen:
            assert time.monotonic() < deadline, f"the guest of {domain.name} does not answer"
            try:
                seen += console.read(100, timeout=0.5)
            except OperationTimeoutError:
                console.write(b"x")


class Qemu:
    @pytest.fixture
    def driver(self, tmp_path: Path, boot_disk: Path) -> DriverUnderTest:
        return DriverUnderTest(
            f"qemu:///embed?root={tmp_path}",
            domain_xml=XML.replace("DISK", str(boot_disk)),
            unsupported=UNSUPPORTED,
            ready=wait_until_it_answers,
            timeout=60,
            domains=10,
            threads=4,
        )


class TestConnection(Qemu, ConnectionConformance):
    """What the connection says."""


class TestDomains(Qemu, DomainConformance):
    """The life of domains."""


class TestEvents(Qemu, EventConformance):
    """Events."""


class TestOperations(Qemu, OperationConformance):
    """Every declared operation."""
