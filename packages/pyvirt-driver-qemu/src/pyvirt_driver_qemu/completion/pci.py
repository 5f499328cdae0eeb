"""PCI addresses: slots of the buses a machine has, and bridges and root ports where they do not suffice.

As libvirt does it: devices on the board have fixed places; everything else gets the first slot of its kind in a fixed order of
device types. On PCI Express machines every hot-pluggable device sits behind a root port of its own, and a domain that
leaves its ports to us has one more, free for hotplug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import Device, PciAddress
from pyvirt_conf.domain.chardev import SerialTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.hostdev import MdevHostdev, PciHostdev, ScsiHostHostdev
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.misc import BalloonModel
from pyvirt_conf.domain.video import VideoType
from pyvirt_driver_qemu.command import machines
from pyvirt_util.errors import ConfigUnsupportedError, XmlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

_CONVENTIONAL = frozenset(("pci-root", "pci-bridge", "pcie-to-pci-bridge", "dmi-to-pci-bridge", "pci-expander-bus"))
_EXPRESS_PORTS = frozenset(("pcie-root-port", "pcie-switch-downstream-port"))
#: Cards that are conventional PCI also on a PCI Express machine.
_CONVENTIONAL_NICS = frozenset(("rtl8139", "ne2k_pci", "pcnet", "e1000", "tulip", "i82551", "i82557b", "i82559er"))
_MODEL_NAMES = {
    "pcie-root-port": "pcie-root-port",
    "pci-bridge": "pci-bridge",
    "dmi-to-pci-bridge": "i82801b11-bridge",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pci-expander-bus": "pxb",
    "pcie-expander-bus": "pxb-pcie",
}
#: Functions of USB 2 controllers and their companions, by model.
_USB2_FUNCTIONS = {"ich9-ehci1": 7, "ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2}


class Bus:
    """One PCI bus: which functions of which slots are taken."""

    def __init__(self, index: int, model: str) -> None:
        self.index = index
        self.model = model
        self.taken: dict[int, set[int]] = {}
        # Slots whose functions are shared by root ports.
        self.shared: set[int] = set()

    @property
    def slots(self) -> range:
        """The slots a device can be put into."""
        if self.model in _EXPRESS_PORTS or self.model == "pcie-switch-upstream-port":
            return range(1)
        if self.model == "dmi-to-pci-bridge":
            return range(32)
        return range(1, 32)

    def free_slot(self) -> int | None:
        """The first slot without any device."""
        return next((slot for slot in self.slots if slot not in self.taken), None)

    def free_port_function(self) -> tuple[int, int] | None:
        """Slot and function for a root port; eight of them share a slot."""
        for slot in self.slots:
            functions = self.taken.get(slot)
            if functions is None:
                return slot, 0
            if slot in self.shared:
                free = next((f for f in range(8) if f not in functions), None)
                if free is not None:
                    return slot, free
        return None

    def take(self, slot: int, function: int) -> None:
        """Mark a function as taken."""
        self.taken.setdefault(slot, set()).add(function)


def assign_pci_addresses(domain: Domain, capabilities: Capabilities) -> None:
    """Give every PCI device of the domain an address, adding bridges and root ports as needed."""
    root = "pcie-root" if machines.has_pcie_root(domain) else "pci-root" if machines.has_pci_root(domain) else None
    if root is None:
        return
    _Assignment(domain, capabilities, express=root == "pcie-root").run()


class _Assignment:
    def __init__(self, domain: Domain, capabilities: Capabilities, *, express: bool) -> None:
        self._domain = domain
        self._capabilities = capabilities
        self._express = express
        self._buses: dict[int, Bus] = {}

    def run(self) -> None:
        automatic = not any(c.index for c in self._pci_controllers())
        waiting = [device for device in self._devices() if not _placed(device)]
        self._add_controllers(waiting, automatic)
        self._buses = self._fresh_buses()
        self._board_devices()
        for controller in self._pci_controllers():
            self._place_controller(controller)
        for device in self._devices():
            if not _placed(device):
                self._place(device)
        self._name_controllers()
        self._mark_multifunction()

    def _pci_controllers(self) -> list[Controller]:
        found = [c for c in self._domain.devices.controllers if c.type is ControllerType.PCI]
        return sorted(found, key=lambda c: c.index or 0)

    def _fresh_buses(self) -> dict[int, Bus]:
        buses = {c.index or 0: Bus(c.index or 0, c.model or "") for c in self._pci_controllers()}
        for device in self._domain.devices.all():
            address = getattr(device, "address", None)
            if isinstance(address, PciAddress) and address.assigned:
                bus = buses.get(address.bus)
                if bus is None:
                    raise XmlError(
                        f"PCI address {address} is on bus {address.bus:#04x}, but there is no such PCI controller"
                    )
                functions = bus.taken.get(address.slot, set())
                if address.function in functions:
                    raise XmlError(f"attempted double use of PCI address {address}")
                bus.take(address.slot, address.function)
                if (
                    isinstance(device, Controller)
                    and device.model == "pcie-root-port"
                    and address.multifunction is not False
                ):
                    bus.shared.add(address.slot)
        return buses

    # Devices with a place on the board

    def _board_devices(self) -> None:
        bus = self._buses[0]
        if machines.is_q35(self._domain):
            self._board_q35(bus)
        elif machines.is_i440fx(self._domain):
            self._board_i440fx(bus)
        self._usb2_groups()

    def _board_q35(self, bus: Bus) -> None:
        bus.taken.setdefault(0x1F, set()).update((0, 3))
        for controller in self._domain.devices.controllers:
            if controller.type is ControllerType.SATA and not controller.index and not _placed(controller):
                self._fix(controller, 0x1F, 2)
            elif controller.type is ControllerType.PCI and controller.model == "dmi-to-pci-bridge":
                if not _placed(controller) and 0x1E not in bus.taken:
                    self._fix(controller, 0x1E, 0)
        self._primary_video(1)

    def _board_i440fx(self, bus: Bus) -> None:
        bus.taken.setdefault(1, set()).update((0, 3))
        for controller in self._domain.devices.controllers:
            if _placed(controller) or controller.index:
                continue
            if controller.type is ControllerType.IDE:
                self._fix(controller, 1, 1)
            elif controller.type is ControllerType.USB and controller.model == "piix3-uhci":
                self._fix(controller, 1, 2)
        self._primary_video(2)

    def _primary_video(self, slot: int) -> None:
        videos = self._domain.devices.videos
        if not videos or videos[0].model is None or videos[0].model.type is VideoType.NONE:
            return
        if not _placed(videos[0]) and slot not in self._buses[0].taken:
            self._fix(videos[0], slot, 0)

    def _usb2_groups(self) -> None:
        """An EHCI controller and its companions share a slot; the first two groups have one on the board."""
        groups: dict[int, list[Controller]] = {}
        for controller in self._domain.devices.controllers:
            if controller.type is ControllerType.USB and controller.model in _USB2_FUNCTIONS:
                groups.setdefault(controller.index or 0, []).append(controller)
        board = [0x1D, 0x1A] if machines.is_q35(self._domain) else []
        for members in groups.values():
            placed = next(
                (m.address for m in members if isinstance(m.address, PciAddress) and m.address.assigned), None
            )
            if placed is not None:
                bus, slot = self._buses[placed.bus], placed.slot
            else:
                on_board = next((slot for slot in board if slot not in self._buses[0].taken), None)
                if on_board is not None:
                    bus, slot = self._buses[0], on_board
                else:
                    found = self._conventional()
                    if found is None:
                        raise ConfigUnsupportedError("no PCI slot is left for the USB 2 controllers")
                    bus, slot = found
            for member in members:
                if not _placed(member):
                    self._fix(member, slot, _USB2_FUNCTIONS[member.model or ""], bus)

    def _fix(self, device: Device, slot: int, function: int, bus: Bus | None = None) -> None:
        bus = bus or self._buses[0]
        bus.take(slot, function)
        device.address = PciAddress(bus=bus.index, slot=slot, function=function)

    # How many buses are needed

    def _add_controllers(self, waiting: list[Device], automatic: bool) -> None:
        """Add the controllers that ``waiting`` needs; a dry run over copies of nothing but the buses."""
        self._buses = self._fresh_buses()
        saved = [(device, device.address) for device in self._domain.devices.all() if isinstance(device, Device)]
        self._board_devices()
        added: list[str] = []
        for controller in self._pci_controllers():
            if not _placed(controller) and controller.model != "pcie-root-port" and controller.index:
                self._count_controller(controller.model or "", added)
        for device in waiting:
            if _placed(device):
                continue
            self._count(device, added)
        if self._express and automatic and added:
            self._count_express(added)
        for device, address in saved:
            device.address = address
        for model in added:
            index = max((c.index or 0) for c in self._pci_controllers()) + 1
            self._domain.devices.controllers.append(Controller(type=ControllerType.PCI, index=index, model=model))

    def _count(self, device: Device, added: list[str]) -> None:
        if self._express and _is_express(device):
            self._count_express(added)
        else:
            found = self._conventional()
            if found is None:
                self._grow_conventional(added)
                found = self._conventional()
            assert found is not None
            found[0].take(found[1], 0)

    def _count_controller(self, model: str, added: list[str]) -> None:
        if model in ("pcie-to-pci-bridge", "pcie-switch-upstream-port"):
            self._count_express(added)

    def _count_express(self, added: list[str]) -> None:
        for bus in self._buses.values():
            if bus.model in _EXPRESS_PORTS and not bus.taken:
                bus.take(0, 0)
                return
        self._new_bus("pcie-root-port", added).take(0, 0)

    def _grow_conventional(self, added: list[str]) -> None:
        if self._express:
            self._new_bus("pcie-to-pci-bridge", added)
            self._count_express(added)
        else:
            self._new_bus("pci-bridge", added)

    def _new_bus(self, model: str, added: list[str]) -> Bus:
        index = max(self._buses) + 1
        if index > 255:
            raise ConfigUnsupportedError("more than 256 PCI buses are needed")
        bus = self._buses[index] = Bus(index, model)
        added.append(model)
        return bus

    # Placing

    def _conventional(self) -> tuple[Bus, int] | None:
        for bus in self._buses.values():
            if bus.model in _CONVENTIONAL and bus.model != "dmi-to-pci-bridge":
                slot = bus.free_slot()
                if slot is not None:
                    return bus, slot
        return None

    def _place_controller(self, controller: Controller) -> None:
        if _placed(controller) or not controller.index:
            return
        model = controller.model
        if model == "pcie-root-port":
            found = self._buses[0].free_port_function()
            if found is None:
                raise ConfigUnsupportedError("no place is left for another PCI Express root port")
            slot, function = found
            self._buses[0].shared.add(slot)
            self._fix(controller, slot, function)
            return
        if model in ("pcie-to-pci-bridge", "pcie-switch-upstream-port"):
            wanted: frozenset[str] = _EXPRESS_PORTS
        elif model == "pcie-switch-downstream-port":
            wanted = frozenset(("pcie-switch-upstream-port",))
        elif model in ("dmi-to-pci-bridge", "pcie-expander-bus"):
            wanted = frozenset(("pcie-root",))
        else:
            wanted = _CONVENTIONAL
        for bus in self._buses.values():
            if bus.model in wanted and bus.index != controller.index:
                free = range(32) if model == "pcie-switch-downstream-port" else bus.slots
                slot_found = next((slot for slot in free if slot not in bus.taken), None)
                if slot_found is not None:
                    self._fix(controller, slot_found, 0, bus)
                    return
        raise ConfigUnsupportedError(f"no PCI slot is left for {model} controller {controller.index}")

    def _place(self, device: Device) -> None:
        if self._express and _is_express(device):
            for bus in self._buses.values():
                if bus.model in _EXPRESS_PORTS and not bus.taken:
                    self._fix(device, 0, 0, bus)
                    return
        else:
            found = self._conventional()
            if found is not None:
                self._fix(device, found[1], 0, found[0])
                return
        raise ConfigUnsupportedError(f"no PCI slot is left for a {type(device).__name__.lower()} device")

    def _name_controllers(self) -> None:
        for controller in self._pci_controllers():
            model = controller.model or ""
            if controller.model_name is None and model in _MODEL_NAMES:
                controller.model_name = _MODEL_NAMES[model]
            address = controller.address
            if model in _EXPRESS_PORTS and isinstance(address, PciAddress):
                if controller.chassis is None:
                    controller.chassis = controller.index
                if controller.port is None:
                    controller.port = (address.slot << 3) + address.function
            elif model == "pci-bridge" and controller.chassis_nr is None:
                controller.chassis_nr = controller.index

    def _mark_multifunction(self) -> None:
        """Function 0 of a slot with more than one function says so."""
        for device in self._domain.devices.all():
            address = getattr(device, "address", None)
            if (
                isinstance(address, PciAddress)
                and address.assigned
                and address.function == 0
                and address.multifunction is None
                and len(self._buses[address.bus].taken.get(address.slot, ())) > 1
                and isinstance(device, Controller)
                and (device.model == "pcie-root-port" or device.model in _USB2_FUNCTIONS)
            ):
                address.multifunction = True

    # Which devices are PCI devices, in the order they get their slots

    def _devices(self) -> Iterator[Device]:
        devices = self._domain.devices
        yield from devices.filesystems
        for interface in devices.interfaces:
            if interface.type == "hostdev" or interface.model not in ("usb-net", "spapr-vlan", "smc91c111"):
                yield interface
        for sound in devices.sounds:
            if sound.model not in ("sb16", "pcspk", "usb"):
                yield sound
        for controller in devices.controllers:
            if _is_pci_controller(controller, self._domain):
                yield controller
        for disk in devices.disks:
            if disk.bus is DiskBus.VIRTIO:
                yield disk
        for hostdev in devices.hostdevs:
            if isinstance(hostdev, PciHostdev | MdevHostdev | ScsiHostHostdev):
                yield hostdev
        if devices.memballoon is not None and devices.memballoon.model is not BalloonModel.NONE:
            yield devices.memballoon
        yield from devices.rngs
        if devices.watchdog is not None and devices.watchdog.model == "i6300esb":
            yield devices.watchdog
        yield from devices.videos[1:]
        yield from devices.shmems
        for item in devices.inputs:
            if item.bus is InputBus.VIRTIO:
                yield item
        for serial in devices.serials:
            if serial.target_type is SerialTarget.PCI:
                yield serial
        for panic in devices.panics:
            if panic.model == "pvpanic":
                yield panic
        if devices.vsock is not None:
            yield devices.vsock


def _placed(device: Device) -> bool:
    """Whether a device has its address, of whatever kind; ``<address type='pci'/>`` asks for one."""
    address = device.address
    return address is not None and not (isinstance(address, PciAddress) and not address.assigned)


def _is_pci_controller(controller: Controller, domain: Domain) -> bool:
    if controller.type in (ControllerType.PCI, ControllerType.FDC, ControllerType.CCID, ControllerType.ISA):
        return False
    if controller.type is ControllerType.USB:
        return controller.model != "none" and controller.model not in _USB2_FUNCTIONS
    if controller.type is ControllerType.IDE:
        return bool(controller.index)
    return controller.type is not ControllerType.XENBUS


def _is_express(device: Device) -> bool:
    """Whether a device is PCI Express, on a machine that has it; virtio devices of the transitional kind are not."""
    model = str(getattr(device, "model", None) or "")
    if model == "virtio-transitional":
        return False
    if isinstance(device, Controller):
        if device.type is ControllerType.USB:
            return device.model in ("nec-xhci", "qemu-xhci")
        if device.type is ControllerType.SCSI:
            return device.model in ("virtio-scsi", "virtio-non-transitional")
        return device.type is ControllerType.VIRTIO_SERIAL
    kind = type(device).__name__
    if kind == "Interface":
        return model not in _CONVENTIONAL_NICS
    if kind == "Video":
        video = getattr(device, "model", None)
        return video is not None and video.type is VideoType.VIRTIO
    return kind not in ("Sound", "Watchdog", "Shmem", "Serial", "Panic")
