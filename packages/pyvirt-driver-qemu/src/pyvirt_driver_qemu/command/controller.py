"""Controllers: the buses other devices sit on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_driver_qemu.command.address import address_props, virtio_driver, virtio_props
from pyvirt_driver_qemu.command.machines import (
    PPC64,
    S390,
    has_builtin_ide,
    is_arm_virt,
    is_isapc,
    is_microvm,
    is_q35,
    is_riscv_virt,
)
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: The order in which types are added, as later ones sit on earlier ones. Card readers follow the USB hubs.
_ORDER = (
    ControllerType.PCI,
    ControllerType.USB,
    ControllerType.SCSI,
    ControllerType.IDE,
    ControllerType.SATA,
    ControllerType.VIRTIO_SERIAL,
)

_USB_DRIVERS = {
    "piix3-uhci": "piix3-usb-uhci",
    "piix4-uhci": "piix4-usb-uhci",
    "ehci": "usb-ehci",
    "ich9-ehci1": "ich9-usb-ehci1",
    "ich9-uhci1": "ich9-usb-uhci1",
    "ich9-uhci2": "ich9-usb-uhci2",
    "ich9-uhci3": "ich9-usb-uhci3",
    "vt82c686b-uhci": "vt82c686b-usb-uhci",
    "pci-ohci": "pci-ohci",
    "nec-xhci": "nec-usb-xhci",
    "qemu-xhci": "qemu-xhci",
}
_SCSI_DRIVERS = {
    "lsilogic": "lsi",
    "lsisas1068": "mptsas1068",
    "lsisas1078": "megasas",
    "ibmvscsi": "spapr-vscsi",
    "vmpvscsi": "pvscsi",
    "am53c974": "am53c974",
    "dc390": "dc390-scsi",
}


def controllers(context: Context) -> list[str]:
    """The arguments of all controllers but the card readers."""
    words: list[str] = []
    usb = 0
    for kind in _ORDER:
        for controller in context.domain.devices.controllers:
            if controller.type is not kind:
                continue
            if kind is ControllerType.USB:
                if controller.model == "none":
                    usb += 1
                    continue
                if controller.model is None and not _no_legacy_usb(context):
                    continue
                usb += 1
            props = controller_props(context, controller)
            if props:
                words += context.device(props)
    if usb == 0 and not _no_legacy_usb(context):
        words.append("-usb")
    return words


def _no_legacy_usb(context: Context) -> bool:
    domain = context.domain
    if is_q35(domain) or is_isapc(domain) or is_microvm(domain):
        return True
    return is_arm_virt(domain) or is_riscv_virt(domain) or domain.os.arch in S390


def card_readers(context: Context) -> list[str]:
    """The arguments of smart card readers, which sit on USB."""
    words: list[str] = []
    for controller in context.domain.devices.controllers:
        if controller.type is ControllerType.CCID:
            words += context.device({"driver": "usb-ccid", "id": controller.alias} | address_props(context, controller))
    return words


def controller_props(context: Context, controller: Controller) -> Props:
    """The properties of one controller; empty for those the board has."""
    kind = controller.type
    if kind is ControllerType.PCI:
        props = _pci(context, controller)
    elif kind is ControllerType.USB:
        props = _usb(context, controller)
    elif kind is ControllerType.SCSI:
        props = _scsi(context, controller)
    elif kind is ControllerType.IDE:
        if not has_builtin_ide(context.domain) or controller.index:
            raise ConfigUnsupportedError("Only a single IDE controller is supported for this machine type")
        return {}
    elif kind is ControllerType.SATA:
        if is_q35(context.domain) and not controller.index:
            return {}
        props = {"driver": "ahci", "id": controller.alias}
    elif kind is ControllerType.VIRTIO_SERIAL:
        props = _virtio_serial(controller)
    else:
        return {}
    return props | address_props(context, controller) if props else {}


def _pci(context: Context, controller: Controller) -> Props:
    name = controller.model_name
    if controller.model in ("pci-root", "pcie-root"):
        if name != "spapr-pci-host-bridge" or not (controller.target_index or controller.index):
            return {}
        props: Props = {"driver": name, "index": controller.target_index, "id": controller.alias}
        if controller.numa_node is not None:
            props["numa_node"] = controller.numa_node
        return props
    if name is None:
        raise InternalError(f"PCI controller {controller.index} has no device model")
    if controller.model == "pci-bridge":
        return {"driver": name, "chassis_nr": controller.chassis_nr, "id": controller.alias}
    if controller.model in ("pci-expander-bus", "pcie-expander-bus"):
        props = {"driver": name, "bus_nr": controller.bus_nr, "id": controller.alias}
        if controller.numa_node is not None:
            props["numa_node"] = controller.numa_node
        return props
    if controller.model in ("pcie-root-port", "pcie-switch-downstream-port"):
        props = {"driver": name, "port": controller.port, "chassis": controller.chassis}
        if controller.model == "pcie-root-port" and controller.hotplug is not None:
            props["hotplug"] = controller.hotplug
        props["id"] = controller.alias
        return props
    return {"driver": name, "id": controller.alias}


def _usb(context: Context, controller: Controller) -> Props:
    model = controller.model or "piix3-uhci"
    driver = _USB_DRIVERS.get(model)
    if driver is None:
        raise ConfigUnsupportedError(f"{model} not supported in this QEMU binary")
    props: Props = {"driver": driver}
    if controller.ports is not None:
        props |= {"p2": controller.ports, "p3": controller.ports}
    if controller.master is not None:
        # A companion belongs to the bus of its master and has no name of its own.
        master = next(
            (
                other.alias
                for other in context.domain.devices.controllers
                if other.type is ControllerType.USB and other.index == controller.index and other.master is None
            ),
            controller.alias,
        )
        props |= {"masterbus": f"{master}.0", "firstport": controller.master.startport}
    else:
        props["id"] = controller.alias
    return props


def _scsi(context: Context, controller: Controller) -> Props:
    model = controller.model
    if model in ("virtio-scsi", "virtio-transitional", "virtio-non-transitional"):
        props: Props = {"driver": virtio_driver(controller, "virtio-scsi", model)}
        if controller.iothread:
            props["iothread"] = f"iothread{controller.iothread}"
        props |= virtio_props(controller) | {"id": controller.alias}
    else:
        driver = _SCSI_DRIVERS.get(model or "")
        if driver is None:
            raise ConfigUnsupportedError(f"Unsupported controller model: {model}")
        props = {"driver": driver, "id": controller.alias}
    for name, value in (
        ("num_queues", controller.queues),
        ("cmd_per_lun", controller.cmd_per_lun),
        ("max_sectors", controller.max_sectors),
    ):
        if value:
            props[name] = value
    if controller.ioeventfd is not None:
        props["ioeventfd"] = controller.ioeventfd
    return props


def _virtio_serial(controller: Controller) -> Props:
    props: Props = {"driver": virtio_driver(controller, "virtio-serial", controller.model)}
    props |= virtio_props(controller) | {"id": controller.alias}
    if controller.ports is not None:
        props["max_ports"] = controller.ports
    if controller.vectors is not None:
        props["vectors"] = controller.vectors
    return props


def global_options(context: Context) -> list[str]:
    """The 64-bit PCI hole, a property of the board's host bridge."""
    from pyvirt_driver_qemu.command.machines import is_i440fx

    for controller in context.domain.devices.controllers:
        if controller.type is ControllerType.PCI and controller.pcihole64:
            if controller.model == "pci-root" and is_i440fx(context.domain):
                bridge = "i440FX-pcihost"
            elif controller.model == "pcie-root" and is_q35(context.domain):
                bridge = "q35-pcihost"
            else:
                raise ConfigUnsupportedError("Setting the 64-bit PCI hole size is not supported for this machine")
            return ["-global", f"{bridge}.pci-hole64-size={controller.pcihole64}K"]
    return []


def is_spapr(context: Context) -> bool:
    """Is it a POWER guest?"""
    return context.domain.os.arch in PPC64
