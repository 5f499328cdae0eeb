"""Devices every guest of a machine type has, and features that are on (libvirt's qemuDomainDefPostParse)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import UsbMaster
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.cpu import Cpu, CpuCheck, CpuFallback, CpuMatch, CpuMode
from pyvirt_conf.domain.features import Gic, GicVersion
from pyvirt_conf.domain.graphics import SpiceGraphics, VncGraphics
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.misc import BalloonModel, Memballoon, Panic, PanicModel
from pyvirt_conf.domain.sound import NoAudio, SpiceAudio
from pyvirt_conf.domain.video import Video, VideoModel
from pyvirt_driver_qemu.command.machines import (
    ARM,
    PPC64,
    RISCV,
    S390,
    X86,
    is_arm_virt,
    is_i440fx,
    is_isapc,
    is_microvm,
    is_pseries,
    is_q35,
    is_riscv_virt,
    is_s390_ccw,
)

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities


def add_default_devices(domain: Domain, capabilities: Capabilities) -> None:
    """The root buses, USB, the balloon, and what the board has built in."""
    arch = domain.os.arch or ""
    usb: bool = True
    usb_model: str | None = None
    root: str | None = None
    sata = False
    balloon = True
    panic = False
    if arch in X86:
        if is_isapc(domain) or is_microvm(domain):
            usb = False
            balloon = False
        elif is_q35(domain):
            root, sata = "pcie-root", True
            usb_model = _q35_usb(capabilities)
            usb = usb_model is not None
        elif is_i440fx(domain):
            root = "pci-root"
    elif arch in ARM:
        usb = False
        balloon = False
        if domain.os.machine == "versatilepb":
            root = "pci-root"
        elif is_arm_virt(domain) and "gpex-pcihost" in capabilities:
            root = "pcie-root"
    elif arch in PPC64:
        if is_pseries(domain):
            root, panic = "pci-root", True
    elif arch in RISCV:
        usb = False
        if is_riscv_virt(domain) and "gpex-pcihost" in capabilities:
            root = "pcie-root"
        balloon = is_riscv_virt(domain)
    elif arch in S390:
        usb = False
        panic = is_s390_ccw(domain)
        if "zpci" in capabilities:
            root = "pci-root"
    elif arch == "sparc":
        usb = balloon = False
    else:
        usb = arch not in ("",)
        root = "pci-root" if arch in ("alpha", "ppc", "mips", "mipsel", "mips64", "mips64el", "sparc64") else None
        usb = root is not None
    if usb and not _has(domain, ControllerType.USB):
        _add_usb(domain, usb_model)
    if sata:
        _add(domain, ControllerType.SATA)
    if root is not None:
        _add_root(domain, root)
    devices = domain.devices
    if balloon and devices.memballoon is None:
        devices.memballoon = Memballoon(model=BalloonModel.VIRTIO)
    if panic and not devices.panics:
        devices.panics.append(Panic(model=PanicModel.PSERIES if arch in PPC64 else PanicModel.S390))
    if arch in X86:
        _add_ps2(domain)
    elif is_pseries(domain) and devices.graphics:
        present = {i.type for i in devices.inputs if i.bus is InputBus.USB}
        if InputType.KEYBOARD not in present:
            devices.inputs.append(Input(type=InputType.KEYBOARD, bus=InputBus.USB))
        if not present & {InputType.MOUSE, InputType.TABLET}:
            devices.inputs.append(Input(type=InputType.MOUSE, bus=InputBus.USB))


def _has(domain: Domain, kind: ControllerType) -> bool:
    return any(controller.type is kind for controller in domain.devices.controllers)


def _add(domain: Domain, kind: ControllerType, model: str | None = None) -> None:
    if not any(c.type is kind and not c.index for c in domain.devices.controllers):
        domain.devices.controllers.append(Controller(type=kind, index=0, model=model))


def _add_root(domain: Domain, model: str) -> None:
    if not any(c.type is ControllerType.PCI and not c.index for c in domain.devices.controllers):
        domain.devices.controllers.append(Controller(type=ControllerType.PCI, index=0, model=model))


def _q35_usb(capabilities: Capabilities) -> str | None:
    for flag, model in (("qemu-xhci", "qemu-xhci"), ("nec-usb-xhci", "nec-xhci"), ("ich9-usb-ehci1", "ich9-ehci1")):
        if flag in capabilities:
            return model
    return None


def _add_usb(domain: Domain, model: str | None) -> None:
    controllers = domain.devices.controllers
    controllers.append(Controller(type=ControllerType.USB, index=0, model=model))
    if model == "ich9-ehci1":
        for number in (1, 2, 3):
            companion = Controller(type=ControllerType.USB, index=0, model=f"ich9-uhci{number}")
            companion.master = UsbMaster(startport=2 * (number - 1))
            controllers.append(companion)


def _add_ps2(domain: Domain) -> None:
    """A PC has a mouse and a keyboard."""
    for kind in (InputType.MOUSE, InputType.KEYBOARD):
        if not any(i.type is kind and i.bus is InputBus.PS2 for i in domain.devices.inputs):
            domain.devices.inputs.append(Input(type=kind, bus=InputBus.PS2))


#: USB 1 companions of ICH9's USB 2 controller, and the first port each serves.
_COMPANIONS: dict[str | None, int] = {"ich9-uhci1": 0, "ich9-uhci2": 2, "ich9-uhci3": 4}


def order_controllers(domain: Domain) -> None:
    """Controllers of a type in the order of their indexes, USB companions behind their master.

    Types keep the places they have in the document (virDomainControllerInsert).
    """
    controllers = domain.devices.controllers
    for controller in controllers:
        if controller.model in _COMPANIONS and controller.master is None:
            controller.master = UsbMaster(startport=_COMPANIONS[controller.model])
    for kind in {controller.type for controller in controllers}:
        places = [place for place, controller in enumerate(controllers) if controller.type is kind]
        ordered = sorted(
            (controllers[place] for place in places),
            key=lambda item: (item.index is None, item.index or 0, item.master is not None),
        )
        for place, controller in zip(places, ordered, strict=True):
            controllers[place] = controller


def add_audio(domain: Domain) -> None:
    """A backend for sound, that plays nothing unless a SPICE client listens."""
    devices = domain.devices
    if devices.audios:
        return
    if any(isinstance(display, SpiceGraphics) for display in devices.graphics):
        devices.audios.append(SpiceAudio(id=1))
    elif not devices.graphics or any(isinstance(display, VncGraphics) for display in devices.graphics):
        devices.audios.append(NoAudio(id=1))


def add_video(domain: Domain) -> None:
    """A display shows a card."""
    if domain.devices.graphics and not domain.devices.videos:
        domain.devices.videos.append(Video(model=VideoModel(primary=True)))


def enable_features(domain: Domain, capabilities: Capabilities) -> None:
    """What a board has on unless told otherwise: the interrupt controller of Arm's ``virt``."""
    features = domain.features
    if domain.os.arch in ARM and is_arm_virt(domain):
        if features.gic is None or features.gic.version is None:
            version = default_gic(domain, capabilities)
            if version is not None:
                features.gic = Gic(version=version)


