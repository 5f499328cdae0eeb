"""What libvirt refuses for every hypervisor (virDomainDefValidate)."""

from __future__ import annotations

from collections.abc import Iterable

from pyvirt_conf.domain.complete import validate_name
from pyvirt_conf.domain.config import ParserConfig, ParserFeature
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.os import Firmware, FirmwareFeatureName, LoaderType, Os
from pyvirt_conf.domain.seclabel import DeviceSeclabel, Seclabel
from pyvirt_conf.domain.sysinfo import SmbiosSysinfo
from pyvirt_conf.domain.tuning import NumaMode
from pyvirt_conf.domain.validate_devices import validate_devices
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError


def validate(domain: Domain, config: ParserConfig) -> None:
    """Check the whole definition: devices first, then what concerns all of it; in each, the driver's checks last."""
    validate_name(domain, config)
    validate_devices(domain)
    if config.device_validate is not None:
        for device in domain.devices.all():
            config.device_validate(device, domain)
    if domain.title is not None and "\n" in domain.title:
        raise XmlError("title cannot contain a line break")
    _vcpus(domain)
    _os(domain, config)
    _cputune(domain)
    _resctrl(domain)
    _numa(domain)
    _idmap(domain)
    _seclabels(domain)
    _sysinfo(domain)
    if config.domain_validate is not None:
        config.domain_validate(domain)


def _vcpus(domain: Domain) -> None:
    vcpu = domain.vcpu
    if vcpu.count == 0:
        raise XmlError("there must be at least one vcpu")
    if vcpu.current is not None and not 0 < vcpu.current <= vcpu.count:
        raise XmlError(f"current {vcpu.current} vcpus of at most {vcpu.count}")


def _os(domain: Domain, config: ParserConfig) -> None:
    os = domain.os
    features = {feature.name: feature.enabled for feature in os.firmware_features}
    if os.firmware is None:
        if features:
            raise XmlDetailError(
                "cannot use feature-based firmware autoselection when firmware autoselection is disabled"
            )
        _chosen_firmware(os)
    else:
        if not config.features & ParserFeature.FW_AUTOSELECT:
            raise ConfigUnsupportedError("firmware auto selection not implemented for this driver")
        if features.get(FirmwareFeatureName.ENROLLED_KEYS) and (features.get(FirmwareFeatureName.SECURE_BOOT) is False):
            raise XmlDetailError(
                "firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled"
            )
        _automatic_firmware(os)
    if os.loader is not None and os.loader.stateless and os.nvram is not None:
        if os.nvram.template is not None:
            raise XmlDetailError("NVRAM template is not permitted when loader is stateless")
        if os.nvram.is_somewhere:
            raise XmlDetailError("NVRAM is not permitted when loader is stateless")


def _chosen_firmware(os: Os) -> None:
    """The document names the firmware."""
    if os.loader is None and os.nvram is None:
        return
    if os.loader is None or os.loader.path is None:
        raise XmlDetailError("no loader path specified and firmware auto selection disabled")
    if os.loader.type is LoaderType.ROM and os.loader.stateless is False:
        raise XmlDetailError("only a loader of type 'pflash' permits NVRAM")


def _automatic_firmware(os: Os) -> None:
    """The driver chooses; what says which firmware it is is not for the document then."""
    if os.loader is not None:
        if os.loader.readonly is not None or os.loader.type is not None or os.loader.path is not None:
            what = "readonly" if os.loader.readonly is not None else "type"
            raise XmlDetailError(
                f"loader attribute '{what}' cannot be specified when firmware autoselection is enabled"
            )
    if os.nvram is not None:
        if os.nvram.template is not None:
            raise XmlDetailError(
                "nvram attribute 'template' cannot be specified when firmware autoselection is enabled"
            )
        if os.nvram.is_somewhere and os.firmware is not Firmware.EFI:
            raise XmlDetailError(f"firmware type '{os.firmware}' does not support nvram")


def _cputune(domain: Domain) -> None:
    tune = domain.cputune
    seen: set[int] = set()
    for pin in tune.vcpupin:
        if pin.vcpu in seen:
            raise XmlError(f"duplicate vcpupin for vcpu {pin.vcpu}")
        seen.add(pin.vcpu)
    threads = {thread.id for thread in domain.iothread_ids} or set(range(1, (domain.iothreads or 0) + 1))
    for item in tune.iothreadpin:
        if item.iothread not in threads:
            raise ConfigUnsupportedError(f"iothreadpin names iothread {item.iothread}, which there is not")
    for sched in tune.iothreadsched:
        for number in sched.iothreads:
            if number not in threads:
                raise ConfigUnsupportedError(f"iothreadsched names iothread {number}, which there is not")


def _resctrl(domain: Domain) -> None:
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
        for watch in share.monitors:
            if not watch.vcpus <= share.vcpus:
                raise XmlError(f"monitored vcpus {watch.vcpus} are not those of the memorytune, {share.vcpus}")


def _numa(domain: Domain) -> None:
    numa = domain.cpu.numa if domain.cpu is not None else None
    count = len(numa.cells) if numa is not None else 0
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
    pages = domain.memory_backing.hugepages
    for page in pages.pages if pages is not None else ():
        for number in page.nodeset or ():
            if number >= max(count, 1):
                raise XmlDetailError(f"hugepages: node {number} not found")


def _idmap(domain: Domain) -> None:
    idmap = domain.idmap
    if idmap is None:
        return
    if bool(idmap.uids) != bool(idmap.gids):
        raise ConfigUnsupportedError("uid and gid should be mapped both")
    for what, ranges in (("user", idmap.uids), ("group", idmap.gids)):
        ranges.sort(key=lambda item: item.start)
        if ranges and ranges[0].start != 0:
            raise ConfigUnsupportedError(f"the root {what} of the container must be mapped")


def _seclabels(domain: Domain) -> None:
    _models(domain.seclabels)
    for device in domain.devices.all():
        source = getattr(device, "source", None)
        _models(getattr(source, "seclabels", ()))
    known = {label.model for label in domain.seclabels}
    for disk in domain.devices.disks:
        _overrides(disk, known)


def _models(labels: Iterable[Seclabel | DeviceSeclabel]) -> None:
    models = [label.model for label in labels]
    if len(models) > 1 and None in models:
        raise XmlError("missing security model when using multiple labels")
    if len(set(models)) != len(models):
        raise XmlDetailError("several security labels of one model")


def _overrides(disk: Disk, known: set[str | None]) -> None:
    """Labels of a disk are for models the domain has labels of; without any, the driver chooses."""
    if not known or None in known:
        return
    for label in disk.source.seclabels:
        if label.model is not None and label.model not in known:
            raise XmlError(f"disk '{disk.target}' has a label of model '{label.model}', the domain has none")


def _sysinfo(domain: Domain) -> None:
    for info in domain.sysinfo:
        if isinstance(info, SmbiosSysinfo) and info.system is not None:
            uuid = info.system.get("uuid")
            if uuid is not None and uuid.lower().replace("-", "") != (domain.uuid or "").replace("-", ""):
                raise XmlDetailError("UUID mismatch between <uuid> and <sysinfo>")
