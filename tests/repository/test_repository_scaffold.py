"""tools/new_package.py makes distributions that keep the rule and pass their own tests from the first minute."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

KINDS = {
    "pyvirt-driver-acme": ("pyvirt.drivers", "acme"),
    "pyvirt-driver-network": ("pyvirt.network", "network"),
    "pyvirt-driver-cpu": None,
    "pyvirt-acme": None,
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("LICENSE", "VERSION", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, root.glob("packages/*/src")))}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "entry"), KINDS.items(), ids=KINDS)
def test_a_new_distribution_keeps_the_rule(copy: Path, name: str, entry: tuple[str, str] | None) -> None:
    made = run(copy, "tools/new_package.py", name, "A distribution for this test.")
    assert made.returncode == 0, made.stderr
    folder = copy / "packages" / name
    table = tomllib.loads((folder / "pyproject.toml").read_text())
    assert table["dependency-groups"] == {"test": []}
    groups = table["project"].get("entry-points", {})
    assert [(group, *names) for group, names in groups.items()] == ([entry] if entry else [])
    assert (folder / "LICENSE").read_text() == (copy / "LICENSE").read_text()

    ruled = run(copy, "-m", "pyvirt_testing.rule", folder)
    assert ruled.returncode == 0, ruled.stdout + ruled.stderr
    linted = run(copy, "-m", "ruff", "check", "--no-cache", folder)
    assert linted.returncode == 0, linted.stdout
    formatted = run(copy, "-m", "ruff", "format", "--no-cache", "--check", folder)
    assert formatted.returncode == 0, formatted.stdout
    typed = run(copy, "-m", "mypy", "--cache-dir", copy / "cache", *(folder / "src").iterdir())
    assert typed.returncode == 0, typed.stdout


def test_an_existing_folder_is_left_alone(copy: Path) -> None:
    assert run(copy, "tools/new_package.py", "pyvirt-acme", "First.").returncode == 0
    again = run(copy, "tools/new_package.py", "pyvirt-acme", "Second.")
    assert again.returncode == 1
    assert "pyvirt-acme exists already" in again.stderr
    assert "First." in (copy / "packages" / "pyvirt-acme" / "README.md").read_text()
