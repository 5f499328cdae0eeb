"""Which devices sit on PCI, and on what kind of slot (libvirt's qemuDomainDeviceCalculatePCIConnectFlags)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.chardev import Parallel, Serial, SerialTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.filesystem import Filesystem
from pyvirt_conf.domain.hostdev import MdevHostdev, MdevModel, PciHostdev, ScsiHostHostdev
from pyvirt_conf.domain.input import Input, InputBus
from pyvirt_conf.domain.interface import Interface, NetType
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
from pyvirt_driver_qemu.command.machines import has_pcie_root, is_q35
from pyvirt_driver_qemu.completion.pci_topology import CONTROLLERS, Connect

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

_PCI = Connect.PCI_DEVICE | Connect.HOTPLUG
_PCIE = Connect.PCIE_DEVICE | Connect.HOTPLUG
_TRANSITIONAL = "virtio-transitional"
_VIRTIO_SCSI = ("virtio-scsi", "virtio-non-transitional")
_VIRTIO_NETS = ("virtio", "virtio-non-transitional")
_PCIE_NETS = ("e1000e", "igb", "vmxnet3")
_NO_PCI_NETS = ("usb-net", "spapr-vlan", "smc91c111", "lan9118", "netfront")


def connect_flags(domain: Domain, device: Any, capabilities: Capabilities) -> int:
    """What slot ``device`` wants; ``Connect.NONE`` for what does not sit on PCI."""
    pcie = _PCIE if has_pcie_root(domain) else _PCI
    # Virtio devices sit on PCI Express slots if they can do without legacy I/O ports.
    virtio = pcie if "virtio-pci-non-transitional" in capabilities else _PCI
    if isinstance(device, Controller):
        return _controller(domain, device, pcie, virtio)
    if isinstance(device, Disk):
        return _virtio(device.model, virtio) if device.bus is DiskBus.VIRTIO else Connect.NONE
    if isinstance(device, Interface):
        return _interface(device, pcie, virtio)
    if isinstance(device, Filesystem | Vsock):
        return _virtio(device.model, virtio)
    if isinstance(device, Memballoon):
        return Connect.NONE if device.model in (BalloonModel.NONE, BalloonModel.XEN) else _virtio(device.model, virtio)
    if isinstance(device, Rng):
        return _virtio(device.model, virtio)
    if isinstance(device, Input):
        return _virtio(device.model, virtio) if device.bus is InputBus.VIRTIO else Connect.NONE
    if isinstance(device, Video):
        return _video(device, pcie, virtio)
    return _other(device, pcie, virtio)


def _virtio(model: Any, virtio: int) -> int:
    # The transitional form needs I/O ports, which only conventional slots have.
    return _PCI if str(model) == _TRANSITIONAL else virtio


def _controller(domain: Domain, device: Controller, pcie: int, virtio: int) -> int:
    kind, model = device.type, device.model
    if kind is ControllerType.PCI:
        return CONTROLLERS.get(model or "", Connect.NONE)
    if kind is ControllerType.USB:
        if model == "none":
            return Connect.NONE
        return pcie if model in ("nec-xhci", "qemu-xhci") else _PCI
    if kind is ControllerType.SCSI:
        if model == "ibmvscsi":
            return Connect.NONE
        return virtio if model in _VIRTIO_SCSI else _PCI
    if kind is ControllerType.VIRTIO_SERIAL:
        return _virtio(model, virtio)
    if kind is ControllerType.SATA:
        return _PCI
    if kind is ControllerType.IDE:
        return _PCI
    return Connect.NONE


def _interface(device: Interface, pcie: int, virtio: int) -> int:
    if device.type is NetType.HOSTDEV:
        return pcie
    if device.model in _NO_PCI_NETS:
        return Connect.NONE
    if device.model in _VIRTIO_NETS:
        return virtio
    return pcie if device.model in _PCIE_NETS else _PCI


def _video(device: Video, pcie: int, virtio: int) -> int:
    kind = device.model.type if device.model is not None else VideoType.DEFAULT
    if kind in (VideoType.NONE, VideoType.RAMFB, VideoType.GOP, VideoType.DEFAULT):
        return Connect.NONE
    if kind is VideoType.VIRTIO:
        return virtio
    return pcie if kind is VideoType.BOCHS else _PCI


def _other(device: Any, pcie: int, virtio: int) -> int:
    if isinstance(device, Sound):
        return Connect.NONE if device.model in (SoundModel.SB16, SoundModel.PCSPK, SoundModel.USB) else _PCI
    if isinstance(device, PciHostdev):
        return pcie
    if isinstance(device, MdevHostdev):
        return pcie if device.model is MdevModel.VFIO_PCI else Connect.NONE
    if isinstance(device, ScsiHostHostdev):
        return _virtio(device.model, virtio)
    if isinstance(device, Watchdog):
        return _PCI if device.model is WatchdogModel.I6300ESB else Connect.NONE
    if isinstance(device, Shmem):
        return _PCI
    if isinstance(device, Serial):
        return _PCI if device.target_type is SerialTarget.PCI else Connect.NONE
    if isinstance(device, MemoryDevice):
        return _PCI if device.model in (MemoryModel.VIRTIO_PMEM, MemoryModel.VIRTIO_MEM) else Connect.NONE
    if isinstance(device, Iommu):
        return Connect.PCIE_DEVICE if device.model is IommuModel.VIRTIO else Connect.NONE
    if isinstance(device, Panic):
        return _PCI if device.model is PanicModel.PVPANIC else Connect.NONE
    if isinstance(device, Parallel):
        return Connect.NONE
    return Connect.NONE


def wants_address(device: Any) -> bool:
    """Is a PCI device without a place of its own?"""
    address = device.address
    if address is None:
        return True
    return isinstance(address, PciAddress) and not address.assigned


def is_integrated(domain: Domain, controller: Controller) -> bool:
    """Does a controller belong to the board: the first IDE of ``pc``, the first SATA of ``q35``?"""
    if controller.index:
        return False
    if controller.type is ControllerType.IDE:
        return not has_pcie_root(domain)
    return controller.type is ControllerType.SATA and is_q35(domain)
