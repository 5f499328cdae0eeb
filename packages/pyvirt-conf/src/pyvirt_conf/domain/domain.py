"""The domain: a guest's whole definition."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pyvirt_conf.domain.clock import Clock
from pyvirt_conf.domain.config import GENERIC, ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.cpu import Cpu
from pyvirt_conf.domain.devices import Devices
from pyvirt_conf.domain.features import Features
from pyvirt_conf.domain.metadata import Metadata
from pyvirt_conf.domain.namespaces import DomainNamespace
from pyvirt_conf.domain.os import Os
from pyvirt_conf.domain.seclabel import Seclabel
from pyvirt_conf.domain.security import KeyWrap, LaunchSecurity
from pyvirt_conf.domain.sysinfo import Sysinfo
from pyvirt_conf.domain.tuning import (
    BlkioTune,
    CpuTune,
    DefaultIoThread,
    IdMap,
    IoThread,
    MemoryBacking,
    MemTune,
    NumaTune,
    Resource,
    Vcpu,
    VcpuCount,
)
from pyvirt_conf.xml import (
    I32,
    U32,
    Element,
    Mode,
    Node,
    OnOff,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    read,
    sized,
    text,
)
from pyvirt_util.errors import XmlInvalidSchemaError


class VirtType(StrEnum):
    """The kind of hypervisor (virDomainVirtType)."""

    QEMU = "qemu"
    KQEMU = "kqemu"
    KVM = "kvm"
    XEN = "xen"
    LXC = "lxc"
    UML = "uml"
    OPENVZ = "openvz"
    TEST = "test"
    VMWARE = "vmware"
    HYPERV = "hyperv"
    VBOX = "vbox"
    PHYP = "phyp"
    PARALLELS = "parallels"
    BHYVE = "bhyve"
    VZ = "vz"
    HVF = "hvf"


class LifecycleAction(StrEnum):
    """What happens when the guest powers off or reboots."""

    DESTROY = "destroy"
    RESTART = "restart"
    RENAME_RESTART = "rename-restart"
    PRESERVE = "preserve"
    COREDUMP_DESTROY = "coredump-destroy"
    COREDUMP_RESTART = "coredump-restart"


class LockFailureAction(StrEnum):
    """What happens when the guest loses a lease."""

    POWEROFF = "poweroff"
    RESTART = "restart"
    PAUSE = "pause"
    IGNORE = "ignore"


@element("maxMemory")
class MaxMemory(Element):
    """The most memory the guest can be given, in KiB, and the slots for modules."""

    slots: U32 = attr(required=True)
    size: int = sized(".", required=True)


@element("genid")
class GenId(Element):
    """The generation id; without a value one is made up."""

    value: Uuid | None = text(".")


@element("event")
class PerfEvent(Element):
    """Whether one performance counter is on."""

    name: str = attr(required=True)
    enabled: YesNo = attr(required=True)


PERF_EVENTS = (
    "cmt",
    "mbmt",
    "mbml",
    "cpu_cycles",
    "instructions",
    "cache_references",
    "cache_misses",
    "branch_instructions",
    "branch_misses",
    "bus_cycles",
    "stalled_cycles_frontend",
    "stalled_cycles_backend",
    "ref_cpu_cycles",
    "cpu_clock",
    "task_clock",
    "page_faults",
    "context_switches",
    "cpu_migrations",
    "page_faults_min",
    "page_faults_maj",
    "alignment_faults",
    "emulation_faults",
)
"""virPerfEvent, in the order they're written."""


@element("perf")
class Perf(Element):
    """Performance counters."""

    _skip_empty = True
    events: list[PerfEvent] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        seen: dict[str, PerfEvent] = {}
        for event in self.events:
            if event.name not in PERF_EVENTS:
                fail(node, mode, f"unknown perf event '{event.name}'", "event/@name")
            if event.name in seen:
                fail(node, mode, f"perf event '{event.name}' is there twice", "event/@name")
            seen[event.name] = event
        self.events = sorted(self.events, key=lambda event: PERF_EVENTS.index(event.name))


@element("pm")
class PowerManagement(Element):
    """Whether the guest may suspend."""

    _skip_empty = True
    suspend_to_mem: YesNo | None = attr("suspend-to-mem/@enabled")
    suspend_to_disk: YesNo | None = attr("suspend-to-disk/@enabled")


