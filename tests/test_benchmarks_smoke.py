"""Every benchmark runs; how quickly is not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = [sys.executable, str(ROOT / "benchmarks" / "run.py")]


def names() -> list[str]:
    """The rows, but for those that are measured with another."""
    listed = subprocess.run([*RUN, "--list"], check=True, capture_output=True, text=True).stdout
    found = [line.split()[0] for line in listed.splitlines()]
    return [name for name in found if not name.startswith(("format-", "destroy")) and name not in ("dumpxml", "event")]


@pytest.mark.guest
@pytest.mark.parametrize("name", names())
def test_benchmark_runs(name: str) -> None:
    done = subprocess.run(
        [*RUN, "--quick", "--no-libvirt", "--json", name], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert name in rows
    for row in rows.values():
        if "pyvirt" not in row["missing"]:
            assert row["median"]["pyvirt"] > 0


def test_unknown_name_is_refused() -> None:
    done = subprocess.run([*RUN, "no-such"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no benchmark begins with 'no-such'; there are: list-cold," in done.stderr
