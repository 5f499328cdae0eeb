"""Resources and their limits: memory, CPUs, block I/O, NUMA placement, cache allocation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pyvirt_conf.xml import (
    I32,
    U32,
    U64,
    BadValue,
    Bits,
    Element,
    Mode,
    Natural,
    Node,
    Positive,
    Scalar,
    SomeBits,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    flag,
    integer,
    sized,
    text,
)
from pyvirt_util.errors import ConfigUnsupportedError, XmlInvalidSchemaError

UNLIMITED = 9007199254740991
"""A memory limit of so many KiB or more is none (VIR_DOMAIN_MEMORY_PARAM_UNLIMITED)."""


@element("device")
class BlkioDevice(Element):
    """Limits for one block device of the host."""

    path: str = text(required=True)
    weight: U32 | None = text(omit=0)
    read_iops_sec: U32 | None = text(omit=0)
    write_iops_sec: U32 | None = text(omit=0)
    read_bytes_sec: U64 | None = text(omit=0)
    write_bytes_sec: U64 | None = text(omit=0)


_LIMITS = ("weight", "read_iops_sec", "write_iops_sec", "read_bytes_sec", "write_bytes_sec")


@element("blkiotune")
class BlkioTune(Element):
    """Weights and limits of block I/O."""

    _skip_empty = True
    weight: U32 | None = text(omit=0)
    devices: list[BlkioDevice] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        seen = set()
        for device in self.devices:
            if device.path in seen:
                raise BadValue(f"block device '{device.path}' is there twice")
            seen.add(device.path)

    # By hand: a device without limits is not written.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        limited = [device for device in self.devices if any(getattr(device, name) for name in _LIMITS)]
        shown = self
        if len(limited) < len(self.devices):
            shown = self._shallow()
            shown.devices = limited
        shown._write(out, pad, mode, "blkiotune")


def _limited(value: int, mode: Mode) -> bool:
    return value < UNLIMITED


@element("memtune")
class MemTune(Element):
    """Limits on the guest's memory, in KiB."""

    _skip_empty = True
    hard_limit: int | None = sized("hard_limit", when=_limited)
    soft_limit: int | None = sized("soft_limit", when=_limited)
    min_guarantee: int | None = sized("min_guarantee", omit=0)
    swap_hard_limit: int | None = sized("swap_hard_limit", when=_limited)


class MemorySourceType(StrEnum):
    """What guest memory is made of."""

    FILE = "file"
    ANONYMOUS = "anonymous"
    MEMFD = "memfd"


class MemoryAccessMode(StrEnum):
    """Whether other processes may see it."""

    SHARED = "shared"
    PRIVATE = "private"


class MemoryAllocation(StrEnum):
    """When it's allocated."""

    IMMEDIATE = "immediate"
    ONDEMAND = "ondemand"


@element("page")
class HugePage(Element):
    """Huge pages of one size, in KiB, for some NUMA cells or all."""

    size: int = sized("@size", required=True, low=1)
    nodeset: Bits | None = attr()


@element("hugepages")
class HugePages(Element):
    """Huge pages; without sizes the host's default."""

    pages: list[HugePage] = children()


@element("memoryBacking")
class MemoryBacking(Element):
    """What the guest's memory is backed by."""

    _always = ("access/@mode",)

    _skip_empty = True
    hugepages: HugePages | None = child()
    nosharepages: bool = flag()
    locked: bool = flag()
    source: MemorySourceType | None = attr("source/@type")
    access: MemoryAccessMode | None = attr("access/@mode")
    allocation: MemoryAllocation | None = attr("allocation/@mode")
    allocation_threads: U32 | None = attr("allocation/@threads", omit=0)
    discard: bool = flag()


class VcpuPlacement(StrEnum):
    """Who picks the host's CPUs."""

    STATIC = "static"
    AUTO = "auto"


