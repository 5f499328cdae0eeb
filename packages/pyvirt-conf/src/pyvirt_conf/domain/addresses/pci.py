"""PCI slots of a guest: what plugs into what, and what is taken on each bus.

The rules are those of libvirt's address sets (src/conf/domain_addr.c): every device has a *connect type*, every kind of
bus says which types it takes, and both say what else they need or offer.
"""

from __future__ import annotations

from typing import NamedTuple

from pyvirt_conf.domain.addresses.walk import named
from pyvirt_util.errors import InternalError, XmlError

#: Bus, slot and function; the PCI domain of a guest is always 0.
Place = tuple[int, int, int]


class Connect:
    """What a device wants, or what a bus offers: bits of a plain number, as they are compared by the hundred.

    A device has one of the types; a bus takes several.
    """

    NONE = 0
    """Not a PCI device; nothing."""
    AUTO = 0x1
    """The device's place is chosen here; the bus is one to choose from."""
    HOTPLUG = 0x2
    """The device is plugged into a running guest."""
    SHARED = 0x4
    """The device takes one function of a slot and leaves the others to devices of its kind."""
    INTEGRATED = 0x8
    """The device belongs to the board: it sits on bus 0, even where others don't."""
    PCI_DEVICE = 0x10
    PCIE_DEVICE = 0x20
    ROOT_PORT = 0x40
    SWITCH_UPSTREAM = 0x80
    SWITCH_DOWNSTREAM = 0x100
    DMI_TO_PCI_BRIDGE = 0x200
    PCI_EXPANDER = 0x400
    PCIE_EXPANDER = 0x800
    PCI_BRIDGE = 0x1000
    PCIE_TO_PCI_BRIDGE = 0x2000

    ENDPOINTS = PCI_DEVICE | PCIE_DEVICE
    """A user may put either where the other belongs."""


#: Types as messages name them; their order decides which one of several is named.
_TYPE_NAMES = {
    Connect.PCI_DEVICE: "conventional PCI device",
    Connect.PCIE_DEVICE: "PCI Express device",
    Connect.ROOT_PORT: "pcie-root-port",
    Connect.SWITCH_UPSTREAM: "pcie-switch-upstream-port",
    Connect.SWITCH_DOWNSTREAM: "pcie-switch-downstream-port",
    Connect.DMI_TO_PCI_BRIDGE: "dmi-to-pci-bridge",
    Connect.PCIE_TO_PCI_BRIDGE: "pcie-to-pci-bridge",
    Connect.PCI_EXPANDER: "pci-expander-bus",
    Connect.PCIE_EXPANDER: "pcie-expander-bus",
    Connect.PCI_BRIDGE: "pci-bridge",
}
_TYPES = sum(_TYPE_NAMES)
_NEEDS = Connect.AUTO | Connect.HOTPLUG

#: What a PCI controller is to the bus it sits on; the roots sit on none.
CONTROLLER_TYPES: dict[str, int] = {
    "pci-root": Connect.NONE,
    "pcie-root": Connect.NONE,
    "pci-bridge": Connect.PCI_BRIDGE,
    "dmi-to-pci-bridge": Connect.DMI_TO_PCI_BRIDGE,
    "pcie-to-pci-bridge": Connect.PCIE_TO_PCI_BRIDGE,
    "pcie-root-port": Connect.ROOT_PORT | Connect.SHARED,
    "pcie-switch-upstream-port": Connect.SWITCH_UPSTREAM,
    "pcie-switch-downstream-port": Connect.SWITCH_DOWNSTREAM,
    "pci-expander-bus": Connect.PCI_EXPANDER,
    "pcie-expander-bus": Connect.PCIE_EXPANDER,
}


class BusKind(NamedTuple):
    """What the bus behind a model of controller takes, and its first and last slot."""

    accepts: int
    first: int
    last: int


_CONVENTIONAL = Connect.AUTO | Connect.HOTPLUG | Connect.PCI_DEVICE | Connect.PCI_BRIDGE
_PORT = Connect.AUTO | Connect.HOTPLUG | Connect.PCIE_DEVICE | Connect.SWITCH_UPSTREAM | Connect.PCIE_TO_PCI_BRIDGE
BUS_KINDS: dict[str, BusKind] = {
    "pci-root": BusKind(_CONVENTIONAL | Connect.PCI_EXPANDER, 1, 31),
    "pcie-root": BusKind(
        Connect.PCIE_DEVICE | Connect.ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE | Connect.PCIE_EXPANDER, 1, 31
    ),
    "pci-bridge": BusKind(_CONVENTIONAL, 1, 31),
    "dmi-to-pci-bridge": BusKind(Connect.PCI_DEVICE | Connect.PCI_BRIDGE, 0, 31),
    "pcie-to-pci-bridge": BusKind(_CONVENTIONAL, 1, 31),
    "pcie-root-port": BusKind(_PORT, 0, 0),
    "pcie-switch-upstream-port": BusKind(Connect.SWITCH_DOWNSTREAM, 0, 31),
    "pcie-switch-downstream-port": BusKind(_PORT, 0, 0),
    "pci-expander-bus": BusKind(_CONVENTIONAL, 0, 31),
    "pcie-expander-bus": BusKind(Connect.ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE, 0, 31),
}