@element("domain")
class Domain(Element):
    """A guest: what ``<domain>`` says. Memory is in KiB."""

    _always = ("os/type",)

    type: VirtType = attr(required=True)
    id: I32 | None = attr(live=True)
    name: str | None = text()
    uuid: Uuid | None = text()
    genid: GenId | None = child()
    title: str | None = text()
    description: str | None = text()
    metadata: Metadata | None = child()
    max_memory: MaxMemory | None = child()
    dump_core: OnOff | None = attr("memory/@dumpCore")
    memory: int | None = sized("memory")
    current_memory: int | None = sized("currentMemory")
    blkiotune: BlkioTune = child(auto=True)
    memtune: MemTune = child(auto=True)
    memory_backing: MemoryBacking = child(auto=True)
    vcpu: VcpuCount = child(auto=True)
    vcpus: list[Vcpu] = children("vcpus/vcpu")
    iothreads: U32 | None = text(omit=0)
    iothread_ids: list[IoThread] = children("iothreadids/iothread")
    default_iothread: DefaultIoThread | None = child()
    cputune: CpuTune = child(auto=True)
    numatune: NumaTune = child(auto=True, single=True)
    resource: Resource | None = child(single=True)
    sysinfo: list[Sysinfo] = children()
    bootloader: str | None = text()
    bootloader_args: str | None = text(needs="bootloader")
    os: Os = child(auto=True)
    idmap: IdMap | None = child()
    features: Features = child(auto=True)
    cpu: Cpu | None = child()
    clock: Clock = child(auto=True)
    on_poweroff: LifecycleAction = text(default=LifecycleAction.DESTROY)
    on_reboot: LifecycleAction = text(default=LifecycleAction.RESTART)
    on_crash: LifecycleAction = text(default=LifecycleAction.DESTROY)
    on_lockfailure: LockFailureAction | None = text()
    pm: PowerManagement = child(auto=True)
    perf: Perf = child(auto=True)
    devices: Devices = child(auto=True)
    seclabels: list[Seclabel] = children()
    keywrap: KeyWrap | None = child()
    launch_security: LaunchSecurity | None = child()
    namespace: DomainNamespace | None = None

    @classmethod
    def parse(
        cls,
        text: str | bytes,
        *,
        file: str | None = None,
        config: ParserConfig = GENERIC,
        flags: XmlFlags = XmlFlags.NONE,
    ) -> Self:
        """Read a document: its syntax and the types of its values, nothing more.

        :param file: where it came from, for error messages.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a domain, or a value its type refuses.
        """
        mode = mode_of(flags, config, file)
        node = read(text, file)
        if node.tag != "domain":
            fail(node, mode, f"expected <domain>, found <{node.tag}>")
        new = cls._from_node(node, mode)
        new.__dict__["_file"] = file
        return new

    def format(self, flags: XmlFlags = XmlFlags.NONE) -> str:
        """The document as libvirt writes it."""
        out: list[str] = []
        self._to_xml(out, "", mode_of(flags))
        return "".join(out)

    def complete(self, config: ParserConfig = GENERIC, flags: XmlFlags = XmlFlags.NONE) -> None:
        """Fill in what the document left out: defaults, implied devices, and what the driver adds."""
        from pyvirt_conf.domain.complete import complete

        complete(self, config, flags)

    def validate(self, config: ParserConfig = GENERIC) -> None:
        """Refuse what the types can't tell: what contradicts itself, and what the driver can't do.

        :raises VirtError: with libvirt's code for the cause, mostly XmlError or ConfigUnsupportedError.
        """
        from pyvirt_conf.domain.validation import validate

        validate(self, config)

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        # In a moment of a guest it may be told by its UUID alone, without a type.
        if node.get("type") is not None and node.find("name") is None:
            fail(node, mode, "missing element", "name", XmlInvalidSchemaError)

    # By hand: of sections that are there several times, the lists in all of them count.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        tags = [kid.tag for kid in node]
        if len(set(tags)) != len(tags):
            for tag in ("os", "features", "clock", "idmap", "devices"):
                for more in node.findall(tag)[1:]:
                    node.find(tag).extend(more)  # type: ignore[union-attr]
        return cls._read(node, mode)

    def _parsed(self, node: Node, mode: Mode) -> None:
        config: ParserConfig | None = mode.config
        if config is not None and config.namespaces:
            # The prefix may be declared on the domain, or only on the elements that use it.
            uris = dict.fromkeys(uri for at in (node, *node) if isinstance(at.tag, str) for uri in at.nsmap.values())
            for uri in uris:
                kind = config.namespaces.get(uri)
                if kind is not None:
                    found = kind._from_node(node, mode)
                    if not found.is_empty:
                        self.namespace = found

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        shown = self
        if self.type is VirtType.XEN and self.os.type == "xen":
            # What its paravirtual guests were called first.
            shown = self._shallow()
            shown.os = self.os._shallow()
            shown.os.type = "linux"
        shown._write(out, pad, mode, tag or "domain")
        extra = self.namespace
        if extra is not None and not extra.is_empty:
            # The prefix is declared on the domain, and what it's for comes last.
            start = next(at for at, line in enumerate(out) if line.startswith(f"{pad}<{tag or 'domain'} "))
            out[start] += f" xmlns:{extra.prefix}='{extra.uri}'"
            close = out.pop()
            extra._write_kids(out, pad + "  ", mode)
            out.append(close)


def parse_domain(
    text: str | bytes,
    config: ParserConfig = GENERIC,
    *,
    file: str | None = None,
    flags: XmlFlags = XmlFlags.NONE,
) -> Domain:
    """Parse, complete and validate in one go, as a driver does with a definition it is given."""
    domain = Domain.parse(text, file=file, config=config, flags=flags)
    domain.complete(config, flags)
    if not flags & XmlFlags.SKIP_VALIDATE:
        domain.validate(config)
    return domain
