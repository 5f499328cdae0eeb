"""Which PCI functions there are, what bridge is above one, and whether bridges isolate what is behind them.

Sources: PCI-to-PCI Bridge Architecture Specification 1.2, section 3.2.5 (bus numbers); PCI Express Base Specification,
section 6.12 (access control services); the rules are those of libvirt's virPCIDeviceIsAssignable.
"""

from __future__ import annotations

import os

from pyvirt_util import _logging, sysfs
from pyvirt_util.errors import OperationFailedError, OperationInvalidError, SystemCallError, VirtError
from pyvirt_util.pci.address import PciAddress
from pyvirt_util.pci.device import PciDevice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from pyvirt_util.pci.config import ConfigSpace

CLASS_PCI_BRIDGE = 0x0604


def pci_devices(sysfs_root: str | PathLike[str] = "/sys", *, kernel: sysfs.Kernel = sysfs.HOST) -> list[PciDevice]:
    """All PCI functions of the host by address; none on a host without the bus."""
    root = os.fspath(sysfs_root)
    found = []
    for name in sysfs.list_names(f"{root}/bus/pci/devices"):
        address = PciAddress.try_parse(name)
        if address is None:
            _logging.warning(__name__, "unusual name '%s' among the pci devices in '%s'", name, root)
        else:
            found.append(address)
    return [PciDevice(address, root, kernel=kernel) for address in sorted(found)]


def find_bridge(device: PciDevice) -> PciDevice | None:
    """The bridge directly above ``device``; ``None`` on a root bus.

    The folders of sysfs tell. Where a tree has the devices side by side, the bus numbers in the bridges' registers do:
    the bridge whose secondary bus it is, else the innermost one whose range of buses has it, since virtual functions
    may be on a bus without a bridge of its own.

    :raises OperationFailedError: when neither tells.
    """
    folder = os.path.basename(os.path.dirname(device.real_path))
    address = PciAddress.try_parse(folder)
    if address is not None:
        return device.sibling(address)
    if folder.startswith("pci"):  # a root bus, pci0000:00
        device.require()
        return None
    bridge = _bridge_by_number(device)
    if bridge is None and device.address.bus != 0:
        raise OperationFailedError(f"no bridge found above pci device {device}")
    return bridge


def check_assignable(device: PciDevice, strict_acs: bool) -> None:
    """See :meth:`PciDevice.check_assignable`."""
    try:
        port = _port_without_acs(device)
    except VirtError as error:
        raise OperationInvalidError(f"pci device {device} is not assignable: {error.message}") from error
    if port is not None and strict_acs:
        raise OperationInvalidError(
            f"pci device {device} is not assignable: switch port {port} above it lacks access control services",
            hint="devices behind it can reach each other past the IOMMU; a relaxed check allows it all the same",
        )


def vfio_blockers(device: PciDevice) -> list[PciDevice]:
    """See :meth:`PciDevice.vfio_blockers`. Source: the kernel's Documentation/driver-api/vfio.rst on viable groups."""
    blockers = []
    for address in device.iommu_group_members:
        member = device.sibling(address)
        try:
            idle = member.driver in (None, "pci-stub") or member.bound_to_vfio
            if not idle and member.class_code >> 8 != CLASS_PCI_BRIDGE:
                blockers.append(member)
        except SystemCallError:  # it went away: it blocks nothing
            if member.present:
                raise
    return blockers


def _port_without_acs(device: PciDevice) -> PciDevice | None:
    """The nearest downstream port of a switch above the device that doesn't isolate."""
    bridge, above = find_bridge(device), {device.address}
    while bridge is not None and bridge.address not in above:
        above.add(bridge.address)
        config = bridge.config
        express = config.express
        if (
            express is not None
            and express.port_type == "downstream-port"
            and bridge.class_code >> 8 == CLASS_PCI_BRIDGE
            and not config.acs_enabled
        ):
            return bridge
        try:
            bridge = find_bridge(bridge)
        except OperationFailedError:  # the root bus of a tree without folders
            return None
    return None


def _bridge_by_number(device: PciDevice) -> PciDevice | None:
    bus, best, innermost = device.address.bus, None, -1
    for candidate in pci_devices(device.sysfs_root, kernel=device.kernel):
        if candidate.address.domain != device.address.domain or candidate == device:
            continue
        config = _bridge_config(candidate)
        if config is None:
            continue
        if config.secondary_bus == bus:
            return candidate
        if innermost < config.secondary_bus < bus <= config.subordinate_bus:
            best, innermost = candidate, config.secondary_bus
    return best


def _bridge_config(device: PciDevice) -> ConfigSpace | None:
    try:
        if device.class_code >> 8 != CLASS_PCI_BRIDGE:
            return None
        config = device.config
    except SystemCallError:  # it went away, or this is no place to look
        return None
    return config if config.header_type == "pci-bridge" else None
