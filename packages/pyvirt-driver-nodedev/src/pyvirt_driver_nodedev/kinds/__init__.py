"""The kinds of devices there are, by capability: which devices are of each, and what they are called.

:data:`SUBSYSTEMS` says in which buses and classes of the kernel they are found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvirt.enums.nodedev import ConnectListAllNodeDeviceFlags as Flags
from pyvirt_driver_nodedev.kinds.base import Kind
from pyvirt_driver_nodedev.kinds.misc import DrmKind, MdevKind, MdevParentKind, VdpaKind
from pyvirt_driver_nodedev.kinds.net import NetKind
from pyvirt_driver_nodedev.kinds.pci import PciKind
from pyvirt_driver_nodedev.kinds.s390 import ApMatrixKind, CcwKind, CssKind
from pyvirt_driver_nodedev.kinds.scsi import ScsiGenericKind, ScsiHostKind
from pyvirt_driver_nodedev.kinds.storage import StorageKind

if TYPE_CHECKING:
    from collections.abc import Callable

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
    _bus("pci", PciKind("pci", "mdev_types", "vpd")),
    _bus("usb", Kind("usb_device"), Kind("usb"), choose=_of_usb),
    _class("net", NetKind("net")),
    _bus("scsi", ScsiHostKind("scsi_host", "fc_host", "vports"), Kind("scsi_target"), Kind("scsi"), choose=_of_scsi),
    _class("scsi_generic", ScsiGenericKind("scsi_generic")),
    # The class has partitions too.
    _class("block", StorageKind("storage"), "block"),
    _class("drm", DrmKind("drm")),
    _bus("mdev", MdevKind("mdev")),
    _class("mtty", MdevParentKind("mdev_types")),
    _bus("vdpa", VdpaKind("vdpa")),
    _bus("ccw", CcwKind("ccw")),
    _bus("css", CssKind("css", "mdev_types")),
    _bus("ap", Kind("ap_card"), Kind("ap_queue"), choose=_of_ap),
    _bus("matrix", ApMatrixKind("ap_matrix", "mdev_types"), prefix="ap_matrix"),
)
"""All of them, in the order devices are listed."""

COMPUTER = "computer"
"""The name of the device that stands for the host itself."""

__all__ = ["COMPUTER", "FLAGS", "SUBSYSTEMS", "Kind", "Subsystem"]
