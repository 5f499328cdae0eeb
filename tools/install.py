"""Install distributions of this repository into an environment: ``python tools/install.py --into FOLDER NAME...``.

As wheels (the default): the environment then holds the wheels of the distributions named, what those wheels declare,
the ``test`` dependency groups of the distributions named and the groups given with ``--group``, and nothing else:
whatever else is there is removed, but with ``--keep``. With ``--editable`` the distributions are installed from their
folders.
Nothing happens when nothing changed since the last time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import monorepo
import wheelhouse


def group(name: str) -> list[str]:
    """Requirements of a dependency group of the root pyproject.toml, included groups resolved."""
    groups = tomllib.loads((monorepo.ROOT / "pyproject.toml").read_text())["dependency-groups"]
    found: list[str] = []
    for entry in groups[name]:
        found += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return found


def requirements(names: list[str], *, editable: bool) -> tuple[list[str], list[str]]:
    """Lines of a requirements file that installs ``names``, and texts that change when that must be done anew."""
    known = monorepo.distributions()
    house = {} if editable else wheelhouse.refresh()
    lines: list[str] = []
    for name in names:
        distribution = known[name]
        extras = f"[{','.join(sorted(distribution.extras))}]" if distribution.extras else ""
        if editable:
            lines.append(f"-e {distribution.folder.as_uri()}#egg={name}{extras}")
        else:
            lines.append(f"{name}{extras} @ {Path(house[name]['wheel']).as_uri()}")
        lines += distribution.test_dependencies
    if editable:
        return lines, [known[name].text for name in names]
    for_tests = [monorepo.name_of(line) for name in names for line in known[name].test_dependencies]
    return lines, [house[name]["digest"] for name in sorted(monorepo.closure([*names, *for_tests], known))]


def install(prefix: Path, names: list[str], *, editable: bool, keep: bool, groups: list[str]) -> None:
    """Make the environment in ``prefix`` hold ``names``, what they declare, and ``groups`` of the root project."""
    lines, state = requirements(names, editable=editable)
    lines = sorted({*lines, *(requirement for name in groups for requirement in group(name))})
    fingerprint = hashlib.sha256("\n".join([*lines, *state]).encode()).hexdigest()
    stamp = prefix / ".installed"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    stamp.unlink(missing_ok=True)
    listing = prefix / "requirements.txt"
    listing.write_text("".join(f"{line}\n" for line in lines))
    command = [find_uv(), "pip", "install", "--quiet", "--python", str(prefix), "-r", str(listing)]
    command += [] if keep else ["--exact"]
    command += [] if editable else ["--constraints", str(wheelhouse.HOUSE / "constraints.txt")]
    subprocess.run(command, check=True)
    stamp.write_text(fingerprint)


def find_uv() -> str:
    """The uv beside the interpreter that runs this."""
    from uv import find_uv_bin

    return str(find_uv_bin())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=os.environ.get("TOX_ENV_DIR"), help="folder of the environment")
    parser.add_argument("--editable", action="store_true", help="install the folders, not wheels")
    parser.add_argument("--keep", action="store_true", help="leave what else is installed")
    parser.add_argument("--group", action="append", default=[], help="dependency group of the root pyproject.toml")
    parser.add_argument("names", nargs="*", help="distributions; none means all")
    arguments = parser.parse_args()
    install(
        arguments.into,
        arguments.names or list(monorepo.distributions()),
        editable=arguments.editable,
        keep=arguments.keep,
        groups=arguments.group,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
