"""Moments of a guest: snapshots, checkpoints, and the backups made between them."""

from pyvirt_conf.moment.backup import (
    BackupDisk,
    BackupDiskMode,
    BackupDiskState,
    BackupMode,
    BackupServer,
    BackupStore,
    DomainBackup,
    parse_domain_backup,
)
from pyvirt_conf.moment.checkpoint import (
    CheckpointDisk,
    CheckpointType,
    DomainCheckpoint,
    parse_domain_checkpoint,
)
from pyvirt_conf.moment.snapshot import (
    DomainSnapshot,
    MemorySnapshot,
    SnapshotDisk,
    SnapshotState,
    parse_domain_snapshot,
)

__all__ = [
    "BackupDisk",
    "BackupDiskMode",
    "BackupDiskState",
    "BackupMode",
    "BackupServer",
    "BackupStore",
    "CheckpointDisk",
    "CheckpointType",
    "DomainBackup",
    "DomainCheckpoint",
    "DomainSnapshot",
    "MemorySnapshot",
    "SnapshotDisk",
    "SnapshotState",
    "parse_domain_backup",
    "parse_domain_checkpoint",
    "parse_domain_snapshot",
]
