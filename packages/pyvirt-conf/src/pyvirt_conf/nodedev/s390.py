"""s390: channel subsystem devices and cryptographic adapters."""

from __future__ import annotations

from typing import Annotated

from pyvirt_conf.nodedev.capability import Capability, CompoundCapability
from pyvirt_conf.nodedev.mdev import MdevTypes
from pyvirt_conf.xml import Element, child, element, integer, text

Cssid = Annotated[int, integer(0, 0xFE, base=0, form="0x{:x}")]
Ssid = Annotated[int, integer(0, 3, base=0, form="0x{:x}")]
Devno = Annotated[int, integer(0, 0xFFFF, base=16, form="0x{:04x}")]
Adapter = Annotated[int, integer(0, 0xFF, base=0, form="0x{:02x}")]
ApDomain = Annotated[int, integer(0, 0xFF, base=0, form="0x{:04x}")]


@element(type="ccw")
class CcwCapability(Capability):
    """A device on a channel subsystem; ``devno`` is hexadecimal with and without 0x."""

    cssid: Cssid = text(required=True)
    ssid: Ssid = text(required=True)
    devno: Devno = text(required=True)


@element("channel_dev_addr")
class ChannelDeviceAddress(Element):
    """The device behind a subchannel."""

    cssid: Cssid = text(required=True)
    ssid: Ssid = text(required=True)
    devno: Devno = text(required=True)


@element(type="css")
class CssCapability(CompoundCapability):
    """A subchannel."""

    _takes = (MdevTypes,)
    _ignores_others = True

    cssid: Cssid = text(required=True)
    ssid: Ssid = text(required=True)
    devno: Devno = text(required=True)
    channel_dev_addr: ChannelDeviceAddress | None = child()


@element(type="ap_card")
class ApCardCapability(Capability):
    """A cryptographic adapter."""

    adapter: Adapter = text("ap-adapter", required=True)


@element(type="ap_queue")
class ApQueueCapability(Capability):
    """One domain of a cryptographic adapter."""

    adapter: Adapter = text("ap-adapter", required=True)
    domain: ApDomain = text("ap-domain", required=True)


@element(type="ap_matrix")
class ApMatrixCapability(CompoundCapability):
    """The parent of mediated devices that pass queues on to guests."""

    _takes = (MdevTypes,)
    _ignores_others = True
