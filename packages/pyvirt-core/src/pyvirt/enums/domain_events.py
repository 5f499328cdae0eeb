"""Enumerations and flags of events of domains, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainEventType(IntEnum):
    """virDomainEventType."""

    DEFINED = 0
    UNDEFINED = 1
    STARTED = 2
    SUSPENDED = 3
    RESUMED = 4
    STOPPED = 5
    SHUTDOWN = 6
    PMSUSPENDED = 7
    CRASHED = 8


class DomainEventDefinedDetailType(IntEnum):
    """virDomainEventDefinedDetailType."""

    ADDED = 0
    UPDATED = 1
    RENAMED = 2
    FROM_SNAPSHOT = 3


class DomainEventUndefinedDetailType(IntEnum):
    """virDomainEventUndefinedDetailType."""

    REMOVED = 0
    RENAMED = 1


class DomainEventStartedDetailType(IntEnum):
    """virDomainEventStartedDetailType."""

    BOOTED = 0
    MIGRATED = 1
    RESTORED = 2
    FROM_SNAPSHOT = 3
    WAKEUP = 4


class DomainEventSuspendedDetailType(IntEnum):
    """virDomainEventSuspendedDetailType."""

    PAUSED = 0
    MIGRATED = 1
    IOERROR = 2
    WATCHDOG = 3
    RESTORED = 4
    FROM_SNAPSHOT = 5
    API_ERROR = 6
    POSTCOPY = 7
    POSTCOPY_FAILED = 8


class DomainEventResumedDetailType(IntEnum):
    """virDomainEventResumedDetailType."""

    UNPAUSED = 0
    MIGRATED = 1
    FROM_SNAPSHOT = 2
    POSTCOPY = 3
    POSTCOPY_FAILED = 4


class DomainEventStoppedDetailType(IntEnum):
    """virDomainEventStoppedDetailType."""

    SHUTDOWN = 0
    DESTROYED = 1
    CRASHED = 2
    MIGRATED = 3
    SAVED = 4
    FAILED = 5
    FROM_SNAPSHOT = 6


class DomainEventShutdownDetailType(IntEnum):
    """virDomainEventShutdownDetailType."""

    FINISHED = 0
    GUEST = 1
    HOST = 2


class DomainEventPMSuspendedDetailType(IntEnum):
    """virDomainEventPMSuspendedDetailType."""

    MEMORY = 0
    DISK = 1


class DomainEventCrashedDetailType(IntEnum):
    """virDomainEventCrashedDetailType."""

    PANICKED = 0
    CRASHLOADED = 1


class DomainMemoryFailureRecipientType(IntEnum):
    """virDomainMemoryFailureRecipientType."""

    HYPERVISOR = 0
    GUEST = 1


class DomainMemoryFailureActionType(IntEnum):
    """virDomainMemoryFailureActionType."""

    IGNORE = 0
    INJECT = 1
    FATAL = 2
    RESET = 3


class DomainMemoryFailureFlags(IntFlag):
    """virDomainMemoryFailureFlags."""

    NONE = 0
    ACTION_REQUIRED = 1
    RECURSIVE = 2


class DomainEventWatchdogAction(IntEnum):
    """virDomainEventWatchdogAction."""

    NONE = 0
    PAUSE = 1
    RESET = 2
    POWEROFF = 3
    SHUTDOWN = 4
    DEBUG = 5
    INJECTNMI = 6


class DomainEventIOErrorAction(IntEnum):
    """virDomainEventIOErrorAction."""

    NONE = 0
    PAUSE = 1
    REPORT = 2


class DomainEventGraphicsPhase(IntEnum):
    """virDomainEventGraphicsPhase."""

    CONNECT = 0
    INITIALIZE = 1
    DISCONNECT = 2


class DomainEventGraphicsAddressType(IntEnum):
    """virDomainEventGraphicsAddressType."""

    IPV4 = 0
    IPV6 = 1
    UNIX = 2


class ConnectDomainEventBlockJobStatus(IntEnum):
    """virConnectDomainEventBlockJobStatus."""

    COMPLETED = 0
    FAILED = 1
    CANCELED = 2
    READY = 3


class ConnectDomainEventDiskChangeReason(IntEnum):
    """virConnectDomainEventDiskChangeReason."""

    CHANGE_MISSING_ON_START = 0
    DROP_MISSING_ON_START = 1


class DomainEventTrayChangeReason(IntEnum):
    """virDomainEventTrayChangeReason."""

    OPEN = 0
    CLOSE = 1


class ConnectDomainEventAgentLifecycleState(IntEnum):
    """virConnectDomainEventAgentLifecycleState."""

    CONNECTED = 1
    DISCONNECTED = 2


class ConnectDomainEventAgentLifecycleReason(IntEnum):
    """virConnectDomainEventAgentLifecycleReason."""

    UNKNOWN = 0
    DOMAIN_STARTED = 1
    CHANNEL = 2


class DomainEventID(IntEnum):
    """virDomainEventID."""

    LIFECYCLE = 0
    REBOOT = 1
    RTC_CHANGE = 2
    WATCHDOG = 3
    IO_ERROR = 4
    GRAPHICS = 5
    IO_ERROR_REASON = 6
    CONTROL_ERROR = 7
    BLOCK_JOB = 8
    DISK_CHANGE = 9
    TRAY_CHANGE = 10
    PMWAKEUP = 11
    PMSUSPEND = 12
    BALLOON_CHANGE = 13
    PMSUSPEND_DISK = 14
    DEVICE_REMOVED = 15
    BLOCK_JOB_2 = 16
    TUNABLE = 17
    AGENT_LIFECYCLE = 18
    DEVICE_ADDED = 19
    MIGRATION_ITERATION = 20
    JOB_COMPLETED = 21
    DEVICE_REMOVAL_FAILED = 22
    METADATA_CHANGE = 23
    BLOCK_THRESHOLD = 24
    MEMORY_FAILURE = 25
    MEMORY_DEVICE_SIZE_CHANGE = 26
