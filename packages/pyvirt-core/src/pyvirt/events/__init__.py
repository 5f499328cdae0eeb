"""Events: what happened to whom, callbacks, an iterator, and the bus between processes."""

from pyvirt.events.dispatcher import CloseCallback, Dispatcher, EventCallback, EventStream, Subscription
from pyvirt.events.kinds import (
    AgentLifecycleEvent,
    BalloonChangeEvent,
    BlockJobEvent,
    DeviceAddedEvent,
    DeviceRemovedEvent,
    DomainEvent,
    Event,
    IoErrorEvent,
    LifecycleEvent,
    MetadataChangeEvent,
    RebootEvent,
    RtcChangeEvent,
    TrayChangeEvent,
    WatchdogEvent,
)
from pyvirt.events.nodedev import NodeDeviceEvent, NodeDeviceLifecycleEvent, NodeDeviceUpdateEvent

__all__ = [
    "AgentLifecycleEvent",
    "BalloonChangeEvent",
    "BlockJobEvent",
    "CloseCallback",
    "DeviceAddedEvent",
    "DeviceRemovedEvent",
    "Dispatcher",
    "DomainEvent",
    "Event",
    "EventCallback",
    "EventStream",
    "IoErrorEvent",
    "LifecycleEvent",
    "MetadataChangeEvent",
    "NodeDeviceEvent",
    "NodeDeviceLifecycleEvent",
    "NodeDeviceUpdateEvent",
    "RebootEvent",
    "RtcChangeEvent",
    "Subscription",
    "TrayChangeEvent",
    "WatchdogEvent",
]
