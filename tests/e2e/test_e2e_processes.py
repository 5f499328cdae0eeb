"""Several processes and one set of guests: any of them sees and controls what another started."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from queue import Empty, SimpleQueue
from typing import Self

import pytest
from e2e_support import PATIENCE, Host, domain_xml, expect, wait_until

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


class Listener:
    """Another process that listens to lifecycle events."""

    def __init__(self, host: Host) -> None:
        program = f"""
import json, pyvirt
with pyvirt.open({host.uri!r}) as conn, conn.domain_events() as events:
    print("ready", flush=True)
    for event in events:
        print(json.dumps([event.domain.name, event.event.name, event.reason.name]), flush=True)
"""
        self._host = host
        self._process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._lines.get(timeout=PATIENCE) == "ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        # Whoever sends the next event removes what the killed listener left.
        with pyvirt.open(self._host.uri) as conn:
            conn.define_domain(domain_xml("sweeper")).undefine()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def until(self, last: str) -> list[tuple[str, str, str]]:
        """Events up to the first of the kind ``last``, each as domain, event and detail."""
        got: list[tuple[str, str, str]] = []
        while not got or got[-1][1] != last:
            try:
                name, event, detail = json.loads(self._lines.get(timeout=PATIENCE))
            except Empty:
                raise AssertionError(f"no event {last} came, only {got}") from None
            got.append((name, event, detail))
        return got


def test_events_reach_another_process_in_order(host: Host, conn: pyvirt.Connection) -> None:
    xml = host.xml("told")
    with Listener(host) as listener:
        domain = conn.define_domain(xml)
        domain.start()
        with domain.console() as console:
            expect(console, GREETING)
            domain.suspend()
            domain.resume()
            console.write(b"q")
            wait_until(lambda: not domain.is_active(), "the guest powers itself off")
        domain.undefine()
        got = listener.until("UNDEFINED")
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
        with Listener(host) as first, Listener(host) as second:
            first.kill()
            console.write(b"q")
            # What the guest did before the other took over may go untold; its end may not.
            assert second.until("STOPPED")[-1] == ("watched", "STOPPED", "SHUTDOWN")
    # As told by the listener: this process has not looked since.
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN)
    domain.undefine()
