"""What a connection tells about the hypervisor and the host."""

from __future__ import annotations

from pyvirt import enums, objects
from pyvirt.objects.connection_base import ConnectionBase
from pyvirt.objects.documents import xml_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyvirt.enums.domain import ConnectListAllDomainsFlags
    from pyvirt.enums.host import (
        ConnectBaselineCPUFlags,
        ConnectCompareCPUFlags,
        CPUCompareResult,
        NodeAllocPagesFlags,
        NodeSuspendTarget,
    )
    from pyvirt.events import CloseCallback
    from pyvirt.objects.documents import XmlSource
    from pyvirt.objects.domain import Domain
    from pyvirt.types import NodeInfo, TypedParameters


class HostOperations(ConnectionBase):
    """What a connection tells about the hypervisor and the host."""

    def version(self) -> int:
        """Version number of the hypervisor."""
        return self._driver.connect_get_version()

    def lib_version(self) -> int:
        """Library version on the managed side."""
        return self._driver.connect_get_lib_version()

    def hostname(self) -> str:
        """Host name of the managed machine."""
        return self._driver.connect_get_hostname()

    def capabilities(self) -> str:
        """XML of what the host and hypervisor offer."""
        return self._driver.connect_get_capabilities()

    def domain_capabilities(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virttype: str | None = None,
        flags: int = 0,
    ) -> str:
        """XML of what one emulator, architecture and machine offer to a guest."""
        return self._driver.connect_get_domain_capabilities(emulator, arch, machine, virttype, flags)

    def sysinfo(self, flags: int = 0) -> str:
        """Host firmware tables as XML."""
        return self._driver.connect_get_sysinfo(flags)

    def max_vcpus(self, virttype: str | None = None) -> int:
        """Most virtual CPUs a guest of a kind may have."""
        return self._driver.connect_get_max_vcpus(virttype)

    def cpu_model_names(self, arch: str, flags: int = 0) -> list[str]:
        """CPU model names known for an architecture."""
        return self._driver.connect_get_cpu_model_names(arch, flags)

    def compare_cpu(self, xml: XmlSource, flags: ConnectCompareCPUFlags | int = 0) -> CPUCompareResult:
        """Compare a CPU description with the host CPU."""
        return self._driver.connect_compare_cpu(xml_text(xml), enums.ConnectCompareCPUFlags(flags))

    def compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xml: XmlSource,
        flags: ConnectCompareCPUFlags | int = 0,
    ) -> CPUCompareResult:
        """Compare a CPU description with what a hypervisor can offer."""
        return self._driver.connect_compare_hypervisor_cpu(
            emulator, arch, machine, virttype, xml_text(xml), enums.ConnectCompareCPUFlags(flags)
        )

    def baseline_cpu(self, cpus: Sequence[str], flags: ConnectBaselineCPUFlags | int = 0) -> str:
        """CPU model that all the given host CPUs can offer."""
        return self._driver.connect_baseline_cpu(cpus, enums.ConnectBaselineCPUFlags(flags))

    def baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: Sequence[str],
        flags: ConnectBaselineCPUFlags | int = 0,
    ) -> str:
        """CPU model that a hypervisor can offer on all the given hosts."""
        return self._driver.connect_baseline_hypervisor_cpu(
            emulator, arch, machine, virttype, cpus, enums.ConnectBaselineCPUFlags(flags)
        )

    def is_alive(self) -> bool:
        """Whether the connection still works."""
        return self._driver.connect_is_alive()

    def is_encrypted(self) -> bool:
        """Whether the connection's bytes are encrypted."""
        return self._driver.connect_is_encrypted()

    def is_secure(self) -> bool:
        """Whether the connection is encrypted or purely local."""
        return self._driver.connect_is_secure()

    def set_keep_alive(self, interval: int, count: int) -> None:
        """Turn on pings that detect a dead connection."""
        self._driver.connect_set_keep_alive(interval, count)

    def set_identity(self, parameters: TypedParameters, flags: int = 0) -> None:
        """Tell the far side whose identity to check rights against."""
        self._driver.connect_set_identity(parameters, flags)

    def domain_xml_from_native(self, native_format: str, native_config: str, flags: int = 0) -> str:
        """Turn a hypervisor's own configuration into domain XML."""
        return self._driver.connect_domain_xml_from_native(native_format, native_config, flags)

    def domain_xml_to_native(self, native_format: str, xml: XmlSource, flags: int = 0) -> str:
        """Turn domain XML into a hypervisor's own configuration."""
        return self._driver.connect_domain_xml_to_native(native_format, xml_text(xml), flags)

    def list_domains(self, flags: ConnectListAllDomainsFlags | int = 0) -> list[Domain]:
        """Handles of all domains that pass a filter."""
        return [
            objects.Domain(self._self, ref)
            for ref in self._driver.connect_list_all_domains(enums.ConnectListAllDomainsFlags(flags))
        ]

    def register_close_callback(self, callback: CloseCallback) -> None:
        """Be told when the connection breaks."""
        self._driver.connect_register_close_callback(callback)

    def unregister_close_callback(self, callback: CloseCallback) -> None:
        """Stop being told about the connection's end."""
        self._driver.connect_unregister_close_callback(callback)

    def node_info(self) -> NodeInfo:
        """CPU model, topology and memory of the host."""
        return self._driver.node_get_info()

    def node_cpu_map(self, flags: int = 0) -> list[bool]:
        """Which host CPUs exist and are online."""
        return self._driver.node_get_cpu_map(flags)

    def node_cpu_stats(self, cpu: int, flags: int = 0) -> dict[str, int]:
        """Time counters of host CPUs."""
        return self._driver.node_get_cpu_stats(cpu, flags)

    def node_memory_stats(self, cell: int, flags: int = 0) -> dict[str, int]:
        """Memory counters of the host or a NUMA node."""
        return self._driver.node_get_memory_stats(cell, flags)

    def node_free_memory(self) -> int:
        """Free memory of the host."""
        return self._driver.node_get_free_memory()

    def node_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """Free memory of NUMA nodes."""
        return self._driver.node_get_cells_free_memory(start_cell, max_cells)

    def node_free_pages(
        self, page_sizes: Sequence[int], start_cell: int, cell_count: int, flags: int = 0
    ) -> list[list[int]]:
        """Free pages of given sizes on NUMA nodes."""
        return self._driver.node_get_free_pages(page_sizes, start_cell, cell_count, flags)

    def node_alloc_pages(
        self, pages: Mapping[int, int], start_cell: int, cell_count: int, flags: NodeAllocPagesFlags | int = 0
    ) -> int:
        """Add or set huge pages on the host."""
        return self._driver.node_alloc_pages(pages, start_cell, cell_count, enums.NodeAllocPagesFlags(flags))

    def node_memory_parameters(self, flags: int = 0) -> TypedParameters:
        """Host memory tunables such as page merging."""
        return self._driver.node_get_memory_parameters(flags)

    def node_set_memory_parameters(self, parameters: TypedParameters, flags: int = 0) -> None:
        """Change host memory tunables."""
        self._driver.node_set_memory_parameters(parameters, flags)

    def node_security_model(self) -> tuple[str, str]:
        """Main security model of the host."""
        return self._driver.node_get_security_model()

    def node_sev_info(self, flags: int = 0) -> TypedParameters:
        """Encrypted-memory abilities of the host."""
        return self._driver.node_get_sev_info(flags)

    def node_suspend_for_duration(self, target: NodeSuspendTarget | int, duration: int, flags: int = 0) -> None:
        """Put the host to sleep for a time."""
        self._driver.node_suspend_for_duration(enums.NodeSuspendTarget(target), duration, flags)
