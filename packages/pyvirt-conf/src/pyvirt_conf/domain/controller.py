"""Controllers: buses that other devices are attached to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.document import only_one
from pyvirt_conf.domain.address import Device, UsbMaster, VirtioDriver
from pyvirt_conf.xml import U32, BadValue, Mode, Natural, Node, OnOff, attr, child, element, fail, integer, sized, text


class ControllerType(StrEnum):
    """virDomainControllerType."""

    IDE = "ide"
    FDC = "fdc"
    SCSI = "scsi"
    SATA = "sata"
    VIRTIO_SERIAL = "virtio-serial"
    CCID = "ccid"
    USB = "usb"
    PCI = "pci"
    XENBUS = "xenbus"
    ISA = "isa"


PCI_MODELS = (
    "pci-root",
    "pcie-root",
    "pci-bridge",
    "dmi-to-pci-bridge",
    "pcie-to-pci-bridge",
    "pcie-root-port",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "pci-expander-bus",
    "pcie-expander-bus",
)
MODELS: dict[ControllerType, tuple[str, ...]] = {
    ControllerType.IDE: ("piix3", "piix4", "ich6"),
    ControllerType.SCSI: (
        "auto",
        "buslogic",
        "lsilogic",
        "lsisas1068",
        "vmpvscsi",
        "ibmvscsi",
        "virtio-scsi",
        "lsisas1078",
        "virtio-transitional",
        "virtio-non-transitional",
        "ncr53c90",
        "dc390",
        "am53c974",
    ),
    ControllerType.USB: (
        "piix3-uhci",
        "piix4-uhci",
        "ehci",
        "ich9-ehci1",
        "ich9-uhci1",
        "ich9-uhci2",
        "ich9-uhci3",
        "vt82c686b-uhci",
        "pci-ohci",
        "nec-xhci",
        "qusb1",
        "qusb2",
        "qemu-xhci",
        "none",
    ),
    ControllerType.PCI: PCI_MODELS,
    ControllerType.VIRTIO_SERIAL: ("virtio", "virtio-transitional", "virtio-non-transitional"),
}
"""The models of each type that has any."""

VIRTIO_SCSI = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")

USB_COMPANIONS: dict[str | None, int] = {"ich9-uhci1": 0, "ich9-uhci2": 2, "ich9-uhci3": 4}
"""USB 1 companions of ICH9's USB 2 controller, and the first of its ports each serves."""

PCI_MODEL_NAMES = (
    "none",
    "pci-bridge",
    "i82801b11-bridge",
    "pcie-pci-bridge",
    "ioh3420",
    "x3130-upstream",
    "xio3130-downstream",
    "pxb",
    "pxb-pcie",
    "pcie-root-port",
    "spapr-pci-host-bridge",
    "pci-root",
)

Byte = Annotated[int, integer(0, 255, base=0)]
ByteHex = Annotated[int, integer(0, 255, base=0, form="0x{:x}")]


@element("controller")
class Controller(Device, VirtioDriver):
    """A bus. ``model`` is one of :data:`MODELS` for the type."""

    _always = ("@type", "model/@name")

    type: ControllerType = attr(default=ControllerType.IDE)
    index: Natural | None = attr()
    model: str | None = attr()
    ports: Natural | None = attr()
    vectors: Natural | None = attr()
    max_grant_frames: Natural | None = attr("@maxGrantFrames")
    max_event_channels: Natural | None = attr("@maxEventChannels")
    model_name: str | None = attr("model/@name", omit="none")
    chassis_nr: Byte | None = attr("target/@chassisNr")
    chassis: Byte | None = attr("target/@chassis")
    port: ByteHex | None = attr("target/@port")
    bus_nr: Byte | None = attr("target/@busNr")
    target_index: Natural | None = attr("target/@index")
    hotplug: OnOff | None = attr("target/@hotplug")
    numa_node: Natural | None = text("target/node")
    queues: U32 | None = attr("driver/@queues", omit=0)
    cmd_per_lun: U32 | None = attr("driver/@cmd_per_lun", omit=0)
    max_sectors: U32 | None = attr("driver/@max_sectors", omit=0)
    ioeventfd: OnOff | None = attr("driver/@ioeventfd")
    iothread: U32 | None = attr("driver/@iothread", omit=0)
    master: UsbMaster | None = child(rank=92)
    pcihole64: int | None = sized("pcihole64", rank=98)

    def _parsed(self, node: Node, mode: Mode) -> None:
        only_one(node, mode, "model", "target")
        if self.model is not None:
            allowed = MODELS.get(self.type, ())
            if self.model not in allowed:
                known = f"expected one of {', '.join(allowed)}" if allowed else "it has no models"
                fail(node, mode, f"unknown model '{self.model}' of {self.type} controller, {known}", "@model")
        if self.model in USB_COMPANIONS and self.master is None:
            self.master = UsbMaster(startport=USB_COMPANIONS[self.model])
        if self.type is ControllerType.PCI:
            if self.model_name is not None and self.model_name not in PCI_MODEL_NAMES:
                raise BadValue(f"unknown pci controller model name '{self.model_name}'")
            if self.model not in ("pci-root", "pcie-root", None) and self.index == 0:
                raise BadValue("index 0 of pci controllers is kept for the root bus")
        else:
            self.pcihole64 = None
            self.model_name = self.chassis_nr = self.chassis = self.port = self.bus_nr = None
            self.target_index = self.hotplug = self.numa_node = None
        if self.type is not ControllerType.VIRTIO_SERIAL:
            self.vectors = None
            if self.type is not ControllerType.USB:
                self.ports = None
        if self.iothread and (self.type is not ControllerType.SCSI or self.model not in VIRTIO_SCSI):
            fail(node, mode, "iothread is only supported for virtio-scsi controllers", "driver/@iothread")
        if self.type is ControllerType.USB and self.model == "none":
            # There is no device that could be anywhere.
            self.alias = self.acpi_index = self.address = None
        if self.type is not ControllerType.XENBUS:
            self.max_grant_frames = self.max_event_channels = None
