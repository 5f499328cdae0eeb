"""A user without root, and ``qemu:///session``: the whole of a guest's life below their own directories."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_support import QEMU, domain_xml
from e2e_support.host import processes_below
from e2e_support.user import USER, OtherUser

pytestmark = [pytest.mark.guest, pytest.mark.root]

_PROGRAM = """
import os, sys, time
import pyvirt
from pyvirt_testing.guest import GREETING, write_disk

assert os.getuid() == int(sys.argv[2]) and os.getgroups() in ([], [os.getgid()])
disk = write_disk(os.path.join(os.environ["HOME"], "disk.img"))
xml = sys.argv[1].replace("DISK", str(disk))
deadline = time.monotonic() + 60

def expect(console, wanted):
    got = b""
    while wanted not in got:
        got += console.read(4096, timeout=deadline - time.monotonic())

with pyvirt.open() as conn:
    assert conn.uri == "qemu:///session", conn.uri
    with conn.domain_events() as events:
        domain = conn.define_domain(xml)
        domain.start()
        with domain.console() as console:
            expect(console, GREETING)
            domain.suspend()
            assert domain.state().state.name == "PAUSED"
            domain.resume()
            console.write(b"mine")
            expect(console, b"mine")
            domain.shutdown()
            while domain.is_active():
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert domain.state().reason.name == "SHUTDOWN"
        domain.start()
        domain.destroy()
        domain.undefine()
        seen = []
        while not seen or seen[-1] != "UNDEFINED":
            seen.append(events.get(timeout=30).event.name)
    print(" ".join(seen))
"""

_STAYS = """
import sys, pyvirt
with pyvirt.open("qemu:///session") as conn:
    domain = conn.create_domain(sys.argv[1], 1)
    print(domain.state().state.name, domain.info().memory)
"""


@pytest.fixture
def user() -> Iterator[OtherUser]:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    if not os.access(QEMU, os.X_OK):
        pytest.skip(f"{QEMU} is not installed (apt-get install qemu-system-x86)")
    folder = Path(tempfile.mkdtemp(prefix="pyvirt-session-"))
    try:
        folder.chmod(0o755)
        yield OtherUser(folder)
        assert processes_below(folder) == []
    finally:
        for pid in processes_below(folder):
            os.kill(pid, 9)
        shutil.rmtree(folder)


def outside(folders: tuple[str, ...] = ("/etc", "/run", "/var/lib", "/var/log", "/var/cache")) -> dict[str, float]:
    """The system instance's directories and when they changed."""
    return {path: os.stat(path).st_mtime for path in (f"{folder}/pyvirt" for folder in folders) if os.path.exists(path)}


def test_whole_life_without_root(user: OtherUser) -> None:
    before = outside()
    done = user.python(_PROGRAM, domain_xml("mine", "DISK"), str(USER))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == (
        ["DEFINED", "STARTED", "SUSPENDED", "RESUMED", "SHUTDOWN", "STOPPED", "STARTED", "STOPPED", "UNDEFINED"]
    )
    assert outside() == before
    belongings = [path for path in user.home.rglob("*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in belongings} == {USER}
    assert not [path for path in belongings if path.is_dir() and path.stat().st_mode & 0o077]


def test_guest_runs_as_its_user(user: OtherUser) -> None:
    done = user.python(_STAYS, domain_xml("mine"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["PAUSED", "16384"]
    pids = processes_below(user.home)
    assert len(pids) == 1
    assert {os.stat(f"/proc/{pid}").st_uid for pid in pids} == {USER}
    # Another process of the same user finds and ends it.
    ended = user.python("import pyvirt\nwith pyvirt.open() as conn: conn.lookup_domain('mine').destroy()")
    assert ended.returncode == 0, ended.stderr


def test_system_instance_is_refused(user: OtherUser) -> None:
    done = user.python("import pyvirt\npyvirt.open('qemu:///system').list_domains()")
    assert done.returncode == 1
    assert "VirtError" in done.stderr or "pyvirt_util.errors." in done.stderr, done.stderr
    assert "Permission denied" in done.stderr or "belongs to" in done.stderr, done.stderr
