"""Checkpoints and backups of domains."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_checkpoint import (
        DomainBackupBeginFlags,
        DomainCheckpointCreateFlags,
        DomainCheckpointDeleteFlags,
        DomainCheckpointListFlags,
        DomainCheckpointXMLFlags,
    )
    from pyvirt.types import CheckpointRef, DomainRef


class CheckpointOperations(Operations):
    """Checkpoints and backups of domains."""

    @operation("virDomainCheckpointCreateXML", 411, write=True)
    def domain_checkpoint_create_xml(
        self, domain: DomainRef, xml: str, flags: DomainCheckpointCreateFlags
    ) -> CheckpointRef:
        """Create a checkpoint from XML."""
        raise NoSupportError

    @operation("virDomainCheckpointGetXMLDesc", 412, write_flags=0x1)
    def domain_checkpoint_get_xml_desc(self, checkpoint: CheckpointRef, flags: DomainCheckpointXMLFlags) -> str:
        """XML description of the checkpoint."""
        raise NoSupportError

    @operation("virDomainListAllCheckpoints", 413)
    def domain_list_all_checkpoints(self, domain: DomainRef, flags: DomainCheckpointListFlags) -> list[CheckpointRef]:
        """Handles of a domain's checkpoints."""
        raise NoSupportError

    @operation("virDomainCheckpointListAllChildren", 414)
    def domain_checkpoint_list_all_children(
        self, checkpoint: CheckpointRef, flags: DomainCheckpointListFlags
    ) -> list[CheckpointRef]:
        """Handles of a checkpoint's children."""
        raise NoSupportError

    @operation("virDomainCheckpointLookupByName", 415)
    def domain_checkpoint_lookup_by_name(self, domain: DomainRef, name: str, flags: int) -> CheckpointRef:
        """Find a checkpoint by name."""
        raise NoSupportError

    @operation("virDomainCheckpointGetParent", 416)
    def domain_checkpoint_get_parent(self, checkpoint: CheckpointRef, flags: int) -> CheckpointRef:
        """Parent of a checkpoint."""
        raise NoSupportError

    @operation("virDomainCheckpointDelete", 417, write=True)
    def domain_checkpoint_delete(self, checkpoint: CheckpointRef, flags: DomainCheckpointDeleteFlags) -> None:
        """Delete a checkpoint, its children or its metadata only."""
        raise NoSupportError

    @operation("virDomainBackupBegin", 421, write=True)
    def domain_backup_begin(
        self, domain: DomainRef, backup_xml: str, checkpoint_xml: str | None, flags: DomainBackupBeginFlags
    ) -> None:
        """Start a point-in-time backup, optionally with a checkpoint."""
        raise NoSupportError

    @operation("virDomainBackupGetXMLDesc", 422)
    def domain_backup_get_xml_desc(self, domain: DomainRef, flags: int) -> str:
        """XML of the backup job under way."""
        raise NoSupportError
