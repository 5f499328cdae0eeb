"""Which operation of a driver each verb calls, with which arguments and flags.

The driver here answers from a table and writes down what it was asked: no driver at hand has all of these operations,
and what a verb passes on is what matters.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

import pyvirt
from pyvirt.driver.hypervisor import HypervisorDriver
from pyvirt.driver.interface import InterfaceDriver
from pyvirt.driver.network import NetworkDriver
from pyvirt.driver.nodedev import NodeDeviceDriver
from pyvirt.driver.nwfilter import NwfilterDriver
from pyvirt.driver.operation import declared_operations
from pyvirt.driver.secret import SecretDriver
from pyvirt.driver.storage import StorageDriver
from pyvirt.enums.domain_block import DomainBlockJobType
from pyvirt.enums.domain_jobs import DomainJobType
from pyvirt.enums.host import CPUCompareResult
from pyvirt.enums.network import IPAddrType
from pyvirt.enums.storage import StoragePoolState, StorageVolType
from pyvirt.objects.connection import Connection
from pyvirt.types import (
    BlockJobInfo,
    CheckpointRef,
    DhcpLease,
    DomainRef,
    InterfaceRef,
    NetworkPortRef,
    NetworkRef,
    NodeDeviceRef,
    NwfilterBindingRef,
    NwfilterRef,
    Screenshot,
    SecretRef,
    SnapshotRef,
    StoragePoolInfo,
    StoragePoolRef,
    StorageVolInfo,
    StorageVolRef,
)
from pyvirt_cli.main import main
from pyvirt_util.errors import NoDomainError, NoStorageVolError
from pyvirt_util.uris import URI

U = "11111111-2222-3333-4444-555555555555"
VM = DomainRef("vm", U, 3)
NET = NetworkRef("net", U)
POOL = StoragePoolRef("pool", U)
VOL = StorageVolRef("pool", "vol", "/pool/vol")
IFACE = InterfaceRef("eth0", "52:54:00:00:00:01")
DEV = NodeDeviceRef("pci_0000")
ROOT = NodeDeviceRef("computer")
FILTER = NwfilterRef("clean", U)
BINDING = NwfilterBindingRef("tap0", "clean")
SECRET = SecretRef(U, 2, "client.admin")
SNAP = SnapshotRef(VM, "s1")
CHECK = CheckpointRef(VM, "c1")
PORT = NetworkPortRef(NET, U)
_SNAPSHOT = "<domainsnapshot><name>s1</name><state>running</state><creationTime>0</creationTime></domainsnapshot>"


class BytesStream:
    """A volume's bytes."""

    def __init__(self) -> None:
        self.data = b"contents"
        self.written = b""

    def read(self, size: int, timeout: float | None = None) -> bytes:
        data, self.data = self.data, b""
        return data

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)

    def __enter__(self) -> BytesStream:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _missing(*arguments: object) -> Any:
    raise NoDomainError("no domain with matching id")


def _no_volume(*arguments: object) -> Any:
    raise NoStorageVolError("no storage vol with matching key")


