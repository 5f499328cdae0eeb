"""What libvirt refuses of devices, whatever the hypervisor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import (
    CcwAddress,
    DeviceAddress,
    DriveAddress,
    PciAddress,
    Reconnect,
    UnassignedAddress,
    UsbAddress,
)
from pyvirt_conf.domain.chardev import (
    CharSource,
    Console,
    DevChar,
    FileChar,
    NmdmChar,
    Parallel,
    PipeChar,
    Serial,
    SocketMode,
    SpicePortChar,
    TcpChar,
    UdpChar,
    UnixChar,
)
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskDevice, IoTune
from pyvirt_conf.domain.hostdev import (
    Hostdev,
    MdevHostdev,
    MdevModel,
    PciHostdev,
    ScsiHostdev,
    ScsiHostHostdev,
    UsbHostdev,
    UsbHostSource,
)
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.misc import EgdBackend, HubType, Redirdev
from pyvirt_conf.domain.smartcard import PassthroughSmartcard
from pyvirt_conf.domain.storage import BlockSource, NetworkSource, StorageProtocol, VolumeSource
from pyvirt_conf.domain.video import Video, VideoType
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_conf.xml import Element


def validate_device(device: Element) -> None:
    """Check one device by itself.

    :raises VirtError: it contradicts itself.
    """
    if isinstance(device, Disk):
        _disk(device)
    elif isinstance(device, Controller):
        _controller(device)
    elif isinstance(device, Hostdev):
        _hostdev(device)


def validate_devices(domain: Domain) -> None:
    """Check every device, and what concerns several of them."""
    devices = domain.devices
    for device in devices.all():
        validate_device(device)
    _chardevs(domain)
    _same_disks(devices.disks)
    _drive_addresses(domain)
    _controllers(devices.controllers)
    _no_usb(domain)
    _same_hostdevs(devices.hostdevs)
    _videos(devices.videos)


# -- disks -----------------------------------------------------------------------------------------

_IOTUNE = ("bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max", "bytes_sec_max_length", "iops_sec_max_length")

_BUS_ADDRESSES: dict[DiskBus, tuple[type[DeviceAddress], ...]] = {
    DiskBus.IDE: (DriveAddress,),
    DiskBus.FDC: (DriveAddress,),
    DiskBus.SCSI: (DriveAddress,),
    DiskBus.SATA: (DriveAddress,),
    DiskBus.USB: (UsbAddress,),
}


def _disk(disk: Disk) -> None:
    allowed = _BUS_ADDRESSES.get(disk.bus) if disk.bus is not None else None
    if allowed is not None and disk.address is not None and not isinstance(disk.address, allowed):
        kind = dict(type(disk.address)._const)["type"]
        raise ConfigUnsupportedError(
            f"invalid address type '{kind}' for the disk '{disk.target}' with the bus type '{disk.bus}'"
        )
    if disk.iotune is not None:
        _iotune(disk.iotune)
    if disk.device is not DiskDevice.LUN:
        if disk.rawio is not None:
            raise XmlError("rawio can be used only with device='lun'")
        if disk.sgio is not None:
            raise XmlError("sgio can be used only with device='lun'")
    elif not _lun_source(disk):
        raise ConfigUnsupportedError(f"disk '{disk.target}': device='lun' is only valid for block type disk source")
    if disk.bus is not DiskBus.SCSI and (disk.vendor is not None or disk.product is not None):
        raise ConfigUnsupportedError(f"disk '{disk.target}': only scsi disks support vendor and product")
    if disk.copy_on_read and disk.readonly:
        raise ConfigUnsupportedError(f"disk '{disk.target}': copy_on_read is not compatible with a read-only disk")
    if disk.tray is not None and disk.device not in (DiskDevice.FLOPPY, DiskDevice.CDROM):
        raise XmlError(f"disk '{disk.target}': tray is only valid for cdrom and floppy")
    if disk.removable is not None and disk.bus not in (DiskBus.USB, DiskBus.SCSI):
        raise ConfigUnsupportedError(f"disk '{disk.target}': removable is only valid for usb or scsi disks")


def _lun_source(disk: Disk) -> bool:
    source = disk.source
    if isinstance(source, NetworkSource):
        return source.protocol is StorageProtocol.ISCSI
    return isinstance(source, (BlockSource, VolumeSource))


def _iotune(tune: IoTune) -> None:
    for name in _IOTUNE:
        total, read, write = (getattr(tune, f"{part}_{name}") for part in ("total", "read", "write"))
        if total and (read or write):
            raise XmlError(f"total and read/write {name} cannot be set at the same time")


def _same_disks(disks: list[Disk]) -> None:
    names: dict[str, Disk] = {}
    wwns: dict[str, Disk] = {}
    serials: dict[str, Disk] = {}
    for disk in disks:
        if disk.target in names:
            raise XmlError(f"target '{disk.target}' is there twice")
        names[disk.target] = disk
        for name, value, seen in (("wwn", disk.wwn, wwns), ("serial", disk.serial, serials)):
            if value is None:
                continue
            if value in seen and name == "wwn" and seen[value].serial == disk.serial:
                raise XmlError(f"disks '{seen[value].target}' and '{disk.target}' have identical {name} '{value}'")
            if value in seen and name == "serial" and seen[value].wwn == disk.wwn:
                raise XmlError(f"disks '{seen[value].target}' and '{disk.target}' have identical {name} '{value}'")
            seen[value] = disk


def _drive_addresses(domain: Domain) -> None:
    taken: dict[tuple[str, int, int, int, int], str] = {}
    for device in (*domain.devices.disks, *domain.devices.hostdevs):
        address = device.address
        if not isinstance(address, DriveAddress):
            continue
        if isinstance(device, Disk):
            bus, name = str(device.bus), f"disk '{device.target}'"
        elif isinstance(device, ScsiHostdev):
            bus, name = "scsi", "a scsi host device"
        else:
            continue
        place = (bus, address.controller, address.bus, address.target, address.unit)
        if place in taken:
            raise ConfigUnsupportedError(
                f"the address controller='{address.controller}' bus='{address.bus}' target='{address.target}' "
                f"unit='{address.unit}' of {name} is in use by {taken[place]}"
            )
        taken[place] = name


# -- controllers -----------------------------------------------------------------------------------


def _controller(controller: Controller) -> None:
    if controller.type is not ControllerType.PCI:
        return
    index, target = controller.index or 0, controller.target_index
    if index > 255:
        raise XmlError(f"pci controller index {index} is out of range, expected 0 to 255")
    if target is not None:
        if target > 30:
            raise XmlError(f"pci controller target index {target} is out of range, expected 0 to 30")
        if (index == 0) != (target == 0):
            raise ConfigUnsupportedError(
                "only the PCI controller with index 0 can have target index 0, and the other way round"
            )


def _controllers(controllers: list[Controller]) -> None:
    seen = set()
    usb_none = usb_other = False
    for controller in controllers:
        if controller.type is ControllerType.USB:
            # Companions share the index of their master.
            usb_none = usb_none or controller.model == "none"
            usb_other = usb_other or controller.model != "none"
            continue
        place = (controller.type, controller.index)
        if place in seen:
            raise XmlError(f"multiple '{controller.type}' controllers with index '{controller.index}'")
        seen.add(place)
    if usb_none and usb_other:
        raise XmlDetailError("can't add another USB controller: USB is disabled for this domain")


def _no_usb(domain: Domain) -> None:
    """A controller without a model of its own says that there is no USB at all."""
    devices = domain.devices
    if not any(c.type is ControllerType.USB and c.model == "none" for c in devices.controllers):
        return
    if any(hub.type is HubType.USB for hub in devices.hubs):
        raise XmlDetailError("can't add USB hub: USB is disabled for this domain")
    if any(item.bus is InputBus.USB for item in devices.inputs):
        raise XmlDetailError("can't add USB input device: USB is disabled for this domain")
    if any(isinstance(hostdev, UsbHostdev) for hostdev in devices.hostdevs):
        raise XmlDetailError("can't add host USB device: USB is disabled for this domain")


# -- host devices ----------------------------------------------------------------------------------

_HOSTDEV_ADDRESSES: dict[type[Hostdev], tuple[type[DeviceAddress], ...]] = {
    PciHostdev: (PciAddress, UnassignedAddress),
    UsbHostdev: (UsbAddress,),
    ScsiHostdev: (DriveAddress,),
    ScsiHostHostdev: (PciAddress, CcwAddress),
}
_MDEV_ADDRESSES: dict[MdevModel, tuple[type[DeviceAddress], ...]] = {
    MdevModel.VFIO_PCI: (PciAddress,),
    MdevModel.VFIO_CCW: (CcwAddress,),
    MdevModel.VFIO_AP: (),
}


def _hostdev(hostdev: Hostdev) -> None:
    if hostdev.address is None:
        return
    if isinstance(hostdev, MdevHostdev):
        allowed: tuple[type[DeviceAddress], ...] | None = _MDEV_ADDRESSES[hostdev.model]
        what = f"mediated device model '{hostdev.model}'"
    else:
        allowed = _HOSTDEV_ADDRESSES.get(type(hostdev))
        what = f"host device type '{hostdev.type}'"
    if allowed is not None and not isinstance(hostdev.address, allowed):
        kind = dict(type(hostdev.address)._const)["type"]
        raise XmlError(f"unsupported address type '{kind}' with {what}")


def _same_hostdevs(hostdevs: list[Hostdev]) -> None:
    for place, hostdev in enumerate(hostdevs):
        for other in hostdevs[:place]:
            if same_hostdev(hostdev, other):
                raise XmlError(f"host device of type '{hostdev.type}' is there twice")


def same_hostdev(one: Hostdev, other: Hostdev) -> bool:
    """Whether two name the same device of the host."""
    if type(one) is not type(other):
        return False
    if isinstance(one, UsbHostdev) and isinstance(other, UsbHostdev):
        return _same_usb(one.source, other.source)
    if isinstance(one, PciHostdev) and isinstance(other, PciHostdev):
        return one.source.address == other.source.address
    return bool(getattr(one, "source", one) == getattr(other, "source", other))


def _same_usb(one: UsbHostSource, other: UsbHostSource) -> bool:
    if one.bus is not None and other.bus is not None:
        return (one.bus, one.device) == (other.bus, other.device)
    if one.bus is None and other.bus is None:
        return (one.vendor, one.product) == (other.vendor, other.product)
    return False


def _videos(videos: list[Video]) -> None:
    none = [video for video in videos if video.model is not None and video.model.type is VideoType.NONE]
    if none and len(videos) > 1:
        raise ConfigUnsupportedError("a 'none' video type must be the only video device defined for the domain")


# -- character devices -----------------------------------------------------------------------------


def _chardevs(domain: Domain) -> None:
    devices = domain.devices
    ports: Iterable[Serial | Parallel | Console | Redirdev] = (
        *devices.serials,
        *devices.parallels,
        *devices.consoles,
        *devices.redirdevs,
    )
    for port in ports:
        check_source(port.source)
    for channel in devices.channels:
        check_source(channel.source, may_lack_path=True)
    for card in devices.smartcards:
        if isinstance(card, PassthroughSmartcard):
            check_source(card.source)
    for rng in devices.rngs:
        if isinstance(rng.backend, EgdBackend):
            check_source(rng.backend.source)


def check_source(source: CharSource, *, may_lack_path: bool = False) -> None:
    """The host's end of a character device is complete (virDomainChrSourceDefValidate).

    :param may_lack_path: the driver picks the path of a socket.
    """
    if isinstance(source, (FileChar, PipeChar, DevChar)) and source.path is None:
        raise XmlError(f"missing source path of a character device of type '{source.type}'")
    if isinstance(source, NmdmChar):
        for name, path in (("master", source.master), ("slave", source.slave)):
            if path is None:
                raise XmlError(f"missing {name} path of an nmdm device")
    if isinstance(source, TcpChar):
        for name, value in (("host", source.host), ("service", source.service)):
            if value is None:
                raise XmlError(f"missing source {name} of a character device of type 'tcp'")
    if isinstance(source, UdpChar) and source.service is None:
        raise XmlError("missing source service of a character device of type 'udp'")
    if isinstance(source, UnixChar) and source.path is None and not may_lack_path:
        raise XmlError("missing source path of a character device of type 'unix'")
    if isinstance(source, (TcpChar, UnixChar)) and source.mode is SocketMode.BIND:
        _no_reconnect(source.reconnect)
    if isinstance(source, SpicePortChar):
        if source.channel is None:
            raise XmlError("missing source channel of a character device of type 'spiceport'")
        if not all(c.isascii() and (c.isalnum() or c in "-_./:@") for c in source.channel):
            raise XmlError(f"invalid character in spice port channel '{source.channel}'")


def _no_reconnect(reconnect: Reconnect | None) -> None:
    if reconnect is not None and reconnect.enabled:
        raise ConfigUnsupportedError("chardev reconnect is possible only for connect mode")
