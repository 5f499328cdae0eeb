"""The QMP client: greeting, negotiation, commands, pipelines, events."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from socket import socket
from types import TracebackType
from typing import Any, Self

from pyvirt_driver_qemu.monitor.channel import Channel
from pyvirt_driver_qemu.monitor.doorbell import Doorbell
from pyvirt_driver_qemu.monitor.errors import (
    CommandError,
    MonitorClosedError,
    MonitorProtocolError,
    MonitorTimeoutError,
    command_error,
)
from pyvirt_driver_qemu.monitor.messages import Command, Event, encode_command, parse_event
from pyvirt_util.error_codes import ErrorDomain
from pyvirt_util.errors import InvalidArgError

#: Seconds a command may take when the caller says nothing.
DEFAULT_TIMEOUT = 30.0

_MISSING = object()


class Monitor:
    """A connection to a QMP monitor. Threads may share it: commands of one thread at a time.

    The negotiation (``qmp_capabilities``) travels with the first command, which saves a round trip.

    :param sock: a connected socket, owned from now on.
    :param name: what errors call it; the path of the socket.
    :param timeout: seconds for the greeting.
    :param peer_fd: a pidfd of the QEMU process; its end ends every wait at once. Owned too.
    :param on_event: called with each :class:`Event` by the thread that read it, after its command was answered. Without
        it events wait for :meth:`next_event`.
    :param log_tail: the end of the guest's log, asked for when QEMU closes the connection.
    :raises MonitorClosedError: QEMU ended before it said a greeting.
    :raises MonitorTimeoutError: no greeting in time: another client is connected, or QEMU hangs.
    :raises MonitorProtocolError: the greeting is none.
    """

    def __init__(
        self,
        sock: socket,
        name: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        peer_fd: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        log_tail: Callable[[], str] | None = None,
    ) -> None:
        self._channel = Channel(sock, name, peer_fd=peer_fd, log_tail=log_tail)
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._news: Doorbell | None = None
        self._on_event = on_event
        self._negotiated = False
        self._last_id = 0
        self._replies: dict[int, dict[str, Any]] = {}
        self._expected: set[int] = set()
        try:
            self.greeting = self._read_greeting(time.monotonic() + timeout)
        except BaseException:
            self._channel.close()
            raise

    @classmethod
    def connect(
        cls,
        path: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        peer_fd: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        log_tail: Callable[[], str] | None = None,
    ) -> Self:
        """Connect to the monitor socket at ``path``; waits while another client is connected.

        :raises VirtError: as the constructor, and a system call error when nobody listens at ``path``.
        """
        from pyvirt_util.sockets import connect_unix

        deadline = time.monotonic() + timeout
        try:
            sock = connect_unix(path, timeout)
        except BaseException:
            if peer_fd is not None:
                os.close(peer_fd)
            raise
        return cls(
            sock,
            path,
            timeout=max(0.0, deadline - time.monotonic()),
            peer_fd=peer_fd,
            on_event=on_event,
            log_tail=log_tail,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, so that another client can have the monitor."""
        self._channel.close()
        self._wake()

    def fileno(self) -> int:
        """The socket, for :func:`select.poll`: readable when an event waits or QEMU is gone."""
        return self._channel.fileno()

    @property
    def name(self) -> str:
        """The path of the socket."""
        return self._channel.name

    @property
    def version(self) -> tuple[int, int, int]:
        """QEMU's version from its greeting: (7, 2, 22)."""
        return self._version

    @property
    def package(self) -> str:
        """The packager's version from the greeting: ``Debian 1:7.2+dfsg-7``."""
        return str(self.greeting.get("version", {}).get("package", ""))

    def execute(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        fds: tuple[int, ...] = (),
    ) -> Any:
        """Run one command; returns its ``return`` member (``{}`` for most).

        :param timeout: seconds, the wait for other threads' commands included.
        :raises CommandError: QEMU refused it (one of its subclasses).
        :raises MonitorTimeoutError: no reply in time; what the command does goes on.
        :raises MonitorError: the connection failed.
        """
        return self.execute_many((Command(name, arguments, fds),), timeout=timeout)[0]

    def execute_many(
        self,
        commands: Sequence[Command],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        return_errors: bool = False,
    ) -> list[Any]:
        """Run commands in one go: all are sent at once, QEMU runs them in their order, an error does not stop it.

        A command with descriptors waits for the replies to those before it, as QEMU keeps one passed descriptor.

        :param return_errors: errors stand in the result instead of being raised; else the first is raised after all
            replies were read.
        :returns: the ``return`` members in order.
        :raises VirtError: as :meth:`execute`.
        """
        deadline = time.monotonic() + timeout
        what = f"waiting for '{commands[0].name}'" if commands else "waiting"
        self._acquire(deadline, what)
        try:
            results: list[Any] = [] if commands else self._run((), deadline, what)
            start = 0
            for end in range(1, len(commands) + 1):
                if end == len(commands) or commands[end].fds:
                    results += self._run(commands[start:end], deadline, what)
                    start = end
        finally:
            self._expected.clear()
            self._replies.clear()
            self._lock.release()
            self._wake()
        self._deliver()
        if not return_errors:
            for result in results:
                if isinstance(result, CommandError):
                    raise result
        return results

    def negotiate(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Leave the negotiation mode; events come only after that. The first command does it too."""
        if not self._negotiated:
            self.execute_many((), timeout=timeout)

    def next_event(self, timeout: float | None = None) -> Event | None:
        """The next event, in order; ``None`` when none came within ``timeout`` seconds (``None``: wait for ever).

        Not for monitors with ``on_event``.

        :raises MonitorClosedError: QEMU closed the connection and all events before were given.
        """
        import select

        self.negotiate()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._events:
                try:
                    return self._events.popleft()
                except IndexError:
                    continue
            if self._lock.acquire(blocking=False):
                try:
                    self._sort(self._channel.read_available())
                finally:
                    self._lock.release()
                if self._events:
                    continue
            if self._news is None:
                self._news = Doorbell()
                continue
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            poll = select.poll()
            # While another thread waits for a reply it reads the events too, and rings when it is done.
            if not self._lock.locked():
                poll.register(self._channel.fileno(), select.POLLIN)
            poll.register(self._news.fd, select.POLLIN)
            poll.poll(None if left is None else left * 1000)
            self._news.clear()

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Events as they come, until none came for ``timeout`` seconds or QEMU closed the connection."""
        while True:
            try:
                event = self.next_event(timeout)
            except MonitorClosedError:
                return
            if event is None:
                return
            yield event

    def _acquire(self, deadline: float, what: str) -> None:
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise MonitorTimeoutError(
                f"monitor '{self.name}' is busy with a command of another thread while {what}", domain=ErrorDomain.QEMU
            )

    def _read_greeting(self, deadline: float) -> dict[str, Any]:
        first, *rest = self._channel.receive(deadline, "waiting for the greeting (another client may be connected)")
        greeting = first.get("QMP")
        try:
            if not isinstance(greeting, dict):
                raise TypeError
            version = greeting["version"]["qemu"]
            self._version = (int(version["major"]), int(version["minor"]), int(version["micro"]))
        except (KeyError, TypeError, ValueError):
            raise MonitorProtocolError(
                f"monitor '{self.name}' did not begin with a QMP greeting", domain=ErrorDomain.QEMU
            ) from None
        self._sort(rest)
        return greeting

    def _run(self, commands: Sequence[Command], deadline: float, what: str) -> list[Any]:
        """Send a batch of which only the first may carry descriptors; the replies' results or errors."""
        queue = list(commands)
        if not self._negotiated:
            # A descriptor goes with the first byte of its own command, so the negotiation can't share its batch.
            if queue and queue[0].fds:
                self._run((), deadline, what)
            else:
                queue.insert(0, Command("qmp_capabilities"))
        identifiers = []
        pieces = []
        if not queue:
            return []
        for command in queue:
            self._last_id += 1
            identifiers.append(self._last_id)
            try:
                pieces.append(encode_command(command.name, command.arguments, self._last_id))
            except (TypeError, ValueError) as error:
                raise InvalidArgError(
                    f"arguments of QEMU command '{command.name}' have no JSON form: {error}", domain=ErrorDomain.QEMU
                ) from None
        self._expected.update(identifiers)
        # QEMU needs no line ends, tools that show the traffic do.
        pieces.append(b"\n")
        fds = queue[0].fds
        self._sort(self._channel.send(b"".join(pieces), fds, deadline, what))
        while self._expected:
            self._sort(self._channel.receive(deadline, what))
        results = [
            self._result(command, self._replies.pop(number)) for command, number in zip(queue, identifiers, strict=True)
        ]
        if not self._negotiated:
            first = results.pop(0)
            # Refused as unknown: it is done already, and only its reply came too late for the command before.
            if isinstance(first, CommandError) and first.qmp_class != "CommandNotFound":
                raise first
            self._negotiated = True
        return results

    def _sort(self, messages: list[dict[str, Any]]) -> None:
        news = False
        for message in messages:
            if "event" in message:
                self._events.append(parse_event(message))
                news = True
            elif "return" in message or "error" in message:
                number = message.get("id")
                if isinstance(number, int) and number in self._expected:
                    self._expected.discard(number)
                    self._replies[number] = message
                elif not (isinstance(number, int) and 0 < number <= self._last_id):
                    # A reply to a command that timed out is dropped, one to nothing of ours is a broken monitor.
                    self._broken(message)
            elif "QMP" not in message:
                self._broken(message)
        if news:
            self._wake()

    def _wake(self) -> None:
        if self._news is not None:
            self._news.ring()

    def _broken(self, message: dict[str, Any]) -> None:
        error = message.get("error")
        said = str(error.get("desc", "")) if isinstance(error, dict) else ""
        failure = MonitorProtocolError(
            f"monitor '{self.name}' sent {'an error nobody asked for: ' + said if said else 'an unexpected message'}",
            domain=ErrorDomain.QEMU,
        )
        self._channel.fail(failure)
        raise failure

    @staticmethod
    def _result(command: Command, reply: dict[str, Any]) -> Any:
        value = reply.get("return", _MISSING)
        return command_error(command.name, reply.get("error")) if value is _MISSING else value

    def _deliver(self) -> None:
        """Hand queued events to the callback; outside the lock, so that it may run commands."""
        if self._on_event is None:
            return
        while self._events:
            try:
                event = self._events.popleft()
            except IndexError:
                return
            self._on_event(event)
