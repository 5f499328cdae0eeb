"""The host's end of character devices: ``-chardev``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.chardev import (
    CharSource,
    DbusChar,
    DevChar,
    FileChar,
    MouseMode,
    NullChar,
    PipeChar,
    PtyChar,
    SocketMode,
    SpicePortChar,
    SpiceVmcChar,
    StdioChar,
    TcpChar,
    TcpProtocol,
    UdpChar,
    UnixChar,
    VcChar,
    VdagentChar,
)
from pyvirt_driver_qemu.command.props import as_options, escape, on_off
from pyvirt_driver_qemu.command.secrets import tls_props
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def char_alias(alias: str | None) -> str:
    """QEMU's name of the character device behind a guest's device: ``charserial0`` for ``serial0``."""
    return f"char{alias}"


def chardev(
    context: Context, source: CharSource, alias: str, *, spicevmc: str = "vdagent", wait: bool = False
) -> list[str]:
    """``-chardev`` and whatever has to come before it (TLS credentials, descriptor sets).

    :param alias: QEMU's name of it.
    :param spicevmc: which of SPICE's channels.
    :param wait: a listening socket waits for its client before the guest runs.
    :raises ConfigUnsupportedError: QEMU has no such backend.
    """
    words: list[str] = []
    text = _backend(context, source, alias, spicevmc, wait, words)
    if source.log_file is not None:
        name = alias.removeprefix("char") + "-log"
        number = context.file_fdset(source.log_file, name, append=source.log_append is not False, words=words)
        text += f",logfile=/dev/fdset/{number},logappend=on"
    return [*words, "-chardev", text]


def _backend(context: Context, source: CharSource, alias: str, spicevmc: str, wait: bool, words: list[str]) -> str:
    simple = {NullChar: "null", VcChar: "vc", PtyChar: "pty", StdioChar: "stdio"}.get(type(source))
    if simple is not None:
        return f"{simple},id={alias}"
    if isinstance(source, DevChar):
        kind = "parallel" if alias.startswith("charparallel") else "serial"
        return f"{kind},id={alias},path={escape(source.path or '')}"
    if isinstance(source, FileChar):
        name = alias.removeprefix("char") + "-source"
        number = context.file_fdset(source.path or "", name, append=bool(source.append), words=words)
        return f"file,id={alias},path=/dev/fdset/{number},append=on"
    if isinstance(source, PipeChar):
        return f"pipe,id={alias},path={escape(source.path or '')}"
    if isinstance(source, UdpChar):
        return (
            f"udp,id={alias},host={escape(source.host or '')},port={escape(source.service or '')},"
            f"localaddr={escape(source.bind_host or '')},localport={escape(source.bind_service or '0')}"
        )
    if isinstance(source, TcpChar):
        return _tcp(context, source, alias, wait, words)
    if isinstance(source, UnixChar):
        return _unix(context, source, alias, wait)
    if isinstance(source, SpiceVmcChar):
        return f"spicevmc,id={alias},name={spicevmc}"
    if isinstance(source, SpicePortChar):
        return f"spiceport,id={alias},name={escape(source.channel or '')}"
    if isinstance(source, VdagentChar):
        text = f"qemu-vdagent,id={alias},name=vdagent"
        if source.copypaste is not None:
            text += f",clipboard={on_off(source.copypaste)}"
        if source.mouse is not None:
            text += f",mouse={on_off(source.mouse is MouseMode.CLIENT)}"
        return text
    if isinstance(source, DbusChar):
        return f"dbus,id={alias},name={escape(source.channel or '')}"
    raise ConfigUnsupportedError(f"unsupported chardev '{source.type}'")


def _tcp(context: Context, source: TcpChar, alias: str, wait: bool, words: list[str]) -> str:
    text = f"socket,id={alias},host={escape(source.host or '')},port={escape(source.service or '')}"
    if source.protocol is TcpProtocol.TELNET:
        text += ",telnet=on"
    if source.mode is SocketMode.BIND:
        text += f",server=on,wait={on_off(wait)}"
    text += _reconnect(source)
    if source.tls or (source.tls is None and context.settings.chardev_tls):
        words += tls_credentials(context, alias, server=source.mode is SocketMode.BIND)
        text += f",tls-creds=obj{alias}_tls0"
    return text


def tls_credentials(context: Context, alias: str, *, server: bool) -> list[str]:
    """``-object tls-creds-x509`` for a socket."""
    settings = context.settings
    words: list[str] = []
    for props in tls_props(
        context,
        f"obj{alias}_tls0",
        settings.chardev_tls_x509_cert_dir,
        server=server,
        verify=settings.chardev_tls_x509_verify,
        secret=settings.chardev_tls_x509_secret_uuid,
    ):
        words += context.object(props)
    return words


def _unix(context: Context, source: UnixChar, alias: str, wait: bool) -> str:
    if source.mode is SocketMode.BIND:
        number = context.opener.listen(source.path or "")
        return f"socket,id={alias},fd={number},server=on,wait={on_off(wait)}"
    return f"socket,id={alias},path={escape(source.path or '')}" + _reconnect(source)


def _reconnect(source: TcpChar | UnixChar) -> str:
    if source.reconnect is None:
        return ""
    return f",reconnect={(source.reconnect.timeout or 0) if source.reconnect.enabled else 0}"


def monitor(context: Context, path: str, alias: str = "charmonitor", name: str = "monitor") -> list[str]:
    """A QMP monitor on a listening socket."""
    number = context.opener.listen(path)
    text = as_options({"id": alias, "fd": number, "server": True, "wait": False})
    return ["-chardev", f"socket,{text}", "-mon", f"chardev={alias},id={name},mode=control"]
