"""Operations on the connection and the hypervisor as a whole."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain import ConnectListAllDomainsFlags
    from pyvirt.enums.domain_events import DomainEventID
    from pyvirt.enums.domain_stats import ConnectGetAllDomainStatsFlags, DomainStatsTypes
    from pyvirt.enums.host import ConnectBaselineCPUFlags, ConnectCompareCPUFlags, CPUCompareResult
    from pyvirt.events import CloseCallback, EventCallback
    from pyvirt.types import DomainRef, TypedParameters


class ConnectOperations(Operations):
    """Operations on the connection and the hypervisor as a whole."""

    @operation("virConnectGetType", 3)
    def connect_get_type(self) -> str:
        """Name of the hypervisor driver in use."""
        raise NoSupportError

    @operation("virConnectGetVersion", 4)
    def connect_get_version(self) -> int:
        """Version number of the hypervisor."""
        raise NoSupportError

    @operation("virConnectGetLibVersion", 157)
    def connect_get_lib_version(self) -> int:
        """Library version on the managed side."""
        raise NoSupportError

    @operation("virConnectGetHostname", 59)
    def connect_get_hostname(self) -> str:
        """Host name of the managed machine."""
        raise NoSupportError

    @operation("virConnectGetCapabilities", 7)
    def connect_get_capabilities(self) -> str:
        """XML of what the host and hypervisor offer."""
        raise NoSupportError

    @operation("virConnectGetDomainCapabilities", 342, write=True)
    def connect_get_domain_capabilities(
        self, emulator: str | None, arch: str | None, machine: str | None, virttype: str | None, flags: int
    ) -> str:
        """XML of what one emulator, architecture and machine offer to a guest."""
        raise NoSupportError

    @operation("virConnectGetSysinfo", 203)
    def connect_get_sysinfo(self, flags: int) -> str:
        """Host firmware tables as XML."""
        raise NoSupportError

    @operation("virConnectGetMaxVcpus", 5)
    def connect_get_max_vcpus(self, virttype: str | None) -> int:
        """Most virtual CPUs a guest of a kind may have."""
        raise NoSupportError

    @operation("virConnectGetCPUModelNames", 312)
    def connect_get_cpu_model_names(self, arch: str, flags: int) -> list[str]:
        """CPU model names known for an architecture."""
        raise NoSupportError

    @operation("virConnectCompareCPU", 158)
    def connect_compare_cpu(self, xml: str, flags: ConnectCompareCPUFlags) -> CPUCompareResult:
        """Compare a CPU description with the host CPU."""
        raise NoSupportError

    @operation("virConnectCompareHypervisorCPU", 393, write=True)
    def connect_compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xml: str,
        flags: ConnectCompareCPUFlags,
    ) -> CPUCompareResult:
        """Compare a CPU description with what a hypervisor can offer."""
        raise NoSupportError

    @operation("virConnectBaselineCPU", 162)
    def connect_baseline_cpu(self, cpus: Sequence[str], flags: ConnectBaselineCPUFlags) -> str:
        """CPU model that all the given host CPUs can offer."""
        raise NoSupportError

    @operation("virConnectBaselineHypervisorCPU", 394, write=True)
    def connect_baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: Sequence[str],
        flags: ConnectBaselineCPUFlags,
    ) -> str:
        """CPU model that a hypervisor can offer on all the given hosts."""
        raise NoSupportError

    @operation("virConnectIsAlive", None)
    def connect_is_alive(self) -> bool:
        """Whether the connection still works."""
        raise NoSupportError

    @operation("virConnectIsEncrypted", None)
    def connect_is_encrypted(self) -> bool:
        """Whether the connection's bytes are encrypted."""
        raise NoSupportError

    @operation("virConnectIsSecure", 149)
    def connect_is_secure(self) -> bool:
        """Whether the connection is encrypted or purely local."""
        raise NoSupportError

    @operation("virConnectSetKeepAlive", None)
    def connect_set_keep_alive(self, interval: int, count: int) -> None:
        """Turn on pings that detect a dead connection."""
        raise NoSupportError

    @operation("virConnectSetIdentity", 419)
    def connect_set_identity(self, parameters: TypedParameters, flags: int) -> None:
        """Tell the far side whose identity to check rights against."""
        raise NoSupportError

    @operation("virConnectDomainXMLFromNative", 135, write=True)
    def connect_domain_xml_from_native(self, native_format: str, native_config: str, flags: int) -> str:
        """Turn a hypervisor's own configuration into domain XML."""
        raise NoSupportError

    @operation("virConnectDomainXMLToNative", 136, write=True)
    def connect_domain_xml_to_native(self, native_format: str, xml: str, flags: int) -> str:
        """Turn domain XML into a hypervisor's own configuration."""
        raise NoSupportError

    @operation(
        "virConnectListAllDomains",
        273,
        also={
            "virConnectListDomains": 37,
            "virConnectNumOfDomains": 51,
            "virConnectListDefinedDomains": 21,
            "virConnectNumOfDefinedDomains": 25,
        },
    )
    def connect_list_all_domains(self, flags: ConnectListAllDomainsFlags) -> list[DomainRef]:
        """Handles of all domains that pass a filter."""
        raise NoSupportError

    @operation("virConnectGetAllDomainStats", 344, also={"virDomainListGetStats": None})
    def connect_get_all_domain_stats(
        self, domains: Sequence[DomainRef] | None, stats: DomainStatsTypes, flags: ConnectGetAllDomainStatsFlags
    ) -> list[tuple[DomainRef, TypedParameters]]:
        """Grouped statistics of all domains in one call."""
        raise NoSupportError

    @operation("virConnectDomainEventRegisterAny", 167, also={"virConnectDomainEventRegister": 105})
    def connect_domain_event_register_any(
        self, domain: DomainRef | None, event_id: DomainEventID, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of domain event, for one or all domains."""
        raise NoSupportError

    @operation("virConnectDomainEventDeregisterAny", 168, also={"virConnectDomainEventDeregister": 106})
    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        """Remove a domain event callback by its number."""
        raise NoSupportError

    @operation("virConnectRegisterCloseCallback", 360)
    def connect_register_close_callback(self, callback: CloseCallback) -> None:
        """Be told when the connection breaks."""
        raise NoSupportError

    @operation("virConnectUnregisterCloseCallback", 361)
    def connect_unregister_close_callback(self, callback: CloseCallback) -> None:
        """Stop being told about the connection's end."""
        raise NoSupportError
