"""The guest's CPU: ``-cpu`` and ``-smp``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.clock import TimerName
from pyvirt_conf.domain.cpu import CacheMode, Cpu, CpuMode, FeaturePolicy, PhysAddrMode
from pyvirt_conf.domain.features import HypervMode
from pyvirt_driver_qemu.command.machines import ARM, X86, is_pseries
from pyvirt_driver_qemu.command.props import escape, on_off
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

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
#: libvirt's names of CPU features that QEMU writes in another way than with a dash for each underscore.
_FEATURE_NAMES = {
    "avx512-vpopcntdq": "avx512-vpopcntdq",
    "cmp_legacy": "cmp-legacy",
    "pclmuldq": "pclmulqdq",
    "invtsc": "invtsc",
    "kvm_pv_eoi": "kvm-pv-eoi",
    "kvm_pv_unhalt": "kvm-pv-unhalt",
    "sse4.1": "sse4.1",
    "sse4.2": "sse4.2",
    "tsc_adjust": "tsc-adjust",
}


#: Features QEMU once let one name, though they are the guest's own doing.
_REMOVED = frozenset(("osxsave", "ospke"))


def feature_name(context: Context, name: str) -> str:
    """QEMU's name of a CPU feature."""
    if context.arch not in X86:
        return name
    return _FEATURE_NAMES.get(name, name.replace("_", "-"))


def cpu(context: Context) -> list[str]:
    """``-cpu``: model, features, and the paravirtual ones of the hypervisor."""
    text = model(context)
    extra = _features(context)
    if text is None:
        if not extra:
            return []
        text = default_model(context)
        if text is None:
            return []
    return ["-cpu", ",".join([text, *extra])]


def default_model(context: Context) -> str | None:
    """The model that features are added to where the domain names none."""
    if context.arch == "i686":
        return "qemu32"
    if context.arch == "x86_64":
        return "qemu64"
    if context.arch in ARM:
        return None
    return None


def model(context: Context) -> str | None:
    """The model with the features of ``<cpu>``; ``None`` where the domain leaves it to QEMU."""
    cpu = context.domain.cpu
    if cpu is None or (cpu.mode in (None, CpuMode.CUSTOM) and cpu.model is None):
        return None
    parts: list[str]
    if cpu.mode is CpuMode.HOST_PASSTHROUGH:
        parts = ["host"]
        if cpu.migratable is not None and context.has("cpu.migratable"):
            parts.append(f"migratable={on_off(cpu.migratable)}")
    elif cpu.mode is CpuMode.MAXIMUM:
        parts = ["max"]
        if cpu.migratable is not None and context.has("cpu.migratable"):
            parts.append(f"migratable={on_off(cpu.migratable)}")
    elif cpu.mode is CpuMode.HOST_MODEL:
        parts = ["host"] if is_pseries(context.domain) or context.arch not in X86 else [cpu.model or "host"]
    else:
        parts = [cpu.model or ""]
    if cpu.vendor_id is not None and cpu.mode is not CpuMode.HOST_PASSTHROUGH:
        parts.append(f"vendor={cpu.vendor_id}")
    parts += _policies(context, cpu)
    return ",".join(parts)


def _policies(context: Context, cpu: Cpu) -> list[str]:
    parts = []
    for feature in cpu.features:
        if feature.name in _REMOVED:
            continue
        name = feature_name(context, feature.name)
        if feature.policy in (FeaturePolicy.FORCE, FeaturePolicy.REQUIRE, FeaturePolicy.OPTIONAL, None):
            parts.append(f"{name}=on")
        else:
            parts.append(f"{name}=off")
    return parts


