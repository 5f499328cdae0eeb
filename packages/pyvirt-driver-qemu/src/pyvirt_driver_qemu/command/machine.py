"""The board: ``-name``, ``-machine``, ``-accel``, firmware, power management, the boot menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.features import IoapicDriver
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_conf.domain.misc import IommuModel
from pyvirt_conf.domain.os import Loader, LoaderType
from pyvirt_conf.domain.security import S390ProtectedVirtualization, SevLaunchSecurity
from pyvirt_conf.domain.sound import SoundModel
from pyvirt_conf.domain.storage import FileSource, ImageFormat, StorageSource
from pyvirt_driver_qemu.command.blockdev import Image, format_props, storage_props
from pyvirt_driver_qemu.command.machines import (
    ARM,
    is_arm_virt,
    is_i440fx,
    is_pseries,
    is_q35,
)
from pyvirt_driver_qemu.command.props import Props, as_json, escape, on_off
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: What the flash chips' images are called in the block graph.
PFLASH = ("libvirt-pflash0", "libvirt-pflash1")


def name(context: Context) -> list[str]:
    """The guest's name, and threads that tell what they do in /proc."""
    text = f"guest={escape(context.domain.name or '')}"
    if context.settings.set_process_name:
        text += f",process=qemu:{escape(context.domain.name or '')}"
    return ["-name", f"{text},debug-threads=on"]


def firmware_images(context: Context) -> list[Image]:
    """The flash chips: code, and the guest's variables; none for firmware that is no flash."""
    loader = context.domain.os.loader
    if loader is None or loader.type is not LoaderType.PFLASH or loader.path is None:
        return []
    images = [Image(FileSource(file=loader.path), ImageFormat.RAW, 0, readonly=bool(loader.readonly), name=PFLASH[0])]
    nvram = context.domain.os.nvram
    if nvram is not None:
        source: StorageSource | None = nvram.source
        if source is None and nvram.path is not None:
            source = FileSource(file=nvram.path)
        if source is not None:
            images.append(Image(source, ImageFormat.RAW, 0, name=PFLASH[1]))
    return images


def firmware_blockdevs(context: Context) -> list[str]:
    """The nodes of the flash chips."""
    from pyvirt_driver_qemu.command.secrets import image_objects

    words: list[str] = []
    for image in firmware_images(context):
        for props in image_objects(context, image):
            words += context.object(props)
        words += ["-blockdev", as_json(storage_props(image))]
        words += ["-blockdev", as_json(format_props(image))]
    return words


def machine(context: Context) -> list[str]:
    """``-machine`` with all its switches, in libvirt's order."""
    domain = context.domain
    features = domain.features
    parts = [context.machine, "usb=off"]
    if features.vmport is not None:
        if not context.has("machine-vmport-opt"):
            raise ConfigUnsupportedError("vmport is not available with this QEMU binary")
        parts.append(f"vmport={on_off(features.vmport)}")
    if features.smm is not None:
        parts.append(f"smm={on_off(features.smm)}")
    parts += _keywrap(context)
    if features.ioapic is not None:
        parts.append("kernel_irqchip=split" if features.ioapic is IoapicDriver.QEMU else "kernel_irqchip=on")
    if features.gic is not None and features.gic.version is not None and context.arch in ARM:
        # Version 2 is what boards without this option have.
        if is_arm_virt(domain) and (str(features.gic.version) != "2" or context.has("gic-version")):
            parts.append(f"gic-version={features.gic.version}")
    if domain.devices.iommu is not None and domain.devices.iommu.model is IommuModel.SMMUV3:
        parts.append("iommu=smmuv3")
    if is_pseries(domain):
        parts += _pseries(context)
    parts.append(
        f"dump-guest-core={on_off(bool(domain.dump_core))}" if domain.dump_core is not None else _core(context)
    )
    if domain.memory_backing.nosharepages:
        parts.append("mem-merge=off")
    if any(device.model is MemoryModel.NVDIMM for device in domain.devices.memories):
        parts.append("nvdimm=on")
    default_ram = default_ram_id(context)
    if default_ram is not None:
        parts.append(f"memory-backend={escape(default_ram)}")
    parts += [f"pflash{number}={image.format_node}" for number, image in enumerate(firmware_images(context))]
    parts += _security(context)
    parts += _boot_device_parameter(context)
    parts += _max_compat(context)
    parts += _acpi_and_timers(context)
    parts += _sgx(context)
    return ["-machine", ",".join(parts)]


def _core(context: Context) -> str:
    return f"dump-guest-core={on_off(context.settings.dump_guest_core)}"


