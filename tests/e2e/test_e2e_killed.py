"""SIGKILL of the calling process at every step of a change: the next call finds the old state or the new one."""

from __future__ import annotations

import pytest
from e2e_support import Host, domain_xml

import pyvirt
from pyvirt.enums import DomainState
from pyvirt_testing.killer import kill_steps

pytestmark = pytest.mark.guest

_UUID = "00000000-0000-4000-8000-00000000e2e1"
_PAUSED = 1  # DomainCreateFlags.START_PAUSED


def opened(host: Host) -> str:
    """The set-up of a killed program: a connection is open, and what is imported late is there."""
    return f"""
import pyvirt
conn = pyvirt.open({host.uri!r})
xml = {domain_xml("victim", uuid=_UUID)!r}
other = conn.define_domain({domain_xml("other")!r})
other.start({_PAUSED})
other.resume()
other.suspend()
other.destroy()
other.undefine()
"""


def settled(host: Host) -> list[tuple[str, bool, DomainState]]:
    """What a fresh connection sees; afterwards only what it sees may be there."""
    with pyvirt.open(host.uri) as conn:
        seen = [(d.name, d.is_persistent(), d.state().state) for d in conn.list_domains()]
    running = sum(state != DomainState.SHUTOFF for _, _, state in seen)
    assert len(host.qemus()) == running, host.leftovers(after_kill=True)
    if not running:
        assert host.leftovers(after_kill=True) == []
    return seen


DEFINED = [("victim", True, DomainState.SHUTOFF)]
RUNNING = [("victim", True, DomainState.PAUSED)]


def test_define(host: Host) -> None:
    outcomes = []
    for step in kill_steps("conn.define_domain(xml)", setup=opened(host)):
        seen = settled(host)
        assert seen in ([], DEFINED), step
        outcomes.append(seen)
        with pyvirt.open(host.uri) as conn:
            # Either way it can be defined, with this name and this UUID.
            conn.define_domain(domain_xml("victim", uuid=_UUID)).undefine()
        assert settled(host) == []
    assert settled(host) == DEFINED
    assert len(outcomes) > 3


def test_redefine(host: Host) -> None:
    old = domain_xml("victim", uuid=_UUID)
    with pyvirt.open(host.uri) as conn:
        first = conn.define_domain(old).xml()
    program = "conn.define_domain(xml.replace(\"<memory unit='MiB'>16\", \"<memory unit='MiB'>24\"))"
    for step in kill_steps(program, setup=opened(host)):
        with pyvirt.open(host.uri) as conn:
            text = conn.lookup_domain("victim").xml()
            assert text in (first, first.replace("16384", "24576")), step
            conn.define_domain(old)
        assert settled(host) == DEFINED, step
    with pyvirt.open(host.uri) as conn:
        assert conn.lookup_domain("victim").xml() == first.replace("16384", "24576")


def test_undefine(host: Host) -> None:
    with pyvirt.open(host.uri) as conn:
        domain = conn.define_domain(domain_xml("victim", uuid=_UUID))
        domain.set_autostart(True)
    for step in kill_steps("conn.lookup_domain('victim').undefine()", setup=opened(host)):
        assert settled(host) in ([], DEFINED), step
        with pyvirt.open(host.uri) as conn:
            conn.define_domain(domain_xml("victim", uuid=_UUID)).set_autostart(True)
    assert settled(host) == []


def test_start(host: Host) -> None:
    with pyvirt.open(host.uri) as conn:
        conn.define_domain(domain_xml("victim", uuid=_UUID))
    outcomes = []
    for step in kill_steps(f"conn.lookup_domain('victim').start({_PAUSED})", setup=opened(host)):
        seen = settled(host)
        assert seen in (DEFINED, RUNNING), step
        outcomes.append(seen)
        with pyvirt.open(host.uri) as conn:
            domain = conn.lookup_domain("victim")
            if seen == DEFINED:
                domain.start(_PAUSED)
            domain.destroy()
        assert settled(host) == DEFINED, step
    assert settled(host) == RUNNING
    assert DEFINED in outcomes


def test_start_of_a_transient_guest(host: Host) -> None:
    for step in kill_steps(f"conn.create_domain(xml, {_PAUSED})", setup=opened(host)):
        seen = settled(host)
        assert seen in ([], [("victim", False, DomainState.PAUSED)]), step
        host.destroy_all()
        assert settled(host) == [], step
    assert settled(host) == [("victim", False, DomainState.PAUSED)]


def test_destroy(host: Host) -> None:
    def start() -> None:
        with pyvirt.open(host.uri) as conn:
            conn.lookup_domain("victim").start(_PAUSED)

    with pyvirt.open(host.uri) as conn:
        conn.define_domain(domain_xml("victim", uuid=_UUID))
    start()
    for step in kill_steps("conn.lookup_domain('victim').destroy()", setup=opened(host)):
        seen = settled(host)
        assert seen in (DEFINED, RUNNING), step
        if seen == DEFINED:
            start()
    assert settled(host) == DEFINED


def test_suspend_and_resume(host: Host) -> None:
    with pyvirt.open(host.uri) as conn:
        domain = conn.define_domain(host.xml("victim", uuid=_UUID))
        domain.start()
        for call, before, after in (("suspend", "RUNNING", "PAUSED"), ("resume", "PAUSED", "RUNNING")):
            for step in kill_steps(f"conn.lookup_domain('victim').{call}()", setup=opened(host)):
                # The record may be behind QEMU by this one change; asking for the change again brings both together.
                assert domain.state().state.name in (before, after), step
                if domain.state().state.name == before:
                    getattr(domain, call)()
                assert domain.state().state.name == after, step
                getattr(domain, "resume" if call == "suspend" else "suspend")()
                assert domain.state().state.name == before, step
            assert domain.state().state.name == after
