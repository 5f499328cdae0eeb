"""Disks: their images with ``-blockdev`` and the guest's device with ``-device``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DriveAddress
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskCache, DiskDevice, ErrorPolicy
from pyvirt_conf.domain.storage import ImageFormat, NetworkSource, StorageProtocol, VhostUserSource
from pyvirt_driver_qemu.command.address import (
    address_props,
    boot_props,
    controller_alias,
    virtio_driver,
    virtio_props,
)
from pyvirt_driver_qemu.command.blockdev import (
    CacheFlags,
    Image,
    copy_on_read_props,
    format_props,
    image_of,
    is_empty,
    slice_props,
    storage_props,
)
from pyvirt_driver_qemu.command.machines import has_builtin_ide
from pyvirt_driver_qemu.command.props import Props, as_json, as_options
from pyvirt_driver_qemu.command.secrets import image_objects
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: libvirt's models of SCSI controllers that speak with virtio or have wide addresses.
VIRTIO_SCSI = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")


def disks(context: Context) -> list[str]:
    """The arguments of all disks, in their order; floppies of the board's own controller get their boot index apart."""
    words: list[str] = []
    images = number_images(context.domain.devices.disks)
    context.skip_backends(max((layer.number for image in images.values() for layer in image.chain()), default=0))
    for disk in context.domain.devices.disks:
        words += disk_arguments(context, disk, images.get(id(disk)))
    return words


def number_images(all_disks: list[Disk]) -> dict[int, Image]:
    """The chains of the disks, by ``id()`` of the disk. Numbers run from the last disk to the first."""
    images: dict[int, Image] = {}
    number = 1
    for disk in reversed(all_disks):
        if is_empty(disk.source) or isinstance(disk.source, VhostUserSource) or disk.bus is DiskBus.SD:
            continue
        image = image_of(disk, number)
        number += sum(1 for _ in image.chain())
        images[id(disk)] = image
    return images


def disk_arguments(context: Context, disk: Disk, image: Image | None) -> list[str]:
    """The arguments of one disk: secrets, nodes from the base of its chain up, the device."""
    words: list[str] = []
    if disk.bus is DiskBus.SD:
        return _sd_card(disk)
    if isinstance(disk.source, VhostUserSource):
        words += ["-chardev", as_options(_vhost_user_chardev(disk, disk.source), "backend")]
    elif image is not None:
        for layer in reversed(list(image.chain())):
            for props in image_objects(context, layer):
                words += context.object(props)
            for node in image_nodes(context, disk, layer, top=layer is image):
                words += ["-blockdev", as_json(node)]
        if disk.copy_on_read:
            words += ["-blockdev", as_json(copy_on_read_props(disk, image))]
    if disk.device is DiskDevice.FLOPPY and disk.bus is DiskBus.FDC:
        return words + context.device(floppy_props(context, disk, image))
    return words + context.device(device_props(context, disk, image))


def image_nodes(context: Context, disk: Disk, image: Image, *, top: bool) -> list[Props]:
    """The nodes of one image, in the order they have to be added."""
    debug = context.settings.gluster_debug_level
    nodes = [storage_props(image, disk, gluster_debug=debug, is_cdrom=context.is_cdrom)]
    part = slice_props(image, disk)
    if part is not None:
        nodes.append(part)
    nodes.append(format_props(image, disk, top=top))
    return nodes


def _sd_card(disk: Disk) -> list[str]:
    """The board's own SD slot takes no -device; only the old -drive reaches it."""
    source = disk.source
    path = getattr(source, "file", None) or getattr(source, "dev", None)
    index = ord(disk.target[-1]) - ord("a")
    props = {"file": path, "format": str(disk.driver_type or ImageFormat.RAW), "if": "sd", "index": index}
    return ["-drive", as_options(props)]


