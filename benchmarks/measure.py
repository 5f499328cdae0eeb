"""Measuring: columns interleaved sample by sample, medians, and the table they make.

Machines that others use too drift by a factor of two within minutes. Therefore the columns of a row are sampled in
turns, and what is compared is their ratio within one run.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, TypeAlias

#: The columns of the table, from left to right.
COLUMNS = ("pyvirt", "libvirt", "raw")

#: Takes one sample: seconds for the only row, or for each of its rows in their order (``None``: it has none).
Sampler: TypeAlias = "Callable[[], float | tuple[float | None, ...]]"
#: One sampler per column that can be had; a text says why a column can't.
Samplers: TypeAlias = "Mapping[str, Sampler | str]"


class Row(NamedTuple):
    """One line of the table. ``aim`` is the ratio of pyvirt to raw that we want at most."""

    name: str
    what: str
    aim: float | None = None
    unit: str = "ms"


class Benchmark(NamedTuple):
    """Rows that are measured together; ``prepare(context)`` gives the samplers and cleans up after them."""

    rows: tuple[Row, ...]
    prepare: Callable[..., AbstractContextManager[Samplers]]
    rounds: float


class Result(NamedTuple):
    """A measured row: samples in seconds by column, and why others are empty."""

    row: Row
    samples: dict[str, list[float]]
    missing: dict[str, str]

    def median(self, column: str) -> float | None:
        """The column's median in seconds, ``None`` when it was not measured."""
        samples = self.samples.get(column)
        return statistics.median(samples) if samples else None

    def ratio(self, column: str) -> float | None:
        """The column's median as a multiple of the raw limit's."""
        ours, raw = self.median(column), self.median("raw")
        return ours / raw if ours is not None and raw else None


REGISTRY: list[Benchmark] = []


def benchmark(
    *rows: Row, rounds: float = 1.0
) -> Callable[[Callable[..., Iterator[Samplers]]], Callable[..., AbstractContextManager[Samplers]]]:
    """Register a generator function that yields samplers; ``rounds`` scales how often each is called."""

    def register(function: Callable[..., Iterator[Samplers]]) -> Callable[..., AbstractContextManager[Samplers]]:
        prepare = contextmanager(function)
        REGISTRY.append(Benchmark(rows, prepare, rounds))
        return prepare

    return register


def loop(function: Callable[[], object], times: int) -> Sampler:
    """A sampler for what is too quick for one call: the mean of ``times`` calls."""

    def sample() -> float:
        start = time.perf_counter()
        for _ in range(times):
            function()
        return (time.perf_counter() - start) / times

    return sample


def once(function: Callable[[], object]) -> Sampler:
    """A sampler of one call."""
    return loop(function, 1)


def both(first: Sampler, second: Sampler | None) -> Sampler:
    """A sampler for two rows, of two samplers for one."""

    def one(sampler: Sampler | None) -> float | None:
        taken = None if sampler is None else sampler()
        return taken[0] if isinstance(taken, tuple) else taken

    return lambda: (one(first), one(second))


def run(chosen: Benchmark, context: object, rounds: int, warm: int) -> list[Result]:
    """Measure one benchmark: ``warm`` rounds that don't count, then ``rounds``, column after column in each."""
    samples: list[dict[str, list[float]]] = [{} for _ in chosen.rows]
    with chosen.prepare(context) as offered:
        samplers = {name: sampler for name, sampler in offered.items() if not isinstance(sampler, str)}
        missing = {name: why for name, why in offered.items() if isinstance(why, str)}
        for number in range(warm + rounds):
            for column, sampler in samplers.items():
                gc.collect()
                taken = sampler()
                values = taken if isinstance(taken, tuple) else (taken,)
                for place, value in zip(samples, values, strict=True):
                    if number >= warm and value is not None:
                        place.setdefault(column, []).append(value)
    return [Result(row, found, missing) for row, found in zip(chosen.rows, samples, strict=True)]


#: Widths of the first columns.
NAME_WIDTH, _WHAT = 20, 62
_SCALE = {"s": 1.0, "ms": 1e3, "µs": 1e6}


def _number(seconds: float | None, unit: str) -> str:
    if seconds is None:
        return "-"
    value = seconds * _SCALE[unit]
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def header() -> str:
    """The table's first lines."""
    columns = "".join(f"{column:>9}" for column in COLUMNS)
    line = f"{'':{NAME_WIDTH}}{'':{_WHAT}}{'unit':>5}{columns}  {'pyvirt/raw':>10}{'aim':>6}{'libvirt/raw':>13}"
    return f"{line}\n{'-' * len(line)}"


def line(result: Result) -> str:
    """One line of the table: medians, their ratios to the raw limit, and the aim."""
    row = result.row
    cells = "".join(f"{_number(result.median(column), row.unit):>9}" for column in COLUMNS)
    aim = "-" if row.aim is None else f"{row.aim:g}"
    ratios = f"{_ratio(result.ratio('pyvirt')):>10}{aim:>6}{_ratio(result.ratio('libvirt')):>13}"
    notes = "".join(f"  [{column}: {why}]" for column, why in result.missing.items())
    return f"{row.name:{NAME_WIDTH}}{row.what:{_WHAT}}{row.unit:>5}{cells}  {ratios}{notes}"


def as_data(result: Result) -> dict[str, object]:
    """A result as plain JSON values; seconds throughout."""
    return {
        "name": result.row.name,
        "what": result.row.what,
        "aim": result.row.aim,
        "median": {column: result.median(column) for column in COLUMNS},
        "ratio_to_raw": {column: result.ratio(column) for column in ("pyvirt", "libvirt")},
        "samples": result.samples,
        "missing": result.missing,
    }
