"""Aliases: the names devices have in QEMU, and in its monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import DimmAddress, DriveAddress
from pyvirt_conf.domain.chardev import Console, ConsoleTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.interface import NetType
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_driver_qemu.command.machines import has_builtin_ide, is_q35

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_MEMORY = {
    MemoryModel.DIMM: "dimm",
    MemoryModel.NVDIMM: "nvdimm",
    MemoryModel.VIRTIO_PMEM: "virtiopmem",
    MemoryModel.VIRTIO_MEM: "virtiomem",
    MemoryModel.SGX_EPC: "epc",
}


def assign(domain: Domain) -> None:
    """Name every device that has no alias yet. Names are those libvirt gives (qemuAssignDeviceAliases)."""
    devices = domain.devices
    for disk in devices.disks:
        if disk.alias is None:
            disk.alias = disk_alias(domain, disk)
    for number, interface in enumerate(devices.interfaces):
        if interface.alias is None:
            hostdev = (interface.actual.type if interface.actual is not None else interface.type) is NetType.HOSTDEV
            interface.alias = f"hostdev{_free_hostdev(domain)}" if hostdev else f"net{number}"
    _name(
        ("sound", devices.sounds),
        ("hostdev", devices.hostdevs),
        ("redir", devices.redirdevs),
        ("video", devices.videos),
    )
    for controller in devices.controllers:
        if controller.alias is None:
            controller.alias = controller_alias(domain, controller)
    _name(
        ("fs", devices.filesystems),
        ("input", devices.inputs),
        ("parallel", devices.parallels),
        ("serial", devices.serials),
        ("channel", devices.channels),
    )
    for number, console in enumerate(devices.consoles):
        if console.alias is None:
            console.alias = _console_alias(domain, console, number)
    _name(
        ("hub", devices.hubs),
        ("shmem", devices.shmems),
        ("smartcard", devices.smartcards),
    )
    for prefix, one in (
        ("watchdog", devices.watchdog),
        ("balloon", devices.memballoon),
        ("nvram", devices.nvram),
        ("iommu", devices.iommu),
        ("vsock", devices.vsock),
    ):
        if one is not None and one.alias is None:
            one.alias = f"{prefix}0"
    _enumerate("rng", devices.rngs)
    _enumerate("tpm", devices.tpms)
    counts: dict[str, int] = {}
    for memory in devices.memories:
        prefix = _MEMORY[memory.model]
        if memory.alias is None:
            slot = memory.address.slot if isinstance(memory.address, DimmAddress) else None
            memory.alias = f"{prefix}{counts.get(prefix, 0) if slot is None else slot}"
        counts[prefix] = counts.get(prefix, 0) + 1


def _name(*groups: tuple[str, Any]) -> None:
    for prefix, items in groups:
        _enumerate(prefix, items)


def _enumerate(prefix: str, items: Any) -> None:
    for number, item in enumerate(items):
        if item.alias is None:
            item.alias = f"{prefix}{number}"


def _free_hostdev(domain: Domain) -> int:
    taken = {device.alias for device in (*domain.devices.hostdevs, *domain.devices.interfaces)}
    number = len(domain.devices.hostdevs)
    while f"hostdev{number}" in taken:
        number += 1
    return number


def _console_alias(domain: Domain, console: Console, number: int) -> str:
    serials = domain.devices.serials
    if number == 0 and serials and console.target_type in (None, ConsoleTarget.SERIAL):
        # It is the serial port seen again.
        return serials[0].alias or "serial0"
    return f"console{number}"


def disk_alias(domain: Domain, disk: Disk) -> str:
    """``ide0-0-1`` for a disk with a drive address, else bus and number: ``virtio-disk0``."""
    if isinstance(disk.address, DriveAddress) and disk.bus is not None:
        address = disk.address
        prefix = str(disk.bus)
        if disk.bus is DiskBus.FDC:
            return f"fdc{address.controller}-{address.bus}-{address.unit}"
        if disk.bus is DiskBus.SCSI:
            model = next(
                (
                    c.model
                    for c in domain.devices.controllers
                    if c.type is ControllerType.SCSI and (c.index or 0) == address.controller
                ),
                None,
            )
            if model != "lsilogic":
                return f"scsi{address.controller}-{address.bus}-{address.target}-{address.unit}"
        return f"{prefix}{address.controller}-{address.bus}-{address.unit}"
    from pyvirt_conf.domain.addresses.drive import target_index

    return f"{disk.bus}-disk{target_index(disk.target) or 0}"


def controller_alias(domain: Domain, controller: Controller) -> str:
    """libvirt's names: the board's own buses have those QEMU gives them."""
    index = controller.index or 0
    kind = controller.type
    if kind is ControllerType.PCI:
        if controller.model == "pcie-root":
            return f"pcie.{index}"
        return f"pci.{index}"
    if kind is ControllerType.IDE and has_builtin_ide(domain) and not index:
        return "ide"
    if kind is ControllerType.SATA and is_q35(domain) and not index:
        return "ide"
    if kind is ControllerType.USB and not index:
        return "usb"
    if kind is ControllerType.SCSI and controller.model == "ncr53c90":
        return "scsi"
    return f"{kind}{index}"
