"""Memory, CPUs and tunables of domains."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvirt.enums.domain import DomainMemoryFlags, DomainMemoryModFlags, DomainModificationImpact, DomainVcpuFlags
    from pyvirt.enums.domain_jobs import DomainDirtyRateCalcFlags
    from pyvirt.enums.domain_stats import DomainMemoryStatTags
    from pyvirt.types import DomainRef, SecurityLabel, TypedParameters, VcpuInfo


class DomainResourceOperations(Operations):
    """Memory, CPUs and tunables of domains."""

    @operation("virDomainGetMaxMemory", 17)
    def domain_get_max_memory(self, domain: DomainRef) -> int:
        """Upper limit of guest memory."""
        raise NoSupportError

    @operation("virDomainSetMemoryFlags", 204, write=True, also={"virDomainSetMemory": 31, "virDomainSetMaxMemory": 30})
    def domain_set_memory_flags(self, domain: DomainRef, memory: int, flags: DomainMemoryModFlags) -> None:
        """Change current or maximum memory, running or stored."""
        raise NoSupportError

    @operation("virDomainSetMemoryStatsPeriod", 308, write=True)
    def domain_set_memory_stats_period(self, domain: DomainRef, period: int, flags: DomainMemoryModFlags) -> None:
        """How often the balloon driver gathers statistics."""
        raise NoSupportError

    @operation("virDomainMemoryStats", 159)
    def domain_memory_stats(self, domain: DomainRef, flags: int) -> dict[DomainMemoryStatTags, int]:
        """Balloon and paging counters of the guest."""
        raise NoSupportError

    @operation("virDomainMemoryPeek", 104, write=True)
    def domain_memory_peek(self, domain: DomainRef, start: int, size: int, flags: DomainMemoryFlags) -> bytes:
        """Read guest memory."""
        raise NoSupportError

    @operation("virDomainGetMemoryParameters", 198)
    def domain_get_memory_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """Memory limits of a domain."""
        raise NoSupportError

    @operation("virDomainSetMemoryParameters", 197, write=True)
    def domain_set_memory_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change memory limits of a domain."""
        raise NoSupportError

    @operation("virDomainGetNumaParameters", 255)
    def domain_get_numa_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """NUMA placement of a domain."""
        raise NoSupportError

    @operation("virDomainSetNumaParameters", 254, write=True)
    def domain_set_numa_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change NUMA placement."""
        raise NoSupportError

    @operation("virDomainGetBlkioParameters", 206)
    def domain_get_blkio_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """Block I/O weights and limits of a domain."""
        raise NoSupportError

    @operation("virDomainSetBlkioParameters", 205, write=True)
    def domain_set_blkio_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change block I/O weights and limits."""
        raise NoSupportError

    @operation("virDomainGetMaxVcpus", 18)
    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        """Upper limit of virtual CPUs."""
        raise NoSupportError

    @operation("virDomainGetVcpusFlags", 200, write_flags=0x8)
    def domain_get_vcpus_flags(self, domain: DomainRef, flags: DomainVcpuFlags) -> int:
        """How many virtual CPUs: current or maximum, running or stored."""
        raise NoSupportError

    @operation("virDomainSetVcpusFlags", 199, write=True, also={"virDomainSetVcpus": 32})
    def domain_set_vcpus_flags(self, domain: DomainRef, count: int, flags: DomainVcpuFlags) -> None:
        """Change current or maximum virtual CPUs, running or stored."""
        raise NoSupportError

    @operation("virDomainSetVcpu", 384, write=True)
    def domain_set_vcpu(
        self, domain: DomainRef, vcpus: Collection[int], state: bool, flags: DomainModificationImpact
    ) -> None:
        """Turn single virtual CPUs on or off."""
        raise NoSupportError

    @operation("virDomainGetVcpus", 20)
    def domain_get_vcpus(self, domain: DomainRef) -> list[VcpuInfo]:
        """State, time and placement of each virtual CPU."""
        raise NoSupportError

    @operation("virDomainPinVcpuFlags", 225, write=True, also={"virDomainPinVcpu": 26})
    def domain_pin_vcpu_flags(
        self, domain: DomainRef, vcpu: int, cpus: Collection[int], flags: DomainModificationImpact
    ) -> None:
        """Choose host CPUs for a virtual CPU, running or stored."""
        raise NoSupportError

    @operation("virDomainGetVcpuPinInfo", 230)
    def domain_get_vcpu_pin_info(self, domain: DomainRef, flags: DomainModificationImpact) -> list[frozenset[int]]:
        """Host CPUs each virtual CPU may use."""
        raise NoSupportError

    @operation("virDomainPinEmulator", 279, write=True)
    def domain_pin_emulator(self, domain: DomainRef, cpus: Collection[int], flags: DomainModificationImpact) -> None:
        """Choose host CPUs for the emulator threads."""
        raise NoSupportError

    @operation("virDomainGetEmulatorPinInfo", 280)
    def domain_get_emulator_pin_info(self, domain: DomainRef, flags: DomainModificationImpact) -> frozenset[int]:
        """Host CPUs the emulator threads may use."""
        raise NoSupportError

    @operation("virDomainGetIOThreadInfo", 351)
    def domain_get_iothread_info(
        self, domain: DomainRef, flags: DomainModificationImpact
    ) -> list[tuple[int, frozenset[int]]]:
        """I/O threads of a domain and where they may run."""
        raise NoSupportError

    @operation("virDomainPinIOThread", 352, write=True)
    def domain_pin_iothread(
        self, domain: DomainRef, iothread_id: int, cpus: Collection[int], flags: DomainModificationImpact
    ) -> None:
        """Choose host CPUs for an I/O thread."""
        raise NoSupportError

    @operation("virDomainAddIOThread", 355, write=True)
    def domain_add_iothread(self, domain: DomainRef, iothread_id: int, flags: DomainModificationImpact) -> None:
        """Add an I/O thread to a domain."""
        raise NoSupportError

    @operation("virDomainDelIOThread", 356, write=True)
    def domain_del_iothread(self, domain: DomainRef, iothread_id: int, flags: DomainModificationImpact) -> None:
        """Remove an I/O thread from a domain."""
        raise NoSupportError

    @operation("virDomainSetIOThreadParams", 402, write=True)
    def domain_set_iothread_params(
        self, domain: DomainRef, iothread_id: int, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change polling and pool values of an I/O thread."""
        raise NoSupportError

    @operation("virDomainGetSchedulerType", 56)
    def domain_get_scheduler_type(self, domain: DomainRef) -> tuple[str, int]:
        """Name of the scheduler and how many values it has."""
        raise NoSupportError

    @operation("virDomainGetSchedulerParametersFlags", 223, also={"virDomainGetSchedulerParameters": 57})
    def domain_get_scheduler_parameters_flags(
        self, domain: DomainRef, flags: DomainModificationImpact
    ) -> TypedParameters:
        """Scheduler values of the running or stored domain."""
        raise NoSupportError

    @operation("virDomainSetSchedulerParametersFlags", 219, write=True, also={"virDomainSetSchedulerParameters": 58})
    def domain_set_scheduler_parameters_flags(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change scheduler values, running or stored."""
        raise NoSupportError

    @operation("virDomainGetCPUStats", 262)
    def domain_get_cpu_stats(self, domain: DomainRef, start_cpu: int, count: int, flags: int) -> list[TypedParameters]:
        """CPU time used, in total or for each host CPU."""
        raise NoSupportError

    @operation("virDomainGetPerfEvents", 365)
    def domain_get_perf_events(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """Which performance counters are on."""
        raise NoSupportError

    @operation("virDomainSetPerfEvents", 366)
    def domain_set_perf_events(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Turn performance counters on or off."""
        raise NoSupportError

    @operation("virDomainGetSecurityLabel", 121)
    def domain_get_security_label(self, domain: DomainRef) -> SecurityLabel:
        """First security label of a running domain."""
        raise NoSupportError

    @operation("virDomainGetSecurityLabelList", 278)
    def domain_get_security_label_list(self, domain: DomainRef) -> list[SecurityLabel]:
        """All security labels of a running domain."""
        raise NoSupportError

    @operation("virDomainGetLaunchSecurityInfo", 396)
    def domain_get_launch_security_info(self, domain: DomainRef, flags: int) -> TypedParameters:
        """Measurements of an encrypted-memory guest."""
        raise NoSupportError

    @operation("virDomainSetLaunchSecurityState", 439)
    def domain_set_launch_security_state(self, domain: DomainRef, parameters: TypedParameters, flags: int) -> None:
        """Inject a secret into an encrypted-memory guest."""
        raise NoSupportError

    @operation("virDomainStartDirtyRateCalc", 427, write=True)
    def domain_start_dirty_rate_calc(self, domain: DomainRef, seconds: int, flags: DomainDirtyRateCalcFlags) -> None:
        """Start measuring how fast the guest dirties memory."""
        raise NoSupportError
