"""Names of devices in a running guest: ``virtio-disk0``, ``net0``, ``pci.1``; QEMU's ids are the same (qemu_alias.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import Device, DriveAddress
from pyvirt_conf.domain.chardev import ConsoleTarget
from pyvirt_conf.domain.complete_devices import target_index
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_driver_qemu.command import machines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt_conf.domain.domain import Domain


def assign_aliases(domain: Domain) -> None:
    """Give every device that has no alias the one libvirt gives it."""
    devices = domain.devices
    for controller in devices.controllers:
        if controller.alias is None:
            controller.alias = _controller(controller, domain)
    for disk in devices.disks:
        if disk.alias is None:
            disk.alias = _disk(disk, domain)
    for prefix, found in (
        ("fs", devices.filesystems),
        ("net", devices.interfaces),
        ("smartcard", devices.smartcards),
        ("serial", devices.serials),
        ("parallel", devices.parallels),
        ("channel", devices.channels),
        ("input", devices.inputs),
        ("tpm", devices.tpms),
        ("sound", devices.sounds),
        ("video", devices.videos),
        ("hostdev", devices.hostdevs),
        ("redir", devices.redirdevs),
        ("hub", devices.hubs),
        ("rng", devices.rngs),
        ("panic", devices.panics),
        ("shmem", devices.shmems),
        ("dimm", devices.memories),
    ):
        _number(prefix, found)
    for place, console in enumerate(devices.consoles):
        if console.alias is None:
            # The first console of a PC is its first serial port.
            serial = console.target_type in (None, ConsoleTarget.SERIAL) and place == 0 and devices.serials
            console.alias = devices.serials[0].alias if serial else f"console{place}"
    for prefix, single in (
        ("balloon0", devices.memballoon),
        ("watchdog0", devices.watchdog),
        ("nvram", devices.nvram),
        ("iommu0", devices.iommu),
        ("vsock0", devices.vsock),
    ):
        if single is not None and single.alias is None:
            single.alias = prefix


def _number(prefix: str, devices: Iterable[Device]) -> None:
    found = list(devices)
    taken = {device.alias for device in found}
    number = 0
    for device in found:
        if device.alias is not None:
            continue
        while f"{prefix}{number}" in taken:
            number += 1
        device.alias = f"{prefix}{number}"
        taken.add(device.alias)


def _controller(controller: Controller, domain: Domain) -> str:
    index = controller.index or 0
    if controller.type is ControllerType.PCI:
        if controller.model == "pcie-root":
            return f"pcie.{index}"
        return f"pci.{index}"
    if controller.type is ControllerType.IDE and index == 0 and machines.has_builtin_ide(domain):
        return "ide"
    if controller.type is ControllerType.SATA and index == 0 and machines.is_q35(domain):
        return "ide"
    if controller.type is ControllerType.USB and index == 0:
        return "usb"
    if controller.type is ControllerType.SCSI and index == 0 and domain.os.machine in ("SS-5", "magnum"):
        return "scsi"
    return f"{controller.type}{index}"


def _disk(disk: Disk, domain: Domain) -> str:
    address = disk.address
    if isinstance(address, DriveAddress) and disk.bus in (DiskBus.IDE, DiskBus.SATA, DiskBus.SCSI, DiskBus.FDC):
        place = f"{disk.bus}{address.controller}-{address.bus}"
        if disk.bus is DiskBus.SCSI and _scsi_model(domain, address.controller) != "lsilogic":
            place += f"-{address.target}"
        return f"{place}-{address.unit}"
    number = target_index(disk.target) or 0
    if disk.bus is DiskBus.SD:
        return f"sd{number}"
    return f"{disk.bus}-disk{number}"


def _scsi_model(domain: Domain, index: int) -> str | None:
    for controller in domain.devices.controllers:
        if controller.type is ControllerType.SCSI and (controller.index or 0) == index:
            return controller.model
    return None
