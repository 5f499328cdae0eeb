"""Domain XML: parsing, defining, formatting, copying; next to libvirt's own parser.

That one is reached through its test driver, which runs in the calling process: defining there parses, completes and
validates, and keeps the definition in memory.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import domain_documents
from context import Context
from measure import Row, Sampler, Samplers, benchmark, loop
from peer import LocalWorker, python_binding


def _each(*samplers: Sampler | None) -> Sampler:
    """A sampler for as many rows; ``None`` is of a row that has none in this column."""

    def one(sampler: Sampler | None) -> float | None:
        taken = None if sampler is None else sampler()
        return taken[0] if isinstance(taken, tuple) else taken

    return lambda: tuple(one(sampler) for sampler in samplers)


def _rows(size: str, lines: int) -> tuple[Row, ...]:
    return (
        Row(f"xml-parse-{size}", f"parse {lines} lines", unit="µs"),
        Row(f"xml-define-{size}", f"parse, complete, validate {lines} lines (libvirt: define)", unit="µs"),
        Row(f"xml-format-{size}", f"format {lines} lines", unit="µs"),
        Row(f"xml-copy-{size}", f"copy the object of {lines} lines", unit="µs"),
    )


def _samplers(make: Callable[[], str], context: Context) -> Iterator[Samplers]:
    from lxml import etree

    from pyvirt_conf.domain import Domain
    from pyvirt_driver_test import definition

    text = make()
    times = context.number(max(2, 3000 // text.count("\n")), 1)
    parsed = definition.parse(text)
    tree = etree.fromstring(text)

    columns: dict[str, Sampler | str] = {
        "pyvirt": _each(
            loop(lambda: Domain.parse(text), times),
            loop(lambda: definition.parse(text), times),
            loop(parsed.format, times),
            loop(parsed.copy, times),
        ),
        "raw": _each(
            loop(lambda: etree.fromstring(text), times),
            None,
            loop(lambda: etree.tostring(tree), times),
            loop(lambda: copy.deepcopy(tree), times),
        ),
    }
    missing = python_binding()
    if missing:
        columns["libvirt"] = missing
        yield columns
        return
    with LocalWorker() as worker:
        columns["libvirt"] = _each(
            None,
            lambda: worker.ask("parse", xml=text, times=times),
            lambda: worker.ask("format", times=times),
            None,
        )
        yield columns


@benchmark(*_rows("small", 30))
def small(context: Context) -> Iterator[Samplers]:
    yield from _samplers(domain_documents.small, context)


@benchmark(*_rows("typical", 150))
def typical(context: Context) -> Iterator[Samplers]:
    yield from _samplers(domain_documents.typical, context)


@benchmark(*_rows("large", 1000))
def large(context: Context) -> Iterator[Samplers]:
    yield from _samplers(domain_documents.large, context)


@benchmark(Row("define-test", "define 30 lines in the test driver", unit="µs"))
def define_test(context: Context) -> Iterator[Samplers]:
    import pyvirt

    text = domain_documents.small()
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
