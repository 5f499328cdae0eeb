"""Directories and images of the host that appear as file systems in the guest."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.domain.address import BootDevice, VirtioDriver
from pyvirt_conf.domain.storage import ImageFormat
from pyvirt_conf.xml import (
    U64,
    BadValue,
    Element,
    Mode,
    Natural,
    Node,
    OnOff,
    attr,
    element,
    fail,
    flag,
    integer,
    sized,
    variant,
)
from pyvirt_util.errors import NoSourceError, NoTargetError


class FilesystemType(StrEnum):
    """virDomainFSType."""

    MOUNT = "mount"
    BLOCK = "block"
    FILE = "file"
    TEMPLATE = "template"
    RAM = "ram"
    BIND = "bind"
    VOLUME = "volume"


class FilesystemDriver(StrEnum):
    """Who serves it (virDomainFSDriverType)."""

    PATH = "path"
    HANDLE = "handle"
    LOOP = "loop"
    NBD = "nbd"
    PLOOP = "ploop"
    VIRTIOFS = "virtiofs"


class AccessMode(StrEnum):
    """Whose rights count on the host."""

    PASSTHROUGH = "passthrough"
    MAPPED = "mapped"
    SQUASH = "squash"


class WritePolicy(StrEnum):
    """Whether writes reach the host's disk at once."""

    IMMEDIATE = "immediate"


class FilesystemModel(StrEnum):
    """Which kind of virtio device."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class Multidevs(StrEnum):
    """What happens when the directory spans several devices of the host."""

    DEFAULT = "default"
    REMAP = "remap"
    FORBID = "forbid"
    WARN = "warn"


class VirtiofsCache(StrEnum):
    """Cache mode of virtiofsd."""

    NONE = "none"
    ALWAYS = "always"


class VirtiofsSandbox(StrEnum):
    """How virtiofsd shuts itself in."""

    NAMESPACE = "namespace"
    CHROOT = "chroot"


Permissions = Annotated[int, integer(0, 0o777, base=8, form="{:04o}")]


@element("source")
class FsDirSource(Element):
    """A directory, or the socket of a virtiofsd that runs already."""

    dir: str | None = attr()
    socket: str | None = attr()


@element("source")
class FsBlockSource(Element):
    """A block device."""

    dev: str | None = attr()


@element("source")
class FsFileSource(Element):
    """An image."""

    file: str | None = attr()


@element("source")
class FsTemplateSource(Element):
    """A template's name (OpenVZ)."""

    name: str | None = attr()


@element("source")
class FsRamSource(Element):
    """Memory; the amount in bytes."""

    usage: int | None = sized("@usage", unit_name="units", store=1, assume=1024, unit="KiB", shown=1024)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.usage is None:
            raise BadValue("missing usage of a RAM filesystem")


@element("source")
class FsVolumeSource(Element):
    """A volume of a storage pool."""

    pool: str | None = attr()
    volume: str | None = attr()


@element("filesystem")
class Filesystem(BootDevice, VirtioDriver):
    """A file system shared with the guest, or a container's mount."""

    type: FilesystemType = attr(default=FilesystemType.MOUNT, required=True)
    access_mode: AccessMode | None = attr("@accessmode")
    model: FilesystemModel | None = attr()
    multidevs: Multidevs | None = attr(omit=Multidevs.DEFAULT)
    fmode: Permissions | None = attr(omit=0)
    dmode: Permissions | None = attr(omit=0)
    driver: FilesystemDriver | None = attr("driver/@type")
    format: ImageFormat | None = attr("driver/@format")
    wrpolicy: WritePolicy | None = attr("driver/@wrpolicy")
    queue: U64 | None = attr("driver/@queue", omit=0)
    binary: str | None = attr("binary/@path")
    xattr: OnOff | None = attr("binary/@xattr")
    cache: VirtiofsCache | None = attr("binary/cache/@mode")
    sandbox: VirtiofsSandbox | None = attr("binary/sandbox/@mode")
    posix_lock: OnOff | None = attr("binary/lock/@posix")
    flock: OnOff | None = attr("binary/lock/@flock")
    thread_pool_size: Natural | None = attr("binary/thread_pool/@size")
    source: FsDirSource | FsBlockSource | FsFileSource | FsTemplateSource | FsRamSource | FsVolumeSource | None = (
        variant(
            "type",
            rank=20,
            mount=FsDirSource,
            bind=FsDirSource,
            block=FsBlockSource,
            file=FsFileSource,
            template=FsTemplateSource,
            ram=FsRamSource,
            volume=FsVolumeSource,
        )
    )
    target: str | None = attr("target/@dir", rank=21)
    readonly: bool = flag(rank=22)
    space_hard_limit: int | None = sized("space_hard_limit", store=1, assume=1, unit="bytes", omit=0, rank=98)
    space_soft_limit: int | None = sized("space_soft_limit", store=1, assume=1, unit="bytes", omit=0, rank=98)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.driver is None:
            self.format = self.wrpolicy = None
        if self.driver is not FilesystemDriver.VIRTIOFS:
            # There is no other program to tell.
            self.queue = self.binary = self.xattr = self.cache = self.sandbox = None
            self.posix_lock = self.flock = self.thread_pool_size = None
        if self.source is None or self.source == type(self.source)():
            fail(node, mode, f"filesystem '{self.target}'", "source", NoSourceError)
        if self.target is None:
            fail(node, mode, f"filesystem of type '{self.type}'", "target", NoTargetError)
