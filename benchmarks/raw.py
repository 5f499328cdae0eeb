"""The raw limit: the same QEMU, started by hand with pyvirt's own command line, and a monitor of a few lines."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any, Self

#: The monitor's descriptor in the child.
_MONITOR_FD = 3
_MONITOR = re.compile(r"^(socket,id=(?:char)?monitor,)(?:fd=\d+|path=[^,]*)(.*)$")
_OTHER_FD = re.compile(r"\bfd=(\d+)")


def pid_below(folder: Path, name: str) -> int:
    """The QEMU process of a guest of the embedded instance below ``folder``: the one whose command line names both."""
    wanted = f"guest={name}"
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            argv = command_line(int(entry))
        except OSError:
            continue
        named = any(part == wanted or part.startswith(wanted + ",") for part in argv)
        if named and (any(str(folder) in part for part in argv) or _has_file_below(int(entry), folder)):
            return int(entry)
    raise LookupError(f"no QEMU of a guest '{name}' below {folder}")


def _has_file_below(pid: int, folder: Path) -> bool:
    try:
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return False
    return any(link.startswith(f"{folder}/") for link in links)


def command_line(pid: int) -> list[str]:
    """The arguments of a process, from /proc/PID/cmdline."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


class RawGuest:
    """A guest that can be started again and again, with a command line that pyvirt used.

    Sockets that pyvirt made beforehand become sockets of ours, passed in the same way; all paths below pyvirt's
    instance become paths below ``folder``.

    :param argv: what pyvirt started QEMU with.
    :param instance: the root of the embedded instance.
    :param folder: an empty folder.
    """

    def __init__(self, argv: list[str], instance: Path, folder: Path) -> None:
        self._folder = folder
        self._others: list[int] = []
        self._argv = [self._own(argument, str(instance)) for argument in argv]
        # The key that the command line names and QEMU reads.
        (folder / "master-key.aes").write_bytes(os.urandom(32))
        self._environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
        self._log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._pid = 0
        self._socket: socket.socket | None = None
        self._buffer = b""

    def _own(self, argument: str, instance: str) -> str:
        monitor = _MONITOR.match(argument)
        if monitor:
            return f"{monitor[1]}fd={_MONITOR_FD}{monitor[2]}"

        def renumber(found: re.Match[str]) -> str:
            self._others.append(_MONITOR_FD + 1 + len(self._others))
            return f"fd={self._others[-1]}"

        argument = _OTHER_FD.sub(renumber, argument)
        # What stands below the instance and exists, such as a disk, is meant as it is.
        return re.sub(
            re.escape(instance) + r"[^,]*",
            lambda found: found[0] if os.path.isfile(found[0]) else str(self._folder / os.path.basename(found[0])),
            argument,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pid:
            self.destroy()
        os.close(self._log)

    def _listen(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        path = self._folder / name
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen(1)
        return listener

    def start(self, *, paused: bool) -> float:
        """Start it; seconds until it runs (``paused``: until the monitor answered its first command)."""
        begin = time.perf_counter()
        listeners = [self._listen("monitor")] + [self._listen(f"other{fd}") for fd in self._others]
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self._folder / "monitor"))
        actions: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, self._log, fd) for fd in (1, 2)]
        # Above the numbers in the child, so that none is overwritten before it was copied.
        copies = [os.dup(listener.fileno()) for listener in listeners]
        high = [_move_above(fd, 100) for fd in copies]
        actions += [(os.POSIX_SPAWN_DUP2, fd, _MONITOR_FD + place) for place, fd in enumerate(high)]
        self._pid = os.posix_spawn(self._argv[0], self._argv, self._environment, file_actions=actions, setsid=True)
        for fd in high:
            os.close(fd)
        for listener in listeners:
            listener.close()
        self._socket = client
        self._read()
        self.execute("qmp_capabilities")
        if not paused:
            self.execute("cont")
            while self.execute("query-status")["return"]["status"] != "running":
                pass
        return time.perf_counter() - begin

    def execute(self, command: str) -> dict[str, Any]:
        """Run a command; its reply, with events skipped."""
        assert self._socket is not None
        self._socket.sendall(json.dumps({"execute": command}).encode())
        while True:
            message = self._read()
            if "event" not in message:
                return message

    def wait_event(self, name: str) -> None:
        """Read until this event came."""
        while self._read().get("event") != name:
            pass

    def send(self, command: str) -> None:
        """Send a command and read nothing."""
        assert self._socket is not None
        self._socket.sendall(json.dumps({"execute": command}).encode())

    def _read(self) -> dict[str, Any]:
        assert self._socket is not None
        while b"\n" not in self._buffer:
            data = self._socket.recv(65536)
            if not data:
                raise RuntimeError(f"QEMU ended: {(self._folder / 'log').read_text()[-500:]}")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def destroy(self) -> float:
        """End it; seconds until it is gone."""
        begin = time.perf_counter()
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        taken = time.perf_counter() - begin
        if self._socket is not None:
            self._socket.close()
        self._pid, self._socket, self._buffer = 0, None, b""
        return taken


def _move_above(fd: int, number: int) -> int:
    import fcntl

    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, number)
    os.close(fd)
    return moved
