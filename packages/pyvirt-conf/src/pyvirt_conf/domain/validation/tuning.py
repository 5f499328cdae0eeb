"""CPUs, memory and their tuning: what contradicts itself."""

from __future__ import annotations

from itertools import combinations

from pyvirt_conf.domain.config import ParserConfig
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.tuning import DefaultIoThread, IoThread, NumaMode
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, InvalidArgError, XmlDetailError, XmlError


def vcpus(domain: Domain, config: ParserConfig) -> None:
    """There is one at least."""
    vcpu = domain.vcpu
    if vcpu.count == 0:
        raise XmlError("there must be at least one vcpu")
    if vcpu.current is not None and vcpu.current > vcpu.count:
        raise XmlError(f"current {vcpu.current} vcpus of at most {vcpu.count}")
    topology = domain.cpu.topology if domain.cpu is not None else None
    if topology is not None and topology.sockets * topology.dies * topology.cores * topology.threads >= 2**32:
        raise ConfigUnsupportedError("the CPU topology has more than 4294967295 vcpus")


def hugepages(domain: Domain, config: ParserConfig) -> None:
    """A cell has pages of one size, and so have all that none is given for."""
    backing = domain.memory_backing.hugepages
    pages = backing.pages if backing is not None else []
    for one, other in combinations(pages, 2):
        if one.nodeset is None and other.nodeset is None:
            raise XmlDetailError(f"huge pages of {one.size} and {other.size} KiB are both for all nodes")
        if one.nodeset is not None and other.nodeset is not None and one.nodeset & other.nodeset:
            raise XmlDetailError(f"huge pages of {one.size} and {other.size} KiB are for the same nodes")
    count = _cells(domain)
    for page in pages:
        for number in page.nodeset or ():
            if number >= max(count, 1):
                raise XmlDetailError(f"hugepages: node {number} not found")


def _cells(domain: Domain) -> int:
    numa = domain.cpu.numa if domain.cpu is not None else None
    return len(numa.cells) if numa is not None else 0


def cputune(domain: Domain, config: ParserConfig) -> None:
    """Each CPU is pinned once, and I/O threads that are tuned exist."""
    tune = domain.cputune
    if tune.shares and not 2 <= tune.shares <= 262144:
        raise ConfigUnsupportedError(f"cputune shares {tune.shares} are out of range, expected 2 to 262144")
    seen: set[int] = set()
    for pin in tune.vcpupin:
        if pin.vcpu in seen:
            raise XmlError(f"duplicate vcpupin for vcpu {pin.vcpu}")
        seen.add(pin.vcpu)
    threads = {thread.id for thread in domain.iothread_ids} or set(range(1, (domain.iothreads or 0) + 1))
    for group in tune.vcpusched:
        for number in group.vcpus:
            if number >= domain.vcpu.count:
                raise ConfigUnsupportedError(f"vcpusched names vcpu {number}, which there is not")
    pinned = [item.iothread for item in tune.iothreadpin]
    if len(set(pinned)) != len(pinned):
        raise InternalError("an iothread has several iothreadpins")
    for item in tune.iothreadpin:
        if item.iothread not in threads:
            raise ConfigUnsupportedError(f"iothreadpin names iothread {item.iothread}, which there is not")
    for sched in tune.iothreadsched:
        for number in sched.iothreads:
            if number not in threads:
                raise ConfigUnsupportedError(f"iothreadsched names iothread {number}, which there is not")


def iothreads(domain: Domain, config: ParserConfig) -> None:
    """Bounds of thread pools: what is left out is no bound, but below zero too."""
    threads: list[IoThread | DefaultIoThread] = list(domain.iothread_ids)
    if domain.default_iothread is not None:
        threads.append(domain.default_iothread)
    for thread in threads:
        high = thread.thread_pool_max
        if high == 0:
            raise ConfigUnsupportedError("thread_pool_max must be a positive integer")
        if (-1 if thread.thread_pool_min is None else thread.thread_pool_min) > (-1 if high is None else high):
            raise ConfigUnsupportedError(
                f"thread_pool_min {thread.thread_pool_min} must be smaller or equal to thread_pool_max"
            )


def blkiotune(domain: Domain, config: ParserConfig) -> None:
    """Each device is tuned once."""
    paths = [device.path for device in domain.blkiotune.devices]
    for path in paths:
        if paths.count(path) > 1:
            raise ConfigUnsupportedError(f"duplicate blkio device path '{path}'")


