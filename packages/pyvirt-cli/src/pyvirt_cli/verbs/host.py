"""The host and the hypervisor: ``version``, ``nodeinfo``, ``capabilities`` ..."""

from __future__ import annotations

from pyvirt_cli.documents import show_xml
from pyvirt_cli.options import WRAP, XPATH, UsageError, flag, number, value, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


def version_text(packed: int) -> str:
    """A packed version number of libvirt as text: 7002007 is 7.2.7."""
    return f"{packed // 1000000}.{packed // 1000 % 1000}.{packed % 1000}"


@verb("version", flag("daemon", "the library's version on the managed side too"))
def version(context: Context, arguments: Arguments) -> None:
    """Show the versions of pyvirt, of the driver's API and of the hypervisor.

    JSON: {"pyvirt", "hypervisor", "hypervisor_version" (null where not known), "api_version"}; the last is the
    version of the library on the managed side.
    """
    import pyvirt
    from pyvirt_util.errors import NoSupportError

    connection = context.connection
    kind = connection.hypervisor_type()
    library = version_text(connection.lib_version())
    try:
        packed = connection.version()
    except NoSupportError:
        packed = 0
    running = version_text(packed) if packed else None
    lines = [
        f"Using library: pyvirt {pyvirt.__version__}",
        f"Using API: {kind} {library}",
        f"Running hypervisor: {kind} {running}" if running else f"Running hypervisor: {kind}, version not known",
    ]
    if arguments.on("daemon"):
        lines.append(f"Running against daemon: {library}")
    data = {"pyvirt": pyvirt.__version__, "hypervisor": kind, "hypervisor_version": running, "api_version": library}
    context.emit(data, "\n".join(lines))


@verb("uri")
def uri(context: Context, arguments: Arguments) -> None:
    """Print the URI of the connection, in full."""
    text = context.connection.uri
    context.emit({"uri": text}, text)


@verb("hostname")
def hostname(context: Context, arguments: Arguments) -> None:
    """Print the name of the host that the guests are on."""
    name = context.connection.hostname()
    context.emit({"hostname": name}, name)


@verb("capabilities", XPATH, WRAP)
def capabilities(context: Context, arguments: Arguments) -> None:
    """Print what the host and the hypervisor offer: CPUs, NUMA nodes, kinds of guests.

    JSON: {"xml": ...}; with --xpath {"matches": [...]}.
    """
    show_xml(context, arguments, context.connection.capabilities())


@verb(
    "domcapabilities",
    value("virttype", "TYPE", "qemu, kvm, lxc ...", complete="qemu|kvm"),
    value("emulatorbin", "PATH", "the emulator", complete="file"),
    value("arch", "ARCH", "the guest's architecture"),
    value("machine", "TYPE", "the machine type"),
    XPATH,
    WRAP,
)
def domcapabilities(context: Context, arguments: Arguments) -> None:
    """Print what one emulator, architecture and machine type offer to a guest.

    JSON: {"xml": ...}; with --xpath {"matches": [...]}.
    """
    text = context.connection.domain_capabilities(
        arguments.maybe("emulatorbin"), arguments.maybe("arch"), arguments.maybe("machine"), arguments.maybe("virttype")
    )
    show_xml(context, arguments, text)


@verb("sysinfo", XPATH, WRAP)
def sysinfo(context: Context, arguments: Arguments) -> None:
    """Print what the host's firmware says of it: vendor, serial numbers, memory modules."""
    show_xml(context, arguments, context.connection.sysinfo())


