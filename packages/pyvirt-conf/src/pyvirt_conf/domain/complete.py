"""What libvirt fills in for every hypervisor (virDomainDefPostParse and the defaults of its parser).

The driver's callbacks come in between: its early one when memory and OS are settled, one for every device, one at the
end.
"""

from __future__ import annotations

from collections.abc import Container

from pyvirt_conf.domain import complete_devices as devices
from pyvirt_conf.domain.addresses.controller_index import assign_controller_indexes
from pyvirt_conf.domain.config import ParserConfig, ParserFeature, XmlFlags
from pyvirt_conf.domain.domain import Domain, VirtType
from pyvirt_conf.domain.os import BootDev, BootDevice, FirmwareFeature, FirmwareFeatureName, LoaderType, Os
from pyvirt_conf.domain.sysinfo import SmbiosSysinfo
from pyvirt_conf.domain.tuning import (
    CacheType,
    CpuTune,
    IoThread,
    IoThreadSched,
    NumaMemory,
    NumaPlacement,
    Scheduler,
    Vcpu,
    VcpuPlacement,
    VcpuSched,
)
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, NoNameError, OsTypeError, VirtError, XmlError


def complete(domain: Domain, config: ParserConfig, flags: XmlFlags) -> None:
    """Fill in what the document left out.

    :raises VirtError: what is left out can't be filled in, or contradicts what is there.
    """
    _check_name(domain, config)
    _os_type(domain)
    domain.devices.make_lists()
    if XmlFlags.BUILT not in flags:
        _document(domain, config)
    _memory(domain, flags)
    assign_controller_indexes(domain)
    try:
        if config.domain_early is not None:
            config.domain_early(domain, flags)
        for device in list(domain.devices.all()):
            if config.device_complete is not None:
                config.device_complete(device, domain, flags)
            devices.common_defaults(device, domain, config)
        devices.number(domain)
        devices.console_is_serial(domain)
        if config.domain_complete is not None:
            config.domain_complete(domain, flags)
        devices.imply(domain, config, flags)
        if config.assign_addresses is not None:
            config.assign_addresses(domain, flags)
    except VirtError:
        if not flags & XmlFlags.ALLOW_POST_PARSE_FAIL:
            raise


def _document(domain: Domain, config: ParserConfig) -> None:
    """What a document means by saying nothing; a definition built from another format says it all."""
    if domain.uuid is None:
        domain.uuid = _smbios_uuid(domain) or config.new_uuid()
    if domain.genid is not None and domain.genid.value is None:
        domain.genid.value = config.new_uuid()
    _os(domain, config)
    _boot(domain)
    _vcpus(domain)
    _cputune(domain, config)
    _numatune(domain)
    _hugepages(domain)
    devices.sort(domain)
    for device in (*domain.devices.disks, *domain.devices.interfaces):
        devices.document_defaults(device, config)


def _smbios_uuid(domain: Domain) -> str | None:
    """The UUID that the guest's firmware tables are given, if any."""
    for info in domain.sysinfo:
        if isinstance(info, SmbiosSysinfo) and info.system is not None:
            return info.system.get("uuid")
    return None


def _os_type(domain: Domain) -> None:
    os = domain.os
    if os.type is None:
        if domain.bootloader is None:
            raise OsTypeError("an os <type> must be specified")
        os.type = "xen"
    if os.type == "linux" and domain.type is VirtType.XEN:
        os.type = "xen"  # what its paravirtual guests were called first
    if os.type not in OS_TYPES:
        raise XmlError(f"unknown OS type '{os.type}', expected one of {', '.join(OS_TYPES)}")


def _os(domain: Domain, config: ParserConfig) -> None:
    os = domain.os
    if os.type != "exe":
        os.init = os.init_dir = os.init_user = os.init_group = None
        os.init_args, os.init_env = [], []
    if os.type != "hvm" or domain.bootloader is not None:
        os.boot = []
        os.boot_menu = os.boot_menu_timeout = os.bios_useserial = os.bios_reboot_timeout = None
    del os.boot[len(BootDev) :]
    if os.type not in ("hvm", "xen", "uml", "xenpvh"):
        os.kernel = os.initrd = os.cmdline = os.root = os.dtb = None
    if os.type != "hvm":
        os.acpi_tables = []
    _firmware_features(os)
    if os.nvram is not None:
        devices.default_ports(os.nvram.source)
    if os.arch is None:
        os.arch = config.default_arch(os.type or "", domain.type)
    if os.machine is None:
        os.machine = config.default_machine(domain)
    if os.loader is not None and os.loader.path is not None and os.loader.type is None:
        os.loader.type = LoaderType.ROM
    if domain.devices.emulator is None:
        domain.devices.emulator = config.default_emulator(domain)


