"""Enumerations and flags of checkpoints and backups, with libvirt's values."""

from enum import IntFlag


class DomainCheckpointCreateFlags(IntFlag):
    """virDomainCheckpointCreateFlags."""

    NONE = 0
    REDEFINE = 1
    QUIESCE = 2
    REDEFINE_VALIDATE = 4


class DomainCheckpointXMLFlags(IntFlag):
    """virDomainCheckpointXMLFlags."""

    NONE = 0
    SECURE = 1
    NO_DOMAIN = 2
    SIZE = 4


class DomainCheckpointListFlags(IntFlag):
    """virDomainCheckpointListFlags."""

    NONE = 0
    ROOTS = 1
    DESCENDANTS = 1
    TOPOLOGICAL = 2
    LEAVES = 4
    NO_LEAVES = 8


class DomainCheckpointDeleteFlags(IntFlag):
    """virDomainCheckpointDeleteFlags."""

    NONE = 0
    CHILDREN = 1
    METADATA_ONLY = 2
    CHILDREN_ONLY = 4


class DomainBackupBeginFlags(IntFlag):
    """virDomainBackupBeginFlags."""

    NONE = 0
    REUSE_EXTERNAL = 1