@element("vcpu")
class VcpuCount(Element):
    """The most CPUs the guest can have, and how many it has."""

    placement: VcpuPlacement = attr(default=VcpuPlacement.STATIC, required=True)
    cpuset: SomeBits | None = attr()
    current: U32 | None = attr()
    count: U32 = text(".", default=1)

    # By hand: CPUs that are picked anyway need not be well-formed.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        if node.get("placement") == VcpuPlacement.AUTO:
            if "cpuset" in node.attrib:
                del node.attrib["cpuset"]
        new = cls._read(node, mode)
        if not (node.text or "").strip():
            fail(node, mode, "missing number of vcpus")
        return new


@element("vcpu")
class Vcpu(Element):
    """One CPU of the guest."""

    id: U32 = attr(required=True)
    enabled: YesNo = attr(required=True)
    hotpluggable: YesNo | None = attr()
    order: U32 | None = attr(omit=0)


@element("iothread")
class IoThread(Element):
    """A thread that does I/O for disks."""

    id: Positive = attr(required=True)
    thread_pool_min: Natural | None = attr()
    thread_pool_max: Natural | None = attr()


@element("defaultiothread")
class DefaultIoThread(Element):
    """The pool of the main thread."""

    _skip_empty = True
    thread_pool_min: Natural | None = attr()
    thread_pool_max: Natural | None = attr()


class Scheduler(StrEnum):
    """virProcessSchedPolicy."""

    BATCH = "batch"
    IDLE = "idle"
    FIFO = "fifo"
    RR = "rr"


@element("vcpupin")
class VcpuPin(Element):
    """The host's CPUs one CPU of the guest runs on."""

    vcpu: U32 = attr(required=True)
    cpuset: SomeBits = attr(required=True)


@element("emulatorpin")
class EmulatorPin(Element):
    """The host's CPUs the emulator runs on."""

    cpuset: SomeBits = attr(required=True)


@element("iothreadpin")
class IoThreadPin(Element):
    """The host's CPUs an I/O thread runs on."""

    iothread: U32 = attr(required=True)
    cpuset: SomeBits = attr(required=True)


@element("emulatorsched")
class EmulatorSched(Element):
    """How the emulator is scheduled."""

    scheduler: Scheduler = attr(required=True)
    priority: I32 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        _check_priority(self.scheduler, self.priority)


@element("vcpusched")
class VcpuSched(Element):
    """How some CPUs of the guest are scheduled."""

    vcpus: SomeBits = attr(required=True)
    scheduler: Scheduler = attr(required=True)
    priority: I32 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        _check_priority(self.scheduler, self.priority)


@element("iothreadsched")
class IoThreadSched(Element):
    """How some I/O threads are scheduled."""

    iothreads: SomeBits = attr(required=True)
    scheduler: Scheduler = attr(required=True)
    priority: I32 | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        _check_priority(self.scheduler, self.priority)


def _check_priority(scheduler: Scheduler, priority: int | None) -> None:
    if scheduler in (Scheduler.FIFO, Scheduler.RR) and priority is None:
        raise BadValue(f"scheduler '{scheduler}' needs a priority")


class CacheType(StrEnum):
    """virCacheType."""

    BOTH = "both"
    CODE = "code"
    DATA = "data"


@element("cache")
class CacheAllocation(Element):
    """A share of one cache, in bytes."""

    id: U32 = attr(required=True)
    level: U32 = attr(required=True)
    type: CacheType = attr(required=True)
    size: int = sized("@size", store=1, assume=1024, unit=None, required=True)


@element("monitor")
class CacheMonitor(Element):
    """Which CPUs' use of a cache is measured: the last level's, which is the third."""

    level: Annotated[int, integer(3, 3)] = attr(required=True)
    vcpus: Bits = attr(required=True)


@element("cachetune")
class CacheTune(Element):
    """Shares of the caches for some CPUs of the guest."""

    vcpus: Bits = attr(required=True)
    id: str | None = attr(live=True)
    caches: list[CacheAllocation] = children()
    monitors: list[CacheMonitor] = children()


@element("node")
class BandwidthAllocation(Element):
    """A share of one NUMA node's memory bandwidth, in percent."""

    id: U32 = attr(required=True)
    bandwidth: Annotated[int, integer(0, 100)] = attr(required=True)


@element("monitor")
class BandwidthMonitor(Element):
    """Which CPUs' use of memory bandwidth is measured."""

    vcpus: Bits = attr(required=True)


