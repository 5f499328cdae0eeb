"""Ports of virtio-serial and USB buses for devices that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import UsbAddress, VirtioSerialAddress
from pyvirt_conf.domain.chardev import ConsoleTarget, VirtioTarget
from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.input import InputBus
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.address import Device
    from pyvirt_conf.domain.domain import Domain

#: Ports of a virtio-serial controller that says no number; port 0 of bus 0 is for consoles alone.
_SERIAL_PORTS = 31
_USB_PORTS = {"piix3-uhci": 2, "piix4-uhci": 2, "ich9-ehci1": 6, "ehci": 6, "nec-xhci": 4, "qemu-xhci": 4}


def assign_virtio_serial_ports(domain: Domain) -> None:
    """Give channels and virtio consoles a port each."""
    devices: list[Device] = [c for c in domain.devices.channels if isinstance(c.target, VirtioTarget)]
    devices += [c for c in domain.devices.consoles if c.target_type is ConsoleTarget.VIRTIO]
    taken = {
        (d.address.controller, d.address.port)
        for d in devices
        if isinstance(d.address, VirtioSerialAddress) and d.address.port
    }
    controllers = sorted(
        (c for c in domain.devices.controllers if c.type is ControllerType.VIRTIO_SERIAL), key=lambda c: c.index or 0
    )
    for device in devices:
        address = device.address
        if isinstance(address, VirtioSerialAddress) and address.port:
            continue
        wanted = address.controller if isinstance(address, VirtioSerialAddress) else None
        for controller in controllers:
            index = controller.index or 0
            if wanted is not None and index != wanted:
                continue
            port = next((p for p in range(1, controller.ports or _SERIAL_PORTS) if (index, p) not in taken), None)
            if port is not None:
                device.address = VirtioSerialAddress(controller=index, bus=0, port=port)
                taken.add((index, port))
                break
        else:
            raise ConfigUnsupportedError("no virtio-serial controller has a port left")


def assign_usb_ports(domain: Domain) -> None:
    """Give USB devices a port each."""
    devices: list[Device] = [i for i in domain.devices.inputs if i.bus is InputBus.USB]
    devices += [d for d in domain.devices.disks if d.bus == "usb"]
    taken = {(d.address.bus, d.address.port) for d in devices if isinstance(d.address, UsbAddress) and d.address.port}
    controllers = sorted(
        (c for c in domain.devices.controllers if c.type is ControllerType.USB and c.model != "none" and not c.master),
        key=lambda c: c.index or 0,
    )
    for device in devices:
        if isinstance(device.address, UsbAddress) and device.address.port:
            continue
        wanted = device.address.bus if isinstance(device.address, UsbAddress) else None
        for controller in controllers:
            bus = controller.index or 0
            if wanted is not None and bus != wanted:
                continue
            ports = controller.ports or _USB_PORTS.get(controller.model or "", 2)
            port = next((str(p) for p in range(1, ports + 1) if (bus, str(p)) not in taken), None)
            if port is not None:
                device.address = UsbAddress(bus=bus, port=port)
                taken.add((bus, port))
                break
        else:
            raise ConfigUnsupportedError("no USB controller has a port left", hint="add a <hub> or another controller")
