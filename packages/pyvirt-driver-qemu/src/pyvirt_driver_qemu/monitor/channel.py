"""A socket to a monitor with deadlines: bytes out, JSON objects in, and never an endless wait."""

from __future__ import annotations

import array
import errno
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from pyvirt_driver_qemu.monitor.errors import MonitorClosedError, MonitorProtocolError, MonitorTimeoutError
from pyvirt_driver_qemu.monitor.messages import MessageSplitter
from pyvirt_util.error_codes import ErrorDomain
from pyvirt_util.errors import system_error

_RECEIVE = 256 * 1024
_GONE = frozenset((errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN, errno.ESHUTDOWN))


class Channel:
    """Not thread-safe: :class:`~pyvirt_driver_qemu.monitor.Monitor` locks.

    :param sock: a connected stream socket, owned from now on.
    :param name: what errors call it: the path.
    :param peer_fd: a pidfd of the process at the other end; its death ends every wait. Owned too.
    :param log_tail: gives the end of the guest's log, for the error when the other end closes.
    """

    def __init__(
        self, sock: socket.socket, name: str, *, peer_fd: int | None = None, log_tail: Callable[[], str] | None = None
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._name = name
        self._peer_fd = peer_fd
        self._log_tail = log_tail
        self._splitter = MessageSplitter()
        self._poll = select.poll()
        self._events = select.POLLIN
        self._poll.register(sock, self._events)
        if peer_fd is not None:
            self._poll.register(peer_fd, select.POLLIN)
        self._failure: tuple[type[MonitorClosedError | MonitorProtocolError], str] | None = None

    @property
    def name(self) -> str:
        """What errors call this monitor."""
        return self._name

    def fileno(self) -> int:
        """The socket's descriptor, -1 when closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """Give the monitor back to other clients. Closing twice is fine."""
        self._sock.close()
        peer_fd, self._peer_fd = self._peer_fd, None
        if peer_fd is not None:
            self._poll.unregister(peer_fd)
            os.close(peer_fd)

    def send(self, data: bytes, fds: tuple[int, ...], deadline: float, what: str) -> list[dict[str, Any]]:
        """Send all of ``data``; returns the objects that came meanwhile.

        :param fds: go with the first byte.
        :param deadline: of :func:`time.monotonic`.
        :param what: names the work in the error of a timeout.
        """
        view = memoryview(data)
        arrived: list[dict[str, Any]] = []
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        while view:
            self._check()
            try:
                sent = self._sock.sendmsg([view], ancillary, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                # The peer may be stuck in writing to us: read while waiting for room.
                if self._wait(deadline, what, writing=True) & select.POLLIN:
                    arrived += self.read_available()
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno in _GONE:
                    raise self._closed() from None
                raise system_error(f"write to monitor '{self._name}'", error) from error
            else:
                view = view[sent:]
                ancillary = []
        return arrived

    def receive(self, deadline: float, what: str) -> list[dict[str, Any]]:
        """At least one object; waits for it until ``deadline``."""
        while True:
            messages = self.read_available()
            if messages:
                return messages
            self._wait(deadline, what, writing=False)

    def read_available(self) -> list[dict[str, Any]]:
        """The objects that are there now, none included.

        :raises MonitorClosedError: the other end is closed and all it said was read.
        :raises MonitorProtocolError: it said something that is no QMP.
        """
        self._check()
        try:
            data = self._sock.recv(_RECEIVE)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            if error.errno in _GONE:
                raise self._closed() from None
            raise system_error(f"read from monitor '{self._name}'", error) from error
        if not data:
            raise self._closed()
        try:
            return self._splitter.feed(data)
        except ValueError as error:
            failure = MonitorProtocolError(f"monitor '{self._name}': {error}", domain=ErrorDomain.QEMU)
            self.fail(failure)
            raise failure from None

    def fail(self, error: MonitorClosedError | MonitorProtocolError) -> None:
        """Close for good; whoever uses the channel afterwards is told of ``error``.

        The error itself is not kept: its traceback leads back here, and would hold descriptors until the next garbage
        collection.
        """
        self._failure = (type(error), error.message)
        self.close()

    def _check(self) -> None:
        if self._failure is not None:
            kind, message = self._failure
            raise kind(message, domain=ErrorDomain.QEMU)
        if self._sock.fileno() < 0:
            raise MonitorClosedError(f"monitor '{self._name}' was closed", domain=ErrorDomain.QEMU)

    def _wait(self, deadline: float, what: str, *, writing: bool) -> int:
        """Wait until the socket is ready; its poll events."""
        events = select.POLLIN | select.POLLOUT if writing else select.POLLIN
        if events != self._events:
            self._poll.modify(self._sock, events)
            self._events = events
        left = deadline - time.monotonic()
        ready = self._poll.poll(max(0.0, left) * 1000)
        own = self._sock.fileno()
        state = 0
        for fd, found in ready:
            if fd == own:
                state = found
        if ready and not state:
            # The process is gone; what it wrote before may still wait in the socket.
            if not any(found for fd, found in self._poll.poll(0) if fd == own):
                raise self._closed()
            return select.POLLIN
        if not ready and left <= 0:
            raise MonitorTimeoutError(self._timeout_text(what), domain=ErrorDomain.QEMU)
        return state

    def _timeout_text(self, what: str) -> str:
        pending = self._splitter.pending
        partial = f"; {pending} bytes of an unfinished message came" if pending else ""
        return f"monitor '{self._name}' gave no answer in time while {what}{partial}"

    def _closed(self) -> MonitorClosedError:
        log = ""
        if self._log_tail is not None:
            try:
                log = self._log_tail().strip()
            except OSError:
                log = ""
        text = f"end of file from QEMU monitor '{self._name}'"
        error = MonitorClosedError(f"{text}: {log}" if log else text, domain=ErrorDomain.QEMU)
        error.log = log
        self.fail(error)
        return error
