"""Commands, events and the cutting of a byte stream into JSON objects."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

#: A reply may be large (the QAPI schema of QEMU 7.2 is 380 kB, block statistics of many disks a few MB), but a
#: monitor that sends more than this without an end of line is broken.
MAX_MESSAGE = 10 * 1024 * 1024

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().decode


class Command(NamedTuple):
    """One command of a pipeline.

    ``fds`` are passed along with the command's first byte (for ``getfd``, ``add-fd``); QEMU takes one.
    """

    name: str
    arguments: dict[str, Any] | None = None
    fds: tuple[int, ...] = ()


class Event(NamedTuple):
    """An event as QEMU sent it: ``SHUTDOWN`` with ``{"guest": true, "reason": "guest-shutdown"}``.

    ``seconds`` and ``microseconds`` are the host's clock when it was sent (since 1970, UTC); -1 when the clock failed.
    """

    name: str
    data: dict[str, Any]
    seconds: int
    microseconds: int


def encode_command(name: str, arguments: dict[str, Any] | None, identifier: int) -> bytes:
    """One command as compact JSON: QEMU's monitor takes 6 to 7 µs for every byte of it.

    :raises ValueError: a string that can't be UTF-8 (a lone surrogate), or a value JSON has no form for.
    :raises TypeError: a value of a type JSON doesn't know.
    """
    if arguments:
        text = f'{{"execute":"{name}","arguments":{_encode(arguments)},"id":{identifier}}}'
    else:
        text = f'{{"execute":"{name}","id":{identifier}}}'
    return text.encode()


def parse_event(message: dict[str, Any]) -> Event:
    """An ``Event`` from QEMU's ``{"event": ..., "data": ..., "timestamp": ...}``."""
    stamp = message.get("timestamp")
    seconds = microseconds = -1
    if isinstance(stamp, dict):
        first, second = stamp.get("seconds"), stamp.get("microseconds")
        if isinstance(first, int) and isinstance(second, int):
            seconds, microseconds = first, second
    data = message.get("data")
    return Event(str(message["event"]), data if isinstance(data, dict) else {}, seconds, microseconds)


class MessageSplitter:
    """Collects received bytes and cuts them into JSON objects, one per line as QEMU writes them."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = limit

    @property
    def pending(self) -> int:
        """Bytes of a line that has not ended."""
        return self._size

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The objects that ``data`` completes.

        :raises ValueError: a line is no JSON object, or is longer than the limit; the message says what came.
        """
        if b"\n" not in data:
            self._parts.append(data)
            self._size += len(data)
            if self._size > self._limit:
                raise ValueError(f"no end of a message within {self._limit} bytes")
            return []
        lines = data.split(b"\n")
        if self._parts:
            self._parts.append(lines[0])
            lines[0] = b"".join(self._parts)
        rest = lines.pop()
        self._parts = [rest] if rest else []
        self._size = len(rest)
        return [self._parse(line) for line in lines if line and not line.isspace()]

    @staticmethod
    def _parse(line: bytes) -> dict[str, Any]:
        try:
            message = _decode(line.decode())
        except (ValueError, RecursionError):
            raise ValueError(f"cannot parse '{_shown(line)}' as JSON") from None
        if not isinstance(message, dict):
            raise ValueError(f"'{_shown(line)}' is not a JSON object")
        return message


def _shown(line: bytes) -> str:
    text = line[:80].decode("utf-8", "replace").strip()
    return "".join(c if c.isprintable() else "?" for c in text) + ("..." if len(line) > 80 else "")
