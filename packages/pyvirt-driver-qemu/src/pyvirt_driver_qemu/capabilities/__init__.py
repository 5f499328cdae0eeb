"""What QEMU binaries can do: probing, libvirt's flags for it, and the cache on disk.

``CapabilitiesCache(directories.cache).get("/usr/bin/qemu-system-x86_64")`` is the way in.
"""

from pyvirt_driver_qemu.capabilities.cache import CapabilitiesCache
from pyvirt_driver_qemu.capabilities.model import (
    Capabilities,
    CpuExpansion,
    CpuModel,
    GicVersion,
    MachineType,
    SevCapabilities,
)

__all__ = [
    "Capabilities",
    "CapabilitiesCache",
    "CpuExpansion",
    "CpuModel",
    "GicVersion",
    "MachineType",
    "SevCapabilities",
]