_ANSWERS: dict[str, object] = {
    "domain_lookup_by_name": VM,
    "domain_lookup_by_id": _missing,
    "domain_lookup_by_uuid": VM,
    "domain_create_xml": VM,
    "domain_get_xml_desc": "<domain><devices><graphics type='vnc' port='5901' listen='0.0.0.0' passwd='pw'/>"
    "<graphics type='spice' port='5902' tlsPort='5903'><listen address='::1'/></graphics>"
    "<console type='pty' tty='/dev/pts/7'/></devices></domain>",
    "domain_is_active": True,
    "domain_screenshot": Screenshot("image/png", b"PNG"),
    "domain_get_block_job_info": BlockJobInfo(DomainBlockJobType.COPY, 0, 1, 4),
    "domain_get_job_stats": (DomainJobType.BOUNDED, {"data_total": 7}),
    "domain_has_managed_save_image": True,
    "domain_get_disk_errors": {},
    "domain_qemu_monitor_command": '{"return": {"status": "running"}}',
    "domain_qemu_agent_command": '{"return": {}}',
    "domain_fs_freeze": 2,
    "domain_fs_thaw": 2,
    "domain_get_guest_info": {"os.id": "debian"},
    "domain_save_image_get_xml_desc": "<domain/>",
    "domain_managed_save_get_xml_desc": "<domain/>",
    "domain_snapshot_create_xml": SNAP,
    "domain_list_all_snapshots": [SNAP],
    "domain_snapshot_lookup_by_name": SNAP,
    "domain_snapshot_current": SNAP,
    "domain_snapshot_get_xml_desc": _SNAPSHOT,
    "domain_snapshot_get_parent": SnapshotRef(VM, "s0"),
    "domain_snapshot_list_all_children": [],
    "domain_snapshot_is_current": True,
    "domain_snapshot_has_metadata": True,
    "domain_checkpoint_create_xml": CHECK,
    "domain_list_all_checkpoints": [CHECK],
    "domain_checkpoint_lookup_by_name": CHECK,
    "domain_checkpoint_get_xml_desc": "<domaincheckpoint><name>c1</name></domaincheckpoint>",
    "domain_checkpoint_get_parent": CheckpointRef(VM, "c0"),
    "connect_domain_xml_from_native": "<domain/>",
    "connect_domain_xml_to_native": "-m 1",
    "connect_get_cpu_model_names": ["a", "b"],
    "connect_compare_cpu": CPUCompareResult.INCOMPATIBLE,
    "connect_baseline_cpu": "<cpu/>",
    "connect_get_domain_capabilities": "<domainCapabilities/>",
    "connect_get_sysinfo": "<sysinfo/>",
    "node_get_cpu_stats": {"user": 1},
    "node_get_memory_stats": {"total": 4},
    "connect_list_all_networks": [NET],
    "network_lookup_by_uuid": NET,
    "network_lookup_by_name": NET,
    "network_create_xml_flags": NET,
    "network_define_xml_flags": NET,
    "network_get_xml_desc": "<network/>",
    "network_get_bridge_name": "virbr0",
    "network_is_active": True,
    "network_is_persistent": True,
    "network_get_autostart": False,
    "network_get_dhcp_leases": [
        DhcpLease("virbr0", 0, IPAddrType.IPV4, "52:54:00:00:00:01", None, "192.0.2.7", 24, "vm", None)
    ],
    "network_list_all_ports": [PORT],
    "network_port_lookup_by_uuid": PORT,
    "network_port_create_xml": PORT,
    "network_port_get_xml_desc": "<networkport/>",
    "connect_list_all_storage_pools": [POOL],
    "storage_pool_lookup_by_uuid": POOL,
    "storage_pool_lookup_by_name": POOL,
    "storage_pool_create_xml": POOL,
    "storage_pool_define_xml": POOL,
    "storage_pool_get_xml_desc": "<pool/>",
    "storage_pool_get_info": StoragePoolInfo(StoragePoolState.RUNNING, 3 << 30, 1 << 30, 2 << 30),
    "storage_pool_is_persistent": True,
    "storage_pool_get_autostart": True,
    "storage_pool_list_all_volumes": [VOL],
    "storage_pool_lookup_by_volume": POOL,
    "connect_get_storage_pool_capabilities": "<storagepoolCapabilities/>",
    "connect_find_storage_pool_sources": "<sources/>",
    "storage_vol_lookup_by_name": VOL,
    "storage_vol_lookup_by_key": _no_volume,
    "storage_vol_lookup_by_path": VOL,
    "storage_vol_create_xml": VOL,
    "storage_vol_create_xml_from": VOL,
    "storage_vol_get_xml_desc": "<volume><name>vol</name><key>/pool/vol</key>"
    "<target><path>/pool/vol</path></target></volume>",
    "storage_vol_get_path": "/pool/vol",
    "storage_vol_get_info_flags": StorageVolInfo(StorageVolType.FILE, 1 << 30, 0),
    "connect_list_all_interfaces": [IFACE],
    "interface_lookup_by_name": IFACE,
    "interface_lookup_by_mac_string": IFACE,
    "interface_define_xml": IFACE,
    "interface_get_xml_desc": "<interface/>",
    "interface_is_active": True,
    "connect_list_all_node_devices": [ROOT, DEV],
    "node_device_lookup_by_name": DEV,
    "node_device_lookup_scsi_host_by_wwn": DEV,
    "node_device_create_xml": DEV,
    "node_device_define_xml": DEV,
    "node_device_get_xml_desc": "<device/>",
    "node_device_get_parent": lambda device: "computer" if device == DEV else None,
    "node_device_list_caps": ["pci"],
    "node_device_is_active": True,
    "node_device_is_persistent": False,
    "node_device_get_autostart": False,
    "connect_list_all_nwfilters": [FILTER],
    "nwfilter_lookup_by_uuid": FILTER,
    "nwfilter_lookup_by_name": FILTER,
    "nwfilter_define_xml_flags": FILTER,
    "nwfilter_get_xml_desc": "<filter/>",
    "connect_list_all_nwfilter_bindings": [BINDING],
    "nwfilter_binding_lookup_by_port_dev": BINDING,
    "nwfilter_binding_create_xml": BINDING,
    "nwfilter_binding_get_xml_desc": "<filterbinding/>",
    "connect_list_all_secrets": [SECRET],
    "secret_lookup_by_uuid": SECRET,
    "secret_define_xml": SECRET,
    "secret_get_xml_desc": "<secret/>",
    "secret_get_value": b"\x00\xff",
}


