"""Resetting a PCI device, so that a guest gets nothing of the one before.

Sources: PCI Bus Power Management Interface Specification 1.2, PCI-to-PCI Bridge Architecture Specification 1.2; when to
reset and when to refuse is what libvirt's virPCIDeviceReset does.
"""

from __future__ import annotations

import os

from pyvirt_util import _logging
from pyvirt_util.errors import InternalError, SystemCallError, VirtError
from pyvirt_util.pci.addresses import restore_lost
from pyvirt_util.pci.config import BRIDGE_CONTROL, BRIDGE_RESET, CAP_POWER_MANAGEMENT, PM_CONTROL, ConfigSpace
from pyvirt_util.pci.device import known_header_type
from pyvirt_util.pci.lock import DeviceLock
from pyvirt_util.pci.topology import find_bridge, pci_devices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.pci.device import PciDevice
    from pyvirt_util.pci.device_list import PciDeviceList

BY_VFIO = "vfio"
"""Nothing was done: the driver resets the device when a guest opens it, and when it gives it up."""
BY_KERNEL = "kernel"
"""The kernel did it, in the way it knows for this device (its attribute ``reset``)."""
BY_FUNCTION = "flr"
"""Nothing was done: the device has function level reset, which the hypervisor uses when a guest starts."""
BY_POWER = "pm"
"""The device was put to sleep and woken up."""
BY_BUS = "bus"
"""The bus behind its bridge was reset."""

_STATE, _D3HOT = 0x3, 0x3
_SPACE = 256
_HEADER = 16
_POWER_PAUSE, _BUS_PAUSE = 0.01, 0.2


def reset(device: PciDevice, active: PciDeviceList | None = None, inactive: PciDeviceList | None = None) -> str:
    """Reset the device; which way was taken, one of the constants above.

    A device that vfio has is left to vfio. Else the kernel resets it, where it offers that; what remains is done here,
    with the configuration space saved and restored: a device without function level reset is put to sleep and woken,
    or the bus it is on is reset, when no other device there is used by the host or by a guest.

    :param active: the devices that guests use: these are refused.
    :param inactive: those held for guests and used by none, which a reset of their bus may reset too.
    :raises InternalError: when it may not be reset, or can't.
    :raises SystemCallError: when the device is gone or its configuration space can't be read or written.
    """
    device.require()
    with DeviceLock(device):
        return _reset(device, active, inactive)


def _reset(device: PciDevice, active: PciDeviceList | None, inactive: PciDeviceList | None) -> str:
    if active is not None and device in active:
        raise InternalError(f"not resetting pci device {device}: it is in use{active.used_by(device)}")
    try:
        _settle(device)
    except VirtError as error:
        _logging.warning(__name__, "cannot see whether pci device %s needs to be settled: %s", device, error)
    config = device.config
    if known_header_type(config) != "endpoint":
        raise InternalError(f"pci device {device} is a bridge: only endpoints can be reset")
    if device.bound_to_vfio:
        return BY_VFIO
    reason: VirtError | None = None
    if os.path.exists(f"{device.path}/reset"):
        try:
            device.kernel.write(f"{device.path}/reset", b"1")
        except SystemCallError as error:
            reason = error
        else:
            return BY_KERNEL
    if config.has_flr or device.is_virtual_function:
        return BY_FUNCTION
    if config.has_pm_reset:
        try:
            _reset_by_power(device, config)
        except VirtError as error:
            reason = error
        else:
            return BY_POWER
    if device.address.bus != 0:  # nothing is above the root bus
        try:
            _reset_by_bus(device, inactive)
        except VirtError as error:
            reason = error
        else:
            return BY_BUS
    why = reason.message if reason is not None else "it has neither function level nor power management reset"
    raise InternalError(f"cannot reset pci device {device}: {why}") from reason


def _reset_by_power(device: PciDevice, config: ConfigSpace) -> None:
    saved = _saved(config)
    at = config.capabilities[CAP_POWER_MANAGEMENT] + PM_CONTROL
    awake = config.u32(at) & ~_STATE
    try:
        try:
            _write(device, at, awake | _D3HOT, 4)
            device.kernel.pause(_POWER_PAUSE)
        finally:
            _write(device, at, awake, 4)
        device.kernel.pause(_POWER_PAUSE)
    finally:
        _restore(device, saved)


def _reset_by_bus(device: PciDevice, inactive: PciDeviceList | None) -> None:
    there = _devices_on_bus(device)
    for other in there:
        if other != device and (inactive is None or other not in inactive):
            raise InternalError(f"active device {other} is on the bus of {device}, not doing a bus reset")
    bridge = find_bridge(device)
    if bridge is None:
        raise InternalError(f"no bridge above pci device {device}")
    if os.path.exists(f"{bridge.path}/reset_subordinate"):
        try:
            device.kernel.write(f"{bridge.path}/reset_subordinate", b"1")
        except SystemCallError:
            pass  # it does not for every bridge what it offers
        else:
            return
    control = bridge.config.u16(BRIDGE_CONTROL) & ~BRIDGE_RESET
    saved = [(other, _saved(other.config)) for other in there]
    try:
        try:
            _write(bridge, BRIDGE_CONTROL, control | BRIDGE_RESET, 2)
            device.kernel.pause(_BUS_PAUSE)
        finally:
            _write(bridge, BRIDGE_CONTROL, control, 2)
        device.kernel.pause(_BUS_PAUSE)
    finally:
        for other, data in saved:
            _restore(other, data)


def _devices_on_bus(device: PciDevice) -> list[PciDevice]:
    """All devices on the bus of a device, itself included."""
    found = pci_devices(device.sysfs_root, kernel=device.kernel)
    return [other for other in found if other.address[:2] == device.address[:2]]


def _settle(device: PciDevice) -> None:
    """Undo what somebody killed in the middle of a reset left: a bus held in reset, devices without addresses."""
    bridge = find_bridge(device) if device.address.bus != 0 else None
    if bridge is not None:
        control = bridge.config.u16(BRIDGE_CONTROL)
        if control & BRIDGE_RESET:
            _logging.warning(__name__, "the bus of pci device %s was left in reset", device)
            _write(bridge, BRIDGE_CONTROL, control & ~BRIDGE_RESET, 2)
            device.kernel.pause(_BUS_PAUSE)
    for other in [device] if bridge is None else _devices_on_bus(device):
        config = other.config
        if config.header_type == "endpoint" and config.answers and restore_lost(other, config):
            _logging.warning(__name__, "pci device %s was left without its addresses", other)


def _saved(config: ConfigSpace) -> bytes:
    saved = config.data[:_SPACE]
    if len(saved) < _SPACE:
        raise InternalError(f"config space of {config.name} has {len(saved)} bytes, too few to restore it from")
    if not config.answers:
        raise InternalError(f"pci device {config.name} does not answer, and its config space is lost")
    return saved


def _restore(device: PciDevice, saved: bytes) -> None:
    """Write the configuration space back; what makes it answer at its addresses comes after the addresses."""
    device.kernel.write(f"{device.path}/config", saved[_HEADER:], _HEADER)
    device.kernel.write(f"{device.path}/config", saved[:_HEADER])


def _write(device: PciDevice, offset: int, value: int, size: int) -> None:
    device.kernel.write(f"{device.path}/config", value.to_bytes(size, "little"), offset)
