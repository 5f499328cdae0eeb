"""Whether a guest could tell one definition from another: libvirt's check of ABI stability.

A guest that migrates, is restored or reverted runs on with the hardware it has seen. So the definition it goes on with
must have the same hardware; what is behind it on the host (paths, names, passwords, limits) may be different. What is
compared is what virDomainDefCheckABIStability compares, and what else of a device the guest can read off it.

Not compared, since it is the host's: displays, audio backends, leases, lifecycle actions, tuning, security labels, the
command line of a namespace. Nor where the clock starts: a running guest takes its clock along, only its timers count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Never

from pyvirt_conf.domain.address import DeviceAddress, PciAddress
from pyvirt_conf.xml import Element
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_VIRTIO = ("iommu", "ats", "packed", "page_per_vq")

_DEVICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "disks": (
        "disk",
        (
            "device",
            "bus",
            "model",
            "target",
            "serial",
            "wwn",
            "vendor",
            "product",
            "readonly",
            "logical_block_size",
            "physical_block_size",
            "geometry",
            "removable",
            "rotation_rate",
            "queues",
            "queue_size",
            *_VIRTIO,
        ),
    ),
    "controllers": (
        "controller",
        (
            "type",
            "index",
            "model",
            "ports",
            "vectors",
            "max_grant_frames",
            "max_event_channels",
            "model_name",
            "chassis_nr",
            "chassis",
            "port",
            "bus_nr",
            "target_index",
            "hotplug",
            "numa_node",
            "queues",
            "cmd_per_lun",
            "max_sectors",
            "master",
            "pcihole64",
            *_VIRTIO,
        ),
    ),
    "filesystems": ("filesystem", ("target", "model", "readonly", "queue", *_VIRTIO)),
    "interfaces": (
        "interface",
        (
            "mac",
            "model",
            "mtu",
            "queues",
            "rx_queue_size",
            "tx_queue_size",
            "rss",
            "rss_hash_report",
            "host_csum",
            "host_gso",
            "host_tso4",
            "host_tso6",
            "host_ecn",
            "host_ufo",
            "host_mrg_rxbuf",
            "guest_csum",
            "guest_tso4",
            "guest_tso6",
            "guest_ecn",
            "guest_ufo",
            "teaming",
            "rom.enabled",
            "rom.bar",
            *_VIRTIO,
        ),
    ),
    "smartcards": ("smartcard", ("mode",)),
    "serials": ("serial port", ("target_type", "target_model", "port")),
    "parallels": ("parallel port", ("port",)),
    "consoles": ("console", ("target_type", "port")),
    "channels": ("channel", ("target.type", "target.name", "target.address", "target.port")),
    "inputs": ("input device", ("type", "bus", "model", *_VIRTIO)),
    "tpms": ("TPM", ("model", "backend.type", "backend.version")),
    "sounds": ("sound card", ("model", "codecs")),
    "videos": (
        "video card",
        (
            "model.type",
            "model.ram",
            "model.vram",
            "model.vram64",
            "model.vgamem",
            "model.heads",
            "model.primary",
            "model.acceleration.accel2d",
            "model.acceleration.accel3d",
            "model.resolution",
            "vgaconf",
            *_VIRTIO,
        ),
    ),
    "hostdevs": (
        "host device",
        ("mode", "type", "model", "readonly", "display", "ramfb", "teaming", "rom.enabled", "rom.bar"),
    ),
    "redirdevs": ("redirected device", ("bus",)),
    "redirfilter": ("redirection filter", ("rules",)),
    "hubs": ("hub", ("type",)),
    "watchdog": ("watchdog", ("model",)),
    "memballoon": ("memory balloon", ("model", "autodeflate", "free_page_reporting", *_VIRTIO)),
    "rngs": ("random number generator", ("model", *_VIRTIO)),
    "nvram": ("NVRAM device", ()),
    "panics": ("panic device", ("model",)),
    "shmems": ("shared memory", ("name", "model", "role", "memory", "msi")),
    "memories": (
        "memory device",
        (
            "model",
            "uuid",
            "target.size",
            "target.node",
            "target.label_size",
            "target.block",
            "target.requested",
            "target.readonly",
        ),
    ),
    "iommu": ("IOMMU", ("model", "intremap", "caching_mode", "eim", "iotlb", "aw_bits")),
    "vsock": ("vsock", ("model", *_VIRTIO)),
}
"""By the name of the field in Devices: what it's called, and what of it a guest sees besides its address."""

