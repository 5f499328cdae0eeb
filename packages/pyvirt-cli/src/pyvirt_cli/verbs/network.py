"""Virtual networks, their leases and ports."""

from __future__ import annotations

from pyvirt_cli import lookup
from pyvirt_cli.documents import read_document, show_xml
from pyvirt_cli.options import (
    IMPACT,
    VALIDATE,
    WRAP,
    XPATH,
    UsageError,
    argument,
    flag,
    number,
    value,
    verb,
)
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Connection, Network, NetworkPort
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

NETWORK = common.Noun("net", "Network", "network", "name or UUID of the network", lookup.network)


def _define(connection: Connection, text: str, flags: int) -> Network:
    return connection.define_network(text, flags)


common.from_file(
    NETWORK, "define", "defined", "Store a network's definition, new or changed. It is not started.", _define
)
common.from_file(
    NETWORK,
    "create",
    "created",
    "Start a network from a document without storing it.",
    lambda connection, text, flags: connection.create_network(text, flags),
)
common.change(NETWORK, "start", "started", "Start a network that is defined.")
common.change(NETWORK, "destroy", "destroyed", "Stop a network. Its definition stays; guests on it lose their link.")
common.change(NETWORK, "undefine", "has been undefined", "Remove a network's definition.")
common.dumpxml(NETWORK, inactive=True)
common.autostart(NETWORK)
common.edit(NETWORK, _define)
common.show(NETWORK, "name", "name", "Print the name of the network with a UUID.")
common.show(NETWORK, "uuid", "uuid", "Print the UUID of the network with a name.")


def _facts(network: Network) -> dict[str, object]:
    return {
        "name": network.name,
        "uuid": network.uuid,
        "state": "active" if network.is_active() else "inactive",
        "autostart": common.known(network.autostart, False),
        "persistent": network.is_persistent(),
    }


@verb(
    "net-list",
    *common.LIST_FLAGS,
    *common.LIST_FILTERS,
    flag("name", "print names only"),
    flag("uuid", "print UUIDs only"),
    flag("table", "print a table (default)"),
)
def net_list(context: Context, arguments: Arguments) -> None:
    """List active networks; with --all or --inactive the others too.

    JSON: [{"name", "uuid", "state", "autostart", "persistent"}].
    """
    arguments.only_one("name", "uuid", "table")
    networks = sorted(context.connection.list_networks(common.list_flags(arguments)), key=lambda item: item.name)
    if not context.json and (arguments.on("name") or arguments.on("uuid")):
        context.write("".join(f"{item.name if arguments.on('name') else item.uuid}\n" for item in networks))
        return
    from pyvirt_cli.output import yes_no

    found = [_facts(network) for network in networks]
    rows = [
        (item["name"], item["state"], yes_no(bool(item["autostart"])), yes_no(bool(item["persistent"])))
        for item in found
    ]
    context.table(["Name", "State", "Autostart", "Persistent"], rows, found)


@verb("net-info", NETWORK.argument)
def net_info(context: Context, arguments: Arguments) -> None:
    """Show a network's main facts.

    JSON: {"name", "uuid", "state", "autostart", "persistent", "bridge" (null where there is none)}.
    """
    from pyvirt_cli.output import record, yes_no

    network = NETWORK.the(context, arguments)
    facts = _facts(network)
    bridge = common.known(network.bridge_name)
    rows: list[tuple[str, object]] = [
        ("Name", network.name),
        ("UUID", network.uuid),
        ("Active", yes_no(facts["state"] == "active")),
        ("Persistent", yes_no(bool(facts["persistent"]))),
        ("Autostart", yes_no(bool(facts["autostart"]))),
    ]
    if bridge:
        rows.append(("Bridge", bridge))
    context.emit({**facts, "bridge": bridge or None}, record(rows))


# virNetworkUpdateCommand, virNetworkUpdateSection
_COMMANDS = {"modify": 1, "delete": 2, "add-last": 3, "add": 3, "add-first": 4}
_SECTIONS = (
    "none",
    "bridge",
    "domain",
    "ip",
    "ip-dhcp-host",
    "ip-dhcp-range",
    "forward",
    "forward-interface",
    "forward-pf",
    "portgroup",
    "dns-host",
    "dns-txt",
    "dns-srv",
)


