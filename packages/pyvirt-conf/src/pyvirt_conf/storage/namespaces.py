"""What storage drivers add to pools in namespaces of their own."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.document import Namespace
from pyvirt_conf.storage.types import PoolType
from pyvirt_conf.xml import Element, attr, children, element

FS_URI = "http://libvirt.org/schemas/storagepool/fs/1.0"
RBD_URI = "http://libvirt.org/schemas/storagepool/rbd/1.0"


@element()
class PoolNamespace(Namespace):
    """Base of the namespaces of pools."""

    pool_types: ClassVar[tuple[PoolType, ...]] = ()
    """The types it counts for."""


@element("option")
class MountOption(Element):
    """One option of mount."""

    name: str = attr(required=True)


@element("fs", namespaces={"fs": FS_URI})
class FsNamespace(PoolNamespace):
    """Options passed through to mount."""

    prefix = "fs"
    uri = FS_URI
    pool_types = (PoolType.FS, PoolType.NETFS)
    options: list[MountOption] = children("fs:mount_opts/fs:option")


@element("option")
class RbdOption(Element):
    """One option of librados."""

    name: str = attr(required=True)
    value: str = attr(required=True)


@element("rbd", namespaces={"rbd": RBD_URI})
class RbdNamespace(PoolNamespace):
    """Options passed through to librados."""

    prefix = "rbd"
    uri = RBD_URI
    pool_types = (PoolType.RBD,)
    options: list[RbdOption] = children("rbd:config_opts/rbd:option")


POOL_NAMESPACES = {FS_URI: FsNamespace, RBD_URI: RbdNamespace}
"""For :meth:`Pool.parse`: both namespaces are understood."""