@element("memorytune")
class MemoryTune(Element):
    """Shares of memory bandwidth for some CPUs of the guest."""

    vcpus: Bits = attr(required=True)
    nodes: list[BandwidthAllocation] = children()
    monitors: list[BandwidthMonitor] = children()


_PERIOD = integer(0, 1000000)
_QUOTA = integer(-(2**63), 17592186044415)


def _quota(text: str) -> int:
    value = int(_QUOTA.parse(text))
    if value > 0 and value < 1000:
        raise BadValue(
            f"quota {value} is out of range, expected 1000 to 17592186044415, or none", ConfigUnsupportedError
        )
    return value


def _period(text: str) -> int:
    value = int(_PERIOD.parse(text))
    if 0 < value < 1000:
        raise BadValue(f"period {value} is out of range, expected 1000 to 1000000", ConfigUnsupportedError)
    return value


Period = Annotated[int, Scalar(_period, str)]
Quota = Annotated[int, Scalar(_quota, str)]


@element("cputune")
class CpuTune(Element):
    """Shares, quotas, pinning and scheduling of the guest's CPUs."""

    _skip_empty = True
    shares: U64 | None = text()
    period: Period | None = text(omit=0)
    quota: Quota | None = text(omit=0)
    global_period: Period | None = text(omit=0)
    global_quota: Quota | None = text(omit=0)
    emulator_period: Period | None = text(omit=0)
    emulator_quota: Quota | None = text(omit=0)
    iothread_period: Period | None = text(omit=0)
    iothread_quota: Quota | None = text(omit=0)
    vcpupin: list[VcpuPin] = children()
    emulatorpin: EmulatorPin | None = child(single=True)
    iothreadpin: list[IoThreadPin] = children()
    emulatorsched: EmulatorSched | None = child(single=True)
    vcpusched: list[VcpuSched] = children()
    iothreadsched: list[IoThreadSched] = children()
    cachetune: list[CacheTune] = children()
    memorytune: list[MemoryTune] = children()


class NumaMode(StrEnum):
    """virDomainNumatuneMemMode."""

    STRICT = "strict"
    PREFERRED = "preferred"
    INTERLEAVE = "interleave"
    RESTRICTIVE = "restrictive"


class NumaPlacement(StrEnum):
    """Who picks the host's NUMA nodes."""

    STATIC = "static"
    AUTO = "auto"


@element("memory")
class NumaMemory(Element):
    """Where all of the guest's memory may be."""

    mode: NumaMode = attr(default=NumaMode.STRICT, required=True)
    nodeset: SomeBits | None = attr()
    placement: NumaPlacement | None = attr()

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        if node.get("placement") == NumaPlacement.AUTO and node.get("nodeset") is not None:
            fail(node, mode, "placement 'auto' has no nodeset", "@nodeset", XmlInvalidSchemaError)


@element("memnode")
class MemNode(Element):
    """Where one cell's memory may be."""

    cellid: U32 = attr(required=True)
    mode: NumaMode = attr(default=NumaMode.STRICT, required=True)
    nodeset: SomeBits = attr(required=True)


@element("numatune")
class NumaTune(Element):
    """NUMA placement of memory."""

    _skip_empty = True
    memory: NumaMemory | None = child()
    memnodes: list[MemNode] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        found = node.find("memory")
        if found is not None and not found.attrib:
            self.memory = None


@element("resource")
class Resource(Element):
    """The control group partition, and what Fibre Channel switches see."""

    partition: str | None = text()
    fc_appid: str | None = attr("fibrechannel/@appid")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.partition is None and self.fc_appid is None:
            raise BadValue("a resource needs a partition or an appid")


@element("uid")
class IdRange(Element):
    """Ids of a container and what they are on the host."""

    start: U32 = attr(required=True)
    target: U32 = attr(required=True)
    count: U32 = attr(required=True)


@element("idmap")
class IdMap(Element):
    """User and group ids of a container."""

    _skip_empty = True
    uids: list[IdRange] = children("uid")
    gids: list[IdRange] = children("gid")
