"""Disks: ``domblklist``, ``domblkinfo``, ``blockresize`` ..."""

from __future__ import annotations

from pyvirt_cli.documents import parse
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


class Disk:
    """A disk as its domain's document has it; ``source`` is ``None`` for an empty drive."""

    __slots__ = ("device", "source", "target", "type")

    def __init__(self, type: str, device: str, target: str, source: str | None) -> None:
        self.type = type
        self.device = device
        self.target = target
        self.source = source


def disks(text: str) -> list[Disk]:
    """The disks in a domain's document."""
    found = []
    for node in parse(text).findall("devices/disk"):
        source, target = node.find("source"), node.find("target")
        where = None
        if source is not None:
            where = source.get("file") or source.get("dev") or source.get("dir") or source.get("name")
            if source.get("pool") and source.get("volume"):
                where = source.get("volume")
        name = (target.get("dev") if target is not None else None) or ""
        found.append(Disk(node.get("type", "file"), node.get("device", "disk"), name, where))
    return found


@verb(
    "domblklist",
    DOMAIN,
    flag("inactive", "of the stored definition"),
    flag("details", "with type and device"),
)
def domblklist(context: Context, arguments: Arguments) -> None:
    """List disks: the name the guest's bus gives them and where their bytes are.

    JSON: [{"type", "device", "target", "source"}], "source" null for an empty drive.
    """
    found = disks(the_domain(context, arguments).xml(arguments.flags(inactive=2)))
    data = [{"type": disk.type, "device": disk.device, "target": disk.target, "source": disk.source} for disk in found]
    if arguments.on("details"):
        rows = [(disk.type, disk.device, disk.target, disk.source or "-") for disk in found]
        context.table(["Type", "Device", "Target", "Source"], rows, data)
    else:
        context.table(["Target", "Source"], [(disk.target, disk.source or "-") for disk in found], data)


_DEVICE = value("device", "DISK", "target or path of the disk", positional=True)


@verb("domblkinfo", DOMAIN, _DEVICE, flag("human", "sizes with units"), flag("all", "all disks, as a table"))
def domblkinfo(context: Context, arguments: Arguments) -> None:
    """Show capacity, allocation and physical size of a disk in bytes; of all disks, where none is named.

    JSON: {"capacity", "allocation", "physical"}; for all disks a list with "target" added.
    """
    from pyvirt_cli.output import record
    from pyvirt_util.units import format_size

    domain = the_domain(context, arguments)
    device = arguments.maybe("device")
    shown = format_size if arguments.on("human") else str
    if device is not None and not arguments.on("all"):
        info = domain.block_info(device)
        sizes = {"capacity": info.capacity, "allocation": info.allocation, "physical": info.physical}
        context.emit(sizes, record((name.capitalize(), shown(number)) for name, number in sizes.items()))
        return
    rows: list[list[str]] = []
    data: list[dict[str, object]] = []
    for disk in disks(domain.xml()):
        if disk.source is None:
            rows.append([disk.target, "-", "-", "-"])
            data.append({"target": disk.target, "capacity": None, "allocation": None, "physical": None})
            continue
        info = domain.block_info(disk.target)
        numbers = (info.capacity, info.allocation, info.physical)
        rows.append([disk.target, *(shown(number) for number in numbers)])
        data.append(
            {"target": disk.target, "capacity": info.capacity, "allocation": info.allocation, "physical": info.physical}
        )
    context.table(["Target", "Capacity", "Allocation", "Physical"], rows, data)


@verb("domblkstat", DOMAIN, _DEVICE)
def domblkstat(context: Context, arguments: Arguments) -> None:
    """Show counters of a disk; of all disks together, where none is named.

    JSON: {"rd_req": ..., "rd_bytes": ..., ...}.
    """
    device = arguments.maybe("device") or ""
    counters = the_domain(context, arguments).block_stats(device)
    context.emit(counters, "".join(f"{device} {name} {number}\n".lstrip() for name, number in counters.items()))


@verb("domblkerror", DOMAIN)
def domblkerror(context: Context, arguments: Arguments) -> None:
    """List disks that have met I/O errors.

    JSON: {"vda": "no space"}.
    """
    from pyvirt_cli.words import enum_word

    errors = {disk: enum_word(code) for disk, code in the_domain(context, arguments).disk_errors().items()}
    context.emit(errors, "".join(f"{disk}: {word}\n" for disk, word in errors.items()) or "No errors found")


@verb("blockresize", DOMAIN, argument("path", "target or path of the disk"), argument("size", "the new size: 20G ..."))
def blockresize(context: Context, arguments: Arguments) -> None:
    """Change a disk's size while its guest runs. A plain number is KiB, as in virsh."""
    from pyvirt_util.units import parse_size

    domain, disk = the_domain(context, arguments), arguments.text("path")
    size = parse_size(arguments.text("size"), default=1024)
    domain.block_resize(disk, size, 1)  # in bytes
    context.done(f"Block device '{disk}' is resized", "resized", **identity(domain), disk=disk, size=size)


@verb(
    "blockjob",
    DOMAIN,
    argument("path", "target or path of the disk"),
    flag("info", "show its progress (default)"),
    flag("abort", "stop it"),
    flag("async", "do not wait until it has stopped"),
    flag("pivot", "end it by changing over to the copy"),
)
def blockjob(context: Context, arguments: Arguments) -> None:
    """Show, stop or complete a disk's job (copy, commit, pull).

    JSON: {"type", "bandwidth", "cur", "end"}, or null where there is no job.
    """
    from pyvirt_cli.words import enum_word

    domain, disk = the_domain(context, arguments), arguments.text("path")
    if arguments.on("abort") or arguments.on("pivot") or arguments.on("async"):
        domain.block_job_abort(disk, arguments.flags(**{"async": 1}, pivot=2))
        action = "pivoted" if arguments.on("pivot") else "aborted"
        context.done(f"Job of disk '{disk}' {action}", action, **identity(domain), disk=disk)
        return
    job = domain.block_job_info(disk)
    if job is None:
        context.emit(None, f"No current block job for {disk}")
        return
    done = 100.0 * job.cur / job.end if job.end else 100.0
    data = {"type": enum_word(job.type), "bandwidth": job.bandwidth, "cur": job.cur, "end": job.end}
    context.emit(data, f"{enum_word(job.type).capitalize()}: [{done:.2f} %]")