def _recording(base: type, calls: list[tuple[object, ...]]) -> Any:
    """An instance of a driver base class whose operations note their call and answer from the table."""

    def operation(name: str) -> Any:
        def call(self: object, *arguments: object) -> Any:
            plain = tuple(int(item) if isinstance(item, int) else item for item in arguments)
            calls.append((name, *plain))
            answer = _ANSWERS.get(name)
            return answer(*arguments) if callable(answer) else answer

        return call

    return type("Recorder", (base,), {name: operation(name) for name in declared_operations(base)})()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[object, ...]]:
    """What the driver was asked; files ``x.xml`` (text ``<x/>``) and ``data`` are in the current folder."""
    asked: list[tuple[object, ...]] = []
    driver = _recording(HypervisorDriver, asked)
    driver.close = lambda: None
    stream = BytesStream()
    monkeypatch.setitem(_ANSWERS, "storage_vol_download", stream)
    monkeypatch.setitem(_ANSWERS, "storage_vol_upload", stream)
    for kind, base in (
        ("network", NetworkDriver),
        ("storage", StorageDriver),
        ("interface", InterfaceDriver),
        ("nodedev", NodeDeviceDriver),
        ("nwfilter", NwfilterDriver),
        ("secret", SecretDriver),
    ):
        setattr(driver, kind, _recording(base, asked))
    monkeypatch.setattr(pyvirt, "open", lambda uri, readonly: Connection(driver, URI.parse("test:///calls")))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.xml").write_text("<x/>")
    (tmp_path / "cpu.xml").write_text("<cpu><model>a</model></cpu>")
    (tmp_path / "data").write_bytes(b"bytes")
    return asked


