"""Ports of virtio-serial controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import VirtioSerialAddress
from pyvirt_conf.domain.addresses.walk import named
from pyvirt_conf.domain.chardev import ConsoleTarget, VirtioTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_util.errors import InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: Ports of a controller that doesn't say, the first of which consoles have.
DEFAULT_PORTS = 31


def assign_virtio_serial(domain: Domain) -> None:
    """Give channels a port, and keep one for each console; controllers are added when the ports run out.

    Consoles are not told their ports: a hypervisor gives them in this order by itself, from 0.

    :raises XmlError: a port is there twice, or its controller doesn't have it.
    :raises InternalError: there is no controller.
    """
    devices = domain.devices
    channels = [c for c in devices.channels if isinstance(c.target, VirtioTarget)]
    consoles = [c for c in devices.consoles if c.target_type is ConsoleTarget.VIRTIO]
    if not channels and not consoles:
        return
    ports = _Ports(domain)
    for device in (*channels, *consoles):
        address = device.address
        if isinstance(address, VirtioSerialAddress) and address.port:
            ports.reserve(address.controller, address.port, device)
    for console in consoles:
        if not _complete(console):
            ports.take(console, first=0)
    for channel in channels:
        if not _complete(channel):
            channel.address = ports.take(channel, first=1)


def _complete(device: Any) -> bool:
    return isinstance(device.address, VirtioSerialAddress) and bool(device.address.port)


class _Ports:
    """The ports of all controllers of a domain."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._taken: dict[int, set[int]] = {}
        self._limits: dict[int, int] = {}
        for controller in domain.devices.controllers:
            if controller.type is ControllerType.VIRTIO_SERIAL:
                self._add(controller)

    def _add(self, controller: Controller) -> None:
        index = controller.index or 0
        self._taken[index] = set()
        self._limits[index] = DEFAULT_PORTS if controller.ports is None else controller.ports

    def reserve(self, index: int, port: int, device: object) -> None:
        """Take a port that is given."""
        taken = self._taken.get(index)
        if taken is None:
            raise XmlError(f"virtio serial controller {index} of {named(device)} is missing")
        if port >= self._limits[index]:
            raise XmlError(f"virtio serial controller {index} does not have port {port} of {named(device)}")
        if port in taken:
            raise XmlError(f"virtio serial port {port} on controller {index} of {named(device)} is in use already")
        taken.add(port)

    def take(self, device: Any, *, first: int) -> VirtioSerialAddress:
        """Take the first free port, of the device's own controller if it names one."""
        address = device.address
        if isinstance(address, VirtioSerialAddress):
            index = address.controller
            if index not in self._taken:
                raise InternalError(f"virtio serial controller {index} of {named(device)} is missing")
            port = self._free(index, 1)
            if port is None:
                raise XmlError(f"no free port on virtio serial controller {index} for {named(device)}")
        else:
            index, port = self._anywhere(first)
        self._taken[index].add(port)
        return VirtioSerialAddress(controller=index, bus=0, port=port)

    def _free(self, index: int, first: int) -> int | None:
        taken = self._taken[index]
        return next((port for port in range(first, self._limits[index]) if port not in taken), None)

    def _anywhere(self, first: int) -> tuple[int, int]:
        for index in sorted(self._taken):
            port = self._free(index, first)
            if port is not None:
                return index, port
        index = next(number for number in range(len(self._taken) + 1) if number not in self._taken)
        controller = Controller(type=ControllerType.VIRTIO_SERIAL, index=index)
        self._domain.devices.controllers.append(controller)
        self._add(controller)
        return index, first
