"""``<pool>``, ``<volume>`` and ``<storagepoolCapabilities>``."""

from pyvirt_conf.storage.capabilities import StoragePoolCapabilities
from pyvirt_conf.storage.namespaces import POOL_NAMESPACES, FsNamespace, RbdNamespace
from pyvirt_conf.storage.pool import Pool, parse_pool
from pyvirt_conf.storage.types import PoolType
from pyvirt_conf.storage.volume import Volume, VolumeFlags, VolumeType

__all__ = [
    "POOL_NAMESPACES",
    "FsNamespace",
    "Pool",
    "PoolType",
    "RbdNamespace",
    "StoragePoolCapabilities",
    "Volume",
    "VolumeFlags",
    "VolumeType",
    "parse_pool",
]
