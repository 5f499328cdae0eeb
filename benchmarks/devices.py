"""Devices of the host."""

from __future__ import annotations

import os
from collections.abc import Iterator

from context import Context
from measure import Row, Sampler, Samplers, benchmark, loop

SYSFS = "/sys"


def walk() -> int:
    """The names of all devices that the kernel lists, by bus and by class; how many they are."""
    count = 0
    for bus in os.listdir(f"{SYSFS}/bus"):
        count += len(os.listdir(f"{SYSFS}/bus/{bus}/devices"))
    for name in os.listdir(f"{SYSFS}/class"):
        count += len(os.listdir(f"{SYSFS}/class/{name}"))
    return count


@benchmark(Row("node-devices", "list the host's devices, connection open", 1.6), rounds=3)
def node_devices(context: Context) -> Iterator[Samplers]:
    import pyvirt

    times = context.number(50, 2)
    with pyvirt.open(context.uri("devices")) as conn:
        columns: dict[str, Sampler | str] = {"pyvirt": loop(conn.list_node_devices, times), "raw": loop(walk, times)}
        peer = context.peer()
        if isinstance(peer, str):
            columns["libvirt"] = peer
        else:
            columns["libvirt"] = lambda: peer.ask("list_node_devices", times=times)
        yield columns
