"""Starting one guest: opening what it needs, making its command line, and completing its live definition."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pyvirt.enums.domain import DomainCreateFlags
from pyvirt.enums.domain_state import DomainPausedReason, DomainRunningReason, DomainState
from pyvirt_conf.domain.chardev import PtyChar, UnixChar, VirtioTarget
from pyvirt_conf.domain.storage import BlockSource, FileSource
from pyvirt_driver_qemu.command import Context, Opener, Plugged, Settings, build
from pyvirt_driver_qemu.completion import assign_aliases
from pyvirt_driver_qemu.definitions import emulator_of
from pyvirt_driver_qemu.graphics import allocate_ports
from pyvirt_driver_qemu.launch import Launcher
from pyvirt_driver_qemu.monitor import Command
from pyvirt_driver_qemu.network import plug_interfaces
from pyvirt_util.errors import VirtError, system_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt.local import GuestStatus
    from pyvirt_conf import Domain
    from pyvirt_driver_qemu.driver import QemuDriver
    from pyvirt_driver_qemu.launch import Launched
    from pyvirt_util.undo import UndoStack

AGENT_CHANNEL = "org.qemu.guest_agent.0"
#: Seconds QEMU may take until its monitor answers; a machine under load starts many at once.
START_TIMEOUT = 120.0


def start(
    driver: QemuDriver, status: GuestStatus, domain: Domain, flags: DomainCreateFlags, undo: UndoStack
) -> GuestStatus:
    """Start a claimed guest; see :meth:`LocalDomainDriver.start_guest`."""
    folder = driver.records.guest_folder(status.name)
    prepare(domain, status.id, folder)
    check_files(domain)
    private = {"monitor": f"{folder}/monitor.sock", "events": f"{folder}/events.sock"}
    agent = _agent_path(domain)
    if agent is not None:
        private["agent"] = agent
    master_key = _write_master_key(folder)
    paused = bool(flags & DomainCreateFlags.START_PAUSED)
    commands = _first_commands(domain, resume=not paused)
    allocate_ports(driver.records, status, domain, private)
    with Launcher(log_path=f"{driver.directories.log}/{status.name}.log") as launcher:
        launcher.hold(f"{folder}/alive")

        def record(plugged: str) -> None:
            # A process that is killed from here on leaves devices of the host: the record says which.
            private["plugged"] = plugged
            driver.records.write(status.changed(private=private))

        plugged = plug_interfaces(domain, launcher, undo, record)
        context = _context(driver, domain, folder, launcher, plugged, master_key)
        command = build(
            context, monitor_path=private["monitor"], extra_monitors=((private["events"], "charevents", "events"),)
        )
        argv = [*command.argv, "-pidfile", f"{folder}/pid"]
        launched = launcher.start(
            argv,
            env=command.env,
            monitor_path=private["monitor"],
            log_header=_log_header(driver, argv),
            commands=commands,
            timeout=START_TIMEOUT,
        )
    undo.push(_end, launched)
    launched.monitor.close()
    _complete_live(domain, commands, launched.results)
    return status.changed(
        state=DomainState.PAUSED if paused else DomainState.RUNNING,
        reason=int(DomainPausedReason.USER if paused else DomainRunningReason.BOOTED),
        pid=launched.process.pid,
        start_time=launched.process.start_time,
        private=private,
        xml=driver.format_definition(domain, flags=1),
    )


def prepare(domain: Domain, number: int | None, folder: str) -> None:
    """Make a definition a live one: its number, aliases, and paths of sockets that were left to us."""
    domain.id = number
    assign_aliases(domain)
    for channel in domain.devices.channels:
        source = channel.source
        if isinstance(source, UnixChar) and source.path is None and isinstance(channel.target, VirtioTarget):
            source.mode = type(source.mode)("bind")
            source.path = f"{folder}/{channel.target.name or channel.alias}"


def command_line(driver: QemuDriver, domain: Domain) -> list[str]:
    """The command line of a domain that is not started: descriptors have the numbers they would have."""
    from pyvirt_driver_qemu.dry_run import DryOpener

    folder = driver.records.guest_folder(domain.name or "")
    prepare(domain, None, folder)
    opener = DryOpener()
    descriptors = {interface.alias or "": Plugged(tap_fds=(opener.next(),)) for interface in domain.devices.interfaces}
    context = _context(driver, domain, folder, opener, descriptors)
    return build(context, monitor_path=f"{folder}/monitor.sock").argv


def _context(
    driver: QemuDriver,
    domain: Domain,
    folder: str,
    opener: Opener,
    plugged: dict[str, Plugged],
    master_key: bytes | None = None,
) -> Context:
    return Context(
        domain=domain,
        capabilities=driver.definitions.capabilities(emulator_of(domain)),
        private_dir=folder,
        channel_dir=folder,
        opener=opener,
        settings=Settings(nvram_dir=f"{driver.directories.state}/nvram", memory_backing_dir=f"{folder}/ram"),
        plugged=plugged,
        virt="kvm" if domain.type == "kvm" else "qemu",
        environment=os.environ,
        attended=False,
        master_key=master_key,
        secret=_secret_value,
    )


def check_files(domain: Domain) -> None:
    """Refuse files that are not there, before anything is started, by name.

    :raises SystemCallError: with ``errno``, naming the file and what it is for.
    """
    for what, path in _files(domain):
        try:
            os.stat(path)
        except OSError as error:
            raise system_error(f"access {what} '{path}'", error) from error


def _files(domain: Domain) -> Iterator[tuple[str, str]]:
    if domain.os.kernel:
        yield "kernel", domain.os.kernel
    if domain.os.initrd:
        yield "initrd", domain.os.initrd
    for disk in domain.devices.disks:
        source = disk.source
        if isinstance(source, FileSource) and source.file:
            yield "storage file", source.file
        elif isinstance(source, BlockSource) and source.dev:
            yield "storage device", source.dev


def _agent_path(domain: Domain) -> str | None:
    for channel in domain.devices.channels:
        if isinstance(channel.target, VirtioTarget) and channel.target.name == AGENT_CHANNEL:
            source = channel.source
            if isinstance(source, UnixChar):
                return source.path
    return None


def _secret_value(reference: Any) -> bytes:
    """The value of a secret that a disk refers to, from the host's secrets."""
    from pyvirt import services

    return services.secret.lookup(
        uuid=getattr(reference, "uuid", None),
        usage_type=getattr(reference, "type", None),
        usage=getattr(reference, "usage", None),
    )


