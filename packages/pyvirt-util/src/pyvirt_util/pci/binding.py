"""Taking a PCI device from its driver and giving it to another, through ``driver_override``.

Source: the kernel's Documentation/ABI/testing/sysfs-bus-pci (driver_override, drivers_probe, unbind).

Each step leaves a state from which both ways start anew: whoever is killed in between, the next call settles it, and
one process at a time does it. The caller sees to it that nobody uses the device: the kernel's ``unbind`` waits until a
guest has given it up.
"""

from __future__ import annotations

import os

from pyvirt_util.errors import InternalError, InvalidArgError, OperationFailedError, SystemCallError, VirtError
from pyvirt_util.pci.lock import DeviceLock
from pyvirt_util.undo import UndoStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.pci.device import PciDevice

STUB_DRIVERS = frozenset(("vfio-pci", "pci-stub", "pciback", "xen-pciback"))
"""Drivers that hold devices for guests; of others only a bound device's ``driver_override`` tells."""

_MODULES = {"pciback": "xen-pciback"}
_ANY_DRIVER = b"\n"


def bind_to_stub(device: PciDevice, driver: str) -> None:
    """Give the device to ``driver``; nothing happens when it has it. A failure gives it back to the host.

    :raises InvalidArgError: for what is no name of a driver.
    :raises InternalError: when the driver is absent and can't be loaded.
    :raises SystemCallError: when the kernel refuses one of the steps.
    :raises OperationFailedError: when the driver doesn't take the device.
    """
    if not driver or driver.startswith(".") or not driver.isprintable() or any(char in "/ " for char in driver):
        raise InvalidArgError(f"'{driver}' is not the name of a pci driver")
    device.require()
    _load_driver(device, driver)
    with DeviceLock(device), UndoStack() as undo:
        if device.driver == driver:
            return
        undo.push(_give_back, device, device.driver_override)
        if device.driver_override != driver:
            _set_override(device, driver.encode())
        _unbind(device)
        _probe(device)
        taken = device.driver
        if taken != driver:
            raise OperationFailedError(
                f"driver '{driver}' did not take pci device {device}: "
                + (f"'{taken}' has it" if taken else "it has no driver now"),
                hint="vfio needs an IOMMU, and the device has no IOMMU group"
                if driver.startswith("vfio") and device.iommu_group is None
                else "the kernel's log has the reason",
            )


def unbind_from_stub(device: PciDevice) -> None:
    """Give the device back to the driver the host has for it, or to none; one that a host's driver has stays there.

    :raises SystemCallError: when the kernel refuses one of the steps.
    """
    device.require()
    with DeviceLock(device):
        driver, override = device.driver, device.driver_override
        # In this order: as long as the override names it, a stub nobody knows by name is known for one.
        if driver is not None and (driver in STUB_DRIVERS or driver == override or device.bound_to_vfio):
            _unbind(device)
            driver = None
        if override is not None:
            _set_override(device, _ANY_DRIVER)
        if driver is None:
            _probe(device)


def unbind(device: PciDevice) -> None:
    """Take the device from its driver, if it has one.

    :raises SystemCallError: when the kernel refuses.
    """
    device.require()
    with DeviceLock(device):
        _unbind(device)


def reprobe(device: PciDevice) -> str | None:
    """Let the kernel find a driver for the device, unless it has one; the name of the one that has it then.

    :raises SystemCallError: when the kernel refuses.
    """
    device.require()
    with DeviceLock(device):
        _probe(device)
    return device.driver


def _unbind(device: PciDevice) -> None:
    driver = device.driver
    if driver is None:
        return
    try:
        device.kernel.write(f"{device.path}/driver/unbind", device.name.encode())
    except SystemCallError as error:
        if device.driver is None and device.present:  # somebody did the same by hand
            return
        raise _refused(error, f"unbind pci device {device} from driver '{driver}'") from error


def _probe(device: PciDevice) -> None:
    try:
        device.kernel.write(f"{device.sysfs_root}/bus/pci/drivers_probe", device.name.encode())
    except SystemCallError as error:
        raise _refused(error, f"probe drivers for pci device {device}") from error


def _load_driver(device: PciDevice, driver: str) -> None:
    folder = f"{device.sysfs_root}/bus/pci/drivers/{driver}"
    if os.path.isdir(folder):
        return
    module = _MODULES.get(driver, driver)
    try:
        device.kernel.load_module(module)
    except VirtError as error:
        raise InternalError(
            f"cannot load module '{module}' of driver '{driver}' for pci device {device}: {error.message}",
            hint="the administrator may have put it on the blacklist in /etc/modprobe.d",
        ) from error
    if not os.path.isdir(folder):
        raise InternalError(f"module '{module}' is loaded, but there is no pci driver '{driver}' for device {device}")


def _set_override(device: PciDevice, value: bytes) -> None:
    path = f"{device.path}/driver_override"
    try:
        device.kernel.write(path, value)
    except SystemCallError as error:
        what = f"driver '{value.decode()}'" if value.strip() else "any driver"
        raise _refused(error, f"allow {what} for pci device {device} in '{path}'") from error


def _give_back(device: PciDevice, override: str | None) -> None:
    """Undo a bind that failed."""
    _set_override(device, override.encode() if override else _ANY_DRIVER)
    if device.driver is None:
        _probe(device)


def _refused(error: SystemCallError, action: str) -> SystemCallError:
    """The same failure, saying what was to be done."""
    refused = SystemCallError(f"cannot {action}: {error.message}", hint=error.hint)
    refused.errno = error.errno
    return refused
