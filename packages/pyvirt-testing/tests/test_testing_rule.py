"""The check of the rule, on distributions of third parties: other layouts, other names, other build tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pyvirt_testing.rule import Finding, check

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "acme-hypervisor"
version = "5"
dependencies = ["pyvirt-core>=0.1"]

[project.entry-points."pyvirt.drivers"]
acme = "acme_hypervisor:Driver"
"""

SOURCE = """\
from pyvirt.driver import HypervisorDriver


class Driver(HypervisorDriver):
    driver_name = "acme"
"""


@pytest.fixture(params=["src", "."])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A third party's driver that keeps the rule; its import package in src/ or beside pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    package = tmp_path / request.param / "acme_hypervisor"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE)
    return tmp_path


def package_of(folder: Path) -> Path:
    return next(folder.rglob("__init__.py")).parent


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "pyproject.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def messages(folder: Path) -> list[str]:
    return [finding.message for finding in check(folder)]


def test_a_driver_that_keeps_the_rule_has_no_findings(folder: Path) -> None:
    assert check(folder) == []


def test_a_finding_tells_file_line_and_what(folder: Path) -> None:
    file = package_of(folder) / "net.py"
    file.write_text("import json\nimport pyvirt_netdev.tap\n")
    found = [finding for finding in check(folder) if "imports" in finding.message]
    assert found == [
        Finding(file, 2, "imports pyvirt_netdev.tap; ask for a service of the core (pyvirt.services) instead")
    ]
    assert str(found[0]) == f"{file}:2: {found[0].message}"


def test_undeclared_imports_of_the_ground_are_found(folder: Path) -> None:
    (package_of(folder) / "more.py").write_text("import pyvirt_conf\n")
    assert messages(folder) == ["DEP003 'pyvirt_conf' imported but it is a transitive dependency"]


def test_tests_may_use_the_suites_and_no_other_driver(folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_acme.py").write_text("import pyvirt_testing\nimport pyvirt_driver_test\n")
    edit(folder, "[project.entry", '[dependency-groups]\ntest = ["pyvirt-testing", "pytest"]\n\n[project.entry')
    (finding,) = check(folder)
    assert finding.line == 2
    assert finding.message.startswith("imports pyvirt_driver_test;")


def test_dependencies_that_are_computed_are_found(folder: Path) -> None:
    edit(folder, 'dependencies = ["pyvirt-core>=0.1"]', 'dynamic = ["dependencies"]')
    assert "dependencies are dynamic, so that nobody can read them" in messages(folder)


def test_another_spelling_of_a_forbidden_name_is_found(folder: Path) -> None:
    edit(folder, '"pyvirt-core>=0.1"', '"pyvirt-core>=0.1", "PyVirt.Driver_QEMU[all] >= 1 ; python_version > \'3\'"')
    (finding,) = (finding for finding in check(folder) if "names" in finding.message)
    assert finding.message == ("dependencies names pyvirt-driver-qemu; allowed: pyvirt-conf, pyvirt-core, pyvirt-util")
    assert finding.line == 8


def test_a_plugin_under_another_name_is_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site" / "other_plugin-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: other-plugin\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[pyvirt.network]\nother = other_plugin:Network\n")
    monkeypatch.syspath_prepend(str(installed.parent))
    edit(folder, '"pyvirt-core>=0.1"', '"pyvirt-core>=0.1", "other-plugin"')
    assert "dependencies names other-plugin, which is a plug-in (it offers pyvirt.network)" in messages(folder)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("acme_hypervisor:Missing", "__init__.py binds no Missing"),
        ("acme_hypervisor.deep:Driver", "there is no module acme_hypervisor.deep"),
        ("json:loads", "json is not in this distribution"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_found(folder: Path, target: str, problem: str) -> None:
    edit(folder, "acme_hypervisor:Driver", target)
    (message,) = messages(folder)
    assert message.startswith("entry point 'acme' in pyvirt.drivers: ")
    assert message.endswith(problem)


def test_an_entry_point_under_no_scheme_is_found(folder: Path) -> None:
    edit(folder, "acme = ", "Acme_1 = ")
    assert messages(folder) == ["entry point 'Acme_1' in pyvirt.drivers is not the scheme of a URI"]


def test_a_group_that_nobody_reads_is_found(folder: Path) -> None:
    edit(folder, '"pyvirt.drivers"', '"pyvirt.driver"')
    (message,) = messages(folder)
    assert message.startswith("nobody looks for entry points in pyvirt.driver; known: pyvirt.drivers, ")


def test_a_file_that_is_not_python_is_a_finding(folder: Path) -> None:
    (package_of(folder) / "broken.py").write_text("def\n")
    assert any(message.startswith("not Python: ") for message in messages(folder))


def command(*folders: Path) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "pyvirt_testing.rule", *map(str, folders)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_the_command_ends_with_0_when_the_rule_is_kept(folder: Path) -> None:
    result = command(folder)
    assert (result.returncode, result.stdout) == (0, f"{folder.name}: no findings\n")


def test_the_command_ends_with_1_and_prints_what_it_finds(folder: Path) -> None:
    (package_of(folder) / "net.py").write_text("__import__('json')\n")
    result = command(folder)
    assert result.returncode == 1
    assert result.stdout.splitlines()[0].startswith(f"{package_of(folder) / 'net.py'}:1: uses __import__")
    assert result.stdout.splitlines()[-1] == f"{folder.name}: 1 finding"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "No such file or directory"),
        ("[project\n", "pyproject.toml: "),
        ("[project]\n", "no name in [project]"),
        ('[project]\nname = "acme"\n', "no import package"),
        ('[project]\nname = "acme"\ndependencies = ["!"]\n', "'!' in dependencies names no distribution"),
    ],
)
def test_the_command_ends_with_2_where_there_is_nothing_to_check(tmp_path: Path, text: str | None, error: str) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    if text and "!" in text:
        (tmp_path / "acme").mkdir()
        (tmp_path / "acme" / "__init__.py").touch()
    result = command(tmp_path)
    assert result.returncode == 2
    assert error in result.stderr
    assert "Traceback" not in result.stderr
