"""Disks, and where their images are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DeviceAddress, DriveAddress
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskCache, DiskDevice, DiskSnapshot, IoTune, Sgio
from pyvirt_conf.domain.hostdev import ScsiHostdev
from pyvirt_conf.domain.storage import (
    Auth,
    BlockSource,
    DirSource,
    Encryption,
    EncryptionFormat,
    FileSource,
    ImageFormat,
    NetworkSource,
    NvmeSource,
    SecretUsage,
    StartupPolicy,
    StorageProtocol,
    StorageSource,
    VhostUserSource,
    VolumeSource,
)
from pyvirt_conf.domain.validation.virtio import no_virtio_options
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, NoSourceError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_IOTUNE = ("bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max")

_BUS_ADDRESSES: dict[DiskBus, tuple[type[DeviceAddress], ...]] = {
    DiskBus.IDE: (DriveAddress,),
    DiskBus.FDC: (DriveAddress,),
    DiskBus.SCSI: (DriveAddress,),
    DiskBus.SATA: (DriveAddress,),
}
_NAMES = ("hd", "sd", "vd", "xvd", "ubd")

_AUTH_PROTOCOLS = (
    StorageProtocol.ISCSI,
    StorageProtocol.HTTP,
    StorageProtocol.HTTPS,
    StorageProtocol.FTP,
    StorageProtocol.FTPS,
    StorageProtocol.SSH,
    StorageProtocol.RBD,
)
_AUTH_USAGE = {StorageProtocol.ISCSI: SecretUsage.ISCSI, StorageProtocol.RBD: SecretUsage.CEPH}


def check_descriptors(disk: Disk) -> None:
    """Refuse images that are file descriptors, for drivers that can't pass them."""
    if isinstance(disk.source, FileSource) and disk.source.fdgroup is not None:
        raise ConfigUnsupportedError(f"driver does not support FD passing for disk '{disk.target}'")


def check_disk(disk: Disk, domain: Domain) -> None:
    """Check one disk (virDomainDiskDefValidate)."""
    for source in _chain(disk):
        _source(source, source.auth, source.encryption)
    _source(disk.source, disk.auth, disk.encryption)
    if disk.sgio is Sgio.UNFILTERED:
        raise ConfigUnsupportedError("unfiltered sgio is no longer supported")
    if disk.device is DiskDevice.LUN:
        _lun(disk)
    else:
        if disk.source.reservations is not None:
            raise ConfigUnsupportedError("<reservations/> allowed only for lun devices")
        for name in ("rawio", "sgio"):
            if getattr(disk, name) is not None:
                raise ConfigUnsupportedError(f"{name} can be used only with device='lun'")
    if disk.iotune is not None:
        _iotune(disk.iotune)
    allowed = _BUS_ADDRESSES.get(disk.bus) if disk.bus is not None else None
    if allowed is not None and disk.address is not None and not isinstance(disk.address, allowed):
        kind = dict(type(disk.address)._const)["type"]
        raise ConfigUnsupportedError(
            f"invalid address type '{kind}' for the disk '{disk.target}' with the bus type '{disk.bus}'"
        )
    if disk.bus is not DiskBus.VIRTIO:
        _not_virtio(disk)
    if isinstance(disk.source, NvmeSource) and not disk.source.namespace:
        raise ConfigUnsupportedError("an NVMe namespace can't be zero")
    if isinstance(disk.source, VhostUserSource):
        _vhost_user(disk)
    if disk.tray is not None and disk.device not in (DiskDevice.FLOPPY, DiskDevice.CDROM):
        raise ConfigUnsupportedError(f"disk '{disk.target}': tray is only valid for cdrom and floppy")
    if disk.removable is not None and disk.bus not in (DiskBus.USB, DiskBus.SCSI):
        raise XmlError(f"disk '{disk.target}': removable is only valid for usb or scsi disks")
    _startup_policy(disk)
    _name(disk)


def _chain(disk: Disk) -> Iterator[StorageSource]:
    """The image and those below it."""
    yield disk.source
    backing = disk.backing
    while backing is not None:
        if backing.source is not None:
            yield backing.source
        backing = backing.backing


def _source(source: StorageSource, auth: Auth | None, encryption: Encryption | None) -> None:
    """Check what a source says of itself; old documents have credentials and encryption beside it."""
    if encryption is not None and encryption.cipher is not None and encryption.format is EncryptionFormat.LUKS:
        raise ConfigUnsupportedError("supplying <cipher> for a disk is unnecessary")
    if not isinstance(source, NetworkSource) or auth is None or source.protocol is None:
        return
    if source.protocol not in _AUTH_PROTOCOLS:
        raise ConfigUnsupportedError(f"authentication is not supported for protocol '{source.protocol}'")
    usage = auth.secret.type
    expected = _AUTH_USAGE.get(source.protocol)
    if expected is not None and usage != expected:
        raise ConfigUnsupportedError(f"invalid secret type '{usage}' for protocol '{source.protocol}'")