def _vhost_user_chardev(disk: Disk, source: VhostUserSource) -> Props:
    props: Props = {"backend": "socket", "id": f"chr-vu-{disk.alias}", "path": source.path}
    if source.reconnect is not None:
        props["reconnect"] = (source.reconnect.timeout or 0) if source.reconnect.enabled else 0
    return props


def drive_node(disk: Disk, image: Image | None) -> str | None:
    """The node the device uses; ``None`` for an empty drive."""
    if image is None:
        return None
    return f"libvirt-CoR-{disk.target}" if disk.copy_on_read else image.format_node


def _drive_address(disk: Disk) -> DriveAddress:
    if not isinstance(disk.address, DriveAddress):
        raise InternalError(f"unexpected address type for {disk.bus} disk '{disk.target}'")
    return disk.address


def floppy_props(context: Context, disk: Disk, image: Image | None) -> Props:
    """A drive of the floppy controller."""
    address = _drive_address(disk)
    props: Props = {"driver": "floppy", "unit": address.unit}
    node = drive_node(disk, image)
    if node is not None:
        props["drive"] = node
    props["id"] = disk.alias
    return props | _error_policies(disk)


def device_props(context: Context, disk: Disk, image: Image | None) -> Props:
    """The guest's device for a disk on any bus but the floppy controller's."""
    props, after = _bus_props(context, disk)
    props.update(after)
    if isinstance(disk.source, VhostUserSource):
        props["chardev"] = f"chr-vu-{disk.alias}"
    else:
        node = drive_node(disk, image)
        if disk.shareable:
            props["share-rw"] = True
        if node is not None:
            props["drive"] = node
    props["id"] = disk.alias
    props.update(boot_props(context, disk))
    if disk.logical_block_size:
        props["logical_block_size"] = disk.logical_block_size
    if disk.physical_block_size:
        props["physical_block_size"] = disk.physical_block_size
    if disk.wwn is not None:
        props["wwn"] = int(disk.wwn, 16)
    if disk.rotation_rate:
        props["rotation_rate"] = disk.rotation_rate
    if disk.vendor is not None:
        props["vendor"] = disk.vendor
    if disk.product is not None:
        props["product"] = disk.product
    if disk.bus is DiskBus.USB:
        props["removable"] = bool(disk.removable)
    if disk.geometry is not None:
        props |= {"cyls": disk.geometry.cyls, "heads": disk.geometry.heads, "secs": disk.geometry.secs}
        if disk.geometry.trans is not None and str(disk.geometry.trans) != "default":
            props["bios-chs-trans"] = str(disk.geometry.trans)
    if disk.serial is not None:
        # libvirt puts a backslash before each space, and guests know their disks by what came out of it.
        props["serial"] = disk.serial.replace(" ", "\\ ")
    if disk.cache not in (None, DiskCache.DEFAULT) and not isinstance(disk.source, VhostUserSource):
        assert disk.cache is not None
        props["write-cache"] = "on" if CacheFlags(disk.cache).writeback else "off"
    return props | _error_policies(disk)


def _error_policies(disk: Disk) -> Props:
    read, write = disk.rerror_policy, disk.error_policy
    props: Props = {}
    wanted_write = None
    if write is not None:
        wanted_write = "enospc" if write is ErrorPolicy.ENOSPACE else str(write)
    wanted_read = str(read) if read is not None else None
    if wanted_read is None and wanted_write is not None:
        # Running out of space can't happen to reads.
        wanted_read = wanted_write if write is not ErrorPolicy.ENOSPACE else None
    if wanted_write is not None:
        props["werror"] = wanted_write
    if wanted_read is not None:
        props["rerror"] = wanted_read
    return props