def resctrl(domain: Domain, config: ParserConfig) -> None:
    """Shares of caches and memory bandwidth do not overlap (virDomainDefParse of cachetune and memorytune)."""
    tune = domain.cputune
    for place, group in enumerate(tune.cachetune):
        for other in tune.cachetune[:place]:
            if group.vcpus & other.vcpus:
                raise XmlError(f"overlapping vcpus in cachetunes: {group.vcpus} and {other.vcpus}")
        seen: set[tuple[int, int, str]] = set()
        for cache in group.caches:
            for kind in ("code", "data") if cache.type == "both" else (cache.type.value,):
                if (cache.level, cache.id, kind) in seen:
                    raise XmlError(f"cache {cache.id} of level {cache.level} has several {kind} allocations of a group")
                seen.add((cache.level, cache.id, kind))
        for left, right in combinations(group.monitors, 2):
            if left.level == right.level and left.vcpus == right.vcpus:
                raise InvalidArgError(f"several monitors of level {left.level} for vcpus {left.vcpus}")
        for monitor in group.monitors:
            if not monitor.vcpus <= group.vcpus:
                raise XmlError(f"monitored vcpus {monitor.vcpus} are not those of the cachetune, {group.vcpus}")
    for place, share in enumerate(tune.memorytune):
        for earlier in tune.memorytune[:place]:
            if share.vcpus & earlier.vcpus:
                raise XmlError(f"overlapping vcpus in memorytunes: {share.vcpus} and {earlier.vcpus}")
        for group in tune.cachetune:
            if share.vcpus & group.vcpus and share.vcpus != group.vcpus:
                raise XmlError(f"overlapping vcpus in memorytune {share.vcpus} and cachetune {group.vcpus}")
        ids = [node.id for node in share.nodes]
        if len(set(ids)) != len(ids):
            raise XmlError("a NUMA node has several memory bandwidth allocations of one group")
        for first, second in combinations(share.monitors, 2):
            if first.vcpus == second.vcpus:
                raise InvalidArgError(f"several memory bandwidth monitors for vcpus {first.vcpus}")
        for watch in share.monitors:
            if not watch.vcpus <= share.vcpus:
                raise XmlError(f"monitored vcpus {watch.vcpus} are not those of the memorytune, {share.vcpus}")


def numatune(domain: Domain, config: ParserConfig) -> None:
    """Cells that memory is placed for exist, each once."""
    count = _cells(domain)
    memory = domain.numatune.memory
    seen: set[int] = set()
    for node in domain.numatune.memnodes:
        if memory is not None and (memory.mode is NumaMode.RESTRICTIVE) != (node.mode is NumaMode.RESTRICTIVE):
            raise XmlError("'restrictive' mode is for both memory and memnode, or for neither")
        if node.cellid >= count:
            raise XmlError(f"memnode names NUMA cell {node.cellid}, there are {count}")
        if node.cellid in seen:
            raise XmlError(f"several memnodes for NUMA cell {node.cellid}")
        seen.add(node.cellid)


def numa(domain: Domain, config: ParserConfig) -> None:
    """Latencies and bandwidths are between cells there are, of caches there are, each said once."""
    found = domain.cpu.numa if domain.cpu is not None else None
    if found is None:
        return
    count = len(found.cells)
    if (highest := max((max(cell.cpus) for cell in found.cells if cell.cpus), default=0)) >= domain.vcpu.count:
        raise InternalError(f"CPU {highest} of <numa> exceeds the {domain.vcpu.count} vcpus")
    for what, links in (("latency", found.latencies), ("bandwidth", found.bandwidths)):
        seen = set()
        for link in links:
            for name in ("initiator", "target"):
                number = getattr(link, name)
                if number >= count:
                    raise XmlError(f"{name} {number} of a {what} refers to a non-existent NUMA node, there are {count}")
            if not found.cells[link.initiator].cpus:
                raise XmlError(f"the initiator {link.initiator} of a {what} has no CPUs")
            levels = [cache.level for cache in found.cells[link.target].caches]
            if link.cache and link.cache not in levels:
                raise XmlError(f"a {what} refers to cache level {link.cache}, which target {link.target} lacks")
            place = (link.initiator, link.target, link.cache or 0, link.type)
            if place in seen:
                raise XmlError(f"duplicate {what} from {link.initiator} to {link.target}")
            seen.add(place)
    for cell in found.cells:
        level = [cache.level for cache in cell.caches]
        if len(set(level)) != len(level):
            raise XmlError(f"NUMA cell {cell.id} has several caches of one level")
