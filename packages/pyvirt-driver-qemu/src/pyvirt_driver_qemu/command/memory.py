"""The guest's memory: ``-m``, its backends, NUMA cells, memory modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvirt_conf.domain.cpu import MemAccess, NumaCell
from pyvirt_conf.domain.memory_device import MemoryAccess, MemoryDevice, MemoryModel
from pyvirt_conf.domain.tuning import MemoryAccessMode, MemoryAllocation, MemorySourceType, NumaMode
from pyvirt_driver_qemu.command.address import address_props
from pyvirt_driver_qemu.command.machine import default_ram_id
from pyvirt_driver_qemu.command.machines import PPC64
from pyvirt_driver_qemu.command.props import Props, ranges
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context, HugePageMount


class _Wanted(NamedTuple):
    """What one backend is to be: ``size`` in KiB; ``node`` a cell's number or ``None``."""

    alias: str
    size: int
    node: int | None = None
    shared: bool | None = None
    discard: bool | None = None
    path: str | None = None
    page_size: int | None = None
    host_nodes: frozenset[int] | None = None
    device: MemoryDevice | None = None
    system: bool = False
    force: bool = False


def _cells(context: Context) -> list[NumaCell]:
    cpu = context.domain.cpu
    return cpu.numa.cells if cpu is not None and cpu.numa is not None else []


def initial_memory(context: Context) -> int:
    """KiB without memory modules."""
    domain = context.domain
    cells = _cells(context)
    if cells:
        return sum(aligned(context, cell.memory) for cell in cells)
    modules = sum(device.target.size for device in domain.devices.memories)
    total = domain.memory or 0
    return aligned(context, total - modules if domain.max_memory is not None and modules else total)


