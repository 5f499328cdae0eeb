"""Domain XML to QEMU's command line: parsed and completed by the QEMU driver, built, formatted as libvirt does."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.corpus.case import Case, same_text

from pyvirt_conf.domain import ParserConfig, XmlFlags, parse_domain
from pyvirt_conf.domain.chardev import SocketMode, UnixChar
from pyvirt_conf.domain.graphics import SpiceGraphics, VncGraphics
from pyvirt_driver_qemu.capabilities import Capabilities, cachexml
from pyvirt_driver_qemu.capabilities.cache import SECTIONS, from_data
from pyvirt_driver_qemu.command import Context, HugePageMount, Plugged, Settings, build
from pyvirt_driver_qemu.completion import Host, HostPci, assign_addresses, assign_aliases, parser_config
from pyvirt_testing.fake_pci import FakePciKernel
from pyvirt_util.errors import VirtError

NOW = 1234567890
BINARIES = {"i686": "i386", "armv7l": "arm", "armv6l": "arm", "ppc64le": "ppc64"}
KNOWN = ("i386", "x86_64", "aarch64", "arm", "ppc64", "ppc", "riscv32", "riscv64", "s390x", "sparc")
#: Machine types where no capabilities file is used.
MACHINES = {
    "i686": ("pc",),
    "x86_64": ("pc", "q35"),
    "aarch64": ("virt", "virt-2.6", "versatilepb"),
    "armv7l": ("vexpress-a9", "virt"),
    "ppc64": ("pseries",),
    "ppc": ("ppce500",),
    "riscv32": ("virt",),
    "riscv64": ("virt",),
    "s390x": ("s390-ccw-virtio",),
    "sparc": ("SS-5",),
}
ARCH_FLAGS = {
    "i686": ("no-acpi", "no-hpet"),
    "x86_64": ("no-acpi", "no-hpet"),
    "aarch64": ("no-acpi", "aarch64-off", "gic-version"),
    "s390x": ("aes-key-wrap", "dea-key-wrap", "loadparm"),
}
X86_CPUS = ["Opteron_G3", "Opteron_G2", "Opteron_G1", "Nehalem", "Penryn", "Conroe", "Haswell-noTSX", "Haswell"]
OLD_X86_CPUS = [
    "n270",
    "athlon",
    "pentium3",
    "pentium2",
    "pentium",
    "486",
    "coreduo",
    "kvm32",
    "qemu32",
    "kvm64",
    "core2duo",
    "phenom",
    "qemu64",
]
CPUS = {
    "aarch64": ["cortex-a9", "cortex-a8", "cortex-a57", "cortex-a53"],
    "armv7l": ["cortex-a9", "cortex-a8", "cortex-a57", "cortex-a53"],
    "ppc64": ["POWER8", "POWER7"],
    "s390x": ["z990", "zEC12", "z13"],
}


def emulator(arch: str) -> str | None:
    name = BINARIES.get(arch, arch)
    return f"/usr/bin/qemu-system-{name}" if name in KNOWN else None


@functools.lru_cache(maxsize=64)
def load_caps(path: Path) -> Capabilities:
    return cachexml.load(path.read_bytes())


def fake_caps(arch: str, flags: set[str], cpus: list[str], machines: bool = True) -> dict[str, Any]:
    data: dict[str, Any] = {
        "binary": "",
        "version": 0,
        "package": "",
        "arch": arch,
        "kvm": True,
        "flags": sorted(flags),
    }
    data |= {name: [] for name in SECTIONS}
    rows = (
        [[name, None, 0, False, False, None, None, True, False] for name in MACHINES.get(arch, ())] if machines else []
    )
    models = [[name, None, "unknown", [], False] for name in cpus]
    data |= {"machines": {"kvm": rows, "tcg": rows}, "cpus": {"kvm": models, "tcg": models}, "host_cpus": {}}
    data |= {"options": {}, "sev": None, "tpm": [[], []]}
    return data


def capabilities(case: Case, arch: str) -> Capabilities:
    data = case.data
    flags = set(data.get("caps", ()))
    if data.get("caps_file"):
        found = load_caps(Path(os.path.normpath(case.directory / data["caps_file"])))
        table = {}
        for accel in ("kvm", "tcg"):
            rows = [list(row) for row in found.machines(accel)]
            if data.get("strip_machine_aliases"):
                # The alias names the machine type from then on.
                for row in rows:
                    if row[1] is not None:
                        row[0], row[1] = row[1], None
            table[accel] = rows
        whole = {
            "binary": found.binary,
            "version": found.version,
            "package": found.package,
            "arch": found.arch,
            "kvm": found.kvm,
            "flags": sorted(found.flags | flags),
            **{name: found._load(name) for name in SECTIONS},
            "machines": table,
        }
    else:
        cpus = CPUS.get(arch, [])
        if arch in ("i686", "x86_64"):
            cpus = X86_CPUS + ([] if data.get("skip_legacy_cpus") else OLD_X86_CPUS)
        whole = fake_caps(arch, flags | set(ARCH_FLAGS.get(arch, ())), cpus)
    if data.get("gic"):
        versions = {"none": [], "v2": [2], "v3": [3], "both": [2, 3]}.get(str(data["gic"]), [])
        given = data["gic"] if isinstance(data["gic"], list) else versions
        whole["gic"] = [[int(str(v).lstrip("v")), True, True] for v in given]
    return from_data(whole)


class Opener:
    """The descriptors libvirt's tests pretend to open."""

    def __init__(self) -> None:
        self._files = 0

    def listen(self, path: str, *, mode: int = 0o600) -> int:
        return 1729

    def pass_fd(self, fd: int, *, owned: bool = False) -> int:
        return fd

    def open_file(self, path: str, *, append: bool = False) -> int:
        self._files += 1
        return 1749 + self._files

    def open_device(self, path: str) -> int:
        return 3


