"""A real Linux, booted from its kernel: it finds what its XML says, and obeys its power button and its guest agent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e_support import Host, domain_xml, expect, quiet, wait_until
from e2e_support.linux import AGENT_READY, READY, LinuxGuest, linux_guest, unavailable

import pyvirt
from pyvirt import errors
from pyvirt.enums import DomainRebootFlags, DomainShutoffReason, DomainState

pytestmark = [pytest.mark.guest, pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "can be made")]


@pytest.fixture(scope="module")
def linux(tmp_path_factory: pytest.TempPathFactory) -> LinuxGuest:
    return linux_guest(tmp_path_factory.mktemp("linux"))


def linux_xml(linux: LinuxGuest, disk: Path) -> str:
    """Two CPUs, a disk with a serial number, a NIC with a MAC of its own."""
    boot = (
        f"<kernel>{linux.kernel}</kernel><initrd>{linux.initrd}</initrd><cmdline>console=ttyS0 quiet panic=-1</cmdline>"
    )
    nic = "<interface type='user'><mac address='52:54:00:12:34:56'/><model type='e1000'/></interface>"
    text = domain_xml("linux", disk, memory=192, os=boot, devices=nic)
    text = text.replace("<vcpu>1</vcpu>", "<vcpu>2</vcpu>")
    return text.replace("bus='virtio'/>", "bus='virtio'/><serial>e2e-0001</serial>")


def test_linux_finds_the_hardware_of_its_xml(host: Host, conn: pyvirt.Connection, linux: LinuxGuest) -> None:
    domain = conn.define_domain(linux_xml(linux, host.disk("data")))
    domain.start()
    with domain.console() as console:
        expect(console, b"%s: %s\r\n" % (READY, linux.release.encode()))

        def ask(command: str) -> str:
            # The terminal shows the command as well, where the marks are not what the shell makes of them.
            console.write(f"echo BEG''IN; {command}; echo E''ND\n".encode())
            answer = expect(console, b"END\r\n").decode()
            return answer.partition("BEGIN")[2].rpartition("END")[0].replace("\r", "").strip()

        assert ask("nproc") == "2"
        assert 150_000 < int(ask("awk '/MemTotal/{print $2}' /proc/meminfo")) < 192 * 1024
        assert ask("cat /sys/class/dmi/id/product_uuid").lower() == domain.uuid
        addresses = ask("cat /sys/bus/pci/devices/*/vendor /sys/bus/pci/devices/*/device").split()
        assert "0x1af4" in addresses  # virtio-blk
        assert "0x100e" in addresses  # e1000
        # A running Linux stands still when paused: its clock of jiffies does not move.
        domain.suspend()
        console.write(b"echo still here\n")
        assert quiet(console, 0.3) == b""
        domain.resume()
        expect(console, b"still here\r\n")

        domain.shutdown()
        expect(console, b"power button pressed")
        wait_until(lambda: not domain.is_active(), "Linux powers off")
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN)


def test_linux_reboots_by_its_power_button(host: Host, conn: pyvirt.Connection, linux: LinuxGuest) -> None:
    domain = conn.define_domain(linux_xml(linux, host.disk("data")))
    domain.start()
    with domain.console() as console:
        expect(console, READY)
        (process,) = host.qemus()
        domain.reboot()
        expect(console, b"power button pressed")
        expect(console, READY)
        assert host.qemus() == [process]
        wait_until(lambda: domain.state().state == DomainState.RUNNING, "running again")
        domain.destroy()
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)


def test_linux_obeys_its_guest_agent(
    host: Host, conn: pyvirt.Connection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    guest = linux_guest(tmp_path_factory.mktemp("agent"), agent=True)
    channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    xml = linux_xml(guest, host.disk("data")).replace("</devices>", f"{channel}</devices>")
    domain = conn.define_domain(xml)
    domain.start()
    with domain.console() as console:
        expect(console, AGENT_READY)
        answer = json.loads(domain.qemu_agent_command('{"execute": "guest-network-get-interfaces"}', 10))
        macs = {found.get("hardware-address") for found in answer["return"]}
        assert "00:00:00:00:00:00" in macs, macs  # the loopback device, which every Linux has
        with pytest.raises(errors.InternalError, match="guest-no-such"):
            domain.qemu_agent_command('{"execute": "guest-no-such"}', 10)
        (process,) = host.qemus()

        domain.reboot(DomainRebootFlags.GUEST_AGENT)
        expect(console, b"shutdown -h -r")
        expect(console, AGENT_READY)
        assert host.qemus() == [process]

        domain.shutdown()  # by the agent, as there is one; nobody presses the power button
        said = expect(console, b"shutdown -h -P")
        assert b"power button" not in said
        wait_until(lambda: not domain.is_active(), "Linux powers off")
    assert domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN)
