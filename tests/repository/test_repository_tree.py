"""What must not be in the tree, and what must be unique in it."""

from __future__ import annotations

import configparser
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

REGISTRIES = [".".join(words) for words in (("pypi", "org"), ("pythonhosted", "org"), ("deb", "debian", "org"))]
"""Hosts that packages come from; which ones a machine uses is its own business."""


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Files under version control."""
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name.decode() for name in result.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_lock_file_and_no_output_of_a_tool_is_kept(files: list[Path]) -> None:
    forbidden = {"uv.lock", ".venv", ".tox", "__pycache__", ".mypy_cache", ".ruff_cache", "dist", "build"}
    assert [path for path in files if forbidden & set(path.relative_to(ROOT).parts)] == []


def test_no_file_names_a_registry_s_host(files: list[Path]) -> None:
    pattern = re.compile("|".join(map(re.escape, REGISTRIES)).encode())
    assert [path for path in files if pattern.search(path.read_bytes())] == []


def test_names_of_test_files_are_unique(files: list[Path]) -> None:
    names = Counter(path.name for path in files if path.name.startswith("test_") and path.suffix == ".py")
    assert {name for name, count in names.items() if count > 1} == set()


def test_test_folders_are_no_packages(files: list[Path]) -> None:
    tests = {path.parent for path in files if path.name.startswith("test_")}
    assert [path for path in files if path.name == "__init__.py" and path.parent in tests] == []


def test_the_linter_s_roots_are_the_packages() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    packages = sorted(path.parent.name for path in ROOT.glob("packages/*/src/*/__init__.py"))
    assert packages
    assert config["importlinter"]["root_packages"].split() == packages
