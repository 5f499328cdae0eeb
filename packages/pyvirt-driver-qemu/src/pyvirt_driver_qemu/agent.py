"""A client of the guest agent (qemu-ga), over its channel's socket.

The agent speaks JSON like the monitor, but says no greeting, serves one client at a time, and may be absent: every
conversation begins with ``guest-sync``, whose answer also tells where stale answers end.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Self

from pyvirt_util.errors import AgentUnresponsiveError, AgentUnsyncedError, InternalError, SystemCallError

if TYPE_CHECKING:
    from types import TracebackType

#: Seconds libvirt waits for an answer to ``guest-sync``.
SYNC_TIMEOUT = 5.0
_MAX_LINE = 16 * 1024 * 1024


class GuestAgent:
    """A connection to the agent of one guest; raises AgentUnresponsiveError where nobody answers.

    :param path: the UNIX socket of the channel ``org.qemu.guest_agent.0``.
    :param timeout: seconds for the synchronisation.
    """

    def __init__(self, path: str, *, timeout: float = SYNC_TIMEOUT) -> None:
        from pyvirt_util.sockets import connect_unix

        self._path = path
        self._buffer = b""
        try:
            self._socket = connect_unix(path, timeout)
        except SystemCallError as error:
            raise AgentUnresponsiveError(f"the guest agent's channel cannot be opened: {error.message}") from error
        try:
            self._synchronise(timeout)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def execute(self, name: str, arguments: dict[str, Any] | None = None, *, timeout: float = 10.0) -> Any:
        """Run an agent command; returns its ``return`` member."""
        command: dict[str, Any] = {"execute": name}
        if arguments:
            command["arguments"] = arguments
        return self.execute_raw(command, timeout=timeout).get("return")

    def execute_raw(self, command: dict[str, Any], *, timeout: float = 10.0) -> dict[str, Any]:
        """Send a command object and return the whole reply; an error reply raises InternalError."""
        self._send(command)
        reply = self._receive(time.monotonic() + timeout)
        if "error" in reply:
            error = reply["error"]
            text = error.get("desc", error) if isinstance(error, dict) else error
            raise InternalError(f"unable to execute QEMU agent command '{command.get('execute')}': {text}")
        return reply

    def notify(self, name: str, arguments: dict[str, Any]) -> None:
        """Send a command that has no reply when it works (``guest-shutdown``)."""
        self._send({"execute": name, "arguments": arguments})

    def _synchronise(self, timeout: float) -> None:
        number = int.from_bytes(os.urandom(4), "big") >> 1
        # 0xff ends whatever half a command an earlier client left in the agent's parser.
        self._send({"execute": "guest-sync", "arguments": {"id": number}}, prefix=b"\xff")
        deadline = time.monotonic() + timeout
        while True:
            reply = self._receive(deadline)
            if reply.get("return") == number:
                return
            if "return" not in reply and "error" not in reply:
                raise AgentUnsyncedError(f"the guest agent answered guest-sync with {reply!r}")

    def _send(self, command: dict[str, Any], prefix: bytes = b"") -> None:
        try:
            self._socket.sendall(prefix + json.dumps(command, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            raise AgentUnresponsiveError(f"the guest agent does not read: {error}") from error

    def _receive(self, deadline: float) -> dict[str, Any]:
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                line = line.strip(b"\xff\r ")
                if not line:
                    continue
                try:
                    reply = json.loads(line)
                except ValueError:
                    continue  # the tail of an answer somebody else did not wait for
                if isinstance(reply, dict):
                    return reply
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                raise AgentUnresponsiveError("the guest agent did not answer in time")
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(65536)
            except TimeoutError as error:
                raise AgentUnresponsiveError("the guest agent did not answer in time") from error
            except OSError as error:
                raise AgentUnresponsiveError(f"the guest agent's channel failed: {error}") from error
            if not data:
                raise AgentUnresponsiveError("the guest agent's channel is closed")
            self._buffer += data
            if len(self._buffer) > _MAX_LINE:
                raise AgentUnsyncedError(f"the guest agent sent more than {_MAX_LINE} bytes without an end of line")
