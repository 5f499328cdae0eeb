"""Snapshots: ``<domainsnapshot>``."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Self

from pyvirt_conf.domain.config import GENERIC, ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.disk import Disk, DiskSnapshot
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.storage import DirSource, FileSource, ImageFormat, StorageSource, VolumeSource
from pyvirt_conf.moment.common import Moment
from pyvirt_conf.moment.disks import is_empty, matched, own_choice, source_path
from pyvirt_conf.xml import (
    Element,
    Mode,
    attr,
    by_hand,
    children,
    element,
    escape,
    fail,
    inline,
    read,
    sized,
    text,
)
from pyvirt_conf.xml.opaque import Opaque
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, InvalidArgError, XmlError


class SnapshotState(StrEnum):
    """What the guest did when the snapshot was made (virDomainSnapshotState)."""

    RUNNING = "running"
    BLOCKED = "blocked"
    PAUSED = "paused"
    SHUTDOWN = "shutdown"
    SHUTOFF = "shutoff"
    CRASHED = "crashed"
    PMSUSPENDED = "pmsuspended"
    DISK_SNAPSHOT = "disk-snapshot"
    """Disks alone, without what was in memory."""


OFFLINE_STATES = (SnapshotState.SHUTOFF, SnapshotState.DISK_SNAPSHOT)
ONLINE_STATES = (SnapshotState.RUNNING, SnapshotState.PAUSED)


class MemorySnapshot(StrEnum):
    """Where the guest's memory is kept."""

    NO = "no"
    INTERNAL = "internal"
    EXTERNAL = "external"


@element("disk")
class SnapshotDisk(Element):
    """How one disk takes part; ``source`` is the new image of an external snapshot, ``format`` its format."""

    _never = ("source/@startupPolicy",)

    name: str = attr(required=True)
    snapshot: DiskSnapshot | None = attr()
    format: ImageFormat | None = attr("driver/@type")
    metadata_cache_size: int | None = sized("driver/metadata_cache/max_size", store=1, assume=1, unit="bytes", omit=0)
    source: StorageSource = inline()

    def __init__(self, **values: object) -> None:
        super().__init__(**{"source": FileSource(), **values})

    @property
    def path(self) -> str | None:
        """The path of the new image, or its name on a server."""
        return source_path(self.source)

    # By hand: without image and format there is nothing more to say.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.path is not None or self.format is not None:
            self._write(out, pad, mode, tag or self._tag)
            return
        how = f" snapshot='{self.snapshot}'" if self.snapshot is not None else ""
        out.append(f"{pad}<disk name='{escape(self.name)}'{how}/>\n")


