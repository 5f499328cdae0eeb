"""Checkpoints of domains."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.handle import Handle
from pyvirt.refs import CheckpointRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_checkpoint import (
        DomainCheckpointDeleteFlags,
        DomainCheckpointListFlags,
        DomainCheckpointXMLFlags,
    )


class Checkpoint(Handle[CheckpointRef]):
    """A checkpoint of a domain."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    def xml(self, flags: DomainCheckpointXMLFlags | int = 0) -> str:
        """XML description of the checkpoint."""
        return self._connection._driver.domain_checkpoint_get_xml_desc(self._ref, enums.DomainCheckpointXMLFlags(flags))

    def list_children(self, flags: DomainCheckpointListFlags | int = 0) -> list[Checkpoint]:
        """Handles of a checkpoint's children."""
        return [
            Checkpoint(self._connection, ref)
            for ref in self._connection._driver.domain_checkpoint_list_all_children(
                self._ref, enums.DomainCheckpointListFlags(flags)
            )
        ]

    def parent(self, flags: int = 0) -> Checkpoint:
        """Parent of a checkpoint."""
        return Checkpoint(self._connection, self._connection._driver.domain_checkpoint_get_parent(self._ref, flags))

    def delete(self, flags: DomainCheckpointDeleteFlags | int = 0) -> None:
        """Delete a checkpoint, its children or its metadata only."""
        self._connection._driver.domain_checkpoint_delete(self._ref, enums.DomainCheckpointDeleteFlags(flags))