def _write_master_key(folder: str) -> bytes:
    """The key that secrets on the command line are encrypted with; it goes with the guest."""
    path = f"{folder}/master-key.aes"
    key = os.urandom(32)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, key)
        finally:
            os.close(fd)
    except OSError as error:
        raise system_error(f"write '{path}'", error) from error
    return key


def _log_header(driver: QemuDriver, argv: list[str]) -> str:
    import shlex
    import time

    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    return f"{when}+0000: starting up with pyvirt ({driver.uri})\n{shlex.join(argv)}\n"


def _end(launched: Launched) -> None:
    launched.process.kill()
    launched.process.wait(10)
    launched.process.reap()


def _ptys(domain: Domain) -> Iterator[tuple[str | None, PtyChar]]:
    devices = domain.devices
    for kind in (devices.serials, devices.parallels, devices.consoles, devices.channels):
        for device in kind:
            if isinstance(device.source, PtyChar):
                yield device.alias, device.source


def _first_commands(domain: Domain, *, resume: bool) -> list[Command]:
    """Ask QEMU for what only it knows, the names of ptys, and let the guest run; all in one go."""
    commands = [Command("query-chardev")] if any(True for _ in _ptys(domain)) else []
    for interface in domain.devices.interfaces:
        if interface.link == "down":
            commands.append(Command("set_link", {"name": interface.alias, "up": False}))
    if resume:
        commands.append(Command("cont"))
    return commands


def _complete_live(domain: Domain, commands: list[Command], results: list[Any]) -> None:
    """Fill what the first commands told into the live definition."""
    for result in results:
        if isinstance(result, VirtError):
            raise result
    if not commands or commands[0].name != "query-chardev":
        return
    names = {reply["label"]: reply["filename"] for reply in results[0]}
    for alias, source in _ptys(domain):
        filename = names.get(f"char{alias}", "")
        if filename.startswith("pty:"):
            source.path = filename.removeprefix("pty:")
    for console in domain.devices.consoles:
        if isinstance(console.source, PtyChar):
            console.tty = console.source.path
