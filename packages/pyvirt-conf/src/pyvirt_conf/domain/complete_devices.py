"""What libvirt fills in for devices: MAC addresses, buses, addresses of drives, controllers that others need."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import (
    CcidAddress,
    DriveAddress,
    VirtioSerialAddress,
)
from pyvirt_conf.domain.addresses.controller_index import free_index
from pyvirt_conf.domain.addresses.drive import drive_address, free_scsi_address, target_index
from pyvirt_conf.domain.chardev import (
    Console,
    ConsoleTarget,
    DbusChar,
    Serial,
    SerialTarget,
    VirtioTarget,
)
from pyvirt_conf.domain.config import ParserConfig, XmlFlags
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskDevice, DiskSnapshot
from pyvirt_conf.domain.filesystem import AccessMode, Filesystem, FsDirSource
from pyvirt_conf.domain.graphics import Listen, ListenType, SpiceGraphics
from pyvirt_conf.domain.hostdev import ScsiHostdev
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.interface import Interface
from pyvirt_conf.domain.memory_device import MemoryAccess, MemoryDevice, MemoryModel
from pyvirt_conf.domain.misc import RandomBackend, Redirdev, Rng, Vsock
from pyvirt_conf.domain.storage import (
    DEFAULT_PORTS,
    NetworkSource,
    StorageProtocol,
    StorageSource,
    Transport,
    VhostUserSource,
)
from pyvirt_conf.domain.video import Video, VideoModel, VideoType
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_conf.xml import Element


def sort(domain: Domain) -> None:
    """Disks of one bus by their names, controllers of one type by their indexes, as libvirt keeps them.

    Disks that name no bus are sorted together, whatever bus their names mean.
    """
    buses: dict[DiskBus | None, list[Disk]] = {}
    for disk in domain.devices.disks:
        buses.setdefault(disk.bus, []).append(disk)
    for disks in buses.values():
        disks.sort(key=_target_rank)
    domain.devices.disks = list(chain.from_iterable(buses.values()))
    kinds: dict[ControllerType, list[Controller]] = {}
    for controller in domain.devices.controllers:
        kinds.setdefault(controller.type, []).append(controller)
    for controllers in kinds.values():
        if all(controller.index is not None for controller in controllers):
            controllers.sort(key=lambda controller: (controller.index, controller.master is not None))
        else:
            # Those without one stay behind whoever came before them.
            ordered: list[Controller] = []
            for controller in controllers:
                _insert_controller(ordered, controller)
            controllers[:] = ordered
    domain.devices.controllers = list(chain.from_iterable(kinds.values()))


def _target_rank(disk: Disk) -> int:
    index = target_index(disk.target)
    return -1 if index is None else index


def insert_disk(domain: Domain, disk: Disk) -> None:
    """Add a disk before the first one of its bus with a later name, else behind the last one of its bus."""
    disks = domain.devices.disks
    rank = _target_rank(disk)
    place = None
    for at in range(len(disks) - 1, -1, -1):
        if disks[at].bus is not disk.bus:
            continue
        if _target_rank(disks[at]) > rank:
            place = at
        elif place is None:
            place = at + 1
    disks.insert(len(disks) if place is None else place, disk)


def insert_controller(domain: Domain, controller: Controller) -> None:
    """Add a controller among those of its type by its index; a USB master comes before its companions."""
    _insert_controller(domain.devices.controllers, controller)


def _insert_controller(controllers: list[Controller], controller: Controller) -> None:
    place = None
    for at in range(len(controllers) - 1, -1, -1):
        other = controllers[at]
        if other.type is not controller.type:
            continue
        if controller.index is None:
            place = at + 1
            break
        other_index = -1 if other.index is None else other.index
        behind_master = controller.master is None and other.master is not None and other_index == controller.index
        if other_index > controller.index or behind_master:
            place = at
        elif place is None:
            place = at + 1
    controllers.insert(len(controllers) if place is None else place, controller)


_ISA_SERIALS = 4


def number(domain: Domain) -> None:
    """Serial and parallel ports without a number get one, consoles all.

    :raises InternalError: a board has four ISA serial ports, each with a number of its own.
    """
    isa = [port for port in domain.devices.serials if port.target_type is SerialTarget.ISA]
    taken: set[int] = set()
    for port in isa:
        if port.port is None:
            continue
        if port.port in taken:
            raise InternalError(f"target port '{port.port}' already allocated")
        taken.add(port.port)
    if len(isa) > _ISA_SERIALS or any(port >= _ISA_SERIALS for port in taken):
        raise InternalError(f"there are at most {_ISA_SERIALS} ISA serial ports")
    for port in isa:
        if port.port is None:
            port.port = next(free for free in range(_ISA_SERIALS) if free not in taken)
            taken.add(port.port)
    for kind in (domain.devices.serials, domain.devices.parallels):
        # The others are counted on from the highest.
        highest = max((port.port for port in kind if port.port is not None), default=-1)
        for other in kind:
            if other.port is None:
                other.port = highest + 1
            highest = max(highest, other.port)
    for place, console in enumerate(domain.devices.consoles):
        console.port = place


def complete_device(device: Element, domain: Domain, config: ParserConfig, flags: XmlFlags) -> None:
    """All the defaults of one device that is attached: its document's, the driver's and the common ones."""
    document_defaults(device, config)
    if config.device_complete is not None:
        config.device_complete(device, domain, flags)
    common_defaults(device, domain, config)


def document_defaults(device: Element, config: ParserConfig) -> None:
    """What a document means by saying nothing."""
    if isinstance(device, Disk):
        if device.device is DiskDevice.CDROM:
            device.readonly = True
        if device.snapshot is None and device.readonly:
            device.snapshot = DiskSnapshot.NO
        _disk_bus(device)
    elif isinstance(device, Interface):
        if device.mac is None:
            device.mac = config.new_mac(config.mac_prefix)
        if device.virtualport is not None:
            device.virtualport.make_up(config.new_uuid)


def common_defaults(device: Element, domain: Domain, config: ParserConfig) -> None:
    """What is filled in for every driver."""
    if isinstance(device, Disk):
        _disk(device, domain, config)
    elif isinstance(device, Filesystem):
        source = device.source
        if device.access_mode is None and not (isinstance(source, FsDirSource) and source.socket is not None):
            device.access_mode = AccessMode.PASSTHROUGH
    elif isinstance(device, Video):
        _video(device, domain)
    elif isinstance(device, SpiceGraphics):
        ports = device.autoport or device.port or device.tls_port
        if not ports and device.listens and device.listens[0].type is ListenType.ADDRESS:
            # Without any port it is for clients of the host's own.
            device.listens[0] = Listen(type=ListenType.NONE)
    elif isinstance(device, Input):
        _input(device, domain)
    elif isinstance(device, Controller):
        if device.index is None:
            device.index = free_index(domain, device.type)
    elif isinstance(device, Rng):
        if isinstance(device.backend, RandomBackend) and device.backend.device is None:
            device.backend.device = "/dev/random"
    elif isinstance(device, Console):
        if device.target_type is None:
            device.target_type = ConsoleTarget.SERIAL
    elif isinstance(device, Redirdev):
        if isinstance(device.source, DbusChar) and device.source.channel is None:
            device.source.channel = "org.qemu.usbredir"
    elif isinstance(device, MemoryDevice):
        if device.model is MemoryModel.VIRTIO_PMEM and device.access is None:
            device.access = MemoryAccess.SHARED
    elif isinstance(device, Vsock):
        if device.auto_cid is None:
            device.auto_cid = device.cid is None
    elif isinstance(device, ScsiHostdev) and device.address is None:
        device.address = free_scsi_address(domain, config)


# -- disks -----------------------------------------------------------------------------------------

_PREFIXES = (
    ("hd", DiskBus.IDE),
    ("sd", DiskBus.SCSI),
    ("vd", DiskBus.VIRTIO),
    ("xvd", DiskBus.XEN),
    ("ubd", DiskBus.UML),
    ("fd", DiskBus.FDC),
)


def _input(item: Input, domain: Domain) -> None:
    if item.bus is not None:
        return
    if domain.os.type == "hvm":
        arch = domain.os.arch or ""
        if item.type in (InputType.MOUSE, InputType.KEYBOARD) and arch in ("", "i686", "x86_64"):
            item.bus = InputBus.PS2
        elif arch in ("s390", "s390x") or item.type is InputType.PASSTHROUGH:
            item.bus = InputBus.VIRTIO
        elif item.type is not InputType.EVDEV:
            item.bus = InputBus.USB
    elif domain.os.type in ("xen", "xenpvh"):
        item.bus = InputBus.XEN
    elif domain.type in ("vz", "parallels"):
        item.bus = InputBus.PARALLELS


def default_ports(source: StorageSource | None) -> None:
    """Servers of network images listen where such servers do."""
    if isinstance(source, NetworkSource) and source.protocol is not None:
        for host in source.hosts:
            if not host.port and host.transport in (None, Transport.TCP):
                host.port = DEFAULT_PORTS.get(source.protocol)


def _disk(disk: Disk, domain: Domain, config: ParserConfig) -> None:
    default_ports(disk.source)
    backing = disk.backing
    while backing is not None:
        default_ports(backing.source)
        backing = backing.backing
    source = disk.source
    if isinstance(source, NetworkSource) and source.protocol is StorageProtocol.ISCSI:
        if source.name is not None and "/" not in source.name:
            source.name += "/0"  # the first unit of the target
    if disk.snapshot is None and isinstance(source, VhostUserSource):
        disk.snapshot = DiskSnapshot.NO
    if disk.address is None:
        disk.address = drive_address(disk, domain, config)


def _disk_bus(disk: Disk) -> None:
    """The bus by the name's prefix where none is given."""
    if disk.bus is None:
        if disk.device is DiskDevice.FLOPPY:
            disk.bus = DiskBus.FDC
        else:
            disk.bus = next((bus for prefix, bus in _PREFIXES if disk.target.startswith(prefix)), DiskBus.IDE)
            if disk.bus is DiskBus.FDC and disk.device is DiskDevice.CDROM:
                disk.bus = DiskBus.IDE


