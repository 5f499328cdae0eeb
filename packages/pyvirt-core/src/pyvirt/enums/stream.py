"""Enumerations and flags of streams, with libvirt's values."""

from enum import IntEnum, IntFlag


class StreamFlags(IntFlag):
    """virStreamFlags."""

    NONE = 0
    NONBLOCK = 1


class StreamRecvFlags(IntFlag):
    """virStreamRecvFlagsValues."""

    NONE = 0
    STOP_AT_HOLE = 1


class StreamEventType(IntEnum):
    """virStreamEventType."""

    READABLE = 1
    WRITABLE = 2
    ERROR = 4
    HANGUP = 8
