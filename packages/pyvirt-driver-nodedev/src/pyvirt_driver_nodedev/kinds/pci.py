"""PCI functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.kinds.base import Kind, has_mdev_types
from pyvirt_util.pci import PciAddress

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device


class PciKind(Kind):
    """A PCI function."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if PciAddress.try_parse(device.sysname) is not None else None

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        if inner == "mdev_types":
            return has_mdev_types(device.folder)
        from pyvirt_driver_nodedev.documents.pci import vital_product_data

        return vital_product_data(device) is not None
