"""The CPU a domain that does not say it has (libvirt's qemuDomainDefCPUPostParse and qemuDomainDefSetDefaultCPU)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.cpu import Cpu, CpuCheck, CpuFallback, CpuFeature, CpuMatch, CpuMode, FeaturePolicy
from pyvirt_driver_qemu.command.machines import ARM, PPC64, S390, X86

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities, MachineType

_HOST = (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM)


def complete(domain: Domain, capabilities: Capabilities, machine: MachineType | None) -> None:
    """Fill in the model, and how it is checked.

    :param machine: the domain's machine type, as far as the emulator knows it.
    """
    cpu = domain.cpu
    if cpu is None or (cpu.mode in (None, CpuMode.CUSTOM) and cpu.model is None):
        _set_default(domain, capabilities, machine)
        return
    x86 = domain.os.arch in X86
    if cpu.mode in _HOST and cpu.migratable is None and x86:
        cpu.migratable = "cpu.migratable" in capabilities
    if domain.os.arch == "aarch64":
        _enable_sve(cpu)
    if cpu.check is None:
        if cpu.mode in _HOST or (cpu.mode is not CpuMode.HOST_MODEL and domain.type == "qemu"):
            cpu.check = CpuCheck.NONE
        else:
            cpu.check = CpuCheck.PARTIAL


def _enable_sve(cpu: Cpu) -> None:
    """Who wants vectors of some length wants vectors."""
    if not any(feature.name == "sve" for feature in cpu.features):
        for feature in cpu.features:
            length = feature.name.removeprefix("sve")
            if length != feature.name and length.isdecimal() and feature.policy is not FeaturePolicy.DISABLE:
                cpu.features.append(CpuFeature(name="sve", policy=FeaturePolicy.REQUIRE))
                return


def _set_default(domain: Domain, capabilities: Capabilities, machine: MachineType | None) -> None:
    arch = domain.os.arch
    if arch not in X86 and arch not in S390 and arch not in PPC64 and (arch not in ARM or domain.type != "qemu"):
        return  # others have a default that KVM can't run, or that nobody can name
    name = _default_model(domain, capabilities, machine)
    if name is None:
        return
    cpu = domain.cpu = domain.cpu or Cpu()
    if name == "host":
        cpu.mode = CpuMode.HOST_MODEL if arch in S390 else CpuMode.HOST_PASSTHROUGH
        cpu.check = CpuCheck.PARTIAL if arch in S390 else CpuCheck.NONE
    else:
        cpu.mode, cpu.match, cpu.check = CpuMode.CUSTOM, CpuMatch.EXACT, CpuCheck.NONE
        cpu.model, cpu.fallback = name, CpuFallback.FORBID


def _default_model(domain: Domain, capabilities: Capabilities, machine: MachineType | None) -> str | None:
    """The model of the machine type (``qemu64``); ``None`` where QEMU does not tell."""
    if machine is None or machine.default_cpu is None:
        return None
    typename = machine.default_cpu
    for cpu in capabilities.cpus("kvm" if domain.type == "kvm" else "tcg"):
        if cpu.typename == typename:
            name = cpu.name
            break
    else:
        name = typename.removesuffix(f"-{capabilities.arch}-cpu").removesuffix("-arm-cpu").removesuffix("-cpu")
    if domain.os.arch in S390 and name == "qemu" and domain.type == "kvm":
        return "host"
    return name
