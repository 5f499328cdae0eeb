"""Taking devices from the host for a guest, and giving them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


class NodedevSpecification:
    """Hooks of the node device service."""

    @hookspec(firstresult=True)
    def nodedev_detach(self, pci_address: str, driver: str, undo: UndoStack) -> bool | None:
        """Bind a PCI function (``0000:03:10.0``) to ``driver`` (``vfio-pci``) instead of the host's.

        Nothing happens, and nothing is to be undone, when that driver has it.
        """

    @hookspec(firstresult=True)
    def nodedev_reattach(self, pci_address: str) -> bool | None:
        """Give a PCI function back to the host's driver; one that a host's driver has stays there."""

    @hookspec(firstresult=True)
    def nodedev_reset(self, pci_address: str) -> str | None:
        """Put a PCI function into the state it has after power on; in which way: ``kernel``, ``flr``, ``vfio`` ..."""


class NodedevService(Service):
    """``pyvirt.services.nodedev``."""

    kind = "nodedev"
    specification = NodedevSpecification
    provider = "pyvirt-driver-nodedev"

    def detach(self, pci_address: str, driver: str, undo: UndoStack) -> None:
        """Take a PCI function from the host.

        :raises OperationInvalidError: when a guest has it, or another function of its IOMMU group.
        """
        self._first("nodedev_detach", f"detach {pci_address}", pci_address=pci_address, driver=driver, undo=undo)

    def reattach(self, pci_address: str) -> None:
        """Give a PCI function back.

        :raises OperationInvalidError: as :meth:`detach`.
        """
        self._first("nodedev_reattach", f"reattach {pci_address}", pci_address=pci_address)

    def reset(self, pci_address: str) -> str:
        """Reset a PCI function; the way that was taken.

        :raises OperationInvalidError: as :meth:`detach`. :raises InternalError: when it can't be reset.
        """
        return str(self._first("nodedev_reset", f"reset {pci_address}", pci_address=pci_address))
