"""Types: ``python tools/check_types.py``. mypy, strict for what is shipped; the bodies of tests are checked as well.

Test files have unique names throughout the repository, but for each folder's conftest.py, which are checked singly.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import monorepo

LENIENT = (
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    "--allow-any-generics",
    "--allow-subclassing-any",
    "--no-warn-return-any",
    "--no-warn-unreachable",
    "--no-warn-unused-ignores",
    "--no-strict-optional",
    "--disable-error-code=var-annotated",
)


ROOTS = ("", "tests/e2e")
"""Folders that modules of tests/ are imported from, as pytest's settings and tests/corpus say."""


def mypy(files: list[Path], *options: str) -> bool:
    """Whether mypy finds nothing in ``files``."""
    command = [sys.executable, "-m", "mypy", *options, *map(str, files)]
    roots = os.pathsep.join(str(monorepo.ROOT / folder) for folder in ROOTS)
    environment = os.environ | {"MYPYPATH": roots} if "--explicit-package-bases" in options else None
    return subprocess.run(command, cwd=monorepo.ROOT, env=environment, check=False).returncode == 0


def main() -> int:
    root = monorepo.ROOT
    strict = [distribution.source for distribution in monorepo.distributions().values()]
    strict += sorted(root.glob("examples/*/src/*/"))
    strict += [root / "toxfile.py", *sorted((root / "tools").glob("*.py"))]
    folders = [*root.glob("packages/*/tests"), *root.glob("examples/*/tests"), root / "tools" / "alone"]
    tests = sorted(chain.from_iterable(folder.rglob("*.py") for folder in folders))
    good = mypy(strict)
    good &= mypy([root / "tests"], "--explicit-package-bases", *LENIENT)
    good &= mypy([path for path in tests if path.name != "conftest.py"], *LENIENT)
    for path in tests:
        good &= path.name != "conftest.py" or mypy([path], *LENIENT)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