def _bus_props(context: Context, disk: Disk) -> tuple[Props, Props]:
    """The driver with its options, and the place."""
    if disk.bus is DiskBus.IDE:
        return _ide(context, disk)
    if disk.bus is DiskBus.SATA:
        return _sata(context, disk)
    if disk.bus is DiskBus.SCSI:
        return _scsi(context, disk)
    if disk.bus is DiskBus.VIRTIO:
        return _virtio(context, disk)
    if disk.bus is DiskBus.USB:
        return {"driver": "usb-storage"}, address_props(context, disk)
    raise ConfigUnsupportedError(f"unsupported disk bus '{disk.bus}' of disk '{disk.target}'")


def _ide(context: Context, disk: Disk) -> tuple[Props, Props]:
    address = _drive_address(disk)
    driver = "ide-cd" if disk.device is DiskDevice.CDROM else "ide-hd"
    if has_builtin_ide(context.domain) and address.controller == 0:
        bus = "ide"
    else:
        bus = controller_alias(context, ControllerType.IDE, address.controller)
    return {"driver": driver}, {"bus": f"{bus}.{address.bus}", "unit": address.unit}


def _sata(context: Context, disk: Disk) -> tuple[Props, Props]:
    address = _drive_address(disk)
    driver = "ide-cd" if disk.device is DiskDevice.CDROM else "ide-hd"
    from pyvirt_driver_qemu.command.machines import is_q35

    if is_q35(context.domain) and address.controller == 0:
        bus = "ide"
    else:
        bus = controller_alias(context, ControllerType.SATA, address.controller)
    return {"driver": driver}, {"bus": f"{bus}.{address.unit}"}


def find_controller(context: Context, kind: ControllerType, index: int) -> Controller | None:
    """The controller of this type and index."""
    for controller in context.domain.devices.controllers:
        if controller.type is kind and (controller.index or 0) == index:
            return controller
    return None


def _scsi(context: Context, disk: Disk) -> tuple[Props, Props]:
    address = _drive_address(disk)
    if disk.device is DiskDevice.LUN:
        driver = "scsi-block"
    elif disk.device is DiskDevice.CDROM:
        driver = "scsi-cd"
    else:
        driver = "scsi-hd"
    controller = find_controller(context, ControllerType.SCSI, address.controller)
    if controller is None or controller.alias is None:
        raise InternalError(f"there is no SCSI controller {address.controller} for disk '{disk.target}'")
    props: Props = {"driver": driver}
    place: Props = {"bus": f"{controller.alias}.0"}
    if controller.model == "lsilogic":
        place["scsi-id"] = address.unit
    else:
        place |= {"channel": address.bus, "scsi-id": address.target, "lun": address.unit}
    if driver != "scsi-block":
        place["device_id"] = disk.serial if disk.serial is not None else f"drive-{disk.alias}"
    return props, place


def _virtio(context: Context, disk: Disk) -> tuple[Props, Props]:
    vhost_user = isinstance(disk.source, VhostUserSource)
    base = "vhost-user-blk" if vhost_user else "virtio-blk"
    props: Props = {"driver": virtio_driver(disk, base, str(disk.model) if disk.model else None)}
    if disk.iothread:
        props["iothread"] = f"iothread{disk.iothread}"
    if disk.ioeventfd is not None:
        props["ioeventfd"] = disk.ioeventfd
    if disk.event_idx is not None:
        props["event_idx"] = disk.event_idx
    if context.has("virtio-blk-pci.scsi") and not vhost_user:
        # SCSI commands of the guest reach the host's device, which only device='lun' asks for.
        if disk.device is DiskDevice.LUN:
            props["scsi"] = True
        elif not context.has("virtio-blk-pci.scsi.default.disabled"):
            props["scsi"] = False
    if disk.queues:
        props["num-queues"] = disk.queues
    if disk.queue_size:
        props["queue-size"] = disk.queue_size
    props.update(virtio_props(disk))
    return props, address_props(context, disk)


def is_iscsi(disk: Disk) -> bool:
    """Is the disk a unit of an iSCSI target that QEMU itself speaks to?"""
    return isinstance(disk.source, NetworkSource) and disk.source.protocol is StorageProtocol.ISCSI
