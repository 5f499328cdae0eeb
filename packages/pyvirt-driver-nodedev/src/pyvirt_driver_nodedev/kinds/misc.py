"""Graphics cards, vDPA devices, mediated devices and software parents of such."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.device import to_number
from pyvirt_driver_nodedev.kinds.base import Kind, has_mdev_types
from pyvirt_util import sysfs

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# The kernel numbers the device files of graphics cards from 0, 64 and 128 (drivers/gpu/drm/drm_drv.c).
_DRM_TYPES = ("primary", "control", "render")
_DRM_RANGE = 64
_VHOST = "vhost-vdpa"


class DrmKind(Kind):
    """A device file of a graphics card; its connectors are none."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if drm_type(device) is not None else None


class VdpaKind(Kind):
    """A vDPA device: virtio in hardware."""

    def name(self, device: Device) -> str | None:
        """See the base class; one that has lost its device file is not listed."""
        path = vhost_path(device)
        return super().name(device) if path is None or os.path.exists(f"{device.host.dev}/{path[5:]}") else None


class MdevKind(Kind):
    """A mediated device that runs."""

    def name(self, device: Device) -> str | None:
        """``mdev_UUID_PARENT``."""
        from pyvirt_driver_nodedev.mdev.identity import mdev_name

        return mdev_name(device.sysname, os.path.basename(os.path.dirname(device.path)))


class MdevParentKind(Kind):
    """A device of software alone that mediated devices can be made of, as the kernel's sample of a serial port."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        return super().name(device) if has_mdev_types(device.folder) else None


def drm_type(device: Device) -> str | None:
    """What a device file of a graphics card is for, in libvirt's word; ``None`` for what is none."""
    if device.uevent.get("DEVTYPE") != "drm_minor":
        return None
    minor = to_number(device.uevent.get("MINOR"))
    place = -1 if minor is None else minor // _DRM_RANGE
    return _DRM_TYPES[place] if 0 <= place < len(_DRM_TYPES) else None


def vhost_path(device: Device) -> str | None:
    """The device file of a vDPA device, which it has while the driver ``vhost_vdpa`` has it."""
    found = (name for name in sysfs.list_names(device.folder) if name.startswith(_VHOST))
    return next((f"/dev/{name}" for name in found), None)
