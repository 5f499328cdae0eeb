"""The defaults of single devices (libvirt's qemuDomainDeviceDefPostParse)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.chardev import Channel, Serial, SerialModel, SerialTarget, SpiceVmcChar, VirtioTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.graphics import Listen, ListenType, SpiceGraphics, VncGraphics
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.interface import Interface, NetType
from pyvirt_conf.domain.misc import Panic, PanicModel, Shmem, ShmemModel, Vsock, VsockModel
from pyvirt_conf.domain.storage import (
    Encryption,
    EncryptionEngine,
    ImageFormat,
    StorageSource,
    VhostUserSource,
    VolumeSource,
)
from pyvirt_conf.domain.tpm import EmulatorTpm, Tpm, TpmModel, TpmVersion
from pyvirt_conf.domain.video import Video, VideoModel, VideoType
from pyvirt_driver_qemu.command.machines import (
    ARM,
    PPC64,
    S390,
    X86,
    is_arm_virt,
    is_pseries,
    is_riscv_virt,
    is_s390_ccw,
)

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

#: KiB of video memory.
_VGA_MEMORY = 16 * 1024
_QXL_MEMORY = 64 * 1024
#: Bytes of memory shared between guests.
_SHMEM_SIZE = 4 << 20

_SERIAL_MODELS = {
    SerialTarget.ISA: SerialModel.ISA_SERIAL,
    SerialTarget.USB: SerialModel.USB_SERIAL,
    SerialTarget.PCI: SerialModel.PCI_SERIAL,
    SerialTarget.SPAPR_VIO: SerialModel.SPAPR_VTY,
    SerialTarget.SCLP: SerialModel.SCLPCONSOLE,
    SerialTarget.ISA_DEBUG: SerialModel.ISA_DEBUGCON,
}


def complete(device: Any, domain: Domain, capabilities: Capabilities) -> None:
    """Fill in what a device leaves to QEMU."""
    rule = RULES.get(type(device))
    if rule is not None:
        rule(device, domain, capabilities)


def _disk(disk: Disk, domain: Domain, capabilities: Capabilities) -> None:
    source = disk.source
    if isinstance(source, VhostUserSource):
        return
    if disk.driver_name is None:
        disk.driver_name = "qemu"
    if disk.driver_type is None and not isinstance(source, VolumeSource):
        # The volume will tell its format.
        disk.driver_type = ImageFormat.RAW
    if disk.mirror is not None and disk.mirror.format is None:
        disk.mirror.format = ImageFormat.RAW
    if disk.encryption is not None:
        _encryption(disk.encryption)
    image: StorageSource | None = source
    below = disk.backing
    while image is not None:
        if image.encryption is not None:
            _encryption(image.encryption)
        image = below.source if below is not None else None
        below = below.backing if below is not None else None


def _encryption(encryption: Encryption) -> None:
    if encryption.engine is None:
        encryption.engine = EncryptionEngine.QEMU


def _interface(interface: Interface, domain: Domain, capabilities: Capabilities) -> None:
    if interface.model is None and interface.type is not NetType.HOSTDEV:
        vdpa = interface.type is NetType.VDPA
        interface.model = "virtio" if vdpa else default_net_model(domain, capabilities)


def default_net_model(domain: Domain, capabilities: Capabilities) -> str:
    """The card of a guest that names none."""
    arch = domain.os.arch
    if arch in S390 or is_arm_virt(domain) or is_riscv_virt(domain):
        return "virtio"
    if arch in ARM:
        return "smc91c111" if domain.os.machine == "versatilepb" else "lan9118"
    for flag, model in (("rtl8139", "rtl8139"), ("e1000", "e1000"), ("virtio-net", "virtio")):
        if flag in capabilities:
            return model
    return "rtl8139"


def _controller(controller: Controller, domain: Domain, capabilities: Capabilities) -> None:
    if controller.type is ControllerType.SCSI and controller.model in (None, "auto"):
        controller.model = default_scsi_model(domain, capabilities)
    elif controller.type is ControllerType.USB and controller.model is None:
        controller.model = default_usb_model(domain, capabilities, controller)


def default_scsi_model(domain: Domain, capabilities: Capabilities) -> str | None:
    """The SCSI controller of a guest that names none."""
    if is_pseries(domain):
        return "ibmvscsi"
    if domain.os.arch in S390 or is_arm_virt(domain) or is_riscv_virt(domain):
        return "virtio-scsi"
    if "lsi" in capabilities:
        return "lsilogic"
    if "virtio-scsi-pci" in capabilities:
        return "virtio-scsi"
    return "ncr53c90" if domain.os.arch == "sparc" else "lsilogic"


def default_usb_model(domain: Domain, capabilities: Capabilities, controller: Controller) -> str | None:
    """The USB controller of a guest that names none; ``None`` is QEMU's own choice (``-usb``)."""
    arch = domain.os.arch
    if arch in S390:
        return "none" if controller.address is None else None
    if arch in PPC64:
        if "qemu-xhci" in capabilities and "pci-ohci" not in capabilities:
            return "qemu-xhci"
        return "pci-ohci" if "pci-ohci" in capabilities else None
    if arch == "aarch64":
        for flag, model in (("qemu-xhci", "qemu-xhci"), ("nec-usb-xhci", "nec-xhci")):
            if flag in capabilities:
                return model
        return None
    for flag, model in (("piix3-usb-uhci", "piix3-uhci"), ("pci-ohci", "pci-ohci")):
        if flag in capabilities:
            return model
    return None


