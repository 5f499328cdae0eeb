"""PCI addresses: what the chipsets fix, then one slot after the other (libvirt's qemuDomainAssignPCIAddresses).

Two passes. The first finds out how many buses are needed and adds their controllers, the second gives everybody a
place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.sound import SoundModel
from pyvirt_conf.domain.video import VideoType
from pyvirt_driver_qemu.command.machines import (
    has_pcie_root,
    is_i440fx,
    is_pseries,
    is_q35,
)
from pyvirt_driver_qemu.completion.pci_flags import connect_flags, is_integrated, wants_address
from pyvirt_driver_qemu.completion.pci_topology import Connect, Topology, model_of
from pyvirt_util.errors import XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

#: ICH9's EHCI controller and its companions are functions of one slot.
USB2_FUNCTIONS = {"ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2, "ich9-ehci1": 7}


def assign(domain: Domain, capabilities: Capabilities) -> None:
    """Give every PCI device its address, and add the bridges and ports they need.

    :raises VirtError: an address given by the user can't be, or there is no room.
    """
    controllers = _controllers(domain)
    if not controllers:
        return
    highest = max(controllers)
    dry = _Pass(domain, capabilities, grow=True)
    dry.place_fixed()
    if not has_pcie_root(domain) and not dry.full:
        # Room for a bridge, so that the guest can grow later.
        dry.take(Connect.PCI_DEVICE | Connect.HOTPLUG)
    dry.place_rest()
    if highest <= 0 and len(dry.topology.buses) > highest + 1 and has_pcie_root(domain):
        # Nobody chose the ports, so we do, and leave one free for plugging.
        dry.take(Connect.PCIE_DEVICE | Connect.HOTPLUG)
    for index in range(highest + 1, len(dry.topology.buses)):
        domain.devices.controllers.append(
            Controller(type=ControllerType.PCI, index=index, model=dry.topology.buses[index].model)
        )
    for index, bus in enumerate(dry.topology.buses[: highest + 1]):
        if index not in controllers:
            domain.devices.controllers.append(Controller(type=ControllerType.PCI, index=index, model=bus.model))
    final = _Pass(domain, capabilities, grow=False)
    final.place_all()
    final.store()
    _mark_multifunction(domain)
    _controller_options(domain, capabilities)


def _controllers(domain: Domain) -> dict[int, Controller]:
    return {c.index or 0: c for c in domain.devices.controllers if c.type is ControllerType.PCI}


class _Pass:
    """One walk over all devices; addresses are kept apart until :meth:`store`."""

    def __init__(self, domain: Domain, capabilities: Capabilities, *, grow: bool) -> None:
        self._domain = domain
        self._capabilities = capabilities
        self._chosen: list[tuple[Any, PciAddress]] = []
        self._placed: set[int] = set()
        models = {index: model_of(c.model) for index, c in _controllers(domain).items()}
        self.topology = Topology(
            models,
            grow=grow,
            bridges="pcie-pci-bridge" in capabilities,
            many_roots=is_pseries(domain),
        )
        self._reserve_given()

    @property
    def full(self) -> bool:
        """Is there no free slot on any bus?"""
        return all(bus.full for bus in self.topology.buses)

    def take(self, flags: int) -> None:
        """Take a slot for nobody."""
        self.topology.reserve(self.topology.find(flags), flags)

    def place_all(self) -> None:
        self.place_fixed()
        self.place_rest()

    def store(self) -> None:
        """Write the addresses into the devices."""
        for device, address in self._chosen:
            multi = device.address.multifunction if isinstance(device.address, PciAddress) else None
            if multi is not None:
                address.multifunction = multi
            device.address = address

    # -- what is given ---------------------------------------------------------------------------------------------

    def _reserve_given(self) -> None:
        for device in all_devices(self._domain):
            address = getattr(device, "address", None)
            if isinstance(address, PciAddress) and address.assigned:
                flags = connect_flags(self._domain, device, self._capabilities)
                if flags == Connect.NONE or (
                    isinstance(device, Controller) and device.model in ("pci-root", "pcie-root")
                ):
                    continue
                self._check_chipset(device, address)
                self.topology.reserve(address, flags, given=True)

    def _check_chipset(self, device: Any, address: PciAddress) -> None:
        if isinstance(device, Controller) and is_integrated(self._domain, device):
            fixed = (0, 1, 1) if device.type is ControllerType.IDE else (0, 0x1F, 2)
            if (address.bus, address.slot, address.function) != fixed:
                name = "IDE" if device.type is ControllerType.IDE else "SATA"
                raise XmlError(f"Primary {name} controller must have PCI address 0:0:{fixed[1]:x}.{fixed[2]}")

    def _fix(self, device: Any, slot: int, function: int = 0, *, flags: int | None = None) -> None:
        """Give a device of the board its place on bus 0."""
        address = PciAddress(bus=0, slot=slot, function=function)
        # The board's own devices don't ask for hotplug, whatever their kind.
        self.topology.reserve(address, flags or Connect.PCI_DEVICE | Connect.PCIE_DEVICE, given=True)
        self._chosen.append((device, address))
        self._placed.add(id(device))

    def _block(self, slot: int, function: int = 0) -> None:
        if not self.topology.function_in_use(0, slot, function):
            address = PciAddress(bus=0, slot=slot, function=function)
            self.topology.reserve(address, Connect.PCI_DEVICE | Connect.PCIE_DEVICE, given=True)

    # -- what the chipset fixes ------------------------------------------------------------------------------------

    def place_fixed(self) -> None:
        """The devices whose places the board prescribes or QEMU would choose by itself."""
        if is_i440fx(self._domain):
            self._piix3()
        elif is_q35(self._domain):
            self._q35()

    def _piix3(self) -> None:
        for controller in self._domain.devices.controllers:
            if not wants_address(controller):
                continue
            if controller.type is ControllerType.IDE and not controller.index:
                self._fix(controller, 1, 1)
            elif (
                controller.type is ControllerType.USB
                and not controller.index
                and controller.model in (None, "piix3-uhci")
            ):
                self._fix(controller, 1, 2)
        self._block(1)
        self._primary_video(2)

    def _q35(self) -> None:
        for controller in self._domain.devices.controllers:
            if not wants_address(controller):
                continue
            if controller.type is ControllerType.SATA and not controller.index:
                self._fix(controller, 0x1F, 2)
            elif controller.type is ControllerType.USB and controller.model in USB2_FUNCTIONS:
                self._ich9_usb(controller)
            elif controller.type is ControllerType.PCI and controller.model == "dmi-to-pci-bridge":
                if not self.topology.in_use(0, 0x1E):
                    self._fix(controller, 0x1E, flags=Connect.DMI_TO_PCI_BRIDGE)
        self._block(0x1F)
        self._block(0x1F, 3)
        self._primary_video(1)
        for sound in self._domain.devices.sounds:
            if sound.model is SoundModel.ICH9 and wants_address(sound):
                if not self.topology.in_use(0, 0x1B):
                    self._fix(sound, 0x1B)
                break

    def _ich9_usb(self, controller: Controller) -> None:
        """Slot 0x1d for the first set, 0x1a for another."""
        function = USB2_FUNCTIONS[controller.model or ""]
        for other, address in self._chosen:
            if (
                isinstance(other, Controller)
                and other.type is ControllerType.USB
                and other.index == controller.index
                and other.model in USB2_FUNCTIONS
                and not self.topology.function_in_use(0, address.slot, function)
            ):
                self._fix(controller, address.slot, function)
                return
        for slot in (0x1D, 0x1A):
            if not self.topology.in_use(0, slot):
                self._fix(controller, slot, function)
                return

    def _primary_video(self, slot: int) -> None:
        """QEMU puts the first video card into the first free slot, so guests know it there."""
        videos = self._domain.devices.videos
        if not videos or videos[0].model is None:
            return
        video = videos[0]
        if video.model is None or video.model.type in (VideoType.NONE, VideoType.RAMFB) or not wants_address(video):
            return
        if not self.topology.in_use(0, slot):
            self._fix(video, slot)
        else:
            self._next(video)

    # -- everything else -------------------------------------------------------------------------------------------

    def place_rest(self) -> None:
        """The others, in libvirt's order of kinds."""
        for device in _in_order(self._domain):
            if id(device) in self._placed or not wants_address(device):
                continue
            if isinstance(device, Controller) and device.type is ControllerType.USB and device.model in USB2_FUNCTIONS:
                self._usb2(device)
                continue
            self._next(device)

    def _next(self, device: Any) -> None:
        flags = connect_flags(self._domain, device, self._capabilities)
        if flags == Connect.NONE:
            return
        address = self.topology.find(flags)
        self.topology.reserve(address, flags)
        self._chosen.append((device, address))
        self._placed.add(id(device))

    def _usb2(self, controller: Controller) -> None:
        """The parts of one USB 2 controller share a slot."""
        function = USB2_FUNCTIONS[controller.model or ""]
        flags = connect_flags(self._domain, controller, self._capabilities)
        for other in self._domain.devices.controllers:
            if other is controller or other.type is not ControllerType.USB or other.index != controller.index:
                continue
            place = next((a for d, a in self._chosen if d is other), None)
            if place is None and isinstance(other.address, PciAddress) and other.address.assigned:
                place = other.address
            if place is not None:
                address = PciAddress(bus=place.bus, slot=place.slot, function=function)
                break
        else:
            address = self.topology.find(flags, function)
            address.function = function
        self.topology.reserve(address, flags, given=True)
        self._chosen.append((controller, address))
        self._placed.add(id(controller))


