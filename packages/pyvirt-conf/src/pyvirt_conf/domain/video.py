"""Video cards."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.address import Device, VirtioDriver
from pyvirt_conf.xml import U32, BadValue, Element, Mode, Node, Positive, YesNo, attr, child, element


class VideoType(StrEnum):
    """virDomainVideoType."""

    DEFAULT = "default"
    VGA = "vga"
    CIRRUS = "cirrus"
    VMVGA = "vmvga"
    XEN = "xen"
    VBOX = "vbox"
    QXL = "qxl"
    PARALLELS = "parallels"
    VIRTIO = "virtio"
    GOP = "gop"
    NONE = "none"
    BOCHS = "bochs"
    RAMFB = "ramfb"


class VideoBackend(StrEnum):
    """Who draws."""

    QEMU = "qemu"
    VHOSTUSER = "vhostuser"


class VgaConf(StrEnum):
    """How bhyve offers VGA."""

    IO = "io"
    ON = "on"
    OFF = "off"


@element("acceleration")
class Acceleration(Element):
    """What the host's graphics card helps with."""

    accel2d: YesNo | None = attr()
    accel3d: YesNo | None = attr()
    rendernode: str | None = attr()


@element("resolution")
class Resolution(Element):
    """Pixels."""

    x: Positive = attr(required=True)
    y: Positive = attr(required=True)


@element("model")
class VideoModel(Element):
    """The card; memory in KiB."""

    type: VideoType = attr(default=VideoType.DEFAULT, required=True)
    ram: U32 | None = attr(omit=0)
    vram: U32 | None = attr(omit=0)
    vram64: U32 | None = attr(omit=0)
    vgamem: U32 | None = attr(omit=0)
    heads: U32 | None = attr(omit=0)
    primary: YesNo | None = attr(omit=False)
    acceleration: Acceleration | None = child()
    resolution: Resolution | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type is not VideoType.QXL:
            for name in ("ram", "vram64", "vgamem"):
                if getattr(self, name) is not None:
                    raise BadValue(f"{name} is only supported for video type qxl")
        if self.heads is None and self.type is not VideoType.NONE:
            self.heads = 1


@element("video")
class Video(Device, VirtioDriver):
    """A video card."""

    backend: VideoBackend | None = attr("driver/@name")
    vgaconf: VgaConf | None = attr("driver/@vgaconf")
    model: VideoModel | None = child(rank=11)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.model is None:
            self.model = VideoModel(heads=1)
