"""PCI buses of a guest: what can be plugged where, which slots are taken, how buses are added.

The rules are those of libvirt's address sets (src/conf/domain_addr.c): a *connect type* for every device and bus model,
and "hotpluggable" as a further wish of endpoints.
"""

from __future__ import annotations

from pyvirt_conf.domain.address import PciAddress
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlError


class Connect:
    """What a device wants, or what a bus takes: bits of a plain number, as they are compared by the thousand."""

    HOTPLUG = 0x1
    PCI_DEVICE = 0x2
    PCIE_DEVICE = 0x4
    PCIE_ROOT_PORT = 0x8
    PCIE_SWITCH_UPSTREAM = 0x10
    PCIE_SWITCH_DOWNSTREAM = 0x20
    DMI_TO_PCI_BRIDGE = 0x40
    PCI_BRIDGE = 0x80
    PCI_EXPANDER = 0x100
    PCIE_EXPANDER = 0x200
    PCIE_TO_PCI_BRIDGE = 0x400
    AGGREGATE = 0x800
    NONE = 0


_TYPES = (
    Connect.PCI_DEVICE
    | Connect.PCIE_DEVICE
    | Connect.PCIE_ROOT_PORT
    | Connect.PCIE_SWITCH_UPSTREAM
    | Connect.PCIE_SWITCH_DOWNSTREAM
    | Connect.DMI_TO_PCI_BRIDGE
    | Connect.PCI_BRIDGE
    | Connect.PCI_EXPANDER
    | Connect.PCIE_EXPANDER
    | Connect.PCIE_TO_PCI_BRIDGE
)
#: An address the user gave may mix these two.
_ENDPOINTS = Connect.PCI_DEVICE | Connect.PCIE_DEVICE

#: What a PCI controller is to the bus it sits on.
CONTROLLERS: dict[str, int] = {
    "pci-bridge": Connect.PCI_BRIDGE,
    "pci-expander-bus": Connect.PCI_EXPANDER,
    "pcie-expander-bus": Connect.PCIE_EXPANDER,
    "dmi-to-pci-bridge": Connect.DMI_TO_PCI_BRIDGE,
    "pcie-to-pci-bridge": Connect.PCIE_TO_PCI_BRIDGE,
    "pcie-root-port": Connect.PCIE_ROOT_PORT | Connect.AGGREGATE,
    "pcie-switch-upstream-port": Connect.PCIE_SWITCH_UPSTREAM,
    "pcie-switch-downstream-port": Connect.PCIE_SWITCH_DOWNSTREAM,
    "pci-root": Connect.NONE,
    "pcie-root": Connect.NONE,
}

_PORT = Connect.HOTPLUG | Connect.PCIE_DEVICE | Connect.PCIE_SWITCH_UPSTREAM | Connect.PCIE_TO_PCI_BRIDGE
#: What a bus takes, its first and its last slot.
_BUSES: dict[str, tuple[int, int, int]] = {
    "pci-root": (Connect.HOTPLUG | Connect.PCI_DEVICE | Connect.PCI_BRIDGE | Connect.PCI_EXPANDER, 1, 31),
    "pci-bridge": (Connect.HOTPLUG | Connect.PCI_DEVICE | Connect.PCI_BRIDGE, 1, 31),
    "pci-expander-bus": (Connect.HOTPLUG | Connect.PCI_DEVICE | Connect.PCI_BRIDGE, 0, 31),
    "pcie-root": (
        Connect.PCIE_DEVICE | Connect.PCIE_ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE | Connect.PCIE_EXPANDER,
        1,
        31,
    ),
    "dmi-to-pci-bridge": (Connect.PCI_DEVICE | Connect.PCI_BRIDGE, 0, 31),
    "pcie-to-pci-bridge": (Connect.HOTPLUG | Connect.PCI_DEVICE | Connect.PCI_BRIDGE, 1, 31),
    "pcie-root-port": (_PORT, 0, 0),
    "pcie-switch-downstream-port": (_PORT, 0, 0),
    "pcie-switch-upstream-port": (Connect.PCIE_SWITCH_DOWNSTREAM, 0, 31),
    "pcie-expander-bus": (Connect.PCIE_ROOT_PORT | Connect.DMI_TO_PCI_BRIDGE, 0, 31),
}


