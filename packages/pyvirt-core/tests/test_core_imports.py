"""What importing the core, and opening a connection, loads; in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("lxml", "asyncio", "pyroute2", "pyudev", "subprocess", "importlib_metadata", "pluggy", "pyvirt_conf")
DRIVER = """
from pyvirt.driver import HypervisorDriver

class Driver(HypervisorDriver):
    @classmethod
    def open(cls, uri, *, readonly=False, auth=None):
        return cls()

    def domain_lookup_by_name(self, name):
        from pyvirt.refs import DomainRef
        return DomainRef(name, "c7a5fdbd-edaf-9455-926a-d65c16db1809", 1)
"""


def loaded_by(program: str, **environment: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    return set(run.stdout.split())


def install(packages: Path, number: int) -> None:
    """A driver of the scheme ``importsNUMBER``."""
    info = packages / f"pyvirt_driver_imports{number}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pyvirt-driver-imports{number}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[pyvirt.drivers]\nimports{number} = pyvirt_driver_imports{number}:Driver\n"
    )
    (packages / f"pyvirt_driver_imports{number}.py").write_text(DRIVER)


@pytest.mark.parametrize(
    "program",
    [
        "import pyvirt",
        "import pyvirt; pyvirt.VirtError; pyvirt.errors",
        "import pyvirt; pyvirt.enums.DomainState",
        "from pyvirt import Connection, Domain, Network",
        "import pyvirt.driver, pyvirt.refs, pyvirt.types",
    ],
)
def test_importing_the_core_loads_nothing_heavy(program: str) -> None:
    loaded = loaded_by(program)
    assert "pyvirt" in loaded
    assert loaded.intersection(HEAVY) == set()


def test_importing_the_core_loads_no_typing() -> None:
    assert loaded_by("import pyvirt").intersection(("typing", "re", "enum", "dataclasses", "json", "inspect")) == set()


def test_opening_a_connection_loads_its_driver_and_nothing_heavy(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    for number in (1, 2):
        install(packages, number)
    environment = {"PYTHONPATH": str(packages), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = "import pyvirt; conn = pyvirt.open('imports1:///x')"
    loaded_by(program, **environment)  # fills the cache, for which all metadata is read
    loaded = loaded_by(program, **environment)
    assert loaded.intersection((*HEAVY, "typing", "re", "dataclasses", "json", "inspect")) == set()
    assert {name for name in loaded if name.startswith("pyvirt_driver_")} == {"pyvirt_driver_imports1"}
    assert "pyvirt.objects.storage" not in loaded
    loaded = loaded_by(f"{program}; conn.lookup_domain('d')", **environment)
    assert loaded.intersection((*HEAVY, "dataclasses", "json", "inspect")) == set()


def test_the_metadata_is_read_anew_when_a_distribution_came_and_not_when_a_file_did(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    install(packages, 1)
    environment = {"PYTHONPATH": str(packages), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = "import pyvirt; conn = pyvirt.open('imports{}:///x')"
    assert "importlib_metadata" in loaded_by(program.format(1), **environment)
    (packages / "notes.txt").write_text("not a distribution")
    for _ in range(2):
        assert "importlib_metadata" not in loaded_by(program.format(1), **environment)
    install(packages, 2)
    assert "importlib_metadata" in loaded_by(program.format(2), **environment)
    shutil.rmtree(packages / "pyvirt_driver_imports1-1.dist-info")
    assert "importlib_metadata" in loaded_by(program.format(2), **environment)
    for file in (tmp_path / "cache" / "pyvirt").iterdir():
        file.write_text("damaged")
    assert "importlib_metadata" in loaded_by(program.format(2), **environment)
    assert "importlib_metadata" not in loaded_by(program.format(2), **environment)