class PciBus:
    """One bus: what it takes, and which functions of its slots are taken.

    :param model: that of the controller the bus is behind; one of :data:`BUS_KINDS`.
    :param hotplug: devices can be plugged while the guest runs, where buses of this kind can do it at all.
    """

    __slots__ = (
        "accepts",
        "all",
        "first",
        "free",
        "functions",
        "group",
        "group_locked",
        "hotplug",
        "last",
        "model",
        "shared",
    )

    def __init__(self, model: str, *, hotplug: bool = True) -> None:
        self.model = model
        self.hotplug = hotplug
        self.accepts, self.first, self.last = BUS_KINDS[model]
        if not hotplug:
            self.accepts &= ~Connect.HOTPLUG
        self.all = (2 << self.last) - (1 << self.first)
        """Slots there are, a bit each."""
        self.free = self.all
        """Slots nobody has a function of."""
        self.shared = 0
        """Slots with functions left for devices that share them."""
        self.functions: dict[int, int] = {}
        """By slot, the functions taken, a bit each."""
        self.group = 0
        """Only devices of one isolation group are put on a bus."""
        self.group_locked = False

    def put(self, slot: int, function: int | None, connect: int) -> int:
        """Note that a function of a slot is taken, by default the first that is free; which it is."""
        bit = 1 << slot
        taken = self.functions.get(slot, 0)
        if not taken:
            self.free &= ~bit
            if connect & Connect.SHARED:
                self.shared |= bit
        if function is None:
            # The lowest bit that is not set.
            function = (~taken & (taken + 1)).bit_length() - 1 if taken else 0
        taken |= 1 << function
        self.functions[slot] = taken
        if taken == 0xFF:
            self.shared &= ~bit
        return function

    def copy(self) -> PciBus:
        """Another bus with the same slots taken, that takes what buses of its kind take."""
        new = PciBus(self.model, hotplug=self.hotplug)
        new.free, new.shared, new.functions = self.free, self.shared, self.functions.copy()
        new.group, new.group_locked = self.group, self.group_locked
        return new


class PciGrowth(NamedTuple):
    """The controllers that are added where a guest needs more slots; ``None``: such slots can't be added."""

    pci: str | None = "pci-bridge"
    """Gives conventional slots."""
    pcie: str | None = "pcie-root-port"
    """Gives a PCI Express slot."""
    bridge: tuple[str, str] | None = ("pcie-root-port", "pcie-to-pci-bridge")
    """What leads from PCI Express to PCI where nothing takes a pci-bridge yet: the second sits on the first."""


