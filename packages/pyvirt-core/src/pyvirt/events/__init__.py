"""Events: what happened to whom, callbacks, an iterator, and the bus between processes."""

from pyvirt.events.dispatcher import CloseCallback, Dispatcher, EventCallback, EventStream, Subscription
from pyvirt.events.kinds import (
    AgentLifecycleEvent,
    BalloonChangeEvent,
    BlockJobEvent,
    DeviceAddedEvent,
    DeviceRemovedEvent,
    DomainEvent,
    IoErrorEvent,
    LifecycleEvent,
    MetadataChangeEvent,
    RebootEvent,
    RtcChangeEvent,
    TrayChangeEvent,
    WatchdogEvent,
)

__all__ = [
    "AgentLifecycleEvent",
    "BalloonChangeEvent",
    "BlockJobEvent",
    "CloseCallback",
    "DeviceAddedEvent",
    "DeviceRemovedEvent",
    "Dispatcher",
    "DomainEvent",
    "EventCallback",
    "EventStream",
    "IoErrorEvent",
    "LifecycleEvent",
    "MetadataChangeEvent",
    "RebootEvent",
    "RtcChangeEvent",
    "Subscription",
    "TrayChangeEvent",
    "WatchdogEvent",
]
