"""What the kernel's resource control can share out and watch: caches and memory bandwidth."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.xml import U32, U64, Bits, Element, attr, child, children, element, sized


class CacheType(StrEnum):
    """What is kept in a cache (virCacheType)."""

    BOTH = "both"
    CODE = "code"
    DATA = "data"


@element("feature")
class MonitorFeature(Element):
    """Something that can be counted, by the kernel's name."""

    name: str = attr(required=True)


@element("monitor")
class Monitor(Element):
    """How many groups can be watched, and what of them."""

    level: U32 | None = attr()
    reuse_threshold: U32 | None = attr("@reuseThreshold")
    max_monitors: U32 = attr("@maxMonitors", required=True)
    features: list[MonitorFeature] = children("feature")


@element("control")
class CacheControl(Element):
    """In what steps a cache can be shared out, and among how many; both sizes are in ``unit``."""

    granularity: U64 = attr(required=True)
    min: U64 | None = attr(omit=0)
    unit: str = attr(required=True)
    type: CacheType = attr(required=True)
    max_allocs: U32 = attr("@maxAllocs", required=True)


@element("bank")
class CacheBank(Element):
    """A cache and the CPUs that share it; the size is in bytes."""

    id: U32 = attr(required=True)
    level: U32 = attr(required=True)
    type: CacheType = attr(required=True)
    size: int = sized("@size", store=1, assume=1, unit=None, required=True)
    cpus: Bits = attr(required=True)
    controls: list[CacheControl] = children("control")


@element("cache")
class HostCaches(Element):
    """All caches that are known of."""

    banks: list[CacheBank] = children("bank")
    monitor: Monitor | None = child()


@element("control")
class BandwidthControl(Element):
    """In what steps bandwidth can be shared out, and among how many; in percent."""

    granularity: U32 = attr(required=True)
    min: U32 | None = attr()
    max_allocs: U32 = attr("@maxAllocs", required=True)


@element("node")
class BandwidthNode(Element):
    """A memory controller and the CPUs that share it."""

    id: U32 = attr(required=True)
    cpus: Bits = attr(required=True)
    controls: list[BandwidthControl] = children("control")


@element("memory_bandwidth")
class MemoryBandwidth(Element):
    """All memory controllers that are known of."""

    nodes: list[BandwidthNode] = children("node")
    monitor: Monitor | None = child()
