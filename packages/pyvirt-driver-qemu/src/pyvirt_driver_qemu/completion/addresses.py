"""Addresses that are not PCI's: USB ports, virtio-serial ports, memory slots, channel devices, sPAPR VIO registers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import (
    CcwAddress,
    DimmAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from pyvirt_conf.domain.chardev import ConsoleTarget, SerialTarget, VirtioTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.hostdev import MdevHostdev, MdevModel, ScsiHostHostdev, UsbHostdev
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_conf.domain.misc import BalloonModel, Hub
from pyvirt_conf.domain.sound import SoundModel
from pyvirt_conf.domain.tpm import TpmModel
from pyvirt_conf.domain.video import VideoType
from pyvirt_driver_qemu.command.machines import ARM, RISCV, S390, is_s390_ccw
from pyvirt_util.errors import InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: Ports of a virtio-serial controller that says nothing.
_SERIAL_PORTS = 31
#: Root ports of USB controllers.
_USB_PORTS = {
    "piix3-uhci": 2,
    "piix4-uhci": 2,
    "vt82c686b-uhci": 2,
    "ehci": 6,
    "ich9-ehci1": 6,
    "ich9-uhci1": 2,
    "ich9-uhci2": 2,
    "ich9-uhci3": 2,
    "pci-ohci": 3,
    "nec-xhci": 4,
    "qemu-xhci": 4,
    None: 2,
}
_HUB_PORTS = 8


# -- virtio-serial ---------------------------------------------------------------------------------------


def assign_serial_ports(domain: Domain) -> None:
    """Ports for channels and virtio consoles; controllers are added where the ports run out."""
    wanted = [c for c in domain.devices.consoles if c.target_type is ConsoleTarget.VIRTIO]
    channels = [c for c in domain.devices.channels if isinstance(c.target, VirtioTarget)]
    taken: dict[int, set[int]] = {}
    for controller in domain.devices.controllers:
        if controller.type is ControllerType.VIRTIO_SERIAL:
            taken[controller.index or 0] = set()
    for device in (*channels, *wanted):
        address = device.address
        if isinstance(address, VirtioSerialAddress) and address.port:
            ports = taken.setdefault(address.controller, set())
            if address.port in ports:
                raise XmlError(
                    f"virtio serial port {address.port} on controller {address.controller} is already occupied"
                )
            ports.add(address.port)
    # Port 0 is kept for consoles, for guests that look for one there.
    for device in wanted:
        _serial_port(domain, device, taken, allow_zero=True)
    for channel in channels:
        _serial_port(domain, channel, taken, allow_zero=False)


def _serial_port(domain: Domain, device: Any, taken: dict[int, set[int]], *, allow_zero: bool) -> None:
    address = device.address
    if isinstance(address, VirtioSerialAddress):
        if address.port:
            return
        controllers = [address.controller]
    else:
        controllers = sorted(taken)
    for number in controllers:
        ports = taken.setdefault(number, set())
        limit = _serial_limit(domain, number)
        for port in range(0 if allow_zero else 1, limit):
            if port not in ports:
                ports.add(port)
                device.address = VirtioSerialAddress(controller=number, bus=0, port=port)
                return
    number = max(taken, default=-1) + 1
    domain.devices.controllers.append(Controller(type=ControllerType.VIRTIO_SERIAL, index=number))
    port = 0 if allow_zero else 1
    taken[number] = {port}
    device.address = VirtioSerialAddress(controller=number, bus=0, port=port)


def _serial_limit(domain: Domain, number: int) -> int:
    for controller in domain.devices.controllers:
        if controller.type is ControllerType.VIRTIO_SERIAL and (controller.index or 0) == number:
            return controller.ports if controller.ports is not None else _SERIAL_PORTS
    return _SERIAL_PORTS


# -- USB -------------------------------------------------------------------------------------------------


def _usb_devices(domain: Domain) -> Iterator[Any]:
    devices = domain.devices
    yield from devices.hubs
    yield from (d for d in devices.hostdevs if isinstance(d, UsbHostdev))
    yield from (d for d in devices.disks if d.bus is DiskBus.USB)
    yield from (d for d in devices.controllers if d.type is ControllerType.CCID)
    yield from (d for d in devices.inputs if d.bus is InputBus.USB)
    yield from (d for d in devices.serials if d.target_type is SerialTarget.USB)
    yield from (d for d in devices.sounds if d.model is SoundModel.USB)
    yield from devices.redirdevs


class _UsbBus:
    """The ports of one controller and of the hubs below it."""

    def __init__(self, ports: int) -> None:
        self.hubs: dict[str, int] = {"": ports}
        self.taken: set[str] = set()

    def free(self) -> str | None:
        """The first free port, those of the controller before those of hubs."""
        for prefix, count in sorted(self.hubs.items(), key=lambda item: _path(item[0])):
            for number in range(1, count + 1):
                port = f"{prefix}.{number}" if prefix else str(number)
                if port not in self.taken:
                    return port
        return None


def _path(prefix: str) -> tuple[int, ...]:
    return tuple(int(part) for part in prefix.split(".")) if prefix else ()


def assign_usb_ports(domain: Domain) -> None:
    """Ports for USB devices; a hub is added when the controllers' own ports run out.

    :raises XmlError: there is no USB controller but there are devices.
    """
    buses = _usb_buses(domain)
    devices = list(_usb_devices(domain))
    for device in devices:
        address = device.address
        if isinstance(address, UsbAddress) and address.port:
            bus = buses.get(address.bus)
            if bus is None:
                raise XmlError(f"Missing USB bus {address.bus}")
            if address.port in bus.taken:
                raise XmlError(f"Duplicate USB address bus {address.bus} port {address.port}")
            bus.taken.add(address.port)
            if isinstance(device, Hub):
                bus.hubs[address.port] = _HUB_PORTS
    open_devices = [d for d in devices if not (isinstance(d.address, UsbAddress) and d.address.port)]
    if not open_devices or not buses:
        return
    _add_hubs(domain, buses, open_devices)
    for device in [d for d in _usb_devices(domain) if not (isinstance(d.address, UsbAddress) and d.address.port)]:
        wanted = device.address.bus if isinstance(device.address, UsbAddress) else None
        for number in [wanted] if wanted is not None else sorted(buses):
            port = buses[number].free() if number in buses else None
            if port is not None:
                break
        else:
            port = None
        if port is None or number is None:
            raise InternalError("No free USB ports")
        buses[number].taken.add(port)
        if isinstance(device, Hub):
            buses[number].hubs[port] = _HUB_PORTS
        device.address = UsbAddress(bus=number, port=port)


def _usb_buses(domain: Domain) -> dict[int, _UsbBus]:
    buses: dict[int, _UsbBus] = {}
    for controller in domain.devices.controllers:
        if controller.type is not ControllerType.USB or controller.model == "none":
            continue
        if controller.master is not None:
            continue
        ports = controller.ports if controller.ports is not None else _USB_PORTS.get(controller.model, 2)
        buses[controller.index or 0] = _UsbBus(ports)
    return buses


def _add_hubs(domain: Domain, buses: dict[int, _UsbBus], devices: list[Any]) -> None:
    """A hub takes a port and gives eight."""
    free = sum(sum(hub_ports for hub_ports in bus.hubs.values()) - len(bus.taken) for bus in buses.values())
    needed = len([d for d in devices])
    while needed > free:
        domain.devices.hubs.append(_new_hub())
        needed += 1
        free += _HUB_PORTS


def _new_hub() -> Hub:
    from pyvirt_conf.domain.misc import HubType

    return Hub(type=HubType.USB)


# -- memory ----------------------------------------------------------------------------------------------


def assign_memory_slots(domain: Domain) -> None:
    """Slots for DIMMs and NVDIMMs."""
    slotted = [d for d in domain.devices.memories if d.model in (MemoryModel.DIMM, MemoryModel.NVDIMM)]
    taken = {d.address.slot for d in slotted if isinstance(d.address, DimmAddress)}
    for device in slotted:
        if isinstance(device.address, DimmAddress):
            continue
        slot = next(number for number in range(len(taken) + 1) if number not in taken)
        taken.add(slot)
        device.address = DimmAddress(slot=slot)


# -- other buses -----------------------------------------------------------------------------------------


def virtio_devices(domain: Domain) -> Iterator[Any]:
    """The devices that are virtio where there is no PCI, in the order of libvirt's walk over all devices."""
    devices = domain.devices
    yield from (d for d in devices.disks if d.bus is DiskBus.VIRTIO)
    yield from (d for d in devices.interfaces if d.model == "virtio")
    for device in devices.hostdevs:
        ccw = isinstance(device, MdevHostdev) and device.model is MdevModel.VFIO_CCW
        if ccw or isinstance(device, ScsiHostHostdev):
            yield device
    yield from (d for d in devices.videos if d.model is not None and d.model.type is VideoType.VIRTIO)
    for controller in devices.controllers:
        if controller.type is ControllerType.VIRTIO_SERIAL or (
            controller.type is ControllerType.SCSI and controller.model == "virtio-scsi"
        ):
            yield controller
    yield from (d for d in devices.inputs if d.bus is InputBus.VIRTIO)
    yield from devices.filesystems
    if devices.memballoon is not None and devices.memballoon.model is BalloonModel.VIRTIO:
        yield devices.memballoon
    yield from devices.rngs
    if devices.vsock is not None:
        yield devices.vsock


