"""Operations on the host."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyvirt.enums.host import NodeAllocPagesFlags, NodeSuspendTarget
    from pyvirt.types import NodeDeviceRef, NodeInfo, TypedParameters


class NodeOperations(Operations):
    """Operations on the host."""

    @operation("virNodeGetInfo", 6)
    def node_get_info(self) -> NodeInfo:
        """CPU model, topology and memory of the host."""
        raise NoSupportError

    @operation("virNodeGetCPUMap", 293)
    def node_get_cpu_map(self, flags: int) -> list[bool]:
        """Which host CPUs exist and are online."""
        raise NoSupportError

    @operation("virNodeGetCPUStats", 227)
    def node_get_cpu_stats(self, cpu: int, flags: int) -> dict[str, int]:
        """Time counters of host CPUs."""
        raise NoSupportError

    @operation("virNodeGetMemoryStats", 228)
    def node_get_memory_stats(self, cell: int, flags: int) -> dict[str, int]:
        """Memory counters of the host or a NUMA node."""
        raise NoSupportError

    @operation("virNodeGetFreeMemory", 102)
    def node_get_free_memory(self) -> int:
        """Free memory of the host."""
        raise NoSupportError

    @operation("virNodeGetCellsFreeMemory", 101)
    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """Free memory of NUMA nodes."""
        raise NoSupportError

    @operation("virNodeGetFreePages", 340)
    def node_get_free_pages(
        self, page_sizes: Sequence[int], start_cell: int, cell_count: int, flags: int
    ) -> list[list[int]]:
        """Free pages of given sizes on NUMA nodes."""
        raise NoSupportError

    @operation("virNodeAllocPages", 347, write=True)
    def node_alloc_pages(
        self, pages: Mapping[int, int], start_cell: int, cell_count: int, flags: NodeAllocPagesFlags
    ) -> int:
        """Add or set huge pages on the host."""
        raise NoSupportError

    @operation("virNodeGetMemoryParameters", 289)
    def node_get_memory_parameters(self, flags: int) -> TypedParameters:
        """Host memory tunables such as page merging."""
        raise NoSupportError

    @operation("virNodeSetMemoryParameters", 288)
    def node_set_memory_parameters(self, parameters: TypedParameters, flags: int) -> None:
        """Change host memory tunables."""
        raise NoSupportError

    @operation("virNodeGetSecurityModel", 122)
    def node_get_security_model(self) -> tuple[str, str]:
        """Main security model of the host."""
        raise NoSupportError

    @operation("virNodeGetSEVInfo", 395)
    def node_get_sev_info(self, flags: int) -> TypedParameters:
        """Encrypted-memory abilities of the host."""
        raise NoSupportError

    @operation("virNodeSuspendForDuration", 250, write=True)
    def node_suspend_for_duration(self, target: NodeSuspendTarget, duration: int, flags: int) -> None:
        """Put the host to sleep for a time."""
        raise NoSupportError

    @operation("virNodeDeviceDetachFlags", 301, write=True, also={"virNodeDeviceDettach": 118})
    def node_device_detach_flags(self, device: NodeDeviceRef, driver_name: str | None, flags: int) -> None:
        """Take a device from the host with a choice of driver."""
        raise NoSupportError

    @operation("virNodeDeviceReAttach", 119, write=True)
    def node_device_re_attach(self, device: NodeDeviceRef) -> None:
        """Give a device back to the host."""
        raise NoSupportError

    @operation("virNodeDeviceReset", 120, write=True)
    def node_device_reset(self, device: NodeDeviceRef) -> None:
        """Reset a host device."""
        raise NoSupportError
