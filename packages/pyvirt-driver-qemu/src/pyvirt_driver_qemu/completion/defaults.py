"""Devices every guest of a machine type has, and features that are on (libvirt's qemuDomainDefPostParse)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import UsbMaster
from pyvirt_conf.domain.config import XmlFlags
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.features import Gic, GicVersion
from pyvirt_conf.domain.graphics import ListenType, VncGraphics
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.misc import BalloonModel, Memballoon, Panic, PanicModel
from pyvirt_conf.domain.seclabel import SeclabelType
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
    from pyvirt_driver_qemu.completion.host import Host


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


def enable_features(domain: Domain, capabilities: Capabilities) -> None:
    """What a board has on unless told otherwise: the interrupt controller of Arm's ``virt``."""
    features = domain.features
    if domain.os.arch in ARM and is_arm_virt(domain):
        if features.gic is None or features.gic.version is None:
            features.gic = Gic(version=default_gic(domain, capabilities))


def default_gic(domain: Domain, capabilities: Capabilities) -> GicVersion:
    """The newest version QEMU emulates or the host has; 2 where nothing is known."""
    if domain.type == "kvm":
        if any(gic.kernel and gic.version == 3 for gic in capabilities.gic):
            return GicVersion.V3
    else:
        # Emulation of version 3 came late and was slow to work.
        versions = [gic.version for gic in capabilities.gic if gic.emulated]
        if 3 in versions and 2 not in versions:
            return GicVersion.V3
    return GicVersion.V2


def default_security_model(domain: Domain, host: Host, flags: XmlFlags) -> None:
    """A label that names no model is for the host's; nothing can be labelled where that is ``none``."""
    if host.security_model is None or len(domain.seclabels) != 1 or domain.seclabels[0].model is not None:
        return
    label = domain.seclabels[0]
    label.model = host.security_model
    if label.model == "none" and XmlFlags.INACTIVE in flags:
        label.type, label.relabel = SeclabelType.NONE, False


def forget_sockets(domain: Domain, host: Host, flags: XmlFlags) -> None:
    """A VNC socket the driver made for a guest that ran is not for the next."""
    if host.socket_folder is None or XmlFlags.INACTIVE not in flags:
        return
    for display in domain.devices.graphics:
        if isinstance(display, VncGraphics):
            for listen in display.listens:
                if listen.type is ListenType.SOCKET and (listen.socket or "").startswith(host.socket_folder):
                    listen.type, listen.socket, display.socket = ListenType.ADDRESS, None, None
