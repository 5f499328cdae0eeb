"""Network filters and their bindings."""

from __future__ import annotations

from pyvirt_cli import lookup
from pyvirt_cli.options import verb
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Connection, Nwfilter, NwfilterBinding
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

FILTER = common.Noun("nwfilter", "Network filter", "nwfilter", "name or UUID of the filter", lookup.nwfilter)


def _define(connection: Connection, text: str, flags: int) -> Nwfilter:
    return connection.define_nwfilter(text, flags)


common.from_file(FILTER, "define", "defined", "Store a network filter, new or changed; guests get it at once.", _define)
common.change(FILTER, "undefine", "undefined", "Remove a network filter that no guest uses.")
common.dumpxml(FILTER)
common.edit(FILTER, _define, inactive=0)


@verb("nwfilter-list")
def nwfilter_list(context: Context, arguments: Arguments) -> None:
    """List network filters.

    JSON: [{"uuid", "name"}].
    """
    found = sorted(context.connection.list_nwfilters(), key=lambda item: item.name)
    context.table(["UUID", "Name"], [(item.uuid, item.name) for item in found])


def _find_binding(context: Context, text: str) -> NwfilterBinding:
    return context.connection.lookup_nwfilter_binding_by_port_dev(text)


BINDING = common.Noun(
    "nwfilter-binding",
    "Network filter on",
    "binding",
    "port device that the filter is on",
    _find_binding,
    label="port_dev",
)

common.from_file(
    BINDING,
    "create",
    "created",
    "Put a filter on a port as a document says.",
    lambda connection, text, flags: connection.create_nwfilter_binding(text, flags),
)
common.change(BINDING, "delete", "deleted", "Take the filter off a port.")
common.dumpxml(BINDING)


@verb("nwfilter-binding-list")
def binding_list(context: Context, arguments: Arguments) -> None:
    """List which filter is on which port device.

    JSON: [{"port_dev", "filter"}].
    """
    found = sorted(context.connection.list_nwfilter_bindings(), key=lambda item: item.port_dev)
    context.table(["Port Dev", "Filter"], [(item.port_dev, item.filter_name) for item in found])