# -- video -----------------------------------------------------------------------------------------


def _video(video: Video, domain: Domain) -> None:
    if video.model is None:
        video.model = VideoModel(heads=1)
    model = video.model
    if model.type is VideoType.DEFAULT:
        model.type = default_video(domain)
    if model.type is VideoType.NONE:
        return
    if model.type is VideoType.QXL and not model.ram:
        model.ram = default_video_memory(domain, model.type)
    if not model.vram:
        model.vram = default_video_memory(domain, model.type) or None
    for name in ("ram", "vram"):
        size = getattr(model, name)
        if size:
            setattr(model, name, 1 << (size - 1).bit_length())


def default_video_memory(domain: Domain, kind: VideoType) -> int:
    """KiB of video memory of a card that names none (virDomainVideoDefaultRAM)."""
    if kind in (VideoType.VGA, VideoType.CIRRUS, VideoType.VMVGA, VideoType.BOCHS):
        return {"vbox": 8192, "vmware": 4096}.get(domain.type, 16384)
    return {VideoType.QXL: 65536, VideoType.XEN: 4096}.get(kind, 0)


def default_video(domain: Domain) -> VideoType:
    """The card of a guest that names none; the driver knows for most hypervisors (virDomainVideoDefaultType)."""
    kind = domain.type
    if kind in ("test", "xen"):
        return VideoType.XEN if domain.os.type in ("xen", "xenpvh") else VideoType.CIRRUS
    return {
        "vbox": VideoType.VBOX,
        "vmware": VideoType.VMVGA,
        "parallels": VideoType.PARALLELS,
        "vz": VideoType.VGA,
        "bhyve": VideoType.GOP,
    }.get(kind, VideoType.DEFAULT)


