"""Network devices on a kernel that has all there is for them: pyvirt-netdev's own tests, in a Linux guest.

Kernels of hosts differ: bridges may not filter by VLAN, ``tc`` may have neither policing nor fair queues. Debian's has
them.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from e2e_support.linux import unavailable
from e2e_support.python_guest import importable, run_program

import pyvirt
import pyvirt_netdev
import pyvirt_testing
import pyvirt_util

pytestmark = [
    pytest.mark.guest,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "can be made"),
    pytest.mark.skipif(not shutil.which("tc", path="/usr/sbin:/sbin"), reason="iproute2 is not installed"),
]

TESTS = Path(__file__).parents[2] / "packages/pyvirt-netdev/tests"
#: Those that speak with the kernel.
NAMES = ("address", "bandwidth", "bridge", "features", "plug", "vf")


def test_the_distributions_own_tests_on_debians_kernel(tmp_path: Path) -> None:
    program = Path(__file__).with_name("e2e_support") / "netdev_tests_program.py"
    printed = run_program(
        tmp_path / "guest",
        program.read_text(),
        packages=[
            *(Path(package.__path__[0]) for package in (pyvirt, pyvirt_netdev, pyvirt_testing, pyvirt_util)),
            *importable("pytest"),
        ],
        modules=("net/**/*.ko", "drivers/net/*.ko"),
        qemu=("-M", "q35", "-cpu", "max"),
        timeout=600,
        programs=("/usr/sbin/ip", "/usr/sbin/tc", "/usr/sbin/bridge"),
        files=[TESTS / "conftest.py", *(TESTS / f"test_netdev_{name}.py" for name in NAMES)],
        whole_library=True,
    )
    # Nothing was left out there: that is what it is for.
    assert re.search(r"^\d{2,} passed in ", printed, re.MULTILINE), printed
    assert "skipped" not in printed, printed
