"""The storage pool: where volumes are made and found."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pyvirt_conf.document import Document, Namespaces, new_uuid, placed, without
from pyvirt_conf.storage.namespaces import POOL_NAMESPACES, PoolNamespace
from pyvirt_conf.storage.paths import sanitized
from pyvirt_conf.storage.permissions import Permissions
from pyvirt_conf.storage.source import PoolSource
from pyvirt_conf.storage.types import WITHOUT_TARGET, PoolType
from pyvirt_conf.xml import Element, Mode, Node, Uuid, YesNo, attr, child, element, sized, text
from pyvirt_util.errors import NoSupportError, XmlError


class RefreshAllocation(StrEnum):
    """What the allocation of a volume is taken to be: what it really is, or its capacity, which is told faster."""

    DEFAULT = "default"
    CAPACITY = "capacity"


@element("target")
class PoolTarget(Element):
    """Where the volumes appear on the host."""

    _keep_open = True
    path: str | None = text()
    permissions: Permissions = child(auto=True)


@element("pool")
class Pool(Document):
    """A storage pool. The amounts, in bytes, are written, never read: the storage is asked for them."""

    type: PoolType = attr(required=True)
    name: str | None = text()
    uuid: Uuid | None = text()
    capacity: int = sized("capacity", default=0, store=1, assume=1, unit="bytes")
    allocation: int = sized("allocation", default=0, store=1, assume=1, unit="bytes")
    available: int = sized("available", default=0, store=1, assume=1, unit="bytes")
    cow: YesNo | None = attr("features/cow/@state")
    source: PoolSource = child(auto=True)
    target: PoolTarget | None = child()
    refresh_allocation: RefreshAllocation | None = attr("refresh/volume/@allocation")

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())

    def complete(self) -> None:
        """Fill in what the document left out, and drop what the type has no use for."""
        if self.uuid is None:
            self.uuid = new_uuid()
        if self.name is None:
            self.name = self.source.name
        self.source.complete(self.type, self.name)
        if self.type in WITHOUT_TARGET:
            self.target = None
            return
        if self.target is None:
            self.target = PoolTarget()
        if self.type is PoolType.LOGICAL:
            self.target.path = f"/dev/{self.source.name}"
        elif self.type is PoolType.ZFS:
            self.target.path = f"/dev/zvol/{self.source.name}"
        if self.target.path is not None:
            self.target.path = sanitized(self.target.path)

    def validate(self) -> None:
        """Refuse what the type needs and isn't there, once the pool is complete.

        :raises XmlError: no name, or a source or target that lacks something.
        :raises ConfigUnsupportedError: an unknown format. :raises NoSupportError: a feature other types have.
        """
        if not self.name:
            raise XmlError("missing name of a pool")
        _check_name(self.name)
        _check_cow(self.type, self.cow)
        self.source.check(self.type)
        if self.type not in WITHOUT_TARGET and (self.target is None or not self.target.path):
            raise XmlError(f"missing target path of {self.type} pool '{self.name}'")

    # By hand: the amounts are not read.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        without(node, "capacity", "allocation", "available")
        return cls._read(node, mode)

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        extra = self.namespace
        if isinstance(extra, PoolNamespace) and self.type not in extra.pool_types:
            self.namespace = None
        placed(node, mode, _check_name, self.name or "", at="name")
        placed(node, mode, _check_cow, self.type, self.cow, at="features/cow/@state")


def _check_name(name: str) -> None:
    if "/" in name:
        raise XmlError(f"name '{name}' can't hold '/'")


def _check_cow(kind: PoolType, cow: bool | None) -> None:
    if cow is not None and kind not in (PoolType.DIR, PoolType.FS):
        raise NoSupportError(f"feature cow is for pools of type 'fs' and 'dir', not '{kind}'")


def parse_pool(text: str | bytes, *, file: str | None = None, namespaces: Namespaces | None = POOL_NAMESPACES) -> Pool:
    """Parse, complete and validate in one go, as a driver does with a definition it is given."""
    pool = Pool.parse(text, file=file, namespaces=namespaces)
    pool.complete()
    pool.validate()
    return pool
