"""PCI devices of the host: what they are, who drives them, and taking them for a guest.

::

    device = PciDevice(PciAddress.parse("0000:03:10.0"))
    device.check_assignable()
    device.bind_to_stub("vfio-pci")

Everything is read below a root, ``/sys`` by default, so that a described host will do as well.
"""

from pyvirt_util.pci.address import PciAddress
from pyvirt_util.pci.config import ConfigSpace, MsiCapability, SriovCapability
from pyvirt_util.pci.device import VFIO_DRIVER, PciDevice
from pyvirt_util.pci.device_list import PciDeviceList, detach, reattach
from pyvirt_util.pci.express import Link, PciExpress
from pyvirt_util.pci.topology import pci_devices
from pyvirt_util.pci.vpd import Vpd, VpdReadOnly, VpdReadWrite

__all__ = [
    "VFIO_DRIVER",
    "ConfigSpace",
    "Link",
    "MsiCapability",
    "PciAddress",
    "PciDevice",
    "PciDeviceList",
    "PciExpress",
    "SriovCapability",
    "Vpd",
    "VpdReadOnly",
    "VpdReadWrite",
    "detach",
    "pci_devices",
    "reattach",
]
