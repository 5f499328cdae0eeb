"""Features of the virtual machine: ``<features>``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.xml import (
    U32,
    BadValue,
    Element,
    Mode,
    Node,
    OnOff,
    Scalar,
    attr,
    by_hand,
    child,
    element,
    fail,
    flag,
    is_element,
    sized,
)


class GicVersion(StrEnum):
    """The ARM interrupt controller."""

    V2 = "2"
    V3 = "3"
    HOST = "host"


class IoapicDriver(StrEnum):
    """Who emulates the I/O APIC."""

    QEMU = "qemu"
    KVM = "kvm"


class HptResizing(StrEnum):
    """Whether a pSeries guest may resize its hash page table."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    REQUIRED = "required"


class CapabilitiesPolicy(StrEnum):
    """What a container may do unless said otherwise."""

    DEFAULT = "default"
    ALLOW = "allow"
    DENY = "deny"


class UnknownMsrs(StrEnum):
    """What happens on access to an MSR nobody knows."""

    IGNORE = "ignore"
    FAULT = "fault"


class Mitigation(StrEnum):
    """POWER's cache flush and bounds check capabilities."""

    BROKEN = "broken"
    WORKAROUND = "workaround"
    FIXED = "fixed"


class IbsMitigation(StrEnum):
    """POWER's indirect branch speculation capability."""

    BROKEN = "broken"
    WORKAROUND = "workaround"
    FIXED_IBS = "fixed-ibs"
    FIXED_CCD = "fixed-ccd"
    FIXED_NA = "fixed-na"


class HypervMode(StrEnum):
    """Enlightenments one by one, or all the host has."""

    CUSTOM = "custom"
    PASSTHROUGH = "passthrough"


class XenPassthrough(StrEnum):
    """How Xen maps memory for passed-through devices."""

    SYNC_PT = "sync_pt"
    SHARE_PT = "share_pt"


def _vendor(text: str) -> str:
    if len(text.encode()) > 12:
        raise BadValue(f"vendor id '{text}' is longer than 12 bytes")
    if "," in text:
        raise BadValue(f"vendor id '{text}' has a comma")
    return text


@element("hyperv")
class Hyperv(Element):
    """Hyper-V enlightenments."""

    _keep_open = True
    mode: HypervMode = attr(default=HypervMode.CUSTOM, required=True)
    relaxed: OnOff | None = attr("relaxed/@state")
    vapic: OnOff | None = attr("vapic/@state")
    spinlocks: OnOff | None = attr("spinlocks/@state")
    spinlock_retries: U32 | None = attr("spinlocks/@retries")
    vpindex: OnOff | None = attr("vpindex/@state")
    runtime: OnOff | None = attr("runtime/@state")
    synic: OnOff | None = attr("synic/@state")
    stimer: OnOff | None = attr("stimer/@state")
    stimer_direct: OnOff | None = attr("stimer/direct/@state")
    reset: OnOff | None = attr("reset/@state")
    vendor_id: OnOff | None = attr("vendor_id/@state")
    vendor_id_value: Annotated[str, Scalar(_vendor)] | None = attr("vendor_id/@value")
    frequencies: OnOff | None = attr("frequencies/@state")
    reenlightenment: OnOff | None = attr("reenlightenment/@state")
    tlbflush: OnOff | None = attr("tlbflush/@state")
    ipi: OnOff | None = attr("ipi/@state")
    evmcs: OnOff | None = attr("evmcs/@state")
    avic: OnOff | None = attr("avic/@state")

    def _parsed(self, node: Node, mode: Mode) -> None:
        known = set(_HYPERV)
        for kid in node:
            if not is_element(kid):
                continue
            if kid.tag not in known:
                fail(kid, mode, f"unknown hyperv enlightenment '{kid.tag}'")
            if kid.get("state") is None:
                fail(kid, mode, f"missing state of hyperv enlightenment '{kid.tag}'", "@state")
        if self.spinlocks and (self.spinlock_retries is None or self.spinlock_retries < 0xFFF):
            fail(node, mode, "spinlocks need retries of 4095 or more", "spinlocks/@retries")
        if self.vendor_id and self.vendor_id_value is None:
            fail(node, mode, "missing value of vendor_id", "vendor_id/@value")
        if not self.spinlocks:
            self.spinlock_retries = None
        if not self.vendor_id:
            self.vendor_id_value = None
        if not self.stimer:
            self.stimer_direct = None


