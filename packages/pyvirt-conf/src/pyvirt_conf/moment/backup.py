"""Backup jobs: ``<domainbackup>``."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.seclabel import DeviceSeclabel
from pyvirt_conf.domain.storage import Encryption, FileSource, ImageFormat, Transport
from pyvirt_conf.moment.disks import is_empty
from pyvirt_conf.xml import (
    U32,
    BadValue,
    Element,
    Mode,
    Node,
    YesNo,
    attr,
    by_hand,
    child,
    children,
    element,
    escape,
    fail,
    read,
    text,
)
from pyvirt_conf.xml.opaque import Opaque, in_status
from pyvirt_util.errors import ConfigUnsupportedError, XmlError


class BackupMode(StrEnum):
    """Whether the hypervisor writes the backup, or offers it to be read."""

    PUSH = "push"
    PULL = "pull"


class BackupDiskMode(StrEnum):
    """All of a disk, or what changed since a checkpoint."""

    FULL = "full"
    INCREMENTAL = "incremental"


class BackupDiskState(StrEnum):
    """How far the backup of a disk is."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class BackupStoreType(StrEnum):
    """What the backup or the scratch data is written to."""

    FILE = "file"
    BLOCK = "block"


@element("target")
class BackupStore(Element):
    """Where the backup goes (``<target>``), or what is overwritten meanwhile (``<scratch>``)."""

    file: str | None = attr()
    dev: str | None = attr()
    seclabels: list[DeviceSeclabel] = children()
    encryption: Encryption | None = child()
    private: Opaque | None = child("privateData", when=in_status)

    @property
    def path(self) -> str | None:
        """The file or the device."""
        return self.file if self.file is not None else self.dev


def _something(store: BackupStore, mode: Mode) -> bool:
    return store != BackupStore()


@element("disk")
class BackupDisk(Element):
    """How one disk takes part. ``state`` and ``index`` are of a job that runs, and in the status of its guest alone."""

    name: str = attr(required=True)
    backup: YesNo = attr(default=True)
    state: BackupDiskState | None = attr(when=in_status)
    type: BackupStoreType = attr(default=BackupStoreType.FILE)
    backup_mode: BackupDiskMode | None = attr("@backupmode")
    incremental: str | None = attr()
    export_name: str | None = attr("@exportname")
    export_bitmap: str | None = attr("@exportbitmap")
    index: U32 | None = attr(omit=0)
    format: ImageFormat | None = attr("driver/@type")
    target: BackupStore | None = child("target", when=_something)
    scratch: BackupStore | None = child("scratch", when=_something)

    @property
    def store(self) -> BackupStore | None:
        """Where data goes, in either mode."""
        return self.target or self.scratch

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.backup:
            # Nothing else counts.
            self.__dict__ = {"name": self.name, "backup": False}
            return
        if not mode.status:
            self.index = None
        elif self.state is None:
            fail(node, mode, "missing attribute", "@state")
        for store in (self.target, self.scratch):
            if store is not None:
                # The attribute that counts is the type's.
                if self.type is BackupStoreType.FILE:
                    store.dev = None
                else:
                    store.file = None

    # By hand: of a disk that takes no part nothing else is said.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.backup:
            self._write(out, pad, mode, tag or self._tag)
            return
        state = f" state='{self.state}'" if self.state is not None and mode.status else ""
        out.append(f"{pad}<disk name='{escape(self.name)}' backup='no'{state}/>\n")


@element("server")
class BackupServer(Element):
    """Where an NBD server offers the disks in pull mode."""

    transport: Transport = attr(default=Transport.TCP)
    tls: YesNo | None = attr()
    name: str | None = attr()
    port: U32 | None = attr(omit=0)
    socket: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.transport is Transport.RDMA:
            fail(node, mode, "transport rdma is not supported for a backup", "@transport", ConfigUnsupportedError)
        if self.transport is Transport.UNIX:
            if self.socket is None:
                raise BadValue("missing socket of a server with transport 'unix'")
            if not self.socket.startswith("/"):
                fail(node, mode, f"socket '{self.socket}' of a backup must be absolute", "@socket")
            # An address and a socket exclude each other.
            self.name = self.port = None
        elif self.socket is not None:
            raise BadValue("a socket needs transport='unix'")
        elif self.name is None:
            fail(node, mode, "missing attribute", "@name")


@element("privateData")
class BackupPrivate(Element):
    """What a running job made for itself: aliases of the TLS key's secret and of the TLS credentials."""

    _skip_empty = True
    _more = by_hand("objects/secret/@type", "objects/secret/@alias")

    tls_secret_alias: str | None = None
    tls_alias: str | None = attr("objects/TLSx509/@alias")

    def _parsed(self, node: Node, mode: Mode) -> None:
        for secret in node.iterfind("objects/secret"):
            if secret.get("type") == "tlskey":
                self.tls_secret_alias = secret.get("alias")
                break

    # By hand: the secret has its type with it.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        inner = [
            f"{pad}    <{name}='{escape(value)}'/>\n"
            for name, value in (
                ("secret type='tlskey' alias", self.tls_secret_alias),
                ("TLSx509 alias", self.tls_alias),
            )
            if value is not None
        ]
        if inner:
            out += [f"{pad}<privateData>\n", f"{pad}  <objects>\n", *inner]
            out += [f"{pad}  </objects>\n", f"{pad}</privateData>\n"]