_HOST_FIELDS = {
    "Features": ("tcg_tb_cache",),
    "Cpu": ("check", "fallback"),
    "NumaCell": ("mem_access", "discard"),
    "FwCfgEntry": ("file",),
}
"""Fields, by class, that are the host's business."""


def check_abi_stability(source: Domain, target: Domain) -> None:
    """Refuse a definition whose guest would find other hardware than that of another one.

    Both are complete, as :func:`~pyvirt_conf.domain.domain.parse_domain` returns them.

    :param source: what the guest has seen so far.
    :param target: what it is to go on with.
    :raises ConfigUnsupportedError: they differ; the message names what, and both values
        (virDomainDefCheckABIStability).
    """
    _value("domain type", source.type, target.type)
    _value("domain UUID", source.uuid, target.uuid)
    _value("domain name", source.name, target.name)
    _value("domain generation id", _get(source, "genid.value"), _get(target, "genid.value"))
    _memory(source, target)
    _cpus(source, target)
    for name in ("type", "arch", "machine", "smbios"):
        _value(f"OS {name}", getattr(source.os, name), getattr(target.os, name))
    _part("feature", source.features, target.features)
    _timers(source, target)
    _part("sysinfo", source.sysinfo, target.sysinfo)
    _part("power management", source.pm, target.pm)
    _part("key wrapping", source.keywrap, target.keywrap)
    for name in ("type", "policy", "kernel_hashes"):
        path = f"launch_security.{name}"
        _value(f"launch security {_words(name)}", _get(source, path), _get(target, path))
    for name, (what, paths) in _DEVICES.items():
        _devices(what, paths, _listed(source.devices, name), _listed(target.devices, name))


def _memory(source: Domain, target: Domain) -> None:
    _value("domain memory", source.memory, target.memory, "KiB")
    _value("domain current memory", source.current_memory, target.current_memory, "KiB")
    _value("domain max memory", _get(source, "max_memory.size"), _get(target, "max_memory.size"), "KiB")
    _value("domain memory slots", _get(source, "max_memory.slots") or 0, _get(target, "max_memory.slots") or 0)


def _cpus(source: Domain, target: Domain) -> None:
    _value("domain max vcpus", source.vcpu.count, target.vcpu.count)
    # Where the states can differ: at what a list says, and where the shorter row of those that are there ends.
    numbers = {vcpu.id for vcpu in (*source.vcpus, *target.vcpus)} | {min(_current(source), _current(target))}
    for number in sorted(numbers):
        if number < source.vcpu.count:
            _value(f"vcpu {number} state", _state(source, number), _state(target, number))
    _value("iothread count", _iothreads(source), _iothreads(target))
    mine_cpu, theirs_cpu = source.cpu, target.cpu
    if mine_cpu is not None and theirs_cpu is not None:
        # The order of features means nothing.
        mine_cpu, theirs_cpu = mine_cpu.copy(), theirs_cpu.copy()
        for cpu in (mine_cpu, theirs_cpu):
            cpu.features.sort(key=lambda feature: feature.name)
    _part("CPU", mine_cpu, theirs_cpu)


def _current(domain: Domain) -> int:
    return domain.vcpu.count if domain.vcpu.current is None else domain.vcpu.current


