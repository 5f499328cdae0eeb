"""One version for all, from one file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def tool(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/version.py", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("src", "tests", "__pycache__")
    for folder in ("packages", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "VERSION", tmp_path)
    return tmp_path


def test_every_distribution_has_the_version_and_pins_its_siblings_to_it() -> None:
    version = (ROOT / "VERSION").read_text().strip()
    for file in ROOT.glob("packages/*/pyproject.toml"):
        table = tomllib.loads(file.read_text())
        project = table["project"]
        assert project["version"] == version, file
        groups = [*project.get("optional-dependencies", {}).values(), *table.get("dependency-groups", {}).values()]
        for requirement in [*project["dependencies"], *(entry for group in groups for entry in group)]:
            if requirement.startswith("pyvirt-"):
                assert requirement.endswith(f"=={version}"), (file, requirement)
    assert tool(ROOT).returncode == 0


def test_the_tool_sets_the_version_everywhere_and_nothing_else(copy: Path) -> None:
    before = {path: path.read_text() for path in copy.glob("packages/*/pyproject.toml")}
    old = (copy / "VERSION").read_text().strip()
    result = tool(copy, "7.8.9rc1")
    assert (result.returncode, result.stdout) == (0, "7.8.9rc1\n")
    assert (copy / "VERSION").read_text() == "7.8.9rc1\n"
    for path, text in before.items():
        changed = path.read_text()
        assert tomllib.loads(changed)["project"]["version"] == "7.8.9rc1"
        assert f"=={old}" not in changed
        assert changed.replace("7.8.9rc1", old) == text


def test_the_tool_says_where_a_version_differs(copy: Path) -> None:
    (copy / "VERSION").write_text("7.8.9\n")
    result = tool(copy)
    assert result.returncode == 1
    assert 'packages/pyvirt-util/pyproject.toml:7: version = "' in result.stdout


@pytest.mark.parametrize("word", ["", "one", "1", "1.0; import os", "1.0-1"])
def test_the_tool_refuses_what_is_no_version(copy: Path, word: str) -> None:
    before = (copy / "VERSION").read_text()
    result = tool(copy, word)
    assert result.returncode == 1
    assert "not a version" in result.stderr
    assert (copy / "VERSION").read_text() == before
