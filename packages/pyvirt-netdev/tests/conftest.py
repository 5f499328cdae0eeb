"""A network namespace for every test that asks for one; the host's devices are never touched."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000


def _libc_call(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@pytest.fixture
def netns():
    """Runs the test in a network namespace of its own, with a sysfs that shows it; the value runs ``ip`` and others.

    pytest's thread itself moves there and back: namespaces belong to threads.
    """
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    assert threading.current_thread() is threading.main_thread()
    libc = ctypes.CDLL(None, use_errno=True)
    here = [
        (os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), flag)
        for name, flag in (("net", CLONE_NEWNET), ("mnt", CLONE_NEWNS))
    ]
    folder = os.getcwd()
    try:
        _libc_call(libc.unshare(CLONE_NEWNET | CLONE_NEWNS))
        _libc_call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
        _libc_call(libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None))

        def run(*command: str) -> str:
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        run("ip", "link", "set", "lo", "up")
        yield run
    finally:
        for fd, flag in here:
            _libc_call(libc.setns(fd, flag))
            os.close(fd)
        os.chdir(folder)


@pytest.fixture
def as_nobody():
    """Runs Python code in a process without privileges, in this network namespace; its output."""

    def run(code: str) -> str:
        # The interpreter may live where only root can go: it starts as root and steps down itself.
        prefix = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        modules = ("pyvirt_netdev.bandwidth", "pyvirt_netdev.plug", "pyvirt_netdev.service", "pyvirt_util.process")
        imports = f"import {', '.join(modules)}, json, logging\n"
        done = subprocess.run(
            [sys.executable, "-c", imports + prefix + code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def described(tmp_path: Path):
    """Makes a tree that stands for /sys: a dict of path to text, or to ``("->", target)`` for a link."""

    def make(entries: dict[str, str | tuple[str, str]]) -> str:
        for name, content in entries.items():
            path = tmp_path / "sys" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, tuple):
                path.symlink_to(content[1])
            else:
                path.write_text(content)
        return str(tmp_path / "sys")

    return make
