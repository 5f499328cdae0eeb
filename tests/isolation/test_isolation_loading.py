"""Opening a connection loads the one driver that serves it, although all are installed."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

HEAVY = ("lxml", "asyncio", "pyroute2", "pyudev")
"""What `import pyvirt` may not load."""


def modules_after(code: str) -> set[str]:
    """Names in sys.modules of a fresh interpreter that ran ``code``."""
    code += "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def ours(modules: set[str]) -> set[str]:
    """The import packages of this project among ``modules``."""
    return {name for name in modules if "." not in name and name.split("_")[0] == "pyvirt"}


def installed_drivers() -> set[str]:
    names = {distribution.name for distribution in metadata.distributions()}
    return {name.replace("-", "_") for name in names if name.startswith("pyvirt-driver-")}


def test_open_loads_the_driver_asked_for_and_no_other() -> None:
    assert installed_drivers() > {"pyvirt_driver_test"}
    loaded = ours(modules_after("import pyvirt\nconnection = pyvirt.open('test:///default')\nconnection.close()"))
    assert "pyvirt_driver_test" in loaded
    assert loaded <= {"pyvirt", "pyvirt_conf", "pyvirt_util", "pyvirt_driver_test"}


def test_importing_the_core_loads_no_driver_and_nothing_heavy() -> None:
    modules = modules_after("import pyvirt")
    assert ours(modules) <= {"pyvirt", "pyvirt_util"}
    assert not modules & set(HEAVY)