# -- consoles --------------------------------------------------------------------------------------

_CONSOLE_SERIALS = (
    SerialTarget.ISA,
    SerialTarget.SPAPR_VIO,
    SerialTarget.SYSTEM,
    SerialTarget.SCLP,
    None,
)


def console_is_serial(domain: Domain) -> None:
    """The first console of a full virtual machine is its first serial port: either makes the other."""
    devices = domain.devices
    if domain.os.type != "hvm":
        return
    if devices.consoles:
        if any(console.target_type in (None, ConsoleTarget.SERIAL) for console in devices.consoles[1:]):
            raise ConfigUnsupportedError("only the first console can be a serial port")
        first = devices.consoles[0]
        if first.target_type not in (None, ConsoleTarget.SERIAL):
            if devices.serials and devices.serials[0].target_type in _CONSOLE_SERIALS:
                port = devices.serials[0]
                devices.consoles.insert(0, Console(source=port.source, port=0, target_type=ConsoleTarget.SERIAL))
            return
        first.target_type = ConsoleTarget.SERIAL
        if not devices.serials:
            port = Serial(source=first.source, port=0, alias=first.alias)
            port.acpi_index, port.address = first.acpi_index, first.address
            devices.serials = [port]
        first.source = devices.serials[0].source
    elif devices.serials and devices.serials[0].target_type in _CONSOLE_SERIALS:
        first_port = devices.serials[0]
        console = Console(source=first_port.source, port=0, target_type=ConsoleTarget.SERIAL)
        devices.consoles = [console]


