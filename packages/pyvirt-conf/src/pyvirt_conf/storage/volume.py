"""The volume: one image, device or directory of a pool."""

from __future__ import annotations

import re
from enum import Flag, StrEnum
from typing import Annotated, Self

from pyvirt_conf.document import Document, Namespaces, without
from pyvirt_conf.domain.storage import Encryption
from pyvirt_conf.storage.permissions import Permissions
from pyvirt_conf.storage.types import VOLUME_FORMATS, PoolType
from pyvirt_conf.xml import (
    U64,
    BadValue,
    Element,
    Mode,
    Node,
    Scalar,
    attr,
    by_hand,
    child,
    children,
    element,
    fail,
    flag,
    is_element,
    read,
    sized,
    text,
)
from pyvirt_util.errors import ConfigUnsupportedError, NumberOverflowError, XmlError

MAX_SIZE = 2**63 - 1
"""The size of the largest file there can be."""


class VolumeFlags(Flag):
    """What a volume's document may leave out (virStorageVolDefParseFlags)."""

    NONE = 0
    NO_CAPACITY = 1
    """The capacity."""
    OPT_CAPACITY = 2
    """The capacity of a volume that has a backing store, whose capacity it then takes."""


class VolumeType(StrEnum):
    """What a volume is (virStorageVolType)."""

    FILE = "file"
    BLOCK = "block"
    DIR = "dir"
    NETWORK = "network"
    NETDIR = "netdir"
    PLOOP = "ploop"


@element("extent")
class Extent(Element):
    """Where a part of a volume starts and ends, in bytes from the start of its device."""

    start: U64 = attr(required=True)
    end: U64 = attr(required=True)


@element("device")
class VolumeDevice(Element):
    """A device that a volume lies on."""

    path: str = attr(required=True)
    extents: list[Extent] = children()


@element("source")
class VolumeSource(Element):
    """The devices a volume lies on."""

    _keep_open = True
    devices: list[VolumeDevice] = children()


_TIME = re.compile(r"(\d{1,20})(?:\.(\d{0,9}))?").fullmatch


def _parse_time(text: str) -> int:
    found = _TIME(text) if text.isascii() else None
    if found is None:
        raise BadValue(f"'{text}' is not a time in seconds")
    return int(found[1]) * 10**9 + int((found[2] or "").ljust(9, "0"))


def _show_time(value: int) -> str:
    seconds, rest = divmod(value, 10**9)
    return f"{seconds}.{rest:09}" if rest else str(seconds)


Time = Annotated[int, Scalar(_parse_time, _show_time)]
"""Nanoseconds since 1970."""


@element("timestamps")
class Timestamps(Element):
    """When a volume was last read, made, changed in its metadata and in its content."""

    _skip_empty = True
    atime: Time | None = text()
    btime: Time | None = text()
    ctime: Time | None = text()
    mtime: Time | None = text()


@element("features")
class VolumeFeatures(Element):
    """Features of a qcow2 image."""

    lazy_refcounts: bool = flag()
    extended_l2: bool = flag()

    def _parsed(self, node: Node, mode: Mode) -> None:
        for kid in node:
            if is_element(kid) and kid.tag not in ("lazy_refcounts", "extended_l2"):
                fail(kid, mode, f"unsupported feature '{kid.tag}'", error=ConfigUnsupportedError)


def _compat(text: str) -> str:
    if re.fullmatch(r"[0-9]+\.[0-9]+", text) is None:
        raise BadValue(f"'{text}' is not a compatibility level such as 1.1")
    return text


def _format_in_pool(format: str | None, node: Node, mode: Mode) -> str | None:
    """The format a volume has in the pool being read for."""
    if not isinstance(mode.config, PoolType):
        return format
    found = VOLUME_FORMATS.get(mode.config)
    if found is None:
        return None
    default, known = found
    if format is None:
        return default
    if format not in known:
        message = f"unknown format '{format}' of a volume in a {mode.config} pool, expected {', '.join(known)}"
        fail(node, mode, message, "format/@type", error=ConfigUnsupportedError)
    return format


