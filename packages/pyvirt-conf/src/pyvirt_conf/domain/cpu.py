"""The guest's CPU: ``<cpu>``, its topology and NUMA cells."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.xml import (
    U32,
    U64,
    BadValue,
    Bits,
    Element,
    Mode,
    Node,
    OnOff,
    Positive,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    sized,
    text,
)
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import ConfigUnsupportedError


class CpuMode(StrEnum):
    """How the CPU is described (virCPUMode)."""

    CUSTOM = "custom"
    HOST_MODEL = "host-model"
    HOST_PASSTHROUGH = "host-passthrough"
    MAXIMUM = "maximum"


class CpuMatch(StrEnum):
    """How closely the host must match."""

    MINIMUM = "minimum"
    EXACT = "exact"
    STRICT = "strict"


class CpuCheck(StrEnum):
    """What is verified before the guest starts."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class CpuFallback(StrEnum):
    """Whether another model will do."""

    ALLOW = "allow"
    FORBID = "forbid"


class FeaturePolicy(StrEnum):
    """What a feature means for the guest."""

    FORCE = "force"
    REQUIRE = "require"
    OPTIONAL = "optional"
    DISABLE = "disable"
    FORBID = "forbid"


class CacheMode(StrEnum):
    """What the guest sees of the caches."""

    EMULATE = "emulate"
    PASSTHROUGH = "passthrough"
    DISABLE = "disable"


class PhysAddrMode(StrEnum):
    """Where the width of physical addresses comes from."""

    EMULATE = "emulate"
    PASSTHROUGH = "passthrough"


class MemAccess(StrEnum):
    """Whether other processes may see a cell's memory."""

    SHARED = "shared"
    PRIVATE = "private"


class CacheAssociativity(StrEnum):
    """virNumaCacheAssociativity."""

    NONE = "none"
    DIRECT = "direct"
    FULL = "full"


class CachePolicy(StrEnum):
    """virNumaCachePolicy."""

    NONE = "none"
    WRITEBACK = "writeback"
    WRITETHROUGH = "writethrough"


class InterconnectType(StrEnum):
    """virMemoryLatency."""

    ACCESS = "access"
    READ = "read"
    WRITE = "write"


@element("feature")
class CpuFeature(Element):
    """One CPU feature."""

    policy: FeaturePolicy | None = attr()
    name: str = attr(required=True)


@element("topology")
class Topology(Element):
    """Sockets, dies, cores and threads."""

    sockets: Positive = attr(required=True)
    dies: Positive = attr(default=1, required=True)
    cores: Positive = attr(required=True)
    threads: Positive = attr(required=True)


