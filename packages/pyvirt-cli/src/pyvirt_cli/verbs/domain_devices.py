"""Devices: plugging, and network cards."""

from __future__ import annotations

from pyvirt_cli.documents import parse, read_document
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, FILE, IMPACT, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_DEVICE = (DOMAIN, FILE, flag("persistent", "the stored definition, and the guest if it runs"), *IMPACT)


def impact(arguments: Arguments, domain: Domain) -> int:
    """virDomainDeviceModifyFlags; ``--persistent`` is ``--config`` and, of a running guest, ``--live``."""
    if not arguments.on("persistent"):
        return arguments.impact()
    if arguments.on("current"):
        raise UsageError("option --persistent excludes --current")
    return 2 | (1 if domain.is_active() else 0) | arguments.impact()


@verb("attach-device", *_DEVICE)
def attach_device(context: Context, arguments: Arguments) -> None:
    """Plug in the device that FILE describes: <disk>, <interface>, <hostdev> ..."""
    domain = the_domain(context, arguments)
    domain.attach_device(read_document(arguments.text("file")), impact(arguments, domain))
    context.done("Device attached successfully", "attached", **identity(domain))


@verb("detach-device", *_DEVICE)
def detach_device(context: Context, arguments: Arguments) -> None:
    """Unplug the device that FILE describes, as dumpxml prints it."""
    domain = the_domain(context, arguments)
    domain.detach_device(read_document(arguments.text("file")), impact(arguments, domain))
    context.done("Device detached successfully", "detached", **identity(domain))


@verb("detach-device-alias", DOMAIN, argument("alias", "the device's alias, see dumpxml"), *IMPACT)
def detach_device_alias(context: Context, arguments: Arguments) -> None:
    """Ask the guest to let go of a device; the event device-removed says when it has."""
    domain = the_domain(context, arguments)
    domain.detach_device_alias(arguments.text("alias"), arguments.impact())
    message = "Device detach request sent successfully"
    context.done(message, "detaching", **identity(domain), alias=arguments.text("alias"))


@verb("update-device", *_DEVICE, flag("force", "take media from a guest that holds it"))
def update_device(context: Context, arguments: Arguments) -> None:
    """Change a device in place: the medium of a CD drive, the link of a network card ..."""
    domain = the_domain(context, arguments)
    flags = impact(arguments, domain) | arguments.flags(force=4)
    domain.update_device(read_document(arguments.text("file")), flags)
    context.done("Device updated successfully", "updated", **identity(domain))


@verb("domiflist", DOMAIN, flag("inactive", "of the stored definition"))
def domiflist(context: Context, arguments: Arguments) -> None:
    """List network cards: the device on the host, what it is connected to, model and MAC address.

    JSON: [{"interface", "type", "source", "model", "mac"}], null for what is not there.
    """
    domain = the_domain(context, arguments)
    root = parse(domain.xml(arguments.flags(inactive=2)))
    cards = []
    for node in root.findall("devices/interface"):
        kind = node.get("type", "")
        source = node.find("source")
        cards.append(
            {
                "interface": _attribute(node, "target", "dev"),
                "type": kind,
                "source": None if source is None else _source(kind, dict(source.attrib)),
                "model": _attribute(node, "model", "type"),
                "mac": _attribute(node, "mac", "address"),
            }
        )
    rows = [[value or "-" for value in card.values()] for card in cards]
    context.table(["Interface", "Type", "Source", "Model", "MAC"], rows, cards)


def _attribute(node: object, child: str, name: str) -> str | None:
    found = node.find(child)  # type: ignore[attr-defined]
    text: str | None = None if found is None else found.get(name)
    return text


def _source(kind: str, attributes: dict[str | bytes, str | bytes]) -> str | None:
    key = {"direct": "dev", "ethernet": "dev", "internal": "name", "user": "dev"}.get(kind, kind)
    value = attributes.get(key) or next(iter(attributes.values()), None)
    return None if value is None else str(value)


_SOURCES = {"lease": 0, "agent": 1, "arp": 2}


@verb(
    "domifaddr",
    DOMAIN,
    value("interface", "NAME", "only this card", positional=True),
    flag("full", "repeat name and MAC address in every row"),
    value("source", "SOURCE", "who is asked: lease (default), agent or arp", complete="lease|agent|arp"),
)
def domifaddr(context: Context, arguments: Arguments) -> None:
    """List the addresses of a running guest's network cards.

    JSON: [{"name", "mac", "addresses": [{"type": "ipv4", "address", "prefix"}]}].
    """
    source = arguments.maybe("source") or "lease"
    if source not in _SOURCES:
        raise UsageError(f"unknown source '{source}' (one of {', '.join(_SOURCES)})")
    wanted = arguments.maybe("interface")
    rows, data = [], []
    for card in the_domain(context, arguments).interface_addresses(_SOURCES[source]):
        if wanted is not None and card.name != wanted:
            continue
        addresses = [(address.type.name.lower(), address.address, address.prefix) for address in card.addresses]
        data.append(
            {
                "name": card.name,
                "mac": card.mac,
                "addresses": [dict(zip(("type", "address", "prefix"), item, strict=True)) for item in addresses],
            }
        )
        for index, (kind, text, prefix) in enumerate(addresses or [("N/A", "", 0)]):
            first = index == 0 or arguments.on("full")
            where = f"{text}/{prefix}" if text else "N/A"
            rows.append([card.name if first else "-", (card.mac or "N/A") if first else "-", kind, where])
    context.table(["Name", "MAC address", "Protocol", "Address"], rows, data)


@verb("domifstat", DOMAIN, argument("interface", "the card's device on the host, or its MAC address"))
def domifstat(context: Context, arguments: Arguments) -> None:
    """Show traffic counters of a network card, as the guest sees directions.

    JSON: {"rx_bytes", "rx_packets", "rx_errs", "rx_drop", "tx_bytes", ...}; null where a counter is not known.
    """
    device = arguments.text("interface")
    stats = the_domain(context, arguments).interface_stats(device)
    names = [f"{way}_{what}" for way in ("rx", "tx") for what in ("bytes", "packets", "errs", "drop")]
    counters = {name: getattr(stats, name) for name in names}
    known = {name: number if number >= 0 else None for name, number in counters.items()}
    lines = [f"{device} {name} {number}\n" for name, number in known.items() if number is not None]
    context.emit(known, "".join(lines))