@element("target")
class VolumeTarget(Element):
    """Where a volume is on the host and how it is laid out. ``timestamps`` are written, never read."""

    _keep_open = True
    _more = by_hand("nocow")
    path: str | None = text()
    format: str | None = attr("format/@type")
    permissions: Permissions = child(auto=True)
    timestamps: Timestamps = child(auto=True)
    encryption: Encryption | None = child()
    compat: Annotated[str, Scalar(_compat)] | None = text()
    cluster_size: int | None = sized("clusterSize", store=1, assume=1, unit="B", omit=0)
    features: VolumeFeatures | None = child()
    nocow: bool = False
    """Copy on write is turned off when the file is made; read, never written."""

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.format = _format_in_pool(self.format, node, mode)
        self.nocow = node.find("nocow") is not None
        if self.features is not None and self.compat is None:
            self.compat = "1.1"  # the first that has features


@element("backingStore")
class BackingStore(Element):
    """The image that a volume holds the differences to. ``timestamps`` are written, never read."""

    _keep_open = True
    path: str | None = text()
    format: str | None = attr("format/@type")
    permissions: Permissions = child(auto=True)
    timestamps: Timestamps = child(auto=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.path is not None:
            self.format = _format_in_pool(self.format, node, mode)


def _has_path(store: BackingStore, mode: Mode) -> bool:
    return store.path is not None


@element("volume")
class Volume(Document):
    """A volume; amounts are in bytes. ``source`` and ``physical`` are written, never read."""

    type: VolumeType = attr(default=VolumeType.FILE)
    name: str = text(required=True)
    key: str | None = text()
    source: VolumeSource | None = child()
    capacity: int | None = sized("capacity", store=1, assume=1, unit="bytes")
    allocation: int | None = sized("allocation", store=1, assume=1, unit="bytes")
    physical: int | None = sized("physical", store=1, assume=1, unit="bytes", omit=0)
    target: VolumeTarget = child(auto=True)
    backing_store: BackingStore | None = child(when=_has_path)

    @classmethod
    def parse(
        cls,
        text: str | bytes,
        *,
        pool: PoolType | None = None,
        file: str | None = None,
        flags: VolumeFlags = VolumeFlags.NONE,
        namespaces: Namespaces | None = None,
    ) -> Self:
        """Read a volume's document.

        :param pool: the type of the pool it is in, which decides on the formats there are; ``None`` takes any.
        :param flags: what may be left out.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a volume, or a value its type refuses.
        :raises ConfigUnsupportedError: an unknown format or feature.
        """
        mode = Mode(file=file, config=pool, private=flags)
        node = read(text, file)
        if node.tag != "volume":
            fail(node, mode, f"expected <volume>, found <{node.tag}>")
        return cls._from_node(node, mode)

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())

    def validate(self) -> None:
        """Refuse what the types can't tell. :raises XmlError: it has no name or no capacity."""
        if not self.name:
            raise XmlError("missing name of a volume")
        if self.capacity is None:
            raise XmlError(f"missing capacity of volume '{self.name}'")

    # By hand: what only the storage can tell is not read.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        without(node, "source", "physical", "target/timestamps", "backingStore/timestamps")
        return cls._read(node, mode)

    def _parsed(self, node: Node, mode: Mode) -> None:
        for name in ("capacity", "allocation"):
            value = getattr(self, name)
            if value is not None and value > MAX_SIZE:
                fail(node, mode, f"{value} bytes are too large", name, error=NumberOverflowError)
        if self.capacity is None:
            flags = mode.private or VolumeFlags.NONE
            optional = VolumeFlags.OPT_CAPACITY in flags and self.backing_store is not None
            if VolumeFlags.NO_CAPACITY not in flags and not optional:
                fail(node, mode, "missing element", "capacity")
            self.capacity = 0
        if self.allocation is None:
            self.allocation = self.capacity
        if self.target.format is None:
            self.target.format = _format_in_pool(None, node, mode)  # there may be no target at all
