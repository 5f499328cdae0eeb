"""What one QEMU binary can do: the :class:`Capabilities` that the rest of the driver asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class MachineType(NamedTuple):
    """A machine type (``query-machines``)."""

    name: str
    alias: str | None = None
    max_cpus: int = 0
    hotplug_cpus: bool = False
    default: bool = False
    default_cpu: str | None = None
    default_ram_id: str | None = None
    numa_mem_supported: bool = False
    deprecated: bool = False


class CpuModel(NamedTuple):
    """A CPU model (``query-cpu-definitions``).

    ``usable`` is ``yes``, ``no`` or ``unknown``; ``blockers`` the features that keep it from being usable.
    """

    name: str
    typename: str | None = None
    usable: str = "unknown"
    blockers: tuple[str, ...] = ()
    deprecated: bool = False


class CpuExpansion(NamedTuple):
    """The host CPU as this QEMU sees it (``query-cpu-model-expansion``).

    ``properties`` maps a property to its value; ``non_migratable`` names those that are on only without migratability;
    ``migratability`` says whether the two could be told apart.
    """

    model: str
    properties: dict[str, bool | int | str]
    non_migratable: frozenset[str] = frozenset()
    migratability: bool = False


class GicVersion(NamedTuple):
    """An interrupt controller version of Arm guests (``query-gic-capabilities``)."""

    version: int
    kernel: bool
    emulated: bool


class SevCapabilities(NamedTuple):
    """AMD SEV of the host (``query-sev-capabilities``)."""

    pdh: str
    cert_chain: str
    cbitpos: int
    reduced_phys_bits: int


#: Loads one section of the capabilities: plain data as :mod:`.cache` stores it.
SectionLoader = Callable[[str], Any]


class Capabilities:
    """One binary's abilities. Sections are decoded when first asked for; never changed after that.

    :param header: small facts: ``binary``, ``version`` (7002022 for 7.2.22), ``package``, ``arch``, ``kvm`` (usable
        here), ``flags`` (libvirt's names).
    :param load: gives the sections ``machines``, ``cpus``, ``host_cpus``, ``commands``, ``types``, ``options``,
        ``gic``, ``sev``, ``hyperv``, ``tpm``.
    """

    def __init__(self, header: dict[str, Any], load: SectionLoader) -> None:
        self.binary: str = header["binary"]
        self.version: int = header["version"]
        self.package: str = header["package"]
        self.arch: str | None = header["arch"]
        self.kvm: bool = header["kvm"]
        self.flags: frozenset[str] = frozenset(header["flags"])
        self._load = load
        self._machines: dict[str, tuple[MachineType, ...]] = {}
        self._machine_names: dict[str, dict[str, MachineType]] = {}
        self._cpus: dict[str, tuple[CpuModel, ...]] = {}

    def __contains__(self, flag: str) -> bool:
        """``"virtio-gpu" in capabilities``: has it libvirt's capability flag of this name?"""
        return flag in self.flags

    def __repr__(self) -> str:
        return f"<Capabilities {self.binary} {self.version} {self.arch}, {len(self.flags)} flags>"

    def machines(self, accelerator: str = "tcg") -> tuple[MachineType, ...]:
        """The machine types with this accelerator (``tcg`` or ``kvm``), in QEMU's order with the default first."""
        if accelerator not in self._machines:
            rows = self._load("machines").get(accelerator, ())
            self._machines[accelerator] = tuple(MachineType(*row) for row in rows)
        return self._machines[accelerator]

    def machine(self, name: str, accelerator: str = "tcg") -> MachineType | None:
        """The machine type called ``name``, or of that alias."""
        known = self._machine_names.get(accelerator)
        if known is None:
            machines = self.machines(accelerator)
            known = {machine.alias: machine for machine in reversed(machines) if machine.alias is not None}
            known |= {machine.name: machine for machine in reversed(machines)}
            self._machine_names[accelerator] = known
        return known.get(name)

    def canonical_machine(self, name: str, accelerator: str = "tcg") -> str:
        """``pc-q35-7.2`` for ``q35``; a name that is no alias comes back unchanged."""
        machine = self.machine(name, accelerator)
        return machine.name if machine is not None else name

    def default_machine(self, accelerator: str = "tcg") -> str | None:
        """The machine type QEMU takes when none is named, else its first."""
        machines = self.machines(accelerator)
        for machine in machines:
            if machine.default:
                return machine.name
        return machines[0].name if machines else None

    def cpus(self, accelerator: str = "tcg") -> tuple[CpuModel, ...]:
        """The CPU models with this accelerator, in QEMU's order."""
        if accelerator not in self._cpus:
            rows = self._load("cpus").get(accelerator, ())
            self._cpus[accelerator] = tuple(CpuModel(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in rows)
        return self._cpus[accelerator]

    def cpu(self, name: str, accelerator: str = "tcg") -> CpuModel | None:
        """The CPU model called ``name``."""
        return next((cpu for cpu in self.cpus(accelerator) if cpu.name == name), None)

    def host_cpu(self, accelerator: str = "tcg") -> CpuExpansion | None:
        """The best CPU of this host with this accelerator; ``None`` where QEMU can't expand CPU models."""
        row = self._load("host_cpus").get(accelerator)
        return CpuExpansion(row[0], row[1], frozenset(row[2]), row[3]) if row is not None else None

    @property
    def commands(self) -> frozenset[str]:
        """The QMP commands (``query-commands``)."""
        return frozenset(self._load("commands"))

    @property
    def types(self) -> frozenset[str]:
        """The names of all object types, devices among them (``qom-list-types``)."""
        return frozenset(self._load("types"))

    @property
    def options(self) -> dict[str, frozenset[str]]:
        """Command line options with their parameters (``query-command-line-options``)."""
        return {name: frozenset(parameters) for name, parameters in self._load("options").items()}

    @property
    def gic(self) -> tuple[GicVersion, ...]:
        """Arm interrupt controllers, empty elsewhere."""
        return tuple(GicVersion(*row) for row in self._load("gic"))

    @property
    def sev(self) -> SevCapabilities | None:
        """AMD SEV, where the host has it."""
        row = self._load("sev")
        return SevCapabilities(*row) if row is not None else None

    @property
    def hyperv(self) -> tuple[str, ...]:
        """Hyper-V enlightenments KVM offers, in libvirt's words; empty without KVM."""
        return tuple(self._load("hyperv"))

    @property
    def tpm(self) -> tuple[frozenset[str], frozenset[str]]:
        """TPM models (``tpm-tis``) and backends (``emulator``)."""
        models, types = self._load("tpm")
        return frozenset(models), frozenset(types)