@verb(
    "net-update",
    NETWORK.argument,
    argument("command", "add-first, add-last (or add), delete, modify", complete="|".join(_COMMANDS)),
    argument("section", f"the part: {', '.join(_SECTIONS[3:])} ...", complete="|".join(_SECTIONS[1:])),
    argument("xml", "the element, or a file that has it", complete="file"),
    number("parent-index", "which of several parents, from 0"),
    *IMPACT,
)
def net_update(context: Context, arguments: Arguments) -> None:
    """Add, change or remove one element of a network while it is in use: a DHCP host, a DNS record ..."""
    command, section, xml = arguments.text("command"), arguments.text("section"), arguments.text("xml")
    if command not in _COMMANDS:
        raise UsageError(f"unknown command '{command}' (one of {', '.join(_COMMANDS)})")
    if section not in _SECTIONS[1:]:
        raise UsageError(f"unknown section '{section}' (one of {', '.join(_SECTIONS[1:])})")
    if not xml.lstrip().startswith("<"):
        xml = read_document(xml)
    parent = arguments.number("parent-index")
    network = NETWORK.the(context, arguments)
    network.update(
        _COMMANDS[command], _SECTIONS.index(section), -1 if parent is None else parent, xml, arguments.impact()
    )
    NETWORK.done(context, network, "updated", "updated", section=section)


@verb("net-dhcp-leases", NETWORK.argument, value("mac", "MAC", "only of this address", positional=True))
def net_dhcp_leases(context: Context, arguments: Arguments) -> None:
    """List the leases that a network's DHCP server has given.

    JSON: [{"interface", "expiry" (seconds since 1970), "type", "mac", "iaid", "address", "prefix", "hostname",
    "client_id"}].
    """
    from time import localtime, strftime

    rows, data = [], []
    for lease in NETWORK.the(context, arguments).dhcp_leases(arguments.maybe("mac")):
        kind = lease.type.name.lower()
        until = strftime("%Y-%m-%d %H:%M:%S", localtime(lease.expiry)) if lease.expiry else "never"
        where = f"{lease.address}/{lease.prefix}"
        rows.append((until, lease.mac or "-", kind, where, lease.hostname or "-", lease.client_id or "-"))
        names = ("interface", "expiry", "mac", "iaid", "address", "prefix", "hostname", "client_id")
        data.append({**{name: getattr(lease, name) for name in names}, "type": kind})
    headers = ["Expiry Time", "MAC address", "Protocol", "IP address", "Hostname", "Client ID or DUID"]
    context.table(headers, rows, data)


_PORT = argument("port", "UUID of the port")


def _the_port(context: Context, arguments: Arguments) -> NetworkPort:
    network: Network = NETWORK.the(context, arguments)
    return network.lookup_port(arguments.text("port"))


@verb("net-port-list", NETWORK.argument)
def net_port_list(context: Context, arguments: Arguments) -> None:
    """List the ports of a network: one for each guest's network card on it.

    JSON: [{"uuid": ...}].
    """
    ports = [port.uuid for port in NETWORK.the(context, arguments).list_ports()]
    context.table(["UUID"], [(uuid,) for uuid in ports])


@verb("net-port-create", NETWORK.argument, argument("file", "XML document", complete="file"), VALIDATE)
def net_port_create(context: Context, arguments: Arguments) -> None:
    """Make a port on a network as a document says."""
    text = read_document(arguments.text("file"))
    port = NETWORK.the(context, arguments).create_port(text, arguments.flags(validate=2))
    context.done(f"Network port {port.uuid} created from {arguments.text('file')}", "created", uuid=port.uuid)


@verb("net-port-dumpxml", NETWORK.argument, _PORT, XPATH, WRAP)
def net_port_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print a port's document."""
    show_xml(context, arguments, _the_port(context, arguments).xml())


@verb("net-port-delete", NETWORK.argument, _PORT)
def net_port_delete(context: Context, arguments: Arguments) -> None:
    """Delete a port; the network card that uses it loses its link."""
    port = _the_port(context, arguments)
    port.delete()
    context.done(f"Network port {port.uuid} deleted", "deleted", uuid=port.uuid)