def all_devices(domain: Domain) -> Iterator[Any]:
    """Every device that can have an address."""
    for device in domain.devices.all():
        if hasattr(type(device), "address") or hasattr(device, "address"):
            yield device


def _in_order(domain: Domain) -> Iterator[Any]:
    """The devices in the order in which they get addresses."""
    devices = domain.devices
    for controller in devices.controllers:
        if controller.type is ControllerType.PCI and controller.model not in ("pci-root", "pcie-root"):
            yield controller
    yield from devices.filesystems
    yield from devices.interfaces
    yield from devices.sounds
    for controller in devices.controllers:
        if controller.type in (ControllerType.PCI, ControllerType.FDC, ControllerType.CCID):
            continue
        if controller.type is ControllerType.IDE and not controller.index:
            continue
        yield controller
    for disk in devices.disks:
        if disk.bus is DiskBus.VIRTIO:
            yield disk
    yield from devices.hostdevs
    if devices.memballoon is not None:
        yield devices.memballoon
    yield from devices.rngs
    if devices.watchdog is not None:
        yield devices.watchdog
    yield from devices.videos
    yield from devices.shmems
    yield from devices.inputs
    yield from devices.serials
    if devices.vsock is not None:
        yield devices.vsock
    yield from devices.memories
    yield from devices.panics
    if devices.iommu is not None:
        yield devices.iommu


