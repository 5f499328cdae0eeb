"""Memory and CPUs: ``setmem``, ``setvcpus``, ``vcpucount``, ``vcpupin`` ..."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, IMPACT, NUMBER, Option, UsageError, argument, count, flag, verb
from pyvirt_cli.sizes import kib
from pyvirt_cli.verbs.domain_life import identity
from pyvirt_cli.words import VCPU_STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# virDomainVcpuFlags
_LIVE, _CONFIG, _MAXIMUM, _GUEST = 1, 2, 4, 8
_SIZE = argument("size", "512M, 2GiB ...; a plain number is KiB")


@verb("setmem", DOMAIN, _SIZE, *IMPACT)
def setmem(context: Context, arguments: Arguments) -> None:
    """Give the guest more or less memory, up to its maximum. A running guest must help (balloon driver)."""
    domain, size = the_domain(context, arguments), kib(arguments.text("size"))
    domain.set_memory(size, arguments.impact())
    context.done(f"Domain '{domain.name}' has {size} KiB of memory", "setmem", **identity(domain), memory=size)


@verb("setmaxmem", DOMAIN, _SIZE, *IMPACT)
def setmaxmem(context: Context, arguments: Arguments) -> None:
    """Change how much memory the guest may have; most hypervisors need the guest stopped, or --config."""
    domain, size = the_domain(context, arguments), kib(arguments.text("size"))
    domain.set_memory(size, arguments.impact() | _MAXIMUM)
    message = f"Domain '{domain.name}' may have {size} KiB of memory"
    context.done(message, "setmaxmem", **identity(domain), max_memory=size)


@verb(
    "setvcpus",
    DOMAIN,
    count("count", "how many"),
    flag("maximum", "the limit, from the next start on (with --config)"),
    *IMPACT,
    flag("guest", "have the guest agent turn them on or off"),
    flag("hotpluggable", "make added CPUs ones that can be unplugged"),
)
def setvcpus(context: Context, arguments: Arguments) -> None:
    """Change how many virtual CPUs the guest has."""
    domain, number = the_domain(context, arguments), arguments.count("count")
    if number < 1:
        raise UsageError(f"a domain needs at least one virtual CPU, not {number}")
    domain.set_vcpus(number, arguments.impact() | arguments.flags(maximum=_MAXIMUM, guest=_GUEST, hotpluggable=16))
    what = "may have" if arguments.on("maximum") else "has"
    plural = "" if number == 1 else "s"
    context.done(
        f"Domain '{domain.name}' {what} {number} virtual CPU{plural}", "setvcpus", **identity(domain), vcpus=number
    )


@verb(
    "vcpucount",
    DOMAIN,
    flag("maximum", "only the limit"),
    flag("active", "only those in use"),
    *IMPACT,
    flag("guest", "as the guest counts them"),
)
def vcpucount(context: Context, arguments: Arguments) -> None:
    """Count virtual CPUs: the limit and those in use, of the stored definition and of the running guest.

    With --maximum or --active together with --live, --config or --current, print that number alone.
    JSON: {"maximum": {"config": ..., "live": ...}, "current": {...}}, {"vcpus": N} for one number; null where
    there is none.
    """
    domain = the_domain(context, arguments)
    arguments.only_one("maximum", "active")
    if arguments.on("guest") or arguments.on("maximum") or arguments.on("active"):
        flags = arguments.impact() | arguments.flags(maximum=_MAXIMUM, guest=_GUEST)
        number = domain.vcpus(flags)
        context.emit({"vcpus": number}, str(number))
        return
    counts = {
        "maximum": {"config": _count(domain, _MAXIMUM | _CONFIG), "live": _count(domain, _MAXIMUM | _LIVE)},
        "current": {"config": _count(domain, _CONFIG), "live": _count(domain, _LIVE)},
    }
    lines = [
        f"{what:<12} {where:<12} {number:>3}\n"
        for what, places in counts.items()
        for where, number in places.items()
        if number is not None
    ]
    context.emit(counts, "".join(lines))


def _count(domain: Domain, flags: int) -> int | None:
    """``None`` where the domain does not run, or has no stored definition."""
    from pyvirt_util.errors import OperationInvalidError

    try:
        return domain.vcpus(flags)
    except OperationInvalidError:
        return None


@verb("vcpuinfo", DOMAIN, flag("pretty", "host CPUs as ranges"))
def vcpuinfo(context: Context, arguments: Arguments) -> None:
    """Show state, CPU time and placement of each virtual CPU.

    JSON: [{"number", "state", "cpu_time" (nanoseconds), "cpu" (-1: not known), "affinity": [0, 1]}].
    """
    from pyvirt_cli.output import record, seconds

    infos = the_domain(context, arguments).vcpu_info()
    if context.json:
        data = [
            {
                "number": info.number,
                "state": VCPU_STATES[info.state],
                "cpu_time": info.cpu_time,
                "cpu": info.cpu,
                "affinity": sorted(info.affinity),
            }
            for info in infos
        ]
        context.emit(data, "")
        return
    last = max((max(info.affinity, default=-1) for info in infos), default=-1)
    blocks = []
    for info in infos:
        marks = "".join("y" if cpu in info.affinity else "-" for cpu in range(last + 1))
        rows: list[tuple[str, object]] = [
            ("VCPU", info.number),
            ("CPU", info.cpu if info.cpu >= 0 else "N/A"),
            ("State", VCPU_STATES[info.state]),
            ("CPU time", seconds(info.cpu_time)),
            ("CPU Affinity", _ranges(info.affinity) if arguments.on("pretty") else marks),
        ]
        blocks.append(record(rows))
    context.write("\n".join(blocks))


def _ranges(cpus: Collection[int]) -> str:
    from pyvirt_util.bitmaps import Bitmap

    return str(Bitmap(cpus))


def _cpus(context: Context, text: str) -> frozenset[int]:
    """``0-3,^2`` or ``r`` for all CPUs of the host."""
    if text == "r":
        return frozenset(range(len(context.connection.node_cpu_map())))
    from pyvirt_util.bitmaps import Bitmap

    return frozenset(Bitmap.parse(text))


_CPULIST = argument("cpulist", "host CPUs: 0-3,6,^2; r: all of them", required=False)


@verb("vcpupin", DOMAIN, Option("vcpu", NUMBER, "virtual CPU", "VCPU", positional=True), _CPULIST, *IMPACT)
def vcpupin(context: Context, arguments: Arguments) -> None:
    """Show which host CPUs each virtual CPU may use; with CPULIST, change it for one.

    JSON: [{"vcpu": 0, "cpus": [0, 1]}].
    """
    domain = the_domain(context, arguments)
    number, cpulist = arguments.number("vcpu"), arguments.maybe("cpulist")
    if cpulist is not None:
        if number is None:
            raise UsageError("'vcpupin' needs VCPU with CPULIST")
        cpus = _cpus(context, cpulist)
        domain.pin_vcpu(number, cpus, arguments.impact())
        message = f"Virtual CPU {number} of domain '{domain.name}' may use {_ranges(cpus)}"
        context.done(message, "pinned", **identity(domain), vcpu=number, cpus=sorted(cpus))
        return
    pins = [
        (index, cpus)
        for index, cpus in enumerate(domain.vcpu_pin_info(arguments.impact()))
        if number is None or index == number
    ]
    data = [{"vcpu": index, "cpus": sorted(cpus)} for index, cpus in pins]
    context.table(["VCPU", "CPU Affinity"], [(index, _ranges(cpus)) for index, cpus in pins], data)


@verb("emulatorpin", DOMAIN, _CPULIST, *IMPACT)
def emulatorpin(context: Context, arguments: Arguments) -> None:
    """Show which host CPUs the emulator's own threads may use; with CPULIST, change it.

    JSON: {"cpus": [0, 1]}.
    """
    domain, cpulist = the_domain(context, arguments), arguments.maybe("cpulist")
    if cpulist is not None:
        cpus = _cpus(context, cpulist)
        domain.pin_emulator(cpus, arguments.impact())
        message = f"The emulator of domain '{domain.name}' may use {_ranges(cpus)}"
        context.done(message, "pinned", **identity(domain), cpus=sorted(cpus))
        return
    cpus = domain.emulator_pin_info(arguments.impact())
    context.emit({"cpus": sorted(cpus)}, f"emulator: CPU Affinity {_ranges(cpus)}")


@verb("iothreadinfo", DOMAIN, *IMPACT)
def iothreadinfo(context: Context, arguments: Arguments) -> None:
    """List I/O threads and the host CPUs they may use.

    JSON: [{"id": 1, "cpus": [0, 1]}].
    """
    threads = the_domain(context, arguments).iothread_info(arguments.impact())
    data = [{"id": number, "cpus": sorted(cpus)} for number, cpus in threads]
    context.table(["IOThread ID", "CPU Affinity"], [(number, _ranges(cpus)) for number, cpus in threads], data)
