"""What local drivers tell of this host: CPUs, memory, name. Read from /proc and /sys each time it is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt.driver.node import NodeOperations
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import InvalidArgError

if TYPE_CHECKING:
    from pyvirt.types import NodeInfo

_CPU_FOLDER = "/sys/devices/system/cpu"
_NODE_FOLDER = "/sys/devices/system/node"
# Ticks of /proc/stat in nanoseconds.
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class LocalHost(NodeOperations):
    """The node operations of drivers that run on this host, and whose guests use its networks, devices and storage."""

    shares_host_drivers = True

    def connect_get_hostname(self) -> str:
        """The host's full name where the resolver knows it, else its short one."""
        import socket

        name = socket.gethostname()
        if "." in name or name.startswith("localhost"):
            return name
        try:
            found = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)
        except OSError:
            return name
        full = found[0][3] if found else ""
        return full if full and not full.startswith("localhost") else name

    def node_get_info(self) -> NodeInfo:
        """Model, memory in KiB, CPUs, and their topology: nodes x sockets per node x cores x threads."""
        from pyvirt.types import NodeInfo

        online = _cpu_list("online")
        cells = node_numbers()
        sockets_by_cell: dict[int, set[int]] = {}
        cores_by_socket: dict[tuple[int, int], set[int]] = {}
        threads = 1
        for cpu in online:
            folder = f"{_CPU_FOLDER}/cpu{cpu}/topology"
            socket_id = _number(f"{folder}/physical_package_id")
            core_id = _number(f"{folder}/core_id")
            cell = _cell_of(cpu, cells)
            sockets_by_cell.setdefault(cell, set()).add(socket_id)
            cores_by_socket.setdefault((cell, socket_id), set()).add(core_id)
            threads = max(threads, len(_cpus_in(f"{folder}/thread_siblings_list")))
        sockets = max((len(found) for found in sockets_by_cell.values()), default=1)
        cores = max((len(found) for found in cores_by_socket.values()), default=1)
        nodes = max(len(sockets_by_cell), 1)
        if nodes * sockets * cores * threads < len(online):
            # A topology that is not regular: libvirt counts it as one socket with that many cores.
            nodes, sockets, cores, threads = 1, 1, len(online), 1
        return NodeInfo(
            os.uname().machine, memory_information()["MemTotal"], len(online), _mhz(), nodes, sockets, cores, threads
        )

    def node_get_free_memory(self) -> int:
        """Free memory in bytes."""
        return memory_information()["MemFree"] * 1024

    def node_get_cpu_map(self, flags: int) -> list[bool]:
        """For each CPU that is present, whether it is online."""
        present = _cpu_list("present")
        online = _cpu_list("online")
        return [cpu in online for cpu in range(max(present, default=-1) + 1)]

    def node_get_cpu_stats(self, cpu: int, flags: int) -> dict[str, int]:
        """``kernel``, ``user``, ``idle``, ``iowait`` in nanoseconds, of one CPU or (-1) of all together."""
        wanted = "cpu" if cpu < 0 else f"cpu{cpu}"
        for line in _read("/proc/stat").splitlines():
            fields = line.split()
            if fields and fields[0] == wanted:
                user, nice, system, idle, iowait, irq, softirq = (int(value) for value in fields[1:8])
                return {
                    "kernel": (system + irq + softirq) * _TICK,
                    "user": (user + nice) * _TICK,
                    "idle": idle * _TICK,
                    "iowait": iowait * _TICK,
                }
        raise InvalidArgError(f"invalid cpuNum in virNodeGetCPUStats: {cpu}")

    def node_get_memory_stats(self, cell: int, flags: int) -> dict[str, int]:
        """``total``, ``free``, ``buffers``, ``cached`` in KiB, of the host (-1) or of one NUMA cell."""
        if cell < 0:
            values = memory_information()
            return {
                "total": values["MemTotal"],
                "free": values["MemFree"],
                "buffers": values["Buffers"],
                "cached": values["Cached"],
            }
        values = _cell_memory(cell)
        return {"total": values["MemTotal"], "free": values["MemFree"]}

    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """Free memory of NUMA cells in bytes, from ``start_cell`` on, at most ``max_cells``."""
        cells = node_numbers()
        if start_cell not in cells:
            raise InvalidArgError(f"start cell {start_cell} out of range (0-{max(cells)})")
        return [_cell_memory(cell)["MemFree"] * 1024 for cell in cells if cell >= start_cell][:max_cells]


def memory_information() -> dict[str, int]:
    """The values of /proc/meminfo in KiB."""
    return _memory_values(_read("/proc/meminfo"))


def node_numbers() -> list[int]:
    """The NUMA cells of the host; ``[0]`` where the kernel has none."""
    try:
        return list(_cpus_in(f"{_NODE_FOLDER}/online")) or [0]
    except OSError:
        return [0]


def cell_cpus(cell: int) -> list[int]:
    """The CPUs of a NUMA cell."""
    try:
        return list(_cpus_in(f"{_NODE_FOLDER}/node{cell}/cpulist"))
    except OSError:
        return sorted(_cpu_list("online"))


def cell_memory(cell: int) -> int:
    """The memory of a NUMA cell in KiB."""
    return _cell_memory(cell)["MemTotal"]


def cpu_topology(cpu: int) -> tuple[int, int, int, str]:
    """Socket, die and core of a CPU, and its siblings as a list in the kernel's words."""
    folder = f"{_CPU_FOLDER}/cpu{cpu}/topology"
    return (
        _number(f"{folder}/physical_package_id"),
        _number(f"{folder}/die_id"),
        _number(f"{folder}/core_id"),
        _text(f"{folder}/thread_siblings_list") or str(cpu),
    )


def _cell_memory(cell: int) -> dict[str, int]:
    try:
        text = _read(f"{_NODE_FOLDER}/node{cell}/meminfo")
    except FileNotFoundError:
        if cell == 0:
            return memory_information()
        raise InvalidArgError(f"no NUMA cell {cell} on this host") from None
    return _memory_values("\n".join(line.split(None, 2)[2] for line in text.splitlines()))


def _memory_values(text: str) -> dict[str, int]:
    values = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0])
    return values


def _cpu_list(name: str) -> frozenset[int]:
    try:
        return frozenset(_cpus_in(f"{_CPU_FOLDER}/{name}"))
    except OSError:
        return frozenset(range(os.cpu_count() or 1))


def _cpus_in(path: str) -> Bitmap:
    return Bitmap.parse(_read(path).strip() or "")


def _cell_of(cpu: int, cells: list[int]) -> int:
    for cell in cells:
        if os.path.exists(f"{_CPU_FOLDER}/cpu{cpu}/node{cell}"):
            return cell
    return cells[0]


def _mhz() -> int:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith(("cpu MHz", "clock")):
            return int(float(line.partition(":")[2].strip().removesuffix("MHz") or 0))
    return 0


def _number(path: str) -> int:
    text = _text(path)
    return int(text) if text and text.lstrip("-").isdecimal() else 0


def _text(path: str) -> str:
    try:
        return _read(path).strip()
    except OSError:
        return ""


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
