"""Definitions on disk: define and undefine, and lists of many."""

from __future__ import annotations

import os
from collections.abc import Iterator

from context import Context, guest_xml
from measure import Row, Sampler, Samplers, benchmark, loop, once


@benchmark(Row("define", "define and undefine, durable", 2.0))
def define_undefine(context: Context) -> Iterator[Samplers]:
    import pyvirt

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    xml = guest_xml("defined", uuid="00000000-0000-4000-8000-000000000001")
    times = context.number(20, 2)
    folder = context.new_folder("raw")

    def sync_folder() -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(fd)
        os.close(fd)

    def by_hand() -> None:
        """What makes a file durable and gone for good: two syncs and a rename, an unlink and a sync."""
        fd = os.open(folder / "tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, stored)
        os.fsync(fd)
        os.close(fd)
        os.rename(folder / "tmp", folder / "defined.xml")
        sync_folder()
        os.unlink(folder / "defined.xml")
        sync_folder()

    with pyvirt.open(context.uri("define")) as conn:
        domain = conn.define_domain(xml)
        stored = domain.xml().encode()
        domain.undefine()
        columns: dict[str, Sampler | str] = {
            "pyvirt": loop(lambda: conn.define_domain(xml).undefine(), times),
            "raw": loop(by_hand, times),
        }
        peer = context.peer()
        if isinstance(peer, str):
            columns["libvirt"] = peer
        else:
            columns["libvirt"] = lambda: peer.ask("define_undefine", xml=xml, times=times)
        yield columns


@benchmark(
    Row("list-1000", "list 1000 defined domains, connection open"),
    rounds=2,
)
def list_many(context: Context) -> Iterator[Samplers]:
    import pyvirt

    if context.no_guests:
        yield {"pyvirt": context.no_guests}
        return
    count = context.number(1000, 20)
    xmls = [guest_xml(f"many{n}", uuid=f"00000000-0000-4000-8000-{n:012d}") for n in range(1, count + 1)]
    uri = context.uri("many")
    folder = uri.partition("root=")[2]
    with pyvirt.open(uri) as conn:
        for xml in xmls:
            conn.define_domain(xml)

        def listed() -> None:
            found = conn.list_domains()
            if len(found) != count:
                raise RuntimeError(f"{len(found)} domains listed, not {count}")

        columns: dict[str, Sampler | str] = {
            "pyvirt": once(listed),
            "raw": once(lambda: os.listdir(f"{folder}/etc/qemu")),
        }
        peer = context.peer()
        if isinstance(peer, str):
            columns["libvirt"] = peer
            yield columns
            return
        peer.ask("define_all", xmls=xmls)
        columns["libvirt"] = lambda: peer.ask("list_all", expected=count)
        yield columns
        peer.ask("undefine_all", prefix="many")
