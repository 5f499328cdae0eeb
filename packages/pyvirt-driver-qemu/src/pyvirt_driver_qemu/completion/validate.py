"""What QEMU, or this QEMU, can't do: said when a domain is defined, not when it fails to start.

libvirt's checks are spread over qemu_validate.c and others; here they are grouped by what they look at. Texts follow
libvirt's in content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.chardev import Serial, SerialModel, SerialTarget, TcpChar, UnixChar
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.cpu import CacheMode, CpuMode, PhysAddrMode
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.filesystem import Filesystem, FilesystemDriver
from pyvirt_conf.domain.graphics import EglHeadlessGraphics, SdlGraphics, SpiceGraphics, VncGraphics
from pyvirt_conf.domain.hostdev import MdevHostdev, MdevModel, ScsiHostHostdev
from pyvirt_conf.domain.input import Input, InputType
from pyvirt_conf.domain.interface import Interface, NetType
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_conf.domain.misc import Iommu, IommuModel, Panic, PanicModel, Shmem, ShmemModel
from pyvirt_conf.domain.os import Firmware, LoaderType
from pyvirt_conf.domain.storage import EncryptionEngine, ImageFormat, NetworkSource, StorageProtocol
from pyvirt_conf.domain.tpm import TpmModel
from pyvirt_conf.domain.tuning import MemoryAccessMode
from pyvirt_driver_qemu.command.machines import (
    ARM,
    RISCV,
    S390,
    X86,
    has_pcie_root,
    is_arm_virt,
    is_i440fx,
    is_pseries,
    is_q35,
    is_riscv_virt,
)
from pyvirt_util.errors import ConfigUnsupportedError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities
    from pyvirt_driver_qemu.completion.host import Host

#: Ports a USB controller can have at most.
_USB_LIMITS = {"nec-xhci": 15, "qemu-xhci": 15}


def validate_domain(domain: Domain, capabilities: Capabilities, host: Host) -> None:
    """Refuse what concerns the domain as a whole.

    :raises VirtError: naming the first thing that can't be.
    """
    _virt_type(domain, host)
    for check in _DOMAIN_CHECKS:
        check(domain, capabilities)


def validate_device(device: Any, domain: Domain, capabilities: Capabilities) -> None:
    """Refuse one device.

    :raises VirtError: naming what can't be.
    """
    check = _DEVICE_CHECKS.get(type(device))
    if check is not None:
        check(device, domain, capabilities)
    _character_source(getattr(device, "source", None))
    _zpci(getattr(device, "address", None), capabilities)


def _unsupported(text: str) -> ConfigUnsupportedError:
    return ConfigUnsupportedError(text)


# -- the domain ----------------------------------------------------------------------------------


def _virt_type(domain: Domain, host: Host) -> None:
    kind = str(domain.type)
    if kind not in ("qemu", "kvm", "hvf"):
        raise _unsupported(f"the QEMU driver does not support domain type '{kind}'")
    if kind == "hvf" and host.platform != "darwin":
        raise _unsupported(f"emulator '{domain.devices.emulator}' does not support virt type 'hvf'")


def _firmware(domain: Domain, capabilities: Capabilities) -> None:
    loader = domain.os.loader
    flash = loader is not None and loader.type is LoaderType.PFLASH and loader.path is not None
    uefi = flash or domain.os.firmware is Firmware.EFI
    if domain.os.arch in X86 and uefi and not domain.features.acpi:
        raise _unsupported("UEFI requires ACPI on this architecture")
    if domain.os.arch == "aarch64" and domain.features.acpi and not uefi:
        raise _unsupported("ACPI requires UEFI on this architecture")


def _memory(domain: Domain, capabilities: Capabilities) -> None:
    numa = domain.cpu.numa if domain.cpu is not None else None
    cells = numa is not None and bool(numa.cells)
    backing = domain.memory_backing
    shared = backing.access is MemoryAccessMode.SHARED
    if shared and not cells and _default_ram(domain, capabilities) is None:
        raise _unsupported("memory access mode 'shared' not supported without guest numa node")
    if domain.max_memory is not None and not cells:
        slotted = any(d.model in (MemoryModel.DIMM, MemoryModel.NVDIMM) for d in domain.devices.memories)
        if not is_pseries(domain) and (slotted or domain.os.arch in X86):
            raise _unsupported("at least one numa node has to be configured when enabling memory hotplug")


def _default_ram(domain: Domain, capabilities: Capabilities) -> str | None:
    machine = capabilities.machine(domain.os.machine or "", "kvm" if domain.type == "kvm" else "tcg")
    return machine.default_ram_id if machine is not None else None


def _cpu(domain: Domain, capabilities: Capabilities) -> None:
    cpu = domain.cpu
    if cpu is None:
        return
    if cpu.mode is CpuMode.HOST_PASSTHROUGH and domain.type == "qemu":
        raise _unsupported(
            f"CPU mode 'host-passthrough' for {domain.os.arch} qemu domain is not supported by hypervisor"
        )
    if cpu.cache is not None:
        if cpu.cache.mode is CacheMode.PASSTHROUGH:
            if cpu.mode not in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM):
                raise _unsupported("CPU cache mode 'passthrough' can only be used with 'host-passthrough' CPUs")
            if cpu.cache.level is not None:
                raise _unsupported("unsupported CPU cache level for mode 'passthrough'")
        elif cpu.cache.mode is CacheMode.EMULATE and cpu.cache.level != 3:
            raise _unsupported(f"CPU cache level {cpu.cache.level} can't be emulated, 3 can")
    address = cpu.max_phys_addr
    if address is not None:
        if address.mode is PhysAddrMode.EMULATE and not address.bits:
            raise _unsupported("if using CPU maximum physical address mode='emulate', bits= must be specified too")
        if address.mode is PhysAddrMode.PASSTHROUGH and address.bits:
            raise _unsupported(
                "CPU maximum physical address bits number specification cannot be used with mode='passthrough'"
            )
    if domain.os.arch == "aarch64":
        _sve(domain)


def _sve(domain: Domain) -> None:
    cpu = domain.cpu
    assert cpu is not None
    states = {feature.name: str(feature.policy) in ("require", "force", "None") for feature in cpu.features}
    lengths = [name for name, on in states.items() if on and name.startswith("sve") and name[3:].isdecimal()]
    if lengths and states.get("sve") is False:
        raise _unsupported("SVE disabled, but SVE vector lengths provided")


def _vcpus(domain: Domain, capabilities: Capabilities) -> None:
    cpu = domain.cpu
    topology = cpu.topology if cpu is not None else None
    if topology is None:
        return
    if is_pseries(domain) and topology.threads > 1:
        count, current = domain.vcpu.count, domain.vcpu.current or domain.vcpu.count
        for number in (count, current):
            if number % topology.threads:
                raise _unsupported(
                    f"vCPUs count must be a multiple of the vCPU hotplug granularity ({topology.threads})"
                )


def _features(domain: Domain, capabilities: Capabilities) -> None:
    features = domain.features
    if features.smm_tseg and not is_q35(domain):
        raise _unsupported("SMM TSEG is only supported with q35 machine type")
    if features.smm_tseg and features.smm_tseg % (1 << 20):
        raise _unsupported("SMM TSEG size must be divisible by 1 MiB")
    pseries = (
        ("hpt", features.hpt_resizing, None, ""),
        ("hpt", features.hpt_max_page_size, "machine.pseries.cap-hpt-max-page-size", "the page size for HPT guests"),
        ("htm", features.htm, "machine.pseries.cap-htm", "HTM"),
        ("nested-hv", features.nested_hv, "machine.pseries.cap-nested-hv", "nested HV"),
        ("ccf-assist", features.ccf_assist, "machine.pseries.cap-ccf-assist", "ccf-assist"),
        ("cfpc", features.cfpc, "machine.pseries.cap-cfpc", "cfpc"),
        ("sbbc", features.sbbc, "machine.pseries.cap-sbbc", "sbbc"),
        ("ibs", features.ibs, "machine.pseries.cap-ibs", "ibs"),
    )
    for name, value, flag, what in pseries:
        if value is None:
            continue
        if not is_pseries(domain):
            raise _unsupported(
                f"the '{name}' feature is not supported for architecture '{domain.os.arch}' or machine type "
                f"'{domain.os.machine}'"
            )
        if flag is not None and flag not in capabilities:
            raise _unsupported(f"configuring {what} is not supported by this QEMU binary")


def _power(domain: Domain, capabilities: Capabilities) -> None:
    pm = domain.pm
    for state, value in (("S3", pm.suspend_to_mem), ("S4", pm.suspend_to_disk)):
        flags = (f"disable-{state.lower()}", f"ich9-disable-{state.lower()}")
        if value is not None and not any(flag in capabilities for flag in flags):
            raise _unsupported(f"setting ACPI {state} not supported")


def _graphics(domain: Domain, capabilities: Capabilities) -> None:
    displays = domain.devices.graphics
    headless = any(isinstance(g, EglHeadlessGraphics) for g in displays)
    others = [g for g in displays if not isinstance(g, EglHeadlessGraphics)]
    if headless:
        if any(isinstance(g, SdlGraphics) for g in others):
            raise _unsupported(
                "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types"
            )
        if any(isinstance(g, SpiceGraphics | SdlGraphics) and g.gl for g in others):
            raise _unsupported("multiple OpenGL displays are not supported by QEMU")
    for kind in (SdlGraphics, VncGraphics, SpiceGraphics):
        if sum(isinstance(g, kind) for g in displays) > 1:
            raise _unsupported(f"only 1 graphics device of type '{kind.type}' is supported")


def _pci_root(domain: Domain, capabilities: Capabilities) -> None:
    for controller in domain.devices.controllers:
        if controller.type is not ControllerType.PCI:
            continue
        if not controller.index and (
            is_q35(domain) or is_i440fx(domain) or is_arm_virt(domain) or is_riscv_virt(domain)
        ):
            wanted = "pcie-root" if has_pcie_root(domain) else "pci-root"
            if controller.model != wanted:
                raise XmlError(
                    f"the PCI controller with index='0' must be model='{wanted}' for this machine type, but "
                    f"model='{controller.model}' was found instead"
                )
        if controller.numa_node is not None and controller.model in ("pci-expander-bus", "pcie-expander-bus"):
            cells = domain.cpu.numa.cells if domain.cpu is not None and domain.cpu.numa is not None else []
            if controller.numa_node >= len(cells):
                raise XmlError(
                    f"{controller.model} with index {controller.index} is configured for a NUMA node "
                    f"({controller.numa_node}) not present in the domain's <cpu><numa> array ({len(cells)})"
                )


def _single(domain: Domain, capabilities: Capabilities) -> None:
    proxies = sum(tpm.model is TpmModel.SPAPR_PROXY for tpm in domain.devices.tpms)
    if proxies > 1:
        raise _unsupported("only a single TPM Proxy device is supported")
    if len(domain.devices.tpms) - proxies > 1:
        raise _unsupported("only a single TPM non-proxy device is supported")
    framebuffers = sum(isinstance(h, MdevHostdev) and bool(h.ramfb) for h in domain.devices.hostdevs)
    if framebuffers > 1:
        raise _unsupported("only one vgpu device can have 'ramfb' enabled")
    if len(domain.devices.smartcards) > 1:
        raise _unsupported("this QEMU only supports a single smartcard")


_DOMAIN_CHECKS: tuple[Callable[[Any, Any], None], ...] = (
    _firmware,
    _memory,
    _cpu,
    _vcpus,
    _features,
    _power,
    _graphics,
    _pci_root,
    _single,
)


# -- devices -------------------------------------------------------------------------------------


def _disk(disk: Disk, domain: Domain, capabilities: Capabilities) -> None:
    if disk.bus is DiskBus.FDC and is_pseries(domain):
        raise _unsupported("PowerPC pseries machines do not support floppy device")
    if disk.driver_type is ImageFormat.DIR:
        raise _unsupported("'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead")
    if disk.driver_type is ImageFormat.COW:
        raise _unsupported("'cow' storage format is not supported")
    source = disk.source
    encryption = disk.encryption or source.encryption
    by_qemu = encryption is not None and encryption.engine is not EncryptionEngine.LIBRBD
    if by_qemu and disk.driver_type not in (ImageFormat.RAW, ImageFormat.QCOW2, None):
        raise _unsupported("encryption is supported only with 'raw' and 'qcow2' image format")
    if isinstance(source, NetworkSource):
        if source.tls_hostname is not None and "blockdev.nbd.tls-hostname" not in capabilities:
            raise _unsupported("'tlsHostname' field is not supported by this QEMU")
        auth = source.auth or disk.auth
        expected = {StorageProtocol.ISCSI: "iscsi", StorageProtocol.RBD: "ceph"}.get(
            source.protocol or StorageProtocol.NBD
        )
        if auth is not None and expected is not None and auth.secret.type != expected:
            what = "unknown" if auth.secret.type is None else "invalid"
            raise _unsupported(f"{what} secret type '{auth.secret.type or '<null>'}'")


def _interface(interface: Interface, domain: Domain, capabilities: Capabilities) -> None:
    if interface.type is NetType.HOSTDEV and interface.backend_tap is not None:
        raise _unsupported(
            f"interface {interface.mac} - custom tap device path is not supported for interfaces of type hostdev"
        )


def _character_source(source: object) -> None:
    if isinstance(source, UnixChar | TcpChar) and source.reconnect is not None:
        if str(source.mode) != "connect" or (isinstance(source, UnixChar) and source.path is None):
            raise _unsupported("chardev reconnect is possible only for connect mode")


def _serial(serial: Serial, domain: Domain, capabilities: Capabilities) -> None:
    arch = domain.os.arch
    fits = True
    if serial.target_type is SerialTarget.SPAPR_VIO:
        fits = is_pseries(domain)
    elif serial.target_model is SerialModel.PL011:
        fits = is_arm_virt(domain) or arch in ARM
    elif serial.target_model is SerialModel.UART_16550A:
        fits = is_riscv_virt(domain) or arch in RISCV
    elif serial.target_type is SerialTarget.ISA:
        fits = arch in X86
    elif serial.target_type is SerialTarget.SCLP:
        fits = arch in S390
    if not fits:
        raise _unsupported(
            f"serial device with target type '{serial.target_type}' and target model '{serial.target_model}' not "
            f"compatible with guest architecture or machine type"
        )


def _controller(controller: Controller, domain: Domain, capabilities: Capabilities) -> None:
    if controller.type is ControllerType.USB:
        limit = _USB_LIMITS.get(controller.model or "")
        if limit is not None and controller.ports is not None and controller.ports > limit:
            raise _unsupported(f"'{controller.model}' controller only supports up to '{limit}' ports")
        if controller.model == "qemu-xhci" and "qemu-xhci" not in capabilities:
            raise _unsupported("USB controller model 'qemu-xhci' not supported in this QEMU binary")
        if controller.model in ("ich9-uhci1", "ich9-uhci2", "ich9-uhci3"):
            if not any(
                c.type is ControllerType.USB and c.index == controller.index and c.model == "ich9-ehci1"
                for c in domain.devices.controllers
            ):
                raise XmlError("no master USB controller specified")
    elif controller.type is ControllerType.PCI and controller.model_name == "spapr-pci-host-bridge":
        if "spapr-pci-host-bridge" not in capabilities:
            raise _unsupported("the 'spapr-pci-host-bridge' device is not supported by this QEMU binary")


def _panic(panic: Panic, domain: Domain, capabilities: Capabilities) -> None:
    if panic.model in (PanicModel.PSERIES, PanicModel.HYPERV, PanicModel.S390) and panic.address is not None:
        raise _unsupported(f"setting the panic device address is not supported for model '{panic.model}'")


def _iommu(device: Iommu, domain: Domain, capabilities: Capabilities) -> None:
    if device.model is not IommuModel.VIRTIO:
        return
    # Without the second one nothing but the IOMMU would be found at boot.
    if "virtio-iommu-pci" not in capabilities or "virtio-iommu.boot-bypass" not in capabilities:
        raise _unsupported("IOMMU device: 'virtio' is not supported with this QEMU binary")
    if not isinstance(device.address, PciAddress):
        raise _unsupported("IOMMU device: 'virtio' needs a PCI address")
    if device.address.bus:
        raise XmlError(f"the device at PCI address {device.address} needs to be an integrated device (bus=0)")


def _shmem(device: Shmem, domain: Domain, capabilities: Capabilities) -> None:
    flags = {ShmemModel.IVSHMEM: "ivshmem", ShmemModel.IVSHMEM_PLAIN: "ivshmem-plain"}
    flag = flags.get(device.model, "ivshmem-doorbell")
    if flag not in capabilities:
        raise _unsupported(f"{flag} device is not supported with this QEMU binary")
    size = device.memory
    if size:
        if size < 1 << 20:
            raise XmlError("shmem size must be at least 1 MiB (1024 KiB)")
        if size & (size - 1):
            raise XmlError("shmem size must be a power of two")
    if device.msi is not None and device.server is None:
        raise XmlError("msi option is only supported with a server")


def _filesystem(device: Filesystem, domain: Domain, capabilities: Capabilities) -> None:
    if device.driver is FilesystemDriver.VIRTIOFS and device.readonly:
        raise _unsupported("virtiofs does not yet support read-only mode")


def _input(device: Input, domain: Domain, capabilities: Capabilities) -> None:
    model = str(device.model) if device.model is not None else ""
    if model in ("virtio-transitional", "virtio-non-transitional") and device.type is not InputType.PASSTHROUGH:
        raise _unsupported(f"virtio (non-)transitional models are not supported for input type={device.type}")


def _hostdev(device: Any, domain: Domain, capabilities: Capabilities) -> None:
    if device.boot is None:
        return
    if isinstance(device, ScsiHostHostdev):
        raise _unsupported("booting from assigned devices is not supported by vhost SCSI devices")
    if isinstance(device, MdevHostdev) and device.model is MdevModel.VFIO_AP:
        raise _unsupported("booting from assigned devices is not supported by mediated devices of model vfio-ap")


def _zpci(address: object, capabilities: Capabilities) -> None:
    if isinstance(address, PciAddress) and address.zpci is not None and "zpci" not in capabilities:
        raise _unsupported("this QEMU binary doesn't support zPCI")


#: By class; what all devices may have is checked for all.
_DEVICE_CHECKS: dict[type, Callable[[Any, Domain, Capabilities], None]] = {
    Disk: _disk,
    Interface: _interface,
    Serial: _serial,
    Controller: _controller,
    Panic: _panic,
    Iommu: _iommu,
    Shmem: _shmem,
    Filesystem: _filesystem,
    Input: _input,
    MdevHostdev: _hostdev,
    ScsiHostHostdev: _hostdev,
}
