"""Defaults of single devices that depend on the machine and the emulator (qemuDomainDeviceDefPostParse)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.chardev import Serial, SerialModel, SerialTarget
from pyvirt_conf.domain.config import XmlFlags
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskDevice
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.interface import Interface
from pyvirt_conf.domain.storage import ImageFormat
from pyvirt_conf.domain.video import Video, VideoModel, VideoType
from pyvirt_driver_qemu.command import machines

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities


def complete_device(device: Any, domain: Domain, capabilities: Capabilities, flags: XmlFlags) -> None:
    """Fill in what QEMU's driver chooses for a device."""
    if isinstance(device, Interface):
        if device.model is None and device.type not in ("hostdev", "vdpa"):
            device.model = _default_nic(domain, capabilities)
    elif isinstance(device, Disk):
        _disk(device, domain)
    elif isinstance(device, Controller):
        _controller(device, domain, capabilities)
    elif isinstance(device, Video):
        _video(device, domain, capabilities)
    elif isinstance(device, Serial):
        _serial(device, domain)
    elif isinstance(device, Input):
        _input(device, domain)


def _default_nic(domain: Domain, capabilities: Capabilities) -> str:
    if domain.os.arch in machines.X86:
        for flag, model in (("rtl8139", "rtl8139"), ("e1000", "e1000"), ("virtio-net", "virtio")):
            if flag in capabilities.flags or flag in capabilities.types:
                return model
        return "rtl8139"
    return "virtio"


def _disk(disk: Disk, domain: Domain) -> None:
    if disk.driver_name is None and disk.source.type != "vhostuser":
        disk.driver_name = "qemu"
    if disk.driver_type is None and disk.source.type not in ("volume", "vhostuser"):
        # Never guessed from the image: a guest could write another format's header into a raw one.
        disk.driver_type = ImageFormat.RAW
    if (disk.bus is None or disk.bus is DiskBus.NONE) and disk.device is DiskDevice.CDROM and machines.is_q35(domain):
        disk.bus = DiskBus.SATA


def _controller(controller: Controller, domain: Domain, capabilities: Capabilities) -> None:
    if controller.model is not None:
        return
    if controller.type is ControllerType.SCSI:
        controller.model = "lsilogic" if "lsi" in capabilities and domain.os.arch in machines.X86 else "virtio-scsi"
    elif controller.type is ControllerType.USB and domain.os.arch in machines.X86:
        if machines.is_i440fx(domain):
            controller.model = "piix3-uhci"
        elif machines.is_q35(domain):
            controller.model = "qemu-xhci" if "qemu-xhci" in capabilities else "ich9-ehci1"
        else:
            controller.model = "piix3-uhci"


def _video(video: Video, domain: Domain, capabilities: Capabilities) -> None:
    if video.model is None:
        video.model = VideoModel()
    model = video.model
    if model.type is VideoType.DEFAULT:
        model.type = _default_video(domain, capabilities)
    if model.type is VideoType.QXL:
        model.ram = model.ram or 64 * 1024
        model.vram = model.vram or 64 * 1024
        model.vgamem = model.vgamem or 16 * 1024
    elif model.type in (VideoType.VGA, VideoType.BOCHS, VideoType.CIRRUS, VideoType.VMVGA):
        model.vram = model.vram or 16 * 1024
    if model.type is not VideoType.NONE:
        model.heads = model.heads or 1


def _default_video(domain: Domain, capabilities: Capabilities) -> VideoType:
    if domain.os.arch in machines.X86:
        for flag, kind in (("cirrus-vga", VideoType.CIRRUS), ("VGA", VideoType.VGA)):
            if flag in capabilities.flags:
                return kind
        return VideoType.VGA
    return VideoType.VIRTIO


def _serial(serial: Serial, domain: Domain) -> None:
    if serial.target_type in (None, SerialTarget.NONE):
        if domain.os.arch not in machines.X86:
            return
        serial.target_type = SerialTarget.ISA
    if serial.target_model in (None, SerialModel.NONE):
        default = {
            SerialTarget.ISA: SerialModel.ISA_SERIAL,
            SerialTarget.USB: SerialModel.USB_SERIAL,
            SerialTarget.PCI: SerialModel.PCI_SERIAL,
        }.get(serial.target_type)
        if default is not None:
            serial.target_model = default


def _input(device: Input, domain: Domain) -> None:
    if device.bus is None or device.bus is InputBus.NONE:
        ps2 = device.type in (InputType.MOUSE, InputType.KEYBOARD) and domain.os.arch in machines.X86
        device.bus = InputBus.PS2 if ps2 else InputBus.USB
