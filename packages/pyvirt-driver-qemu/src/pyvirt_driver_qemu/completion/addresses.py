"""Addresses of all kinds for the devices of QEMU's guests (libvirt's qemuDomainAssignAddresses)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import CcwAddress, DeviceAddress, SpaprVioAddress, VirtioMmioAddress
from pyvirt_conf.domain.addresses.ccw import assign_ccw
from pyvirt_conf.domain.addresses.memory import assign_memory_slots
from pyvirt_conf.domain.addresses.spapr_vio import assign_spapr_vio
from pyvirt_conf.domain.addresses.usb import assign_usb
from pyvirt_conf.domain.addresses.virtio_serial import assign_virtio_serial
from pyvirt_conf.domain.addresses.walk import addressed
from pyvirt_conf.domain.chardev import SerialTarget
from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.hostdev import MdevHostdev, MdevModel, ScsiHostHostdev
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_conf.domain.misc import BalloonModel
from pyvirt_conf.domain.tpm import TpmModel
from pyvirt_conf.domain.video import VideoType
from pyvirt_driver_qemu.command.machines import (
    ARM,
    RISCV,
    S390,
    is_arm_virt,
    is_pseries,
    is_riscv_virt,
    is_s390_ccw,
)
from pyvirt_driver_qemu.completion import pci
from pyvirt_driver_qemu.completion.host import HostPci

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

_VIRTIO_NETS = ("virtio", "virtio-transitional", "virtio-non-transitional")
#: Registers of POWER's virtual devices, as QEMU counts them by kind.
_VIO_NET = 0x1000
_VIO_SCSI = 0x2000
_VIO_NVRAM = 0x3000
_VIO_TPM = 0x4000
_VIO_SERIAL = 0x30000000


def assign(domain: Domain, capabilities: Capabilities, host: HostPci | None = None, *, new: bool = True) -> None:
    """Give every device an address, and add the controllers and hubs they need.

    :param host: where places of devices of the host are read.
    :param new: it is a new definition, or one that is about to be started; USB devices of others keep what they have.
    :raises VirtError: an address the definition has can't be, or there is no room.
    """
    assign_virtio_serial(domain)
    assign_spapr_vio(_vio_devices(domain))
    arch = domain.os.arch
    if arch in S390:
        if is_s390_ccw(domain):
            _declare_ccw(domain, capabilities)
            assign_ccw(addressed(domain))
    elif arch in ARM or arch in RISCV:
        _declare_mmio(domain, capabilities)
    pci.assign(domain, capabilities, host or HostPci())
    assign_usb(domain, new=new)
    assign_memory_slots(domain)


# -- virtio without PCI ------------------------------------------------------------------------------------


def _declare(devices: Iterator[Any], kind: Callable[[], DeviceAddress]) -> None:
    """Say on which bus devices are that don't say it."""
    for device in devices:
        if device.address is None:
            device.address = kind()


def _virtio_devices(domain: Domain) -> Iterator[Any]:
    """The devices that are on PCI only where there is no other bus for virtio."""
    devices = domain.devices
    yield from (d for d in devices.disks if d.bus is DiskBus.VIRTIO)
    yield from (d for d in devices.interfaces if d.model in _VIRTIO_NETS)
    yield from (d for d in devices.videos if d.model is not None and d.model.type is VideoType.VIRTIO)
    yield from (d for d in devices.inputs if d.bus is InputBus.VIRTIO)
    yield from (d for d in devices.controllers if d.type in (ControllerType.VIRTIO_SERIAL, ControllerType.SCSI))
    yield from (d for d in devices.hostdevs if isinstance(d, ScsiHostHostdev))
    if devices.memballoon is not None and devices.memballoon.model is not BalloonModel.NONE:
        yield devices.memballoon
    yield from devices.rngs
    yield from (d for d in devices.memories if d.model in (MemoryModel.VIRTIO_PMEM, MemoryModel.VIRTIO_MEM))


def _declare_ccw(domain: Domain, capabilities: Capabilities) -> None:
    """IBM Z: virtio and devices passed through are on channel subsystems."""
    devices = domain.devices
    for device in devices.hostdevs:
        if isinstance(device, MdevHostdev):
            if device.model is MdevModel.VFIO_AP:
                device.address = None
            elif device.model is MdevModel.VFIO_CCW and "vfio-ccw" in capabilities:
                _declare(iter((device,)), CcwAddress)
    _declare(_virtio_devices(domain), CcwAddress)
    _declare(iter(devices.filesystems), CcwAddress)
    if devices.vsock is not None:
        _declare(iter((devices.vsock,)), CcwAddress)


def _declare_mmio(domain: Domain, capabilities: Capabilities) -> None:
    """Boards without PCI have virtio at fixed addresses, others where a device says so already."""
    if not (domain.os.machine or "").startswith("vexpress-") and not is_arm_virt(domain) and not is_riscv_virt(domain):
        return
    pcie = any(
        c.type is ControllerType.PCI and not c.index and c.model == "pcie-root" for c in domain.devices.controllers
    )
    if pcie and ("pcie-root-port" in capabilities or "ioh3420" in capabilities):
        if not any(isinstance(device.address, VirtioMmioAddress) for device in addressed(domain)):
            return
    if "virtio-mmio" in capabilities:
        _declare(_virtio_devices(domain), VirtioMmioAddress)


# -- POWER ---------------------------------------------------------------------------------------------------


def _vio_devices(domain: Domain) -> list[tuple[Any, int]]:
    """Devices on the virtual I/O bus, where they say so, and those that are nowhere else."""
    devices = domain.devices
    found: list[tuple[Any, int, bool]] = []
    found += [(i, _VIO_NET, i.model == "spapr-vlan") for i in devices.interfaces]
    found += [(c, _VIO_SCSI, c.model == "ibmvscsi") for c in devices.controllers if c.type is ControllerType.SCSI]
    found += [(s, _VIO_SERIAL, s.target_type is SerialTarget.SPAPR_VIO) for s in devices.serials]
    if is_pseries(domain):
        if devices.nvram is not None:
            found.append((devices.nvram, _VIO_NVRAM, True))
        found += [(t, _VIO_TPM, t.model is not TpmModel.SPAPR_PROXY) for t in devices.tpms]
    for device, _, only in found:
        if only and not isinstance(device.address, SpaprVioAddress):
            device.address = SpaprVioAddress()
    return [(device, reg) for device, reg, _ in found if isinstance(device.address, SpaprVioAddress)]
