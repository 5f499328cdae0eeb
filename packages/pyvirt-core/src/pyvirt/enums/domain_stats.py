"""Enumerations and flags of statistics and tunables of a domain, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainMemoryStatTags(IntEnum):
    """virDomainMemoryStatTags."""

    SWAP_IN = 0
    SWAP_OUT = 1
    MAJOR_FAULT = 2
    MINOR_FAULT = 3
    UNUSED = 4
    AVAILABLE = 5
    ACTUAL_BALLOON = 6
    RSS = 7
    USABLE = 8
    LAST_UPDATE = 9
    DISK_CACHES = 10
    HUGETLB_PGALLOC = 11
    HUGETLB_PGFAIL = 12
    NR = 13


class DomainNumatuneMemMode(IntEnum):
    """virDomainNumatuneMemMode."""

    STRICT = 0
    PREFERRED = 1
    INTERLEAVE = 2
    RESTRICTIVE = 3


class DomainStatsTypes(IntFlag):
    """virDomainStatsTypes."""

    NONE = 0
    STATE = 1
    CPU_TOTAL = 2
    BALLOON = 4
    VCPU = 8
    INTERFACE = 16
    BLOCK = 32
    PERF = 64
    IOTHREAD = 128
    MEMORY = 256
    DIRTYRATE = 512
    VM = 1024


class ConnectGetAllDomainStatsFlags(IntFlag):
    """virConnectGetAllDomainStatsFlags."""

    NONE = 0
    ACTIVE = 1
    INACTIVE = 2
    PERSISTENT = 4
    TRANSIENT = 8
    RUNNING = 16
    PAUSED = 32
    SHUTOFF = 64
    OTHER = 128
    NOWAIT = 536870912
    BACKING = 1073741824
    ENFORCE_STATS = 2147483648


class SchedParameterType(IntEnum):
    """virSchedParameterType."""

    INT = 1
    UINT = 2
    LLONG = 3
    ULLONG = 4
    DOUBLE = 5
    BOOLEAN = 6


class BlkioParameterType(IntEnum):
    """virBlkioParameterType."""

    INT = 1
    UINT = 2
    LLONG = 3
    ULLONG = 4
    DOUBLE = 5
    BOOLEAN = 6


class MemoryParameterType(IntEnum):
    """virMemoryParameterType."""

    INT = 1
    UINT = 2
    LLONG = 3
    ULLONG = 4
    DOUBLE = 5
    BOOLEAN = 6


class DomainMessageType(IntEnum):
    """virDomainMessageType."""

    DEPRECATION = 1
    TAINTING = 2
