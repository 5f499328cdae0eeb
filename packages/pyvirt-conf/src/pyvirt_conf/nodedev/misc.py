"""The host itself, graphics cards, vDPA."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.nodedev.capability import Capability
from pyvirt_conf.xml import Element, Mode, Node, Uuid, child, element, fail, text


@element("hardware")
class Hardware(Element):
    """The machine, from its SMBIOS tables."""

    _keep_open = True
    vendor: str | None = text()
    version: str | None = text()
    serial: str | None = text()
    uuid: Uuid = text(required=True)


@element("firmware")
class SystemFirmware(Element):
    """Its BIOS or UEFI."""

    _keep_open = True
    vendor: str | None = text()
    version: str | None = text()
    release_date: str | None = text()


@element(type="system")
class SystemCapability(Capability):
    """The host itself."""

    product: str | None = text()
    hardware: Hardware = child(required=True)
    firmware: SystemFirmware = child(auto=True)


class DrmType(StrEnum):
    """What a device node of a graphics card is for."""

    PRIMARY = "primary"
    CONTROL = "control"
    RENDER = "render"


@element(type="drm")
class DrmCapability(Capability):
    """A device node of a graphics card."""

    node_type: DrmType = text("type", required=True)


@element(type="vdpa")
class VdpaCapability(Capability):
    """A vDPA device: virtio in hardware. It has a device file only while the driver ``vhost_vdpa`` has it."""

    chardev: str | None = text()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.chardev is None:
            fail(node, mode, "missing element", "chardev")
