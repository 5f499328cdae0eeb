"""Enumerations and flags of migration, saving, dumping and other jobs of a domain, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainCoreDumpFlags(IntFlag):
    """virDomainCoreDumpFlags."""

    NONE = 0
    CRASH = 1
    LIVE = 2
    BYPASS_CACHE = 4
    RESET = 8
    MEMORY_ONLY = 16


class DomainCoreDumpFormat(IntEnum):
    """virDomainCoreDumpFormat."""

    RAW = 0
    KDUMP_ZLIB = 1
    KDUMP_LZO = 2
    KDUMP_SNAPPY = 3
    WIN_DMP = 4


class DomainMigrateFlags(IntFlag):
    """virDomainMigrateFlags."""

    NONE = 0
    LIVE = 1
    PEER2PEER = 2
    TUNNELLED = 4
    PERSIST_DEST = 8
    UNDEFINE_SOURCE = 16
    PAUSED = 32
    NON_SHARED_DISK = 64
    NON_SHARED_INC = 128
    CHANGE_PROTECTION = 256
    UNSAFE = 512
    OFFLINE = 1024
    COMPRESSED = 2048
    ABORT_ON_ERROR = 4096
    AUTO_CONVERGE = 8192
    RDMA_PIN_ALL = 16384
    POSTCOPY = 32768
    TLS = 65536
    PARALLEL = 131072
    NON_SHARED_SYNCHRONOUS_WRITES = 262144
    POSTCOPY_RESUME = 524288
    ZEROCOPY = 1048576


class DomainMigrateMaxSpeedFlags(IntFlag):
    """virDomainMigrateMaxSpeedFlags."""

    NONE = 0
    POSTCOPY = 1


class DomainSaveRestoreFlags(IntFlag):
    """virDomainSaveRestoreFlags."""

    NONE = 0
    BYPASS_CACHE = 1
    RUNNING = 2
    PAUSED = 4
    RESET_NVRAM = 8


class DomainSaveImageXMLFlags(IntFlag):
    """virDomainSaveImageXMLFlags."""

    NONE = 0
    SECURE = 1


class DomainJobType(IntEnum):
    """virDomainJobType."""

    NONE = 0
    BOUNDED = 1
    UNBOUNDED = 2
    COMPLETED = 3
    FAILED = 4
    CANCELLED = 5


class DomainGetJobStatsFlags(IntFlag):
    """virDomainGetJobStatsFlags."""

    NONE = 0
    COMPLETED = 1
    KEEP_COMPLETED = 2


class DomainAbortJobFlags(IntFlag):
    """virDomainAbortJobFlagsValues."""

    NONE = 0
    POSTCOPY = 1


class DomainJobOperation(IntEnum):
    """virDomainJobOperation."""

    UNKNOWN = 0
    START = 1
    SAVE = 2
    RESTORE = 3
    MIGRATION_IN = 4
    MIGRATION_OUT = 5
    SNAPSHOT = 6
    SNAPSHOT_REVERT = 7
    DUMP = 8
    BACKUP = 9
    SNAPSHOT_DELETE = 10


class DomainDirtyRateStatus(IntEnum):
    """virDomainDirtyRateStatus."""

    UNSTARTED = 0
    MEASURING = 1
    MEASURED = 2


class DomainDirtyRateCalcFlags(IntFlag):
    """virDomainDirtyRateCalcFlags."""

    PAGE_SAMPLING = 0
    DIRTY_BITMAP = 1
    DIRTY_RING = 2
