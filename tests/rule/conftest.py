"""A copy of the tree in which a test may plant violations, and the checks run on that copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class Tree:
    """A copy of this repository without its history, environments and test files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def source(self, distribution: str) -> Path:
        """Folder of a distribution's import package."""
        (package,) = (path.parent for path in (self.root / "packages" / distribution / "src").glob("*/py.typed"))
        return package

    def plant(self, distribution: str, name: str, text: str) -> None:
        """Add a module to a distribution."""
        file = self.source(distribution) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text that must be there in a file."""
        file = self.root / name
        text = file.read_text()
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new, 1))

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, where Python imports our packages from it."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("TOX_", "PYTEST_"))}
        environment["PYTHONPATH"] = os.pathsep.join(str(path) for path in sorted(self.root.glob("packages/*/src")))
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def python(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run this interpreter in the copy."""
        return self.run(sys.executable, *arguments)

    def check(self, *names: str) -> subprocess.CompletedProcess[str]:
        """Run what ``tox -m deps`` runs, all of it or the checks named."""
        return self.python("tools/check_rule.py", *names)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "tests", "*.egg-info", ".*")
    for folder in ("packages", "examples", "tools"):
        shutil.copytree(ROOT / folder, root / folder, symlinks=True, ignore=ignored)
    for name in (".importlinter", "LICENSE", "Makefile", "VERSION", "pyproject.toml", "tox.ini", "toxfile.py"):
        shutil.copy(ROOT / name, root / name)
    return Tree(root)


@pytest.fixture
def breaks(tree: Tree) -> Callable[..., str]:
    """Assert that one check alone finds what was planted: its exit code, its verdict and what it says."""

    def assert_broken(check: str, *expected: str) -> str:
        result = tree.check(check)
        assert result.returncode == 1, result.stdout + result.stderr
        assert f"{check}: broken" in result.stdout, result.stdout + result.stderr
        for text in expected:
            assert text in result.stdout
        return result.stdout

    return assert_broken


@pytest.fixture
def finds(tree: Tree) -> Callable[..., str]:
    """Assert that the check of one distribution, which third parties run too, finds what was planted."""

    def assert_found(*expected: str, distribution: str = "pyvirt-driver-test") -> str:
        result = tree.python("-m", "pyvirt_testing.rule", f"packages/{distribution}")
        assert result.returncode == 1, result.stdout + result.stderr
        for text in expected:
            assert text in result.stdout
        return result.stdout

    return assert_found
