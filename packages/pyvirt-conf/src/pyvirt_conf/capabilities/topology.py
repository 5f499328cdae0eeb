"""The host's NUMA cells: memory, pages, distances, caches and CPUs of each."""

from __future__ import annotations

from pyvirt_conf.domain.cpu import NumaBandwidth, NumaCache, NumaDistance, NumaLatency
from pyvirt_conf.xml import U32, U64, Bits, Element, Mode, Node, attr, by_hand, child, children, element, sized, text
from pyvirt_conf.xml.scalars import scale


@element("pages")
class CellPages(Element):
    """How many pages of a size, in KiB, a cell has."""

    unit: str = attr(default="KiB")
    size: U64 = attr(required=True)
    count: U64 = text(".", required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.unit != "KiB":
            self.size, self.unit = scale(self.size, self.unit, 1024) // 1024, "KiB"


@element("cpu")
class CellCpu(Element):
    """One CPU: where it sits, and which share its core. Of one that is off only the number is known."""

    id: U32 = attr(required=True)
    socket_id: U32 | None = attr()
    die_id: U32 | None = attr()
    core_id: U32 | None = attr()
    siblings: Bits | None = attr()


@element()
class Counted(Element):
    """A list that says how long it is."""

    _more = by_hand("@num")

    def _count(self) -> int:
        return 0

    # By hand: the number is that of what is inside.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<{tag or self._tag} num='{self._count()}'"
        lines: list[str] = []
        self._write_kids(lines, pad + "  ", mode)
        if lines:
            out += [head + ">\n", *lines, f"{pad}</{tag or self._tag}>\n"]
        else:
            out.append(head + "/>\n")


@element("cpus")
class CellCpus(Counted):
    """The CPUs of a cell."""

    cpus: list[CellCpu] = children("cpu")

    def _count(self) -> int:
        return len(self.cpus)


@element("cell")
class HostCell(Element):
    """A NUMA cell; memory in KiB."""

    id: U32 = attr(required=True)
    memory: int | None = sized("memory", omit=0)
    pages: list[CellPages] = children("pages")
    distances: list[NumaDistance] = children("distances/sibling")
    caches: list[NumaCache] = children("cache")
    cpu_list: CellCpus | None = child("cpus")

    @property
    def cpus(self) -> list[CellCpu]:
        """The CPUs of the cell."""
        return self.cpu_list.cpus if self.cpu_list is not None else []


@element("cells")
class HostCells(Counted):
    """All cells."""

    cells: list[HostCell] = children("cell")

    def _count(self) -> int:
        return len(self.cells)


@element("topology")
class HostTopology(Element):
    """The cells, and how fast memory is from each to each."""

    cell_list: HostCells = child("cells", required=True)
    latencies: list[NumaLatency] = children("interconnects/latency")
    bandwidths: list[NumaBandwidth] = children("interconnects/bandwidth")

    @property
    def cells(self) -> list[HostCell]:
        """The NUMA cells."""
        return self.cell_list.cells
