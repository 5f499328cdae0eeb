"""PCI addresses for all devices of a guest, and the controllers they need (libvirt's qemuDomainAssignPCIAddresses).

What is on PCI, in which order places are given out, and what the board prescribes is the driver's to say: it passes a
:class:`PciPolicy`. Places are given out twice. The first time shows how many buses are needed: their controllers are
added, which need places themselves. The second time counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.addresses.pci import (
    BUS_KINDS,
    CONTROLLER_TYPES,
    Connect,
    PciAddressSet,
    PciBus,
    PciGrowth,
    Place,
)
from pyvirt_conf.domain.addresses.walk import addressed, named
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: PCI numbers its buses with a byte.
_HIGHEST_INDEX = 255


_NO_PARTS: Mapping[str | None, int] = {}


def _nowhere(allocation: PciAllocation, controller: Controller) -> None:
    """The board has no place for it."""


def _nothing(allocation: PciAllocation) -> None:
    """The board has no places of its own."""


class PciPolicy(NamedTuple):
    """What is special about PCI in the guests of a driver, or in one of them.

    ::

        def order(domain):
            yield from domain.devices.interfaces
            yield from (disk for disk in domain.devices.disks if disk.bus is DiskBus.VIRTIO)

        policy = PciPolicy(connect=lambda device: Connect.AUTO | Connect.PCI_DEVICE, order=order, root="pci-root")
        assign_pci(domain, policy)
    """

    connect: Callable[[Any], int]
    """The :class:`Connect` flags of a device, what slot it wants; ``Connect.NONE``: it isn't on PCI."""

    order: Callable[[Domain], Iterable[Any]]
    """Devices in the order in which they get their places, behind PCI controllers. Those with a place, or an address of
    another kind, are left out by the allocation, as are those that aren't on PCI by ``connect``."""

    fixed_controller: Callable[[PciAllocation, Controller], None] = _nowhere
    """Gives a controller that is part of the board its place, or checks that it has it."""

    fixed: Callable[[PciAllocation], None] = _nothing
    """The same for devices of other kinds; and keeps all from places the board has taken."""

    root: str | None = None
    """The model of bus 0 where the definition has no controller for it; ``None``: the guest has no PCI then."""

    gap: str = "pci-bridge"
    """The model of buses that have no controller but a number below that of another."""

    growth: PciGrowth | None = None
    """What is added where there are too few slots; ``None``: nothing, it's an error."""

    spare_slot: int = Connect.NONE
    """What a slot is kept free for in the first pass, unless there is none left. In the end it may be in use, but then
    by a controller that gives others."""

    spare_port: int = Connect.NONE
    """What a slot is kept free for in a guest whose buses are all added here."""

    parts: Mapping[str | None, int] = _NO_PARTS
    """By model, the functions of controllers that are parts of a whole: those of one index share a slot."""

    group: Callable[[Any], int] | None = None
    """The isolation group of a device: only those of one group share a bus. ``None``: all are of group 0."""

    root_locked: bool = False
    """Bus 0 is for devices of isolation group 0."""


