"""Statistics: ``domstats``, ``dommemstat``, ``cpu-stats``."""

from __future__ import annotations

from pyvirt_cli.lookup import domain as find_domain
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, IMPACT, argument, flag, number, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_GROUPS = (
    flag("state", "state and reason"),
    flag("cpu-total", "CPU time"),
    flag("balloon", "memory the guest has and may have"),
    flag("vcpu", "virtual CPUs"),
    flag("interface", "network cards"),
    flag("block", "disks"),
    flag("perf", "performance counters"),
    flag("iothread", "I/O threads"),
    flag("memory", "memory bandwidth"),
    flag("dirtyrate", "how fast the guest dirties memory"),
    flag("vm", "what only this hypervisor counts"),
)


@verb(
    "domstats",
    *_GROUPS,
    flag("list-active", "only running domains"),
    flag("list-inactive", "only stopped domains"),
    flag("list-persistent", "only domains with a stored definition"),
    flag("list-transient", "only domains without one"),
    flag("list-running", "only domains that run"),
    flag("list-paused", "only domains that are paused"),
    flag("list-shutoff", "only domains that are shut off"),
    flag("list-other", "only domains in any other state"),
    flag("enforce", "fail where a group is not known"),
    flag("backing", "count the backing files of disks too"),
    flag("nowait", "leave out what cannot be had at once"),
    argument("domain", "domains; all, where none is named", required=False, many=True, complete="domain"),
)
def domstats(context: Context, arguments: Arguments) -> None:
    """Print named counters in groups; all groups, where none is asked for.

    JSON: [{"name": ..., "uuid": ..., "stats": {"state.state": 1, ...}}].
    """
    groups = arguments.flags(
        state=1,
        cpu_total=2,
        balloon=4,
        vcpu=8,
        interface=16,
        block=32,
        perf=64,
        iothread=128,
        memory=256,
        dirtyrate=512,
        vm=1024,
    )
    flags = arguments.flags(
        list_active=1,
        list_inactive=2,
        list_persistent=4,
        list_transient=8,
        list_running=16,
        list_paused=32,
        list_shutoff=64,
        list_other=128,
        nowait=1 << 29,
        backing=1 << 30,
        enforce=1 << 31,
    )
    domains = [find_domain(context, text) for text in arguments.many("domain")] or None
    records = context.connection.domain_stats(groups, domains, flags)
    if context.json:
        context.emit([{"name": dom.name, "uuid": dom.uuid, "stats": values} for dom, values in records], "")
        return
    blocks = []
    for dom, values in records:
        lines = [f"Domain: '{dom.name}'", *(f"  {name}={_plain(value)}" for name, value in values.items())]
        blocks.append("\n".join(lines) + "\n")
    context.write("\n".join(blocks))


def _plain(value: object) -> object:
    return int(value) if isinstance(value, int) else value


@verb("dommemstat", DOMAIN, number("period", "have the guest count anew every so many seconds"), *IMPACT)
def dommemstat(context: Context, arguments: Arguments) -> None:
    """Print memory counters, in KiB, that the guest's balloon driver and the host know.

    With --period, only set how often the guest counts. JSON: {"actual": ..., "rss": ...}.
    """
    domain = the_domain(context, arguments)
    period = arguments.number("period")
    if period is not None:
        domain.set_memory_stats_period(period, arguments.impact())
        context.done(f"Domain '{domain.name}' counts every {period} s", "period", name=domain.name, period=period)
        return
    counters = {_counter(tag.name): value for tag, value in domain.memory_stats().items()}
    context.emit(counters, "".join(f"{name} {value}\n" for name, value in counters.items()))


def _counter(name: str) -> str:
    return "actual" if name == "ACTUAL_BALLOON" else name.lower()


@verb(
    "cpu-stats",
    DOMAIN,
    flag("total", "the sum only"),
    number("start", "first host CPU"),
    number("count", "how many host CPUs"),
)
def cpu_stats(context: Context, arguments: Arguments) -> None:
    """Print the CPU time a domain has used, on each host CPU and in all, in seconds.

    JSON: {"cpus": [{...}], "total": {...}} with times in nanoseconds.
    """
    domain = the_domain(context, arguments)
    total = domain.cpu_stats(-1, 1)
    cpus = []
    first = arguments.number("start") or 0
    if not arguments.on("total"):
        wanted = arguments.number("count")
        if wanted is None:
            wanted = max(0, len(context.connection.node_cpu_map()) - first)
        cpus = domain.cpu_stats(first, wanted)
    blocks = [_cpu(f"CPU{first + index}", values) for index, values in enumerate(cpus)]
    blocks += [_cpu("Total", values) for values in total]
    context.emit({"cpus": cpus, "total": total[0] if total else {}}, "".join(blocks))


def _cpu(title: str, values: dict[str, int | float | bool | str]) -> str:
    lines = [f"{title}:\n"]
    for name, value in values.items():
        shown = f"{value / 1e9:.9f} seconds" if isinstance(value, int) else value
        lines.append(f"\t{name:<12} {shown}\n")
    return "".join(lines)
