"""The node device document: a device of the host and what it can do."""

from pyvirt_conf.nodedev.capability import Capability, NestedCapability
from pyvirt_conf.nodedev.device import Devnode, NodeDevice, parse_node_device
from pyvirt_conf.nodedev.mdev import MdevAttribute, MdevCapability, MdevParentCapability, MdevType, MdevTypes
from pyvirt_conf.nodedev.misc import DrmCapability, SystemCapability, VdpaCapability
from pyvirt_conf.nodedev.net import NetCapability, NetFeature
from pyvirt_conf.nodedev.pci import IommuGroup, PciCapability, PciExpress, PhysFunction, VirtFunctions
from pyvirt_conf.nodedev.s390 import (
    ApCardCapability,
    ApMatrixCapability,
    ApQueueCapability,
    CcwCapability,
    CssCapability,
)
from pyvirt_conf.nodedev.scsi import (
    FcHost,
    ScsiCapability,
    ScsiGenericCapability,
    ScsiHostCapability,
    ScsiTargetCapability,
    VportOps,
)
from pyvirt_conf.nodedev.storage import Removable, StorageCapability
from pyvirt_conf.nodedev.usb import UsbDeviceCapability, UsbInterfaceCapability
from pyvirt_conf.nodedev.vpd import Vpd

__all__ = [
    "ApCardCapability",
    "ApMatrixCapability",
    "ApQueueCapability",
    "Capability",
    "CcwCapability",
    "CssCapability",
    "Devnode",
    "DrmCapability",
    "FcHost",
    "IommuGroup",
    "MdevAttribute",
    "MdevCapability",
    "MdevParentCapability",
    "MdevType",
    "MdevTypes",
    "NestedCapability",
    "NetCapability",
    "NetFeature",
    "NodeDevice",
    "PciCapability",
    "PciExpress",
    "PhysFunction",
    "Removable",
    "ScsiCapability",
    "ScsiGenericCapability",
    "ScsiHostCapability",
    "ScsiTargetCapability",
    "StorageCapability",
    "SystemCapability",
    "UsbDeviceCapability",
    "UsbInterfaceCapability",
    "VdpaCapability",
    "VirtFunctions",
    "Vpd",
    "VportOps",
    "parse_node_device",
]
