"""Make the folder of a new distribution: ``python tools/new_package.py pyvirt-driver-foo "What it holds."``.

The folder has a pyproject.toml, a README, the licence, the import package with ``py.typed`` and a first test. A driver
begins as a class that can be opened and does nothing else yet. The new root package must then be added to
``.importlinter``; a test fails until it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import monorepo

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
description = "{summary}"
readme = "README.md"
requires-python = ">=3.11"
license = "Apache-2.0"
authors = [{{ name = "The pyvirt maintainers" }}]
classifiers = [
    "Development Status :: 3 - Alpha",
    "Intended Audience :: System Administrators",
    "Operating System :: POSIX :: Linux",
    "Programming Language :: Python :: 3",
    "Topic :: System :: Emulators",
    "Typing :: Typed",
]
dependencies = [{dependencies}]
{entry_points}
[dependency-groups]
test = []

[tool.hatch.build.targets.wheel]
packages = ["src/{module}"]
"""

README = """\
# {name}

{summary}

```
pip install {name}
```
"""

PACKAGE = '''\
"""{summary}"""
'''

DRIVER_PACKAGE = '''\
"""{summary}"""

from {module}.driver import {title}

PLUGIN = {title}
"""What the entry point names."""
'''

HYPERVISOR = '''\
"""The driver of ``{word}`` URIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvirt.driver import HypervisorDriver

if TYPE_CHECKING:
    from pyvirt.auth import Authenticator
    from pyvirt_util.uris import URI


class {title}(HypervisorDriver):
    """One connection. Operations that it does not override raise NoSupportError."""

    driver_name = "{word}"

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """Connect to what ``uri`` names."""
        return cls()
'''

SECONDARY = '''\
"""The host's driver for {word} objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvirt.driver import {base}

if TYPE_CHECKING:
    from pyvirt_util.uris import URI


class {title}({base}):
    """The {word} objects of one connection. Operations that it does not override raise NoSupportError."""

    driver_name = "{word}"

    @classmethod
    def open(cls, uri: URI) -> Self:
        """The objects that connections of ``uri`` see."""
        return cls()
'''

TEST = """\
import {module}


def test_the_package_says_what_it_holds() -> None:
    assert {module}.__doc__ == "{summary}"
"""

DRIVER_TEST = """\
from pyvirt.loader import entry_points, load
from {module} import PLUGIN


def test_the_entry_point_leads_to_the_driver() -> None:
    (entry,) = (entry for entry in entry_points("{group}") if entry.name == "{word}")
    assert load(entry) is PLUGIN
"""

SECONDARY_BASES = {
    "interface": "InterfaceDriver",
    "network": "NetworkDriver",
    "nodedev": "NodeDeviceDriver",
    "nwfilter": "NwfilterDriver",
    "secret": "SecretDriver",
    "storage": "StorageDriver",
}
"""Base class of each kind of secondary driver."""

SERVICES = ("cpu", "security")
"""Drivers that offer hooks (pyvirt.services) and no class."""


def create(distribution: str, summary: str) -> Path:
    """Write the folder of ``distribution`` below ``packages/`` and return it; an existing folder is refused."""
    folder = monorepo.ROOT / "packages" / distribution
    if folder.exists():
        raise SystemExit(f"{folder} exists already")
    word = distribution.removeprefix("pyvirt-driver-")
    driver = distribution.startswith("pyvirt-driver-") and word not in SERVICES
    secondary = driver and word in SECONDARY_BASES
    group = f"pyvirt.{word}" if secondary else "pyvirt.drivers"
    module = monorepo.module_of(distribution)
    values = {
        "name": distribution,
        "summary": summary,
        "version": (monorepo.ROOT / "VERSION").read_text().strip(),
        "module": module,
        "word": word,
        "title": ("Host" if secondary else "") + "".join(part.capitalize() for part in word.split("-")) + "Driver",
        "base": SECONDARY_BASES.get(word, ""),
        "group": group,
    }
    needed = ("pyvirt-core",) if driver else ()
    dependencies = "".join(f'\n    "{name}=={values["version"]}",' for name in needed)
    entry_points = f'\n[project.entry-points."{group}"]\n{word} = "{module}:PLUGIN"\n' if driver else ""
    files = {
        "pyproject.toml": PYPROJECT.format(
            **values, dependencies=dependencies + "\n" if dependencies else "", entry_points=entry_points
        ),
        "README.md": README.format(**values),
        f"src/{module}/py.typed": "",
        f"src/{module}/__init__.py": (DRIVER_PACKAGE if driver else PACKAGE).format(**values),
        f"tests/test_{module.removeprefix('pyvirt_')}_begins.py": (DRIVER_TEST if driver else TEST).format(**values),
    }
    if driver:
        files[f"src/{module}/driver.py"] = (SECONDARY if secondary else HYPERVISOR).format(**values)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "LICENSE").symlink_to("../../LICENSE")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("distribution", help="for example pyvirt-driver-foo")
    parser.add_argument("summary", help="one sentence: what the distribution holds")
    arguments = parser.parse_args()
    print(create(arguments.distribution, arguments.summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
