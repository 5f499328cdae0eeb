"""Storage pools and volumes."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.storage import (
        ConnectListAllStoragePoolsFlags,
        StoragePoolBuildFlags,
        StoragePoolCreateFlags,
        StoragePoolDefineFlags,
        StoragePoolDeleteFlags,
        StoragePoolEventID,
        StorageVolCreateFlags,
        StorageVolDeleteFlags,
        StorageVolDownloadFlags,
        StorageVolInfoFlags,
        StorageVolResizeFlags,
        StorageVolUploadFlags,
        StorageVolWipeAlgorithm,
        StorageXMLFlags,
    )
    from pyvirt.events import EventCallback
    from pyvirt.streams import Stream
    from pyvirt.types import StoragePoolInfo, StoragePoolRef, StorageVolInfo, StorageVolRef


class StorageDriver(Operations):
    """Storage pools and volumes."""

    kind = "storage"

    @operation(
        "virConnectListAllStoragePools",
        281,
        also={
            "virConnectListStoragePools": 72,
            "virConnectNumOfStoragePools": 71,
            "virConnectListDefinedStoragePools": 74,
            "virConnectNumOfDefinedStoragePools": 73,
        },
    )
    def connect_list_all_storage_pools(self, flags: ConnectListAllStoragePoolsFlags) -> list[StoragePoolRef]:
        """Handles of all storage pools that pass a filter."""
        raise NoSupportError

    @operation("virConnectFindStoragePoolSources", 75, write=True)
    def connect_find_storage_pool_sources(self, type: str, source_xml: str | None, flags: int) -> str:
        """Discover candidate sources for a kind of storage pool."""
        raise NoSupportError

    @operation("virConnectGetStoragePoolCapabilities", 403)
    def connect_get_storage_pool_capabilities(self, flags: int) -> str:
        """XML of the storage pool kinds on offer."""
        raise NoSupportError

    @operation("virConnectStoragePoolEventRegisterAny", 368)
    def connect_storage_pool_event_register_any(
        self, pool: StoragePoolRef | None, event_id: StoragePoolEventID, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of storage pool event."""
        raise NoSupportError

    @operation("virConnectStoragePoolEventDeregisterAny", 369)
    def connect_storage_pool_event_deregister_any(self, callback_id: int) -> None:
        """Remove a storage pool event callback."""
        raise NoSupportError

    @operation("virStoragePoolLookupByName", 84)
    def storage_pool_lookup_by_name(self, name: str) -> StoragePoolRef:
        """Find a storage pool by name."""
        raise NoSupportError

    @operation("virStoragePoolLookupByUUID", 85)
    def storage_pool_lookup_by_uuid(self, uuid: str) -> StoragePoolRef:
        """Find a storage pool by UUID."""
        raise NoSupportError

    @operation("virStoragePoolLookupByVolume", 86)
    def storage_pool_lookup_by_volume(self, volume: StorageVolRef) -> StoragePoolRef:
        """Pool a volume belongs to."""
        raise NoSupportError

    @operation("virStoragePoolLookupByTargetPath", 391)
    def storage_pool_lookup_by_target_path(self, path: str) -> StoragePoolRef:
        """Find a pool by the path it provides."""
        raise NoSupportError

    @operation("virStoragePoolCreateXML", 76, write=True)
    def storage_pool_create_xml(self, xml: str, flags: StoragePoolCreateFlags) -> StoragePoolRef:
        """Start a transient pool from XML."""
        raise NoSupportError

    @operation("virStoragePoolDefineXML", 77, write=True)
    def storage_pool_define_xml(self, xml: str, flags: StoragePoolDefineFlags) -> StoragePoolRef:
        """Store a pool configuration."""
        raise NoSupportError

    @operation("virStoragePoolBuild", 79, write=True)
    def storage_pool_build(self, pool: StoragePoolRef, flags: StoragePoolBuildFlags) -> None:
        """Make the storage behind a pool (directory, file system, volume group)."""
        raise NoSupportError

    @operation("virStoragePoolCreate", 78, write=True)
    def storage_pool_create(self, pool: StoragePoolRef, flags: StoragePoolCreateFlags) -> None:
        """Start a defined pool."""
        raise NoSupportError

    @operation("virStoragePoolDestroy", 80, write=True)
    def storage_pool_destroy(self, pool: StoragePoolRef) -> None:
        """Stop a pool."""
        raise NoSupportError

    @operation("virStoragePoolUndefine", 82, write=True)
    def storage_pool_undefine(self, pool: StoragePoolRef) -> None:
        """Remove a pool configuration."""
        raise NoSupportError

    @operation("virStoragePoolDelete", 81, write=True)
    def storage_pool_delete(self, pool: StoragePoolRef, flags: StoragePoolDeleteFlags) -> None:
        """Destroy the storage behind a pool."""
        raise NoSupportError

    @operation("virStoragePoolRefresh", 83, write=True)
    def storage_pool_refresh(self, pool: StoragePoolRef, flags: int) -> None:
        """Look at a pool's contents again."""
        raise NoSupportError

    @operation("virStoragePoolGetInfo", 87)
    def storage_pool_get_info(self, pool: StoragePoolRef) -> StoragePoolInfo:
        """State and sizes of a pool."""
        raise NoSupportError

    @operation("virStoragePoolGetXMLDesc", 88)
    def storage_pool_get_xml_desc(self, pool: StoragePoolRef, flags: StorageXMLFlags) -> str:
        """XML description of the pool."""
        raise NoSupportError

    @operation("virStoragePoolGetAutostart", 89)
    def storage_pool_get_autostart(self, pool: StoragePoolRef) -> bool:
        """Whether the pool starts with the daemon or host."""
        raise NoSupportError

    @operation("virStoragePoolSetAutostart", 90, write=True)
    def storage_pool_set_autostart(self, pool: StoragePoolRef, autostart: bool) -> None:
        """Choose whether the pool starts with the daemon or host."""
        raise NoSupportError

    @operation("virStoragePoolIsActive", 154)
    def storage_pool_is_active(self, pool: StoragePoolRef) -> bool:
        """Whether the pool is running or started now."""
        raise NoSupportError

    @operation("virStoragePoolIsPersistent", 155)
    def storage_pool_is_persistent(self, pool: StoragePoolRef) -> bool:
        """Whether the pool has a stored configuration."""
        raise NoSupportError

    @operation(
        "virStoragePoolListAllVolumes", 282, also={"virStoragePoolListVolumes": 92, "virStoragePoolNumOfVolumes": 91}
    )
    def storage_pool_list_all_volumes(self, pool: StoragePoolRef, flags: int) -> list[StorageVolRef]:
        """Handles of a pool's volumes."""
        raise NoSupportError

    @operation("virStorageVolLookupByName", 95)
    def storage_vol_lookup_by_name(self, pool: StoragePoolRef, name: str) -> StorageVolRef:
        """Find a storage volume by name."""
        raise NoSupportError

    @operation("virStorageVolLookupByKey", 96)
    def storage_vol_lookup_by_key(self, key: str) -> StorageVolRef:
        """Find a volume by key."""
        raise NoSupportError

    @operation("virStorageVolLookupByPath", 97)
    def storage_vol_lookup_by_path(self, path: str) -> StorageVolRef:
        """Find a volume by path."""
        raise NoSupportError

    @operation("virStorageVolCreateXML", 93, write=True)
    def storage_vol_create_xml(self, pool: StoragePoolRef, xml: str, flags: StorageVolCreateFlags) -> StorageVolRef:
        """Create a volume from XML."""
        raise NoSupportError

    @operation("virStorageVolCreateXMLFrom", 125, write=True)
    def storage_vol_create_xml_from(
        self, pool: StoragePoolRef, xml: str, source: StorageVolRef, flags: StorageVolCreateFlags
    ) -> StorageVolRef:
        """Create a volume from XML with the contents of another."""
        raise NoSupportError

    @operation("virStorageVolDelete", 94, write=True)
    def storage_vol_delete(self, volume: StorageVolRef, flags: StorageVolDeleteFlags) -> None:
        """Delete a volume."""
        raise NoSupportError

    @operation("virStorageVolWipePattern", 259, write=True, also={"virStorageVolWipe": 165})
    def storage_vol_wipe_pattern(self, volume: StorageVolRef, algorithm: StorageVolWipeAlgorithm, flags: int) -> None:
        """Overwrite a volume by a chosen scheme."""
        raise NoSupportError

    @operation("virStorageVolResize", 260, write=True)
    def storage_vol_resize(self, volume: StorageVolRef, capacity: int, flags: StorageVolResizeFlags) -> None:
        """Change a volume's capacity."""
        raise NoSupportError

    @operation("virStorageVolGetInfoFlags", 378, also={"virStorageVolGetInfo": 98})
    def storage_vol_get_info_flags(self, volume: StorageVolRef, flags: StorageVolInfoFlags) -> StorageVolInfo:
        """Kind and a choice of sizes of a volume."""
        raise NoSupportError

    @operation("virStorageVolGetXMLDesc", 99)
    def storage_vol_get_xml_desc(self, volume: StorageVolRef, flags: int) -> str:
        """XML description of the volume."""
        raise NoSupportError

    @operation("virStorageVolGetPath", 100)
    def storage_vol_get_path(self, volume: StorageVolRef) -> str:
        """Path of a volume on the host."""
        raise NoSupportError

    @operation("virStorageVolDownload", 209, write=True)
    def storage_vol_download(
        self, volume: StorageVolRef, offset: int, length: int, flags: StorageVolDownloadFlags
    ) -> Stream:
        """Stream a volume's bytes out."""
        raise NoSupportError

    @operation("virStorageVolUpload", 208, write=True)
    def storage_vol_upload(
        self, volume: StorageVolRef, offset: int, length: int, flags: StorageVolUploadFlags
    ) -> Stream:
        """Stream bytes into a volume."""
        raise NoSupportError
