"""Disks and network cards without writing a document: ``attach-disk``, ``detach-interface`` ..."""

from __future__ import annotations

from pyvirt_cli.documents import parse
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, IMPACT, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_devices import impact
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lxml.etree import _Element

    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_WHERE = (flag("persistent", "the stored definition, and the guest if it runs"), *IMPACT)
_PRINT = flag("print-xml", "print the device's document, change nothing")
# The bus that the first letters of a target mean.
_BUSES = {"vd": "virtio", "sd": "scsi", "hd": "ide", "fd": "fdc", "xvd": "xen", "ubd": "uml"}


def _element(parent: _Element | None, name: str, /, **attributes: str | None) -> _Element:
    from lxml import etree

    given = {key: text for key, text in attributes.items() if text is not None}
    return etree.Element(name, given) if parent is None else etree.SubElement(parent, name, given)


def _text(root: _Element) -> str:
    from lxml import etree

    return etree.tostring(root, encoding="unicode", pretty_print=True)


@verb(
    "attach-disk",
    DOMAIN,
    argument("source", "file or block device; '' is an empty drive", complete="file"),
    argument("target", "name the disk gets: vda, sdb ..."),
    value("targetbus", "BUS", "virtio, scsi, sata, ide ...; else what the target's name means"),
    value("driver", "NAME", "driver: qemu"),
    value("subdriver", "FORMAT", "format: raw, qcow2 ...", complete="raw|qcow2"),
    value("iothread", "ID", "I/O thread that serves it"),
    value("cache", "MODE", "none, writeback ...", complete="default|none|writethrough|writeback|directsync|unsafe"),
    value("io", "MODE", "native, threads, io_uring", complete="native|threads|io_uring"),
    value("type", "DEVICE", "disk, cdrom, floppy or lun", complete="disk|cdrom|floppy|lun"),
    value("mode", "MODE", "readonly or shareable", complete="readonly|shareable"),
    value("sourcetype", "TYPE", "file or block; else looked up", complete="file|block"),
    value("serial", "TEXT", "serial number the guest sees"),
    value("wwn", "WWN", "world-wide name the guest sees"),
    value("alias", "ALIAS", "alias of the device"),
    flag("rawio", "allow the guest raw SCSI commands"),
    *_WHERE,
    _PRINT,
)
def attach_disk(context: Context, arguments: Arguments) -> None:
    """Plug in a disk.

    JSON: {"action": "attached", "name", "uuid", "target"}; with --print-xml {"xml": ...}.
    """
    document = _disk(arguments)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    domain = the_domain(context, arguments)
    domain.attach_device(document, impact(arguments, domain))
    context.done("Disk attached successfully", "attached", **identity(domain), target=arguments.text("target"))


def _disk(arguments: Arguments) -> str:
    import os
    import stat

    source, target, mode = arguments.text("source"), arguments.text("target"), arguments.maybe("mode")
    if mode not in (None, "readonly", "shareable"):
        raise UsageError(f"unknown mode '{mode}' (readonly or shareable)")
    kind = arguments.maybe("sourcetype")
    if kind not in (None, "file", "block"):
        raise UsageError(f"unknown type of source '{kind}' (file or block)")
    if kind is None:
        try:
            kind = "block" if stat.S_ISBLK(os.stat(source).st_mode) else "file"
        except OSError:
            kind = "file"
    root = _element(
        None, "disk", type=kind, device=arguments.maybe("type"), rawio="yes" if arguments.on("rawio") else None
    )
    tuning = {"name": "driver", "type": "subdriver", "iothread": "iothread", "cache": "cache", "io": "io"}
    if any(arguments.has(option) for option in tuning.values()):
        _element(root, "driver", **{key: arguments.maybe(option) for key, option in tuning.items()})
    if source:
        _element(root, "source", **{"dev" if kind == "block" else "file": source})
    bus = arguments.maybe("targetbus") or next((bus for lead, bus in _BUSES.items() if target.startswith(lead)), None)
    _element(root, "target", dev=target, bus=bus)
    if mode is not None:
        _element(root, mode)
    for name in ("serial", "wwn"):
        if arguments.has(name):
            _element(root, name).text = arguments.maybe(name)
    if arguments.has("alias"):
        _element(root, "alias", name=arguments.maybe("alias"))
    return _text(root)


@verb("detach-disk", DOMAIN, argument("target", "target or source of the disk"), *_WHERE, _PRINT)
def detach_disk(context: Context, arguments: Arguments) -> None:
    """Unplug a disk. What is on it stays."""
    from pyvirt_util.errors import NoDeviceError

    domain, wanted = the_domain(context, arguments), arguments.text("target")
    for node in _devices(domain, arguments, "disk"):
        target, source = node.find("target"), node.find("source")
        names = {target.get("dev") if target is not None else None}
        if source is not None:
            names |= {source.get("file"), source.get("dev")}
        if wanted in names:
            _detach(context, arguments, domain, node, "Disk")
            return
    raise NoDeviceError(f"domain '{domain.name}' has no disk '{wanted}'", hint=f"pyvirt domblklist {domain.name}")


