"""What the host claims to be; the figures are those of libvirt's test driver."""

from __future__ import annotations

from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_driver_test.capabilities import cell_memory, cell_page_size
from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.types import NodeInfo

# Time counters in nanoseconds, whichever CPU is asked for.
CPU_TIMES = {"user": 9797400000, "kernel": 34678723400000, "idle": 87264900000, "iowait": 763600000}
CPUS_PRESENT = 8
CPUS_ONLINE = (0, 2, 4)


class Node(HostedDriver):
    """What the host claims to be."""

    def node_get_info(self) -> NodeInfo:
        """See the base class."""
        from pyvirt.types import NodeInfo

        node = self.host.node
        return NodeInfo(
            node.model, node.memory, node.cpus, node.mhz, node.nodes, node.sockets, node.cores, node.threads
        )

    def node_get_cpu_map(self, flags: int) -> list[bool]:
        """See the base class."""
        allow_flags(flags, 0, "virNodeGetCPUMap")
        return [cpu in CPUS_ONLINE for cpu in range(CPUS_PRESENT)]

    def node_get_cpu_stats(self, cpu: int, flags: int) -> dict[str, int]:
        """See the base class."""
        allow_flags(flags, 0, "virNodeGetCPUStats")
        if cpu < -1 or cpu >= self.host.node.cpus:
            raise InvalidArgError(f"invalid CPU number {cpu}: the host has {self.host.node.cpus}")
        return dict(CPU_TIMES)

    def node_get_free_memory(self) -> int:
        """See the base class. Half of each cell is free."""
        return sum(cell_memory(cell) // 2 for cell in range(self.host.node.nodes))

    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """See the base class."""
        cells = self._cells(start_cell, max_cells)
        return [cell_memory(cell) for cell in cells]

    def node_get_free_pages(
        self, page_sizes: Sequence[int], start_cell: int, cell_count: int, flags: int
    ) -> list[list[int]]:
        """See the base class. Pages of the cell's own size are free to one half, huge pages there are none."""
        allow_flags(flags, 0, "virNodeGetFreePages")
        return [
            [cell_memory(cell) // 2 // size if size == cell_page_size(cell) else 0 for size in page_sizes]
            for cell in self._cells(start_cell, cell_count)
        ]

    def node_get_security_model(self) -> tuple[str, str]:
        """See the base class."""
        return ("testSecurity", "")

    def _cells(self, start: int, count: int) -> range:
        nodes = self.host.node.nodes
        if not 0 <= start < nodes or count < 1:
            raise InvalidArgError(f"range of cells {start} to {start + count - 1} exceeds the {nodes} available cells")
        return range(start, min(start + count, nodes))
