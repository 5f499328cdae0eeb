"""PCI devices in use by guests and held for them, and the two steps between them and the host.

What libvirt keeps as lists of active and inactive devices: active ones belong to a guest; inactive ones were taken from
the host's driver and have no guest yet; a device its host's driver has is on neither.
"""

from __future__ import annotations

from pyvirt_util.device_list import DeviceList
from pyvirt_util.errors import OperationInvalidError
from pyvirt_util.pci.device import VFIO_DRIVER, PciDevice


class PciDeviceList(DeviceList[PciDevice]):
    """PCI devices, each once."""

    __slots__ = ()


def detach(
    device: PciDevice,
    driver: str = VFIO_DRIVER,
    *,
    active: PciDeviceList | None = None,
    inactive: PciDeviceList | None = None,
) -> None:
    """Take a device from the host for a guest to come: bind it to the stub ``driver``, and add it to ``inactive``.

    :raises OperationInvalidError: when it is in use.
    :raises VirtError: as :meth:`PciDevice.bind_to_stub`.
    """
    _refuse_active(device, active, "detaching")
    device.bind_to_stub(driver)
    if inactive is not None and device not in inactive:
        inactive.add(device)


def reattach(device: PciDevice, *, active: PciDeviceList | None = None, inactive: PciDeviceList | None = None) -> None:
    """Give a device back to the host's driver, and take it from ``inactive``.

    :raises OperationInvalidError: when it is in use.
    :raises VirtError: as :meth:`PciDevice.unbind_from_stub`.
    """
    _refuse_active(device, active, "reattaching")
    device.unbind_from_stub()
    if inactive is not None:
        inactive.remove(device)


def _refuse_active(device: PciDevice, active: PciDeviceList | None, step: str) -> None:
    if active is not None and device in active:
        raise OperationInvalidError(f"not {step} pci device {device}: it is in use{active.used_by(device)}")