_CASES: list[tuple[str, tuple[object, ...], str]] = [
    (
        "start vm --paused --autodestroy --bypass-cache --force-boot --reset-nvram",
        ("domain_create_with_flags", VM, 47),
        "",
    ),
    ("start vm --pass-fds 0,1", ("domain_create_with_files", VM, [0, 1], 0), ""),
    ("create x.xml --validate", ("domain_create_xml", "<x/>", 16), "Domain 'vm' created from x.xml\n"),
    ("undefine vm --managed-save --nvram --tpm --snapshots-metadata", ("domain_undefine_flags", VM, 39), ""),
    ("undefine vm --keep-nvram --keep-tpm --checkpoints-metadata", ("domain_undefine_flags", VM, 88), ""),
    ("destroy vm --graceful --remove-logs", ("domain_destroy_flags", VM, 3), ""),
    ("reset vm", ("domain_reset", VM, 0), "Domain 'vm' was reset\n"),
    ("inject-nmi vm", ("domain_inject_nmi", VM, 0), ""),
    ("dompmsuspend vm disk --duration 9", ("domain_pm_suspend_for_duration", VM, 1, 9, 0), ""),
    ("dompmwakeup vm", ("domain_pm_wakeup", VM, 0), ""),
    ("dumpxml vm --security-info --inactive --update-cpu --migratable", ("domain_get_xml_desc", VM, 15), ""),
    ("domxml-from-native qemu-argv data", ("connect_domain_xml_from_native", "qemu-argv", "bytes", 0), "<domain/>\n"),
    ("domxml-to-native qemu-argv --xml x.xml", ("connect_domain_xml_to_native", "qemu-argv", "<x/>", 0), "-m 1\n"),
    ("setvcpus vm 4 --live --guest --hotpluggable", ("domain_set_vcpus_flags", VM, 4, 25), ""),
    ("attach-device vm x.xml --live --config", ("domain_attach_device_flags", VM, "<x/>", 3), ""),
    ("attach-device vm x.xml --persistent", ("domain_attach_device_flags", VM, "<x/>", 3), ""),
    ("detach-device vm x.xml --config", ("domain_detach_device_flags", VM, "<x/>", 2), ""),
    ("detach-device-alias vm net0 --live", ("domain_detach_device_alias", VM, "net0", 1), ""),
    ("update-device vm x.xml --force", ("domain_update_device_flags", VM, "<x/>", 4), ""),
    ("blockresize vm vda 1M", ("domain_block_resize", VM, "vda", 1 << 20, 1), "Block device 'vda' is resized\n"),
    ("blockjob vm vda", ("domain_get_block_job_info", VM, "vda", 0), "Copy: [25.00 %]\n"),
    ("blockjob vm vda --pivot --async", ("domain_block_job_abort", VM, "vda", 3), "Job of disk 'vda' pivoted\n"),
    ("domblkerror vm", ("domain_get_disk_errors", VM, 0), "No errors found\n"),
    ("ttyconsole vm", ("domain_get_xml_desc", VM, 0), "/dev/pts/7\n"),
    ("domdisplay vm", ("domain_get_xml_desc", VM, 0), "vnc://localhost:1\n"),
    ("domdisplay vm --include-password", ("domain_get_xml_desc", VM, 1), "vnc://:pw@localhost:1\n"),
    ("domdisplay vm --type spice", ("domain_get_xml_desc", VM, 0), "spice://[::1]:5902?tls-port=5903\n"),
    ("vncdisplay vm", ("domain_get_xml_desc", VM, 0), ":1\n"),
    ("screenshot vm shot.png --screen 1", ("domain_screenshot", VM, 1, 0), ""),
    ("send-key vm --codeset usb --holdtime 50 0x1d 56", ("domain_send_key", VM, 7, 50, [29, 56], 0), ""),
    ("domtime vm --time 12", ("domain_set_time", VM, 12, 0, 0), ""),
    ("domfsfreeze vm / /home", ("domain_fs_freeze", VM, ["/", "/home"], 0), "Froze 2 filesystem(s)\n"),
    ("domfsthaw vm", ("domain_fs_thaw", VM, None, 0), "Thawed 2 filesystem(s)\n"),
    ("domfstrim vm --minimum 4096 --mountpoint /", ("domain_fs_trim", VM, "/", 4096, 0), ""),
    ("guestinfo vm --os --disk", ("domain_get_guest_info", VM, 34, 0), "os.id               : debian\n"),
    ("set-user-password vm root pw --encrypted", ("domain_set_user_password", VM, "root", "pw", 1), ""),
    (
        "qemu-monitor-command vm query-status --return-value",
        ("domain_qemu_monitor_command", VM, '{"execute": "query-status"}', 0),
        '{"status": "running"}\n',
    ),
    ("qemu-monitor-command vm --hmp info status", ("domain_qemu_monitor_command", VM, "info status", 1), ""),
    ("""qemu-monitor-command vm '{"execute": "x"}'""", ("domain_qemu_monitor_command", VM, '{"execute": "x"}', 0), ""),
    (
        "qemu-agent-command vm guest-ping --timeout 5",
        ("domain_qemu_agent_command", VM, '{"execute": "guest-ping"}', 5, 0),
        "",
    ),
    (
        "qemu-agent-command vm guest-ping --block",
        ("domain_qemu_agent_command", VM, '{"execute": "guest-ping"}', -2, 0),
        "",
    ),
    (
        "save vm /s --bypass-cache --paused --xml x.xml",
        ("domain_save_params", VM, {"file": "/s", "dxml": "<x/>"}, 5),
        "",
    ),
    ("restore /s --running", ("domain_restore_params", {"file": "/s"}, 2), "Domain restored from /s\n"),
    ("save-image-dumpxml /s --security-info", ("domain_save_image_get_xml_desc", "/s", 1), "<domain/>\n"),
    ("save-image-define /s x.xml --running", ("domain_save_image_define_xml", "/s", "<x/>", 2), ""),
    ("managedsave vm --paused", ("domain_managed_save", VM, 4), ""),
    ("managedsave-remove vm", ("domain_managed_save_remove", VM, 0), ""),
    ("managedsave-dumpxml vm", ("domain_managed_save_get_xml_desc", VM, 0), "<domain/>\n"),
    ("managedsave-define vm x.xml", ("domain_managed_save_define_xml", VM, "<x/>", 0), ""),
    ("dump vm /d --memory-only --format kdump-lzo --live", ("domain_core_dump_with_format", VM, "/d", 2, 18), ""),
    (
        "domjobinfo vm --keep-completed",
        ("domain_get_job_stats", VM, 3),
        "Job type:         Bounded\nData total:       7\n",
    ),
    ("domjobabort vm --postcopy", ("domain_abort_job_flags", VM, 1), ""),
    ("snapshot-create vm x.xml --redefine --current", ("domain_snapshot_create_xml", VM, "<x/>", 3), ""),
    ("snapshot-create vm --disk-only --atomic", ("domain_snapshot_create_xml", VM, "<domainsnapshot/>", 144), ""),
    ("snapshot-list vm --roots --internal --name", ("domain_list_all_snapshots", VM, 257), "s1\n"),
    ("snapshot-dumpxml vm s1 --security-info", ("domain_snapshot_get_xml_desc", SNAP, 1), f"{_SNAPSHOT}\n"),
    ("snapshot-current vm --name", ("domain_snapshot_current", VM, 0), "s1\n"),
    ("snapshot-current vm --snapshotname s1", ("domain_snapshot_create_xml", VM, _SNAPSHOT, 3), ""),
    ("snapshot-parent vm s1", ("domain_snapshot_get_parent", SNAP, 0), "s0\n"),
    ("snapshot-revert vm s1 --paused --force", ("domain_revert_to_snapshot", SNAP, 6), ""),
    ("snapshot-delete vm --current --children", ("domain_snapshot_delete", SNAP, 1), "Domain snapshot s1 deleted\n"),
    ("snapshot-info vm s1", ("domain_snapshot_has_metadata", SNAP, 0), ""),
    ("checkpoint-create vm", ("domain_checkpoint_create_xml", VM, "<domaincheckpoint/>", 0), ""),
    ("checkpoint-list vm --name --leaves", ("domain_list_all_checkpoints", VM, 4), "c1\n"),
    ("checkpoint-dumpxml vm c1 --size --no-domain", ("domain_checkpoint_get_xml_desc", CHECK, 6), ""),
    ("checkpoint-parent vm c1", ("domain_checkpoint_get_parent", CHECK, 0), "c0\n"),
    ("checkpoint-delete vm c1 --metadata", ("domain_checkpoint_delete", CHECK, 2), ""),
    ("cpu-models x86_64", ("connect_get_cpu_model_names", "x86_64", 0), "a\nb\n"),
    ("cpu-baseline cpu.xml --features", ("connect_baseline_cpu", ["<cpu><model>a</model></cpu>"], 1), "<cpu/>\n"),
    (
        "domcapabilities --arch x86_64 --virttype kvm",
        ("connect_get_domain_capabilities", None, "x86_64", None, "kvm", 0),
        "",
    ),
    ("nodecpustats --cpu 2", ("node_get_cpu_stats", 2, 0), "user:                         1\n"),
    ("nodememstats", ("node_get_memory_stats", -1, 0), "total:                        4 KiB\n"),
    (
        "net-list --all --autostart",
        ("connect_list_all_networks", 19),
        " Name   State    Autostart   Persistent\n-----------------------------------------\n"
        " net    active   no          yes\n",
    ),
    (
        "net-info net",
        ("network_get_bridge_name", NET),
        f"Name:           net\nUUID:           {U}\nActive:         yes\nPersistent:     yes\n"
        "Autostart:      no\nBridge:         virbr0\n",
    ),
    ("net-define x.xml --validate", ("network_define_xml_flags", "<x/>", 1), "Network 'net' defined from x.xml\n"),
    ("net-create x.xml", ("network_create_xml_flags", "<x/>", 0), "Network 'net' created from x.xml\n"),
    ("net-start net", ("network_create", NET), "Network 'net' started\n"),
    ("net-destroy net", ("network_destroy", NET), "Network 'net' destroyed\n"),
    ("net-undefine net", ("network_undefine", NET), "Network 'net' has been undefined\n"),
    ("net-autostart net --disable", ("network_set_autostart", NET, 0), "Network 'net' unmarked as autostarted\n"),
    ("net-dumpxml net --inactive", ("network_get_xml_desc", NET, 1), "<network/>\n"),
    (f"net-name {U}", ("network_lookup_by_uuid", U), "net\n"),
    ("net-uuid net", ("network_lookup_by_name", "net"), f"{U}\n"),
    ("net-update net add ip-dhcp-host '<host/>' --live", ("network_update", NET, 3, 4, -1, "<host/>", 1), ""),
    ("net-update net delete dns-txt x.xml --parent-index 1", ("network_update", NET, 2, 11, 1, "<x/>", 0), ""),
    ("net-dhcp-leases net", ("network_get_dhcp_leases", NET, None, 0), ""),
    ("net-port-list net", ("network_list_all_ports", NET, 0), ""),
    ("net-port-create net x.xml --validate", ("network_port_create_xml", NET, "<x/>", 2), ""),
    (f"net-port-dumpxml net {U}", ("network_port_get_xml_desc", PORT, 0), "<networkport/>\n"),
    (f"net-port-delete net {U}", ("network_port_delete", PORT, 0), f"Network port {U} deleted\n"),
    (
        "pool-list --type dir,zfs",
        ("connect_list_all_storage_pools", 131138),
        " Name   State    Autostart\n----------------------------\n pool   active   yes\n",
    ),
    (
        "pool-list --details -q",
        ("connect_list_all_storage_pools", 2),
        " pool   running   yes   yes   3.00 GiB   1.00 GiB   2.00 GiB\n",
    ),
    ("pool-info pool --bytes", ("storage_pool_get_info", POOL), ""),
    ("pool-define x.xml --validate", ("storage_pool_define_xml", "<x/>", 1), "Pool 'pool' defined from x.xml\n"),
    ("pool-create x.xml --build --overwrite", ("storage_pool_create_xml", "<x/>", 3), ""),
    ("pool-start pool --build --no-overwrite", ("storage_pool_create", POOL, 5), "Pool 'pool' started\n"),
    ("pool-build pool --overwrite", ("storage_pool_build", POOL, 8), "Pool 'pool' built\n"),
    ("pool-destroy pool", ("storage_pool_destroy", POOL), "Pool 'pool' destroyed\n"),
    ("pool-undefine pool", ("storage_pool_undefine", POOL), "Pool 'pool' has been undefined\n"),
    ("pool-delete pool", ("storage_pool_delete", POOL, 0), "Pool 'pool' deleted\n"),
    ("pool-refresh pool", ("storage_pool_refresh", POOL, 0), "Pool 'pool' refreshed\n"),
    ("pool-autostart pool", ("storage_pool_set_autostart", POOL, 1), "Pool 'pool' marked as autostarted\n"),
    ("pool-dumpxml pool", ("storage_pool_get_xml_desc", POOL, 0), "<pool/>\n"),
    ("pool-capabilities", ("connect_get_storage_pool_capabilities", 0), "<storagepoolCapabilities/>\n"),
    (
        "find-storage-pool-sources netfs x.xml",
        ("connect_find_storage_pool_sources", "netfs", "<x/>", 0),
        "<sources/>\n",
    ),
    ("vol-list pool", ("storage_pool_list_all_volumes", POOL, 0), ""),
    ("vol-info vol --pool pool --physical", ("storage_vol_get_info_flags", VOL, 1), ""),
    ("vol-create pool x.xml --prealloc-metadata --validate", ("storage_vol_create_xml", POOL, "<x/>", 5), ""),
    (
        "vol-create-from pool x.xml vol --inputpool pool --reflink",
        ("storage_vol_create_xml_from", POOL, "<x/>", VOL, 2),
        "Vol vol created from vol vol\n",
    ),
    (
        "vol-clone vol copy --pool pool",
        ("storage_vol_create_xml_from", POOL, "<volume>\n  <name>copy</name>\n  <target/>\n</volume>\n", VOL, 0),
        "Vol vol cloned from vol\n",
    ),
    ("vol-delete /pool/vol --delete-snapshots", ("storage_vol_delete", VOL, 2), "Vol vol deleted\n"),
    ("vol-wipe /pool/vol --algorithm random", ("storage_vol_wipe_pattern", VOL, 8, 0), "Vol vol wiped\n"),
    ("vol-resize /pool/vol 2G --delta --allocate", ("storage_vol_resize", VOL, 2 << 30, 3), ""),
    ("vol-dumpxml vol --pool pool --xpath 'string(//key)'", ("storage_vol_get_xml_desc", VOL, 0), "/pool/vol\n"),
    ("vol-name /pool/vol", ("storage_vol_lookup_by_path", "/pool/vol"), "vol\n"),
    ("vol-key vol --pool pool", ("storage_vol_lookup_by_name", POOL, "vol"), "/pool/vol\n"),
    ("vol-path vol --pool pool", ("storage_vol_get_path", VOL), "/pool/vol\n"),
    ("vol-pool /pool/vol --uuid", ("storage_pool_lookup_by_volume", VOL), f"{U}\n"),
    (
        "vol-download vol out --pool pool --offset 1 --length 2 --sparse",
        ("storage_vol_download", VOL, 1, 2, 1),
        "Vol vol downloaded to out: 8 bytes\n",
    ),
    ("vol-upload vol data --pool pool", ("storage_vol_upload", VOL, 0, 0, 0), "Vol vol uploaded from data: 5 bytes\n"),
    ("iface-list --all", ("connect_list_all_interfaces", 3), ""),
    ("iface-name 52:54:00:00:00:01", ("interface_lookup_by_mac_string", "52:54:00:00:00:01"), "eth0\n"),
    ("iface-mac eth0", ("interface_lookup_by_name", "eth0"), "52:54:00:00:00:01\n"),
    ("iface-define x.xml", ("interface_define_xml", "<x/>", 0), "Interface 'eth0' defined from x.xml\n"),
    ("iface-start eth0", ("interface_create", IFACE, 0), "Interface 'eth0' started\n"),
    ("iface-destroy eth0", ("interface_destroy", IFACE, 0), "Interface 'eth0' destroyed\n"),
    ("iface-undefine eth0", ("interface_undefine", IFACE), "Interface 'eth0' undefined\n"),
    ("iface-dumpxml eth0 --inactive", ("interface_get_xml_desc", IFACE, 1), "<interface/>\n"),
    ("iface-begin", ("interface_change_begin", 0), ""),
    ("iface-commit", ("interface_change_commit", 0), ""),
    ("iface-rollback", ("interface_change_rollback", 0), ""),
    ("nodedev-list --cap pci,net", ("connect_list_all_node_devices", 2147483666), "computer\npci_0000\n"),
    ("nodedev-list --tree", ("node_device_get_parent", DEV), "computer\n  +- pci_0000\n"),
    ("nodedev-info pci_0000", ("node_device_list_caps", DEV), ""),
    ("nodedev-dumpxml 20,21", ("node_device_lookup_scsi_host_by_wwn", "20", "21", 0), "<device/>\n"),
    ("nodedev-dumpxml pci_0000", ("node_device_get_xml_desc", DEV, 0), "<device/>\n"),
    ("nodedev-define x.xml", ("node_device_define_xml", "<x/>", 0), "Device 'pci_0000' defined from x.xml\n"),
    ("nodedev-create x.xml --validate", ("node_device_create_xml", "<x/>", 1), ""),
    ("nodedev-start pci_0000", ("node_device_create", DEV, 0), "Device 'pci_0000' started\n"),
    ("nodedev-destroy pci_0000", ("node_device_destroy", DEV), "Device 'pci_0000' destroyed\n"),
    ("nodedev-undefine pci_0000", ("node_device_undefine", DEV, 0), "Device 'pci_0000' undefined\n"),
    ("nodedev-autostart pci_0000", ("node_device_set_autostart", DEV, 1), ""),
    ("nodedev-detach pci_0000 --driver vfio", ("node_device_detach_flags", DEV, "vfio", 0), ""),
    ("nodedev-reattach pci_0000", ("node_device_re_attach", DEV), "Device 'pci_0000' re-attached\n"),
    ("nodedev-reset pci_0000", ("node_device_reset", DEV), "Device 'pci_0000' reset\n"),
    ("nwfilter-list -q", ("connect_list_all_nwfilters", 0), f" {U}   clean\n"),
    ("nwfilter-define x.xml --validate", ("nwfilter_define_xml_flags", "<x/>", 1), ""),
    ("nwfilter-undefine clean", ("nwfilter_undefine", FILTER), "Network filter 'clean' undefined\n"),
    ("nwfilter-dumpxml clean", ("nwfilter_get_xml_desc", FILTER, 0), "<filter/>\n"),
    ("nwfilter-binding-list -q", ("connect_list_all_nwfilter_bindings", 0), " tap0   clean\n"),
    ("nwfilter-binding-create x.xml", ("nwfilter_binding_create_xml", "<x/>", 0), ""),
    ("nwfilter-binding-delete tap0", ("nwfilter_binding_delete", BINDING), "Network filter on 'tap0' deleted\n"),
    ("nwfilter-binding-dumpxml tap0", ("nwfilter_binding_get_xml_desc", BINDING, 0), "<filterbinding/>\n"),
    ("secret-list --private -q", ("connect_list_all_secrets", 4), f" {U}   ceph client.admin\n"),
    ("secret-define x.xml", ("secret_define_xml", "<x/>", 0), f"Secret '{U}' defined from x.xml\n"),
    ("secret-undefine client.admin", ("secret_undefine", SECRET), f"Secret '{U}' deleted\n"),
    (f"secret-dumpxml {U}", ("secret_get_xml_desc", SECRET, 0), "<secret/>\n"),
    (f"secret-get-value {U}", ("secret_get_value", SECRET, 0), "AP8=\n"),
    (f"secret-set-value {U} --base64 AP8=", ("secret_set_value", SECRET, b"\x00\xff", 0), "Secret value set\n"),
    (f"secret-set-value {U} --file data --plain", ("secret_set_value", SECRET, b"bytes", 0), "Secret value set\n"),
]


