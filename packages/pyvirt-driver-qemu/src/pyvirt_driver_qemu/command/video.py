"""Video cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.video import Video, VideoBackend, VideoType
from pyvirt_driver_qemu.command.address import address_props, virtio_driver, virtio_props
from pyvirt_driver_qemu.command.machines import PPC64, X86
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: The first card answers on VGA's ports, the others do not.
_PRIMARY = {
    VideoType.VGA: "VGA",
    VideoType.CIRRUS: "cirrus-vga",
    VideoType.VMVGA: "vmware-svga",
    VideoType.QXL: "qxl-vga",
    VideoType.BOCHS: "bochs-display",
    VideoType.RAMFB: "ramfb",
}
_SECONDARY = {VideoType.QXL: "qxl"}


def videos(context: Context) -> list[str]:
    """The arguments of all cards."""
    words: list[str] = []
    for video in context.domain.devices.videos:
        if video.model is None or video.model.type is VideoType.NONE:
            continue
        if video.backend is VideoBackend.VHOSTUSER:
            number = context.vhost_user_fd(video.alias or "")
            words += ["-chardev", f"socket,id=chr-vu-{video.alias},fd={number}"]
        words += context.device(video_props(context, video))
    return words


def video_props(context: Context, video: Video) -> Props:
    """The properties of one card.

    :raises ConfigUnsupportedError: QEMU has no such card.
    """
    model = video.model
    assert model is not None
    kind = model.type
    primary = bool(model.primary)
    props: Props = {}
    if video.backend is VideoBackend.VHOSTUSER:
        driver = "vhost-user-vga" if primary and context.arch in X86 else virtio_driver(video, "vhost-user-gpu")
    elif kind is VideoType.VIRTIO:
        driver, props = _virtio(context, video, primary)
    else:
        found = _PRIMARY.get(kind) if primary else _SECONDARY.get(kind)
        if found is None and not primary and kind is VideoType.BOCHS:
            found = "bochs-display"
        if found is None:
            where = "primary" if primary else "secondary"
            raise ConfigUnsupportedError(f"video type '{kind}' is not supported with QEMU as the {where} device")
        driver = found
    if primary and context.arch in (*PPC64, "ppc") and driver == "VGA":
        driver = "VGA"
    result: Props = {"driver": driver}
    if driver.startswith(("virtio-", "vhost-user-gpu")):
        result |= virtio_props(video)
    result |= {"id": video.alias} | props
    if kind is VideoType.VIRTIO or video.backend is VideoBackend.VHOSTUSER:
        result["max_outputs"] = model.heads or 1
        if video.backend is VideoBackend.VHOSTUSER:
            result["chardev"] = f"chr-vu-{video.alias}"
    elif kind is VideoType.QXL:
        result |= _qxl(context, video)
    elif kind in (VideoType.VGA, VideoType.BOCHS, VideoType.VMVGA):
        result |= _vgamem(context, video)
    if model.resolution is not None:
        result |= {"xres": model.resolution.x, "yres": model.resolution.y}
    return result | address_props(context, video)


def _virtio(context: Context, video: Video, primary: bool) -> tuple[str, Props]:
    model = video.model
    assert model is not None
    accelerated = model.acceleration is not None and bool(model.acceleration.accel3d)
    props: Props = {}
    base = "virtio-gpu"
    if accelerated:
        if context.has("virtio-gpu-gl-pci") or context.has("virtio-vga-gl"):
            base = "virtio-gpu-gl"
        else:
            props["virgl"] = True
    if primary and context.has("virtio-vga") and context.arch in X86:
        return ("virtio-vga-gl" if base == "virtio-gpu-gl" else "virtio-vga"), props
    return virtio_driver(video, base), props


def _qxl(context: Context, video: Video) -> Props:
    model = video.model
    assert model is not None
    props: Props = {}
    if model.heads:
        props["max_outputs"] = model.heads
    if model.ram:
        props["ram_size"] = model.ram * 1024
    if model.vram:
        props["vram_size"] = model.vram * 1024
    if context.has("qxl.vram64_size_mb"):
        props["vram64_size_mb"] = (model.vram64 or 0) // 1024
    if context.has("qxl.vgamem_mb") and model.vgamem:
        props["vgamem_mb"] = model.vgamem // 1024
    return props


def _vgamem(context: Context, video: Video) -> Props:
    model = video.model
    assert model is not None
    if not model.vram:
        return {}
    if model.type is VideoType.BOCHS:
        return {"vgamem": f"{model.vram}k"}
    flag = "VGA.vgamem_mb" if model.type is VideoType.VGA else "vmware-svga.vgamem_mb"
    return {"vgamem_mb": model.vram // 1024} if context.has(flag) else {}