def _keywrap(context: Context) -> list[str]:
    keywrap = context.domain.keywrap
    if keywrap is None:
        return []
    return [f"{cipher.name}-key-wrap={on_off(cipher.state)}" for cipher in keywrap.ciphers]


def _pseries(context: Context) -> list[str]:
    features = context.domain.features
    parts = []
    if features.hpt_resizing is not None:
        parts.append(f"resize-hpt={features.hpt_resizing}")
    if features.hpt_max_page_size:
        parts.append(f"cap-hpt-max-page-size={features.hpt_max_page_size}k")
    for word, state in (
        ("cap-htm", features.htm),
        ("cap-nested-hv", features.nested_hv),
        ("cap-ccf-assist", features.ccf_assist),
    ):
        if state is not None:
            parts.append(f"{word}={on_off(state)}")
    for word, value in (("cap-cfpc", features.cfpc), ("cap-sbbc", features.sbbc), ("cap-ibs", features.ibs)):
        if value is not None:
            parts.append(f"{word}={value}")
    return parts


def _security(context: Context) -> list[str]:
    security = context.domain.launch_security
    if isinstance(security, SevLaunchSecurity):
        key = "confidential-guest-support" if context.has("confidential-guest-support") else "memory-encryption"
        return [f"{key}=lsec0"]
    if isinstance(security, S390ProtectedVirtualization):
        return ["confidential-guest-support=lsec0"]
    return []


def security_objects(context: Context) -> list[str]:
    """The object that makes an encrypted guest."""
    security = context.domain.launch_security
    if isinstance(security, S390ProtectedVirtualization):
        return context.object({"qom-type": "s390-pv-guest", "id": "lsec0"})
    if not isinstance(security, SevLaunchSecurity):
        return []
    sev = context.capabilities.sev
    props: Props = {"qom-type": "sev-guest", "id": "lsec0"}
    props["cbitpos"] = security.cbitpos if security.cbitpos is not None else (sev.cbitpos if sev else 0)
    reduced = security.reduced_phys_bits
    props["reduced-phys-bits"] = reduced if reduced is not None else (sev.reduced_phys_bits if sev else 0)
    props["policy"] = security.policy
    if security.dh_cert is not None:
        props["dh-cert-file"] = f"{context.private_dir}/dh_cert.base64"
    if security.session is not None:
        props["session-file"] = f"{context.private_dir}/session.base64"
    if security.kernel_hashes is not None:
        props["kernel-hashes"] = security.kernel_hashes
    return context.object(props)


def _boot_device_parameter(context: Context) -> list[str]:
    """What the first boot device says to the boot loader of IBM Z."""
    if not context.has("loadparm"):
        return []
    devices = context.domain.devices
    bootable = [*devices.disks, *devices.interfaces, *devices.hostdevs]
    first = min(
        (device.boot for device in bootable if device.boot is not None), key=lambda boot: boot.order, default=None
    )
    return [f"loadparm={first.loadparm}"] if first is not None and first.loadparm else []


def _max_compat(context: Context) -> list[str]:
    from pyvirt_conf.domain.cpu import CpuMode

    cpu = context.domain.cpu
    if is_pseries(context.domain) and cpu is not None and cpu.mode is CpuMode.HOST_MODEL and cpu.model:
        return [f"max-cpu-compat={cpu.model}"]
    return []


def _acpi_and_timers(context: Context) -> list[str]:
    from pyvirt_conf.domain.clock import TimerName

    parts = []
    if context.has("machine-hpet"):
        for timer in context.domain.clock.timers:
            if timer.name is TimerName.HPET and timer.present is not None:
                parts.append(f"hpet={on_off(timer.present)}")
    for sound in context.domain.devices.sounds:
        if sound.model is SoundModel.PCSPK and context.capabilities.version >= 5000000:
            parts.append(f"pcspk-audiodev=audio{sound.audio_id or 1}")
    return parts


def _sgx(context: Context) -> list[str]:
    parts = []
    epcs = [device for device in context.domain.devices.memories if device.model is MemoryModel.SGX_EPC]
    for number, device in enumerate(epcs):
        parts.append(f"sgx-epc.{number}.memdev=mem{device.alias}")
        if device.target.node is not None:
            parts.append(f"sgx-epc.{number}.node={device.target.node}")
    return parts


def accelerator(context: Context) -> list[str]:
    """``-accel``: who runs the guest's instructions."""
    features = context.domain.features
    kind = str(context.domain.type)
    if kind == "qemu":
        text = "tcg"
        if features.tcg_tb_cache:
            text += f",tb-size={features.tcg_tb_cache // 1024}"
    elif kind == "kvm":
        text = "kvm"
        if features.kvm is not None and features.kvm.dirty_ring:
            text += f",dirty-ring-size={features.kvm.dirty_ring_size}"
    elif kind == "hvf":
        text = "hvf"
    else:
        raise ConfigUnsupportedError(f"the QEMU driver does not support domain type '{kind}'")
    return ["-accel", text]