def _devices(domain: Domain, arguments: Arguments, kind: str) -> list[_Element]:
    """Devices of the document that will be changed: the stored one's where that alone is."""
    stored = bool(impact(arguments, domain) & 2) and not impact(arguments, domain) & 1
    return parse(domain.xml(2 if stored else 0)).findall(f"devices/{kind}")


def _detach(context: Context, arguments: Arguments, domain: Domain, node: _Element, word: str) -> None:
    document = _text(node)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    domain.detach_device(document, impact(arguments, domain))
    context.done(f"{word} detached successfully", "detached", **identity(domain))


# Kinds of network cards, and the attribute of <source> that says what they are connected to.
_SOURCES = {"network": "network", "bridge": "bridge", "direct": "dev", "user": None, "ethernet": None}


@verb(
    "attach-interface",
    DOMAIN,
    argument("type", "network, bridge, direct or user", complete="|".join(_SOURCES)),
    argument("source", "the network, bridge or device; - where there is none"),
    value("target", "DEVICE", "name of the card's device on the host"),
    value("mac", "MAC", "its MAC address; else one is made up"),
    value("script", "PATH", "script that sets it up", complete="file"),
    value("model", "MODEL", "virtio, e1000e ...", complete="virtio|e1000|e1000e|rtl8139"),
    value("alias", "ALIAS", "alias of the device"),
    value("inbound", "RATE", "limit on what the guest gets: AVERAGE,PEAK,BURST,FLOOR in KiB"),
    value("outbound", "RATE", "limit on what the guest sends: AVERAGE,PEAK,BURST in KiB"),
    *_WHERE,
    _PRINT,
)
def attach_interface(context: Context, arguments: Arguments) -> None:
    """Plug in a network card.

    JSON: {"action": "attached", "name", "uuid"}; with --print-xml {"xml": ...}.
    """
    kind, source = arguments.text("type"), arguments.text("source")
    if kind not in _SOURCES:
        raise UsageError(f"unknown type '{kind}' (one of {', '.join(_SOURCES)})")
    root = _element(None, "interface", type=kind)
    if arguments.has("mac"):
        _element(root, "mac", address=arguments.maybe("mac"))
    attribute = _SOURCES[kind]
    if attribute is not None:
        _element(root, "source", **{attribute: source})
    if arguments.has("target"):
        _element(root, "target", dev=arguments.maybe("target"))
    if arguments.has("script"):
        _element(root, "script", path=arguments.maybe("script"))
    if arguments.has("model"):
        _element(root, "model", type=arguments.maybe("model"))
    if arguments.has("inbound") or arguments.has("outbound"):
        bandwidth = _element(root, "bandwidth")
        for way in ("inbound", "outbound"):
            if arguments.has(way):
                _element(bandwidth, way, **_rate(arguments.maybe(way) or ""))
    if arguments.has("alias"):
        _element(root, "alias", name=arguments.maybe("alias"))
    document = _text(root)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    domain = the_domain(context, arguments)
    domain.attach_device(document, impact(arguments, domain))
    context.done("Interface attached successfully", "attached", **identity(domain))


def _rate(text: str) -> dict[str, str]:
    parts = text.split(",")
    if len(parts) > 4 or not parts[0].isdigit() or any(part and not part.isdigit() for part in parts):
        raise UsageError(f"'{text}' is no rate", "AVERAGE[,PEAK[,BURST[,FLOOR]]], whole numbers")
    return {name: part for name, part in zip(("average", "peak", "burst", "floor"), parts, strict=False) if part}


@verb(
    "detach-interface",
    DOMAIN,
    argument("type", "network, bridge, direct or user", complete="|".join(_SOURCES)),
    value("mac", "MAC", "MAC address, where the domain has several such cards"),
    *_WHERE,
    _PRINT,
)
def detach_interface(context: Context, arguments: Arguments) -> None:
    """Unplug a network card."""
    from pyvirt_util.errors import NoDeviceError, OperationFailedError

    domain, kind, mac = the_domain(context, arguments), arguments.text("type"), arguments.maybe("mac")
    found = []
    for node in _devices(domain, arguments, f"interface[@type='{kind}']" if kind.isalnum() else "none"):
        address = node.find("mac")
        if mac is None or (address is not None and (address.get("address") or "").lower() == mac.lower()):
            found.append(node)
    if not found:
        which = f" with MAC address {mac}" if mac else ""
        raise NoDeviceError(
            f"domain '{domain.name}' has no interface of type '{kind}'{which}", hint=f"pyvirt domiflist {domain.name}"
        )
    if len(found) > 1:
        raise OperationFailedError(
            f"domain '{domain.name}' has {len(found)} interfaces of type '{kind}'", hint="--mac MAC says which"
        )
    _detach(context, arguments, domain, found[0], "Interface")
