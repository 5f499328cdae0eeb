"""Enumerations and flags of states of a domain and the reasons for them, with libvirt's values."""

from enum import IntEnum


class DomainState(IntEnum):
    """virDomainState."""

    NOSTATE = 0
    RUNNING = 1
    BLOCKED = 2
    PAUSED = 3
    SHUTDOWN = 4
    SHUTOFF = 5
    CRASHED = 6
    PMSUSPENDED = 7


class DomainNostateReason(IntEnum):
    """virDomainNostateReason."""

    UNKNOWN = 0


class DomainRunningReason(IntEnum):
    """virDomainRunningReason."""

    UNKNOWN = 0
    BOOTED = 1
    MIGRATED = 2
    RESTORED = 3
    FROM_SNAPSHOT = 4
    UNPAUSED = 5
    MIGRATION_CANCELED = 6
    SAVE_CANCELED = 7
    WAKEUP = 8
    CRASHED = 9
    POSTCOPY = 10
    POSTCOPY_FAILED = 11


class DomainBlockedReason(IntEnum):
    """virDomainBlockedReason."""

    UNKNOWN = 0


class DomainPausedReason(IntEnum):
    """virDomainPausedReason."""

    UNKNOWN = 0
    USER = 1
    MIGRATION = 2
    SAVE = 3
    DUMP = 4
    IOERROR = 5
    WATCHDOG = 6
    FROM_SNAPSHOT = 7
    SHUTTING_DOWN = 8
    SNAPSHOT = 9
    CRASHED = 10
    STARTING_UP = 11
    POSTCOPY = 12
    POSTCOPY_FAILED = 13


class DomainShutdownReason(IntEnum):
    """virDomainShutdownReason."""

    UNKNOWN = 0
    USER = 1


class DomainShutoffReason(IntEnum):
    """virDomainShutoffReason."""

    UNKNOWN = 0
    SHUTDOWN = 1
    DESTROYED = 2
    CRASHED = 3
    MIGRATED = 4
    SAVED = 5
    FAILED = 6
    FROM_SNAPSHOT = 7
    DAEMON = 8


class DomainCrashedReason(IntEnum):
    """virDomainCrashedReason."""

    UNKNOWN = 0
    PANICKED = 1


class DomainPMSuspendedReason(IntEnum):
    """virDomainPMSuspendedReason."""

    PMSUSPENDED_UNKNOWN = 0


class DomainPMSuspendedDiskReason(IntEnum):
    """virDomainPMSuspendedDiskReason."""

    PMSUSPENDED_DISK_UNKNOWN = 0


class DomainControlState(IntEnum):
    """virDomainControlState."""

    OK = 0
    JOB = 1
    OCCUPIED = 2
    ERROR = 3


class DomainControlErrorReason(IntEnum):
    """virDomainControlErrorReason."""

    NONE = 0
    UNKNOWN = 1
    MONITOR = 2
    INTERNAL = 3


class VcpuState(IntEnum):
    """virVcpuState."""

    OFFLINE = 0
    RUNNING = 1
    BLOCKED = 2


class VcpuHostCpuState(IntEnum):
    """virVcpuHostCpuState."""

    OFFLINE = -1
    UNAVAILABLE = -2