def _state(domain: Domain, number: int) -> str:
    """Whether a vCPU is there; without a list of them it's the first ones."""
    listed = next((vcpu.enabled for vcpu in domain.vcpus if vcpu.id == number), None)
    return "online" if (number < _current(domain) if listed is None else listed) else "offline"


def _iothreads(domain: Domain) -> int:
    return max(domain.iothreads or 0, len(domain.iothread_ids))


def _timers(source: Domain, target: Domain) -> None:
    mine, theirs = source.clock.timers, target.clock.timers
    _value("timer count", len(mine), len(theirs))
    for one, other in zip(mine, theirs, strict=True):
        _value("timer name", one.name, other.name)
        for name in ("present", "frequency", "mode"):
            _value(f"{one.name} timer {name}", getattr(one, name), getattr(other, name))


# -- devices ---------------------------------------------------------------------------------------


def _listed(devices: Element, name: str) -> list[Element]:
    value = getattr(devices, name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _devices(what: str, paths: Iterable[str], source: list[Element], target: list[Element]) -> None:
    _value(f"{what} count", len(source), len(target))
    for place, (one, other) in enumerate(zip(source, target, strict=True)):
        label = f"{what} {_name(one, place)}"
        for path in paths:
            _part(f"{label} {_words(path)}", _get(one, path), _get(other, path))
        if what == "filesystem":
            _value(f"{label} transport", _transport(one), _transport(other))
        elif what == "shared memory":
            _value(f"{label} server", _get(one, "server") is not None, _get(other, "server") is not None)
        _value(f"{label} acpi index", _get(one, "acpi_index"), _get(other, "acpi_index"))
        _address(label, _get(one, "address"), _get(other, "address"))


def _name(device: Element, place: int) -> str:
    """What tells a device from others of its kind: a disk's target, else its number, from 0."""
    target = getattr(device, "target", None)
    return f"'{target}'" if isinstance(target, str) else str(place)


def _transport(filesystem: Element) -> str:
    """The protocol a guest mounts it with."""
    driver = str(_get(filesystem, "driver"))
    return driver if driver in ("virtiofs", "mtp") else "9p"


def _address(label: str, source: DeviceAddress | None, target: DeviceAddress | None) -> None:
    if isinstance(source, PciAddress) and isinstance(target, PciAddress):
        _value(f"{label} PCI address", str(source), str(target))
        _value(f"{label} multifunction", bool(source.multifunction), bool(target.multifunction))
        _part(f"{label} zpci", source.zpci, target.zpci)
    elif source != target:
        _differs(f"{label} address", _shown(source), _shown(target))


# -- values ----------------------------------------------------------------------------------------


def _get(value: Any, path: str) -> Any:
    """A value at a dotted path; ``None`` where anything on the way isn't there."""
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _part(what: str, source: Any, target: Any) -> None:
    """Compare values of any form, down to the one that differs."""
    if isinstance(source, list) and isinstance(target, list):
        _value(f"{what} count", len(source), len(target))
        for place, (one, other) in enumerate(zip(source, target, strict=True)):
            _part(f"{what} {getattr(one, 'name', None) or place}", one, other)
    elif isinstance(source, Element) and type(source) is type(target):
        for name in _seen(source):
            _part(f"{what} {_words(name)}", getattr(source, name), getattr(target, name))
    elif source != target:
        _differs(what, _shown(source), _shown(target))


def _seen(part: Element) -> Iterator[str]:
    hidden = _HOST_FIELDS.get(type(part).__name__, ())
    return (name for name in part._fields if name not in hidden)


def _value(what: str, source: object, target: object, unit: str = "") -> None:
    if source != target:
        _differs(what, _shown(source, unit), _shown(target, unit))


def _differs(what: str, source: str, target: str) -> Never:
    raise ConfigUnsupportedError(f"target {what} {target} does not match source {source}")


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _shown(value: object, unit: str = "") -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Element):
        return " ".join(value.to_xml().split()) or value._tag
    return f"{value} {unit}" if unit else f"'{value}'" if isinstance(value, str) else str(value)
