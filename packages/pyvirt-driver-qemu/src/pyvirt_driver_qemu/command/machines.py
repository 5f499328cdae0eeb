"""Families of machine types: most decisions depend on the family, not on the version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

X86 = frozenset(("i686", "x86_64"))
ARM = frozenset(("aarch64", "armv6l", "armv7b", "armv7l"))
PPC64 = frozenset(("ppc64", "ppc64le"))
RISCV = frozenset(("riscv32", "riscv64"))
S390 = frozenset(("s390", "s390x"))


def is_i440fx(domain: Domain) -> bool:
    """``pc``, ``pc-0.12``, ``pc-i440fx-7.2``, ``rhel6.0.0``: the old PC with a PCI bus."""
    name = domain.os.machine or ""
    if domain.os.arch not in X86:
        return False
    return name == "pc" or name.startswith(("pc-0.", "pc-1.", "pc-i440", "pc-i440fx-", "rhel"))


def is_q35(domain: Domain) -> bool:
    """``q35``, ``pc-q35-7.2``: the PC with PCI Express."""
    name = domain.os.machine or ""
    return domain.os.arch in X86 and (name == "q35" or name.startswith("pc-q35"))


def is_isapc(domain: Domain) -> bool:
    """A PC without PCI."""
    return domain.os.arch in X86 and domain.os.machine == "isapc"


def is_microvm(domain: Domain) -> bool:
    """A PC with virtio-mmio alone."""
    return domain.os.arch in X86 and domain.os.machine == "microvm"


def is_arm_virt(domain: Domain) -> bool:
    """QEMU's paravirtual Arm board."""
    name = domain.os.machine or ""
    return domain.os.arch in ARM and (name == "virt" or name.startswith("virt-"))


def is_riscv_virt(domain: Domain) -> bool:
    """QEMU's paravirtual RISC-V board."""
    name = domain.os.machine or ""
    return domain.os.arch in RISCV and (name == "virt" or name.startswith("virt-"))


def is_pseries(domain: Domain) -> bool:
    """IBM's paravirtual POWER machine."""
    name = domain.os.machine or ""
    return domain.os.arch in PPC64 and (name == "pseries" or name.startswith("pseries-"))


def is_s390_ccw(domain: Domain) -> bool:
    """IBM Z with channel I/O."""
    return domain.os.arch in S390 and (domain.os.machine or "").startswith("s390-ccw")


def has_pcie_root(domain: Domain) -> bool:
    """Is PCI bus 0 a PCI Express one?"""
    return is_q35(domain) or is_arm_virt(domain) or is_riscv_virt(domain)


def has_pci_root(domain: Domain) -> bool:
    """Is PCI bus 0 a conventional one?"""
    return is_i440fx(domain) or is_pseries(domain)


def has_builtin_ide(domain: Domain) -> bool:
    """Has the board an IDE controller?"""
    return is_i440fx(domain) or domain.os.machine in ("malta", "sun4u", "g3beige", "isapc")


def bus_name(domain: Domain) -> str:
    """What QEMU calls PCI bus 0."""
    return "pcie.0" if has_pcie_root(domain) else "pci.0"