class PciAllocation:
    """Where the devices of one guest go: what :attr:`PciPolicy.fixed` and ``fixed_controller`` work on."""

    def __init__(self, domain: Domain, policy: PciPolicy, addresses: PciAddressSet) -> None:
        self.domain = domain
        self.policy = policy
        self.addresses = addresses
        self.places: list[tuple[Any, Place]] = []
        self._done: set[int] = set()
        self._first: list[tuple[Any, int]] = []
        #: By index, bus and slot of wholes of several parts.
        self._wholes: dict[int, tuple[int, int]] = {}

    # -- for the board ---------------------------------------------------------------------------------------------

    def in_use(self, slot: int) -> bool:
        """Is any function of a slot of bus 0 taken?"""
        return self.addresses.in_use(0, slot)

    def fix(self, device: Any, slot: int, function: int = 0) -> None:
        """Give a device of the board its place on bus 0.

        :raises XmlError: the place is another device's.
        """
        self._keep(device, self.addresses.reserve((0, slot, function), Connect.ENDPOINTS, device=device))
        self._done.add(id(device))

    def block(self, slot: int, *functions: int) -> None:
        """Take places on bus 0 for parts of the board that no definition mentions.

        :raises XmlError: the place is a device's.
        """
        for function in functions:
            self.addresses.reserve((0, slot, function), Connect.ENDPOINTS)

    def first(self, device: Any) -> None:
        """Let a device choose its place before all others."""
        connect = self.policy.connect(device)
        if connect:
            self._first.append((device, connect))
        self._done.add(id(device))

    # -- for all ---------------------------------------------------------------------------------------------------

    def keep(self, devices: Iterable[Any], needs: int = Connect.NONE) -> None:
        """Take the places devices have already.

        :param needs: what they need besides their own flags.
        :raises XmlError: a place is another's, or can't be.
        """
        for device in devices:
            address = device.address
            place = address.bus, address.slot, address.function
            if address.domain:
                raise XmlError(f"invalid PCI address {address} of {named(device)}, guests have PCI domain 0 only")
            # Old definitions have addresses of devices that need none.
            connect = (self.policy.connect(device) or Connect.PCI_DEVICE) | needs
            group = self.policy.group(device) if self.policy.group is not None else 0
            place = self.addresses.reserve(place, connect, group=group, device=device)
            address.bus = place[0]
            self._keep(device, place)

    def waiting(self) -> list[tuple[Any, int]]:
        """Devices that are to get a place, but for PCI controllers: in order, with their connect flags."""
        done, connect_of = self._done, self.policy.connect
        found = []
        for device in self.policy.order(self.domain):
            address = device.address
            if address is None or (isinstance(address, PciAddress) and not address.assigned):
                connect = connect_of(device)
                if connect and id(device) not in done:
                    found.append((device, connect))
        return found

    def _controllers(self) -> list[tuple[Any, int]]:
        """PCI controllers that are to get a place."""
        return [
            (controller, connect)
            for controller in self.domain.devices.controllers
            if controller.type is ControllerType.PCI
            and (connect := CONTROLLER_TYPES.get(controller.model or "", Connect.NONE))
            and wants_place(controller)
            and id(controller) not in self._done
        ]

    def try_all(self, devices: list[tuple[Any, int]]) -> None:
        """Take a place for everybody, adding buses where it takes any; who gets which is of no interest."""
        take, spare, group = self.addresses.take, self.policy.spare_slot, self.policy.group
        for device, connect in self._first:
            take(connect, group(device) if group is not None else 0, None, device)
        if spare and not self.addresses.full:
            take(spare)
        for device, connect in (*self._controllers(), *devices):
            # Parts of a whole don't share a slot here, as in libvirt: there may be a bridge too many, never too few.
            if not self._wholes or self._join(device, connect) is None:
                take(connect, group(device) if group is not None else 0, None, device)

    def give(self, devices: list[tuple[Any, int]]) -> None:
        """Give everybody a place.

        :raises InternalError: there is none left.
        """
        take, places, group, parts = self.addresses.take, self.places, self.policy.group, self.policy.parts
        for device, connect in (*self._first, *self._controllers(), *devices):
            function = parts.get(device.model) if isinstance(device, Controller) else None
            place = self._join(device, connect) if function is not None else None
            if place is None:
                place = take(connect, group(device) if group is not None else 0, function, device)
                if function is not None:
                    self._wholes[device.index or 0] = place[:2]
            places.append((device, place))

    def store(self) -> None:
        """Write the places into the devices; function 0 of a slot with others says so."""
        shared = set()
        for device, place in self.places:
            address = device.address
            if address is None:
                address = device.address = PciAddress()
            address.bus, address.slot, address.function = place
            if place[2]:
                shared.add(place[:2])
        if shared:
            for device, place in self.places:
                if place[:2] in shared and not place[2] and device.address.multifunction is None:
                    device.address.multifunction = True

    def _keep(self, device: Any, place: Place) -> None:
        self.places.append((device, place))
        if isinstance(device, Controller) and device.model in self.policy.parts:
            self._wholes.setdefault(device.index or 0, place[:2])

    def _join(self, device: Any, connect: int) -> Place | None:
        """Take a function of the slot the other parts of a whole have; ``None``: it's no part, or the first."""
        function = self.policy.parts.get(device.model) if isinstance(device, Controller) else None
        whole = self._wholes.get(device.index or 0) if function is not None else None
        if function is None or whole is None:
            return None
        group = self.policy.group(device) if self.policy.group is not None else 0
        return self.addresses.reserve((*whole, function), connect, group=group, device=device)


def wants_place(device: Any) -> bool:
    """Is an address to be chosen: there is none, or one of type PCI that says no more?"""
    address = device.address
    return address is None or (isinstance(address, PciAddress) and not address.assigned)


