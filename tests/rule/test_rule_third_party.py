"""A third party's driver, outside packages/: its own tox run passes, and its check fails on a violation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Variables with which uv takes our distributions from wheels built here."""
    built = subprocess.run(
        [sys.executable, "tools/wheelhouse.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    house = Path(built.stdout.strip())
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TOX_", "PYTEST_"))}
    return kept | {"UV_FIND_LINKS": str(house), "UV_CONSTRAINT": str(house / "constraints.txt")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, somewhere else: nothing of this repository is around it."""
    folder = tmp_path_factory.mktemp("third-party") / "driver"
    ignored = shutil.ignore_patterns("__pycache__", ".tox", ".*_cache")
    shutil.copytree(ROOT / "examples" / "pyvirt-driver-example", folder, ignore=ignored)
    return folder


def tox(folder: Path, environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    arguments = ["run", "-e", ",".join(names)] if names else ["run"]
    command = [sys.executable, "-m", "tox", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_its_tests_and_its_check_pass(folder: Path, environment: dict[str, str]) -> None:
    result = tox(folder, environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "driver: no findings" in result.stdout
    assert re.search(r"[0-9]{3} passed", result.stdout)


def test_its_check_fails_on_a_violation(folder: Path, environment: dict[str, str]) -> None:
    (folder / "src" / "pyvirt_driver_example" / "planted.py").write_text("import pyvirt_driver_test\n")
    result = tox(folder, environment, "rule")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "src/pyvirt_driver_example/planted.py:1: imports pyvirt_driver_test;" in result.stdout