# -- controllers -----------------------------------------------------------------------------------


def add_controller(domain: Domain, kind: ControllerType, index: int, model: str | None = None) -> bool:
    """Make sure there's a controller; whether it had to be added."""
    for controller in domain.devices.controllers:
        if controller.type is kind and controller.index == index:
            return False
    domain.devices.controllers.append(Controller(type=kind, index=index, model=model))
    return True


_BUS_CONTROLLERS = (
    (DiskBus.SCSI, ControllerType.SCSI),
    (DiskBus.FDC, ControllerType.FDC),
    (DiskBus.IDE, ControllerType.IDE),
    (DiskBus.SATA, ControllerType.SATA),
)


def imply(domain: Domain, config: ParserConfig, flags: XmlFlags) -> None:
    """Controllers that other devices sit on, and a video card for graphics (virDomainDefAddImplicitDevices)."""
    devices = domain.devices
    if devices.disks:
        for bus, kind in _BUS_CONTROLLERS:
            _upto(domain, kind, (d.address for d in devices.disks if d.bus is bus))
    if devices.hostdevs:
        _upto(domain, ControllerType.SCSI, (h.address for h in devices.hostdevs if isinstance(h, ScsiHostdev)))
    for channel in devices.channels:
        if isinstance(channel.target, VirtioTarget):
            _serial_controller(domain, channel.address)
    for console in devices.consoles:
        if console.target_type is ConsoleTarget.VIRTIO:
            _serial_controller(domain, console.address)
    for card in devices.smartcards:
        if card.address is None:
            slots = {s.address.slot for s in devices.smartcards if isinstance(s.address, CcidAddress)}
            card.address = CcidAddress(slot=max(slots, default=-1) + 1)
        if isinstance(card.address, CcidAddress):
            add_controller(domain, ControllerType.CCID, card.address.controller)
    if devices.graphics and not devices.videos:
        video = Video(model=VideoModel(heads=1))
        if config.device_complete is not None:
            config.device_complete(video, domain, flags)
        _video(video, domain)
        if video.model is not None and video.model.type is not VideoType.DEFAULT:
            devices.videos.append(video)
    _primary(devices.videos)


def _upto(domain: Domain, kind: ControllerType, addresses: Iterable[object]) -> None:
    highest = max((a.controller for a in addresses if isinstance(a, DriveAddress)), default=-1)
    if highest >= 0:
        controllers = domain.devices.controllers
        known = {controller.index for controller in controllers if controller.type is kind}
        controllers += [
            Controller(type=kind, index=index) for index in range(min(highest, 65535) + 1) if index not in known
        ]


def _serial_controller(domain: Domain, address: object) -> None:
    add_controller(
        domain, ControllerType.VIRTIO_SERIAL, address.controller if isinstance(address, VirtioSerialAddress) else 0
    )


def _primary(videos: list[Video]) -> None:
    """One card is the first; without one that says so it's the first of the list."""
    primary = [video for video in videos if video.model is not None and video.model.primary]
    if len(primary) > 1:
        raise XmlError("only one primary video device is supported")
    if primary:
        videos.remove(primary[0])
        videos.insert(0, primary[0])
    elif videos and videos[0].model is not None and videos[0].model.type is not VideoType.NONE:
        videos[0].model.primary = True
