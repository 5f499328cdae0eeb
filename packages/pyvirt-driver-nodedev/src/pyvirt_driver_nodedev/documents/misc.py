"""Graphics cards, vDPA devices, mediated devices and software parents of such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import DrmCapability, MdevCapability, MdevParentCapability, VdpaCapability
from pyvirt_conf.nodedev.misc import DrmType
from pyvirt_driver_nodedev.documents.parts import mdev_types
from pyvirt_driver_nodedev.kinds.misc import drm_type, vhost_path
from pyvirt_driver_nodedev.mdev.sysfs import read_mdev
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device


def describe_drm(device: Device) -> DrmCapability:
    """A device file of a graphics card."""
    word = drm_type(device)
    if word is None:
        raise InternalError(f"'{device.path}' is no device file of a graphics card")
    return DrmCapability(node_type=DrmType(word))


def describe_vdpa(device: Device) -> VdpaCapability:
    """A vDPA device. There is no device file while another driver than ``vhost_vdpa`` has it."""
    return VdpaCapability(chardev=vhost_path(device))


def describe_mdev(device: Device) -> MdevCapability:
    """A mediated device that runs; its attributes are for whoever knows its definition to add."""
    return read_mdev(device.folder)


def describe_mdev_parent(device: Device) -> MdevParentCapability:
    """A device of software alone that mediated devices can be made of."""
    return MdevParentCapability(capabilities=list(mdev_types(device.folder)))
