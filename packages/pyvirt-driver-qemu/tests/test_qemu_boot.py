"""Real guests from domain XML: completed, built, started and talked to over their serial ports."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pyvirt_conf.domain import Domain, ParserConfig, XmlFlags, parse_domain
from pyvirt_driver_qemu.capabilities import CapabilitiesCache
from pyvirt_driver_qemu.command import Context, Settings, build
from pyvirt_driver_qemu.completion import assign_aliases, parser_config
from pyvirt_driver_qemu.launch import Launcher
from pyvirt_driver_qemu.monitor import Command, Monitor
from pyvirt_testing.guest import GREETING, write_disk
from pyvirt_util.process import ProcessId

QEMU = "/usr/bin/qemu-system-x86_64"
MASTER_KEY = bytes(range(32))
pytestmark = [
    pytest.mark.skipif(not os.access(QEMU, os.X_OK), reason=f"{QEMU} is not installed"),
    pytest.mark.guest,
]


class Running(NamedTuple):
    domain: Domain
    process: ProcessId
    monitor: Monitor
    folder: Path

    def expect(self, wanted: bytes, typed: bytes = b"") -> bytes:
        """Connect to the serial socket, type, and read until ``wanted`` came."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.folder / "serial.sock"))
            self.monitor.execute("cont")
            sock.sendall(typed)
            got = b""
            while wanted not in got:
                data = sock.recv(4096)
                assert data, got
                got += data
            return got


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> CapabilitiesCache:
    return CapabilitiesCache(str(tmp_path_factory.mktemp("capabilities")))


@pytest.fixture
def config(cache: CapabilitiesCache) -> ParserConfig:
    return parser_config(cache.get)


@pytest.fixture
def start(tmp_path: Path, cache: CapabilitiesCache, config: ParserConfig) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def make(devices: str, machine: str = "q35", os_extra: str = "<boot dev='hd'/>", **options: str) -> Running:
        xml = f"""
        <domain type='qemu'>
          <name>boot, test</name>
          <memory unit='MiB'>{options.get("memory", "32")}</memory>
          <os><type arch='x86_64' machine='{machine}'>hvm</type>{os_extra}</os>
          <features><acpi/><apic/></features>
          {options.get("more", "")}
          <devices>
            <serial type='unix'><source mode='bind' path='{tmp_path}/serial.sock'/></serial>
            {devices}
          </devices>
        </domain>"""
        domain = parse_domain(xml, config, flags=XmlFlags.INACTIVE)
        # What is written can be read again, and means the same.
        text = domain.format(XmlFlags.INACTIVE)
        assert parse_domain(text, config, flags=XmlFlags.INACTIVE).format(XmlFlags.INACTIVE) == text
        domain.id = len(started) + 1
        assign_aliases(domain)
        (tmp_path / "master-key.aes").write_bytes(MASTER_KEY)
        with Launcher(log_path=str(tmp_path / "log")) as launcher:
            context = Context(
                domain=domain,
                capabilities=cache.get(QEMU),
                private_dir=str(tmp_path),
                channel_dir=str(tmp_path),
                opener=launcher,
                settings=Settings(memory_backing_dir=str(tmp_path)),
                environment=os.environ,
                secret=lambda reference: b"pass, word",
                master_key=MASTER_KEY,
            )
            line = build(context, monitor_path=str(tmp_path / "monitor.sock"))
            launched = launcher.start(line.argv, env=line.env, monitor_path=str(tmp_path / "monitor.sock"))
        started.append(Running(domain, launched.process, launched.monitor, tmp_path))
        return started[-1]

    yield make
    for running in started:
        running.monitor.close()
        running.process.kill()
        assert running.process.wait(10)
        running.process.reap()


BUSES = [
    ("pc", "ide", "hda", ""),
    ("pc", "sata", "sda", ""),
    ("pc", "scsi", "sda", "<controller type='scsi' model='virtio-scsi'/>"),
    ("pc", "scsi", "sda", "<controller type='scsi' model='lsilogic'/>"),
    ("pc", "virtio", "vda", ""),
    ("pc", "usb", "sda", ""),
    ("pc", "fdc", "fda", ""),
    ("q35", "sata", "sda", ""),
    ("q35", "scsi", "sda", "<controller type='scsi' model='virtio-scsi'/>"),
    ("q35", "virtio", "vda", ""),
    ("q35", "usb", "sda", ""),
]


@pytest.mark.parametrize(("machine", "bus", "target", "controller"), BUSES)
def test_boots_from_every_bus(
    start: Callable[..., Running], tmp_path: Path, machine: str, bus: str, target: str, controller: str
) -> None:
    size = 1474560 if bus == "fdc" else 1 << 20
    disk = write_disk(tmp_path / "disk, one.raw", size)
    device = "floppy" if bus == "fdc" else "disk"
    place = f"<source file='{disk}'/><target dev='{target}' bus='{bus}'/>"
    xml = f"<disk type='file' device='{device}'>{place}</disk>{controller}"
    boot = "<boot dev='fd'/>" if bus == "fdc" else "<boot dev='hd'/>"
    guest = start(xml, machine, boot)
    assert GREETING in guest.expect(GREETING)


