"""The kinds of devices there are: one class each, which names and describes devices of one capability.

:data:`SUBSYSTEMS` says in which buses and classes of the kernel they are found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvirt.enums.nodedev import ConnectListAllNodeDeviceFlags as Flags
from pyvirt_driver_nodedev.kinds.misc import DrmKind, MdevKind, MdevParentKind, VdpaKind
from pyvirt_driver_nodedev.kinds.net import NetKind
from pyvirt_driver_nodedev.kinds.pci import PciKind
from pyvirt_driver_nodedev.kinds.s390 import ApCardKind, ApMatrixKind, ApQueueKind, CcwKind, CssKind
from pyvirt_driver_nodedev.kinds.scsi import ScsiGenericKind, ScsiHostKind, ScsiKind, ScsiTargetKind
from pyvirt_driver_nodedev.kinds.storage import StorageKind
from pyvirt_driver_nodedev.kinds.usb import UsbDeviceKind, UsbInterfaceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_driver_nodedev.kinds.base import Kind

FLAGS = {
    "system": Flags.CAP_SYSTEM,
    "pci": Flags.CAP_PCI_DEV,
    "usb_device": Flags.CAP_USB_DEV,
    "usb": Flags.CAP_USB_INTERFACE,
    "net": Flags.CAP_NET,
    "scsi_host": Flags.CAP_SCSI_HOST,
    "scsi_target": Flags.CAP_SCSI_TARGET,
    "scsi": Flags.CAP_SCSI,
    "storage": Flags.CAP_STORAGE,
    "fc_host": Flags.CAP_FC_HOST,
    "vports": Flags.CAP_VPORTS,
    "scsi_generic": Flags.CAP_SCSI_GENERIC,
    "drm": Flags.CAP_DRM,
    "mdev_types": Flags.CAP_MDEV_TYPES,
    "mdev": Flags.CAP_MDEV,
    "ccw": Flags.CAP_CCW_DEV,
    "css": Flags.CAP_CSS_DEV,
    "vdpa": Flags.CAP_VDPA,
    "ap_card": Flags.CAP_AP_CARD,
    "ap_queue": Flags.CAP_AP_QUEUE,
    "ap_matrix": Flags.CAP_AP_MATRIX,
    "vpd": Flags.CAP_VPD,
}
"""The bit that lists devices with a capability, by its name."""


class Subsystem(NamedTuple):
    """A bus or class of the kernel with devices of ours.

    :param folders: where they are listed, below the root of sysfs; the first that is there counts.
    :param prefix: how the names of its devices begin, or the name where there is only one.
    :param choose: which of ``kinds`` a device is of, by its name in sysfs.
    """

    name: str
    folders: tuple[str, ...]
    kinds: tuple[Kind, ...]
    prefix: str
    choose: Callable[[str], int]


def _bus(name: str, *kinds: Kind, prefix: str = "", choose: Callable[[str], int] = lambda name: 0) -> Subsystem:
    return Subsystem(name, (f"bus/{name}/devices",), kinds, prefix or f"{name}_", choose)


def _class(name: str, kind: Kind, *folders: str) -> Subsystem:
    return Subsystem(name, (*folders, f"class/{name}"), (kind,), f"{name}_", lambda name: 0)


def _of_usb(name: str) -> int:
    return 1 if ":" in name else 0


def _of_scsi(name: str) -> int:
    return 0 if name.startswith("host") else 1 if name.startswith("target") else 2


def _of_ap(name: str) -> int:
    return 0 if name.startswith("card") else 1


SUBSYSTEMS = (
    _bus("pci", PciKind()),
    _bus("usb", UsbDeviceKind(), UsbInterfaceKind(), choose=_of_usb),
    _class("net", NetKind()),
    _bus("scsi", ScsiHostKind(), ScsiTargetKind(), ScsiKind(), choose=_of_scsi),
    _class("scsi_generic", ScsiGenericKind()),
    # The class has partitions too.
    _class("block", StorageKind(), "block"),
    _class("drm", DrmKind()),
    _bus("mdev", MdevKind()),
    _class("mtty", MdevParentKind()),
    _bus("vdpa", VdpaKind()),
    _bus("ccw", CcwKind()),
    _bus("css", CssKind()),
    _bus("ap", ApCardKind(), ApQueueKind(), choose=_of_ap),
    _bus("matrix", ApMatrixKind(), prefix=ApMatrixKind.capability),
)
"""All of them, in the order devices are listed."""

__all__ = ["FLAGS", "SUBSYSTEMS", "Subsystem"]