def _firmware_features(os: Os) -> None:
    """In libvirt's order; keys are only enrolled for secure boot."""
    if not os.firmware_features:
        return
    known = {feature.name: feature for feature in os.firmware_features}
    keys = known.get(FirmwareFeatureName.ENROLLED_KEYS)
    if keys is not None and keys.enabled and FirmwareFeatureName.SECURE_BOOT not in known:
        known[FirmwareFeatureName.SECURE_BOOT] = FirmwareFeature(name=FirmwareFeatureName.SECURE_BOOT, enabled=True)
    os.firmware_features = [known[name] for name in FirmwareFeatureName if name in known]


OS_TYPES = ("hvm", "xen", "linux", "exe", "uml", "xenpvh")


def _boot(domain: Domain) -> None:
    if domain.os.type != "hvm" or domain.bootloader is not None:
        return
    all_of = domain.devices
    bootable = (*all_of.disks, *all_of.interfaces, *all_of.hostdevs, *all_of.redirdevs, *all_of.filesystems)
    per_device = any(device.boot is not None for device in bootable)
    if per_device and domain.os.boot:
        raise XmlError("per-device boot elements cannot be used together with os/boot elements")
    if not per_device and not domain.os.boot:
        domain.os.boot = [BootDevice(dev=BootDev.HD)]


def _vcpus(domain: Domain) -> None:
    vcpu = domain.vcpu
    if vcpu.current is not None and vcpu.current == vcpu.count and not domain.vcpus:
        vcpu.current = None
    if not domain.vcpus:
        return
    known = {item.id: item for item in domain.vcpus}
    count = vcpu.count
    if (highest := max(known)) >= count:
        raise XmlError(f"vcpu id {highest} is out of range, there are at most {count} vcpus")
    complete_list = []
    for number in range(count):
        item = known.get(number)
        if item is None:
            complete_list.append(Vcpu(id=number, enabled=False, hotpluggable=True))
        else:
            complete_list.append(item)
    for item in complete_list:
        if item.hotpluggable is False and not item.enabled:
            raise ConfigUnsupportedError(f"vcpu {item.id} is both offline and not hotpluggable")
        if item.hotpluggable is None:
            item.hotpluggable = not item.enabled
    domain.vcpus = complete_list
    enabled = sum(item.enabled for item in complete_list)
    vcpu.current = enabled if enabled != count else None


def _memory(domain: Domain, flags: XmlFlags) -> None:
    """The memory is that of the document, or the sum of NUMA cells and modules (virDomainDefPostParseMemory)."""
    numa = domain.cpu.numa if domain.cpu is not None else None
    modules = sum(module.target.size for module in domain.devices.memories)
    cells = 0
    if numa is not None and (not domain.memory or XmlFlags.ABI_UPDATE in flags):
        cells = sum(cell.memory for cell in numa.cells)
    if cells:
        domain.memory = cells + modules
    elif modules > (domain.memory or 0):
        raise XmlError(f"memory devices of {modules} KiB exceed the memory of {domain.memory or 0} KiB")
    if not domain.memory or domain.memory == modules:
        raise XmlError("memory size must be specified by <memory> or by the cells of <numa>")
    if not domain.current_memory or domain.current_memory > domain.memory:
        domain.current_memory = domain.memory
    if domain.max_memory is not None:
        if domain.max_memory.size < domain.memory:
            raise XmlError(f"maximum memory of {domain.max_memory.size} KiB is below the memory of {domain.memory} KiB")
        if domain.max_memory.slots == 0:
            raise XmlError("maximum memory needs slots")


