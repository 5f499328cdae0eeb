"""SCSI host adapters, and the generic devices of logical units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.kinds.base import Kind

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device


class ScsiHostKind(Kind):
    """A host adapter: ``host0``."""

    def name(self, device: Device) -> str | None:
        """See the base class."""
        number = device.sysname.removeprefix("host")
        return super().name(device) if number.isascii() and number.isdecimal() else None

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        from pyvirt_conf.nodedev import FcHost, VportOps
        from pyvirt_driver_nodedev.documents.scsi import describe_host

        return describe_host(device).find(FcHost if inner == "fc_host" else VportOps) is not None


class ScsiGenericKind(Kind):
    """The character device of a SCSI device."""

    def name(self, device: Device) -> str | None:
        """See the base class; one without a device file is not listed."""
        return super().name(device) if device.devnode is not None else None
