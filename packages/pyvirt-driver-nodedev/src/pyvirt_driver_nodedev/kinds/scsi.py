"""SCSI: host adapters, targets, logical units and their generic devices."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import (
    FcHost,
    ScsiCapability,
    ScsiGenericCapability,
    ScsiHostCapability,
    ScsiTargetCapability,
    VportOps,
)
from pyvirt_conf.nodedev.scsi import FcRemotePort
from pyvirt_driver_nodedev.kinds.base import Kind
from pyvirt_driver_nodedev.vports import ScsiHosts, host_number
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

# Peripheral device types of the SCSI Primary Commands (include/scsi/scsi_proto.h), in libvirt's words.
_TYPES = {
    0x00: "disk",
    0x01: "tape",
    0x03: "processor",
    0x04: "worm",
    0x05: "cdrom",
    0x06: "scanner",
    0x07: "mod",
    0x08: "changer",
    0x0C: "raid",
    0x0D: "enclosure",
}


class ScsiHostKind(Kind):
    """A host adapter."""

    capability = "scsi_host"
    inner = ("fc_host", "vports")

    def name(self, device: Device) -> str | None:
        """See the base class."""
        number = device.sysname.removeprefix("host")
        return super().name(device) if number.isascii() and number.isdecimal() else None

    def describe(self, device: Device) -> ScsiHostCapability:
        """See the base class."""
        return _hosts(device).capability(host_number(device.sysname))

    def has_inner(self, device: Device, inner: str) -> bool:
        """See the base class."""
        hosts, number = _hosts(device), host_number(device.sysname)
        if not hosts.is_fc(number):
            return inner == "vports" and hosts.has_vports(number)
        wanted = FcHost if inner == "fc_host" else VportOps
        return hosts.capability(number).find(wanted) is not None


class ScsiTargetKind(Kind):
    """A target, perhaps behind a port of a Fibre Channel fabric."""

    capability = "scsi_target"

    def describe(self, device: Device) -> ScsiTargetCapability:
        """See the base class."""
        found = ScsiTargetCapability(target=device.sysname)
        port = os.path.basename(os.path.dirname(device.path))
        if port.startswith("rport-"):
            name = device.host.text(f"class/fc_remote_ports/{port}/port_name")
            if name is not None:
                found.capabilities.append(FcRemotePort(rport=port, wwpn=name))
        return found


class ScsiKind(Kind):
    """A logical unit: ``2:0:0:0``."""

    capability = "scsi"

    def describe(self, device: Device) -> ScsiCapability:
        """See the base class."""
        parts = device.sysname.split(":")
        if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):
            raise InternalError(f"'{device.sysname}' is no address of a SCSI device in '{device.path}'")
        host, bus, target, lun = map(int, parts)
        kind = device.number("type", 0)
        return ScsiCapability(
            host=host, bus=bus, target=target, lun=lun, device_type=None if kind is None else _TYPES.get(kind)
        )


class ScsiGenericKind(Kind):
    """The character device of a SCSI device."""

    capability = "scsi_generic"

    def name(self, device: Device) -> str | None:
        """See the base class; one without a device file is not listed."""
        return super().name(device) if device.devnode is not None else None

    def describe(self, device: Device) -> ScsiGenericCapability:
        """See the base class."""
        return ScsiGenericCapability(char=device.devnode or "")


def _hosts(device: Device) -> ScsiHosts:
    return ScsiHosts(device.host.sysfs)
