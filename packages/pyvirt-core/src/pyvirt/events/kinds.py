"""The kinds of domain events, one frozen dataclass each; ``event_id`` is libvirt's number of the kind.

All fields but the domain are integers, text or booleans, so that an event travels as one JSON line.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pyvirt.enums.domain_events import (
    DomainEventCrashedDetailType,
    DomainEventDefinedDetailType,
    DomainEventID,
    DomainEventPMSuspendedDetailType,
    DomainEventResumedDetailType,
    DomainEventShutdownDetailType,
    DomainEventStartedDetailType,
    DomainEventStoppedDetailType,
    DomainEventSuspendedDetailType,
    DomainEventType,
    DomainEventUndefinedDetailType,
)
from pyvirt.types import DomainRef
from pyvirt_util.errors import InvalidArgError

if TYPE_CHECKING:
    from enum import IntEnum

_DETAILS: dict[DomainEventType, type[IntEnum]] = {
    DomainEventType.DEFINED: DomainEventDefinedDetailType,
    DomainEventType.UNDEFINED: DomainEventUndefinedDetailType,
    DomainEventType.STARTED: DomainEventStartedDetailType,
    DomainEventType.SUSPENDED: DomainEventSuspendedDetailType,
    DomainEventType.RESUMED: DomainEventResumedDetailType,
    DomainEventType.STOPPED: DomainEventStoppedDetailType,
    DomainEventType.SHUTDOWN: DomainEventShutdownDetailType,
    DomainEventType.PMSUSPENDED: DomainEventPMSuspendedDetailType,
    DomainEventType.CRASHED: DomainEventCrashedDetailType,
}


class Event(Protocol):
    """What happened to anything: the number of its kind, and the handle of the object."""

    @property
    def event_id(self) -> int:
        """Which kind, among those of its kind of object."""

    @property
    def subject(self) -> tuple[Any, ...]:
        """The handle of the object it happened to."""


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """Something happened to ``domain``."""

    event_id: ClassVar[DomainEventID]

    domain: DomainRef

    @property
    def subject(self) -> DomainRef:
        """The domain."""
        return self.domain

    def to_dict(self) -> dict[str, Any]:
        """The event as plain JSON values; :func:`from_dict` reads it."""
        values = asdict(self)
        values["domain"] = list(self.domain)
        return {"event_id": int(self.event_id), **values}


@dataclass(frozen=True, slots=True)
class LifecycleEvent(DomainEvent):
    """Defined, started, suspended, stopped ...; ``detail`` says why, its enumeration depends on ``event``."""

    event_id: ClassVar[DomainEventID] = DomainEventID.LIFECYCLE

    event: DomainEventType
    detail: int

    @property
    def reason(self) -> IntEnum:
        """``detail`` as a member of its enumeration."""
        return _DETAILS[self.event](self.detail)

    def __str__(self) -> str:
        return f"{self.domain.name}: {self.event.name.lower()} ({self.reason.name.lower().replace('_', ' ')})"


@dataclass(frozen=True, slots=True)
class RebootEvent(DomainEvent):
    """The guest rebooted."""

    event_id: ClassVar[DomainEventID] = DomainEventID.REBOOT


@dataclass(frozen=True, slots=True)
class RtcChangeEvent(DomainEvent):
    """The guest set its clock: ``offset`` in seconds to the host's."""

    event_id: ClassVar[DomainEventID] = DomainEventID.RTC_CHANGE

    offset: int


@dataclass(frozen=True, slots=True)
class WatchdogEvent(DomainEvent):
    """The watchdog fired; ``action`` is a DomainEventWatchdogAction."""

    event_id: ClassVar[DomainEventID] = DomainEventID.WATCHDOG

    action: int


@dataclass(frozen=True, slots=True)
class IoErrorEvent(DomainEvent):
    """A disk failed; ``action`` is a DomainEventIOErrorAction."""

    event_id: ClassVar[DomainEventID] = DomainEventID.IO_ERROR_REASON

    path: str
    alias: str
    action: int
    reason: str


@dataclass(frozen=True, slots=True)
class BlockJobEvent(DomainEvent):
    """A block job of ``disk`` changed; type and status are enumerations of block jobs."""

    event_id: ClassVar[DomainEventID] = DomainEventID.BLOCK_JOB_2

    disk: str
    type: int
    status: int


@dataclass(frozen=True, slots=True)
class TrayChangeEvent(DomainEvent):
    """A tray was opened (``reason`` 0) or closed (1)."""

    event_id: ClassVar[DomainEventID] = DomainEventID.TRAY_CHANGE

    alias: str
    reason: int


@dataclass(frozen=True, slots=True)
class BalloonChangeEvent(DomainEvent):
    """The balloon moved: ``actual`` is the guest's memory in KiB."""

    event_id: ClassVar[DomainEventID] = DomainEventID.BALLOON_CHANGE

    actual: int


@dataclass(frozen=True, slots=True)
class DeviceRemovedEvent(DomainEvent):
    """A device is gone from the guest."""

    event_id: ClassVar[DomainEventID] = DomainEventID.DEVICE_REMOVED

    alias: str


@dataclass(frozen=True, slots=True)
class DeviceAddedEvent(DomainEvent):
    """A device was added to the guest."""

    event_id: ClassVar[DomainEventID] = DomainEventID.DEVICE_ADDED

    alias: str


@dataclass(frozen=True, slots=True)
class AgentLifecycleEvent(DomainEvent):
    """The guest agent appeared or went (state and reason as virConnectDomainEventAgentLifecycle...)."""

    event_id: ClassVar[DomainEventID] = DomainEventID.AGENT_LIFECYCLE

    state: int
    reason: int


@dataclass(frozen=True, slots=True)
class MetadataChangeEvent(DomainEvent):
    """Title, description or custom metadata changed; ``type`` is a DomainMetadataType."""

    event_id: ClassVar[DomainEventID] = DomainEventID.METADATA_CHANGE

    type: int
    uri: str | None


_KINDS: dict[int, type[DomainEvent]] = {
    kind.event_id: kind
    for kind in (
        LifecycleEvent,
        RebootEvent,
        RtcChangeEvent,
        WatchdogEvent,
        IoErrorEvent,
        BlockJobEvent,
        TrayChangeEvent,
        BalloonChangeEvent,
        DeviceRemovedEvent,
        DeviceAddedEvent,
        AgentLifecycleEvent,
        MetadataChangeEvent,
    )
}


def from_dict(values: dict[str, Any]) -> DomainEvent:
    """The event that :meth:`DomainEvent.to_dict` made ``values`` of; raises InvalidArgError for anything else."""
    try:
        kind = _KINDS[values["event_id"]]
        arguments = {field.name: values[field.name] for field in fields(kind)}
        if isinstance(arguments["domain"], str):  # text would fall apart into letters
            raise TypeError("domain")
        name, uuid, number = arguments["domain"]
        arguments["domain"] = DomainRef(name, uuid, number)
        if kind is LifecycleEvent:
            arguments["event"] = DomainEventType(arguments["event"])
        return kind(**arguments)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidArgError(f"not an event: {values!r}") from error
