"""``test:///default``: what libvirt users know it to be."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import pyvirt
from pyvirt import enums
from pyvirt.types import NodeInfo
from pyvirt_util.errors import InvalidArgError, NoDomainError, OperationInvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyvirt.objects import Connection, Domain

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
XML = """\
<domain type='test'>
  <name>{name}</name>
  <memory>65536</memory>
  <os><type>hvm</type></os>
  {more}
</domain>
"""
Live, Config = enums.DomainModificationImpact.LIVE, enums.DomainModificationImpact.CONFIG


@pytest.fixture
def conn() -> Iterator[Connection]:
    with pyvirt.open("test:///default") as conn:
        yield conn


@pytest.fixture
def test(conn: Connection) -> Domain:
    return conn.lookup_domain("test")


def define(conn: Connection, name: str, more: str = "") -> Domain:
    return conn.define_domain(XML.format(name=name, more=more))


def test_one_domain_runs(conn: Connection, test: Domain) -> None:
    assert [domain.name for domain in conn.list_domains()] == ["test"]
    assert (test.uuid, test.id) == (UUID, 1)
    assert test.state() == (enums.DomainState.RUNNING, enums.DomainRunningReason.UNKNOWN)
    assert test.is_persistent()
    assert not test.autostart()
    info = test.info()
    assert (info.max_memory, info.memory, info.vcpus) == (8388608, 2097152, 2)


def test_the_host_is_that_of_libvirt(conn: Connection) -> None:
    assert conn.hypervisor_type() == "TEST"
    assert conn.version() == 2
    assert conn.max_vcpus() == 32
    assert conn.node_info() == NodeInfo("i686", 3145728, 16, 1400, 2, 2, 2, 2)
    assert conn.node_cells_free_memory(0, 2) == [2097152, 4194304]
    assert conn.node_free_memory() == 3145728
    assert conn.node_security_model() == ("testSecurity", "")
    assert conn.node_cpu_stats(-1)["user"] == 9797400000
    with pytest.raises(InvalidArgError):
        conn.node_cells_free_memory(5, 2)
    with pytest.raises(InvalidArgError):
        conn.node_cpu_stats(16)


@pytest.mark.skipif(shutil.which("virsh") is None, reason="libvirt's virsh is not installed")
@pytest.mark.parametrize("what", ["capabilities", "dumpxml test", "dumpxml --inactive test", "sysinfo"])
def test_documents_are_those_of_libvirt(conn: Connection, test: Domain, what: str) -> None:
    command = ["virsh", "-c", "test:///default", *what.split()]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    ours = {
        "capabilities": conn.capabilities,
        "dumpxml test": test.xml,
        "dumpxml --inactive test": lambda: test.xml(enums.DomainXMLFlags.INACTIVE),
        "sysinfo": conn.sysinfo,
    }[what]()
    assert ours.strip() == theirs.strip()


def test_connections_share_it_until_the_last_is_closed(conn: Connection, test: Domain) -> None:
    with pyvirt.open("test:///default") as other:
        other.lookup_domain("test").destroy()
        define(other, "second")
    assert not test.is_active()
    assert conn.lookup_domain("second")
    conn.close()
    with pyvirt.open("test:///default") as anew:
        assert [domain.name for domain in anew.list_domains()] == ["test"]
        assert anew.lookup_domain("test").is_active()


def test_a_connection_nobody_closed_does_not_keep_it() -> None:
    pyvirt.open("test:///default").lookup_domain("test").destroy()
    gc.collect()
    with pyvirt.open("test:///default") as conn:
        assert conn.lookup_domain("test").is_active()


@pytest.mark.parametrize("uri", ["test:///", "test://", "test://host/default"])
def test_uris_that_mean_nothing(uri: str) -> None:
    with pytest.raises(InvalidArgError):
        pyvirt.open(uri)


def test_it_loads_no_xml_parser_and_no_other_driver(tmp_path: Path) -> None:
    program = (
        "import sys, pyvirt\n"
        "conn = pyvirt.open('test:///default')\n"
        "opened = set(sys.modules)\n"
        "domain = conn.lookup_domain('test')\n"
        "assert [found.name for found in conn.list_domains()] == ['test'], conn\n"
        "assert domain.state().state == 1 and domain.is_active() and domain.id == 1\n"
        "domain.suspend(); domain.resume(); domain.destroy(); domain.start()\n"
        "heavy = {'lxml', 'asyncio', 'pyroute2', 'pyudev', 'subprocess'}\n"
        "print(sorted(heavy & opened), sorted(name for name in sys.modules if name.startswith('pyvirt_driver_')\n"
        "      and not name.startswith('pyvirt_driver_test')))\n"
        "print('json' in opened, 'typing' in opened, 'pyvirt_conf' in opened)\n"
    )
    # The first run fills the cache of installed plug-ins, which reads the metadata of every distribution.
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
        )
    assert run.stdout.splitlines() == ["[] []", "False False False"], run.stderr


def test_memory_of_the_running_and_the_stored_domain(test: Domain) -> None:
    flags = enums.DomainMemoryModFlags
    test.set_memory(1000000, flags.LIVE | flags.CONFIG)
    assert test.info().memory == 1000000
    assert test.definition(enums.DomainXMLFlags.INACTIVE).current_memory == 1000000
    with pytest.raises(InvalidArgError):
        test.set_memory(8388609)
    for running in (flags.CURRENT, flags.LIVE):
        with pytest.raises(OperationInvalidError):
            test.set_memory(9000000, running | flags.MAXIMUM)
    test.set_memory(500, flags.CONFIG | flags.MAXIMUM)
    stored = test.definition(enums.DomainXMLFlags.INACTIVE)
    assert (stored.memory, stored.current_memory) == (500, 500)


def test_vcpus(test: Domain) -> None:
    flags = enums.DomainVcpuFlags
    test.set_vcpus(4, flags.CONFIG | flags.MAXIMUM)
    assert "<vcpu placement='static' current='2'>4</vcpu>" in test.xml(enums.DomainXMLFlags.INACTIVE)
    assert test.max_vcpus() == 2
    with pytest.raises(InvalidArgError):
        test.set_vcpus(3, flags.LIVE)
    with pytest.raises(InvalidArgError):
        test.set_vcpus(33, flags.CONFIG | flags.MAXIMUM)
    for wrong in (flags.MAXIMUM, flags.MAXIMUM | flags.LIVE):
        with pytest.raises(InvalidArgError):
            test.set_vcpus(2, wrong)
    test.set_vcpus(1)
    assert [vcpu.number for vcpu in test.vcpu_info()] == [0]


def test_pinning(test: Domain) -> None:
    everywhere = frozenset(range(16))
    assert test.vcpu_pin_info() == [everywhere, everywhere]
    test.pin_vcpu(1, {0, 3}, Live | Config)
    assert test.vcpu_pin_info() == [everywhere, frozenset({0, 3})]
    assert test.vcpu_info()[1].cpu in (0, 3)
    assert "<vcpupin vcpu='1' cpuset='0,3'/>" in test.xml(enums.DomainXMLFlags.INACTIVE)
    test.pin_emulator([1])
    assert test.emulator_pin_info() == {1}
    with pytest.raises(InvalidArgError):
        test.pin_vcpu(9, {0})
    with pytest.raises(InvalidArgError):
        test.pin_vcpu(0, {99})


def test_iothreads(test: Domain) -> None:
    assert test.iothread_info() == []
    test.add_iothread(3)
    test.pin_iothread(3, {2})
    assert test.iothread_info() == [(3, frozenset({2}))]
    with pytest.raises(InvalidArgError):
        test.add_iothread(3)
    test.del_iothread(3)
    assert test.iothread_info() == []
    with pytest.raises(InvalidArgError):
        test.del_iothread(3)


@pytest.mark.parametrize(
    ("read", "write", "values"),
    [
        ("memory_parameters", "set_memory_parameters", {"hard_limit": 2048, "swap_hard_limit": 4096}),
        ("numa_parameters", "set_numa_parameters", {"numa_mode": 2, "numa_nodeset": "0-1"}),
        ("blkio_parameters", "set_blkio_parameters", {"weight": 500, "device_read_bytes_sec": "/dev/a,7,/dev/b,8"}),
        ("perf_events", "set_perf_events", {"cmt": True}),
        ("scheduler_parameters", "set_scheduler_parameters", {"weight": 70}),
    ],
)
def test_limits_are_read_back(test: Domain, read: str, write: str, values: dict[str, object]) -> None:
    before = getattr(test, read)()
    getattr(test, write)(values, Live | Config)
    assert getattr(test, read)() == {**before, **values}
    assert getattr(test, read)(Config) == {**before, **values}
    with pytest.raises(InvalidArgError):
        getattr(test, write)({"nothing_known": 1})
    with pytest.raises(InvalidArgError):
        getattr(test, read)(Live | Config)


def test_limits_that_contradict_each_other(test: Domain) -> None:
    with pytest.raises(InvalidArgError):
        test.set_memory_parameters({"hard_limit": 4096, "swap_hard_limit": 2048})
    with pytest.raises(InvalidArgError):
        test.set_block_io_tune("vda", {"total_bytes_sec": 1, "read_bytes_sec": 1})
    with pytest.raises(InvalidArgError):
        test.set_block_io_tune("vda", {"total_bytes_sec": 9, "total_bytes_sec_max": 8})
    assert not any(test.block_io_tune("vda").values())


def test_limits_of_devices(test: Domain) -> None:
    test.set_block_io_tune("vda", {"read_iops_sec": 100, "group_name": "g"}, Live | Config)
    tune = test.block_io_tune("vda", Config)
    assert (tune["read_iops_sec"], tune["group_name"], tune["write_iops_sec"]) == (100, "g", 0)
    test.set_interface_parameters("testnet0", {"inbound.average": 100, "inbound.peak": 200})
    assert test.interface_parameters("testnet0")["inbound.peak"] == 200
    assert test.interface_parameters("testnet0", Config)["inbound.peak"] == 0
    test.set_interface_parameters("testnet0", {"inbound.average": 0})
    assert not any(test.interface_parameters("testnet0").values())


def test_counters_do_not_change(test: Domain) -> None:
    assert test.block_stats("vda") == test.block_stats("/guest/diskimage1") == test.block_stats("")
    assert test.interface_stats("testnet0") == test.interface_stats("AA:BB:CC:DD:EE:FF")
    for wrong in ("vdb", "/etc/passwd"):
        with pytest.raises(InvalidArgError, match=re.escape(wrong)):
            test.block_stats(wrong)
    with pytest.raises(InvalidArgError):
        test.interface_stats("")
    assert test.block_info("vda").capacity == 1099506450432


def test_statistics(conn: Connection, test: Domain) -> None:
    off = define(conn, "off")
    types, flags = enums.DomainStatsTypes, enums.ConnectGetAllDomainStatsFlags
    records = dict(conn.domain_stats())
    assert list(records) == [test, off]
    assert records[test]["vcpu.1.state"] == enums.VcpuState.RUNNING
    assert records[test]["block.0.name"] == "vda"
    assert records[test]["net.0.rx.pkts"] == 1024
    assert "cpu.time" not in records[off]
    assert records[off]["balloon.maximum"] == 65536
    assert conn.domain_stats(types.STATE, [off], flags.INACTIVE) == [(off, {"state.state": 5, "state.reason": 0})]
    assert conn.domain_stats(types.STATE, None, flags.PAUSED) == []
    off.undefine()
    assert conn.domain_stats(types.STATE, [off]) == []


def test_the_guest_agent(test: Domain) -> None:
    assert test.hostname() == "testhost"
    (interface,) = test.interface_addresses(enums.DomainInterfaceAddressesSource.LEASE)
    assert (interface.name, interface.addresses[0].address) == ("testnet0", "192.168.122.3")
    assert test.time() == (627319920, 0)
    test.set_time(5, 6)
    assert test.time() == (5, 6)
    assert (test.fs_freeze(), test.fs_freeze(["/"]), test.fs_thaw(["/"]), test.fs_thaw()) == (2, 0, 1, 1)
    with pytest.raises(OperationInvalidError):
        test.fs_trim("/nowhere", 0)
    assert [found.mountpoint for found in test.fs_info()] == ["/", "/boot"]
    test.destroy()
    with pytest.raises(OperationInvalidError):
        test.hostname()
    test.start()
    assert test.time() == (627319920, 0)


def test_what_follows_a_shutdown_and_a_reboot(conn: Connection) -> None:
    domain = define(conn, "odd", "<on_poweroff>restart</on_poweroff><on_reboot>destroy</on_reboot>")
    domain.start()
    number = domain.id
    domain.shutdown()
    assert domain.id == number
    domain.reboot()
    assert domain.state() == (enums.DomainState.SHUTOFF, enums.DomainShutoffReason.SHUTDOWN)
    domain.set_lifecycle_action(enums.DomainLifecycle.POWEROFF, enums.DomainLifecycleAction.DESTROY)
    domain.start()
    domain.shutdown()
    assert not domain.is_active()


def test_interfaces_are_named(conn: Connection) -> None:
    domain = define(
        conn,
        "named",
        "<devices><interface type='user'/><interface type='user'><target dev='testnet0'/></interface>"
        "<interface type='user'/></devices>",
    )
    assert [found.target for found in domain.definition().devices.interfaces] == ["testnet1", "testnet0", "testnet2"]


def test_is_updated(test: Domain) -> None:
    assert not test.is_updated()
    test.connection.define_domain(test.xml(enums.DomainXMLFlags.INACTIVE))
    assert test.is_updated()
    test.destroy()
    assert not test.is_updated()


def test_autodestroy_ends_with_its_connection(conn: Connection) -> None:
    with pyvirt.open("test:///default") as other:
        name = other.create_domain(XML.format(name="brief", more=""), enums.DomainCreateFlags.START_AUTODESTROY).name
        assert conn.lookup_domain(name).is_active()
    with pytest.raises(NoDomainError):
        conn.lookup_domain("brief")


def test_events_reach_all_connections_of_the_host(conn: Connection, test: Domain) -> None:
    with pyvirt.open("test:///default") as other, other.domain_events() as stream:
        test.destroy()
        event = stream.get(timeout=10)
        assert event is not None
        assert (event.domain.uuid, event.domain.id) == (UUID, 1)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (enums.DomainEventID.REBOOT, lambda domain: domain.reboot()),
        (enums.DomainEventID.REBOOT, lambda domain: domain.reset()),
        (enums.DomainEventID.BALLOON_CHANGE, lambda domain: domain.set_memory(4096)),
        (
            enums.DomainEventID.METADATA_CHANGE,
            lambda domain: domain.set_metadata(enums.DomainMetadataType.TITLE, "x"),
        ),
    ],
)
def test_other_events(conn: Connection, test: Domain, kind: enums.DomainEventID, cause: object) -> None:
    assert callable(cause)
    with conn.domain_events(domain=test, event_id=kind) as stream:
        cause(test)
        event = stream.get(timeout=10)
        assert event is not None
        assert event.event_id == kind


def test_peek_and_screenshot(test: Domain) -> None:
    assert test.memory_peek(254, 4, enums.DomainMemoryFlags.PHYSICAL) == b"\xfe\xff\x00\x01"
    picture = test.screenshot(0)
    assert picture.mime_type == "image/png"
    assert picture.data.startswith(b"\x89PNG\r\n")


def test_threads_share_one_connection(conn: Connection) -> None:
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round in range(5):
                domain = define(conn, f"domain-{number}-{round}")
                domain.start()
                assert domain in conn.list_domains()
                domain.set_memory(4096)
                domain.destroy()
                domain.undefine()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [domain.name for domain in conn.list_domains()] == ["test"]
