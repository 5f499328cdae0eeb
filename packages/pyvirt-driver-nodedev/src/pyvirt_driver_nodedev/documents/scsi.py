"""SCSI: host adapters, targets, logical units and their generic devices."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import (
    ScsiCapability,
    ScsiGenericCapability,
    ScsiHostCapability,
    ScsiTargetCapability,
)
from pyvirt_conf.nodedev.scsi import FcRemotePort
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


def describe_host(device: Device) -> ScsiHostCapability:
    """A host adapter."""
    return ScsiHosts(device.host.sysfs).capability(host_number(device.sysname))


def describe_target(device: Device) -> ScsiTargetCapability:
    """A target, perhaps behind a port of a Fibre Channel fabric."""
    found = ScsiTargetCapability(target=device.sysname)
    port = os.path.basename(os.path.dirname(device.path))
    if port.startswith("rport-"):
        name = device.host.text(f"class/fc_remote_ports/{port}/port_name")
        if name is not None:
            found.capabilities.append(FcRemotePort(rport=port, wwpn=name))
    return found


def describe_unit(device: Device) -> ScsiCapability:
    """A logical unit: ``2:0:0:0``."""
    parts = device.sysname.split(":")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise InternalError(f"'{device.sysname}' is no address of a SCSI device in '{device.path}'")
    host, bus, target, lun = map(int, parts)
    kind = device.number("type", 0)
    return ScsiCapability(
        host=host, bus=bus, target=target, lun=lun, device_type=None if kind is None else _TYPES.get(kind)
    )


def describe_generic(device: Device) -> ScsiGenericCapability:
    """The character device of a SCSI device."""
    return ScsiGenericCapability(char=device.devnode or "")