class Helpers:
    """What processes and devices of the host would give."""

    def scsi_generic(self, source: Any) -> str:
        return "/dev/sg0"

    def vhost_user_fd(self, alias: str) -> int:
        return 1729

    def vsock_fd(self) -> int:
        return 6789

    def tpm_fds(self, tpm: Any) -> tuple[int, int]:
        return 1730, 1731

    def tpm_socket(self, tpm: Any) -> str:
        return "/dev/test"


def settings(case: Case) -> Settings:
    given = {**case.settings.get("base_config", {}), **case.data.get("config", {})}
    mounts: tuple[HugePageMount, ...] = (
        HugePageMount("/dev/hugepages2M", 2048, default=True),
        HugePageMount("/dev/hugepages1G", 1048576),
    )
    if given.get("nhugetlbfs") in (0, None):
        mounts = ()

    def on(name: str) -> bool:
        return bool(given.get(name))

    return Settings(
        hugetlbfs=mounts,
        vnc_auto_unix_socket=on("vncAutoUnixSocket"),
        vnc_tls=on("vncTLS"),
        vnc_tls_x509_verify=on("vncTLSx509verify"),
        vnc_tls_x509_secret_uuid=given.get("vncTLSx509secretUUID"),
        vnc_sasl=on("vncSASL"),
        vnc_password=given.get("vncPassword"),
        spice_tls=on("spiceTLS"),
        spice_auto_unix_socket=on("spiceAutoUnixSocket"),
        spice_sasl=on("spiceSASL"),
        spice_sasl_dir=given.get("spiceSASLdir"),
        vnc_sasl_dir=given.get("vncSASLdir"),
        spice_password=given.get("spicePassword"),
        chardev_tls=on("chardevTLS"),
        chardev_tls_x509_verify=bool(given.get("chardevTLSx509verify", True)),
        chardev_tls_x509_secret_uuid=given.get("chardevTLSx509secretUUID"),
        nbd_tls_x509_cert_dir=given.get("nbdTLSx509certdir", "/etc/pki/libvirt-nbd"),
        nbd_tls_x509_secret_uuid=given.get("nbdTLSx509secretUUID"),
        memory_backing_dir=given.get("memoryBackingDir", "/var/lib/libvirt/qemu/ram"),
        nvram_dir=given.get("nvramDir", "/var/lib/libvirt/qemu/nvram"),
    )