@element("domainsnapshot")
class DomainSnapshot(Moment):
    """A snapshot of a guest.

    ``domain`` is the definition at that time, ``inactive_domain`` the persistent one where it differed. ``active`` says
    that the guest's state comes from this snapshot; it is in files alone.
    """

    _more = by_hand("active", kinds={"domain": Domain, "inactiveDomain": Domain, "cookie": Opaque})

    state: SnapshotState | None = text(rank=1)
    memory: MemorySnapshot | None = attr("memory/@snapshot", rank=3)
    memory_file: str | None = attr("memory/@file", rank=3)
    disks: list[SnapshotDisk] = children("disks/disk", rank=3)
    inactive_domain: Domain | None = None
    cookie: Opaque | None = None
    active: bool | None = None

    @classmethod
    def parse(
        cls,
        text: str | bytes,
        *,
        file: str | None = None,
        config: ParserConfig = GENERIC,
        redefine: bool = False,
        internal: bool = False,
    ) -> Self:
        """Read a document: its syntax and the types of its values, nothing more.

        :param file: where it came from, for error messages.
        :param redefine: it's of a snapshot that was before: what a new one can't know counts.
        :param internal: it's from a file of ours, with ``active``.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a snapshot, or a value its type refuses.
        """
        mode = mode_of(XmlFlags.NONE, config, file)
        node = read(text, file)
        if node.tag != "domainsnapshot":
            fail(node, mode, f"expected <domainsnapshot>, found <{node.tag}>")
        new = cls._from_node(node, mode)
        for disk in new.disks:
            # They are of domains.
            disk.source.index = disk.source.startup_policy = None
        if redefine:
            new._redefined(node, config, file)
            if new.state is None:
                fail(node, mode, "missing state of a redefined domainsnapshot", "state")
            inactive, cookie = node.find("inactiveDomain"), node.find("cookie")
            if inactive is not None:
                new.inactive_domain = Domain._from_node(inactive, mode_of(XmlFlags.INACTIVE, config, file))
            if cookie is not None and new.state not in OFFLINE_STATES:
                new.cookie = Opaque._from_node(cookie, mode)
        else:
            new._forget()
            new.state = None
        if internal:
            active = (node.findtext("active") or "").strip()
            if not active.lstrip("-").isdecimal():
                fail(node, mode, "missing element", "active", InternalError)
            new.active = int(active) != 0
        return new

    def format(self, *, domain_uuid: str | None = None, secure: bool = False, internal: bool = False) -> str:
        """The document as libvirt writes it (virDomainSnapshotDefFormat).

        :param domain_uuid: stands for the domain where its definition isn't known.
        :param secure: with passwords. :param internal: for a file of ours, with ``active``.
        """
        inner = "  "
        mode = mode_of(XmlFlags.INACTIVE | (XmlFlags.SECURE if secure else XmlFlags.NONE))
        out = ["<domainsnapshot>\n"]
        self._write_kids(out, inner, mode_of(XmlFlags.NONE))
        if self.domain is not None:
            self.domain._to_xml(out, inner, mode)
        elif domain_uuid is not None:
            out.append(f"  <domain>\n    <uuid>{domain_uuid}</uuid>\n  </domain>\n")
        if self.inactive_domain is not None:
            self.inactive_domain._to_xml(out, inner, mode, "inactiveDomain")
        if self.cookie is not None:
            self.cookie._to_xml(out, inner, mode)
        if internal:
            out.append(f"  <active>{int(bool(self.active))}</active>\n")
        out.append("</domainsnapshot>\n")
        return "".join(out)

    def complete(self, config: ParserConfig = GENERIC, *, now: int | None = None) -> None:
        """Fill in name and time, what memory and disks mean by saying nothing, and the domain's definition."""
        super().complete(config, now=now)
        if self.inactive_domain is not None:
            self.inactive_domain.complete(config, XmlFlags.INACTIVE)
        if self.memory is None:
            if self.memory_file is not None:
                self.memory = MemorySnapshot.EXTERNAL
            elif self.state is not None:
                self.memory = MemorySnapshot.NO if self.state in OFFLINE_STATES else MemorySnapshot.INTERNAL
        for disk in self.disks:
            if disk.snapshot is None and (disk.path is not None or disk.format is not None):
                disk.snapshot = DiskSnapshot.EXTERNAL

    def validate(self, *, offline: bool = False) -> None:
        """Refuse what the types can't tell.

        :param offline: it's to be of disks alone.
        :raises XmlError: what is said of memory or of a disk can't be.
        """
        path = self.memory_file
        if path is not None and self.memory is not MemorySnapshot.EXTERNAL:
            raise XmlError(f"memory file '{path}' requires an external snapshot")
        if path is None and self.memory is MemorySnapshot.EXTERNAL:
            raise XmlError("an external snapshot of memory requires a file")
        if (offline or self.state in OFFLINE_STATES) and self.memory not in (None, MemorySnapshot.NO):
            raise XmlError("memory can't be saved with an offline or disk-only snapshot")
        if path is not None and not path.startswith("/"):
            raise XmlError(f"memory file '{path}' must be absolute")
        for disk in self.disks:
            if isinstance(disk.source, VolumeSource | DirSource):
                raise XmlError(f"unsupported type '{disk.source.type}' of snapshot disk '{disk.name}'")
            local = disk.source.type in ("file", "block")
            if local and disk.path is not None and not disk.path.startswith("/"):
                raise XmlError(f"image '{disk.path}' of snapshot disk '{disk.name}' must be absolute")

    @property
    def is_external(self) -> bool:
        """Whether anything of it is in files of its own (virDomainSnapshotDefIsExternal)."""
        return self.memory is MemorySnapshot.EXTERNAL or any(
            disk.snapshot is DiskSnapshot.EXTERNAL for disk in self.disks
        )

    def validate_redefinition(
        self, domain_uuid: str, other: DomainSnapshot | None = None, *, disk_only: bool = False
    ) -> None:
        """Refuse a redefinition that doesn't fit the domain, or the snapshot of the name that is there.

        :raises InvalidArgError: it would become something else.
        """
        if disk_only and self.state is not SnapshotState.DISK_SNAPSHOT:
            raise InvalidArgError(f"disk-only flag for snapshot '{self.name}' requires state 'disk-snapshot'")
        if self.domain is not None and self.domain.uuid != domain_uuid:
            raise InvalidArgError(f"definition of snapshot '{self.name}' must have uuid {domain_uuid}")
        if other is None:
            return
        if (other.state in ONLINE_STATES) != (self.state in ONLINE_STATES):
            raise InvalidArgError(f"snapshot '{self.name}' can't change between online and offline")
        disks = SnapshotState.DISK_SNAPSHOT
        if (other.state is disks) != (self.state is disks):
            raise InvalidArgError(f"snapshot '{self.name}' can't change between disks alone and the full system")

    def align_disks(
        self,
        domain: Domain | None = None,
        *,
        default: DiskSnapshot,
        uniform: bool = False,
        is_file: Callable[[str], bool] = os.path.isfile,
    ) -> None:
        """Have one entry for every disk of the domain, in its order, each with mode and image.

        :param domain: its definition, where the snapshot has none.
        :param default: for disks nobody says anything about.
        :param uniform: internal snapshots are of all disks or none, as for hypervisors that can't choose.
        :param is_file: whether a path is a regular file; only beside one a new image's name is made up.
        :raises ConfigUnsupportedError: what is asked for doesn't fit the domain's disks.
        """
        domain = self.domain or domain
        if domain is None:
            raise InternalError(f"missing domain of snapshot '{self.name}'")
        found = matched(domain, self.disks, "snapshot")
        same = uniform and default is DiskSnapshot.INTERNAL
        for request, disk in found.values():
            _settle(request, disk, default, same)
        aligned = []
        for disk in domain.devices.disks:
            if disk.target in found:
                aligned.append(found[disk.target][0])
            else:
                how = DiskSnapshot.NO if is_empty(disk) else own_choice(disk) or default
                aligned.append(SnapshotDisk(name=disk.target, snapshot=how, source=FileSource()))
        self.disks = aligned
        self._name_images(domain, is_file)

    def _name_images(self, domain: Domain, is_file: Callable[[str], bool]) -> None:
        """Make up the names of images of external snapshots: the old one's, with the snapshot's for a suffix."""
        made: dict[str, str] = {
            item.path: item.name for item in self.disks if item.path is not None and isinstance(item.source, FileSource)
        }
        for item, disk in zip(self.disks, domain.devices.disks, strict=True):
            if item.snapshot is not DiskSnapshot.EXTERNAL or item.path is not None:
                continue
            cannot = f"can't make up an external snapshot's image for disk '{item.name}'"
            if not isinstance(item.source, FileSource):
                raise ConfigUnsupportedError(f"{cannot} on a '{item.source.type}' device")
            old = source_path(disk.source)
            if old is None:
                raise ConfigUnsupportedError(f"{cannot}, which has no source")
            if not is_file(old):
                raise ConfigUnsupportedError(f"{cannot}: '{old}' is not a regular file")
            folder, slash, name = old.rpartition("/")
            stem, dot, _ = name.rpartition(".")
            item.source.file = f"{folder}{slash}{stem if dot else name}.{self.name}"
            if item.source.file in made:
                raise ConfigUnsupportedError(f"{cannot}: collision with disk '{made[item.source.file]}'")
            made[item.source.file] = item.name

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = super().copy()
        new.inactive_domain = self.inactive_domain.copy() if self.inactive_domain is not None else None
        return new

    __copy__ = copy