def default_gic(domain: Domain, capabilities: Capabilities) -> GicVersion | None:
    """The newest version QEMU emulates or the host has; 2 where nothing is known."""
    if domain.type == "kvm":
        versions = [gic.version for gic in capabilities.gic if gic.kernel]
        if 3 in versions:
            return GicVersion.V3
    else:
        # Emulation of version 3 came late and was slow to work.
        versions = [gic.version for gic in capabilities.gic if gic.emulated]
        if 3 in versions and 2 not in versions:
            return GicVersion.V3
    if 2 in versions or "gic-version" in capabilities:
        return GicVersion.V2
    return None


def complete_cpu(domain: Domain, capabilities: Capabilities) -> None:
    """The CPU model: the machine type's default where the domain names none, and how it is checked."""
    cpu = domain.cpu
    if cpu is None or (cpu.mode in (None, CpuMode.CUSTOM) and cpu.model is None):
        model = default_cpu_model(domain, capabilities)
        if model is not None:
            fresh = cpu or Cpu()
            fresh.mode, fresh.match, fresh.check = CpuMode.CUSTOM, CpuMatch.EXACT, CpuCheck.NONE
            fresh.model, fresh.fallback = model, CpuFallback.FORBID
            if domain.os.arch in X86 or domain.os.arch in S390 or domain.os.arch in PPC64 or domain.os.arch in ARM:
                domain.cpu = fresh
        return
    if cpu.check is None:
        if cpu.mode in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM):
            cpu.check = CpuCheck.NONE
            if cpu.migratable is None and "cpu.migratable" in capabilities and domain.os.arch in X86:
                cpu.migratable = True
        elif cpu.mode is CpuMode.HOST_MODEL:
            cpu.check = CpuCheck.PARTIAL
        elif domain.os.arch in ARM or domain.os.arch in PPC64:
            cpu.check = CpuCheck.NONE
        else:
            cpu.check = CpuCheck.PARTIAL
    elif cpu.mode in (CpuMode.HOST_PASSTHROUGH, CpuMode.MAXIMUM) and cpu.migratable is None:
        if "cpu.migratable" in capabilities and domain.os.arch in X86:
            cpu.migratable = True


def default_cpu_model(domain: Domain, capabilities: Capabilities) -> str | None:
    """The model of the machine type (``qemu64``); ``None`` where QEMU does not tell."""
    accel = "kvm" if domain.type == "kvm" else "tcg"
    machine = capabilities.machine(domain.os.machine or "", accel)
    if machine is None or machine.default_cpu is None:
        return None
    if domain.os.arch in ARM and domain.type == "kvm":
        return None  # the default is a model KVM can't run
    for cpu in capabilities.cpus(accel):
        if cpu.typename == machine.default_cpu:
            name = cpu.name
            break
    else:
        name = (
            machine.default_cpu.removesuffix(f"-{capabilities.arch}-cpu").removesuffix("-arm-cpu").removesuffix("-cpu")
        )
    if domain.os.arch in S390 and name == "qemu" and domain.type == "kvm":
        return "host"
    return name


def complete_tseg(domain: Domain) -> None:
    """The system management mode: firmware that guards its flash needs it."""
    loader = domain.os.loader
    if loader is not None and loader.secure and domain.features.smm is None:
        domain.features.smm = True
