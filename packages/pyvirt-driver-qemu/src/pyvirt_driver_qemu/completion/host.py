"""What completion asks of the host and of the driver's configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Host:
    """The surroundings of the guests that are defined."""

    pci: HostPci = field(default_factory=HostPci)

    platform: str = sys.platform
    """As ``sys.platform`` names it; only macOS has its own kind of virtual machines."""

    security_model: str | None = None
    """What labels are for that name no model (``selinux``, ``none``); ``None``: they are left as they are."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """Guests whose sound goes to the host play it where ``QEMU_AUDIO_DRV`` says."""

    vnc_allow_host_audio: bool = False
    """Guests with VNC displays may play sound on the host."""

    nographics_allow_host_audio: bool = False
    """Guests without displays may play sound on the host."""

    socket_folder: str | None = None
    """Where the driver makes sockets of displays: a persistent definition does not name one of these."""
