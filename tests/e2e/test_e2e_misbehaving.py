"""Emulators that misbehave: small programs that answer probing like the real QEMU, and then do not play by the rules.

The real QEMU cannot be made to send garbage, so what it should never do is done by a program in its place, over the
same socket. What a real QEMU can do, hanging, is done with a real one.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_support import QEMU, Host, domain_xml, expect

import pyvirt
from pyvirt import errors
from pyvirt.enums import DomainShutoffReason, DomainState
from pyvirt_testing.guest import GREETING

pytestmark = pytest.mark.guest

_FAKE = """\
#!{python}
import json, os, re, socket, sys, time
arguments = " ".join(sys.argv)
if {honest} and "none,accel=" in arguments:
    os.execv({qemu!r}, [{qemu!r}, *sys.argv[1:]])
listener = socket.socket(fileno=int(re.search(r"socket,id=charmonitor,fd=([0-9]+)", arguments)[1]))

def accept():
    return listener.accept()[0]

def greet(client):
    version = {{"qemu": {{"major": 7, "minor": 2, "micro": 0}}, "package": ""}}
    client.sendall(json.dumps({{"QMP": {{"version": version, "capabilities": []}}}}).encode() + b"\\r\\n")

{behaviour}
"""


@pytest.fixture
def emulator(tmp_path: Path) -> Callable[..., Path]:
    """Makes an emulator that runs guests as the program text says; unless ``honest`` it answers probing so, too."""

    def make(behaviour: str, *, honest: bool = True) -> Path:
        path = tmp_path / "qemu-fake"
        python = os.path.realpath(sys.executable)
        path.write_text(_FAKE.format(python=python, qemu=QEMU, honest=honest, behaviour=behaviour))
        path.chmod(0o755)
        return path

    return make


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        pytest.param("sys.exit('qemu-system-x86_64: no luck today')", "no luck today", id="ends with a complaint"),
        pytest.param("sys.exit(0)", "", id="ends without a word"),
        pytest.param("os.kill(os.getpid(), 11)", "", id="crashes"),
        pytest.param("accept().sendall(b'\\x00\\xff{{{ no json\\r\\n'); time.sleep(600)", "monitor", id="garbage"),
        pytest.param("accept().sendall(b'[1, 2, 3]\\r\\n'); time.sleep(600)", "monitor", id="no object"),
        pytest.param("accept().sendall(b'{\"QMP\": 7}\\r\\n'); time.sleep(600)", "greeting", id="bad greeting"),
        pytest.param("accept().close(); time.sleep(600)", "monitor", id="hangs up and stays"),
        pytest.param("c = accept(); greet(c); c.close()", "", id="ends after the greeting"),
        pytest.param(
            "c = accept(); greet(c); c.recv(1); c.sendall(b'{}\\r\\n'); time.sleep(600)", "", id="empty answers"
        ),
        pytest.param(
            "c = accept(); greet(c)\nwhile c.recv(4096): c.sendall(b'{\"return\": {}, \"id\": 4711}\\r\\n')",
            "",
            id="answers to nothing asked",
        ),
        pytest.param(
            "c = accept(); greet(c)\nwhile True: c.sendall(b'x' * 65536)", "", id="endless text"
        ),
    ],
)  # fmt: skip
def test_start_fails_and_leaves_nothing(
    host: Host, conn: pyvirt.Connection, emulator: Callable[..., Path], behaviour: str, says: str
) -> None:
    domain = conn.define_domain(domain_xml("fooled", emulator=emulator(behaviour)))
    begin = time.monotonic()
    with pytest.raises(errors.VirtError) as caught:
        domain.start()
    assert says in str(caught.value), str(caught.value)
    assert len(str(caught.value)) < 20_000
    assert time.monotonic() - begin < 60
    assert domain.state().state == DomainState.SHUTOFF
    assert host.leftovers() == []


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param("time.sleep(600)", id="accepts no connection"),
        pytest.param("c = accept(); time.sleep(600)", id="says nothing"),
        pytest.param("c = accept(); greet(c); time.sleep(600)", id="answers nothing"),
        pytest.param("c = accept(); greet(c)\nwhile True: c.sendall(b' '); time.sleep(0.01)", id="drips"),
    ],
)
def test_start_gives_up_on_a_monitor_that_never_answers(
    host: Host, conn: pyvirt.Connection, emulator: Callable[..., Path], behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyvirt_driver_qemu.guest.START_TIMEOUT", 1.0)
    domain = conn.define_domain(domain_xml("fooled", emulator=emulator(behaviour)))
    with pytest.raises(errors.OperationTimeoutError, match="did not answer within 1 s"):
        domain.start()
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.FAILED)
    assert host.leftovers() == []


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        pytest.param("sys.exit('no emulator at all')", errors.VirtError, id="ends with a complaint"),
        pytest.param("accept().sendall(b'garbage\\r\\n'); time.sleep(600)", errors.VirtError, id="garbage"),
        pytest.param("c = accept(); greet(c); time.sleep(600)", errors.OperationTimeoutError, id="answers nothing"),
    ],
)
def test_probing_fails_and_leaves_nothing(
    host: Host,
    conn: pyvirt.Connection,
    emulator: Callable[..., Path],
    behaviour: str,
    kind: type[errors.VirtError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyvirt_driver_qemu.capabilities import CapabilitiesCache

    defaults = CapabilitiesCache.get.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "timeout", 1.0)
    xml = domain_xml("fooled", emulator=emulator(behaviour, honest=False))
    with pytest.raises(kind):
        conn.define_domain(xml)
    assert conn.list_domains() == []
    assert host.leftovers() == []
    assert not [path for path in host.files("cache") if "qemu-fake" in path and not path.endswith(".lock")]


def test_reading_does_not_wait_for_a_hanging_qemu(host: Host, conn: pyvirt.Connection) -> None:
    """SIGSTOP makes a real QEMU hang: what needs no answer from it is answered, and it can still be ended."""
    domain = conn.define_domain(host.xml("hanging"))
    domain.start()
    with domain.console() as console:
        expect(console, GREETING)
    (process,) = host.qemus()
    os.kill(process, signal.SIGSTOP)
    begin = time.monotonic()
    assert domain.state().state == DomainState.RUNNING
    assert domain.info().memory == 16 * 1024
    assert "hanging" in domain.xml()
    assert [d.name for d in conn.list_domains()] == ["hanging"]
    assert time.monotonic() - begin < 10
    os.kill(process, signal.SIGCONT)
    domain.destroy()


def test_destroy_of_a_hanging_qemu(host: Host, conn: pyvirt.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not answer SIGTERM; SIGKILL ends it."""
    monkeypatch.setattr("pyvirt_driver_qemu.driver.TERMINATE_TIMEOUT", 0.5)
    domain = conn.define_domain(host.xml("hanging"))
    domain.start()
    (process,) = host.qemus()
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(errors.OperationFailedError, match="did not end"):
        domain.destroy(1)  # GRACEFUL: no SIGKILL
    assert domain.is_active()
    domain.destroy()
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)
    assert host.leftovers() == []
