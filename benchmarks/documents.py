"""Domain XML: parsing, formatting, defining; next to libvirt's own parser.

That one is reached through its test driver, which runs in the calling process.
"""

from __future__ import annotations

from collections.abc import Iterator

from context import Context
from measure import Row, Sampler, Samplers, benchmark, both, loop
from peer import LocalWorker, python_binding

_HEAD = """\
<domain type='test'>
  <name>document{lines}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
"""
_DISK = """\
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native'/>
      <source file='/var/lib/images/disk{n}.qcow2'/>
      <target dev='{target}' bus='virtio'/>
      <serial>WD-{n:08d}</serial>
    </disk>
"""
_NIC = """\
    <interface type='network'>
      <mac address='52:54:00:6b:{high:02x}:{low:02x}'/>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
"""
_TAIL = "  </devices>\n</domain>\n"


def document(lines: int) -> str:
    """A domain of about this many lines: disks and NICs in turns."""
    text = _HEAD.format(lines=lines, uuid=f"00000000-0000-4000-8000-{lines:012d}")
    count, number = text.count("\n") + _TAIL.count("\n"), 0
    parts = [text]
    while count < lines:
        if number % 2:
            parts.append(_NIC.format(high=number // 256, low=number % 256))
        else:
            parts.append(_DISK.format(n=number, target=_target(number // 2)))
        count += parts[-1].count("\n")
        number += 1
    return "".join([*parts, _TAIL])


def _target(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"vd{letters}"


def _rows(lines: int) -> tuple[Row, ...]:
    return (
        Row(f"parse-{lines}", f"parse {lines} lines (libvirt: define in its test driver)", unit="µs"),
        Row(f"format-{lines}", f"format {lines} lines", unit="µs"),
    )


def _parse_format(lines: int, context: Context) -> Iterator[Samplers]:
    from lxml import etree

    from pyvirt_conf.domain import Domain

    text = document(lines)
    times = context.number(max(2, 3000 // lines), 1)
    parsed = Domain.parse(text)
    tree = etree.fromstring(text)

    columns: dict[str, Sampler | str] = {
        "pyvirt": both(loop(lambda: Domain.parse(text), times), loop(parsed.format, times)),
        "raw": both(loop(lambda: etree.fromstring(text), times), loop(lambda: etree.tostring(tree), times)),
    }
    missing = python_binding()
    if missing:
        columns["libvirt"] = missing
        yield columns
        return
    with LocalWorker() as worker:
        columns["libvirt"] = both(
            lambda: worker.ask("parse", xml=text, times=times), lambda: worker.ask("format", times=times)
        )
        yield columns


@benchmark(*_rows(30))
def lines_30(context: Context) -> Iterator[Samplers]:
    yield from _parse_format(30, context)


@benchmark(*_rows(100))
def lines_100(context: Context) -> Iterator[Samplers]:
    yield from _parse_format(100, context)


@benchmark(*_rows(1000))
def lines_1000(context: Context) -> Iterator[Samplers]:
    yield from _parse_format(1000, context)


@benchmark(Row("define-test", "define 30 lines in the test driver", unit="µs"))
def define_test(context: Context) -> Iterator[Samplers]:
    import pyvirt

    text = document(30)
    times = context.number(100, 2)
    with pyvirt.open("test:///default") as conn:
        columns: dict[str, Sampler | str] = {"pyvirt": loop(lambda: conn.define_domain(text), times)}
        missing = python_binding()
        if missing:
            columns["libvirt"] = missing
            yield columns
            return
        with LocalWorker() as worker:
            columns["libvirt"] = lambda: worker.ask("parse", xml=text, times=times)
            yield columns
