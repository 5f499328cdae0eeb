"""Types of storage pools: what each needs, keeps and is able to hold."""

from __future__ import annotations

from enum import Enum, StrEnum


class PoolType(StrEnum):
    """virStoragePoolType, in the order of the capabilities."""

    DIR = "dir"
    FS = "fs"
    NETFS = "netfs"
    LOGICAL = "logical"
    DISK = "disk"
    ISCSI = "iscsi"
    ISCSI_DIRECT = "iscsi-direct"
    SCSI = "scsi"
    MPATH = "mpath"
    RBD = "rbd"
    SHEEPDOG = "sheepdog"
    GLUSTER = "gluster"
    ZFS = "zfs"
    VSTORAGE = "vstorage"


class Part(Enum):
    """Parts of a pool's source that only some types have."""

    HOST = "hosts"
    DEVICE = "devices"
    DIR = "dir"
    ADAPTER = "adapter"
    NAME = "name"
    INITIATOR = "initiator"
    FORMAT = "format"


_P = Part
SOURCE_PARTS: dict[PoolType, frozenset[Part]] = {
    PoolType.DIR: frozenset(),
    PoolType.FS: frozenset({_P.DEVICE, _P.FORMAT}),
    PoolType.NETFS: frozenset({_P.HOST, _P.DIR, _P.FORMAT}),
    PoolType.LOGICAL: frozenset({_P.NAME, _P.DEVICE, _P.FORMAT}),
    PoolType.DISK: frozenset({_P.DEVICE, _P.FORMAT}),
    PoolType.ISCSI: frozenset({_P.HOST, _P.DEVICE, _P.INITIATOR}),
    PoolType.ISCSI_DIRECT: frozenset({_P.HOST, _P.DEVICE, _P.INITIATOR}),
    PoolType.SCSI: frozenset({_P.ADAPTER}),
    PoolType.MPATH: frozenset(),
    PoolType.RBD: frozenset({_P.HOST, _P.NAME}),
    PoolType.SHEEPDOG: frozenset({_P.HOST, _P.NAME}),
    PoolType.GLUSTER: frozenset({_P.HOST, _P.NAME, _P.DIR}),
    PoolType.ZFS: frozenset({_P.NAME, _P.DEVICE}),
    PoolType.VSTORAGE: frozenset({_P.NAME}),
}

WITHOUT_TARGET = frozenset({PoolType.ISCSI_DIRECT, PoolType.RBD, PoolType.SHEEPDOG, PoolType.GLUSTER})
"""Their volumes appear nowhere in the host's file system."""

SOURCE_FORMATS: dict[PoolType, tuple[str, ...]] = {
    PoolType.FS: (
        "auto",
        "ext2",
        "ext3",
        "ext4",
        "ufs",
        "iso9660",
        "udf",
        "gfs",
        "gfs2",
        "vfat",
        "hfs+",
        "xfs",
        "ocfs2",
        "vmfs",
    ),
    PoolType.NETFS: ("auto", "nfs", "glusterfs", "cifs"),
    PoolType.LOGICAL: ("unknown", "lvm2"),
    PoolType.DISK: ("unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2"),
}
"""What the source may be formatted as."""

DEFAULT_SOURCE_FORMAT = {
    PoolType.FS: "auto",
    PoolType.NETFS: "auto",
    PoolType.LOGICAL: "lvm2",
    PoolType.DISK: "unknown",
}

IMAGE_FORMATS = (
    "raw",
    "dir",
    "bochs",
    "cloop",
    "dmg",
    "iso",
    "vpc",
    "vdi",
    "fat",
    "vhd",
    "ploop",
    "cow",
    "qcow",
    "qcow2",
    "qed",
    "vmdk",
)
"""Formats of volumes that are files or the like."""

PARTITION_TYPES = ("none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended")
"""Formats of volumes that are partitions of a disk."""

_IMAGES = ("raw", IMAGE_FORMATS)
VOLUME_FORMATS: dict[PoolType, tuple[str, tuple[str, ...]]] = {
    PoolType.DIR: _IMAGES,
    PoolType.FS: _IMAGES,
    PoolType.NETFS: _IMAGES,
    PoolType.DISK: ("none", PARTITION_TYPES),
    PoolType.RBD: _IMAGES,
    PoolType.GLUSTER: _IMAGES,
    PoolType.VSTORAGE: _IMAGES,
}
"""The default format and all formats of the volumes; volumes of other pools have none."""