class PciAddressSet:
    """The buses of one guest, in the order of their numbers.

    :param buses: there must not be gaps.
    :param growth: what is added where there is no room; ``None``: nothing is.
    """

    def __init__(self, buses: list[PciBus], growth: PciGrowth | None = None) -> None:
        self.buses = buses
        self.growth = growth
        # By connect flags, the first bus that may have room: buses only ever get fuller.
        self._start: dict[int, int] = {}

    def copy(self) -> PciAddressSet:
        """The same buses with the same slots taken; they don't grow."""
        return PciAddressSet([bus.copy() for bus in self.buses])

    def in_use(self, bus: int, slot: int) -> bool:
        """Is any function of a slot taken?"""
        return bool(self.buses[bus].functions.get(slot))

    @property
    def full(self) -> bool:
        """Is there no free slot on any bus?"""
        return not any(bus.free for bus in self.buses)

    # -- places that are given -------------------------------------------------------------------------------------

    def reserve(self, place: Place, connect: int, *, group: int = 0, device: object = None) -> Place:
        """Take a place somebody chose, who may mix PCI and PCI Express and use buses we would not.

        :param group: the isolation group of the device.
        :param device: whose place it is, for messages.
        :returns: the place; its bus is one more where a bridge had to be added between.
        :raises XmlError: it's taken, or there's no such place, or not for such a device.
        """
        number, slot, function = place
        if self.growth is not None and number >= len(self.buses):
            number = self._grow(connect, number, device)
        if number >= len(self.buses):
            raise XmlError(
                f"invalid PCI address {place_of(place, device)}, there are only PCI buses up to {len(self.buses) - 1}"
            )
        bus = self.buses[number]
        wrong = _misfit(bus, number, connect)
        if wrong is not None:
            raise XmlError(f"invalid PCI address {place_of(place, device)}, {wrong}")
        if not bus.first <= slot <= bus.last:
            raise XmlError(
                f"invalid PCI address {place_of(place, device)}, slots of a {bus.model} are {bus.first} to {bus.last}"
            )
        if bus.functions.get(slot, 0) & (1 << function):
            raise XmlError(f"PCI address {place_of(place, device)} is in use already")
        if bus.free == bus.all and not bus.group_locked:
            bus.group = group
        elif bus.group != group:
            # The user has it so; from now on nobody is alone on this bus.
            bus.group = 0
        bus.put(slot, function, connect)
        return number, slot, function

    # -- places that are chosen ------------------------------------------------------------------------------------

    def take(self, connect: int, group: int = 0, function: int | None = None, device: object = None) -> Place:
        """Take the first place for a device: on the first bus of its isolation group, else on an empty bus.

        :param function: the function it has in a slot of its own; by default the first that is free.
        :raises InternalError: there is none, and none can be added.
        """
        needs, types, shared = connect & _NEEDS, connect & _TYPES, connect & Connect.SHARED
        buses = self.buses
        if connect & Connect.INTEGRATED:
            buses, needs = buses[:1], needs & ~Connect.AUTO
        start = self._start.get(connect, 0)
        empty, slots = -1, 0
        for number in range(start, len(buses)):
            bus = buses[number]
            slots = bus.free | bus.shared if shared else bus.free
            if not slots or not types & bus.accepts or needs & ~bus.accepts:
                if number == start:
                    start = self._start[connect] = number + 1
            elif bus.group == group:
                break
            elif empty < 0 and bus.free == bus.all and not bus.group_locked:
                empty = number
        else:
            number = empty if empty >= 0 else self._grow(connect, len(self.buses), device)
            bus = self.buses[number]
            bus.group, slots = group, bus.free
        # The lowest bit that is set.
        slot = (slots & -slots).bit_length() - 1
        return number, slot, bus.put(slot, function, connect)

    # -- more buses ------------------------------------------------------------------------------------------------

    def _grow(self, connect: int, upto: int, device: object) -> int:
        """Add buses for a device until there is one of this number; the number of the bus that takes it."""
        growth = self.growth
        if growth is None:
            raise InternalError(f"no more PCI slots{f' for {named(device)}' if device is not None else ''}")
        if connect & Connect.PCI_DEVICE:
            model = growth.pci
            if growth.bridge is not None and not any(bus.accepts & Connect.PCI_BRIDGE for bus in self.buses):
                below, above = (PciBus(name) for name in growth.bridge)
                if below.first == below.last:
                    # The port is the bridge's, whatever else may look for one.
                    below.accepts = CONTROLLER_TYPES[above.model]
                upto = max(upto, len(self.buses) + 1)
                self.buses += [below, above]
        elif connect & (Connect.PCIE_DEVICE | Connect.SWITCH_UPSTREAM):
            model = growth.pcie
        else:
            model = None
        if model is None:
            raise InternalError(
                f"there is no PCI slot for a {_type_name(connect)}, and none can be added automatically"
            )
        while len(self.buses) <= upto:
            self.buses.append(PciBus(model))
        return upto


def _misfit(bus: PciBus, number: int, connect: int) -> str | None:
    """What keeps a device from being on a bus if somebody wants it there; ``None``: nothing does."""
    accepts = bus.accepts
    if accepts & Connect.ENDPOINTS:
        accepts |= Connect.ENDPOINTS
    if connect & Connect.PCI_BRIDGE:
        connect |= Connect.PCI_DEVICE
    if connect & Connect.INTEGRATED and number:
        return "the device is part of the board, it has to be on bus 0"
    if connect & Connect.HOTPLUG & ~accepts:
        return f"the {bus.model} with index {number} does not support hotplug"
    if not connect & accepts & _TYPES:
        return f"the {bus.model} with index {number} is not a controller that accepts a {_type_name(connect)}"
    return None


def _type_name(connect: int) -> str:
    return next((name for bit, name in _TYPE_NAMES.items() if connect & bit), "device of an unknown type")


def place_of(place: Place, device: object) -> str:
    """A place as messages name it: ``0000:00:03.0 of disk with target 'vda'``."""
    bus, slot, function = place
    whose = f" of {named(device)}" if device is not None else ""
    return f"0000:{bus:02x}:{slot:02x}.{function:x}{whose}"
