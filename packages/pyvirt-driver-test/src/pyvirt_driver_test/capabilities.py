"""Capabilities XML of the in-memory host, as libvirt's test driver has it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_driver_test.host import NodeFigures

HUGE_PAGES = (2048, 1048576)
OS_TYPES = ("hvm", "xen")
EMULATOR = "/usr/bin/test-hv"


def cell_memory(cell: int) -> int:
    """Memory of a NUMA cell in KiB."""
    return (cell + 1) * 2 * 1024 * 1024


def cell_page_size(cell: int) -> int:
    """The size of a cell's small pages in KiB."""
    return (cell + 1) * 4


def capabilities(node: NodeFigures) -> str:
    """The ``<capabilities>`` document."""
    sizes = [cell_page_size(cell) for cell in range(node.nodes)]
    lines = [
        "<capabilities>",
        "",
        "  <host>",
        "    <cpu>",
        f"      <arch>{node.model}</arch>",
        "      <features>",
        "        <pae/>",
        "        <nonpae/>",
        "      </features>",
        *(f"      <pages unit='KiB' size='{size}'/>" for size in (*sizes, *HUGE_PAGES)),
        "    </cpu>",
        "    <power_management/>",
        "    <iommu support='no'/>",
        "    <topology>",
        f"      <cells num='{node.nodes}'>",
    ]
    for cell in range(node.nodes):
        lines += _cell(cell, node.cpus // node.nodes)
    lines += [
        "      </cells>",
        "    </topology>",
        "    <secmodel>",
        "      <model>testSecurity</model>",
        "      <doi></doi>",
        "    </secmodel>",
        "  </host>",
        "",
    ]
    for os_type in OS_TYPES:
        lines += [
            "  <guest>",
            f"    <os_type>{os_type}</os_type>",
            "    <arch name='i686'>",
            "      <wordsize>32</wordsize>",
            f"      <emulator>{EMULATOR}</emulator>",
            "      <domain type='test'/>",
            "    </arch>",
            "    <features>",
            "      <pae/>",
            "      <nonpae/>",
            "    </features>",
            "  </guest>",
            "",
        ]
    return "\n".join([*lines, "</capabilities>", ""])


def _cell(cell: int, cpus: int) -> list[str]:
    size = cell_page_size(cell)
    first = cell * cpus
    return [
        f"        <cell id='{cell}'>",
        f"          <memory unit='KiB'>{cell_memory(cell)}</memory>",
        f"          <pages unit='KiB' size='{size}'>{cell_memory(cell) // size}</pages>",
        *(f"          <pages unit='KiB' size='{huge}'>0</pages>" for huge in HUGE_PAGES),
        f"          <cpus num='{cpus}'>",
        *(
            f"            <cpu id='{first + core}' socket_id='{cell}' die_id='0' core_id='{core}'"
            f" siblings='{first + core}'/>"
            for core in range(cpus)
        ),
        "          </cpus>",
        "        </cell>",
    ]