_HYPERV = (
    "relaxed",
    "vapic",
    "spinlocks",
    "vpindex",
    "runtime",
    "synic",
    "stimer",
    "reset",
    "vendor_id",
    "frequencies",
    "reenlightenment",
    "tlbflush",
    "ipi",
    "evmcs",
    "avic",
)


@element("kvm")
class Kvm(Element):
    """KVM's own features."""

    _keep_open = True
    hidden: OnOff | None = attr("hidden/@state")
    hint_dedicated: OnOff | None = attr("hint-dedicated/@state")
    poll_control: OnOff | None = attr("poll-control/@state")
    pv_ipi: OnOff | None = attr("pv-ipi/@state")
    dirty_ring: OnOff | None = attr("dirty-ring/@state")
    dirty_ring_size: U32 | None = attr("dirty-ring/@size", omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        known = ("hidden", "hint-dedicated", "poll-control", "pv-ipi", "dirty-ring")
        for kid in node:
            if is_element(kid):
                if kid.tag not in known:
                    fail(kid, mode, f"unknown kvm feature '{kid.tag}'")
                if kid.get("state") is None:
                    fail(kid, mode, f"missing state of kvm feature '{kid.tag}'", "@state")
        if self.dirty_ring:
            entries = self.dirty_ring_size
            if entries is None:
                fail(node, mode, "missing size of the dirty ring", "dirty-ring/@size")
            if entries and (entries & (entries - 1) or not 1024 <= entries <= 65536):
                fail(
                    node, mode, f"dirty ring size {entries} is not a power of two of 1024 to 65536", "dirty-ring/@size"
                )
        else:
            self.dirty_ring_size = None


@element("xen")
class Xen(Element):
    """Xen's own features."""

    _keep_open = True
    e820_host: OnOff | None = attr("e820_host/@state")
    passthrough: OnOff | None = attr("passthrough/@state")
    passthrough_mode: XenPassthrough | None = attr("passthrough/@mode")

    def _parsed(self, node: Node, mode: Mode) -> None:
        for kid in node:
            if is_element(kid):
                if kid.tag not in ("e820_host", "passthrough"):
                    fail(kid, mode, f"unknown xen feature '{kid.tag}'")
                if kid.get("state") is None:
                    fail(kid, mode, f"missing state of xen feature '{kid.tag}'", "@state")
        if not self.passthrough:
            self.passthrough_mode = None


PROCESS_CAPABILITIES = (
    "audit_control",
    "audit_write",
    "block_suspend",
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "ipc_lock",
    "ipc_owner",
    "kill",
    "lease",
    "linux_immutable",
    "mac_admin",
    "mac_override",
    "mknod",
    "net_admin",
    "net_bind_service",
    "net_broadcast",
    "net_raw",
    "setgid",
    "setfcap",
    "setpcap",
    "setuid",
    "sys_admin",
    "sys_boot",
    "sys_chroot",
    "sys_module",
    "sys_nice",
    "sys_pacct",
    "sys_ptrace",
    "sys_rawio",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "syslog",
    "wake_alarm",
)


@element("capabilities")
class ProcessCapabilities(Element):
    """What a container's processes may do: a policy, and exceptions by name."""

    _more = by_hand("@policy", *(f"{name}/@state" for name in PROCESS_CAPABILITIES))

    policy: CapabilitiesPolicy = CapabilitiesPolicy.DEFAULT
    states: tuple[tuple[str, bool], ...] = ()

    # By hand: the element names are data, written in the kernel's alphabetical order.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> ProcessCapabilities:
        word = node.get("policy", "default")
        try:
            policy = CapabilitiesPolicy(word)
        except ValueError:
            fail(node, mode, f"unknown value '{word}', expected one of {', '.join(CapabilitiesPolicy)}", "@policy")
        states: dict[str, bool] = {}
        for kid in node:
            if not is_element(kid):
                continue
            if kid.tag not in PROCESS_CAPABILITIES:
                fail(kid, mode, f"unknown process capability '{kid.tag}'")
            state = kid.get("state", "on")
            if state not in ("on", "off"):
                fail(kid, mode, f"'{state}' is neither 'on' nor 'off'", "@state")
            states[kid.tag] = state == "on"
        return cls(
            policy=policy, states=tuple(sorted(states.items(), key=lambda item: PROCESS_CAPABILITIES.index(item[0])))
        )

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if not self.states:
            if self.policy is not CapabilitiesPolicy.DEFAULT:
                out.append(f"{pad}<capabilities policy='{self.policy}'/>\n")
            return
        out.append(f"{pad}<capabilities policy='{self.policy}'>\n")
        for name, state in self.states:
            out.append(f"{pad}  <{name} state='{'on' if state else 'off'}'/>\n")
        out.append(f"{pad}</capabilities>\n")


@element("gic")
class Gic(Element):
    """ARM's interrupt controller."""

    version: GicVersion | None = attr()


@element("apic")
class Apic(Element):
    """The local APIC; whether ends of interrupts are paravirtual."""

    eoi: OnOff | None = attr()


@element("features")
class Features(Element):
    """What is switched on or off; ``None`` leaves it to the driver."""

    _skip_empty = True
    acpi: bool = flag()
    apic: Apic | None = child()
    pae: bool = flag()
    hap: OnOff | None = attr("hap/@state", present=True)
    viridian: bool = flag()
    privnet: bool = flag()
    hyperv: Hyperv | None = child()
    kvm: Kvm | None = child()
    pvspinlock: OnOff | None = attr("pvspinlock/@state", present=True)
    capabilities: ProcessCapabilities | None = child()
    pmu: OnOff | None = attr("pmu/@state", present=True)
    vmport: OnOff | None = attr("vmport/@state", present=True)
    gic: Gic | None = child()
    smm: OnOff | None = attr("smm/@state", present=True)
    smm_tseg: int | None = sized("smm/tseg", store=1, assume=2**20, unit=None)
    ioapic: IoapicDriver | None = attr("ioapic/@driver")
    hpt_resizing: HptResizing | None = attr("hpt/@resizing")
    hpt_max_page_size: int | None = sized("hpt/maxpagesize", omit=0, high=2**64 - 1)
    vmcoreinfo: OnOff | None = attr("vmcoreinfo/@state", present=True)
    htm: OnOff | None = attr("htm/@state", with_element=True)
    nested_hv: OnOff | None = attr("nested-hv/@state", with_element=True)
    msrs: UnknownMsrs | None = attr("msrs/@unknown", with_element=True)
    ccf_assist: OnOff | None = attr("ccf-assist/@state", with_element=True)
    xen: Xen | None = child()
    cfpc: Mitigation | None = attr("cfpc/@value")
    sbbc: Mitigation | None = attr("sbbc/@value")
    ibs: IbsMitigation | None = attr("ibs/@value")
    tcg_tb_cache: int | None = sized("tcg/tb-cache", omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        for kid in node:
            if is_element(kid) and kid.tag not in _KNOWN:
                fail(kid, mode, f"unknown feature '{kid.tag}'")
        if self.smm is not True:
            self.smm_tseg = None


_KNOWN = frozenset(
    [
        "acpi",
        "apic",
        "pae",
        "hap",
        "viridian",
        "privnet",
        "hyperv",
        "kvm",
        "pvspinlock",
        "capabilities",
        "pmu",
        "vmport",
        "gic",
        "smm",
        "ioapic",
        "hpt",
        "vmcoreinfo",
        "htm",
        "nested-hv",
        "msrs",
        "ccf-assist",
        "xen",
        "cfpc",
        "sbbc",
        "ibs",
        "tcg",
    ]
)