def _settle(request: SnapshotDisk, disk: Disk, default: DiskSnapshot, same: bool) -> None:
    """The mode of a disk the snapshot names."""
    own = own_choice(disk)
    if request.snapshot is None:
        takes_own = own is not None and (not same or own is DiskSnapshot.NO)
        request.snapshot = own if takes_own else default
    elif (
        same
        and request.snapshot is not default
        and not (request.snapshot is DiskSnapshot.NO and own is DiskSnapshot.NO)
    ):
        raise ConfigUnsupportedError(f"disk '{request.name}' must use snapshot mode '{default}'")
    if request.path is not None and request.snapshot is not DiskSnapshot.EXTERNAL:
        raise ConfigUnsupportedError(f"file '{request.path}' for disk '{request.name}' requires an external snapshot")


def parse_domain_snapshot(
    text: str | bytes,
    config: ParserConfig = GENERIC,
    *,
    file: str | None = None,
    redefine: bool = False,
    internal: bool = False,
    offline: bool = False,
    now: int | None = None,
) -> DomainSnapshot:
    """Parse, complete and validate in one go, as a driver does with a snapshot it is given."""
    snapshot = DomainSnapshot.parse(text, file=file, config=config, redefine=redefine, internal=internal)
    snapshot.complete(config, now=now)
    snapshot.validate(offline=offline)
    return snapshot
