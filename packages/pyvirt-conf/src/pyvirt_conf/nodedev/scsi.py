"""SCSI: host adapters with Fibre Channel and virtual ports, targets, logical units, generic devices."""

from __future__ import annotations

from typing import Annotated

from pyvirt_conf.nodedev.capability import Capability, CompoundCapability, NestedCapability
from pyvirt_conf.xml import U32, Mode, element, integer, text

UniqueId = Annotated[int, integer(-1, 2**31 - 1)]


def _given(value: int, mode: Mode) -> bool:
    return value != -1


@element(type="fc_host")
class FcHost(NestedCapability):
    """A Fibre Channel adapter: node and port name, and the fabric's. A new virtual one may leave names out."""

    wwnn: str | None = text()
    wwpn: str | None = text()
    fabric_wwn: str | None = text()


@element(type="vport_ops")
class VportOps(NestedCapability):
    """Virtual adapters can be made on this one: how many there may be, and how many there are."""

    max_vports: U32 = text(default=0)
    vports: U32 = text(default=0)


@element(type="scsi_host")
class ScsiHostCapability(CompoundCapability):
    """A SCSI host adapter. One that is yet to be made has no number."""

    _takes = (FcHost, VportOps)

    host: U32 | None = text()
    unique_id: UniqueId | None = text(when=_given)

    @property
    def fc_host(self) -> FcHost | None:
        """The Fibre Channel part."""
        return self.find(FcHost)


@element(type="fc_remote_port")
class FcRemotePort(NestedCapability):
    """The port of the fabric a target is behind."""

    rport: str = text(required=True)
    wwpn: str = text(required=True)


@element(type="scsi_target")
class ScsiTargetCapability(CompoundCapability):
    """A SCSI target."""

    _takes = (FcRemotePort,)

    target: str = text(required=True)


@element(type="scsi")
class ScsiCapability(Capability):
    """A logical unit of a SCSI target."""

    host: U32 = text(required=True)
    bus: U32 = text(required=True)
    target: U32 = text(required=True)
    lun: U32 = text(required=True)
    device_type: str | None = text("type")


@element(type="scsi_generic")
class ScsiGenericCapability(Capability):
    """The character device of a SCSI device."""

    char: str = text(required=True)