@element("domainbackup")
class DomainBackup(Element):
    """A backup job; ``incremental`` names the checkpoint since which changes are backed up."""

    mode: BackupMode = attr(default=BackupMode.PUSH)
    incremental: str | None = text()
    server: BackupServer | None = child()
    disks: list[BackupDisk] = children("disks/disk")
    private: BackupPrivate | None = child("privateData", when=in_status)

    @classmethod
    def parse(cls, text: str | bytes, *, file: str | None = None, internal: bool = False) -> Self:
        """Read a document: its syntax and the types of its values, nothing more.

        :param file: where it came from, for error messages.
        :param internal: it's from the status of a guest, with the states of its disks.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a backup, or a value its type refuses.
        """
        mode = Mode(file=file, status=internal)
        node = read(text, file)
        if node.tag != "domainbackup":
            fail(node, mode, f"expected <domainbackup>, found <{node.tag}>")
        return cls._from_node(node, mode)

    def format(self, *, internal: bool = False) -> str:
        """The document as libvirt writes it (virDomainBackupDefFormat)."""
        out: list[str] = []
        self._to_xml(out, "", Mode(status=internal))
        return "".join(out)

    def validate(self) -> None:
        """Refuse what the types can't tell.

        :raises ConfigUnsupportedError: a server in push mode. :raises XmlError: a path that isn't absolute.
        """
        if self.server is not None and self.mode is not BackupMode.PULL:
            raise ConfigUnsupportedError("use of <server> requires a backup in pull mode")
        for disk in self.disks:
            path = disk.store.path if disk.store is not None else None
            if path is not None and not path.startswith("/"):
                raise XmlError(f"path '{path}' for disk '{disk.name}' of a backup must be absolute")

    def align_disks(self, domain: Domain, suffix: str) -> None:
        """Have an entry for every disk of the domain, those that were named first, each with mode and store.

        Without any entry all disks that can be written take part, otherwise those that are named.

        :param suffix: what the names of backups that are made up end in, after a dot.
        :raises ConfigUnsupportedError: what is asked for doesn't fit the domain's disks.
        """
        disks = {disk.target: disk for disk in domain.devices.disks}
        if not disks:
            raise ConfigUnsupportedError("a domain must have at least one disk to perform a backup")
        seen = set()
        for item in self.disks:
            if item.name not in disks:
                raise ConfigUnsupportedError(f"no disk named '{item.name}'")
            if item.name in seen:
                raise ConfigUnsupportedError(f"disk '{item.name}' specified twice")
            seen.add(item.name)
            if item.backup_mode is BackupDiskMode.INCREMENTAL and not (item.incremental or self.incremental):
                raise ConfigUnsupportedError(
                    f"incremental backup of disk '{item.name}' requires 'incremental' of the disk or the backup"
                )
            if item.backup and is_empty(disks[item.name]):
                raise ConfigUnsupportedError(f"disk '{item.name}' has no media")
        everything = not self.disks
        for disk in domain.devices.disks:
            if disk.target in seen:
                continue
            takes_part = everything and not is_empty(disk) and not disk.readonly
            item = BackupDisk(name=disk.target, backup=takes_part)
            if takes_part:
                if not isinstance(disk.source, FileSource):
                    raise ConfigUnsupportedError(f"refusing to make up a file name for disk '{item.name}'")
                store = BackupStore(file=f"{disk.source.file}.{suffix}")
                item.target, item.scratch = (store, None) if self.mode is BackupMode.PUSH else (None, store)
            self.disks.append(item)
        for item in self.disks:
            if item.backup_mode is None:
                changes = self.incremental is not None or item.incremental is not None
                item.backup_mode = BackupDiskMode.INCREMENTAL if changes else BackupDiskMode.FULL
            if item.incremental is None and item.backup_mode is BackupDiskMode.INCREMENTAL:
                item.incremental = self.incremental

    def _parsed(self, node: Node, mode: Mode) -> None:
        for disk in self.disks:
            if self.mode is BackupMode.PUSH:
                disk.scratch = disk.export_name = disk.export_bitmap = None
            else:
                disk.target = None


def parse_domain_backup(text: str | bytes, *, file: str | None = None, internal: bool = False) -> DomainBackup:
    """Parse and validate in one go, as a driver does with a backup it is given."""
    backup = DomainBackup.parse(text, file=file, internal=internal)
    backup.validate()
    return backup
