"""Video cards."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.address import Device, VirtioDriver
from pyvirt_conf.xml import U32, Element, Mode, Node, Positive, YesNo, attr, child, element, fail
from pyvirt_util.errors import ConfigUnsupportedError


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

    accel3d: YesNo | None = attr()
    accel2d: YesNo | None = attr()
    rendernode: str | None = attr()


@element("resolution")
class Resolution(Element):
    """Pixels."""

    x: Positive = attr(required=True)
    y: Positive = attr(required=True)


@element("model")
class VideoModel(Element):
    """The card; memory in KiB."""

    _always = ("@type",)

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
        if self.type is VideoType.NONE:
            # There is no card to say anything of.
            self.__dict__ = {"type": self.type}
            return
        if self.acceleration is not None and not node.find("acceleration").attrib:  # type: ignore[union-attr]
            fail(node, mode, "missing values for acceleration", "acceleration", ConfigUnsupportedError)
        if self.heads is None and node.get("heads") is None:
            self.heads = 1


@element("video")
class Video(Device, VirtioDriver):
    """A video card."""

    vgaconf: VgaConf | None = attr("driver/@vgaconf", rank=11)
    backend: VideoBackend | None = attr("driver/@name", rank=11)
    model: VideoModel | None = child(rank=12)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.model is None:
            self.model = VideoModel(heads=1)
        elif self.model.type is VideoType.NONE:
            self.__dict__ = {name: self.__dict__.get(name) for name in ("model", "alias", "_line")}

    # By hand: the first word for VGA is what it is without any.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        shown = self
        if self.vgaconf is VgaConf.IO:
            shown = self._shallow()
            shown.vgaconf = None
        shown._write(out, pad, mode, "video")
