"""Snapshots, checkpoints and backups of a domain."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.checkpoint import Checkpoint
from pyvirt.objects.documents import optional_xml_text, xml_text
from pyvirt.objects.handle import Handle
from pyvirt.objects.snapshot import Snapshot
from pyvirt.refs import DomainRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_checkpoint import (
        DomainBackupBeginFlags,
        DomainCheckpointCreateFlags,
        DomainCheckpointListFlags,
    )
    from pyvirt.enums.domain_snapshot import DomainSnapshotCreateFlags, DomainSnapshotListFlags
    from pyvirt.objects.documents import XmlSource


class DomainHistory(Handle[DomainRef]):
    """Snapshots, checkpoints and backups of a domain."""

    def create_snapshot(self, xml: XmlSource, flags: DomainSnapshotCreateFlags | int = 0) -> Snapshot:
        """Create or redefine a snapshot from XML."""
        return Snapshot(
            self._connection,
            self._connection._driver.domain_snapshot_create_xml(
                self._ref, xml_text(xml), enums.DomainSnapshotCreateFlags(flags)
            ),
        )

    def list_snapshots(self, flags: DomainSnapshotListFlags | int = 0) -> list[Snapshot]:
        """Handles of a domain's snapshots."""
        return [
            Snapshot(self._connection, ref)
            for ref in self._connection._driver.domain_list_all_snapshots(
                self._ref, enums.DomainSnapshotListFlags(flags)
            )
        ]

    def lookup_snapshot(self, name: str, flags: int = 0) -> Snapshot:
        """Find a snapshot by name."""
        return Snapshot(
            self._connection, self._connection._driver.domain_snapshot_lookup_by_name(self._ref, name, flags)
        )

    def current_snapshot(self, flags: int = 0) -> Snapshot:
        """Current snapshot of a domain."""
        return Snapshot(self._connection, self._connection._driver.domain_snapshot_current(self._ref, flags))

    def create_checkpoint(self, xml: XmlSource, flags: DomainCheckpointCreateFlags | int = 0) -> Checkpoint:
        """Create a checkpoint from XML."""
        return Checkpoint(
            self._connection,
            self._connection._driver.domain_checkpoint_create_xml(
                self._ref, xml_text(xml), enums.DomainCheckpointCreateFlags(flags)
            ),
        )

    def list_checkpoints(self, flags: DomainCheckpointListFlags | int = 0) -> list[Checkpoint]:
        """Handles of a domain's checkpoints."""
        return [
            Checkpoint(self._connection, ref)
            for ref in self._connection._driver.domain_list_all_checkpoints(
                self._ref, enums.DomainCheckpointListFlags(flags)
            )
        ]

    def lookup_checkpoint(self, name: str, flags: int = 0) -> Checkpoint:
        """Find a checkpoint by name."""
        return Checkpoint(
            self._connection, self._connection._driver.domain_checkpoint_lookup_by_name(self._ref, name, flags)
        )

    def backup_begin(
        self, backup_xml: XmlSource, checkpoint_xml: XmlSource | None = None, flags: DomainBackupBeginFlags | int = 0
    ) -> None:
        """Start a point-in-time backup, optionally with a checkpoint."""
        self._connection._driver.domain_backup_begin(
            self._ref, xml_text(backup_xml), optional_xml_text(checkpoint_xml), enums.DomainBackupBeginFlags(flags)
        )

    def backup_get_xml(self, flags: int = 0) -> str:
        """XML of the backup job under way."""
        return self._connection._driver.domain_backup_get_xml_desc(self._ref, flags)
