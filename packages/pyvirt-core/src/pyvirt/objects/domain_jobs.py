"""Saving, dumping, migration and other jobs."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.documents import xml_text
from pyvirt.objects.handle import Handle
from pyvirt.refs import DomainRef

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
    from pyvirt.objects.documents import XmlSource
    from pyvirt.types import DomainJobInfo, TypedParameters


class DomainJobs(Handle[DomainRef]):
    """Saving, dumping, migration and other jobs."""

    def job_info(self) -> DomainJobInfo:
        """Progress of the running long job as a fixed structure."""
        return self._connection._driver.domain_get_job_info(self._ref)

    def job_stats(self, flags: DomainGetJobStatsFlags | int = 0) -> tuple[DomainJobType, TypedParameters]:
        """Progress of the running or last long job as named values."""
        return self._connection._driver.domain_get_job_stats(self._ref, enums.DomainGetJobStatsFlags(flags))

    def abort_job(self, flags: DomainAbortJobFlags | int = 0) -> None:
        """Ask the running long job to stop, with a choice of how."""
        self._connection._driver.domain_abort_job_flags(self._ref, enums.DomainAbortJobFlags(flags))

    def save_with_parameters(self, parameters: TypedParameters, flags: DomainSaveRestoreFlags | int = 0) -> None:
        """Stop a domain and save its memory as named parameters say."""
        self._connection._driver.domain_save_params(self._ref, parameters, enums.DomainSaveRestoreFlags(flags))

    def managed_save(self, flags: DomainSaveRestoreFlags | int = 0) -> None:
        """Stop a domain and keep its memory for the next start."""
        self._connection._driver.domain_managed_save(self._ref, enums.DomainSaveRestoreFlags(flags))

    def has_managed_save_image(self, flags: int = 0) -> bool:
        """Whether a saved state will be used at next start."""
        return self._connection._driver.domain_has_managed_save_image(self._ref, flags)

    def managed_save_remove(self, flags: int = 0) -> None:
        """Throw away a kept memory image."""
        self._connection._driver.domain_managed_save_remove(self._ref, flags)

    def managed_save_get_xml(self, flags: DomainSaveImageXMLFlags | int = 0) -> str:
        """XML inside a kept memory image."""
        return self._connection._driver.domain_managed_save_get_xml_desc(
            self._ref, enums.DomainSaveImageXMLFlags(flags)
        )

    def managed_save_define_xml(self, xml: XmlSource, flags: DomainSaveRestoreFlags | int = 0) -> None:
        """Change the XML inside a kept memory image."""
        self._connection._driver.domain_managed_save_define_xml(
            self._ref, xml_text(xml), enums.DomainSaveRestoreFlags(flags)
        )

    def core_dump(self, path: str, format: DomainCoreDumpFormat | int, flags: DomainCoreDumpFlags | int = 0) -> None:
        """Write a guest memory dump in a chosen format."""
        self._connection._driver.domain_core_dump_with_format(
            self._ref, path, enums.DomainCoreDumpFormat(format), enums.DomainCoreDumpFlags(flags)
        )

    def migrate_get_compression_cache(self, flags: int = 0) -> int:
        """Size of the migration compression cache."""
        return self._connection._driver.domain_migrate_get_compression_cache(self._ref, flags)

    def migrate_set_compression_cache(self, size: int, flags: int = 0) -> None:
        """Set the migration compression cache size."""
        self._connection._driver.domain_migrate_set_compression_cache(self._ref, size, flags)

    def migrate_get_max_downtime(self, flags: int = 0) -> int:
        """Longest pause allowed at the end of migration."""
        return self._connection._driver.domain_migrate_get_max_downtime(self._ref, flags)

    def migrate_set_max_downtime(self, downtime: int, flags: int = 0) -> None:
        """Set the longest pause allowed at the end of migration."""
        self._connection._driver.domain_migrate_set_max_downtime(self._ref, downtime, flags)

    def migrate_get_max_speed(self, flags: DomainMigrateMaxSpeedFlags | int = 0) -> int:
        """Bandwidth limit of migration."""
        return self._connection._driver.domain_migrate_get_max_speed(self._ref, enums.DomainMigrateMaxSpeedFlags(flags))

    def migrate_set_max_speed(self, bandwidth: int, flags: DomainMigrateMaxSpeedFlags | int = 0) -> None:
        """Set the bandwidth limit of migration."""
        self._connection._driver.domain_migrate_set_max_speed(
            self._ref, bandwidth, enums.DomainMigrateMaxSpeedFlags(flags)
        )

    def migrate_start_post_copy(self, flags: int = 0) -> None:
        """Switch a running migration to post-copy."""
        self._connection._driver.domain_migrate_start_post_copy(self._ref, flags)
