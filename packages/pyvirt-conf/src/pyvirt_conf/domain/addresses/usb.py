"""Ports of USB controllers and of the hubs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pyvirt_conf.domain.address import UsbAddress
from pyvirt_conf.domain.addresses.walk import named
from pyvirt_conf.domain.chardev import SerialTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.hostdev import UsbHostdev
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.misc import Hub, HubType
from pyvirt_conf.domain.sound import SoundModel
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: A hub on a hub on a hub is as deep as it gets.
_DEPTH = 4

#: Ports of controllers by model; those with 0 are companions, whose ports are their master's.
ROOT_PORTS: Mapping[str | None, int] = {
    None: 2,
    "piix3-uhci": 2,
    "piix4-uhci": 2,
    "vt82c686b-uhci": 2,
    "ehci": 6,
    "ich9-ehci1": 6,
    "ich9-uhci1": 0,
    "ich9-uhci2": 0,
    "ich9-uhci3": 0,
    "pci-ohci": 3,
    "nec-xhci": 4,
    "qemu-xhci": 4,
    "qusb1": 8,
    "qusb2": 8,
    "none": 0,
}
#: Models that have as many ports as the definition says.
VARIABLE_PORTS = frozenset(("nec-xhci", "qemu-xhci", "qusb1", "qusb2"))


def root_ports(controller: Controller) -> int:
    """How many ports a controller has of its own (libvirt's numbers, which are QEMU's and Xen's)."""
    if controller.ports is not None and controller.model in VARIABLE_PORTS:
        return controller.ports
    return ROOT_PORTS.get(controller.model, 0)


def usb_devices(domain: Domain) -> list[Any]:
    """The devices on USB but hubs, in the order in which they get ports (virDomainUSBDeviceDefForeach)."""
    devices = domain.devices
    found: list[Any] = []
    if devices.hostdevs:
        found += [d for d in devices.hostdevs if isinstance(d, UsbHostdev)]
    if devices.disks:
        found += [d for d in devices.disks if d.bus is DiskBus.USB]
    found += [d for d in devices.controllers if d.type is ControllerType.CCID]
    if devices.inputs:
        found += [d for d in devices.inputs if d.bus is InputBus.USB]
    if devices.serials:
        found += [d for d in devices.serials if d.target_type is SerialTarget.USB]
    if devices.sounds:
        found += [d for d in devices.sounds if d.model is SoundModel.USB]
    return found + devices.redirdevs


class UsbPolicy(NamedTuple):
    """What is special about USB in the guests of a driver."""

    devices: Callable[[Domain], Iterable[Any]] = usb_devices
    """The devices on USB but hubs, in the order in which they get ports."""

    root_ports: Callable[[Controller], int] = root_ports
    """Ports of a controller; 0: none of its own."""

    hub_ports: int = 8
    """Ports of a hub; 0: the hypervisor has none to add."""


_DEFAULTS = UsbPolicy()


@dataclass(slots=True)
class _Ports:
    """Those of a controller or a hub."""

    count: int
    taken: set[int] = field(default_factory=set)
    hubs: dict[int, _Ports] = field(default_factory=dict)

    def free(self, depth: int = _DEPTH) -> list[int] | None:
        """The path of the first free port: its own before those of hubs."""
        for number in range(1, self.count + 1):
            if number not in self.taken:
                return [number]
        if depth > 1:
            for number in sorted(self.hubs):
                path = self.hubs[number].free(depth - 1)
                if path is not None:
                    return [number, *path]
        return None


def assign_usb(domain: Domain, policy: UsbPolicy = _DEFAULTS, *, new: bool = True) -> None:
    """Give USB devices their ports; hubs are added when the ports run out.

    :param new: the definition is new. An old one without all its ports keeps what it has: the guest was started
        without, and its hypervisor chose.
    :raises XmlError: a port is there twice, or there is no such port.
    :raises ConfigUnsupportedError: there are devices, but no USB.
    :raises InternalError: there is no free port.
    """
    hubs = domain.devices.hubs.copy()
    devices = list(policy.devices(domain))
    if not devices and not hubs:
        return
    if not new and not all(_placed(device) for device in (*hubs, *devices)):
        return
    buses = _buses(domain, policy)
    if not any(c.type is ControllerType.USB and c.model != "none" for c in domain.devices.controllers):
        raise ConfigUnsupportedError(f"USB is disabled for this domain, but it has {named((*hubs, *devices)[0])}")
    hubs += _add_hubs(domain, policy, buses, len(hubs), len(hubs) + len(devices))
    for hub in hubs:
        if _placed(hub):
            _reserve(buses, hub).hubs[_last(hub)] = _Ports(policy.hub_ports)
    for device in devices:
        if _placed(device):
            _reserve(buses, device)
    for hub in hubs:
        if not _placed(hub):
            _take(buses, hub).hubs[_last(hub)] = _Ports(policy.hub_ports)
    for device in devices:
        if not _placed(device) and (device.address is None or isinstance(device.address, UsbAddress)):
            _take(buses, device)


def _placed(device: Any) -> bool:
    return isinstance(device.address, UsbAddress) and bool(device.address.port)


def _last(device: Any) -> int:
    return int(device.address.port.rpartition(".")[2])


def _buses(domain: Domain, policy: UsbPolicy) -> dict[int, _Ports]:
    buses: dict[int, _Ports] = {}
    for controller in domain.devices.controllers:
        if controller.type is ControllerType.USB:
            ports = policy.root_ports(controller)
            index = controller.index or 0
            if ports:
                if index in buses:
                    raise XmlError(f"duplicate USB controllers with index {index}")
                buses[index] = _Ports(ports)
    return buses


def _add_hubs(domain: Domain, policy: UsbPolicy, buses: dict[int, _Ports], hubs: int, devices: int) -> list[Hub]:
    """Add as many hubs as devices need; each takes a port and gives others."""
    missing = devices - sum(bus.count for bus in buses.values()) - policy.hub_ports * hubs
    if missing <= 0 or policy.hub_ports < 2:
        return []
    # A port more than needed, rounded up.
    added = [Hub(type=HubType.USB) for _ in range(-(-(missing + 1) // (policy.hub_ports - 1)))]
    domain.devices.hubs += added
    return added


def _reserve(buses: dict[int, _Ports], device: Any) -> _Ports:
    """Take the port a device has; the ports it's one of."""
    address = device.address
    ports = buses.get(address.bus)
    if ports is None:
        raise XmlError(f"missing USB bus {address.bus} of {named(device)}")
    *above, last = (int(number) for number in address.port.split("."))
    for number in above:
        hub = ports.hubs.get(number)
        if hub is None:
            why = "is out of range" if number > ports.count else "has no hub"
            raise XmlError(
                f"port {number} {why} in USB address bus {address.bus} port {address.port} of {named(device)}"
            )
        ports = hub
    if not 0 < last <= ports.count:
        raise XmlError(f"USB port {address.port} of {named(device)} is not present on USB bus {address.bus}")
    if last in ports.taken:
        raise XmlError(f"USB address bus {address.bus} port {address.port} of {named(device)} is in use already")
    ports.taken.add(last)
    return ports


def _take(buses: dict[int, _Ports], device: Any) -> _Ports:
    """Give a device the first free port, of the bus it names if it does; the ports it's one of."""
    wanted = device.address
    if wanted is not None and wanted.bus not in buses:
        raise XmlError(f"USB bus {wanted.bus} of {named(device)}: there is no controller with that index")
    for number in sorted(buses) if wanted is None else (wanted.bus,):
        path = buses[number].free()
        if path is not None:
            device.address = UsbAddress(bus=number, port=".".join(map(str, path)))
            return _reserve(buses, device)
    raise InternalError(f"no free USB port for {named(device)}")
