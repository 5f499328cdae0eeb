"""Netlink in the few messages that this package needs, most of them of its routing protocol, rtnetlink.

A general library costs every process that plugs a NIC a third of a second at import; these messages cost nothing.
Sources: the kernel's Documentation/userspace-api/netlink/intro.rst and include/uapi/linux/{netlink,rtnetlink}.h.
Failures are :class:`OSError` with the kernel's errno, and its own words where it has some (extended ACK); the callers
say what they were about to do.
"""

from __future__ import annotations

import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19

NLM_F_REQUEST, NLM_F_ACK = 0x1, 0x4
NLM_F_DUMP = 0x300
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
_NLM_F_DUMP_INTR = 0x10
_NLM_F_CAPPED, _NLM_F_ACK_TLVS = 0x100, 0x200
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLA_TYPE_MASK = 0x3FFF
_NLA_F_NESTED = 0x8000
_SOL_NETLINK, _NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK = 270, 10, 11, 12
_NLMSGERR_ATTR_MSG = 1

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    size = 4 + len(value)
    return _ATTRIBUTE.pack(size, kind) + value + bytes(-size & 3)


def u32(kind: int, value: int) -> bytes:
    """An attribute that holds an unsigned 32 bit number in the host's byte order."""
    return _ATTRIBUTE.pack(8, kind) + struct.pack("=I", value)


def u8(kind: int, value: int) -> bytes:
    """An attribute that holds one byte."""
    return attribute(kind, bytes((value,)))


def text(kind: int, value: str) -> bytes:
    """An attribute that holds a string, which ends with a NUL."""
    return attribute(kind, os.fsencode(value) + b"\0")


def nested(kind: int, *members: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NLA_F_NESTED, b"".join(members))


def attributes(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """The attributes in ``data`` as (type, value), in order; a truncated one ends it."""
    view = memoryview(data)
    place, end = 0, len(view)
    while place + 4 <= end:
        size, kind = _ATTRIBUTE.unpack_from(view, place)
        if size < 4 or place + size > end:
            return
        yield kind & _NLA_TYPE_MASK, view[place + 4 : place + size]
        place += (size + 3) & ~3


class Netlink:
    """A socket for one netlink protocol, of the network namespace that the calling thread is in when it is made.

    It is a context manager, which closes it.
    """

    __slots__ = ("_sequence", "_socket")

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._sequence = 0
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK):
            try:
                self._socket.setsockopt(_SOL_NETLINK, option, 1)
            except OSError:  # kernels before 4.3, 4.12, 4.20: the answers are less precise, and still right
                break

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def request(self, kind: int, body: bytes, flags: int = 0) -> list[bytes]:
        """Send one message; the payloads of the answers, none for a plain acknowledgement.

        :raises OSError: the kernel's refusal.
        """
        self._sequence += 1
        header = _HEADER.pack(
            _HEADER.size + len(body), kind, flags | NLM_F_REQUEST | NLM_F_ACK, self._sequence & 0xFFFFFFFF, 0
        )
        self._socket.sendto(header + body, (0, 0))
        return self._answers()

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """All objects of a kind. A list that changed while it was read is read again, a few times.

        :raises OSError: the kernel's refusal.
        """
        answers: list[bytes] = []
        for _attempt in range(5):
            try:
                answers = self.request(kind, body, NLM_F_DUMP)
            except InterruptedError:
                continue
            return answers
        raise OSError(4, "the list of devices keeps changing")

    def _answers(self) -> list[bytes]:
        answers: list[bytes] = []
        interrupted = False
        while True:
            # An answer has any size (a PF with 256 VFs: 80 kB): ask first.
            size = self._socket.recv_into(bytearray(1), 1, socket.MSG_PEEK | socket.MSG_TRUNC)
            data = self._socket.recv(size)
            place = 0
            while place + _HEADER.size <= len(data):
                length, kind, flags, sequence, _port = _HEADER.unpack_from(data, place)
                if length < _HEADER.size:
                    break
                payload = data[place + _HEADER.size : place + length]
                place += (length + 3) & ~3
                if sequence != self._sequence & 0xFFFFFFFF:
                    continue
                interrupted = interrupted or bool(flags & _NLM_F_DUMP_INTR)
                if kind in (_NLMSG_ERROR, _NLMSG_DONE):
                    code = _ERROR.unpack_from(payload)[0] if len(payload) >= 4 else 0
                    if code < 0:
                        raise OSError(-code, _reason(-code, payload, flags, kind))
                    if interrupted:
                        raise InterruptedError(4, "the list changed while it was read")
                    return answers
                answers.append(payload)


class Rtnetlink(Netlink):
    """A routing socket."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(socket.NETLINK_ROUTE)


def _reason(code: int, payload: bytes, flags: int, kind: int) -> str:
    """The kernel's own words about a failure, else those of the errno."""
    words = os.strerror(code)
    if not flags & _NLM_F_ACK_TLVS:
        return words
    start = 4
    if kind == _NLMSG_ERROR:
        start += _HEADER.size
        if not flags & _NLM_F_CAPPED and len(payload) >= 8:  # the whole request comes back
            start = 4 + struct.unpack_from("=I", payload, 4)[0]
    for name, value in attributes(payload[start:]):
        if name == _NLMSGERR_ATTR_MSG:
            detail = bytes(value).rstrip(b"\0").decode(errors="replace")
            return f"{words} ({detail})"
    return words
