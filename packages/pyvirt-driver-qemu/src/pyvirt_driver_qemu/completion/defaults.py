"""Devices every guest of a machine type has, and features that are on (libvirt's qemuDomainDefPostParse)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvirt_conf.domain.address import UsbMaster
from pyvirt_conf.domain.complete_devices import add_controller
from pyvirt_conf.domain.config import XmlFlags
from pyvirt_conf.domain.controller import USB_COMPANIONS, Controller, ControllerType
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


class _Board(NamedTuple):
    """What guests of a machine type have unless they say otherwise."""

    root: str | None = None
    """The model of PCI bus 0, which cannot be left out."""
    usb: bool = False
    usb_model: str | None = None
    sata: bool = False
    balloon: bool = False
    panic: PanicModel | None = None


def add_default_devices(domain: Domain, capabilities: Capabilities) -> None:
    """The root buses, USB, the balloon, and what the board has built in."""
    board = _board(domain, capabilities)
    devices = domain.devices
    if board.usb and not any(controller.type is ControllerType.USB for controller in devices.controllers):
        _add_usb(domain, board.usb_model)
    if board.sata:
        add_controller(domain, ControllerType.SATA, 0)
    if board.root is not None:
        add_controller(domain, ControllerType.PCI, 0, board.root)
    if board.balloon and devices.memballoon is None:
        devices.memballoon = Memballoon(model=BalloonModel.VIRTIO)
    if board.panic is not None and not devices.panics:
        devices.panics.append(Panic(model=board.panic))
    if domain.os.arch in X86:
        # A PC has a mouse and a keyboard.
        present = {item.type for item in devices.inputs if item.bus is InputBus.PS2}
        for kind in (InputType.MOUSE, InputType.KEYBOARD):
            if kind not in present:
                devices.inputs.append(Input(type=kind, bus=InputBus.PS2))
    elif devices.graphics and is_pseries(domain):
        present = {item.type for item in devices.inputs if item.bus is InputBus.USB}
        if InputType.KEYBOARD not in present:
            devices.inputs.append(Input(type=InputType.KEYBOARD, bus=InputBus.USB))
        if not present & {InputType.MOUSE, InputType.TABLET}:
            devices.inputs.append(Input(type=InputType.MOUSE, bus=InputBus.USB))


def _board(domain: Domain, capabilities: Capabilities) -> _Board:
    arch = domain.os.arch
    if arch in X86:
        return _pc(domain, capabilities)
    if arch in ARM:
        if domain.os.machine == "versatilepb":
            return _Board("pci-root")
        return _Board("pcie-root" if is_arm_virt(domain) and "gpex-pcihost" in capabilities else None)
    if arch in PPC64:
        if is_pseries(domain):
            return _Board("pci-root", usb=True, balloon=True, panic=PanicModel.PSERIES)
        return _Board(usb=True, balloon=True)
    if arch in RISCV:
        if is_riscv_virt(domain):
            return _Board("pcie-root" if "gpex-pcihost" in capabilities else None, balloon=True)
        return _Board()
    if arch in S390:
        panic = PanicModel.S390 if is_s390_ccw(domain) else None
        return _Board("pci-root" if "zpci" in capabilities else None, balloon=True, panic=panic)
    if arch == "sparc":
        return _Board()
    if arch in _OTHERS_WITH_PCI:
        return _Board("pci-root", usb=True, balloon=True)
    return _Board(balloon=True)


def _pc(domain: Domain, capabilities: Capabilities) -> _Board:
    if is_q35(domain):
        usb_model = _q35_usb(capabilities)
        return _Board("pcie-root", usb_model is not None, usb_model, sata=True, balloon=True)
    if is_i440fx(domain):
        return _Board("pci-root", usb=True, balloon=True)
    if is_isapc(domain) or is_microvm(domain):
        return _Board()
    return _Board(usb=True, balloon=True)


#: Architectures whose boards have a conventional PCI bus.
_OTHERS_WITH_PCI = ("alpha", "ppc", "mips", "mipsel", "mips64", "mips64el", "sparc64")


def _q35_usb(capabilities: Capabilities) -> str | None:
    for flag, model in (("qemu-xhci", "qemu-xhci"), ("nec-usb-xhci", "nec-xhci"), ("ich9-usb-ehci1", "ich9-ehci1")):
        if flag in capabilities:
            return model
    return None


def _add_usb(domain: Domain, model: str | None) -> None:
    controllers = domain.devices.controllers
    controllers.append(Controller(type=ControllerType.USB, index=0, model=model))
    if model == "ich9-ehci1":
        for companion, first_port in USB_COMPANIONS.items():
            master = UsbMaster(startport=first_port)
            controllers.append(Controller(type=ControllerType.USB, index=0, model=companion, master=master))


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
