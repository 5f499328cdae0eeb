"""The rule, for all distributions of this repository: ``tox -m deps``.

    python tools/check_rule.py [CHECK...]

Checks (default: all): ``listed`` (.importlinter names every package), ``layers`` (import-linter), ``banned`` (ruff: no
imports by name outside the core's loader, ``noqa`` or not), ``pins`` (siblings are required in exactly this version),
``copies`` (no function of one package stands in another), ``distributions`` (what third parties run for their own
driver: ``python -m pyvirt_testing.rule``, with deptry). Exit 1 when anything is found.
"""

from __future__ import annotations

import configparser
import subprocess
import sys
import sysconfig
from pathlib import Path

import copies
import monorepo
import version


def listed(root: Path) -> list[str]:
    """Packages that .importlinter forgets, or that it names though they are gone."""
    config = configparser.ConfigParser()
    config.read(root / ".importlinter")
    packages = {distribution.module for distribution in monorepo.distributions(root).values()}
    roots = config["importlinter"]["root_packages"].split()
    layers = config["importlinter:contract:layers"]["layers"].replace("|", " ").split()
    findings = []
    for what, names in (("root_packages", roots), ("layers", layers)):
        findings += [f".importlinter: {what} lacks {name}" for name in sorted(packages - set(names))]
        findings += [f".importlinter: {what} names {name}, which is not here" for name in sorted(set(names) - packages)]
        findings += [
            f".importlinter: {what} names {name} twice" for name in sorted(set(names)) if names.count(name) > 1
        ]
    exceptions = [
        key for key in config["importlinter:contract:layers"] if key.startswith(("ignore", "exhaustive_ignore"))
    ]
    return findings + [f".importlinter: {key}: the rule has no exceptions" for key in exceptions]


def layers(root: Path) -> list[str]:
    """What import-linter says when the contract is broken."""
    return run(root, str(Path(sysconfig.get_path("scripts")) / "lint-imports"), "--no-logo", "--no-cache")


def banned(root: Path) -> list[str]:
    """Imports by name, also where a comment silences ruff."""
    ruff = str(Path(sysconfig.get_path("scripts")) / "ruff")
    arguments = ("check", "--no-cache", "--quiet", "--ignore-noqa", "--select", "TID251", "--output-format", "concise")
    return run(root, ruff, *arguments, "packages", "examples")


def pins(root: Path) -> list[str]:
    """Versions that differ from VERSION."""
    return version.differences(root)


def duplicated(root: Path) -> list[str]:
    """Functions that stand in two packages."""
    return copies.find(root)


def distributions(root: Path) -> list[str]:
    """What each distribution does against the rule by itself."""
    folders = [path.parent for path in sorted(root.glob("packages/*/pyproject.toml"))]
    folders += [path.parent for path in sorted(root.glob("examples/*/pyproject.toml"))]
    return run(root, sys.executable, "-m", "pyvirt_testing.rule", *map(str, folders))


def run(root: Path, *command: str) -> list[str]:
    """Lines that a failing command printed."""
    result = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.stdout.splitlines() if result.returncode else []


CHECKS = {
    "listed": listed,
    "layers": layers,
    "banned": banned,
    "pins": pins,
    "copies": duplicated,
    "distributions": distributions,
}


def main(arguments: list[str]) -> int:
    failed = False
    for name in arguments or CHECKS:
        findings = CHECKS[name](monorepo.ROOT)
        print(f"{name}: {'broken' if findings else 'kept'}")
        for finding in findings:
            print(f"  {finding}".replace(f"{monorepo.ROOT}/", ""))
        failed |= bool(findings)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
