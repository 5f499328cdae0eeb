"""What places of PCI devices of the host depend on."""

from __future__ import annotations

import os


class HostPci:
    """The PCI devices of a host.

    :param sysfs_root: where its sysfs is; tests of described hosts pass their own.
    """

    def __init__(self, sysfs_root: str = "/sys") -> None:
        self._sysfs_root = sysfs_root

    def is_conventional(self, location: str) -> bool:
        """Is it a device of conventional PCI? One the host does not have is taken for PCI Express, as most are.

        :param location: ``0000:06:12.5``.
        """
        # The kernel shows 4096 bytes of configuration space for PCI Express, also to those who may not read them.
        try:
            return os.stat(f"{self._sysfs_root}/bus/pci/devices/{location}/config").st_size <= 256
        except OSError:
            return False

    def iommu_group(self, location: str) -> int | None:
        """The number of its IOMMU group; ``None`` where the host has no such device, or no IOMMU."""
        from pyvirt_util.pci import PciDevice

        return PciDevice(location, self._sysfs_root).iommu_group
