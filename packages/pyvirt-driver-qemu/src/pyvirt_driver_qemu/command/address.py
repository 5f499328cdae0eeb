"""Where a device sits, as properties of ``-device``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import (
    CcidAddress,
    CcwAddress,
    DeviceAddress,
    DimmAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_driver_qemu.command.machines import bus_name
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def controller_alias(context: Context, kind: ControllerType, index: int) -> str:
    """The alias of a controller.

    :raises InternalError: there is none of this type and index.
    """
    for controller in context.domain.devices.controllers:
        if controller.type is kind and (controller.index or 0) == index:
            if controller.alias is None:
                raise InternalError(f"{kind} controller {index} has no alias")
            return controller.alias
    raise InternalError(f"there is no {kind} controller with index {index}")


def pci_bus(context: Context, index: int) -> str:
    """QEMU's name of a PCI bus: that of the board for bus 0, else its controller's alias."""
    if index == 0:
        root = root_controller(context)
        if root is None or root.model == "pcie-root" or bus_name(context.domain) == "pcie.0":
            return bus_name(context.domain)
        return "pci.0" if root.alias in (None, "pci.0") else str(root.alias)
    alias = controller_alias(context, ControllerType.PCI, index)
    controller = next(
        c for c in context.domain.devices.controllers if c.type is ControllerType.PCI and c.index == index
    )
    # The host bridges of POWER have their bus under another name.
    return f"{alias}.0" if controller.model_name == "spapr-pci-host-bridge" else alias


def root_controller(context: Context) -> Controller | None:
    """The controller of PCI bus 0."""
    for controller in context.domain.devices.controllers:
        if controller.type is ControllerType.PCI and not controller.index:
            return controller
    return None


def address_props(context: Context, device: Any) -> Props:
    """The properties that place ``device``; empty for those that have no place or get it in another way."""
    address: DeviceAddress | None = device.address
    props: Props = {}
    if isinstance(address, PciAddress):
        props = _pci(context, address)
    elif isinstance(address, UsbAddress):
        alias = controller_alias(context, ControllerType.USB, address.bus)
        props = {"bus": f"{alias}.0"}
        if address.port:
            props["port"] = address.port
    elif isinstance(address, CcidAddress):
        alias = controller_alias(context, ControllerType.CCID, address.controller)
        props = {"bus": f"{alias}.0"}
    elif isinstance(address, VirtioSerialAddress):
        alias = controller_alias(context, ControllerType.VIRTIO_SERIAL, address.controller)
        props = {"bus": f"{alias}.{address.bus}", "nr": address.port}
    elif isinstance(address, SpaprVioAddress):
        if address.reg is not None:
            props = {"reg": address.reg}
    elif isinstance(address, CcwAddress):
        if address.devno is not None:
            props = {"devno": f"{address.cssid or 0:x}.{address.ssid or 0:x}.{address.devno:04x}"}
    elif isinstance(address, IsaAddress):
        if address.iobase:
            props["iobase"] = address.iobase
        if address.irq:
            props["irq"] = address.irq
    elif isinstance(address, DimmAddress):
        props["slot"] = address.slot
        if address.base:
            props["addr"] = address.base
    index = getattr(device, "acpi_index", None)
    if index:
        props["acpi-index"] = index
    return props


def _pci(context: Context, address: PciAddress) -> Props:
    props: Props = {"bus": pci_bus(context, address.bus)}
    if address.multifunction is not None:
        props["multifunction"] = address.multifunction
    function = f".0x{address.function:x}" if address.function else ""
    props["addr"] = f"0x{address.slot:x}{function}"
    return props


def boot_props(context: Context, device: Any) -> Props:
    """The place in the boot order."""
    place = context.boot_index(device)
    if place is None:
        return {}
    return {"bootindex": place[0]}


def rom_props(device: Any) -> Props:
    """The option ROM of a PCI device."""
    rom = getattr(device, "rom", None)
    if rom is None:
        return {}
    props: Props = {}
    if rom.enabled is False:
        return {"rombar": 0}
    if rom.bar is not None:
        props["rombar"] = int(rom.bar)
    if rom.file is not None:
        props["romfile"] = rom.file
    return props


def virtio_props(device: Any) -> Props:
    """The options every virtio device has, for its properties."""
    props: Props = {}
    for field, name in (
        ("iommu", "iommu_platform"),
        ("ats", "ats"),
        ("packed", "packed"),
        ("page_per_vq", "page-per-vq"),
    ):
        value = getattr(device, field, None)
        if value is not None:
            props[name] = value
    return props


def virtio_driver(device: Any, base: str, model: str | None = None) -> str:
    """The virtio device's name for the bus it sits on: ``virtio-blk`` and ``pci`` make ``virtio-blk-pci``.

    :param model: libvirt's model: ``virtio-transitional`` and ``virtio-non-transitional`` choose the form on PCI.
    """
    address = device.address
    kind = getattr(address, "type", None)
    if kind == "ccw":
        suffix = "-ccw"
    elif kind in ("virtio-mmio", "virtio-s390"):
        suffix = "-device" if kind == "virtio-mmio" else "-s390"
    else:
        suffix = "-pci"
    if suffix == "-pci" and model in ("virtio-transitional", "virtio-non-transitional"):
        suffix += model.removeprefix("virtio")
    return base + suffix