def default_video_type(domain: Domain, capabilities: Capabilities) -> VideoType:
    """The card of a guest that names none."""
    if domain.os.arch in PPC64:
        return VideoType.VGA
    if is_arm_virt(domain) or is_riscv_virt(domain) or is_s390_ccw(domain):
        return VideoType.VIRTIO
    if "cirrus-vga" in capabilities:
        return VideoType.CIRRUS
    if "VGA" in capabilities:
        return VideoType.VGA
    return VideoType.DEFAULT


def _video(video: Video, domain: Domain, capabilities: Capabilities) -> None:
    model = video.model
    if model is None:
        model = video.model = VideoModel()
    if model.type is VideoType.DEFAULT:
        model.type = default_video_type(domain, capabilities)
    if model.type in (VideoType.VGA, VideoType.CIRRUS, VideoType.VMVGA, VideoType.BOCHS) and not model.vram:
        model.vram = _VGA_MEMORY
    if model.type is VideoType.QXL:
        model.ram = model.ram or _QXL_MEMORY
        model.vram = model.vram or _QXL_MEMORY
        model.vgamem = _power_of_two(model.vgamem or _VGA_MEMORY)
        model.ram = _power_of_two(max(model.ram, 0))
        model.vram = _power_of_two(max(model.vram, 0))


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length() if value > 1 else value


def _serial(serial: Serial, domain: Domain, capabilities: Capabilities) -> None:
    if serial.target_type is SerialTarget.ISA and is_arm_virt(domain):
        # Old documents say so; the board has a PL011.
        serial.target_type, serial.target_model = SerialTarget.SYSTEM, None
    if serial.target_type is None:
        if domain.os.arch in X86:
            serial.target_type = SerialTarget.ISA
        elif is_pseries(domain):
            serial.target_type = SerialTarget.SPAPR_VIO
        elif is_arm_virt(domain) or is_riscv_virt(domain):
            serial.target_type = SerialTarget.SYSTEM
        elif domain.os.arch in S390:
            serial.target_type = SerialTarget.SCLP
    if serial.target_model is None:
        if serial.target_type is SerialTarget.SYSTEM:
            serial.target_model = SerialModel.PL011 if domain.os.arch in ARM else SerialModel.UART_16550A
        elif serial.target_type is not None:
            serial.target_model = _SERIAL_MODELS.get(serial.target_type)


def _input(device: Input, domain: Domain, capabilities: Capabilities) -> None:
    if device.bus is not None or device.type is InputType.EVDEV:
        return
    if device.type is InputType.PASSTHROUGH:
        device.bus = InputBus.VIRTIO
    elif device.type is InputType.TABLET or domain.os.arch not in X86:
        device.bus = InputBus.USB
    else:
        device.bus = InputBus.PS2


def _display(display: VncGraphics | SpiceGraphics, domain: Domain, capabilities: Capabilities) -> None:
    if display.listens:
        return
    socket = getattr(display, "socket", None)
    if socket is not None:
        display.listens.append(Listen(type=ListenType.SOCKET, socket=socket))
    else:
        display.listens.append(Listen(type=ListenType.ADDRESS, address=display.listen))


def _panic(panic: Panic, domain: Domain, capabilities: Capabilities) -> None:
    if panic.model is None:
        if is_pseries(domain):
            panic.model = PanicModel.PSERIES
        elif domain.os.arch in S390:
            panic.model = PanicModel.S390
        else:
            panic.model = PanicModel.ISA


def _tpm(tpm: Tpm, domain: Domain, capabilities: Capabilities) -> None:
    if tpm.model is None:
        tpm.model = TpmModel.SPAPR if is_pseries(domain) else TpmModel.TIS
    backend = tpm.backend
    if isinstance(backend, EmulatorTpm) and backend.version is None:
        modern = (
            tpm.model in (TpmModel.SPAPR, TpmModel.CRB) or domain.os.arch in ARM or tpm.model is TpmModel.SPAPR_PROXY
        )
        backend.version = TpmVersion.V2_0 if modern else TpmVersion.V1_2


def _channel(channel: Channel, domain: Domain, capabilities: Capabilities) -> None:
    target = channel.target
    if isinstance(channel.source, SpiceVmcChar) and isinstance(target, VirtioTarget) and target.name is None:
        target.name = "com.redhat.spice.0"


def _vsock(vsock: Vsock, domain: Domain, capabilities: Capabilities) -> None:
    if vsock.model is None:
        vsock.model = VsockModel.VIRTIO


def _shmem(shmem: Shmem, domain: Domain, capabilities: Capabilities) -> None:
    if not shmem.memory and shmem.model is not ShmemModel.IVSHMEM_DOORBELL:
        shmem.memory = _SHMEM_SIZE


#: By class; devices of others leave nothing to QEMU.
RULES: dict[type, Callable[[Any, Domain, Capabilities], None]] = {
    Disk: _disk,
    Interface: _interface,
    Controller: _controller,
    Video: _video,
    Serial: _serial,
    Input: _input,
    VncGraphics: _display,
    SpiceGraphics: _display,
    Panic: _panic,
    Tpm: _tpm,
    Vsock: _vsock,
    Channel: _channel,
    Shmem: _shmem,
}
