"""Snapshots of domains."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotCreateFlags,
        DomainSnapshotDeleteFlags,
        DomainSnapshotListFlags,
        DomainSnapshotRevertFlags,
        DomainSnapshotXMLFlags,
    )
    from pyvirt.types import DomainRef, SnapshotRef


class SnapshotOperations(Operations):
    """Snapshots of domains."""

    @operation("virDomainSnapshotCreateXML", 185, write=True)
    def domain_snapshot_create_xml(self, domain: DomainRef, xml: str, flags: DomainSnapshotCreateFlags) -> SnapshotRef:
        """Create or redefine a snapshot from XML."""
        raise NoSupportError

    @operation("virDomainSnapshotGetXMLDesc", 186, write_flags=0x1)
    def domain_snapshot_get_xml_desc(self, snapshot: SnapshotRef, flags: DomainSnapshotXMLFlags) -> str:
        """XML description of the snapshot."""
        raise NoSupportError

    @operation("virDomainListAllSnapshots", 274, also={"virDomainSnapshotNum": 187, "virDomainSnapshotListNames": 188})
    def domain_list_all_snapshots(self, domain: DomainRef, flags: DomainSnapshotListFlags) -> list[SnapshotRef]:
        """Handles of a domain's snapshots."""
        raise NoSupportError

    @operation(
        "virDomainSnapshotListAllChildren",
        275,
        also={"virDomainSnapshotNumChildren": 246, "virDomainSnapshotListChildrenNames": 247},
    )
    def domain_snapshot_list_all_children(
        self, snapshot: SnapshotRef, flags: DomainSnapshotListFlags
    ) -> list[SnapshotRef]:
        """Handles of a snapshot's children."""
        raise NoSupportError

    @operation("virDomainSnapshotLookupByName", 189)
    def domain_snapshot_lookup_by_name(self, domain: DomainRef, name: str, flags: int) -> SnapshotRef:
        """Find a snapshot by name."""
        raise NoSupportError

    @operation("virDomainSnapshotCurrent", 191, also={"virDomainHasCurrentSnapshot": 190})
    def domain_snapshot_current(self, domain: DomainRef, flags: int) -> SnapshotRef:
        """Current snapshot of a domain."""
        raise NoSupportError

    @operation("virDomainSnapshotGetParent", 244)
    def domain_snapshot_get_parent(self, snapshot: SnapshotRef, flags: int) -> SnapshotRef:
        """Parent of a snapshot."""
        raise NoSupportError

    @operation("virDomainSnapshotIsCurrent", 271)
    def domain_snapshot_is_current(self, snapshot: SnapshotRef, flags: int) -> bool:
        """Whether a snapshot is the current one."""
        raise NoSupportError

    @operation("virDomainSnapshotHasMetadata", 272)
    def domain_snapshot_has_metadata(self, snapshot: SnapshotRef, flags: int) -> bool:
        """Whether libvirt keeps metadata of a snapshot."""
        raise NoSupportError

    @operation("virDomainRevertToSnapshot", 192, write=True)
    def domain_revert_to_snapshot(self, snapshot: SnapshotRef, flags: DomainSnapshotRevertFlags) -> None:
        """Put a domain back to a snapshot."""
        raise NoSupportError

    @operation("virDomainSnapshotDelete", 193, write=True)
    def domain_snapshot_delete(self, snapshot: SnapshotRef, flags: DomainSnapshotDeleteFlags) -> None:
        """Delete a snapshot, its children or its metadata only."""
        raise NoSupportError