def aligned(context: Context, size: int) -> int:
    """KiB rounded up to what boards take: whole MiB, on POWER 256 of them."""
    unit = 256 * 1024 if context.arch in PPC64 else 1024
    return -(-size // unit) * unit


def module_size(context: Context, device: MemoryDevice) -> int:
    """KiB of a module, rounded up to what guests can plug: 2 MiB, on POWER 256; there a file is as large as it is."""
    if context.arch in PPC64 and device.model is MemoryModel.NVDIMM:
        return device.target.size
    unit = 256 * 1024 if context.arch in PPC64 else 2048
    return -(-device.target.size // unit) * unit


def memory(context: Context) -> list[str]:
    """``-m`` and the board's own memory."""
    domain = context.domain
    size = initial_memory(context)
    if domain.max_memory is not None:
        words = ["-m", f"size={size}k,slots={domain.max_memory.slots},maxmem={domain.max_memory.size}k"]
    else:
        words = ["-m", str(size // 1024)]
    ram = default_ram_id(context)
    if ram is not None:
        words += _backend(context, _Wanted(ram, size, system=True, force=True))[0]
    elif not _cells(context):
        words += _legacy_backing(context)
    return words


def _legacy_backing(context: Context) -> list[str]:
    """For a QEMU whose boards take no memory backend."""
    backing = context.domain.memory_backing
    words: list[str] = []
    if backing.allocation is MemoryAllocation.IMMEDIATE:
        words.append("-mem-prealloc")
    mount = _huge_pages(context, None)
    if mount is not None:
        if "-mem-prealloc" not in words:
            words.append("-mem-prealloc")
        words += ["-mem-path", mount_path(context, mount)]
    return words


def mount_path(context: Context, mount: HugePageMount) -> str:
    """The guest's own folder in a hugetlbfs."""
    return f"{mount.path}/libvirt/qemu/{context.short_name}"


def _huge_pages(context: Context, node: int | None) -> HugePageMount | None:
    """The hugetlbfs for a cell; ``None`` where ordinary pages serve."""
    pages = context.domain.memory_backing.hugepages
    if pages is None:
        return None
    size: int | None = None
    if not pages.pages:
        size = 0
    else:
        for page in pages.pages:
            if page.nodeset is not None and node is not None and node in page.nodeset:
                size = page.size
                break
        else:
            for page in pages.pages:
                if page.nodeset is None:
                    size = page.size
                    break
    if size is None:
        return None
    if size == PAGE_SIZE:
        return None
    return find_mount(context, size)


#: KiB of an ordinary page on the architectures libvirt runs QEMU on.
PAGE_SIZE = 4


def find_mount(context: Context, size: int) -> HugePageMount:
    """The hugetlbfs with pages of ``size`` KiB, 0 for the default.

    :raises ConfigUnsupportedError: none is mounted.
    """
    for mount in context.settings.hugetlbfs:
        if (size == 0 and mount.default) or mount.size == size:
            return mount
    if not context.settings.hugetlbfs:
        raise ConfigUnsupportedError("hugetlbfs filesystem is not mounted or disabled by administrator config")
    raise ConfigUnsupportedError(f"Unable to find any usable hugetlbfs mount for {size} KiB")


def _backend(context: Context, wanted: _Wanted) -> tuple[list[str], bool]:
    """The ``-object`` for some memory, and whether anything was asked for that needs one."""
    domain = context.domain
    backing = domain.memory_backing
    mount = None
    if wanted.path is None:
        if wanted.page_size is not None:
            mount = find_mount(context, wanted.page_size) if wanted.page_size != PAGE_SIZE else None
        else:
            mount = _huge_pages(context, wanted.node)
    shared = wanted.shared
    if shared is None and backing.access is not None:
        shared = backing.access is MemoryAccessMode.SHARED
    discard = wanted.discard if wanted.discard is not None else (True if backing.discard else None)
    prealloc = backing.allocation is MemoryAllocation.IMMEDIATE
    needed = wanted.force
    props: Props = {}
    source = backing.source
    if wanted.path is not None:
        props |= {"qom-type": "memory-backend-file", "id": wanted.alias, "mem-path": wanted.path}
        prealloc = prealloc or not _is_pmem(wanted)
        needed = True
    elif source is MemorySourceType.MEMFD:
        props |= {"qom-type": "memory-backend-memfd", "id": wanted.alias}
        if mount is not None:
            props |= {"hugetlb": True, "hugetlbsize": mount.size * 1024}
            prealloc = True
        if shared is None:
            shared = None
        needed = True
    elif mount is not None:
        props |= {"qom-type": "memory-backend-file", "id": wanted.alias, "mem-path": mount_path(context, mount)}
        prealloc = True
        needed = True
    elif source is MemorySourceType.FILE or shared is not None:
        folder = f"{context.settings.memory_backing_dir}/{context.short_name}"
        props |= {"qom-type": "memory-backend-file", "id": wanted.alias, "mem-path": f"{folder}/{wanted.alias}"}
        needed = True
    else:
        props |= {"qom-type": "memory-backend-ram", "id": wanted.alias}
    is_file = props["qom-type"] == "memory-backend-file"
    if is_file and discard is not None:
        props["discard-data"] = discard
        needed = True
    if shared is not None and props["qom-type"] != "memory-backend-ram":
        props["share"] = shared
    if wanted.system and props["qom-type"] != "memory-backend-ram":
        if context.has("memory-backend-file.x-use-canonical-path-for-ramblock-id"):
            # Migration knows the board's memory by the name it had before it was a backend.
            props["x-use-canonical-path-for-ramblock-id"] = False
    if prealloc:
        props["prealloc"] = True
        if backing.allocation_threads and context.has("memory-backend-file.prealloc-threads"):
            props["prealloc-threads"] = backing.allocation_threads
    props["size"] = wanted.size * 1024
    if wanted.device is not None:
        props |= _module_backing(wanted.device)
    affinity = _policy(context, wanted, props)
    own = wanted.host_nodes is not None or any(c.cellid == wanted.node for c in domain.numatune.memnodes)
    needed = needed or ("host-nodes" in props and own) or prealloc
    words: list[str] = []
    if prealloc and affinity and context.has("thread-context"):
        name = f"tc-{wanted.alias}"
        words += context.object({"qom-type": "thread-context", "id": name, "node-affinity": sorted(affinity)})
        props["prealloc-context"] = name
    return words + context.object(props), needed


def _is_pmem(wanted: _Wanted) -> bool:
    device = wanted.device
    if device is None:
        return False
    if device.model is MemoryModel.VIRTIO_PMEM:
        return True
    return device.source is not None and device.source.pmem


def _module_backing(device: MemoryDevice) -> Props:
    props: Props = {}
    source = device.source
    if source is not None and source.align_size:
        props["align"] = source.align_size * 1024
    if source is not None and source.pmem:
        props["pmem"] = True
    return props


def _policy(context: Context, wanted: _Wanted, props: Props) -> frozenset[int] | None:
    """Where on the host the memory may be; the nodes."""
    tune = context.domain.numatune
    nodes = wanted.host_nodes
    mode = NumaMode.STRICT
    if nodes is None and wanted.node is not None:
        for cell in tune.memnodes:
            if cell.cellid == wanted.node:
                nodes, mode = frozenset(cell.nodeset), cell.mode
                break
    if nodes is None and tune.memory is not None:
        mode = tune.memory.mode
        if str(tune.memory.placement) == "auto":
            nodes = context.auto_nodes
        elif tune.memory.nodeset is not None:
            nodes = frozenset(tune.memory.nodeset)
        if wanted.system and wanted.node is None and mode is not NumaMode.STRICT:
            pass
    if not nodes or mode is NumaMode.RESTRICTIVE:
        return nodes or None
    if not context.binds(wanted.system):
        return None
    policy = {NumaMode.STRICT: "bind", NumaMode.PREFERRED: "preferred", NumaMode.INTERLEAVE: "interleave"}[mode]
    props |= {"host-nodes": sorted(nodes), "policy": policy}
    return nodes


def numa(context: Context) -> list[str]:
    """NUMA cells, their memory and their distances."""
    cells = _cells(context)
    if not cells:
        return []
    built = [_backend(context, _cell_backend(context, cell)) for cell in cells]
    use_backends = any(needed for _, needed in built) or _needs_backends(context)
    hmat = _has_hmat(context)
    words: list[str] = []
    for cell, (objects, _) in zip(cells, built, strict=True):
        if use_backends and cell.memory:
            words += objects
        text = f"node,nodeid={cell.id}"
        for span in ranges(frozenset(cell.cpus or ())):
            text += f",cpus={span}"
        if hmat and cell.cpus:
            text += f",initiator={cell.id}"
        if cell.memory:
            text += f",memdev=ram-node{cell.id}" if use_backends else f",mem={aligned(context, cell.memory) // 1024}"
        words += ["-numa", text]
    words += _distances(context)
    if hmat:
        words += _hmat(context)
    return words


def _needs_backends(context: Context) -> bool:
    """New boards don't take ``mem=``."""
    accel = "kvm" if context.domain.type == "kvm" else "tcg"
    machine = context.capabilities.machine(context.machine, accel)
    return machine is not None and not machine.numa_mem_supported


def _cell_backend(context: Context, cell: NumaCell) -> _Wanted:
    shared = None
    if cell.mem_access is not None:
        shared = cell.mem_access is MemAccess.SHARED
    return _Wanted(
        f"ram-node{cell.id}",
        aligned(context, cell.memory),
        node=cell.id,
        shared=shared,
        discard=cell.discard,
        system=False,
    )


def _distances(context: Context) -> list[str]:
    words: list[str] = []
    for cell in _cells(context):
        for sibling in cell.distances:
            words += ["-numa", f"dist,src={cell.id},dst={sibling.id},val={sibling.value}"]
    return words


def _has_hmat(context: Context) -> bool:
    cpu = context.domain.cpu
    if cpu is None or cpu.numa is None:
        return False
    return bool(cpu.numa.latencies or cpu.numa.bandwidths or any(cell.caches for cell in cpu.numa.cells))


def _hmat(context: Context) -> list[str]:
    cpu = context.domain.cpu
    assert cpu is not None
    assert cpu.numa is not None
    if not context.has("numa.hmat"):
        raise ConfigUnsupportedError("HMAT is not supported with this QEMU")
    words: list[str] = []
    levels = ("memory", "first-level", "second-level", "third-level")
    for latency in cpu.numa.latencies:
        words += [
            "-numa",
            (
                f"hmat-lb,initiator={latency.initiator},target={latency.target},hierarchy={levels[latency.cache or 0]},"
                f"data-type={latency.type}-latency,latency={latency.value}"
            ),
        ]
    for bandwidth in cpu.numa.bandwidths:
        words += [
            "-numa",
            (
                f"hmat-lb,initiator={bandwidth.initiator},target={bandwidth.target},"
                f"hierarchy={levels[bandwidth.cache or 0]},"
                f"data-type={bandwidth.type}-bandwidth,bandwidth={bandwidth.value}K"
            ),
        ]
    associativity = {"none": "none", "direct": "direct", "full": "complex"}
    policy = {"none": "none", "writeback": "write-back", "writethrough": "write-through"}
    for cell in cpu.numa.cells:
        for cache in cell.caches:
            words += [
                "-numa",
                (
                    f"hmat-cache,node-id={cell.id},size={cache.size}K,level={cache.level},"
                    f"associativity={associativity[str(cache.associativity)]},policy={policy[str(cache.policy)]},"
                    f"line={cache.line}"
                ),
            ]
    return words


def modules(context: Context) -> list[str]:
    """Memory modules."""
    words: list[str] = []
    for device in context.domain.devices.memories:
        words += module_backend(context, device)
        if device.model is not MemoryModel.SGX_EPC:
            words += context.device(module_props(context, device))
    return words


def module_backend(context: Context, device: MemoryDevice) -> list[str]:
    """What backs a module."""
    alias = f"mem{device.alias}"
    if device.model is MemoryModel.SGX_EPC:
        props: Props = {"qom-type": "memory-backend-epc", "id": alias, "prealloc": True}
        props["size"] = device.target.size * 1024
        if device.source is not None and device.source.nodes:
            props |= {"host-nodes": sorted(device.source.nodes), "policy": "bind"}
        return context.object(props)
    source = device.source
    shared = None
    if device.access is not None:
        shared = device.access is MemoryAccess.SHARED
    elif device.model is MemoryModel.VIRTIO_PMEM:
        shared = True
    elif device.target.node is not None:
        for cell in _cells(context):
            if cell.id == device.target.node and cell.mem_access is not None:
                shared = cell.mem_access is MemAccess.SHARED
    nodes = frozenset(source.nodes) if source is not None and source.nodes is not None else None
    wanted = _Wanted(
        alias,
        module_size(context, device),
        node=device.target.node,
        shared=shared,
        discard=device.discard,
        path=source.path if source is not None else None,
        page_size=source.page_size if source is not None else None,
        host_nodes=nodes,
        device=device,
        force=True,
    )
    return _backend(context, wanted)[0]


def module_props(context: Context, device: MemoryDevice) -> Props:
    """The guest's end of a module."""
    model = device.model
    if model is MemoryModel.VIRTIO_MEM:
        props: Props = {"driver": "virtio-mem-pci"}
        if device.target.node is not None:
            props["node"] = device.target.node
        props |= {
            "block-size": (device.target.block or 0) * 1024,
            "requested-size": (device.target.requested or 0) * 1024,
        }
    else:
        props = {"driver": {MemoryModel.DIMM: "pc-dimm", MemoryModel.NVDIMM: "nvdimm"}.get(model, "virtio-pmem-pci")}
        if device.target.node is not None:
            props["node"] = device.target.node
        if model is MemoryModel.NVDIMM:
            if device.target.label_size:
                props["label-size"] = device.target.label_size * 1024
            if device.uuid is not None:
                props["uuid"] = device.uuid
            if device.target.readonly:
                props["unarmed"] = True
    props |= {"memdev": f"mem{device.alias}", "id": device.alias}
    if model is MemoryModel.VIRTIO_MEM and context.has("virtio-mem-pci.prealloc"):
        if context.domain.memory_backing.allocation is MemoryAllocation.IMMEDIATE:
            props["prealloc"] = True
    return props | address_props(context, device)