class Bus:
    """One bus: its model, and which functions of which slots are taken."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.flags, self.first, self.last = _BUSES[model]
        self.slots: dict[int, int] = {}
        self.aggregate: set[int] = set()

    @property
    def full(self) -> bool:
        """Is every slot in use?"""
        return all(self.slots.get(slot) for slot in range(self.first, self.last + 1))


def _compatible(bus: int, device: int, *, given: bool) -> bool:
    wanted = device & _TYPES
    if given and wanted & _ENDPOINTS and bus & _ENDPOINTS:
        return True
    if not wanted & bus:
        return False
    # A user may plug what can't be unplugged; we don't choose such a place for what should be.
    return given or not (device & Connect.HOTPLUG and not bus & Connect.HOTPLUG)


class Topology:
    """The buses of one guest.

    :param grow: buses are added where there is no room (the first, dry pass).
    :param bridges: PCI Express guests get a PCIe-to-PCI bridge for conventional devices, else a DMI-to-PCI bridge.
    :param many_roots: further host bridges instead of PCI bridges (POWER).
    """

    def __init__(self, models: dict[int, str], *, grow: bool, bridges: bool, many_roots: bool) -> None:
        self.grow = grow
        self._bridges = bridges
        self._many_roots = many_roots
        self.buses: list[Bus] = []
        last = max(models, default=-1)
        root = models.get(0, "pci-root")
        for index in range(last + 1):
            # Gaps are filled with what such a guest is extended by.
            default = "pci-root" if many_roots else "pci-bridge" if root == "pci-root" else "pcie-root-port"
            self.buses.append(Bus(models.get(index, default)))

    def reserve(self, address: PciAddress, flags: int, *, given: bool = False) -> None:
        """Take an address.

        :param given: by the user, who may mix PCI and PCI Express.
        :raises XmlError: it is in use, or can't be; ConfigUnsupportedError: the bus does not take such a device.
        """
        while address.bus >= len(self.buses):
            if not self.grow:
                raise XmlError(f"Cannot add PCI address {address}: there is no bus {address.bus}")
            if not self._extend(flags, upto=address.bus):
                raise InternalError(f"PCI address {address} uses a bus that can't be added automatically")
        bus = self.buses[address.bus]
        if address.domain:
            raise XmlError(f"Invalid PCI address {address}. Only PCI domain 0 is available")
        if not _compatible(bus.flags, flags, given=given):
            raise XmlError(
                f"The PCI controller at index='{address.bus}' with model='{bus.model}' does not take {address}"
            )
        if not bus.first <= address.slot <= bus.last:
            if address.slot < bus.first:
                raise XmlError(f"Invalid PCI address {address}. slot must be >= {bus.first}")
            raise XmlError(f"Invalid PCI address {address}. slot must be <= {bus.last}")
        taken = bus.slots.get(address.slot, 0)
        if taken & (1 << address.function):
            raise XmlError(f"Attempted double use of PCI Address {address}")
        if not taken and flags & Connect.AGGREGATE:
            bus.aggregate.add(address.slot)
        bus.slots[address.slot] = taken | (1 << address.function)

    def in_use(self, bus: int, slot: int) -> bool:
        """Is any function of a slot taken?"""
        return bus < len(self.buses) and bool(self.buses[bus].slots.get(slot))

    def function_in_use(self, bus: int, slot: int, function: int) -> bool:
        """Is this function taken?"""
        return bus < len(self.buses) and bool(self.buses[bus].slots.get(slot, 0) & (1 << function))

    def find(self, flags: int, function: int = 0) -> PciAddress:
        """A free place for a device, on the first bus that takes it.

        :raises InternalError: there is none, and no bus may be added.
        """
        for number, bus in enumerate(self.buses):
            if not _compatible(bus.flags, flags, given=False):
                continue
            for slot in range(bus.first, bus.last + 1):
                taken = bus.slots.get(slot, 0)
                if not taken:
                    return PciAddress(bus=number, slot=slot, function=function)
                if flags & Connect.AGGREGATE and slot in bus.aggregate and taken != 0xFF:
                    free = next(n for n in range(8) if not taken & (1 << n))
                    return PciAddress(bus=number, slot=slot, function=free)
        if self.grow and self._extend(flags):
            number = len(self.buses) - 1
            return PciAddress(bus=number, slot=self.buses[number].first, function=function)
        raise InternalError("No more available PCI slots")

    def _extend(self, flags: int, upto: int | None = None) -> bool:
        count = 1 if upto is None else upto - len(self.buses) + 1
        if flags & Connect.PCI_DEVICE or flags & Connect.PCI_BRIDGE:
            if self._many_roots:
                self.buses += [Bus("pci-root") for _ in range(count)]
                return True
            if not any(bus.flags & Connect.PCI_BRIDGE for bus in self.buses):
                # A guest with nothing but PCI Express so far.
                if self._bridges:
                    port = Bus("pcie-root-port")
                    port.slots[0] = 1  # the bridge sits in it
                    self.buses += [port, Bus("pcie-to-pci-bridge")]
                else:
                    self.buses += [Bus("dmi-to-pci-bridge"), Bus("pci-bridge")]
                return True
            self.buses += [Bus("pci-bridge") for _ in range(count)]
            return True
        if flags & (Connect.PCIE_DEVICE | Connect.PCIE_SWITCH_UPSTREAM | Connect.PCIE_TO_PCI_BRIDGE):
            self.buses += [Bus("pcie-root-port") for _ in range(count)]
            return True
        return False


def model_of(model: str | None) -> str:
    """The model of a PCI controller as a key of the tables here.

    :raises ConfigUnsupportedError: unknown.
    """
    if model not in _BUSES:
        raise ConfigUnsupportedError(f"PCI controller model '{model}' is not supported")
    return model
