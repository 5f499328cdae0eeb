"""Which devices sit on PCI, and on what kind of slot (libvirt's qemuDomainDeviceCalculatePCIConnectFlags)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.addresses.pci import CONTROLLER_TYPES, Connect
from pyvirt_conf.domain.chardev import Serial, SerialTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.filesystem import Filesystem, FilesystemDriver
from pyvirt_conf.domain.hostdev import MdevHostdev, MdevModel, PciHostdev, ScsiHostHostdev
from pyvirt_conf.domain.input import Input, InputBus
from pyvirt_conf.domain.interface import HostdevNetSource, Interface, NetType
from pyvirt_conf.domain.memory_device import MemoryDevice, MemoryModel
from pyvirt_conf.domain.misc import (
    BalloonModel,
    Iommu,
    IommuModel,
    Memballoon,
    Panic,
    PanicModel,
    Rng,
    Shmem,
    Vsock,
    Watchdog,
    WatchdogModel,
)
from pyvirt_conf.domain.sound import Sound, SoundModel
from pyvirt_conf.domain.video import Video, VideoType

if TYPE_CHECKING:
    from pyvirt_driver_qemu.capabilities import Capabilities
    from pyvirt_driver_qemu.completion.host import HostPci

_PCI = Connect.AUTO | Connect.PCI_DEVICE
_PCIE = Connect.AUTO | Connect.PCIE_DEVICE
_TRANSITIONAL = "virtio-transitional"
_VIRTIO_NETS = frozenset(("virtio", "virtio-non-transitional"))
#: Cards libvirt knows by name that are conventional PCI devices; those it does not know may be anything.
_PCI_NETS = frozenset(
    (
        _TRANSITIONAL,
        "netfront",
        "rtl8139",
        "e1000",
        "spapr-vlan",
        "lan9118",
        "scm91c111",
        "vlance",
        "vmxnet",
        "vmxnet2",
        "vmxnet3",
        "Am79C970A",
        "Am79C973",
        "82540EM",
        "82545EM",
        "82543GC",
    )
)
_XHCI = ("nec-xhci", "qemu-xhci")
#: USB controllers of other hypervisors, and what says that there is none.
_NO_USB = ("none", "qusb1", "qusb2")
_PCI_SOUNDS = (SoundModel.ES1370, SoundModel.AC97, SoundModel.ICH6, SoundModel.ICH9)
_NO_PCI_VIDEOS = (VideoType.NONE, VideoType.RAMFB, VideoType.GOP, VideoType.DEFAULT)


class ConnectFlags:
    """The connect flags of the devices of one guest: ``flags(device)``; ``Connect.NONE`` for what is not on PCI.

    :param pcie_root: bus 0 is a PCI Express one.
    """

    def __init__(self, capabilities: Capabilities, host: HostPci, *, pcie_root: bool) -> None:
        self.host = host
        self.pcie = _PCIE if pcie_root else _PCI
        # Virtio devices sit on PCI Express slots if they can do without legacy I/O ports.
        self.virtio = self.pcie if "virtio-pci-non-transitional" in capabilities else _PCI

    def __call__(self, device: Any) -> int:
        rule = _RULES.get(type(device))
        return rule(self, device) if rule is not None else Connect.NONE


def _virtio(flags: ConnectFlags, device: Any) -> int:
    # The transitional form needs I/O ports, which only conventional slots have.
    return _PCI if device.model == _TRANSITIONAL else flags.virtio


def _controller(flags: ConnectFlags, device: Controller) -> int:
    kind, model = device.type, device.model
    if kind is ControllerType.PCI:
        return CONTROLLER_TYPES.get(model or "", Connect.NONE)
    if kind is ControllerType.USB:
        if model in _NO_USB:
            return Connect.NONE
        return flags.pcie if model in _XHCI else _PCI
    if kind is ControllerType.SCSI:
        if model in (None, "ncr53c90"):
            return Connect.NONE
        return flags.virtio if model in ("virtio-scsi", "virtio-non-transitional") else _PCI
    if kind is ControllerType.VIRTIO_SERIAL:
        return _virtio(flags, device)
    return _PCI if kind in (ControllerType.SATA, ControllerType.IDE) else Connect.NONE


def _disk(flags: ConnectFlags, device: Disk) -> int:
    return _virtio(flags, device) if device.bus is DiskBus.VIRTIO else Connect.NONE


def _filesystem(flags: ConnectFlags, device: Filesystem) -> int:
    if device.driver is FilesystemDriver.VIRTIOFS:
        return flags.virtio
    if device.driver in (None, FilesystemDriver.PATH, FilesystemDriver.HANDLE):
        return _virtio(flags, device)
    return Connect.NONE


def _interface(flags: ConnectFlags, device: Interface) -> int:
    if device.type is NetType.HOSTDEV:
        location = device.source.address if isinstance(device.source, HostdevNetSource) else None
        return _of_host(flags, device, str(location)) if isinstance(location, PciAddress) else Connect.NONE
    model = device.model
    if model == "usb-net":
        return Connect.NONE
    if model in _VIRTIO_NETS:
        return flags.virtio
    return _PCI if model in _PCI_NETS else flags.pcie


def _pci_hostdev(flags: ConnectFlags, device: PciHostdev) -> int:
    return _of_host(flags, device, str(device.source.address))


def _of_host(flags: ConnectFlags, device: Any, location: str) -> int:
    """A device of the host is in the guest what it is in the host; most there are PCI Express."""
    if flags.pcie == _PCI:
        return _PCI
    address = device.address
    if isinstance(address, PciAddress) and address.assigned:
        return flags.pcie
    return _PCI if flags.host.is_conventional(location) else flags.pcie


def _mdev(flags: ConnectFlags, device: MdevHostdev) -> int:
    return flags.pcie if device.model is MdevModel.VFIO_PCI else Connect.NONE


def _balloon(flags: ConnectFlags, device: Memballoon) -> int:
    return Connect.NONE if device.model in (BalloonModel.NONE, BalloonModel.XEN) else _virtio(flags, device)


def _vsock(flags: ConnectFlags, device: Vsock) -> int:
    return Connect.NONE if device.model is None else _virtio(flags, device)


def _input(flags: ConnectFlags, device: Input) -> int:
    return _virtio(flags, device) if device.bus is InputBus.VIRTIO else Connect.NONE


def _video(flags: ConnectFlags, device: Video) -> int:
    kind = device.model.type if device.model is not None else VideoType.DEFAULT
    if kind is VideoType.VIRTIO:
        return flags.virtio
    if kind is VideoType.BOCHS:
        return flags.pcie
    return Connect.NONE if kind in _NO_PCI_VIDEOS else _PCI


def _sound(flags: ConnectFlags, device: Sound) -> int:
    return _PCI if device.model in _PCI_SOUNDS else Connect.NONE


def _watchdog(flags: ConnectFlags, device: Watchdog) -> int:
    return _PCI if device.model is WatchdogModel.I6300ESB else Connect.NONE


def _shmem(flags: ConnectFlags, device: Shmem) -> int:
    return _PCI


def _serial(flags: ConnectFlags, device: Serial) -> int:
    return _PCI if device.target_type is SerialTarget.PCI else Connect.NONE


def _memory(flags: ConnectFlags, device: MemoryDevice) -> int:
    return flags.virtio if device.model in (MemoryModel.VIRTIO_PMEM, MemoryModel.VIRTIO_MEM) else Connect.NONE


def _iommu(flags: ConnectFlags, device: Iommu) -> int:
    return flags.virtio | Connect.INTEGRATED if device.model is IommuModel.VIRTIO else Connect.NONE


def _panic(flags: ConnectFlags, device: Panic) -> int:
    return _PCI | Connect.INTEGRATED if device.model is PanicModel.PVPANIC else Connect.NONE


#: By class; what is not here is never on PCI.
_RULES: dict[type, Callable[[ConnectFlags, Any], int]] = {
    Controller: _controller,
    Disk: _disk,
    Filesystem: _filesystem,
    Interface: _interface,
    PciHostdev: _pci_hostdev,
    MdevHostdev: _mdev,
    ScsiHostHostdev: _virtio,
    Memballoon: _balloon,
    Rng: _virtio,
    Vsock: _vsock,
    Input: _input,
    Video: _video,
    Sound: _sound,
    Watchdog: _watchdog,
    Shmem: _shmem,
    Serial: _serial,
    MemoryDevice: _memory,
    Iommu: _iommu,
    Panic: _panic,
}
