"""The way to QEMU and back: a monitor command, and an event."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from context import Context, guest_xml
from guests import new_disk, raw_copy
from measure import Row, Sampler, Samplers, benchmark, both, loop

_PYVIRT_UUID = "00000000-0000-4000-8000-000000000011"
_LIBVIRT_UUID = "00000000-0000-4000-8000-000000000012"


@benchmark(
    Row("qmp", "query-status through qemu_monitor_command()", unit="µs"),
    Row("event", "suspend() to the callback of its event", 3.0),
    rounds=1.5,
)
def round_trips(context: Context) -> Iterator[Samplers]:
    import pyvirt
    from pyvirt.enums import DomainEventType

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    name, commands, events = "asked-often", context.number(100, 3), context.number(5, 1)
    with pyvirt.open(context.uri("monitor")) as conn:
        # All of them run while they are asked, each on a disk of its own, where the guest sleeps and takes no CPU time.
        domain = conn.define_domain(guest_xml(name, uuid=_PYVIRT_UUID, disk=new_disk(context)))
        copied = conn.define_domain(guest_xml(f"{name}-raw", disk=new_disk(context)))
        moments: list[float] = []
        seen = threading.Event()

        def called(event: object) -> None:
            if getattr(event, "event", None) == DomainEventType.SUSPENDED:
                moments.append(time.perf_counter())
                seen.set()

        def suspend_event() -> float:
            total = 0.0
            for _ in range(events):
                seen.clear()
                begin = time.perf_counter()
                domain.suspend()
                if not seen.wait(10):
                    raise RuntimeError("no event came within 10 s")
                total += moments[-1] - begin
                domain.resume()
            return total / events

        with raw_copy(context, copied) as guest:
            guest.start(paused=False)
            domain.start()
            try:
                with domain.on_event(called):
                    ask = loop(lambda: domain.qemu_monitor_command('{"execute": "query-status"}'), commands)

                    def raw_event() -> float:
                        total = 0.0
                        for _ in range(events):
                            begin = time.perf_counter()
                            guest.send("stop")
                            guest.wait_event("STOP")
                            total += time.perf_counter() - begin
                            guest.send("cont")
                            guest.wait_event("RESUME")
                        return total / events

                    columns: dict[str, Sampler | str] = {
                        "pyvirt": both(ask, suspend_event),
                        "raw": both(loop(lambda: guest.execute("query-status"), commands), raw_event),
                    }
                    peer = context.peer()
                    if isinstance(peer, str):
                        columns["libvirt"] = peer
                        yield columns
                        return
                    peer.ask("define_all", xmls=[guest_xml(name, uuid=_LIBVIRT_UUID, disk=new_disk(context))])
                    peer.ask("start", name=name, paused=False)
                    try:
                        columns["libvirt"] = both(
                            lambda: peer.ask("query_status", name=name, times=commands),
                            lambda: peer.ask("suspend_event", name=name, times=events),
                        )
                        yield columns
                    finally:
                        peer.ask("destroy", name=name)
                        peer.ask("undefine_all", prefix=name)
            finally:
                domain.destroy()
