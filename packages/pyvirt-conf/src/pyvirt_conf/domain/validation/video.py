"""Video cards and displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.graphics import DbusGraphics, Graphics, VncGraphics
from pyvirt_conf.domain.validation.small import known_audio
from pyvirt_conf.domain.validation.virtio import no_virtio_options
from pyvirt_conf.domain.video import Video, VideoBackend, VideoType
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


def check_video(video: Video, domain: Domain) -> None:
    """Options are for the cards that have them (virDomainVideoDefValidate)."""
    model = video.model
    if model is None or model.type is VideoType.DEFAULT:
        raise InternalError("missing video model and cannot determine default")
    if video.backend is VideoBackend.VHOSTUSER:
        if model.type is not VideoType.VIRTIO:
            raise ConfigUnsupportedError("'vhostuser' driver is only supported with 'virtio' device")
    elif model.acceleration is not None and model.acceleration.rendernode is not None:
        raise ConfigUnsupportedError("unsupported rendernode accel attribute without 'vhostuser'")
    if model.resolution is not None and 0 in (model.resolution.x, model.resolution.y):
        raise ConfigUnsupportedError("video resolution values must be greater than 0")
    if model.type is not VideoType.QXL:
        for name in ("ram", "vram64", "vgamem"):
            if getattr(model, name):
                raise ConfigUnsupportedError(f"{name} attribute only supported for video type qxl")
    if model.type is VideoType.RAMFB and video.address is not None:
        raise ConfigUnsupportedError("address not supported for video type ramfb")
    if model.type is not VideoType.VIRTIO:
        no_virtio_options(video)


def check_videos(videos: list[Video]) -> None:
    """The card that is none is the only one."""
    none = [video for video in videos if video.model is not None and video.model.type is VideoType.NONE]
    if none and len(videos) > 1:
        raise ConfigUnsupportedError("a 'none' video type must be the only video device defined for the domain")


def check_graphics(graphics: Graphics, domain: Domain) -> None:
    """A display's sound goes to a backend there is."""
    if isinstance(graphics, VncGraphics):
        known_audio(graphics.audio_id, domain)
    elif isinstance(graphics, DbusGraphics) and graphics.p2p and graphics.address is not None:
        raise XmlError("D-Bus p2p with an address is not supported")
