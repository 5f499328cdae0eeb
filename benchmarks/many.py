"""Many guests at once, from threads of one process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import raw
from context import Context, guest_xml
from measure import Row, Sampler, Samplers, benchmark

_THREADS = 8


@benchmark(
    Row("create-50", f"create 50 paused guests, {_THREADS} threads", 1.5, unit="s"),
    Row("destroy-50", f"destroy 50 guests, {_THREADS} threads", 3.0, unit="s"),
    rounds=0.2,
)
def fifty(context: Context) -> Iterator[Samplers]:
    import pyvirt
    from pyvirt.enums import DomainCreateFlags

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    count = context.number(50, 3)
    xmls = [guest_xml(f"crowd{n}", memory=16, nic=False) for n in range(count)]
    uri = context.uri("crowd")
    instance = Path(uri.partition("root=")[2])
    with ExitStack() as stack:
        conn = stack.enter_context(pyvirt.open(uri))
        pool = stack.enter_context(ThreadPoolExecutor(_THREADS))

        def ours() -> tuple[float, float]:
            begin = time.perf_counter()
            domains = list(pool.map(lambda xml: conn.create_domain(xml, DomainCreateFlags.START_PAUSED), xmls))
            created = time.perf_counter()
            list(pool.map(lambda domain: domain.destroy(), domains))
            return created - begin, time.perf_counter() - created

        copies = []
        for number, xml in enumerate(xmls):
            domain = conn.create_domain(xml, DomainCreateFlags.START_PAUSED)
            argv = raw.command_line(raw.pid_below(instance, f"crowd{number}"))
            domain.destroy()
            copies.append(stack.enter_context(raw.RawGuest(argv, instance, context.new_folder("raw"))))

        def by_hand() -> tuple[float, float]:
            begin = time.perf_counter()
            list(pool.map(lambda guest: guest.start(paused=True), copies))
            created = time.perf_counter()
            list(pool.map(lambda guest: guest.destroy(), copies))
            return created - begin, time.perf_counter() - created

        columns: dict[str, Sampler | str] = {"pyvirt": ours, "raw": by_hand}
        peer = context.peer()
        if isinstance(peer, str):
            columns["libvirt"] = peer
        else:
            columns["libvirt"] = lambda: tuple(peer.ask("many", xmls=xmls, threads=_THREADS))
        yield columns
