"""Snapshots of domains."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.handle import Handle
from pyvirt.refs import SnapshotRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotDeleteFlags,
        DomainSnapshotListFlags,
        DomainSnapshotRevertFlags,
        DomainSnapshotXMLFlags,
    )


class Snapshot(Handle[SnapshotRef]):
    """A snapshot of a domain."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    def xml(self, flags: DomainSnapshotXMLFlags | int = 0) -> str:
        """XML description of the snapshot."""
        return self._connection._driver.domain_snapshot_get_xml_desc(self._ref, enums.DomainSnapshotXMLFlags(flags))

    def list_children(self, flags: DomainSnapshotListFlags | int = 0) -> list[Snapshot]:
        """Handles of a snapshot's children."""
        return [
            Snapshot(self._connection, ref)
            for ref in self._connection._driver.domain_snapshot_list_all_children(
                self._ref, enums.DomainSnapshotListFlags(flags)
            )
        ]

    def parent(self, flags: int = 0) -> Snapshot:
        """Parent of a snapshot."""
        return Snapshot(self._connection, self._connection._driver.domain_snapshot_get_parent(self._ref, flags))

    def is_current(self, flags: int = 0) -> bool:
        """Whether a snapshot is the current one."""
        return self._connection._driver.domain_snapshot_is_current(self._ref, flags)

    def has_metadata(self, flags: int = 0) -> bool:
        """Whether libvirt keeps metadata of a snapshot."""
        return self._connection._driver.domain_snapshot_has_metadata(self._ref, flags)

    def revert(self, flags: DomainSnapshotRevertFlags | int = 0) -> None:
        """Put a domain back to a snapshot."""
        self._connection._driver.domain_revert_to_snapshot(self._ref, enums.DomainSnapshotRevertFlags(flags))

    def delete(self, flags: DomainSnapshotDeleteFlags | int = 0) -> None:
        """Delete a snapshot, its children or its metadata only."""
        self._connection._driver.domain_snapshot_delete(self._ref, enums.DomainSnapshotDeleteFlags(flags))