def _features(context: Context) -> list[str]:
    """What is a CPU property to QEMU and stands elsewhere in the domain, in libvirt's order."""
    domain = context.domain
    features = domain.features
    parts: list[str] = []
    if context.arch in ARM and context.arch != "aarch64" and context.has("aarch64-off") and domain.type == "kvm":
        parts.append("aarch64=off")
    for timer in domain.clock.timers:
        if timer.name is TimerName.KVMCLOCK and timer.present is not None:
            parts.append(f"kvmclock={on_off(timer.present)}")
        elif timer.name is TimerName.HYPERVCLOCK and timer.present:
            parts.append("hv-time=on")
        elif timer.name is TimerName.TSC and timer.frequency:
            parts.append(f"tsc-frequency={timer.frequency}")
        elif timer.name is TimerName.ARMVTIMER and timer.tick_policy is not None:
            parts.append(f"kvm-no-adjvtime={on_off(str(timer.tick_policy) == 'discard')}")
    if features.apic is not None and features.apic.eoi is not None:
        parts.append(f"kvm-pv-eoi={on_off(features.apic.eoi)}")
    if features.pvspinlock is not None:
        parts.append(f"kvm-pv-unhalt={on_off(features.pvspinlock)}")
    parts += _hyperv(context)
    if any(str(panic.model) == "hyperv" for panic in domain.devices.panics):
        parts.append("hv-crash")
    kvm = features.kvm
    if kvm is not None:
        if kvm.hidden:
            parts.append("kvm=off")
        if kvm.hint_dedicated:
            parts.append("kvm-hint-dedicated=on")
        if kvm.poll_control:
            parts.append("kvm-poll-control=on")
        if kvm.pv_ipi is False:
            parts.append("kvm-pv-ipi=off")
    if features.pmu is not None:
        parts.append(f"pmu={on_off(features.pmu)}")
    cpu = domain.cpu
    if cpu is not None:
        if cpu.cache is not None and context.has("cpu-cache"):
            parts += _cache(cpu)
        address = cpu.max_phys_addr
        if address is not None:
            if address.mode is PhysAddrMode.PASSTHROUGH:
                parts.append("host-phys-bits=on")
            elif address.bits:
                parts.append(f"phys-bits={address.bits}")
    return parts


def _cache(cpu: Cpu) -> list[str]:
    cache = cpu.cache
    assert cache is not None
    if cache.mode is CacheMode.EMULATE:
        host = ["host-cache-info=off"] if cpu.mode in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM) else []
        return [*host, "l3-cache=on"]
    if cache.mode is CacheMode.PASSTHROUGH:
        return ["host-cache-info=on", "l3-cache=off"]
    host = ["host-cache-info=off"] if cpu.mode in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM) else []
    return [*host, "l3-cache=off"]


def _hyperv(context: Context) -> list[str]:
    hyperv = context.domain.features.hyperv
    if hyperv is None:
        return []
    parts = []
    if hyperv.mode is HypervMode.PASSTHROUGH:
        parts.append("hv-passthrough=on")
    for name in _HYPERV:
        if not getattr(hyperv, name):
            continue
        if name == "spinlocks":
            parts.append(f"hv-spinlocks=0x{hyperv.spinlock_retries or 0:x}")
        elif name == "vendor_id":
            parts.append(f"hv-vendor-id={escape(hyperv.vendor_id_value or '')}")
        else:
            parts.append(f"hv-{name}=on")
            if name == "stimer" and hyperv.stimer_direct:
                parts.append("hv-stimer-direct=on")
    return parts


def smp(context: Context) -> list[str]:
    """``-smp``: how many CPUs, how many at most, and how they hang together."""
    domain = context.domain
    maximum = domain.vcpu.count
    boot = boot_vcpus(context)
    text = str(boot)
    if boot != maximum:
        text += f",maxcpus={maximum}"
    topology = domain.cpu.topology if domain.cpu is not None else None
    if topology is None:
        return ["-smp", f"{text},sockets={maximum},cores=1,threads=1"]
    if topology.dies > 1 and not context.has("smp-dies"):
        raise ConfigUnsupportedError("Only 1 die per socket is supported")
    text += f",sockets={topology.sockets}"
    if context.has("smp-dies"):
        text += f",dies={topology.dies}"
    return ["-smp", f"{text},cores={topology.cores},threads={topology.threads}"]


def boot_vcpus(context: Context) -> int:
    """How many CPUs QEMU is started with: those that can't be plugged come this way, others later."""
    domain = context.domain
    if not domain.vcpus:
        return domain.vcpu.current or domain.vcpu.count
    if not context.has("query-hotpluggable-cpus"):
        return sum(1 for vcpu in domain.vcpus if vcpu.enabled)
    return sum(1 for vcpu in domain.vcpus if vcpu.enabled and not vcpu.hotpluggable) or 1
