"""What holds for each distribution where only its wheel is installed; PYVIRT_ALONE names the distribution.

The environments of tox.ini run this file beside the tests of the distribution itself.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = os.environ["PYVIRT_ALONE"]
MODULE = "pyvirt" if NAME == "pyvirt-core" else NAME.replace("-", "_")
GROUND = {"pyvirt-util", "pyvirt-conf", "pyvirt-core"}


def named(requirement: str) -> str:
    """Distribution that a requirement names."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def needs(name: str) -> set[str]:
    """``name`` and the distributions of ours that its metadata asks for, directly or through one another."""
    found = {name}
    for requirement in metadata.requires(name) or ():
        if named(requirement).startswith("pyvirt-"):
            found |= needs(named(requirement))
    return found


def installed() -> set[str]:
    """Distributions of ours in this environment."""
    names = {named(distribution.name) for distribution in metadata.distributions()}
    return {name for name in names if name.startswith("pyvirt-")}


def test_only_what_the_wheel_declares_is_installed() -> None:
    table = tomllib.loads((ROOT / "packages" / NAME / "pyproject.toml").read_text())
    for_tests = [named(entry) for entry in table.get("dependency-groups", {}).get("test", ())]
    expected = needs(NAME).union(*(needs(name) for name in for_tests if name.startswith("pyvirt-")))
    assert installed() == expected


def test_the_wheel_needs_nothing_of_ours_but_the_ground() -> None:
    assert needs(NAME) - {NAME} <= GROUND


def test_the_wheel_is_what_is_tested() -> None:
    spec = find_spec(MODULE)
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin).resolve()
    assert origin.is_relative_to(Path(sys.prefix).resolve())
    assert not origin.is_relative_to(ROOT / "packages")


def test_the_wheel_ships_its_types_and_its_licence() -> None:
    distribution = metadata.distribution(NAME)
    files = {str(path) for path in distribution.files or ()}
    assert f"{MODULE}/py.typed" in files
    assert distribution.metadata["License-Expression"] == "Apache-2.0"
    assert distribution.metadata.get_all("License-File") == ["LICENSE"]
    assert any(path.endswith(".dist-info/licenses/LICENSE") for path in files)


def test_the_wheel_ships_one_import_package() -> None:
    files = metadata.distribution(NAME).files or ()
    tops = {path.parts[0] for path in files if path.parts[0] != ".."}
    assert {top for top in tops if not top.endswith(".dist-info")} == {MODULE}


def test_the_version_is_the_repository_s() -> None:
    assert metadata.version(NAME) == (ROOT / "VERSION").read_text().strip()


def test_it_imports() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {MODULE}"], check=True)


def test_entry_points_load() -> None:
    for entry in metadata.distribution(NAME).entry_points:
        assert entry.load() is not None, entry
