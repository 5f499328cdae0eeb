"""Being somebody else: a Python environment that any user can read, and a home directory of their own."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

#: Debian's ``nobody``, who owns nothing.
USER = 65534


class OtherUser:
    """An unprivileged user, at home in a folder that exists for one test.

    :param folder: readable by everybody, as are those above it.
    """

    def __init__(self, folder: Path) -> None:
        self.packages = folder / "packages"
        self.home = folder / "home"
        _copy_distributions(self.packages, "pyvirt-driver-qemu", "pyvirt-testing")
        self.home.mkdir(mode=0o700)
        self.environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.packages)}
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        for name in ("CONFIG_HOME", "RUNTIME_DIR", "DATA_HOME", "STATE_HOME", "CACHE_HOME"):
            path = self.home / name.lower()
            path.mkdir(mode=0o700)
            self.environment[f"XDG_{name}"] = str(path)
        for path in (self.home, *self.home.iterdir()):
            os.chown(path, USER, USER)

    def python(self, program: str, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a program as this user."""
        return subprocess.run(
            [_interpreter(), "-c", program, *arguments],
            user=USER,
            group=USER,
            extra_groups=(),
            cwd="/",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def _interpreter() -> str:
    """This Python, or, where it is below a folder that others may not enter, the system's of the same version."""
    ours = Path(os.path.realpath(sys.executable))
    if all(folder.stat().st_mode & 0o001 for folder in ours.parents):
        return str(ours)
    same = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if not same.exists():
        pytest.skip(f"{ours} is below a private folder, and there is no {same}")
    return str(same)


def _copy_distributions(target: Path, *names: str) -> None:
    """Copy installed distributions with all they require: the environment under test may be below a private folder."""
    target.mkdir()
    waiting, done = list(names), set[str]()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in done:
            continue
        done.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required on other Pythons or systems
        for requirement in distribution.requires or ():
            found = re.match(r"[\w.-]+", requirement)
            if found and "extra ==" not in requirement:
                waiting.append(found[0])
        for file in distribution.files or ():
            if not file.parts[0].startswith("..") and file.suffix not in (".pth", ".pyc"):
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), place)
        # An editable installation lists no modules.
        package = "pyvirt" if name == "pyvirt-core" else name.replace("-", "_")
        if name.startswith("pyvirt-") and not (target / package).exists():
            spec = find_spec(package)
            assert spec is not None
            assert spec.submodule_search_locations
            source = next(iter(spec.submodule_search_locations))
            shutil.copytree(source, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