@pytest.mark.parametrize("cache_mode", ["none", "writethrough", "writeback", "directsync", "unsafe"])
def test_qcow2_with_an_overlay_and_cache_modes(start: Callable[..., Running], tmp_path: Path, cache_mode: str) -> None:
    import subprocess

    base = write_disk(tmp_path / "base.qcow2", format="qcow2")
    overlay = tmp_path / "overlay.qcow2"
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(base), "-F", "qcow2", str(overlay)]
    subprocess.run(command, check=True)
    guest = start(
        f"""<disk type='file'>
        <driver name='qemu' type='qcow2' cache='{cache_mode}' discard='unmap' detect_zeroes='unmap'/>
        <source file='{overlay}'/><backingStore type='file'><format type='qcow2'/><source file='{base}'/><backingStore/>
        </backingStore><target dev='vda'/><serial>S1</serial></disk>"""
    )
    guest.expect(b"W", b"+w")
    nodes = {node["node-name"] for node in guest.monitor.execute("query-named-block-nodes", {"flat": True})}
    assert nodes == {"libvirt-1-storage", "libvirt-1-format", "libvirt-2-storage", "libvirt-2-format"}


@pytest.mark.parametrize("form", ["qcow2", "luks"])
def test_encrypted_image(start: Callable[..., Running], tmp_path: Path, form: str) -> None:
    """QEMU decrypts the passphrase with the master key, and the image with the passphrase."""
    import subprocess

    plain, disk = write_disk(tmp_path / "plain.raw"), tmp_path / "disk.luks"
    options = (
        "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10"
        if form == "qcow2"
        else "key-secret=s,iter-time=10"
    )
    command = [
        "qemu-img",
        "convert",
        "--object",
        "secret,id=s,data=pass,, word",
        "-f",
        "raw",
        "-O",
        form,
        "-o",
        options,
    ]
    for _ in range(20):
        made = subprocess.run([*command, str(plain), str(disk)], capture_output=True, text=True)
        # It times the key derivation by the thread's CPU clock, which is too coarse on some kernels.
        if "accurate CPU usage" not in made.stderr:
            break
    assert made.returncode == 0, made.stderr
    kind = "qcow2" if form == "qcow2" else "raw"
    guest = start(
        f"""<disk type='file'><driver name='qemu' type='{kind}'/><source file='{disk}'><encryption format='luks'>
        <secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/></encryption></source>
        <target dev='vda'/></disk>"""
    )
    assert GREETING in guest.expect(GREETING)
    arguments = Path(f"/proc/{guest.process.pid}/cmdline").read_bytes()
    assert b"pass, word" not in arguments


def test_boot_order_of_devices(start: Callable[..., Running], tmp_path: Path) -> None:
    empty = tmp_path / "empty.raw"
    empty.write_bytes(bytes(1 << 20))
    disk = write_disk(tmp_path / "disk.raw")
    guest = start(
        f"""<disk type='file'><source file='{empty}'/><target dev='vda'/><boot order='2'/></disk>
        <disk type='file'><source file='{disk}'/><target dev='vdb'/><boot order='1'/></disk>
        <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>""",
        os_extra="",
    )
    assert GREETING in guest.expect(GREETING)


