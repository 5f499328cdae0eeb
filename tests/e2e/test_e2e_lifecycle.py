"""A guest's life: from XML to a running guest and back to nothing, with a real QEMU."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

import pytest
from e2e_support import Host, domain_xml, expect, quiet, wait_until

import pyvirt
from pyvirt import errors
from pyvirt.enums import (
    ConnectListAllDomainsFlags,
    DomainCreateFlags,
    DomainPausedReason,
    DomainRunningReason,
    DomainShutoffReason,
    DomainState,
    DomainXMLFlags,
)
from pyvirt_testing.guest import GREETING

pytestmark = pytest.mark.guest


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_boots_and_does_as_told(host: Host, conn: pyvirt.Connection, machine: str) -> None:
    domain = conn.define_domain(host.xml("life", machine=machine))
    assert [d.name for d in conn.list_domains()] == ["life"]
    assert conn.list_domains(ConnectListAllDomainsFlags.ACTIVE) == []
    assert domain.state().state == DomainState.SHUTOFF
    assert domain.id is None

    domain.start()
    assert domain.state() == (DomainState.RUNNING, DomainRunningReason.BOOTED)
    assert domain.is_active()
    assert [d.name for d in conn.list_domains(ConnectListAllDomainsFlags.RUNNING)] == ["life"]
    assert domain.id is not None
    assert conn.lookup_domain_by_id(domain.id) == domain
    with domain.console() as console:
        expect(console, GREETING)
        console.write(b"hello\r")
        expect(console, b"hello\r\n")
        # RAM lives through pause and resume.
        console.write(b"++")
        expect(console, b"BC")

        domain.suspend()
        assert domain.state() == (DomainState.PAUSED, DomainPausedReason.USER)
        console.write(b"=")
        assert quiet(console, 0.3) == b""
        domain.resume()
        assert domain.state() == (DomainState.RUNNING, DomainRunningReason.UNPAUSED)
        expect(console, b"C")

        domain.shutdown()
        wait_until(lambda: not domain.is_active(), "the guest powers off")
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN)
    assert host.leftovers() == []

    domain.undefine()
    assert conn.list_domains() == []
    with pytest.raises(errors.NoDomainError):
        domain.state()


def test_information_of_a_running_guest(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("info"))
    stored = domain.xml()
    domain.start()
    live, inactive = domain.xml(), domain.xml(DomainXMLFlags.INACTIVE)
    assert inactive == stored
    assert f"id='{domain.id}'" in live.splitlines()[0]
    assert "id=" not in inactive.splitlines()[0]
    assert "<source path='/dev/pts/" in live
    assert "/dev/pts/" not in inactive
    assert domain.uuid in live
    assert domain.uuid in inactive

    info = domain.info()
    assert info.state == DomainState.RUNNING
    assert (info.max_memory, info.memory, info.vcpus) == (16 * 1024, 16 * 1024, 1)
    wait_until(lambda: domain.info().cpu_time > info.cpu_time or info.cpu_time > 0, "the guest uses the CPU")
    assert domain.is_persistent()
    assert not domain.is_updated()
    assert domain.os_type() == "hvm"

    # Changing the definition of a running guest does not touch the guest.
    changed = stored.replace("<memory unit='KiB'>16384</memory>", "<memory unit='KiB'>32768</memory>")
    assert changed != stored
    conn.define_domain(changed)
    assert "<memory unit='KiB'>16384</memory>" in domain.xml()
    assert "<memory unit='KiB'>32768</memory>" in domain.xml(DomainXMLFlags.INACTIVE)
    assert domain.info().max_memory == 16 * 1024


def test_reset_and_reboot_keep_the_process(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("again"))
    domain.start()
    (process,) = host.qemus()
    number = domain.id
    with domain.console() as console:
        expect(console, GREETING)
        domain.reset()
        expect(console, GREETING)
        domain.reboot()
        expect(console, GREETING)
        console.write(b"r")  # the guest resets itself
        expect(console, GREETING)
    wait_until(lambda: domain.state().state == DomainState.RUNNING, "running after the reboot")
    assert host.qemus() == [process]
    assert domain.id == number


def test_disk_keeps_what_the_guest_wrote(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("disk"))
    for expected in (b"B", b"C"):
        domain.start()
        with domain.console() as console:
            expect(console, GREETING)
            console.write(b"+")
            expect(console, expected)
            console.write(b"w")
            expect(console, b"W")
        domain.destroy()
        assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)


def test_paused_start(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("paused"))
    domain.start(DomainCreateFlags.START_PAUSED)
    assert domain.state().state == DomainState.PAUSED
    with domain.console() as console:
        assert quiet(console, 0.3) == b""
        domain.resume()
        expect(console, GREETING)


def test_transient_guest_is_forgotten_with_its_end(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.create_domain(host.xml("passing"))
    assert domain.is_active()
    assert not domain.is_persistent()
    with domain.console() as console:
        expect(console, GREETING)
        console.write(b"q")
        wait_until(lambda: conn.list_domains() == [], "the guest powers itself off")
    with pytest.raises(errors.NoDomainError):
        domain.state()


def test_crash_of_qemu_is_told_from_shutdown(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("crash"))
    domain.start()
    (process,) = host.qemus()
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not domain.is_active(), "the death is noticed")
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.CRASHED)
    assert host.leftovers() == []
    domain.start()
    assert domain.state().state == DomainState.RUNNING


def test_wrong_order_is_refused(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("order"))
    for call in (domain.destroy, domain.suspend, domain.resume, domain.shutdown, domain.reboot, domain.reset):
        with pytest.raises(errors.OperationInvalidError, match="not running"):
            call()
    domain.start()
    with pytest.raises(errors.OperationInvalidError, match="already running"):
        domain.start()
    with pytest.raises(errors.OperationInvalidError, match="already running"):
        domain.resume()
    domain.suspend()
    with pytest.raises(errors.OperationInvalidError, match="paused"):
        domain.shutdown()
    assert domain.state().state == DomainState.PAUSED


def test_undefine_while_running_leaves_the_guest(host: Host, conn: pyvirt.Connection) -> None:
    domain = conn.define_domain(host.xml("kept"))
    domain.start()
    domain.undefine()
    assert domain.is_active()
    assert not domain.is_persistent()
    domain.destroy()
    assert conn.list_domains() == []


def test_two_guests_do_not_share(host: Host, conn: pyvirt.Connection) -> None:
    first = conn.define_domain(host.xml("one"))
    second = conn.define_domain(domain_xml("two", host.disk("two"), machine="pc"))
    first.start()
    second.start()
    assert first.id != second.id
    with first.console() as a, second.console() as b:
        expect(a, GREETING)
        expect(b, GREETING)
        a.write(b"x")
        expect(a, b"x")
        assert quiet(b, 0.2) == b""
        with pytest.raises(errors.VirtError, match="in use"):
            first.console()
    first.destroy()
    assert second.is_active()


def test_no_descriptor_stays_open(host: Host) -> None:
    def descriptors() -> Counter[str]:
        found: Counter[str] = Counter()
        for fd in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{fd}")
            except OSError:
                continue
            # Sockets and pipes are told apart by their numbers: only how many there are counts.
            found[target if target.startswith(("/", "anon_inode:")) else target.partition(":")[0]] += 1
        return found

    def cycle() -> None:
        with pyvirt.open(host.uri) as conn:
            domain = conn.define_domain(host.xml("fds"))
            with conn.domain_events() as events:
                domain.start()
                with domain.console() as console:
                    expect(console, GREETING)
                assert events.get(timeout=30) is not None
                domain.suspend()
                domain.resume()
                domain.destroy()
            domain.undefine()

    before = descriptors()
    for _ in range(3):
        cycle()
    # The threads of events close theirs a moment after the connection.
    deadline = time.monotonic() + 10
    while (more := descriptors() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not more


def test_autostart(host: Host, conn: pyvirt.Connection) -> None:
    wanted, other = conn.define_domain(host.xml("wanted")), conn.define_domain(host.xml("other"))
    wanted.set_autostart(True)
    told = host.python("print([d.autostart() for d in conn.list_domains()])").stdout
    assert told.strip() == "[False, True]"
    assert [d.name for d in conn.list_domains(ConnectListAllDomainsFlags.AUTOSTART)] == ["wanted"]
    assert conn.start_autostart_domains() == [(wanted, None)]
    assert wanted.is_active()
    assert not other.is_active()
    wanted.set_autostart(False)
    assert not wanted.autostart()
