"""Enumerations and flags of snapshots, with libvirt's values."""

from enum import IntFlag


class DomainSnapshotCreateFlags(IntFlag):
    """virDomainSnapshotCreateFlags."""

    NONE = 0
    REDEFINE = 1
    CURRENT = 2
    NO_METADATA = 4
    HALT = 8
    DISK_ONLY = 16
    REUSE_EXT = 32
    QUIESCE = 64
    ATOMIC = 128
    LIVE = 256
    VALIDATE = 512


class DomainSnapshotXMLFlags(IntFlag):
    """virDomainSnapshotXMLFlags."""

    NONE = 0
    SECURE = 1


class DomainSnapshotListFlags(IntFlag):
    """virDomainSnapshotListFlags."""

    NONE = 0
    ROOTS = 1
    DESCENDANTS = 1
    LEAVES = 4
    NO_LEAVES = 8
    METADATA = 2
    NO_METADATA = 16
    INACTIVE = 32
    ACTIVE = 64
    DISK_ONLY = 128
    INTERNAL = 256
    EXTERNAL = 512
    TOPOLOGICAL = 1024


class DomainSnapshotRevertFlags(IntFlag):
    """virDomainSnapshotRevertFlags."""

    NONE = 0
    RUNNING = 1
    PAUSED = 2
    FORCE = 4
    RESET_NVRAM = 8


class DomainSnapshotDeleteFlags(IntFlag):
    """virDomainSnapshotDeleteFlags."""

    NONE = 0
    CHILDREN = 1
    METADATA_ONLY = 2
    CHILDREN_ONLY = 4
