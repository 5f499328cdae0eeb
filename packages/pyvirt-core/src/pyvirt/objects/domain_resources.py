"""Memory, CPUs and tunables of a domain."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.handle import Handle
from pyvirt.refs import DomainRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvirt.enums.domain import DomainMemoryFlags, DomainMemoryModFlags, DomainModificationImpact, DomainVcpuFlags
    from pyvirt.enums.domain_jobs import DomainDirtyRateCalcFlags
    from pyvirt.enums.domain_stats import DomainMemoryStatTags
    from pyvirt.types import SecurityLabel, TypedParameters, VcpuInfo


class DomainResources(Handle[DomainRef]):
    """Memory, CPUs and tunables of a domain."""

    def max_memory(self) -> int:
        """Upper limit of guest memory."""
        return self._connection._driver.domain_get_max_memory(self._ref)

    def set_memory(self, memory: int, flags: DomainMemoryModFlags | int = 0) -> None:
        """Change current or maximum memory, running or stored."""
        self._connection._driver.domain_set_memory_flags(self._ref, memory, enums.DomainMemoryModFlags(flags))

    def set_memory_stats_period(self, period: int, flags: DomainMemoryModFlags | int = 0) -> None:
        """How often the balloon driver gathers statistics."""
        self._connection._driver.domain_set_memory_stats_period(self._ref, period, enums.DomainMemoryModFlags(flags))

    def memory_stats(self, flags: int = 0) -> dict[DomainMemoryStatTags, int]:
        """Balloon and paging counters of the guest."""
        return self._connection._driver.domain_memory_stats(self._ref, flags)

    def memory_peek(self, start: int, size: int, flags: DomainMemoryFlags | int = 0) -> bytes:
        """Read guest memory."""
        return self._connection._driver.domain_memory_peek(self._ref, start, size, enums.DomainMemoryFlags(flags))

    def memory_parameters(self, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Memory limits of a domain."""
        return self._connection._driver.domain_get_memory_parameters(self._ref, enums.DomainModificationImpact(flags))

    def set_memory_parameters(self, parameters: TypedParameters, flags: DomainModificationImpact | int = 0) -> None:
        """Change memory limits of a domain."""
        self._connection._driver.domain_set_memory_parameters(
            self._ref, parameters, enums.DomainModificationImpact(flags)
        )

    def numa_parameters(self, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """NUMA placement of a domain."""
        return self._connection._driver.domain_get_numa_parameters(self._ref, enums.DomainModificationImpact(flags))

    def set_numa_parameters(self, parameters: TypedParameters, flags: DomainModificationImpact | int = 0) -> None:
        """Change NUMA placement."""
        self._connection._driver.domain_set_numa_parameters(
            self._ref, parameters, enums.DomainModificationImpact(flags)
        )

    def blkio_parameters(self, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Block I/O weights and limits of a domain."""
        return self._connection._driver.domain_get_blkio_parameters(self._ref, enums.DomainModificationImpact(flags))

    def set_blkio_parameters(self, parameters: TypedParameters, flags: DomainModificationImpact | int = 0) -> None:
        """Change block I/O weights and limits."""
        self._connection._driver.domain_set_blkio_parameters(
            self._ref, parameters, enums.DomainModificationImpact(flags)
        )

    def max_vcpus(self) -> int:
        """Upper limit of virtual CPUs."""
        return self._connection._driver.domain_get_max_vcpus(self._ref)

    def vcpus(self, flags: DomainVcpuFlags | int = 0) -> int:
        """How many virtual CPUs: current or maximum, running or stored."""
        return self._connection._driver.domain_get_vcpus_flags(self._ref, enums.DomainVcpuFlags(flags))

    def set_vcpus(self, count: int, flags: DomainVcpuFlags | int = 0) -> None:
        """Change current or maximum virtual CPUs, running or stored."""
        self._connection._driver.domain_set_vcpus_flags(self._ref, count, enums.DomainVcpuFlags(flags))

    def set_vcpu(self, vcpus: Collection[int], state: bool, flags: DomainModificationImpact | int = 0) -> None:
        """Turn single virtual CPUs on or off."""
        self._connection._driver.domain_set_vcpu(self._ref, vcpus, state, enums.DomainModificationImpact(flags))

    def vcpu_info(self) -> list[VcpuInfo]:
        """State, time and placement of each virtual CPU."""
        return self._connection._driver.domain_get_vcpus(self._ref)

    def pin_vcpu(self, vcpu: int, cpus: Collection[int], flags: DomainModificationImpact | int = 0) -> None:
        """Choose host CPUs for a virtual CPU, running or stored."""
        self._connection._driver.domain_pin_vcpu_flags(self._ref, vcpu, cpus, enums.DomainModificationImpact(flags))

    def vcpu_pin_info(self, flags: DomainModificationImpact | int = 0) -> list[frozenset[int]]:
        """Host CPUs each virtual CPU may use."""
        return self._connection._driver.domain_get_vcpu_pin_info(self._ref, enums.DomainModificationImpact(flags))

    def pin_emulator(self, cpus: Collection[int], flags: DomainModificationImpact | int = 0) -> None:
        """Choose host CPUs for the emulator threads."""
        self._connection._driver.domain_pin_emulator(self._ref, cpus, enums.DomainModificationImpact(flags))

    def emulator_pin_info(self, flags: DomainModificationImpact | int = 0) -> frozenset[int]:
        """Host CPUs the emulator threads may use."""
        return self._connection._driver.domain_get_emulator_pin_info(self._ref, enums.DomainModificationImpact(flags))

    def iothread_info(self, flags: DomainModificationImpact | int = 0) -> list[tuple[int, frozenset[int]]]:
        """I/O threads of a domain and where they may run."""
        return self._connection._driver.domain_get_iothread_info(self._ref, enums.DomainModificationImpact(flags))

    def pin_iothread(self, iothread_id: int, cpus: Collection[int], flags: DomainModificationImpact | int = 0) -> None:
        """Choose host CPUs for an I/O thread."""
        self._connection._driver.domain_pin_iothread(
            self._ref, iothread_id, cpus, enums.DomainModificationImpact(flags)
        )

    def add_iothread(self, iothread_id: int, flags: DomainModificationImpact | int = 0) -> None:
        """Add an I/O thread to a domain."""
        self._connection._driver.domain_add_iothread(self._ref, iothread_id, enums.DomainModificationImpact(flags))

    def del_iothread(self, iothread_id: int, flags: DomainModificationImpact | int = 0) -> None:
        """Remove an I/O thread from a domain."""
        self._connection._driver.domain_del_iothread(self._ref, iothread_id, enums.DomainModificationImpact(flags))

    def set_iothread_params(
        self, iothread_id: int, parameters: TypedParameters, flags: DomainModificationImpact | int = 0
    ) -> None:
        """Change polling and pool values of an I/O thread."""
        self._connection._driver.domain_set_iothread_params(
            self._ref, iothread_id, parameters, enums.DomainModificationImpact(flags)
        )

    def scheduler_type(self) -> tuple[str, int]:
        """Name of the scheduler and how many values it has."""
        return self._connection._driver.domain_get_scheduler_type(self._ref)

    def scheduler_parameters(self, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Scheduler values of the running or stored domain."""
        return self._connection._driver.domain_get_scheduler_parameters_flags(
            self._ref, enums.DomainModificationImpact(flags)
        )

    def set_scheduler_parameters(self, parameters: TypedParameters, flags: DomainModificationImpact | int = 0) -> None:
        """Change scheduler values, running or stored."""
        self._connection._driver.domain_set_scheduler_parameters_flags(
            self._ref, parameters, enums.DomainModificationImpact(flags)
        )

    def cpu_stats(self, start_cpu: int, count: int, flags: int = 0) -> list[TypedParameters]:
        """CPU time used, in total or for each host CPU."""
        return self._connection._driver.domain_get_cpu_stats(self._ref, start_cpu, count, flags)

    def perf_events(self, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Which performance counters are on."""
        return self._connection._driver.domain_get_perf_events(self._ref, enums.DomainModificationImpact(flags))

    def set_perf_events(self, parameters: TypedParameters, flags: DomainModificationImpact | int = 0) -> None:
        """Turn performance counters on or off."""
        self._connection._driver.domain_set_perf_events(self._ref, parameters, enums.DomainModificationImpact(flags))

    def security_label(self) -> SecurityLabel:
        """First security label of a running domain."""
        return self._connection._driver.domain_get_security_label(self._ref)

    def security_label_list(self) -> list[SecurityLabel]:
        """All security labels of a running domain."""
        return self._connection._driver.domain_get_security_label_list(self._ref)

    def launch_security_info(self, flags: int = 0) -> TypedParameters:
        """Measurements of an encrypted-memory guest."""
        return self._connection._driver.domain_get_launch_security_info(self._ref, flags)

    def set_launch_security_state(self, parameters: TypedParameters, flags: int = 0) -> None:
        """Inject a secret into an encrypted-memory guest."""
        self._connection._driver.domain_set_launch_security_state(self._ref, parameters, flags)

    def start_dirty_rate_calc(self, seconds: int, flags: DomainDirtyRateCalcFlags | int = 0) -> None:
        """Start measuring how fast the guest dirties memory."""
        self._connection._driver.domain_start_dirty_rate_calc(self._ref, seconds, enums.DomainDirtyRateCalcFlags(flags))
