"""Devices of the host given to the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DriveAddress
from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.hostdev import (
    GuestReset,
    Hostdev,
    MdevHostdev,
    MdevModel,
    PciHostdev,
    ScsiHostdev,
    ScsiHostHostdev,
    ScsiHostSource,
    ScsiIscsiSource,
    UsbHostdev,
)
from pyvirt_conf.domain.interface import HostdevNetSource, Interface, NetType, Teaming, TeamingType
from pyvirt_conf.domain.storage import NetworkSource, StorageProtocol
from pyvirt_driver_qemu.command.address import address_props, boot_props, rom_props, virtio_driver
from pyvirt_driver_qemu.command.blockdev import Image
from pyvirt_driver_qemu.command.interface import actual_type
from pyvirt_driver_qemu.command.props import Props, as_json
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: The device file of a USB device by bus and number.
USB_DEVICE = "/dev/bus/usb/{bus:03d}/{device:03d}"


def interface_hostdevs(context: Context) -> list[str]:
    """Network cards of the host that the domain lists among its interfaces."""
    words: list[str] = []
    for interface in context.domain.devices.interfaces:
        if actual_type(interface) is NetType.HOSTDEV:
            words += context.device(_interface_props(context, interface))
    return words


def _interface_props(context: Context, interface: Interface) -> Props:
    source = interface.actual.source if interface.actual is not None else interface.source
    if not isinstance(source, HostdevNetSource) or source.address is None:
        raise InternalError(f"interface '{interface.alias}' names no device of the host")
    props: Props = {"driver": "vfio-pci", "host": str(source.address), "id": interface.alias}
    props |= boot_props(context, interface) | _teaming(interface.teaming)
    return props | address_props(context, interface) | rom_props(interface)


def hostdevs(context: Context) -> list[str]:
    """The arguments of all devices of the host."""
    words: list[str] = []
    for device in context.domain.devices.hostdevs:
        if isinstance(device, PciHostdev):
            words += context.device(pci_props(context, device))
        elif isinstance(device, UsbHostdev):
            words += context.device(usb_props(context, device))
        elif isinstance(device, ScsiHostdev):
            words += _scsi(context, device)
        elif isinstance(device, ScsiHostHostdev):
            words += context.device(_vhost_scsi(context, device))
        elif isinstance(device, MdevHostdev):
            words += context.device(mdev_props(context, device))
        else:
            raise ConfigUnsupportedError(f"hostdev mode '{device.mode}' is not supported by QEMU")
    return words


def _teaming(teaming: Teaming | None) -> Props:
    if teaming is None or teaming.type is not TeamingType.TRANSIENT:
        return {}
    return {"failover_pair_id": teaming.persistent}


def pci_props(context: Context, device: PciHostdev) -> Props:
    """A PCI device through VFIO."""
    props: Props = {"driver": "vfio-pci", "host": str(device.source.address), "id": device.alias}
    if device.source.write_filtering is not None:
        props["x-pci-write-filtering"] = device.source.write_filtering
    props |= boot_props(context, device) | _teaming(device.teaming)
    return props | address_props(context, device) | rom_props(device)


def usb_props(context: Context, device: UsbHostdev) -> Props:
    """A USB device, through its device file where QEMU can take it."""
    source = device.source
    if source.bus is None or source.device is None:
        raise InternalError("USB host device is missing bus/device information")
    props: Props = {"driver": "usb-host"}
    if context.has("usb-host.hostdevice"):
        props["hostdevice"] = USB_DEVICE.format(bus=source.bus, device=source.device)
    else:
        props |= {"hostbus": source.bus, "hostaddr": source.device}
    props["id"] = device.alias
    props |= boot_props(context, device)
    if source.guest_reset is not None:
        props |= {
            GuestReset.OFF: {"guest-reset": False},
            GuestReset.UNINITIALIZED: {"guest-reset": True, "guest-resets-all": False},
            GuestReset.ON: {"guest-reset": True, "guest-resets-all": True},
        }[source.guest_reset or GuestReset.OFF]
    return props | address_props(context, device)


def _scsi(context: Context, device: ScsiHostdev) -> list[str]:
    """A SCSI device: a node that speaks to it, and the guest's device."""
    source = device.source
    node = f"libvirt-{context.next_backend()}-backend"
    props: Props
    if isinstance(source, ScsiIscsiSource):
        network = NetworkSource(
            protocol=StorageProtocol.ISCSI,
            name=source.name,
            hosts=source.hosts,
            auth=source.auth,
            initiator=source.initiator,
        )
        from pyvirt_conf.domain.storage import ImageFormat
        from pyvirt_driver_qemu.command.blockdev import storage_props

        image = Image(network, ImageFormat.RAW, 0, name=node.removesuffix("-backend"))
        props = storage_props(image)
        for name in ("auto-read-only", "discard"):
            del props[name]
    elif isinstance(source, ScsiHostSource):
        props = {"driver": "host_device", "filename": context.scsi_generic(source)}
    else:
        raise ConfigUnsupportedError(f"SCSI host device of protocol '{source.protocol}' is not supported")
    props |= {"node-name": node, "read-only": device.readonly}
    words = ["-blockdev", as_json(props)]
    return words + context.device(scsi_props(context, device, node))


def scsi_props(context: Context, device: ScsiHostdev, node: str) -> Props:
    """The guest's end of a SCSI device."""
    address = device.address
    if not isinstance(address, DriveAddress):
        raise InternalError(f"SCSI host device '{device.alias}' has no drive address")
    props: Props = {"driver": "scsi-generic"}
    if device.shareable:
        props["share-rw"] = True
    props |= {"drive": node, "id": device.alias}
    props |= boot_props(context, device)
    controller = next(
        (
            c
            for c in context.domain.devices.controllers
            if c.type is ControllerType.SCSI and (c.index or 0) == address.controller
        ),
        None,
    )
    if controller is None:
        raise InternalError(f"there is no SCSI controller {address.controller}")
    props["bus"] = f"{controller.alias}.0"
    if controller.model == "lsilogic":
        return props | {"scsi-id": address.unit}
    return props | {"channel": address.bus, "scsi-id": address.target, "lun": address.unit}


def _vhost_scsi(context: Context, device: ScsiHostHostdev) -> Props:
    model = str(device.model) if device.model else None
    props: Props = {"driver": virtio_driver(device, "vhost-scsi", model), "wwpn": device.source.wwpn}
    props |= {"vhostfd": str(context.vhost_scsi_fd()), "id": device.alias}
    return props | address_props(context, device)


def mdev_props(context: Context, device: MdevHostdev) -> Props:
    """A mediated device through VFIO."""
    driver = {MdevModel.VFIO_PCI: "vfio-pci", MdevModel.VFIO_CCW: "vfio-ccw", MdevModel.VFIO_AP: "vfio-ap"}[
        device.model
    ]
    if device.ramfb:
        driver = "vfio-pci-nohotplug"
    props: Props = {"driver": driver, "id": device.alias}
    props["sysfsdev"] = f"/sys/bus/mdev/devices/{device.source.uuid}"
    if device.display is not None:
        props["display"] = "on" if device.display else "off"
    if device.ramfb:
        props["ramfb"] = True
    return props | boot_props(context, device) | address_props(context, device)


def is_passed_through(device: Hostdev) -> bool:
    """Does the guest drive the device itself, so that its memory has to stay where it is?"""
    return isinstance(device, PciHostdev | MdevHostdev)
