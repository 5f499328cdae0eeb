"""Benchmarks: ``python benchmarks/run.py [--json] [--quick] [--no-libvirt] [--rounds N] [NAME ...]``.

Prints medians of pyvirt, libvirt and the raw limit, measured in turns within one run. A name is that of a row or the
beginning of some; without names everything is measured. README.md says what each row means.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cold  # noqa: F401  (each module registers its benchmarks)
import context
import definitions  # noqa: F401
import devices  # noqa: F401
import documents  # noqa: F401
import guests  # noqa: F401
import many  # noqa: F401
import measure
import monitor  # noqa: F401


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("names", metavar="NAME", nargs="*", help="rows to measure, or how their names begin")
    parser.add_argument("--list", action="store_true", help="show the rows and measure nothing")
    parser.add_argument("--json", action="store_true", help="print all samples as JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="few samples, small numbers: does everything run?")
    parser.add_argument("--no-libvirt", action="store_true", help="do not start libvirt for comparison")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="samples of each column (default: 15)")
    return parser.parse_args()


def chosen(names: list[str]) -> list[measure.Benchmark]:
    """The benchmarks with a row of these names; exits when a name means none."""
    if not names:
        return measure.REGISTRY
    found = [b for b in measure.REGISTRY if any(row.name.startswith(name) for row in b.rows for name in names)]
    for name in names:
        if not any(row.name.startswith(name) for b in found for row in b.rows):
            sys.exit(f"no benchmark begins with '{name}'; there are: {', '.join(all_names())}")
    return found


def all_names() -> list[str]:
    return [row.name for b in measure.REGISTRY for row in b.rows]


def main() -> int:
    options = arguments()
    selected = chosen(options.names)
    if options.list:
        width = measure.NAME_WIDTH
        for found in selected:
            for row in found.rows:
                print(f"{row.name:{width}}{row.what}")
        return 0
    failed = False
    collected = []
    folder = Path(tempfile.mkdtemp(prefix="pyvirt-benchmarks-"))
    with context.Context(folder, quick=options.quick, libvirt=not options.no_libvirt) as shared:
        if not options.json:
            print(measure.header(), flush=True)
        for found in selected:
            rounds = 2 if options.quick else max(3, round(options.rounds * found.rounds))
            try:
                results = measure.run(found, shared, rounds, warm=1)
            except Exception as error:
                failed = True
                names = ", ".join(row.name for row in found.rows)
                print(f"{names}: failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                if os.environ.get("BENCHMARK_TRACE"):
                    raise
                continue
            collected += results
            if not options.json:
                for result in results:
                    print(measure.line(result), flush=True)
    if options.json:
        print(json.dumps({"cpus": os.cpu_count(), "rows": [measure.as_data(found) for found in collected]}, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
