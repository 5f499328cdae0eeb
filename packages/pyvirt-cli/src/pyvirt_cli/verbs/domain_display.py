"""Consoles and displays: ``ttyconsole``, ``domdisplay``, ``vncdisplay``, ``screenshot``, ``send-key``."""

from __future__ import annotations

from pyvirt_cli.documents import parse
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, UsageError, argument, flag, number, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lxml.etree import _Element

    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


def _running(domain: Domain) -> None:
    from pyvirt_util.errors import OperationInvalidError

    if not domain.is_active():
        raise OperationInvalidError(f"domain '{domain.name}' is not running", hint=f"pyvirt start {domain.name}")


@verb("ttyconsole", DOMAIN)
def ttyconsole(context: Context, arguments: Arguments) -> None:
    """Print the terminal on the host that a domain's first console is connected to.

    JSON: {"tty": ...}.
    """
    from pyvirt_util.errors import NoDeviceError

    domain = the_domain(context, arguments)
    _running(domain)
    root = parse(domain.xml())
    for node in (*root.findall("devices/console"), *root.findall("devices/serial")):
        source = node.find("source")
        tty = node.get("tty") or (source.get("path") if source is not None and node.get("type") == "pty" else None)
        if tty:
            context.emit({"tty": tty}, tty)
            return
    hint = f"pyvirt console {domain.name} connects to any kind of console"
    raise NoDeviceError(f"domain '{domain.name}' has no console on a terminal of the host", hint=hint)


@verb(
    "domdisplay",
    DOMAIN,
    value("type", "TYPE", "only this kind of display", complete="vnc|spice|rdp|dbus"),
    flag("all", "all displays, not the first alone"),
    flag("include-password", "with the password, where there is one"),
)
def domdisplay(context: Context, arguments: Arguments) -> None:
    """Print the URI of a domain's display, for viewers: vnc://localhost:0, spice://127.0.0.1:5900 ...

    JSON: [{"type": ..., "uri": ...}].
    """
    from pyvirt_util.errors import NoDeviceError

    domain = the_domain(context, arguments)
    _running(domain)
    root = parse(domain.xml(1 if arguments.on("include-password") else 0))
    found = []
    for node in root.findall("devices/graphics"):
        kind = node.get("type", "")
        if arguments.maybe("type") in (None, kind):
            uri = _display_uri(node, kind, arguments.on("include-password"))
            if uri is not None:
                found.append({"type": kind, "uri": uri})
    if not found:
        kind = arguments.maybe("type") or "graphical"
        raise NoDeviceError(f"domain '{domain.name}' has no {kind} display that can be connected to")
    if not arguments.on("all"):
        del found[1:]
    context.emit(found, "".join(f"{entry['uri']}\n" for entry in found))


def _display_uri(node: _Element, kind: str, with_password: bool) -> str | None:
    """The URI viewers take; ``None`` for a display nobody listens on."""
    listen = node.find("listen")
    socket = node.get("socket") or (listen.get("socket") if listen is not None else None)
    if socket:
        return f"{kind}+unix://{socket}"
    port, secure = node.get("port"), node.get("tlsPort")
    if port in (None, "-1", "0") and secure in (None, "-1", "0"):
        return None
    host = node.get("listen") or (listen.get("address") if listen is not None else None) or "localhost"
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    if ":" in host:
        host = f"[{host}]"
    password = node.get("passwd") if with_password else None
    if kind == "vnc":
        user = f":{password}@" if password else ""
        return f"vnc://{user}{host}:{int(port or 0) - 5900}"
    parameters = []
    if secure not in (None, "-1", "0"):
        parameters.append(f"tls-port={secure}")
    if password:
        parameters.append(f"password={password}")
    where = f"{kind}://{host}" + (f":{port}" if port not in (None, "-1", "0") else "")
    return where + (f"?{'&'.join(parameters)}" if parameters else "")


@verb("vncdisplay", DOMAIN)
def vncdisplay(context: Context, arguments: Arguments) -> None:
    """Print address and number of a domain's VNC display, such as 127.0.0.1:0.

    JSON: {"display": ...}.
    """
    from pyvirt_util.errors import NoDeviceError

    domain = the_domain(context, arguments)
    _running(domain)
    for node in parse(domain.xml()).findall("devices/graphics[@type='vnc']"):
        port = int(node.get("port") or -1)
        if port >= 0:
            listen = node.get("listen") or ""
            display = f"{'' if listen in ('0.0.0.0', '::') else listen}:{port - 5900}"
            context.emit({"display": display}, display)
            return
    raise NoDeviceError(f"domain '{domain.name}' has no VNC display")


@verb(
    "screenshot",
    DOMAIN,
    value("file", "FILE", "where to; - writes to standard output", positional=True, complete="file"),
    number("screen", "which screen, from 0"),
)
def screenshot(context: Context, arguments: Arguments) -> None:
    """Save a picture of a running domain's screen; the hypervisor chooses the format and with it the file's ending.

    JSON: {"file", "mime_type", "size"}.
    """
    import sys

    domain = the_domain(context, arguments)
    picture = domain.screenshot(arguments.number("screen") or 0)
    name = arguments.maybe("file")
    if name == "-":
        sys.stdout.buffer.write(picture.data)
        return
    if name is None:
        from time import strftime

        ending = {"image/x-portable-pixmap": "ppm", "image/png": "png"}.get(picture.mime_type, "img")
        name = f"{domain.name}-{strftime('%Y-%m-%d-%H-%M-%S')}.{ending}".replace("/", "_")
    with open(name, "wb") as file:
        file.write(picture.data)
    message = f"Screenshot saved to {name}, with type of {picture.mime_type}"
    context.emit({"file": name, "mime_type": picture.mime_type, "size": len(picture.data)}, message)


# virKeycodeSet
_CODESETS = ("linux", "xt", "atset1", "atset2", "atset3", "os_x", "xt_kbd", "usb", "win32", "qnum")


@verb(
    "send-key",
    DOMAIN,
    value("codeset", "NAME", f"what the numbers mean: {', '.join(_CODESETS)}", complete="|".join(_CODESETS)),
    number("holdtime", "how long the keys are held down, in milliseconds"),
    argument("keycode", "numbers of the keys, pressed together", many=True),
)
def send_key(context: Context, arguments: Arguments) -> None:
    """Press keys in the guest, all at once, and let them go. Key codes are numbers: 0x1d is left Ctrl in 'linux'."""
    codeset = arguments.maybe("codeset") or "linux"
    if codeset not in _CODESETS:
        raise UsageError(f"unknown codeset '{codeset}' (one of {', '.join(_CODESETS)})")
    try:
        codes = [int(text, 0) for text in arguments.many("keycode")]
    except ValueError:
        raise UsageError(f"key codes are numbers, not '{' '.join(arguments.many('keycode'))}'") from None
    domain = the_domain(context, arguments)
    domain.send_key(_CODESETS.index(codeset), arguments.number("holdtime") or 0, codes)
    context.done(f"Keys sent to domain '{domain.name}'", "sent", **identity(domain), keycodes=codes)
