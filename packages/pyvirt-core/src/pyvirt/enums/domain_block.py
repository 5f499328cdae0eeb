"""Enumerations and flags of block jobs and disks of a domain, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainBlockResizeFlags(IntFlag):
    """virDomainBlockResizeFlags."""

    NONE = 0
    BYTES = 1


class DomainBlockJobType(IntEnum):
    """virDomainBlockJobType."""

    UNKNOWN = 0
    PULL = 1
    COPY = 2
    COMMIT = 3
    ACTIVE_COMMIT = 4
    BACKUP = 5


class DomainBlockJobAbortFlags(IntFlag):
    """virDomainBlockJobAbortFlags."""

    NONE = 0
    ASYNC = 1
    PIVOT = 2


class DomainBlockJobInfoFlags(IntFlag):
    """virDomainBlockJobInfoFlags."""

    NONE = 0
    BANDWIDTH_BYTES = 1


class DomainBlockJobSetSpeedFlags(IntFlag):
    """virDomainBlockJobSetSpeedFlags."""

    NONE = 0
    BANDWIDTH_BYTES = 1


class DomainBlockPullFlags(IntFlag):
    """virDomainBlockPullFlags."""

    NONE = 0
    BANDWIDTH_BYTES = 64


class DomainBlockRebaseFlags(IntFlag):
    """virDomainBlockRebaseFlags."""

    NONE = 0
    SHALLOW = 1
    REUSE_EXT = 2
    COPY_RAW = 4
    COPY = 8
    RELATIVE = 16
    COPY_DEV = 32
    BANDWIDTH_BYTES = 64


class DomainBlockCopyFlags(IntFlag):
    """virDomainBlockCopyFlags."""

    NONE = 0
    SHALLOW = 1
    REUSE_EXT = 2
    TRANSIENT_JOB = 4
    SYNCHRONOUS_WRITES = 8


class DomainBlockCommitFlags(IntFlag):
    """virDomainBlockCommitFlags."""

    NONE = 0
    SHALLOW = 1
    DELETE = 2
    ACTIVE = 4
    RELATIVE = 8
    BANDWIDTH_BYTES = 16


class DomainDiskErrorCode(IntEnum):
    """virDomainDiskErrorCode."""

    NONE = 0
    UNSPEC = 1
    NO_SPACE = 2