@pytest.mark.parametrize(("line", "call", "output"), _CASES, ids=[line for line, _, _ in _CASES])
def test_verb(
    line: str,
    call: tuple[object, ...],
    output: str,
    calls: list[tuple[object, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(shlex.split(line))
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    assert call in calls
    if output:
        assert printed.out == output


@pytest.mark.parametrize("line", [line for line, _, _ in _CASES])
def test_verb_as_json(line: str, calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    import json

    if line.startswith("screenshot"):
        line = "screenshot vm x.png"
    assert main([*shlex.split(line), "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_vol_create_as(calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    line = "vol-create-as pool new 1G --format qcow2 --allocation 1M --backing-vol vol --backing-vol-format raw"
    assert main(line.split()) == 0
    document = (
        "<volume>\n  <name>new</name>\n  <capacity>1073741824</capacity>\n  <allocation>1048576</allocation>\n"
        '  <target>\n    <format type="qcow2"/>\n  </target>\n'
        '  <backingStore>\n    <path>/pool/vol</path>\n    <format type="raw"/>\n  </backingStore>\n</volume>\n'
    )
    assert ("storage_vol_create_xml", POOL, document, 0) in calls
    assert capsys.readouterr().out == "Vol vol created\n"


def test_snapshot_create_as(calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["snapshot-create-as", "vm", "s1", "why", "--print-xml", "--memspec", "/m"]
    words += ["--diskspec", "vda,snapshot=external,driver=qcow2,file=/d", "--diskspec", "vdb,snapshot=no"]
    assert main(words) == 0
    assert capsys.readouterr().out == (
        "<domainsnapshot>\n  <name>s1</name>\n  <description>why</description>\n"
        '  <memory snapshot="external" file="/m"/>\n  <disks>\n    <disk name="vda" snapshot="external">\n'
        '      <driver type="qcow2"/>\n      <source file="/d"/>\n    </disk>\n'
        '    <disk name="vdb" snapshot="no"/>\n  </disks>\n</domainsnapshot>\n'
    )
    assert main(["snapshot-create-as", "vm", "--diskspec", "vda,nonsense"]) == 2


def test_attach_disk(calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attach-disk", "vm", "/d", "sdb", "--subdriver", "qcow2", "--mode", "readonly", "--live"]) == 0
    document = (
        '<disk type="file">\n  <driver type="qcow2"/>\n  <source file="/d"/>\n'
        '  <target dev="sdb" bus="scsi"/>\n  <readonly/>\n</disk>\n'
    )
    assert ("domain_attach_device_flags", VM, document, 1) in calls
    assert capsys.readouterr().out == "Disk attached successfully\n"


def test_attach_interface(calls: list[tuple[object, ...]]) -> None:
    assert main(["attach-interface", "vm", "bridge", "br0", "--model", "virtio", "--inbound", "10,,5"]) == 0
    document = (
        '<interface type="bridge">\n  <source bridge="br0"/>\n  <model type="virtio"/>\n'
        '  <bandwidth>\n    <inbound average="10" burst="5"/>\n  </bandwidth>\n</interface>\n'
    )
    assert ("domain_attach_device_flags", VM, document, 0) in calls
    assert main(["attach-interface", "vm", "bridge", "br0", "--inbound", "fast"]) == 2
    assert main(["attach-interface", "vm", "carrier-pigeon", "x"]) == 2


def test_detaching_what_is_not_there(calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detach-disk", "vm", "vdz"]) == 1
    assert capsys.readouterr().err == ("error: no device: domain 'vm' has no disk 'vdz'\nhint: pyvirt domblklist vm\n")
    assert main(["detach-interface", "vm", "bridge"]) == 1


def test_downloads_and_pictures_arrive(calls: list[tuple[object, ...]], tmp_path: Path) -> None:
    assert main(["vol-download", "vol", "out", "--pool", "pool"]) == 0
    assert (tmp_path / "out").read_bytes() == b"contents"
    assert main(["screenshot", "vm", "shot.png"]) == 0
    assert (tmp_path / "shot.png").read_bytes() == b"PNG"


def test_a_cpu_that_does_not_fit_is_exit_code_1(
    calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cpu-compare", "cpu.xml", "--error", "--validate"]) == 1
    assert ("connect_compare_cpu", "<cpu><model>a</model></cpu>", 3) in calls
    assert capsys.readouterr().out == "CPU described in cpu.xml is incompatible with host CPU\n"


@pytest.mark.parametrize(
    "line",
    [
        "net-update net frob ip-dhcp-host <x/>",
        "net-update net add nowhere <x/>",
        "pool-start pool --overwrite --no-overwrite",
        "pool-list --type floppy",
        "vol-wipe /pool/vol --algorithm hammer",
        "nodedev-list --cap engine",
        "nodedev-list --tree --all",
        "secret-set-value x",
        "secret-set-value x --base64 !!",
        "dompmsuspend vm bed",
        "send-key vm enter",
        "dump vm /d --format kdump-lzo",
        "domxml-to-native qemu-argv",
        "snapshot-revert vm",
        "snapshot-revert vm s1 --current",
        "domifaddr vm --source rumour",
        "start vm --pass-fds 99",
        "attach-device vm x.xml --persistent --current",
    ],
)
def test_wrong_command_lines(line: str, calls: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
