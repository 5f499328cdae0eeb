"""Interfaces of the host."""

from __future__ import annotations

from pyvirt_cli.options import argument, verb
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Connection, Interface
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


def _find(context: Context, text: str) -> Interface:
    """By MAC address where it is one, else by name."""
    from pyvirt_util.errors import NoInterfaceError

    if text.count(":") == 5:
        try:
            return context.connection.lookup_interface_by_mac_string(text)
        except NoInterfaceError:
            pass
    return context.connection.lookup_interface(text)


INTERFACE = common.Noun("iface", "Interface", "interface", "name or MAC address of the interface", _find)


def _define(connection: Connection, text: str, flags: int) -> Interface:
    return connection.define_interface(text, flags)


common.from_file(INTERFACE, "define", "defined", "Store an interface's definition, new or changed.", _define)
common.change(INTERFACE, "start", "started", "Bring an interface up.")
common.change(INTERFACE, "destroy", "destroyed", "Take an interface down. Its definition stays.")
common.change(INTERFACE, "undefine", "undefined", "Remove an interface's definition.")
common.dumpxml(INTERFACE, inactive=True)
common.edit(INTERFACE, _define)
common.show(INTERFACE, "mac", "mac", "Print an interface's MAC address.")


@verb("iface-name", argument("interface", "MAC address"))
def iface_name(context: Context, arguments: Arguments) -> None:
    """Print the name of the interface with a MAC address."""
    name = context.connection.lookup_interface_by_mac_string(arguments.text("interface")).name
    context.emit({"name": name}, name)


@verb("iface-list", *common.LIST_FLAGS)
def iface_list(context: Context, arguments: Arguments) -> None:
    """List interfaces that are up; with --all or --inactive the others too.

    JSON: [{"name", "state", "mac"}].
    """
    found = [
        {"name": item.name, "state": "active" if item.is_active() else "inactive", "mac": item.mac}
        for item in context.connection.list_interfaces(common.list_flags(arguments))
    ]
    found.sort(key=lambda item: item["name"])
    context.table(["Name", "State", "MAC Address"], [tuple(item.values()) for item in found], found)


@verb("iface-begin")
def iface_begin(context: Context, arguments: Arguments) -> None:
    """Remember all definitions: iface-commit keeps what is changed from here on, iface-rollback undoes it."""
    context.connection.interface_change_begin()
    context.done("Network config change transaction started", "begun")


@verb("iface-commit")
def iface_commit(context: Context, arguments: Arguments) -> None:
    """Keep what was changed since iface-begin."""
    context.connection.interface_change_commit()
    context.done("Network config change transaction committed", "committed")


@verb("iface-rollback")
def iface_rollback(context: Context, arguments: Arguments) -> None:
    """Undo what was changed since iface-begin."""
    context.connection.interface_change_rollback()
    context.done("Network config change transaction rolled back", "rolled-back")
