"""Displays: VNC, SPICE, SDL, EGL without a window, D-Bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.chardev import MouseMode
from pyvirt_conf.domain.graphics import (
    DbusGraphics,
    EglHeadlessGraphics,
    Graphics,
    Listen,
    ListenType,
    SdlGraphics,
    SpiceGraphics,
    SpiceMode,
    VncGraphics,
)
from pyvirt_driver_qemu.command.props import escape, on_off
from pyvirt_driver_qemu.command.secrets import tls_props
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: The first port of VNC displays: display 3 is port 5903.
VNC_BASE = 5900


def graphics(context: Context) -> list[str]:
    """The arguments of all displays."""
    words: list[str] = []
    for display in context.domain.devices.graphics:
        if isinstance(display, VncGraphics):
            words += _vnc(context, display)
        elif isinstance(display, SpiceGraphics):
            words += _spice(context, display)
        elif isinstance(display, SdlGraphics):
            words += ["-display", "sdl" + (f",gl={on_off(display.gl)}" if display.gl is not None else "")]
        elif isinstance(display, EglHeadlessGraphics):
            named = display.rendernode
            if named is None and context.has("egl-headless.rendernode"):
                named = context.default_render_node()
            words += ["-display", "egl-headless" + (f",rendernode={escape(named)}" if named else "")]
        elif isinstance(display, DbusGraphics):
            words += _dbus(context, display)
        else:
            raise ConfigUnsupportedError(f"unsupported graphics type '{display.type}'")
    return words


def first_listen(display: Graphics) -> Listen:
    """Where a display listens; QEMU knows one place per display.

    :raises InternalError: none is there: the domain was not completed.
    """
    listens: list[Listen] = getattr(display, "listens", [])
    if not listens:
        raise InternalError(f"{display.type} display has no listen element")
    return listens[0]


def default_audio(context: Context) -> str:
    """The audio backend of a display that names none: the first."""
    audios = context.domain.devices.audios
    return f"audio{audios[0].id if audios else 1}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _vnc(context: Context, display: VncGraphics) -> list[str]:
    settings = context.settings
    listen = first_listen(display)
    words: list[str] = []
    if _by_socket(listen, settings.vnc_auto_unix_socket):
        text = f"vnc=unix:{escape(listen.socket or context.private_dir + '/vnc.sock')}"
    elif listen.type is ListenType.NONE:
        text = "none"
    else:
        address = listen.address or settings.vnc_listen
        text = f"{_bracketed(address)}:{max((display.port or 0) - VNC_BASE, 0)}"
    if display.websocket:
        text += f",websocket={display.websocket if display.websocket > 0 else 'on'}"
    if display.share_policy is not None:
        text += f",share={display.share_policy}"
    if display.passwd is not None or settings.vnc_password is not None:
        text += ",password=on"
    if settings.vnc_tls:
        for props in tls_props(
            context,
            "vnc-tls-creds0",
            settings.vnc_tls_x509_cert_dir,
            server=True,
            verify=settings.vnc_tls_x509_verify,
            secret=settings.vnc_tls_x509_secret_uuid,
        ):
            words += context.object(props)
        text += ",tls-creds=vnc-tls-creds0"
    if settings.vnc_sasl:
        text += ",sasl=on"
    if display.power_control is not None:
        text += f",power-control={on_off(display.power_control)}"
    audio = f"audio{display.audio_id}" if display.audio_id else default_audio(context)
    text += f",audiodev={audio}"
    words += ["-vnc", text]
    if display.keymap:
        words += ["-k", display.keymap]
    return words


def _spice(context: Context, display: SpiceGraphics) -> list[str]:
    listen = first_listen(display)
    parts = _spice_place(context, display, listen)
    if context.settings.spice_sasl:
        parts.append("sasl=on")
    if display.mouse is not None:
        parts.append(f"agent-mouse={on_off(display.mouse is MouseMode.CLIENT)}")
    if (display.tls_port or 0) > 0:
        parts.append(f"x509-dir={escape(context.settings.spice_tls_x509_cert_dir)}")
    if display.passwd is None and context.settings.spice_password is None:
        parts.append("disable-ticketing=on")
    if display.default_mode is SpiceMode.SECURE:
        parts.append("tls-channel=default")
    elif display.default_mode is SpiceMode.INSECURE:
        parts.append("plaintext-channel=default")
    for channel in display.channels:
        if channel.mode is SpiceMode.SECURE:
            parts.append(f"tls-channel={channel.name}")
        elif channel.mode is SpiceMode.INSECURE:
            parts.append(f"plaintext-channel={channel.name}")
    if display.image is not None:
        parts.append(f"image-compression={display.image}")
    if display.jpeg is not None:
        parts.append(f"jpeg-wan-compression={display.jpeg}")
    if display.zlib is not None:
        parts.append(f"zlib-glz-wan-compression={display.zlib}")
    if display.playback is not None:
        parts.append(f"playback-compression={on_off(display.playback)}")
    if display.streaming is not None:
        parts.append(f"streaming-video={display.streaming}")
    if display.copypaste is False:
        parts.append("disable-copy-paste=on")
    if display.filetransfer is False:
        parts.append("disable-agent-file-xfer=on")
    if display.gl:
        parts.append("gl=on")
        node = display.rendernode
        if node is None and context.has("spice-rendernode"):
            node = context.default_render_node()
        if node:
            parts.append(f"rendernode={escape(node)}")
    parts.append("seamless-migration=on")
    words = ["-spice", ",".join(parts)]
    if display.keymap:
        words += ["-k", display.keymap]
    return words


def _by_socket(listen: Listen, automatic: bool) -> bool:
    """Does a display listen on a UNIX socket, asked for or by the driver's setting?"""
    return listen.type is ListenType.SOCKET or (
        automatic and listen.type is ListenType.ADDRESS and listen.address is None
    )


def _spice_place(context: Context, display: SpiceGraphics, listen: Listen) -> list[str]:
    if _by_socket(listen, context.settings.spice_auto_unix_socket):
        return ["unix", f"addr={escape(listen.socket or context.private_dir + '/spice.sock')}"]
    if listen.type is ListenType.NONE:
        return ["port=0"]
    parts = []
    if (display.port or 0) > 0:
        parts.append(f"port={display.port}")
    if (display.tls_port or 0) > 0:
        parts.append(f"tls-port={display.tls_port}")
    if not parts:
        return ["port=0"]
    parts.append(f"addr={_bracketed(listen.address or context.settings.spice_listen)}")
    return parts


def _dbus(context: Context, display: DbusGraphics) -> list[str]:
    text = "dbus"
    if display.p2p:
        text += ",p2p=on"
    elif display.address:
        text += f",addr={escape(display.address)}"
    if display.gl is not None and display.gl:
        text += ",gl=on"
        if display.rendernode:
            text += f",rendernode={escape(display.rendernode)}"
    if display.audio_id:
        text += f",audiodev=audio{display.audio_id}"
    return ["-display", text]
