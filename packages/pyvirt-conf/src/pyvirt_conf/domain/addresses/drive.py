"""Where disks sit on IDE, SATA, SCSI and floppy controllers: their names say it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DriveAddress
from pyvirt_conf.domain.config import ParserConfig, ParserFeature
from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.hostdev import ScsiHostdev
from pyvirt_util.errors import XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_PREFIXES = ("fd", "hd", "vd", "sd", "xvd", "ubd")

#: The unit a SCSI controller has itself.
_SCSI_SELF = 7


@lru_cache(maxsize=1024)
def target_index(target: str) -> int | None:
    """The number of a disk by its name: ``vda`` is 0, ``vdaa`` 26, ``sda1`` 0; ``None`` for a name of another form."""
    for prefix in _PREFIXES:
        if target.startswith(prefix):
            letters = target[len(prefix) :]
            break
    else:
        return None
    end = 0
    index = 0
    while end < len(letters) and "a" <= letters[end] <= "z":
        index = (index + (1 if end else 0)) * 26 + ord(letters[end]) - ord("a")
        end += 1
    digits = letters[end:]
    if end == 0 or end > 10 or (digits and (not digits.isascii() or not digits.isdigit())):
        return None
    return index


def drive_place(
    bus: DiskBus | None, index: int, *, wide_scsi: bool = False, sata_ports: int = 6
) -> DriveAddress | None:
    """The place of a bus' disk number ``index``; ``None`` on buses that have no drive addresses.

    :param wide_scsi: SCSI controllers have 16 units, not 7.
    :param sata_ports: disks of a SATA controller.
    """
    if bus is DiskBus.IDE:
        return DriveAddress(controller=index // 4, bus=index % 4 // 2, unit=index % 2)
    if bus is DiskBus.SATA:
        return DriveAddress(controller=index // sata_ports, unit=index % sata_ports)
    if bus is DiskBus.SCSI:
        controller, unit = divmod(index, 15 if wide_scsi else 7)
        return DriveAddress(controller=controller, unit=unit + (unit >= _SCSI_SELF))
    if bus is DiskBus.FDC:
        return DriveAddress(controller=index // 2, unit=index % 2)
    return None


def drive_address(disk: Disk, domain: Domain, config: ParserConfig) -> DriveAddress | None:
    """Where a disk of an IDE, SATA, SCSI or floppy bus sits by its name (virDomainDiskDefAssignAddress).

    :raises XmlError: the name tells no number, or the place is a host device's.
    """
    if disk.bus not in (DiskBus.IDE, DiskBus.SATA, DiskBus.SCSI, DiskBus.FDC):
        return None
    index = target_index(disk.target)
    if index is None:
        raise XmlError(f"unknown disk name '{disk.target}' and no address specified")
    found = drive_place(disk.bus, index, wide_scsi=bool(config.features & ParserFeature.WIDE_SCSI))
    if disk.bus is DiskBus.SCSI:
        if any(isinstance(h, ScsiHostdev) and h.address == found for h in domain.devices.hostdevs):
            raise XmlError(f"the address of disk '{disk.target}' is taken by a hostdev")
    return found


def free_scsi_address(domain: Domain, config: ParserConfig) -> DriveAddress:
    """The first free place on a SCSI controller; behind the last one if all are full."""
    taken = {
        (a.controller, a.bus, a.target, a.unit)
        for device in (*domain.devices.disks, *domain.devices.hostdevs)
        if isinstance(a := device.address, DriveAddress)
        and (isinstance(device, ScsiHostdev) or (isinstance(device, Disk) and device.bus is DiskBus.SCSI))
    }
    wide = config.features & ParserFeature.WIDE_SCSI
    units = [unit for unit in range(16 if wide else 7) if unit != _SCSI_SELF]
    controllers = sorted(c.index or 0 for c in domain.devices.controllers if c.type is ControllerType.SCSI)
    for controller in controllers or [0]:
        for unit in units:
            if (controller, 0, 0, unit) not in taken:
                return DriveAddress(controller=controller, unit=unit)
    return DriveAddress(controller=controllers[-1] + 1 if controllers else 1)