@functools.cache
def described_pci(corpus: Path) -> HostPci:
    """The PCI devices libvirt's tests pretend the host has, as sysfs would show them."""
    root = Path(tempfile.mkdtemp(prefix="pyvirt-corpus-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    kernel = FakePciKernel(root)
    for address, device in json.loads((corpus / "virpci/settings.json").read_text())["devices"].items():
        file = corpus / "virpci/virpcitestdata" / f"{re.sub('[:]', '-', address)}.config"
        kernel.add_device(
            address,
            vendor=int(device["vendor"], 16),
            product=int(device["device"], 16),
            config=file.read_bytes() if file.exists() else b"",
            iommu_group=device["iommu_group"],
        )
    return HostPci(str(root))


def host(case: Case) -> Host:
    """The host and the driver's configuration, as far as completion asks for them."""
    given = {**case.settings.get("base_config", {}), **case.data.get("config", {})}
    return Host(
        pci=described_pci(case.directory.parent),
        platform={"macos": "darwin"}.get(case.data.get("host_os", ""), "linux"),
        security_model="none",
        environment=case.data.get("env", {}),
        vnc_allow_host_audio=bool(given.get("vncAllowHostAudio")),
        nographics_allow_host_audio=bool(given.get("nogfxAllowHostAudio")),
        socket_folder="/tmp/lib",
    )


def config(caps: Capabilities, host_arch: str, host: Host) -> ParserConfig:
    empty = from_data(fake_caps("", set(), [], machines=False))

    def of(binary: str) -> Capabilities:
        wanted = caps.arch
        if wanted and binary == emulator(wanted):
            return caps
        if wanted in ("i686", "x86_64") and not caps.version:
            return caps
        name = binary.rpartition("/")[2]
        if not name.startswith("qemu-system-") or BINARIES.get(wanted or "", wanted) in name:
            return caps
        return empty

    numbers = [0]

    def uuid() -> str:
        return "00010203-0405-4607-8809-0a0b0c0d0e0f"

    def mac(prefix: bytes) -> str:
        numbers[0] += 1
        return "52:54:00:00:00:00"

    return parser_config(of, find_emulator=emulator, host_arch=lambda: host_arch, host=host, new_uuid=uuid, new_mac=mac)


def quote(word: str) -> str:
    special = "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~"
    if word == "":
        return "''"
    if any(c in special for c in word):
        return "'" + word.replace("'", "'\\''") + "'"
    return word


def formatted(env: dict[str, str], argv: list[str]) -> str:
    """The command as text, wrapped as libvirt's test files are."""
    text = "".join(f"{name}={quote(value)} \\\n" for name, value in env.items())
    seen_option = False
    for place, word in enumerate(argv):
        if place:
            previous_or_later = argv[place - 1].startswith("-") or any(w.startswith("-") for w in argv[place:])
            stays = not word.startswith("-") and seen_option and previous_or_later
            text += " " if stays else " \\\n"
        seen_option = seen_option or word.startswith("-")
        text += quote(word)
    return text


@contextlib.contextmanager
def zone(name: str) -> Iterator[None]:
    """The time zone of libvirt's tests."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def plugged(domain: Any) -> dict[str, Plugged]:
    """Tap and vhost descriptors as libvirt's tests number them."""
    found = {}
    for interface in domain.devices.interfaces:
        queues = max(interface.queues or 1, 1)
        found[interface.alias] = Plugged(tap_fds=tuple(range(3, 3 + queues)), vdpa_fd=1732)
    return found


def prepare(domain: Any, case: Case) -> None:
    """What the driver does before a start: paths of channels, ports of displays."""
    given = {**case.settings.get("base_config", {}), **case.data.get("config", {})}
    for channel in domain.devices.channels:
        if isinstance(channel.source, UnixChar) and channel.source.path is None:
            channel.source.mode = SocketMode.BIND
            channel.source.path = f"/tmp/channel/{getattr(channel.target, 'name', None) or channel.alias}"
    vsock = domain.devices.vsock
    if vsock is not None and vsock.auto_cid:
        vsock.cid = 42
    for display in domain.devices.graphics:
        if isinstance(display, VncGraphics) and display.autoport:
            display.port = 5900
        elif isinstance(display, SpiceGraphics) and display.autoport:
            display.port = 5901
            secure = any(str(channel.mode) == "secure" for channel in display.channels)
            if given.get("spiceTLS") and (secure or str(display.default_mode) != "insecure"):
                display.tls_port = 5902


def incoming(case: Case) -> str | None:
    """Where the guest comes from."""
    given, fd = case.data.get("migrate_from"), case.data.get("migrate_fd")
    return f"fd:{fd}" if given in ("stdio", "fd") or (given or "").startswith("fd:") else given


def command(case: Case) -> str:
    """The formatted command line of a case."""
    xml = case.bytes()
    host_arch = case.data.get("host_arch", "x86_64")
    from lxml import etree

    arch = etree.fromstring(xml).find("os/type")
    wanted = case.data.get("caps_arch") or (arch.get("arch") if arch is not None else None) or host_arch
    caps = capabilities(case, wanted)
    surroundings = host(case)
    parser = config(caps, host_arch, surroundings)
    flags = XmlFlags.INACTIVE
    for name in case.data.get("parse_flags", ()):
        flags |= XmlFlags[name]
    domain = parse_domain(xml, parser, flags=flags)
    domain.id = -1
    assign_addresses(domain, caps, surroundings.pci)
    assign_aliases(domain)
    prepare(domain, case)
    name = (domain.name or "")[:20]
    context = Context(
        domain=domain,
        capabilities=caps,
        private_dir=f"/tmp/lib/domain--1-{name}",
        channel_dir="/tmp/channel",
        opener=Opener(),
        settings=settings(case),
        plugged=plugged(domain),
        helpers=Helpers(),
        secret=lambda reference: b"AQCVn5hO6HzFAhAAq0NCv8jtJcIcE+HOBlMQ1A",
        master_key=bytes(range(32)),
        random=lambda size: bytes(range(size)),
        render_node=lambda: "/dev/dri/foo",
        incoming=incoming(case),
        is_cdrom=lambda path: path == "/dev/cdrom",
        environment={**case.settings.get("base_env", {}), **case.data.get("env", {})},
        now=lambda: float(NOW),
        auto_nodes=frozenset(range(4)),
    )
    line = build(context, monitor_path="/tmp/lib/monitor.sock")
    return formatted(line.env, line.argv)


def run(case: Case) -> str | None:
    with zone(str(case.data.get("env", {}).get("TZ", "VIR00:30"))):
        try:
            text = command(case)
        except VirtError as error:
            if case.expect == "ok":
                return f"{type(error).__name__}: {error}"
            return None
        if case.expect != "ok":
            return "accepted"
        return same_text(case.path("expected").read_text(), text)