def assign_pci(domain: Domain, policy: PciPolicy) -> None:
    """Give every PCI device of a definition its address, and add the controllers they need.

    :raises XmlError: an address the definition has can't be, or there is no PCI at all.
    :raises InternalError: there is no room, and none can be made.
    :raises ConfigUnsupportedError: there is no such model of PCI controller.
    """
    placed = _placed(domain)
    allocation = PciAllocation(domain, policy, PciAddressSet(_buses(domain, policy), policy.growth))
    if not allocation.addresses.buses:
        lost = placed or [device for device, _ in allocation.waiting()]
        if lost:
            raise XmlError(f"there are no PCI buses for {named(lost[0])}")
        return
    allocation.keep(placed)
    for controller in domain.devices.controllers:
        policy.fixed_controller(allocation, controller)
    policy.fixed(allocation)
    waiting = allocation.waiting()
    if policy.growth is not None:
        certain = allocation.addresses.copy()
        allocation.try_all(waiting)
        added = _add_controllers(allocation)
        certain.buses += [PciBus(bus.model) for bus in allocation.addresses.buses[len(certain.buses) :]]
        allocation.addresses = certain
        for controller in added:
            policy.fixed_controller(allocation, controller)
    allocation.give(waiting)
    allocation.store()


def attach_pci(domain: Domain, device: Any, policy: PciPolicy) -> None:
    """Give one more device of a running guest its place (virDomainPCIAddressEnsureAddr).

    Its buses are as they are: nothing is added, and it takes one that devices can be plugged into.

    :param device: not one of the domain's yet.
    :raises XmlError: the address it has can't be. :raises InternalError: there is no room, or it is one function of
        several, which can't be plugged.
    """
    connect = policy.connect(device)
    if not connect:
        return
    connect |= Connect.HOTPLUG
    allocation = PciAllocation(domain, policy, PciAddressSet(_buses(domain, policy)))
    if not allocation.addresses.buses:
        raise XmlError(f"there are no PCI buses for {named(device)}")
    allocation.keep(_placed(domain))
    for controller in domain.devices.controllers:
        policy.fixed_controller(allocation, controller)
    policy.fixed(allocation)
    if wants_place(device):
        group = policy.group(device) if policy.group is not None else 0
        place = allocation.addresses.take(connect, group, None, device)
        device.address = device.address or PciAddress()
        device.address.bus, device.address.slot, device.address.function = place
    elif isinstance(device.address, PciAddress):
        if device.address.function:
            raise InternalError(f"PCI address {device.address} of {named(device)}: only function 0 can be plugged")
        allocation.keep((device,), Connect.HOTPLUG)


def _placed(domain: Domain) -> list[Any]:
    """The devices that have a place."""
    return [d for d in addressed(domain) if isinstance(d.address, PciAddress) and d.address.assigned]


def _buses(domain: Domain, policy: PciPolicy) -> list[PciBus]:
    """The buses of a definition: one for every controller, and for indexes between that have none."""
    controllers = {c.index or 0: c for c in domain.devices.controllers if c.type is ControllerType.PCI}
    if not controllers and policy.root is None:
        return []
    highest = max(controllers, default=0)
    if highest > _HIGHEST_INDEX:
        raise XmlError(f"PCI controller index {highest} is too high, expected 0 to {_HIGHEST_INDEX}")
    buses = []
    for index in range(highest + 1):
        controller = controllers.get(index)
        if controller is None:
            buses.append(PciBus(policy.gap if index else policy.root or "pci-root"))
        elif controller.model not in BUS_KINDS:
            raise ConfigUnsupportedError(f"PCI controller model '{controller.model}' is not supported")
        else:
            buses.append(PciBus(controller.model, hotplug=controller.hotplug is not False))
    buses[0].group_locked = policy.root_locked
    return buses


def _add_controllers(allocation: PciAllocation) -> list[Controller]:
    """Add the controllers of new buses, and those missing between others."""
    addresses, policy = allocation.addresses, allocation.policy
    controllers = allocation.domain.devices.controllers
    known = {controller.index or 0 for controller in controllers if controller.type is ControllerType.PCI}
    if policy.spare_port and max(known, default=0) == 0 and len(addresses.buses) > 1:
        # Nobody chose the ports, so we do, and leave one for plugging.
        addresses.take(policy.spare_port)
    added = []
    for index, bus in enumerate(addresses.buses):
        if index and index not in known:
            added.append(Controller(type=ControllerType.PCI, index=index, model=bus.model))
    controllers += added
    return added
