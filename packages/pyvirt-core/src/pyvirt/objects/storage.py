"""Storage pools and volumes."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.documents import xml_text
from pyvirt.objects.handle import Handle
from pyvirt.refs import StoragePoolRef, StorageVolRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.storage import (
        StoragePoolBuildFlags,
        StoragePoolCreateFlags,
        StoragePoolDeleteFlags,
        StorageVolCreateFlags,
        StorageVolDeleteFlags,
        StorageVolDownloadFlags,
        StorageVolInfoFlags,
        StorageVolResizeFlags,
        StorageVolUploadFlags,
        StorageVolWipeAlgorithm,
        StorageXMLFlags,
    )
    from pyvirt.objects.documents import XmlSource
    from pyvirt.streams import Stream
    from pyvirt.types import StoragePoolInfo, StorageVolInfo


class Volume(Handle[StorageVolRef]):
    """A storage volume."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    @property
    def key(self) -> str:
        """What is unique on the host, mostly the path."""
        return self._ref.key

    def pool(self) -> StoragePool:
        """Pool a volume belongs to."""
        return StoragePool(self._connection, self._connection._storage.storage_pool_lookup_by_volume(self._ref))

    def delete(self, flags: StorageVolDeleteFlags | int = 0) -> None:
        """Delete a volume."""
        self._connection._storage.storage_vol_delete(self._ref, enums.StorageVolDeleteFlags(flags))

    def wipe(self, algorithm: StorageVolWipeAlgorithm | int = 0, flags: int = 0) -> None:
        """Overwrite a volume by a chosen scheme."""
        self._connection._storage.storage_vol_wipe_pattern(self._ref, enums.StorageVolWipeAlgorithm(algorithm), flags)

    def resize(self, capacity: int, flags: StorageVolResizeFlags | int = 0) -> None:
        """Change a volume's capacity."""
        self._connection._storage.storage_vol_resize(self._ref, capacity, enums.StorageVolResizeFlags(flags))

    def info(self, flags: StorageVolInfoFlags | int = 0) -> StorageVolInfo:
        """Kind and a choice of sizes of a volume."""
        return self._connection._storage.storage_vol_get_info_flags(self._ref, enums.StorageVolInfoFlags(flags))

    def xml(self, flags: int = 0) -> str:
        """XML description of the volume."""
        return self._connection._storage.storage_vol_get_xml_desc(self._ref, flags)

    def path(self) -> str:
        """Path of a volume on the host."""
        return self._connection._storage.storage_vol_get_path(self._ref)

    def download(self, offset: int, length: int, flags: StorageVolDownloadFlags | int = 0) -> Stream:
        """Stream a volume's bytes out."""
        return self._connection._storage.storage_vol_download(
            self._ref, offset, length, enums.StorageVolDownloadFlags(flags)
        )

    def upload(self, offset: int, length: int, flags: StorageVolUploadFlags | int = 0) -> Stream:
        """Stream bytes into a volume."""
        return self._connection._storage.storage_vol_upload(
            self._ref, offset, length, enums.StorageVolUploadFlags(flags)
        )


class StoragePool(Handle[StoragePoolRef]):
    """A storage pool."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    def build(self, flags: StoragePoolBuildFlags | int = 0) -> None:
        """Make the storage behind a pool (directory, file system, volume group)."""
        self._connection._storage.storage_pool_build(self._ref, enums.StoragePoolBuildFlags(flags))

    def start(self, flags: StoragePoolCreateFlags | int = 0) -> None:
        """Start a defined pool."""
        self._connection._storage.storage_pool_create(self._ref, enums.StoragePoolCreateFlags(flags))

    def destroy(self) -> None:
        """Stop a pool."""
        self._connection._storage.storage_pool_destroy(self._ref)

    def undefine(self) -> None:
        """Remove a pool configuration."""
        self._connection._storage.storage_pool_undefine(self._ref)

    def delete(self, flags: StoragePoolDeleteFlags | int = 0) -> None:
        """Destroy the storage behind a pool."""
        self._connection._storage.storage_pool_delete(self._ref, enums.StoragePoolDeleteFlags(flags))

    def refresh(self, flags: int = 0) -> None:
        """Look at a pool's contents again."""
        self._connection._storage.storage_pool_refresh(self._ref, flags)

    def info(self) -> StoragePoolInfo:
        """State and sizes of a pool."""
        return self._connection._storage.storage_pool_get_info(self._ref)

    def xml(self, flags: StorageXMLFlags | int = 0) -> str:
        """XML description of the pool."""
        return self._connection._storage.storage_pool_get_xml_desc(self._ref, enums.StorageXMLFlags(flags))

    def autostart(self) -> bool:
        """Whether the pool starts with the daemon or host."""
        return self._connection._storage.storage_pool_get_autostart(self._ref)

    def set_autostart(self, autostart: bool) -> None:
        """Choose whether the pool starts with the daemon or host."""
        self._connection._storage.storage_pool_set_autostart(self._ref, autostart)

    def is_active(self) -> bool:
        """Whether the pool is running or started now."""
        return self._connection._storage.storage_pool_is_active(self._ref)

    def is_persistent(self) -> bool:
        """Whether the pool has a stored configuration."""
        return self._connection._storage.storage_pool_is_persistent(self._ref)

    def list_volumes(self, flags: int = 0) -> list[Volume]:
        """Handles of a pool's volumes."""
        return [
            Volume(self._connection, ref)
            for ref in self._connection._storage.storage_pool_list_all_volumes(self._ref, flags)
        ]

    def lookup_volume(self, name: str) -> Volume:
        """Find a storage volume by name."""
        return Volume(self._connection, self._connection._storage.storage_vol_lookup_by_name(self._ref, name))

    def create_volume(self, xml: XmlSource, flags: StorageVolCreateFlags | int = 0) -> Volume:
        """Create a volume from XML."""
        return Volume(
            self._connection,
            self._connection._storage.storage_vol_create_xml(
                self._ref, xml_text(xml), enums.StorageVolCreateFlags(flags)
            ),
        )

    def create_volume_from(self, xml: XmlSource, source: Volume, flags: StorageVolCreateFlags | int = 0) -> Volume:
        """Create a volume from XML with the contents of another."""
        return Volume(
            self._connection,
            self._connection._storage.storage_vol_create_xml_from(
                self._ref, xml_text(xml), source._ref, enums.StorageVolCreateFlags(flags)
            ),
        )