def default_ram_id(context: Context) -> str | None:
    """The memory backend of the board's memory; ``None`` where cells bring theirs, or QEMU is too old."""
    domain = context.domain
    numa = domain.cpu.numa if domain.cpu is not None else None
    if numa is not None and numa.cells:
        return None
    accel = "kvm" if domain.type == "kvm" else "tcg"
    found = context.capabilities.machine(context.machine, accel)
    return found.default_ram_id if found is not None else None


def tseg(context: Context) -> list[str]:
    """Memory of the system management mode."""
    size = context.domain.features.smm_tseg
    if not size:
        return []
    if not context.has("mch.extended-tseg-mbytes"):
        raise ConfigUnsupportedError("Setting TSEG size is not supported with this QEMU binary")
    if size % (1 << 20):
        raise ConfigUnsupportedError(f"SMM TSEG size must be divisible by 1 MiB, not {size} bytes")
    return ["-global", f"mch.extended-tseg-mbytes={size >> 20}"]


def secure_loader(context: Context) -> list[str]:
    """Flash that only the system management mode may write."""
    loader: Loader | None = context.domain.os.loader
    if loader is None or not loader.secure or loader.type is not LoaderType.PFLASH:
        return []
    return ["-global", "driver=cfi.pflash01,property=secure,value=on"]


def _unattended(context: Context) -> list[str]:
    """Let QEMU itself do what the domain wants at power-off, reboot and crash."""
    domain = context.domain
    words = ["-no-shutdown"] if domain.on_poweroff == "preserve" else []
    if context.has("set-action"):
        if domain.on_reboot == "destroy":
            words += ["-action", "reboot=shutdown"]
        if domain.on_crash == "preserve":
            words += ["-action", "panic=pause"]
    elif domain.on_reboot == "destroy":
        words.append("-no-reboot")
    return words


def power_management(context: Context) -> list[str]:
    """What happens at power-off, whether the guest has ACPI, whether it may sleep."""
    domain = context.domain
    # Somebody who attends the guest decides what happens after its power-off, so QEMU stays.
    words = ["-no-shutdown"] if context.attended else _unattended(context)
    if context.has("no-acpi") and not domain.features.acpi:
        words.append("-no-acpi")
    for state, value in (("s3", domain.pm.suspend_to_mem), ("s4", domain.pm.suspend_to_disk)):
        if value is not None:
            bridge = "ICH9-LPC" if is_q35(domain) and context.has(f"ich9-disable-{state}") else "PIIX4_PM"
            words += ["-global", f"{bridge}.disable_{state}={int(not value)}"]
    return words


def boot(context: Context) -> list[str]:
    """The boot menu and how firmware behaves when nothing boots."""
    os = context.domain.os
    parts = []
    if os.boot_menu is not None:
        parts.append(f"menu={on_off(os.boot_menu)}")
        if os.boot_menu and os.boot_menu_timeout is not None:
            parts.append(f"splash-time={os.boot_menu_timeout}")
    if os.bios_reboot_timeout is not None:
        parts.append(f"reboot-timeout={os.bios_reboot_timeout}")
    parts.append("strict=on")
    words = ["-boot", ",".join(parts)]
    for option, value in (("-kernel", os.kernel), ("-initrd", os.initrd), ("-append", os.cmdline), ("-dtb", os.dtb)):
        if value:
            words += [option, value]
    for table in os.acpi_tables:
        words += ["-acpitable", f"sig=SLIC,file={escape(table.path or '')}"]
    return words


def bios(context: Context) -> list[str]:
    """Firmware that is loaded as a ROM."""
    loader = context.domain.os.loader
    if loader is None or loader.path is None or loader.type not in (None, LoaderType.ROM):
        return []
    return ["-bios", loader.path]


def pci_root_hotplug(context: Context) -> list[str]:
    """Whether devices of the first PCI bus can be unplugged."""
    for controller in context.domain.devices.controllers:
        if controller.type is ControllerType.PCI and controller.model == "pci-root" and controller.hotplug is not None:
            if not is_i440fx(context.domain):
                continue
            if not context.has("piix4.acpi-root-pci-hotplug"):
                raise ConfigUnsupportedError("setting the hotplug property on a pci-root is not supported by this QEMU")
            return ["-global", f"PIIX4_PM.acpi-root-pci-hotplug={on_off(controller.hotplug)}"]
    return []