def assign_virtio_mmio(domain: Domain) -> None:
    """Boards without PCI take virtio devices at fixed addresses."""
    if domain.os.arch not in ARM and domain.os.arch not in RISCV:
        return
    if any(controller.type is ControllerType.PCI for controller in domain.devices.controllers):
        return
    for device in virtio_devices(domain):
        if device.address is None:
            device.address = VirtioMmioAddress()


def assign_channel_devices(domain: Domain) -> None:
    """Device numbers on IBM Z; all virtual devices share the subsystem 0xfe."""
    if domain.os.arch not in S390 or not is_s390_ccw(domain):
        return
    taken: set[tuple[int, int, int]] = set()
    everything = [d for d in domain.devices.all() if getattr(d, "address", None) is not None]
    for device in everything:
        address = device.address  # type: ignore[attr-defined]
        if isinstance(address, CcwAddress) and address.devno is not None:
            place = (address.cssid or 0, address.ssid or 0, address.devno)
            if place in taken:
                raise XmlError(f"The CCW devno '{place[0]:x}.{place[1]:x}.{place[2]:04x}' is in use already")
            taken.add(place)
    for device in virtio_devices(domain):
        address = device.address
        if address is not None and not (isinstance(address, CcwAddress) and address.devno is None):
            continue
        number = next(n for n in range(0x10000) if (0xFE, 0, n) not in taken)
        taken.add((0xFE, 0, number))
        device.address = CcwAddress(cssid=0xFE, ssid=0, devno=number)


def assign_spapr_registers(domain: Domain) -> None:
    """Registers on POWER's virtual I/O bus: from a base by kind, in steps of 0x1000."""
    devices = domain.devices
    wanted: list[tuple[Any, int]] = [(d, 0x1000) for d in devices.interfaces if d.model == "spapr-vlan"]
    wanted += [(c, 0x2000) for c in devices.controllers if c.type is ControllerType.SCSI and c.model == "ibmvscsi"]
    wanted += [(s, 0x30000000) for s in devices.serials if s.target_type is SerialTarget.SPAPR_VIO]
    if devices.nvram is not None:
        wanted.append((devices.nvram, 0x3000))
    wanted += [(t, 0x5000) for t in devices.tpms if t.model is TpmModel.SPAPR]
    taken = {d.address.reg for d, _ in wanted if isinstance(d.address, SpaprVioAddress) and d.address.reg is not None}
    for device, base in wanted:
        address = device.address
        if isinstance(address, SpaprVioAddress) and address.reg is not None:
            continue
        if address is not None and not isinstance(address, SpaprVioAddress):
            continue
        while base in taken:
            base += 0x1000
        taken.add(base)
        device.address = SpaprVioAddress(reg=base)