def _mark_multifunction(domain: Domain) -> None:
    """Function 0 of a slot with others has to say so."""
    used: dict[tuple[int, int, int], int] = {}
    devices = [d for d in all_devices(domain) if isinstance(d.address, PciAddress) and d.address.assigned]
    for device in devices:
        address = device.address
        key = (address.domain, address.bus, address.slot)
        used[key] = used.get(key, 0) | (1 << address.function)
    for device in devices:
        address = device.address
        others = used[address.domain, address.bus, address.slot] & ~1
        if address.function == 0 and others and address.multifunction is None:
            address.multifunction = True


def _controller_options(domain: Domain, capabilities: Capabilities) -> None:
    """The device models of PCI controllers, and their numbers."""
    used = {c.chassis for c in domain.devices.controllers if c.chassis is not None}
    for controller in domain.devices.controllers:
        if controller.type is not ControllerType.PCI:
            continue
        if controller.model_name is None:
            controller.model_name = _model_name(domain, controller, capabilities)
        index = controller.index or 0
        address = controller.address if isinstance(controller.address, PciAddress) else PciAddress()
        if controller.model == "pci-bridge" and controller.chassis_nr is None:
            controller.chassis_nr = index
        elif controller.model == "pcie-root-port":
            if controller.chassis is None:
                controller.chassis = _free_chassis(used, index)
            if controller.port is None:
                controller.port = (address.slot << 3) + address.function
        elif controller.model == "pcie-switch-downstream-port":
            if controller.chassis is None:
                controller.chassis = _free_chassis(used, index)
            if controller.port is None:
                controller.port = address.slot
        elif controller.model in ("pci-expander-bus", "pcie-expander-bus") and controller.bus_nr is None:
            controller.bus_nr = _bus_number(domain)
        elif controller.model == "pci-root" and is_pseries(domain) and controller.target_index is None:
            controller.target_index = index


def _free_chassis(used: set[int], index: int) -> int:
    used.add(index)
    return index


def _bus_number(domain: Domain) -> int:
    """Expander buses are numbered down from 254, leaving room for those below."""
    lowest = min((c.bus_nr for c in domain.devices.controllers if c.bus_nr is not None), default=256)
    return lowest - 2


def _model_name(domain: Domain, controller: Controller, capabilities: Capabilities) -> str | None:
    names = {
        "pci-bridge": "pci-bridge",
        "dmi-to-pci-bridge": "i82801b11-bridge",
        "pcie-to-pci-bridge": "pcie-pci-bridge",
        "pcie-switch-upstream-port": "x3130-upstream",
        "pcie-switch-downstream-port": "xio3130-downstream",
        "pci-expander-bus": "pxb",
        "pcie-expander-bus": "pxb-pcie",
    }
    if controller.model == "pcie-root-port":
        return "pcie-root-port" if "pcie-root-port" in capabilities else "ioh3420"
    if controller.model == "pci-root" and is_pseries(domain):
        return "spapr-pci-host-bridge"
    return names.get(controller.model or "")