def test_a_guest_with_one_of_everything(start: Callable[..., Running], tmp_path: Path) -> None:
    """QEMU takes all devices at the addresses we chose, and calls them what we call them."""
    disk = write_disk(tmp_path / "disk.raw")
    guest = start(
        f"""<disk type='file'><source file='{disk}'/><target dev='vda'/>
        <iotune><total_iops_sec>1000</total_iops_sec></iotune></disk>
        <controller type='usb' index='0' model='ich9-ehci1'/>
        <controller type='usb' index='0' model='ich9-uhci1'><master startport='0'/></controller>
        <controller type='virtio-serial'/>
        <interface type='user'><model type='virtio'/></interface>
        <interface type='user'><model type='e1000e'/></interface>
        <interface type='user'><model type='rtl8139'/></interface>
        <serial type='file'><source path='{tmp_path}/second.log'/></serial>
        <serial type='null'/>
        <parallel type='null'/>
        <console type='unix'><source mode='bind' path='{tmp_path}/serial.sock'/><target type='serial'/></console>
        <console type='pty'><target type='virtio'/></console>
        <channel type='unix'><source mode='bind' path='{tmp_path}/agent'/>
        <target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <channel type='pty'><target type='virtio' name='a, b'/></channel>
        <input type='tablet' bus='usb'/><input type='keyboard' bus='virtio'/><input type='mouse' bus='virtio'/>
        <graphics type='vnc' port='-1'><listen type='socket' socket='{tmp_path}/vnc.sock'/></graphics>
        <video><model type='vga' primary='yes'/></video><video><model type='virtio'/></video>
        <sound model='ich9'/><sound model='ac97'/>
        <hub type='usb'/>
        <watchdog model='i6300esb' action='pause'/>
        <memballoon model='virtio' autodeflate='on' freePageReporting='on'/>
        <rng model='virtio'><rate bytes='1000' period='500'/><backend model='random'>/dev/urandom</backend></rng>
        <rng model='virtio'><backend model='builtin'/></rng>
        <panic model='isa'/>
        <filesystem type='mount' accessmode='mapped'><source dir='{tmp_path}'/><target dir='tag'/></filesystem>
        <shmem name='pyvirt-test-{os.getpid()}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>""",
        memory="64",
        more="""<vcpu current='2'>4</vcpu>
        <cpu mode='maximum'><topology sockets='2' dies='1' cores='2' threads='1'/></cpu>
        <iothreads>2</iothreads><clock offset='variable' adjustment='-3600'><timer name='rtc' tickpolicy='catchup'/>
        <timer name='hpet' present='no'/></clock><pm><suspend-to-mem enabled='yes'/><suspend-to-disk enabled='no'/></pm>
        <genid/><sysinfo type='smbios'><system><entry name='serial'>a, b</entry></system></sysinfo>""",
    )
    try:
        assert GREETING in guest.expect(GREETING)
        names = {item["name"] for item in guest.monitor.execute("qom-list", {"path": "/machine/peripheral"})}
        wanted = {alias for device in guest.domain.devices.all() if (alias := getattr(device, "alias", None))}
        builtin = {"pcie.0", "ide", "input0", "input1", "console0", "serial0", "panic0"} | {
            i.alias for i in guest.domain.devices.inputs if str(i.bus) == "ps2"
        }
        # Companions are parts of their master, consoles that are serial ports seen again have none of their own.
        missing = {name for name in wanted if name not in names} - builtin
        assert not missing
        cpus = guest.monitor.execute("query-hotpluggable-cpus")
        assert len(cpus) == 4
    finally:
        (Path("/dev/shm") / f"pyvirt-test-{os.getpid()}").unlink(missing_ok=True)


def test_machine_without_any_pci_bus_but_pcie_takes_conventional_devices(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    disk = write_disk(tmp_path / "disk.raw")
    guest = start(
        f"<disk type='file'><source file='{disk}'/><target dev='sda' bus='sata'/></disk>"
        + "<interface type='user'><model type='e1000'/></interface>" * 3
        + "<interface type='user'><model type='virtio'/></interface>" * 12
    )
    assert GREETING in guest.expect(GREETING)
    models = [c.model for c in guest.domain.devices.controllers if str(c.type) == "pci"]
    assert models.count("pcie-to-pci-bridge") == 1


def test_many_disks_on_the_old_machine(start: Callable[..., Running], tmp_path: Path) -> None:
    disk = write_disk(tmp_path / "disk.raw")
    empty = tmp_path / "empty.raw"
    empty.write_bytes(bytes(4096))
    letters = [f"vd{a}" for a in "bcdefghijklmnopqrstuvwxyz"] + [f"vda{a}" for a in "abcdefghijkl"]
    more = "".join(
        f"<disk type='file'><source file='{empty}'/><target dev='{name}'/><readonly/><shareable/></disk>"
        for name in letters
    )
    guest = start(f"<disk type='file'><source file='{disk}'/><target dev='vda'/></disk>{more}", "pc")
    assert GREETING in guest.expect(GREETING)
    assert any(c.model == "pci-bridge" for c in guest.domain.devices.controllers)


@pytest.mark.parametrize("source", ["", "<source type='file'/>", "<source type='memfd'/><access mode='shared'/>"])
def test_memory_backings_and_numa(start: Callable[..., Running], tmp_path: Path, source: str) -> None:
    disk = write_disk(tmp_path / "disk.raw")
    (tmp_path / "1-boot, test").mkdir()
    guest = start(
        f"<disk type='file'><source file='{disk}'/><target dev='vda'/></disk>"
        "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
        memory="192",
        more=f"""<maxMemory slots='4' unit='MiB'>1024</maxMemory><memoryBacking>{source}</memoryBacking><vcpu>2</vcpu>
        <cpu><numa><cell id='0' cpus='0' memory='32' unit='MiB'/>
        <cell id='1' cpus='1' memory='32' unit='MiB'/></numa></cpu>""",
    )
    assert GREETING in guest.expect(GREETING)
    results = guest.monitor.execute_many([Command("query-memory-devices"), Command("query-memory-size-summary")])
    assert results[0][0]["data"]["id"] == "dimm0"
    assert results[1] == {"base-memory": 64 << 20, "plugged-memory": 128 << 20}