@verb("nodeinfo")
def nodeinfo(context: Context, arguments: Arguments) -> None:
    """Show the host's CPUs and memory.

    JSON: {"model", "cpus", "mhz", "sockets", "cores", "threads", "nodes", "memory" (KiB)}.
    """
    from pyvirt_cli.output import record

    info = context.connection.node_info()
    rows: list[tuple[str, object]] = [
        ("CPU model", info.model),
        ("CPU(s)", info.cpus),
        ("CPU frequency", f"{info.mhz} MHz"),
        ("CPU socket(s)", info.sockets),
        ("Core(s) per socket", info.cores),
        ("Thread(s) per core", info.threads),
        ("NUMA cell(s)", info.nodes),
        ("Memory size", f"{info.memory} KiB"),
    ]
    keys = ("model", "cpus", "mhz", "sockets", "cores", "threads", "nodes", "memory")
    context.emit({key: getattr(info, key) for key in keys}, record(rows, 21))


@verb("nodecpumap")
def nodecpumap(context: Context, arguments: Arguments) -> None:
    """Show which of the host's CPUs are online: one letter for each.

    JSON: {"present": 4, "online": 4, "map": [true, ...]}.
    """
    from pyvirt_cli.output import record

    cpus = context.connection.node_cpu_map()
    marks = "".join("y" if online else "-" for online in cpus)
    rows: list[tuple[str, object]] = [("CPUs present", len(cpus)), ("CPUs online", sum(cpus)), ("CPU map", marks)]
    context.emit({"present": len(cpus), "online": sum(cpus), "map": cpus}, record(rows))


def _counters(context: Context, counters: dict[str, int], unit: str = "") -> None:
    lines = [f"{name + ':':<10} {count:>20}{unit}\n" for name, count in counters.items()]
    context.emit(counters, "".join(lines))


@verb("nodecpustats", number("cpu", "only this CPU"))
def nodecpustats(context: Context, arguments: Arguments) -> None:
    """Print for how long the host's CPUs have been doing what, in nanoseconds.

    JSON: {"kernel": ..., "user": ..., "idle": ..., "iowait": ...}.
    """
    cpu = arguments.number("cpu")
    _counters(context, context.connection.node_cpu_stats(-1 if cpu is None else cpu))


@verb("nodememstats", number("cell", "only this NUMA node"))
def nodememstats(context: Context, arguments: Arguments) -> None:
    """Print the host's memory, in KiB.

    JSON: {"total": ..., "free": ..., "buffers": ..., "cached": ...}.
    """
    cell = arguments.number("cell")
    _counters(context, context.connection.node_memory_stats(-1 if cell is None else cell), " KiB")


@verb("freecell", number("cellno", "only this NUMA node"), flag("all", "each NUMA node"))
def freecell(context: Context, arguments: Arguments) -> None:
    """Show free memory of the host, of one NUMA node or of each.

    JSON: {"total": KiB}, with --all {"cells": {"0": KiB}, "total": KiB}.
    """
    arguments.only_one("cellno", "all")
    connection, cell = context.connection, arguments.number("cellno")
    if cell is not None:
        found = connection.node_cells_free_memory(cell, 1)
        if not found:
            raise UsageError(f"the host has no NUMA node {cell}")
        context.emit({"cells": {str(cell): found[0] // 1024}}, f"{cell}: {found[0] // 1024} KiB")
    elif arguments.on("all"):
        cells = [size // 1024 for size in connection.node_cells_free_memory(0, connection.node_info().nodes)]
        lines = [f"{index:>5}: {size:>10} KiB\n" for index, size in enumerate(cells)]
        lines += ["-" * 20 + "\n", f"Total: {sum(cells):>10} KiB\n"]
        data = {"cells": {str(index): size for index, size in enumerate(cells)}, "total": sum(cells)}
        context.emit(data, "".join(lines))
    else:
        total = connection.node_free_memory() // 1024
        context.emit({"total": total}, f"Total: {total} KiB")


@verb("maxvcpus", value("type", "TYPE", "kind of guest: qemu, kvm ...", positional=True))
def maxvcpus(context: Context, arguments: Arguments) -> None:
    """Print how many virtual CPUs a guest may have.

    JSON: {"maxvcpus": N}.
    """
    most = context.connection.max_vcpus(arguments.maybe("type"))
    context.emit({"maxvcpus": most}, str(most))
