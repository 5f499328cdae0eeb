"""Taking PCI functions from the host for guests: the service ``nodedev`` of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services import hookimpl
from pyvirt_driver_nodedev.vfio import group_in_use
from pyvirt_util.errors import OperationInvalidError
from pyvirt_util.pci import PciDevice, detach, reattach
from pyvirt_util.sysfs import HOST, Kernel

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


class PciFunctions:
    """Answers for the PCI functions of a host: this one by default, others are described in tests.

    A function that vfio holds is in use when a guest has its IOMMU group; who knows more, the hypervisor's driver, asks
    itself before it calls.
    """

    def __init__(self, sysfs: str = "/sys", *, dev: str = "/dev", kernel: Kernel = HOST) -> None:
        self._sysfs = sysfs
        self._dev = dev
        self._kernel = kernel

    @hookimpl
    def nodedev_detach(self, pci_address: str, driver: str, undo: UndoStack) -> bool:
        """See the specification."""
        device = self._device(pci_address)
        if device.driver == driver:
            return True
        self._refuse_used(device, "detaching")
        detach(device, driver)
        undo.push(reattach, device)
        return True

    @hookimpl
    def nodedev_reattach(self, pci_address: str) -> bool:
        """See the specification."""
        device = self._device(pci_address)
        self._refuse_used(device, "reattaching")
        reattach(device)
        return True

    @hookimpl
    def nodedev_reset(self, pci_address: str) -> str:
        """See the specification."""
        device = self._device(pci_address)
        self._refuse_used(device, "resetting")
        return device.reset()

    def _device(self, address: str) -> PciDevice:
        device = PciDevice(address, self._sysfs, kernel=self._kernel)
        device.require()
        return device

    def _refuse_used(self, device: PciDevice, step: str) -> None:
        group = device.iommu_group if device.bound_to_vfio else None
        if group is not None and group_in_use(group, self._dev):
            raise OperationInvalidError(
                f"not {step} pci device {device}: a guest has its IOMMU group {group}",
                hint="its members: " + ", ".join(map(str, device.iommu_group_members)),
            )


NODEDEV = PciFunctions()
"""What the entry point names."""