@element("cache")
class CpuCache(Element):
    """What the guest sees of one level of cache, or of all."""

    level: U32 | None = attr()
    mode: CacheMode = attr(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.level is not None and not 1 <= self.level <= 3:
            raise BadValue(f"cache level {self.level} is out of range, expected 1 to 3")


@element("maxphysaddr")
class MaxPhysAddr(Element):
    """The width of physical addresses."""

    mode: PhysAddrMode = attr(required=True)
    bits: U32 | None = attr(omit=0)


@element("sibling")
class NumaDistance(Element):
    """The distance to another cell; 10 is the cell itself."""

    id: U32 = attr(required=True)
    value: U32 = attr(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not 10 <= self.value <= 255:
            raise BadValue(f"distance {self.value} is out of range, expected 10 to 255")


@element("cache")
class NumaCache(Element):
    """A memory-side cache; sizes in KiB and bytes."""

    level: Positive = attr(required=True)
    associativity: CacheAssociativity = attr(required=True)
    policy: CachePolicy = attr(required=True, omit=CachePolicy.NONE)
    size: int = sized("size/@value", required=True)
    line: int = sized("line/@value", store=1, assume=1, unit="B", required=True, omit=0)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.level > 3:
            raise BadValue(f"cache level {self.level} is out of range, expected 1 to 3")


@element("cell")
class NumaCell(Element):
    """A NUMA cell; memory in KiB."""

    id: U32 | None = attr()
    cpus: Bits | None = attr(when=lambda value, mode: bool(value))
    memory: int = sized("@memory", required=True)
    mem_access: MemAccess | None = attr("@memAccess")
    discard: YesNo | None = attr()
    distances: list[NumaDistance] = children("distances/sibling")
    caches: list[NumaCache] = children()


@element("latency")
class NumaLatency(Element):
    """Nanoseconds from an initiator to a target."""

    initiator: U32 = attr(required=True)
    target: U32 = attr(required=True)
    cache: U32 | None = attr(omit=0)
    type: InterconnectType = attr(required=True)
    value: U64 = attr(required=True)


@element("bandwidth")
class NumaBandwidth(Element):
    """KiB/s from an initiator to a target."""

    initiator: U32 = attr(required=True)
    target: U32 = attr(required=True)
    cache: U32 | None = attr(omit=0)
    type: InterconnectType = attr(required=True)
    value: int = sized("@value", required=True)


@element("numa")
class CpuNuma(Element):
    """The guest's NUMA cells."""

    cells: list[NumaCell] = children()
    latencies: list[NumaLatency] = children("interconnects/latency")
    bandwidths: list[NumaBandwidth] = children("interconnects/bandwidth")

    def _parsed(self, node: Node, mode: Mode) -> None:
        count = len(self.cells)
        if not count:
            fail(node, mode, "a NUMA topology needs cells")
        seen: dict[int, NumaCell] = {}
        taken = Bitmap()
        for place, cell in enumerate(self.cells):
            if cell.id is None:
                cell.id = place
            if cell.id >= count:
                fail(node, mode, f"NUMA cell id {cell.id} is out of range, there are {count} cells")
            if cell.id in seen:
                fail(node, mode, f"NUMA cell id {cell.id} is there twice")
            seen[cell.id] = cell
            if cell.cpus:
                if both := taken & cell.cpus:
                    fail(node, mode, f"CPU {min(both)} is in several NUMA cells")
                taken |= cell.cpus
        self.cells = [seen[place] for place in range(count)]
        _complete_distances(self.cells, node, mode)


def _complete_distances(cells: list[NumaCell], node: Node, mode: Mode) -> None:
    """A distance given one way holds the other way too; of a cell to itself it is 10."""
    table: dict[tuple[int, int], int] = {}
    given = False
    for cell in cells:
        for sibling in cell.distances:
            given = True
            if sibling.id >= len(cells):
                fail(node, mode, f"distance to NUMA cell {sibling.id}, there are {len(cells)} cells")
            if cell.id == sibling.id and sibling.value != 10:
                fail(node, mode, f"distance of NUMA cell {cell.id} to itself must be 10, not {sibling.value}")
            table[cell.id or 0, sibling.id] = sibling.value
    if not given:
        return
    for here, there in list(table):
        table.setdefault((there, here), table[here, there])
    for here in {here for here, _ in table}:
        table[here, here] = 10
        cells[here].distances = [
            NumaDistance(id=there, value=table[here, there]) for there in range(len(cells)) if (here, there) in table
        ]


@element("cpu")
class Cpu(Element):
    """The guest's CPU. Without mode and model it's only a topology."""

    mode: CpuMode | None = attr()
    match: CpuMatch | None = attr()
    check: CpuCheck | None = attr()
    migratable: OnOff | None = attr()
    fallback: CpuFallback | None = attr("model/@fallback")
    vendor_id: str | None = attr("model/@vendor_id")
    model: str | None = text("model")
    vendor: str | None = text()
    topology: Topology | None = child()
    cache: CpuCache | None = child()
    max_phys_addr: MaxPhysAddr | None = child()
    features: list[CpuFeature] = children()
    numa: CpuNuma | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.mode is None:
            # Old documents have no mode; a model alone was an exact match.
            self.mode = CpuMode.CUSTOM
        if self.mode is CpuMode.CUSTOM and self.match is None and self.model is not None:
            self.match = CpuMatch.EXACT
        if self.model is not None:
            self.model = self.model.strip() or None
        if self.model is None:
            self._without_model(node, mode)
        if self.vendor_id is not None:
            if len(self.vendor_id) != 12:
                fail(node, mode, f"vendor id '{self.vendor_id}' is not 12 characters long", "model/@vendor_id")
            if "," in self.vendor_id:
                fail(node, mode, f"vendor id '{self.vendor_id}' has a comma", "model/@vendor_id")
        if self.migratable is not None and self.mode in (CpuMode.HOST_MODEL, CpuMode.CUSTOM):
            fail(node, mode, f"migratable is not for cpu mode '{self.mode}'", "@migratable")
        if self.mode in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM):
            self.model = self.vendor = self.vendor_id = None
        if self.model is None:
            self.fallback = None
        elif self.fallback is None:
            self.fallback = CpuFallback.ALLOW
        seen = set()
        for feature in self.features:
            if feature.policy is None:
                feature.policy = FeaturePolicy.REQUIRE
            if feature.name in seen:
                fail(node, mode, f"feature '{feature.name}' is there twice", "feature")
            seen.add(feature.name)

    def _without_model(self, node: Node, mode: Mode) -> None:
        """Refuse what only makes sense beside a model."""
        if self.vendor is not None:
            fail(node, mode, f"vendor '{self.vendor}' without a cpu model", "vendor")
        if self.mode is CpuMode.CUSTOM:
            if self.features:
                fail(node, mode, "features without a cpu model", "feature")
            if self.check is not None:
                fail(node, mode, "check is for a cpu with a model", "@check", ConfigUnsupportedError)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        # A model's fallback, the match and the mode itself are written only where they mean something.
        shown = self
        custom = self.mode is CpuMode.CUSTOM
        models = custom or self.mode is CpuMode.HOST_MODEL
        with_fallback = models and self.model is not None
        hide_mode = custom and self.model is None
        change = (
            (with_fallback and self.fallback is None)
            or (not with_fallback and self.fallback is not None)
            or hide_mode
            or (self.match is not None and (self.model is None or not custom))
            or (not models and (self.model is not None or self.vendor is not None))
        )
        if change:
            shown = self._shallow()
            shown.fallback = (self.fallback or CpuFallback.ALLOW) if with_fallback else None
            if hide_mode:
                shown.mode = None
            if self.model is None or not custom:
                shown.match = None
            if not models:
                shown.model = shown.vendor = shown.vendor_id = None
        before = len(out)
        shown._write(out, pad, mode, "cpu")
        if out[before] == f"{pad}<cpu" and out[before + 1] == "/>\n":
            del out[before:]
