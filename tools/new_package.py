"""Make the folder of a new distribution: ``python tools/new_package.py pyvirt-driver-foo "what it holds"``.

The folder has a pyproject.toml, a README, the import package with ``py.typed`` and an empty test folder.
The new root package must then be added to ``.importlinter``; a test fails until it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.21"]
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


def module_of(distribution: str) -> str:
    """Import name of a distribution of ours: ``pyvirt-core`` is ``pyvirt``, all others follow their own name."""
    return "pyvirt" if distribution == "pyvirt-core" else distribution.replace("-", "_")


def allowed_siblings(distribution: str) -> tuple[str, ...]:
    """Distributions of ours that ``distribution`` may depend on, lowest layer first."""
    layers = ("pyvirt-util", "pyvirt-conf", "pyvirt-core")
    return layers[: layers.index(distribution)] if distribution in layers else layers


def create(distribution: str, summary: str) -> Path:
    """Write the folder of ``distribution`` below ``packages/`` and return it; an existing folder is refused."""
    folder = ROOT / "packages" / distribution
    if folder.exists():
        raise SystemExit(f"{folder} exists already")
    version = (ROOT / "VERSION").read_text().strip()
    module = module_of(distribution)
    siblings = allowed_siblings(distribution)
    dependencies = "".join(f'\n    "{sibling}=={version}",' for sibling in siblings)
    entry_points = ""
    if distribution.startswith("pyvirt-driver-"):
        scheme = distribution.removeprefix("pyvirt-driver-")
        entry_points = f'\n[project.entry-points."pyvirt.drivers"]\n{scheme} = "{module}:PLUGIN"\n'
    source = folder / "src" / module
    source.mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "pyproject.toml").write_text(
        PYPROJECT.format(
            name=distribution,
            version=version,
            summary=summary,
            module=module,
            dependencies=dependencies + "\n" if dependencies else "",
            entry_points=entry_points,
        )
    )
    (folder / "README.md").write_text(README.format(name=distribution, summary=summary))
    (source / "py.typed").touch()
    (source / "__init__.py").write_text(f'"""{summary}"""\n')
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
