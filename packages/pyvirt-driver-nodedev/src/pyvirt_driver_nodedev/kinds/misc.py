"""Graphics cards, vDPA devices, mediated devices and software parents of such."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import DrmCapability, MdevCapability, MdevParentCapability, VdpaCapability
from pyvirt_conf.nodedev.misc import DrmType
from pyvirt_driver_nodedev.device import to_number
from pyvirt_driver_nodedev.kinds.base import Kind, has_mdev_types, mdev_types
from pyvirt_driver_nodedev.mdev.identity import mdev_name
from pyvirt_driver_nodedev.mdev.sysfs import read_mdev
from pyvirt_util import sysfs
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# The kernel numbers the device files of graphics cards from 0, 64 and 128 (drivers/gpu/drm/drm_drv.c).
_DRM_TYPES = (DrmType.PRIMARY, DrmType.CONTROL, DrmType.RENDER)
_DRM_RANGE = 64
_VHOST = "vhost-vdpa"


class DrmKind(Kind):
    """A device file of a graphics card; its connectors are none."""

    capability = "drm"

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if _drm_type(device) is not None else None

    def describe(self, device: Device) -> DrmCapability:
        """See the base class."""
        found = _drm_type(device)
        if found is None:
            raise InternalError(f"'{device.path}' is no device file of a graphics card")
        return DrmCapability(node_type=found)


class VdpaKind(Kind):
    """A vDPA device: virtio in hardware."""

    capability = "vdpa"

    def name(self, device: Device) -> str | None:
        """See the base class; one that has lost its device file is not listed."""
        path = _vhost_path(device)
        return super().name(device) if path is None or os.path.exists(f"{device.host.dev}/{path[5:]}") else None

    def describe(self, device: Device) -> VdpaCapability:
        """See the base class. There is no device file while another driver than ``vhost_vdpa`` has it."""
        return VdpaCapability(chardev=_vhost_path(device))


class MdevKind(Kind):
    """A mediated device that runs."""

    capability = "mdev"

    def name(self, device: Device) -> str | None:
        """``mdev_UUID_PARENT``."""
        return mdev_name(device.sysname, os.path.basename(os.path.dirname(device.path)))

    def describe(self, device: Device) -> MdevCapability:
        """See the base class; its attributes are for whoever knows its definition to add."""
        return read_mdev(device.folder)


class MdevParentKind(Kind):
    """A device of software alone that mediated devices can be made of, as the kernel's sample of a serial port."""

    capability = "mdev_types"

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if has_mdev_types(device.folder) else None

    def describe(self, device: Device) -> MdevParentCapability:
        """See the base class."""
        return MdevParentCapability(capabilities=list(mdev_types(device.folder)))


def _drm_type(device: Device) -> DrmType | None:
    if device.uevent.get("DEVTYPE") != "drm_minor":
        return None
    minor = to_number(device.uevent.get("MINOR"))
    place = -1 if minor is None else minor // _DRM_RANGE
    return _DRM_TYPES[place] if 0 <= place < len(_DRM_TYPES) else None


def _vhost_path(device: Device) -> str | None:
    found = (name for name in sysfs.list_names(device.folder) if name.startswith(_VHOST))
    return next((f"/dev/{name}" for name in found), None)
