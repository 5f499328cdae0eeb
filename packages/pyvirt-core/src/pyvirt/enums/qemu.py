"""Enumerations and flags of QEMU's monitor and agent, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainQemuMonitorCommandFlags(IntFlag):
    """virDomainQemuMonitorCommandFlags."""

    DEFAULT = 0
    HMP = 1


class DomainQemuAgentCommandTimeout(IntEnum):
    """virDomainQemuAgentCommandTimeoutValues."""

    MIN = -2
    BLOCK = -2
    DEFAULT = -1
    NOWAIT = 0
    SHUTDOWN = 60


class ConnectDomainQemuMonitorEventRegisterFlags(IntFlag):
    """virConnectDomainQemuMonitorEventRegisterFlags."""

    NONE = 0
    REGEX = 1
    NOCASE = 2
