"""Starting the real QEMU, and talking to the boot-sector guest in it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pyvirt_driver_qemu.launch import Launcher, LaunchError, clean, read_tail
from pyvirt_driver_qemu.monitor import (
    Command,
    CommandFailedError,
    CommandUnknownError,
    Event,
    Monitor,
    MonitorClosedError,
    MonitorTimeoutError,
)
from pyvirt_testing.guest import GREETING, boot_sector, write_disk
from pyvirt_util.errors import OperationTimeoutError
from pyvirt_util.process import ProcessId

QEMU = "/usr/bin/qemu-system-x86_64"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}

pytestmark = pytest.mark.skipif(not os.access(QEMU, os.X_OK), reason=f"{QEMU} is not installed")


class Guest(NamedTuple):
    process: ProcessId
    monitor: Monitor
    folder: Path

    def events(self) -> Monitor:
        return Monitor.connect(str(self.folder / "events.sock"), timeout=10)

    def serial(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(30)
        sock.connect(str(self.folder / "serial.sock"))
        return sock


Starter = Callable[..., Guest]


def launch(folder: Path, *arguments: str, binary: str = QEMU, timeout: float = 30) -> Guest:
    """A QEMU at ``-S`` with monitor, event monitor, serial port, pid file and alive lock below ``folder``."""
    with Launcher(log_path=str(folder / "log")) as launcher:
        monitor_path = str(folder / "monitor.sock")
        monitor = launcher.listen(monitor_path)
        events = launcher.listen(str(folder / "events.sock"))
        serial = launcher.listen(str(folder / "serial.sock"))
        launcher.hold(str(folder / "alive"))
        argv = [binary, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-accel", "tcg"]
        argv += ["-pidfile", str(folder / "pid"), "-m", "16", "-no-shutdown", "-msg", "timestamp=on"]
        for name, fd in (("charmonitor", monitor), ("charevents", events), ("charserial0", serial)):
            argv += ["-chardev", f"socket,id={name},fd={fd},server=on,wait=off"]
        argv += ["-mon", "chardev=charmonitor,id=monitor,mode=control"]
        argv += ["-mon", "chardev=charevents,id=events,mode=control"]
        if "none" not in arguments:
            argv += ["-device", "isa-serial,chardev=charserial0"]
        commands = [Command("query-status"), Command("no-such")]
        started = launcher.start(
            [*argv, *arguments], env=ENV, monitor_path=monitor_path, commands=commands, timeout=timeout
        )
    assert started.results[0]["status"] == "prelaunch"
    assert isinstance(started.results[1], CommandUnknownError)
    return Guest(started.process, started.monitor, folder)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Guest]]:
    guests: list[Guest] = []

    def make(*arguments: str, **options: object) -> Guest:
        guests.append(launch(tmp_path, *arguments, **options))  # type: ignore[arg-type]
        return guests[-1]

    yield make
    for guest in guests:
        guest.monitor.close()
        guest.process.kill()
        assert guest.process.wait(10)
        guest.process.reap()


def held(path: Path) -> bool:
    """Does somebody hold the flock on ``path``?"""
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def expect(sock: socket.socket, wanted: bytes) -> bytes:
    got = b""
    while wanted not in got:
        data = sock.recv(4096)
        assert data, f"the serial port closed after {got!r}"
        got += data
    return got


def test_monitor_answers_at_once(start: Starter) -> None:
    guest = start("-machine", "q35")
    assert guest.monitor.execute("query-status")["status"] == "prelaunch"
    assert guest.process.alive()
    assert int((guest.folder / "pid").read_text()) == guest.process.pid


def test_descriptors_of_the_child(start: Starter) -> None:
    guest = start("-machine", "none")
    folder = f"/proc/{guest.process.pid}/fd"
    links = {}
    for name in os.listdir(folder):
        try:
            links[int(name)] = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
    assert links[0] == "/dev/null"
    assert links[1] == links[2] == str(guest.folder / "log")
    assert links[6] == str(guest.folder / "alive")
    assert os.getsid(guest.process.pid) == guest.process.pid


def test_alive_lock_lasts_as_long_as_qemu(start: Starter) -> None:
    guest = start("-machine", "none")
    assert held(guest.folder / "alive")
    with pytest.raises(LaunchError, match="held by a running process"), Launcher(log_path=os.devnull) as launcher:
        launcher.hold(str(guest.folder / "alive"))
    guest.process.kill()
    assert guest.process.wait(10)
    assert not held(guest.folder / "alive")
    # Killed: the pid file tells that it was no orderly end.
    assert (guest.folder / "pid").exists()


def test_orderly_end_removes_the_pid_file(start: Starter) -> None:
    guest = start("-machine", "none")
    guest.monitor.execute("quit")
    assert guest.process.wait(10)
    assert not (guest.folder / "pid").exists()
    assert guest.process.reap() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-machine", "q35", "-device", "nope"), "-device nope: 'nope' is not a valid device model name"),
        (("-machine", "warp"), "unsupported machine type"),
        (("-machine", "pc", "-drive", "file=/nonexistent/disk"), "Could not open '/nonexistent/disk'"),
        (("-hatever",), "-hatever: invalid option"),
    ],
)
def test_early_death_gives_qemus_own_words(start: Starter, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(LaunchError) as caught:
        start(*arguments)
    assert caught.value.message.startswith("process exited while connecting to monitor: ")
    assert message in str(caught.value)
    assert "qemu-system" not in caught.value.message.removeprefix("process exited while connecting to monitor: ")


def test_no_words_at_all(start: Starter, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="it said nothing"):
        start(binary="/bin/false")


def test_earlier_log_is_not_blamed(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("qemu-system-x86_64: an old complaint\n")
    with pytest.raises(LaunchError) as caught:
        start("-device", "nope")
    assert "old" not in caught.value.log
    assert (tmp_path / "log").read_text().startswith("qemu-system-x86_64: an old")


def test_binary_that_never_answers_is_ended(start: Starter, tmp_path: Path) -> None:
    script = tmp_path / "sleeper"
    script.write_text(
        f"#!{sys.executable}\nimport os, time\nopen('{tmp_path}/me', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    script.chmod(0o755)
    with pytest.raises(OperationTimeoutError, match="monitor of sleeper"):
        start(binary=str(script), timeout=2)
    # Its lock tells that it is gone, whatever became of its number.
    assert not held(tmp_path / "alive")


def test_second_client_waits_for_the_first(start: Starter) -> None:
    guest = start("-machine", "none")
    path = str(guest.folder / "monitor.sock")
    with pytest.raises(MonitorTimeoutError, match="another client"):
        Monitor.connect(path, timeout=0.2)
    versions: list[tuple[int, int, int]] = []

    def second() -> None:
        with Monitor.connect(path, timeout=20) as monitor:
            monitor.execute("query-status")
            versions.append(monitor.version)

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.1)
    assert versions == []
    guest.monitor.close()
    thread.join(20)
    assert len(versions) == 1


def test_end_of_qemu_carries_its_log(start: Starter) -> None:
    guest = start("-machine", "none")
    with (guest.folder / "log").open("a") as log:
        log.write("qemu-system-x86_64: out of cheese\n")
    guest.process.kill()
    with pytest.raises(MonitorClosedError, match="out of cheese"):
        guest.monitor.execute("query-status")


def test_passed_descriptor_arrives(start: Starter) -> None:
    guest = start("-machine", "none")
    reading, writing = os.pipe()
    try:
        found = guest.monitor.execute("add-fd", {"fdset-id": 3, "opaque": "mine"}, fds=(writing,))
        assert found["fdset-id"] == 3
        copy = os.stat(f"/proc/{guest.process.pid}/fd/{found['fd']}")
        assert copy.st_ino == os.fstat(writing).st_ino
        with pytest.raises(CommandFailedError, match="No file descriptor supplied via SCM_RIGHTS"):
            guest.monitor.execute("getfd", {"fdname": "none"})
    finally:
        os.close(reading)
        os.close(writing)


def test_stopped_qemu_times_out_and_recovers(start: Starter) -> None:
    guest = start("-machine", "none")
    guest.monitor.negotiate()
    guest.process.signal(signal.SIGSTOP)
    with pytest.raises(MonitorTimeoutError):
        guest.monitor.execute("query-version", timeout=0.2)
    guest.process.signal(signal.SIGCONT)
    assert guest.monitor.execute("query-status")["running"] is False


@pytest.mark.guest
@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("way", ["key", "button"])
def test_guest_boots_talks_and_powers_off(start: Starter, tmp_path: Path, machine: str, way: str) -> None:
    disk = write_disk(tmp_path / "disk.raw")
    guest = start(
        "-machine", machine, "-drive", f"file={disk},format=raw,if=none,id=d", "-device", "virtio-blk-pci,drive=d"
    )
    with guest.events() as events:
        events.negotiate()
        serial = guest.serial()
        guest.monitor.execute("cont")
        assert GREETING in expect(serial, GREETING)
        serial.sendall(b"hi")
        expect(serial, b"hi")
        serial.sendall(b"++")
        expect(serial, b"C")
        if way == "key":
            serial.sendall(b"q")
        else:
            guest.monitor.execute("system_powerdown")
        names: list[str] = []
        event: Event | None = None
        while "SHUTDOWN" not in names:
            event = events.next_event(30)
            assert event is not None, names
            names.append(event.name)
        assert event is not None
        assert event.data == {"guest": True, "reason": "guest-shutdown"}
        assert "RESUME" in names
        serial.close()
    # -no-shutdown: it stays until it is told to go.
    assert guest.monitor.execute("query-status")["status"] == "shutdown"


@pytest.mark.guest
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_guest_resets_and_keeps_what_it_wrote(start: Starter, tmp_path: Path, machine: str) -> None:
    disk = write_disk(tmp_path / "disk.qcow2", format="qcow2")
    guest = start(
        "-machine", machine, "-drive", f"file={disk},format=qcow2,if=none,id=d", "-device", "virtio-blk-pci,drive=d"
    )
    serial = guest.serial()
    guest.monitor.execute("cont")
    expect(serial, GREETING)
    serial.sendall(b"+++w")
    assert expect(serial, b"W").endswith(b"BCDW")
    serial.sendall(b"r")
    expect(serial, GREETING)
    serial.sendall(b"=")
    expect(serial, b"D")
    serial.close()
    assert any(event.name == "RESET" for event in iter(lambda: guest.monitor.next_event(5), None))


@pytest.mark.guest
def test_guest_without_serial_port_sleeps(tmp_path: Path) -> None:
    """It must not spin on the 0xff of a missing port: its CPU time stays low."""
    disk = write_disk(tmp_path / "disk.raw")
    with Launcher(log_path=str(tmp_path / "log")) as launcher:
        path = str(tmp_path / "m")
        fd = launcher.listen(path)
        argv = [
            QEMU,
            "-no-user-config",
            "-nodefaults",
            "-display",
            "none",
            "-accel",
            "tcg",
            "-m",
            "16",
            "-machine",
            "pc",
        ]
        argv += ["-chardev", f"socket,id=c,fd={fd},server=on,wait=off", "-mon", "chardev=c,mode=control"]
        argv += ["-drive", f"file={disk},format=raw,if=ide"]
        process, monitor, _ = launcher.start(argv, env=ENV, monitor_path=path)
    try:
        monitor.execute("system_powerdown")
        halted = False
        for _ in range(100):
            text = monitor.execute("human-monitor-command", {"command-line": "info registers"})
            halted = "HLT=1" in text
            if halted and "00007c" in text.lower().replace("eip=", ""):
                break
            select.select([], [], [], 0.05)
        assert halted
        monitor.execute("system_powerdown")
        assert process.wait(30)
    finally:
        monitor.close()
        process.kill()
        process.wait(10)
        process.reap()


def test_boot_sector_is_one() -> None:
    sector = boot_sector()
    assert len(sector) == 512
    assert sector[-2:] == b"\x55\xaa"
    assert not any(sector[446:510]), "the partition table must be empty"


def test_disk_sizes(tmp_path: Path) -> None:
    assert write_disk(tmp_path / "a", 1024).stat().st_size == 1024
    for bad in (0, 512, 1000, -1024):
        with pytest.raises(ValueError, match="disk size"):
            write_disk(tmp_path / "b", bad)
    assert write_disk(tmp_path / "c", format="qcow2").read_bytes()[:4] == b"QFI\xfb"
    assert sorted(os.listdir(tmp_path)) == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("qemu-system-x86_64: -device nope: bad\n", "-device nope: bad"),
        ("2026-01-02T03:04:05.678901Z qemu-system-x86_64: it broke\n", "it broke"),
        ("qemu-system-x86_64: it broke\nqemu-system-x86_64: warning: and it is late\n\n", "it broke"),
        ("qemu-system-x86_64: warning: only this\n", "warning: only this"),
        ("/usr/bin/kvm: \x1b[31mred\n", "[31mred"),
        ("sh: no such thing\n", "sh: no such thing"),
        ("qemu-system-x86_64: unsupported\nUse -machine help\n", "unsupported"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_tail_of_a_long_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a" * 100_000 + b"\xff end")
    assert read_tail(str(path)).endswith("\ufffd end")
    assert len(read_tail(str(path))) < 20_000
    assert read_tail(str(path), 100_001) == " end"
    assert read_tail(str(tmp_path / "none")) == ""
