"""Several processes and one set of guests: any of them sees and controls what another started."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from e2e_support import Host, expect, wait_until

import pyvirt
from pyvirt.enums import DomainPausedReason, DomainShutoffReason, DomainState
from pyvirt_testing.guest import GREETING

pytestmark = pytest.mark.guest


def test_guest_outlives_the_process_that_started_it(host: Host, conn: pyvirt.Connection) -> None:
    host.python("conn.define_domain(sys.argv[1]).start()", host.xml("orphan"))
    domain = conn.lookup_domain("orphan")
    assert domain.is_active()
    with domain.console() as console:
        expect(console, GREETING)
    host.python("conn.lookup_domain('orphan').suspend()")
    assert domain.state() == (DomainState.PAUSED, DomainPausedReason.USER)
    domain.resume()
    told = host.python("print(conn.lookup_domain('orphan').state().state.name)").stdout.strip()
    assert told == "RUNNING"
    host.python("conn.lookup_domain('orphan').destroy()")
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)
    assert host.leftovers() == []


def test_guests_own_end_is_settled_by_another_process(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("ender"))
    domain.start()
    with domain.console() as console:
        expect(console, GREETING)
        console.write(b"q")
        wait_until(lambda: not host.qemus(), "QEMU ends")
    # This process has asked nothing since; the other one finds the guest gone.
    told = host.python("d = conn.lookup_domain('ender'); print(*(int(x) for x in d.state()), d.is_active())").stdout
    assert told.split() == [str(int(DomainState.SHUTOFF)), str(int(DomainShutoffReason.SHUTDOWN)), "False"]
    assert host.leftovers() == []
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN)


def test_definitions_travel_at_once(host: Host, conn: pyvirt.Connection) -> None:
    host.python("conn.define_domain(sys.argv[1])", host.xml("first"))
    domain = conn.lookup_domain("first")
    before = domain.xml()
    host.python("conn.define_domain(sys.argv[1])", before.replace("16384", "20480"))
    assert "20480" in domain.xml()
    host.python("conn.lookup_domain('first').undefine()")
    assert conn.list_domains() == []


@contextmanager
def listener(host: Host) -> Iterator[subprocess.Popen[str]]:
    """Another process that prints each lifecycle event as a line of JSON, once it said ``ready``."""
    program = f"""
import json, pyvirt
with pyvirt.open({host.uri!r}) as conn, conn.domain_events() as events:
    print("ready", flush=True)
    for event in events:
        print(json.dumps([event.domain.name, event.event.name, event.reason.name]), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_events_reach_another_process_in_order(host: Host, conn: pyvirt.Connection) -> None:
    xml = host.xml("told")
    with listener(host) as process:
        assert process.stdout is not None
        domain = conn.define_domain(xml)
        domain.start()
        with domain.console() as console:
            expect(console, GREETING)
            domain.suspend()
            domain.resume()
            # Asked for by QMP, as the next line of output comes from the guest itself.
            console.write(b"q")
            wait_until(lambda: not domain.is_active(), "the guest powers itself off")
        domain.undefine()
        got: list[list[str]] = []
        while not got or got[-1][1] != "UNDEFINED":
            got.append(json.loads(process.stdout.readline()))
    assert {name for name, _, _ in got} == {"told"}
    assert [(event, detail) for _, event, detail in got] == [
        ("DEFINED", "ADDED"),
        ("STARTED", "BOOTED"),
        ("SUSPENDED", "PAUSED"),
        ("RESUMED", "UNPAUSED"),
        ("SHUTDOWN", "GUEST"),
        ("STOPPED", "SHUTDOWN"),
        ("UNDEFINED", "REMOVED"),
    ]


def test_another_listener_takes_over_when_the_watcher_is_killed(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("watched"))
    domain.start()
    with domain.console() as console:
        expect(console, GREETING)
        with listener(host) as first, listener(host) as second:
            first.kill()
            first.wait()
            console.write(b"q")
            assert second.stdout is not None
            got = [json.loads(second.stdout.readline()) for _ in range(2)]
    assert [event for _, event, _ in got] == ["SHUTDOWN", "STOPPED"]
    assert not domain.is_active()
