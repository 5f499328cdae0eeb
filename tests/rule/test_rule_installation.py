"""The environments that hold one distribution alone pass for a fresh driver and fail where it needs a neighbour."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "pyvirt-driver-planted"
MODULE = "pyvirt_driver_planted"


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in ``root``, without the settings of a tox around us."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("TOX_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with the ground, the network devices and a driver made by tools/new_package.py."""
    root = tmp_path_factory.mktemp("planted")
    ignored = shutil.ignore_patterns("__pycache__", "tests", "*.egg-info")
    for name in ("pyvirt-util", "pyvirt-conf", "pyvirt-core", "pyvirt-netdev"):
        shutil.copytree(ROOT / "packages" / name, root / "packages" / name, symlinks=True, ignore=ignored)
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".importlinter", "LICENSE", "VERSION", "pyproject.toml", "tox.ini", "toxfile.py"):
        shutil.copy(ROOT / name, root / name)
    made = run(root, "tools/new_package.py", NAME, "A driver for this test.")
    assert made.returncode == 0, made.stderr
    return root


@pytest.fixture
def planted(root: Path, tmp_path: Path) -> Iterator[Path]:
    """Folder of the driver, put back after the test."""
    folder = root / "packages" / NAME
    shutil.copytree(folder, tmp_path / "original", symlinks=True)
    yield folder
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "original", folder, symlinks=True)


def alone(root: Path) -> tuple[int, str]:
    """Exit code and output of the driver's environment."""
    result = run(root, "-m", "tox", "run", "-e", f"pkg-{NAME}")
    return result.returncode, result.stdout + result.stderr


def test_a_new_driver_passes_alone(root: Path, planted: Path) -> None:
    code, output = alone(root)
    assert code == 0, output
    assert "test_driver_planted_begins.py ." in output


def test_an_import_of_a_neighbour_fails_alone(root: Path, planted: Path) -> None:
    source = planted / "src" / MODULE / "__init__.py"
    source.write_text(source.read_text() + "\n\ndef late():\n    import pyvirt_netdev\n\n    return pyvirt_netdev\n")
    (planted / "tests" / "test_planted_late.py").write_text(
        f"from {MODULE} import late\n\n\ndef test_late():\n    assert late() is not None\n"
    )
    code, output = alone(root)
    assert code == 1, output
    assert "ModuleNotFoundError: No module named 'pyvirt_netdev'" in output
    assert "1 failed" in output


def test_an_undeclared_import_fails_alone(root: Path, planted: Path) -> None:
    source = planted / "src" / MODULE / "__init__.py"
    source.write_text(source.read_text() + "\nimport hypothesis\n")
    code, output = alone(root)
    assert code != 0, output
    assert "No module named 'hypothesis'" in output


def test_a_dependency_on_a_neighbour_fails_alone(root: Path, planted: Path) -> None:
    version = (root / "VERSION").read_text().strip()
    pyproject = planted / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(text.replace("dependencies = [", f'dependencies = [\n    "pyvirt-netdev=={version}",', 1))
    code, output = alone(root)
    assert code == 1, output
    assert "FAILED tools/alone/test_alone.py::test_the_wheel_needs_nothing_of_ours_but_the_ground" in output


def test_a_file_outside_the_wheel_fails_alone(root: Path, planted: Path) -> None:
    (planted / "src" / "pyvirt_netdev").mkdir()
    (planted / "src" / "pyvirt_netdev" / "__init__.py").touch()
    pyproject = planted / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(f'["src/{MODULE}"]', f'["src/{MODULE}", "src/pyvirt_netdev"]'))
    code, output = alone(root)
    assert code == 1, output
    assert "FAILED tools/alone/test_alone.py::test_the_wheel_ships_one_import_package" in output
