"""Starting one QEMU: descriptors first, then the process, then its monitor."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pyvirt_driver_qemu.launch.log import clean, open_log, read_tail
from pyvirt_driver_qemu.monitor import Command, Monitor, MonitorClosedError, MonitorTimeoutError
from pyvirt_util.error_codes import ErrorDomain
from pyvirt_util.errors import InternalError, OperationTimeoutError, system_error

if TYPE_CHECKING:
    import socket

    from pyvirt_util.process import ProcessId

#: The first descriptor a child gets beyond its standard ones.
_FIRST_FD = 3


class LaunchError(InternalError):
    """QEMU ended before it could be talked to. ``log`` is all it said."""

    log: str = ""


class Launched(NamedTuple):
    """A QEMU that runs (or waits at ``-S``): its process, the monitor, connected, and what the first commands gave."""

    process: ProcessId
    monitor: Monitor
    results: list[Any]


class Launcher:
    """Holds what a QEMU is to inherit until it is started. A context manager: leaving it closes our copies.

    The command line is made between opening and starting, as it names the descriptors' numbers in the child::

        with Launcher(log_path=...) as launcher:
            monitor_fd = launcher.listen(monitor_path)
            argv = [..., "-chardev", f"socket,id=charmonitor,fd={monitor_fd},server=on,wait=off", ...]
            process, monitor = launcher.start(argv, env=env, monitor_path=monitor_path)

    :param log_path: where QEMU's output is appended.
    """

    def __init__(self, *, log_path: str) -> None:
        self._log_path = log_path
        self._passed: dict[int, int] = {}
        self._owned: list[int] = []
        self._sockets: dict[str, socket.socket] = {}
        try:
            self._log = open_log(log_path)
        except OSError as error:
            raise system_error(f"open log '{log_path}'", error) from error
        self._owned.append(self._log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close our copies of all descriptors; what the child inherited is not touched."""
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()
        while self._owned:
            os.close(self._owned.pop())

    def pass_fd(self, fd: int, *, owned: bool = False) -> int:
        """Let the child inherit ``fd``; returns its number there.

        :param owned: the launcher closes ``fd`` when it is left.
        """
        number = _FIRST_FD + len(self._passed)
        self._passed[number] = fd
        if owned:
            self._owned.append(fd)
        return number

    def listen(self, path: str, *, mode: int = 0o600) -> int:
        """A listening socket at ``path`` for ``-chardev socket,fd=N,server=on``; its number in the child.

        It listens before QEMU runs, so whoever connects waits in line instead of failing.
        """
        from pyvirt_util.sockets import listen_unix

        self._sockets[path] = sock = listen_unix(path, mode)
        return self.pass_fd(sock.fileno())

    def open_file(self, path: str, *, append: bool = False) -> int:
        """Open a file for writing (made with mode 0600, emptied unless ``append``); its number in the child.

        :raises SystemCallError: it can't be opened.
        """
        mode = os.O_APPEND if append else os.O_TRUNC
        return self._open(path, os.O_WRONLY | os.O_CREAT | mode)

    def open_device(self, path: str) -> int:
        """Open a device of the host for reading and writing; its number in the child.

        :raises SystemCallError: it can't be opened.
        """
        return self._open(path, os.O_RDWR)

    def _open(self, path: str, flags: int) -> int:
        try:
            fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOCTTY, 0o600)
        except OSError as error:
            raise system_error(f"open '{path}'", error) from error
        return self.pass_fd(fd, owned=True)

    def hold(self, path: str) -> int:
        """Take an exclusive flock on the file at ``path`` for the child's lifetime; its number in the child.

        The lock belongs to the open file, which the child inherits: it ends when the last of us has closed it, thus
        with QEMU.

        :raises LaunchError: another process holds the lock.
        """
        import fcntl

        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise system_error(f"open '{path}'", error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise LaunchError(f"'{path}' is held by a running process", domain=ErrorDomain.QEMU) from None
        return self.pass_fd(fd, owned=True)

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        monitor_path: str,
        cwd: str | None = None,
        log_header: str = "",
        commands: Sequence[Command] = (),
        timeout: float = 60.0,
    ) -> Launched:
        """Start QEMU and wait until its monitor answers commands.

        The greeting comes before QEMU has made its devices and so proves nothing; the first answer does.

        :param argv: ``argv[0]`` is the absolute path of the binary.
        :param env: the whole environment.
        :param monitor_path: a path given to :meth:`listen`.
        :param log_header: written to the log before QEMU's output.
        :param commands: run with the negotiation, in one go; their results are in the answer, errors among them.
        :param timeout: seconds until the monitor has answered; QEMU is killed when it passes.
        :raises LaunchError: QEMU ended; the message is its own last complaint.
        :raises OperationTimeoutError: QEMU runs, but its monitor does not answer.
        """
        from pyvirt_util.process import spawn
        from pyvirt_util.sockets import connect_unix

        deadline = time.monotonic() + timeout
        if log_header:
            os.write(self._log, log_header.encode("utf-8", "surrogateescape"))
        start = os.fstat(self._log).st_size
        # Before QEMU runs: the connection waits in the socket's queue, and breaks when QEMU ends without serving it.
        sock = connect_unix(monitor_path, timeout)
        try:
            process = spawn(argv, env=env, cwd=cwd, stdout=self._log, stderr=self._log, pass_fds=self._passed)
        except BaseException:
            sock.close()
            raise
        self._sockets.pop(monitor_path).close()
        try:
            monitor = Monitor(
                sock,
                monitor_path,
                timeout=max(0.0, deadline - time.monotonic()),
                peer_fd=process.open(),
                log_tail=lambda: read_tail(self._log_path, start),
            )
            try:
                left = max(0.0, deadline - time.monotonic())
                results = monitor.execute_many(commands, timeout=left, return_errors=True)
            except BaseException:
                monitor.close()
                raise
        except MonitorClosedError as error:
            # It closes its monitor only when it ends, so the wait is short; but never leave one behind.
            process.wait(1.0)
            self._end(process)
            raise self._failure(argv, read_tail(self._log_path, start)) from error
        except MonitorTimeoutError as error:
            self._end(process)
            raise OperationTimeoutError(
                f"the monitor of {os.path.basename(argv[0])} did not answer within {timeout:g} s",
                domain=ErrorDomain.QEMU,
            ) from error
        except BaseException:
            self._end(process)
            raise
        return Launched(process, monitor, results)

    @staticmethod
    def _end(process: ProcessId) -> None:
        process.kill()
        process.wait(5.0)
        process.reap()

    @staticmethod
    def _failure(argv: Sequence[str], said: str) -> LaunchError:
        reason = clean(said) or "it said nothing"
        error = LaunchError(f"process exited while connecting to monitor: {reason}", domain=ErrorDomain.QEMU)
        error.log = said
        return error
