"""Saving, dumping, migration and other jobs of domains."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_jobs import (
        DomainAbortJobFlags,
        DomainCoreDumpFlags,
        DomainCoreDumpFormat,
        DomainGetJobStatsFlags,
        DomainJobType,
        DomainMigrateMaxSpeedFlags,
        DomainSaveImageXMLFlags,
        DomainSaveRestoreFlags,
    )
    from pyvirt.types import DomainJobInfo, DomainRef, TypedParameters


class DomainJobOperations(Operations):
    """Saving, dumping, migration and other jobs of domains."""

    @operation("virDomainGetJobInfo", 163)
    def domain_get_job_info(self, domain: DomainRef) -> DomainJobInfo:
        """Progress of the running long job as a fixed structure."""
        raise NoSupportError

    @operation("virDomainGetJobStats", 298)
    def domain_get_job_stats(
        self, domain: DomainRef, flags: DomainGetJobStatsFlags
    ) -> tuple[DomainJobType, TypedParameters]:
        """Progress of the running or last long job as named values."""
        raise NoSupportError

    @operation("virDomainAbortJobFlags", 442, write=True, also={"virDomainAbortJob": 164})
    def domain_abort_job_flags(self, domain: DomainRef, flags: DomainAbortJobFlags) -> None:
        """Ask the running long job to stop, with a choice of how."""
        raise NoSupportError

    @operation("virDomainSaveParams", 440, write=True, also={"virDomainSaveFlags": 232, "virDomainSave": 55})
    def domain_save_params(self, domain: DomainRef, parameters: TypedParameters, flags: DomainSaveRestoreFlags) -> None:
        """Stop a domain and save its memory as named parameters say."""
        raise NoSupportError

    @operation("virDomainRestoreParams", 441, write=True, also={"virDomainRestoreFlags": 233, "virDomainRestore": 54})
    def domain_restore_params(self, parameters: TypedParameters, flags: DomainSaveRestoreFlags) -> None:
        """Resume a domain from a saved state given by named parameters."""
        raise NoSupportError

    @operation("virDomainSaveImageGetXMLDesc", 235, write=True)
    def domain_save_image_get_xml_desc(self, file: str, flags: DomainSaveImageXMLFlags) -> str:
        """XML inside a saved file."""
        raise NoSupportError

    @operation("virDomainSaveImageDefineXML", 236, write=True)
    def domain_save_image_define_xml(self, file: str, xml: str, flags: DomainSaveRestoreFlags) -> None:
        """Change the XML inside a saved file."""
        raise NoSupportError

    @operation("virDomainManagedSave", 182, write=True)
    def domain_managed_save(self, domain: DomainRef, flags: DomainSaveRestoreFlags) -> None:
        """Stop a domain and keep its memory for the next start."""
        raise NoSupportError

    @operation("virDomainHasManagedSaveImage", 183)
    def domain_has_managed_save_image(self, domain: DomainRef, flags: int) -> bool:
        """Whether a saved state will be used at next start."""
        raise NoSupportError

    @operation("virDomainManagedSaveRemove", 184, write=True)
    def domain_managed_save_remove(self, domain: DomainRef, flags: int) -> None:
        """Throw away a kept memory image."""
        raise NoSupportError

    @operation("virDomainManagedSaveGetXMLDesc", 388, write_flags=0x1)
    def domain_managed_save_get_xml_desc(self, domain: DomainRef, flags: DomainSaveImageXMLFlags) -> str:
        """XML inside a kept memory image."""
        raise NoSupportError

    @operation("virDomainManagedSaveDefineXML", 389, write=True)
    def domain_managed_save_define_xml(self, domain: DomainRef, xml: str, flags: DomainSaveRestoreFlags) -> None:
        """Change the XML inside a kept memory image."""
        raise NoSupportError

    @operation("virDomainCoreDumpWithFormat", 334, write=True, also={"virDomainCoreDump": 53})
    def domain_core_dump_with_format(
        self, domain: DomainRef, path: str, format: DomainCoreDumpFormat, flags: DomainCoreDumpFlags
    ) -> None:
        """Write a guest memory dump in a chosen format."""
        raise NoSupportError

    @operation("virDomainMigrateGetCompressionCache", 299)
    def domain_migrate_get_compression_cache(self, domain: DomainRef, flags: int) -> int:
        """Size of the migration compression cache."""
        raise NoSupportError

    @operation("virDomainMigrateSetCompressionCache", 300, write=True)
    def domain_migrate_set_compression_cache(self, domain: DomainRef, size: int, flags: int) -> None:
        """Set the migration compression cache size."""
        raise NoSupportError

    @operation("virDomainMigrateGetMaxDowntime", 387)
    def domain_migrate_get_max_downtime(self, domain: DomainRef, flags: int) -> int:
        """Longest pause allowed at the end of migration."""
        raise NoSupportError

    @operation("virDomainMigrateSetMaxDowntime", 166, write=True)
    def domain_migrate_set_max_downtime(self, domain: DomainRef, downtime: int, flags: int) -> None:
        """Set the longest pause allowed at the end of migration."""
        raise NoSupportError

    @operation("virDomainMigrateGetMaxSpeed", 242, write=True)
    def domain_migrate_get_max_speed(self, domain: DomainRef, flags: DomainMigrateMaxSpeedFlags) -> int:
        """Bandwidth limit of migration."""
        raise NoSupportError

    @operation("virDomainMigrateSetMaxSpeed", 207, write=True)
    def domain_migrate_set_max_speed(
        self, domain: DomainRef, bandwidth: int, flags: DomainMigrateMaxSpeedFlags
    ) -> None:
        """Set the bandwidth limit of migration."""
        raise NoSupportError

    @operation("virDomainMigrateStartPostCopy", 364, write=True)
    def domain_migrate_start_post_copy(self, domain: DomainRef, flags: int) -> None:
        """Switch a running migration to post-copy."""
        raise NoSupportError