def _cputune(domain: Domain, config: ParserConfig) -> None:
    """One pin and one scheduler per CPU, sorted; resource groups only for CPUs there are."""
    tune = domain.cputune
    tune.make_lists()
    count = domain.vcpu.count
    if tune.vcpupin:
        online: Container[int] = range(domain.vcpu.current or count)
        if ParserFeature.OFFLINE_VCPUPIN in config.features:
            online = range(count)
        elif domain.vcpus:
            online = {item.id for item in domain.vcpus if item.enabled}
        # Pins of CPUs that aren't there are ignored: old definitions have them.
        tune.vcpupin = sorted((pin for pin in tune.vcpupin if pin.vcpu in online), key=lambda pin: pin.vcpu)
    if tune.iothreadpin:
        tune.iothreadpin.sort(key=lambda pin: pin.iothread)
    schedulers: dict[int, VcpuSched] = {}
    for sched in tune.vcpusched:
        for number in sched.vcpus:
            if number in schedulers:
                raise XmlError(f"vcpu {number} has several schedulers")
            schedulers[number] = VcpuSched(vcpus=Bitmap([number]), scheduler=sched.scheduler, priority=_priority(sched))
    if tune.vcpusched:
        tune.vcpusched = [schedulers[number] for number in sorted(schedulers)]
    threads: dict[int, IoThreadSched] = {}
    for item in tune.iothreadsched:
        for number in item.iothreads:
            if number in threads:
                raise XmlError(f"iothread {number} has several schedulers")
            threads[number] = IoThreadSched(
                iothreads=Bitmap([number]), scheduler=item.scheduler, priority=_priority(item)
            )
    if tune.iothreadsched:
        tune.iothreadsched = [threads[number] for number in sorted(threads)]
    if tune.cachetune or tune.memorytune:
        _resource_groups(tune, Bitmap.first(count))
    _iothreads(domain)


def _resource_groups(tune: CpuTune, all_vcpus: Bitmap) -> None:
    for group in tune.cachetune:
        group.vcpus &= all_vcpus
        for monitor in group.monitors if group.vcpus else ():
            monitor.vcpus &= all_vcpus
            if not monitor.vcpus:
                raise InvalidArgError("a monitor of a cache has no vcpus that there are")
        group.caches.sort(key=lambda cache: (cache.level, list(CacheType).index(cache.type), cache.id))
    tune.cachetune = [group for group in tune.cachetune if group.vcpus and (group.caches or group.monitors)]
    for bandwidth in tune.memorytune:
        bandwidth.vcpus &= all_vcpus
        bandwidth.nodes.sort(key=lambda node: node.id)
    tune.memorytune = [group for group in tune.memorytune if group.vcpus and (group.nodes or group.monitors)]


def _priority(sched: VcpuSched | IoThreadSched) -> int | None:
    return sched.priority if sched.scheduler in (Scheduler.FIFO, Scheduler.RR) else None


def _iothreads(domain: Domain) -> None:
    """The count and the list say the same: missing ids are made up, from 1."""
    ids = {thread.id for thread in domain.iothread_ids}
    if len(ids) != len(domain.iothread_ids):
        raise XmlError("an iothread id is there twice")
    count = domain.iothreads or 0
    if ids and len(ids) > count:
        domain.iothreads = len(ids)
    elif ids and len(ids) < count:
        free = (number for number in range(1, count + 1) if number not in ids)
        while len(domain.iothread_ids) < count:
            domain.iothread_ids.append(IoThread(id=next(free)))


def _numatune(domain: Domain) -> None:
    memory = domain.numatune.memory
    vcpu = domain.vcpu
    if memory is not None:
        if memory.placement is None:
            automatic = memory.nodeset is None and vcpu.placement is VcpuPlacement.AUTO
            memory.placement = NumaPlacement.AUTO if automatic else NumaPlacement.STATIC
        if memory.placement is NumaPlacement.STATIC:
            if not memory.nodeset:
                raise ConfigUnsupportedError("nodeset for NUMA memory tuning must be set if placement is 'static'")
            # The nodeset says it already.
            memory.placement = None
        elif memory.placement is NumaPlacement.AUTO:
            memory.nodeset = None
    elif vcpu.placement is VcpuPlacement.AUTO:
        domain.numatune.memory = NumaMemory(placement=NumaPlacement.AUTO)
    if (
        domain.numatune.memory is not None
        and domain.numatune.memory.placement is NumaPlacement.AUTO
        and vcpu.cpuset is None
        and not domain.cputune.vcpupin
        and domain.cputune.emulatorpin is None
        and not domain.cputune.iothreadpin
    ):
        vcpu.placement = VcpuPlacement.AUTO
    if vcpu.placement is VcpuPlacement.AUTO:
        vcpu.cpuset = None


def _hugepages(domain: Domain) -> None:
    """Without NUMA cells, those of the first are those of all."""
    pages = domain.memory_backing.hugepages
    if pages is None or (domain.cpu is not None and domain.cpu.numa is not None):
        return
    for page in pages.pages:
        if page.nodeset == Bitmap([0]):
            page.nodeset = None


def _check_name(domain: Domain, config: ParserConfig) -> None:
    """A name is there, and could be a file's."""
    if not domain.name:
        raise NoNameError("missing name of the domain")
    if "/" in domain.name and not config.features & ParserFeature.NAME_SLASH:
        raise XmlError(f"name '{domain.name}' cannot contain '/'")
    if "\n" in domain.name:
        raise XmlError(f"name {domain.name!r} cannot contain a line break")
