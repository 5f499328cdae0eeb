"""One guest: start, destroy, and what is asked of it while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import raw
from context import Context, guest_xml
from measure import Row, Sampler, Samplers, benchmark, both, loop

if TYPE_CHECKING:
    import pyvirt

_UUID = "00000000-0000-4000-8000-0000000000{:02d}"


def new_disk(context: Context) -> Path:
    """A bootable disk; the guest on it sleeps until it is spoken to."""
    from pyvirt_testing.guest import write_disk

    return write_disk(context.new_folder("disk") / "disk.qcow2", format="qcow2")


def raw_copy(context: Context, domain: pyvirt.Domain) -> raw.RawGuest:
    """Start the domain once for its command line; the same QEMU to be started by hand."""
    instance = Path(unquote(domain.connection.uri.partition("root=")[2]))
    domain.start()
    try:
        argv = raw.command_line(raw.pid_below(instance, domain.name))
    finally:
        domain.destroy()
    return raw.RawGuest(argv, instance, context.new_folder("raw"))


def _lifecycle(context: Context, number: int, *, paused: bool) -> Iterator[Samplers]:
    import pyvirt
    from pyvirt.enums import DomainCreateFlags

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    disk = new_disk(context)
    name = f"cycle{number}"
    xml = guest_xml(name, uuid=_UUID.format(number), disk=disk)
    flags = DomainCreateFlags.START_PAUSED if paused else 0
    with pyvirt.open(context.uri("cycle")) as conn:
        domain = conn.define_domain(xml)

        def ours() -> tuple[float, float]:
            begin = time.perf_counter()
            domain.start(flags)
            started = time.perf_counter()
            domain.destroy()
            return started - begin, time.perf_counter() - started

        with raw_copy(context, domain) as guest:
            columns: dict[str, Sampler | str] = {
                "pyvirt": ours,
                "raw": lambda: (guest.start(paused=paused), guest.destroy()),
            }
            peer = context.peer()
            if isinstance(peer, str):
                columns["libvirt"] = peer
                yield columns
                return
            peer.ask("define_all", xmls=[xml])
            columns["libvirt"] = lambda: (
                peer.ask("start", name=name, paused=paused),
                peer.ask("destroy", name=name),
            )
            yield columns
            peer.ask("undefine_all", prefix=name)


@benchmark(
    Row("start-paused", "defined to paused: q35, qcow2 disk, user NIC, TCG", 1.25),
    Row("destroy-paused", "destroy it", 3.0),
)
def start_paused(context: Context) -> Iterator[Samplers]:
    yield from _lifecycle(context, 1, paused=True)


@benchmark(
    Row("start", "the same guest to running", 1.25),
    Row("destroy", "destroy it", 3.0),
)
def start_running(context: Context) -> Iterator[Samplers]:
    yield from _lifecycle(context, 2, paused=False)


@benchmark(
    Row("info", "info() of a running guest (raw: /proc/PID/stat)", unit="µs"),
    Row("dumpxml", "XML of a running guest", unit="µs"),
)
def questions(context: Context) -> Iterator[Samplers]:
    import pyvirt

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    name, times = "asked", context.number(200, 5)
    xml = guest_xml(name, uuid=_UUID.format(3), disk=new_disk(context))
    uri = context.uri("asked")
    with pyvirt.open(uri) as conn:
        domain = conn.define_domain(xml)
        domain.start()
        stat = Path(f"/proc/{raw.pid_below(Path(uri.partition('root=')[2]), name)}/stat")
        try:
            info, dump = loop(domain.info, times), loop(domain.xml, times)
            read = loop(stat.read_bytes, times)
            columns: dict[str, Sampler | str] = {"pyvirt": both(info, dump), "raw": both(read, None)}
            peer = context.peer()
            if isinstance(peer, str):
                columns["libvirt"] = peer
                yield columns
                return
            # A second guest: both run while they are asked.
            peer.ask("define_all", xmls=[guest_xml(name, uuid=_UUID.format(4), disk=new_disk(context))])
            peer.ask("start", name=name, paused=False)
            try:
                columns["libvirt"] = lambda: (
                    peer.ask("info", name=name, times=times),
                    peer.ask("dumpxml", name=name, times=times),
                )
                yield columns
            finally:
                peer.ask("destroy", name=name)
                peer.ask("undefine_all", prefix=name)
        finally:
            domain.destroy()
