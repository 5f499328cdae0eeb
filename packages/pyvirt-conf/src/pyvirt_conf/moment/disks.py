"""The disks of a domain, as snapshots, checkpoints and backups look at them."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pyvirt_conf.domain.disk import Disk, DiskDevice, DiskSnapshot
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.storage import BlockSource, DirSource, FileSource, NetworkSource, StorageSource
from pyvirt_util.errors import ConfigUnsupportedError


class NamedDisk(Protocol):
    """What says which disk of the domain it's about."""

    name: str


_D = TypeVar("_D", bound=NamedDisk)


def source_path(source: StorageSource) -> str | None:
    """The path, or the name on its server, of an image; ``None`` where there is none or it isn't known by one."""
    if isinstance(source, FileSource):
        return source.file
    if isinstance(source, BlockSource):
        return source.dev
    if isinstance(source, DirSource):
        return source.dir
    return source.name if isinstance(source, NetworkSource) else None


def is_empty(disk: Disk) -> bool:
    """Whether there is nothing in the drive (virStorageSourceIsEmpty)."""
    source = disk.source
    if isinstance(source, FileSource | BlockSource | DirSource):
        return source_path(source) is None
    return isinstance(source, NetworkSource) and source.protocol is None


def is_read_only(disk: Disk) -> bool:
    """Whether the guest can't write; CD drives never can be written."""
    return disk.readonly or disk.device is DiskDevice.CDROM


def own_choice(disk: Disk) -> DiskSnapshot | None:
    """How the domain says its disk takes part in snapshots; one that can't be written doesn't unless told to."""
    if disk.snapshot is None and is_read_only(disk):
        return DiskSnapshot.NO
    return disk.snapshot


def disk_by_name(domain: Domain, name: str) -> Disk | None:
    """The disk of a target, or of a path that only one disk has (virDomainDiskByName)."""
    if not name.startswith("/"):
        return next((disk for disk in domain.devices.disks if disk.target == name), None)
    found = [disk for disk in domain.devices.disks if source_path(disk.source) == name]
    return found[0] if len(found) == 1 else None


def matched(domain: Domain, requests: list[_D], what: str) -> dict[str, tuple[_D, Disk]]:
    """Requests by the target of the domain's disk they are about; each request's name becomes that target.

    :raises ConfigUnsupportedError: there is no such disk, or two requests are about one.
    """
    if len(requests) > len(domain.devices.disks):
        raise ConfigUnsupportedError(f"too many disk {what} requests for domain '{domain.name}'")
    found: dict[str, tuple[_D, Disk]] = {}
    for request in requests:
        disk = disk_by_name(domain, request.name)
        if disk is None:
            raise ConfigUnsupportedError(f"no disk named '{request.name}'")
        if disk.target in found:
            raise ConfigUnsupportedError(f"disk '{request.name}' specified twice")
        request.name = disk.target
        found[disk.target] = (request, disk)
    return found
