"""Block devices of the host."""

from __future__ import annotations

from typing import Annotated

from pyvirt_conf.nodedev.capability import CompoundCapability, NestedCapability
from pyvirt_conf.xml import U64, Mode, Node, Scalar, element, fail, text

MediaFlag = Annotated[bool, Scalar(lambda word: word == "1", lambda value: "1" if value else "0")]


@element(type="removable")
class Removable(NestedCapability):
    """A drive with a medium that can be taken out; sizes are those of the medium in it, in bytes."""

    media_available: MediaFlag = text(default=False)
    media_size: U64 = text(required=True)
    media_label: str | None = text()
    logical_block_size: U64 | None = text(omit=0)
    num_blocks: U64 | None = text(omit=0)


@element(type="hotpluggable")
class Hotpluggable(NestedCapability):
    """It comes and goes while the host runs."""


@element(type="storage")
class StorageCapability(CompoundCapability):
    """A block device; sizes are in bytes, those of a removable medium stand with it."""

    _takes = (Removable, Hotpluggable)

    block: str = text(required=True)
    bus: str | None = text()
    drive_type: str | None = text()
    model: str | None = text()
    vendor: str | None = text()
    serial: str | None = text()
    size: U64 | None = text()
    logical_block_size: U64 | None = text(omit=0)
    num_blocks: U64 | None = text(omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        if self.removable is not None:
            self.size = self.logical_block_size = self.num_blocks = None
        elif self.size is None:
            fail(node, mode, "missing element", "size")

    @property
    def removable(self) -> Removable | None:
        """The medium of a removable drive."""
        return self.find(Removable)