def _lun(disk: Disk) -> None:
    """A LUN is a block device, as it is."""
    source = disk.source
    name = f"disk '{disk.target}'"
    if isinstance(source, NetworkSource):
        if source.protocol is not StorageProtocol.ISCSI:
            raise ConfigUnsupportedError(f"{name}: device='lun' is not supported for protocol='{source.protocol}'")
    elif not isinstance(source, (BlockSource, VolumeSource)):
        raise ConfigUnsupportedError(f"{name}: device='lun' is only valid for block type disk source")
    if disk.driver_type not in (None, ImageFormat.RAW):
        raise ConfigUnsupportedError(f"{name}: device='lun' must use 'raw' format, not '{disk.driver_type}'")
    if source.slice is not None:
        raise ConfigUnsupportedError(f"{name}: device='lun' doesn't support storage slice")
    if source.encryption is not None and source.encryption.format is not EncryptionFormat.DEFAULT:
        raise ConfigUnsupportedError(f"{name}: device='lun' doesn't support encryption")


def _iotune(tune: IoTune) -> None:
    for name in _IOTUNE:
        total, read, write = (getattr(tune, f"{part}_{name}") for part in ("total", "read", "write"))
        if total and (read or write):
            raise XmlError(f"total and read/write {name} cannot be set at the same time")


def _not_virtio(disk: Disk) -> None:
    """What virtio disks alone have."""
    if disk.model is not None:
        raise ConfigUnsupportedError(f"disk model '{disk.model}' not supported for bus '{disk.bus}'")
    if disk.queues:
        raise ConfigUnsupportedError(f"disk '{disk.target}': queues are only supported by virtio-blk")
    for name in ("event_idx", "ioeventfd"):
        if getattr(disk, name) is not None:
            raise ConfigUnsupportedError(f"disk '{disk.target}': {name} is supported only for bus 'virtio'")
    no_virtio_options(disk)


_VHOST_USER_LACKS = (
    "error_policy",
    "rerror_policy",
    "io",
    "ioeventfd",
    "copy_on_read",
    "discard",
    "iothread",
    "detect_zeroes",
    "metadata_cache_size",
    "backing",
    "encryption",
    "readonly",
    "shareable",
    "transient",
    "serial",
    "wwn",
    "vendor",
    "product",
    "auth",
    "geometry",
    "logical_block_size",
    "physical_block_size",
)
"""Fields that don't go with a server of another process."""


def _vhost_user(disk: Disk) -> None:
    if disk.bus is not DiskBus.VIRTIO:
        raise ConfigUnsupportedError("vhostuser disk supports only virtio bus")
    if disk.snapshot not in (None, DiskSnapshot.NO):
        raise ConfigUnsupportedError("only snapshot=no is supported with vhostuser disk")
    if disk.cache not in (None, DiskCache.DEFAULT):
        raise ConfigUnsupportedError("cache is not supported with vhostuser disk")
    for name in _VHOST_USER_LACKS:
        if getattr(disk, name):
            raise ConfigUnsupportedError(f"{name} is not supported with vhostuser disk")
    if disk.iotune is not None and disk.iotune != IoTune():
        raise ConfigUnsupportedError("iotune is not supported with vhostuser disk")


def _startup_policy(disk: Disk) -> None:
    policy = disk.source.startup_policy
    if policy is None:
        return
    if not isinstance(disk.source, (FileSource, BlockSource, DirSource, VolumeSource)):
        raise XmlError(f"disk startupPolicy '{policy}' is not allowed for disk of '{disk.source.type}' type")
    if policy is StartupPolicy.REQUISITE and disk.device not in (DiskDevice.CDROM, DiskDevice.FLOPPY):
        raise XmlError("disk startupPolicy 'requisite' is allowed only for cdrom or floppy")


def _name(disk: Disk) -> None:
    if disk.device in (DiskDevice.DISK, DiskDevice.LUN) and not disk.target.startswith(_NAMES):
        raise InternalError(f"invalid harddisk device name: {disk.target}")
    if disk.device is DiskDevice.FLOPPY and not disk.target.startswith("fd"):
        raise InternalError(f"invalid floppy device name: {disk.target}")
    if disk.device is DiskDevice.DISK and _is_nowhere(disk.source):
        raise NoSourceError(disk.target)


def _is_nowhere(source: StorageSource) -> bool:
    """Whether there is no image at all, as in an empty drive (virStorageSourceIsEmpty)."""
    if isinstance(source, (FileSource, BlockSource, DirSource)):
        path = {"file": "file", "block": "dev", "dir": "dir"}[source.type]
        return not getattr(source, path)
    if isinstance(source, NetworkSource):
        return source.protocol is None
    return False


# -- several ---------------------------------------------------------------------------------------


def check_disks(disks: list[Disk]) -> None:
    """Names are unique, and so is what the guest tells disks by."""
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


def check_drive_addresses(domain: Domain) -> None:
    """A place on a controller is one drive's."""
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
