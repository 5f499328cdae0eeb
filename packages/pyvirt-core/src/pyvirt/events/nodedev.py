"""The kinds of events of host devices; ``event_id`` is libvirt's number of the kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pyvirt.enums.nodedev import NodeDeviceEventID, NodeDeviceEventLifecycleType
from pyvirt.refs import NodeDeviceRef


@dataclass(frozen=True, slots=True)
class NodeDeviceEvent:
    """Something happened to ``device``."""

    event_id: ClassVar[NodeDeviceEventID]

    device: NodeDeviceRef

    @property
    def subject(self) -> NodeDeviceRef:
        """The device."""
        return self.device


@dataclass(frozen=True, slots=True)
class NodeDeviceLifecycleEvent(NodeDeviceEvent):
    """It appeared or went, its definition was stored or removed; ``detail`` is always 0."""

    event_id: ClassVar[NodeDeviceEventID] = NodeDeviceEventID.LIFECYCLE

    event: NodeDeviceEventLifecycleType
    detail: int = 0

    def __str__(self) -> str:
        return f"{self.device.name}: {self.event.name.lower()}"


@dataclass(frozen=True, slots=True)
class NodeDeviceUpdateEvent(NodeDeviceEvent):
    """Something about it changed: ask for its document again."""

    event_id: ClassVar[NodeDeviceEventID] = NodeDeviceEventID.UPDATE

    def __str__(self) -> str:
        return f"{self.device.name}: update"
