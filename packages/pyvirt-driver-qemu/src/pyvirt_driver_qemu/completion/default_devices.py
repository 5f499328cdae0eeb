"""Devices a machine has although the document does not name them (qemuDomainDefAddDefaultDevices)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.misc import BalloonModel, Memballoon
from pyvirt_conf.domain.sound import NoAudio, SdlAudio, SpiceAudio
from pyvirt_driver_qemu.command import machines

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

#: The version that has -audiodev and makes no sound without it.
_AUDIODEV = 4_002_000


def add_default_devices(domain: Domain, capabilities: Capabilities) -> None:
    """Add root buses, a USB controller, keyboard and mouse, and a memory balloon, as the machine has them."""
    devices = domain.devices
    x86 = domain.os.arch in machines.X86
    if x86 and not machines.is_isapc(domain) and not machines.is_microvm(domain):
        _add_usb(domain, capabilities)
    if machines.is_q35(domain) and not _has(domain, ControllerType.SATA):
        devices.controllers.append(Controller(type=ControllerType.SATA, index=0))
    root = "pcie-root" if machines.has_pcie_root(domain) else "pci-root" if machines.has_pci_root(domain) else None
    if root is not None and not _has(domain, ControllerType.PCI, 0):
        at = _insert_place(domain)
        devices.controllers.insert(at, Controller(type=ControllerType.PCI, index=0, model=root))
    if x86:
        _add_ps2(domain)
    if devices.memballoon is None and root is not None:
        devices.memballoon = Memballoon(model=BalloonModel.VIRTIO)
    if not devices.audios and capabilities.version >= _AUDIODEV:
        kinds = {graphics.type for graphics in devices.graphics}
        kind = SpiceAudio if "spice" in kinds else SdlAudio if "sdl" in kinds else NoAudio
        devices.audios.append(kind(id=1))


def _has(domain: Domain, kind: ControllerType, index: int | None = None) -> bool:
    return any(c.type is kind and (index is None or c.index == index) for c in domain.devices.controllers)


def _insert_place(domain: Domain) -> int:
    """Before the first PCI controller, else at the end."""
    for place, controller in enumerate(domain.devices.controllers):
        if controller.type is ControllerType.PCI:
            return place
    return len(domain.devices.controllers)


def _add_usb(domain: Domain, capabilities: Capabilities) -> None:
    if _has(domain, ControllerType.USB):
        return
    if machines.is_q35(domain):
        # USB 3 where there is one, else USB 2, else none.
        for flag, usb3 in (("qemu-xhci", "qemu-xhci"), ("nec-usb-xhci", "nec-xhci"), ("ich9-usb-ehci1", "ich9-ehci1")):
            if flag in capabilities:
                domain.devices.controllers.append(Controller(type=ControllerType.USB, index=0, model=usb3))
                return
        return
    model: str | None = "piix3-uhci" if "piix3-usb-uhci" in capabilities else None
    domain.devices.controllers.append(Controller(type=ControllerType.USB, index=0, model=model))


def _add_ps2(domain: Domain) -> None:
    """Keyboard and mouse that a PC's board has."""
    for kind in (InputType.MOUSE, InputType.KEYBOARD):
        if not any(i.type is kind and i.bus is InputBus.PS2 for i in domain.devices.inputs):
            domain.devices.inputs.append(Input(type=kind, bus=InputBus.PS2))
