"""Enumerations and flags of connections and typed parameters, with libvirt's values."""

from enum import IntEnum, IntFlag


class ClientTransport(IntEnum):
    """virClientTransport."""

    UNIX = 0
    TCP = 1
    TLS = 2


class ConnectCloseReason(IntEnum):
    """virConnectCloseReason."""

    ERROR = 0
    EOF = 1
    KEEPALIVE = 2
    CLIENT = 3


class TypedParameterType(IntEnum):
    """virTypedParameterType."""

    INT = 1
    UINT = 2
    LLONG = 3
    ULLONG = 4
    DOUBLE = 5
    BOOLEAN = 6
    STRING = 7


class TypedParameterFlags(IntFlag):
    """virTypedParameterFlags."""

    NONE = 0
    PARAM_STRING_OKAY = 4


class EventHandleType(IntEnum):
    """virEventHandleType."""

    READABLE = 1
    WRITABLE = 2
    ERROR = 4
    HANGUP = 8
