"""Storage pools."""

from __future__ import annotations

from pyvirt_cli import lookup
from pyvirt_cli.documents import read_document, show_xml
from pyvirt_cli.options import FILE, WRAP, XPATH, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Connection, StoragePool
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

POOL = common.Noun("pool", "Pool", "pool", "name or UUID of the pool", lookup.pool)

# virStoragePoolState
_STATES = ("inactive", "building", "running", "degraded", "inaccessible")
# Kinds by name, as virConnectListAllStoragePoolsFlags numbers them from 64 on.
_TYPES = (
    "dir",
    "fs",
    "netfs",
    "logical",
    "disk",
    "iscsi",
    "scsi",
    "mpath",
    "rbd",
    "sheepdog",
    "gluster",
    "zfs",
    "vstorage",
    "iscsi-direct",
)


def _define(connection: Connection, text: str, flags: int) -> StoragePool:
    return connection.define_storage_pool(text, flags)


common.from_file(POOL, "define", "defined", "Store a pool's definition, new or changed. It is not started.", _define)
common.change(POOL, "destroy", "destroyed", "Stop a pool. What it holds, and its definition, stay.")
common.change(POOL, "undefine", "has been undefined", "Remove a pool's definition. What it holds stays.")
common.change(POOL, "refresh", "refreshed", "Look again at what a pool holds.")
common.change(POOL, "delete", "deleted", "Delete the storage behind a stopped pool, with everything in it.")
common.dumpxml(POOL, inactive=True)
common.autostart(POOL)
common.edit(POOL, _define)
common.show(POOL, "name", "name", "Print the name of the pool with a UUID.")
common.show(POOL, "uuid", "uuid", "Print the UUID of the pool with a name.")

_BUILD = (
    flag("build", "make the storage behind it first"),
    flag("overwrite", "make it even where there is something already"),
    flag("no-overwrite", "make it only where there is nothing"),
)


def _build_flags(arguments: Arguments) -> int:
    """The options as virStoragePoolCreateFlags."""
    arguments.only_one("overwrite", "no-overwrite")
    return arguments.flags(build=1, overwrite=2, no_overwrite=4)


@verb("pool-create", FILE, *_BUILD)
def pool_create(context: Context, arguments: Arguments) -> None:
    """Start a pool from a document without storing it."""
    text = read_document(arguments.text("file"))
    pool = context.connection.create_storage_pool(text, _build_flags(arguments))
    POOL.done(context, pool, f"created from {arguments.text('file')}", "created")


@verb("pool-start", POOL.argument, *_BUILD)
def pool_start(context: Context, arguments: Arguments) -> None:
    """Start a pool that is defined: mount, log in, look what is there."""
    pool = POOL.the(context, arguments)
    pool.start(_build_flags(arguments))
    POOL.done(context, pool, "started", "started")


@verb("pool-build", POOL.argument, *_BUILD[1:])
def pool_build(context: Context, arguments: Arguments) -> None:
    """Make the storage behind a pool: its folder, file system or volume group."""
    arguments.only_one("overwrite", "no-overwrite")
    pool = POOL.the(context, arguments)
    pool.build(arguments.flags(no_overwrite=4, overwrite=8))
    POOL.done(context, pool, "built", "built")


@verb(
    "pool-list",
    *common.LIST_FLAGS,
    *common.LIST_FILTERS,
    value("type", "TYPE,...", f"only these kinds: {', '.join(_TYPES)}", complete="|".join(_TYPES)),
    flag("details", "with sizes"),
    flag("name", "print names only"),
    flag("uuid", "print UUIDs only"),
)
def pool_list(context: Context, arguments: Arguments) -> None:
    """List active pools; with --all or --inactive the others too.

    JSON: [{"name", "uuid", "state", "autostart", "persistent", "capacity", "allocation", "available"}], sizes in bytes.
    """
    from pyvirt_cli.output import yes_no
    from pyvirt_util.units import format_size

    flags = common.list_flags(arguments)
    for kind in filter(None, (arguments.maybe("type") or "").split(",")):
        if kind not in _TYPES:
            raise UsageError(f"unknown kind of pool '{kind}' (one of {', '.join(_TYPES)})")
        flags |= 64 << _TYPES.index(kind)
    pools = sorted(context.connection.list_storage_pools(flags), key=lambda item: item.name)
    if not context.json and (arguments.on("name") or arguments.on("uuid")):
        context.write("".join(f"{item.name if arguments.on('name') else item.uuid}\n" for item in pools))
        return
    found = [_facts(pool) for pool in pools]
    if not arguments.on("details"):
        rows = [
            (item["name"], "inactive" if item["state"] == "inactive" else "active", yes_no(bool(item["autostart"])))
            for item in found
        ]
        context.table(["Name", "State", "Autostart"], rows, found)
        return
    headers = ["Name", "State", "Autostart", "Persistent", "Capacity", "Allocation", "Available"]
    details = []
    for item in found:
        active = item["state"] != "inactive"
        sizes = [
            format_size(int(str(item[name]))) if active else "-" for name in ("capacity", "allocation", "available")
        ]
        details.append(
            [item["name"], item["state"], yes_no(bool(item["autostart"])), yes_no(bool(item["persistent"])), *sizes]
        )
    context.table(headers, details, found)


def _facts(pool: StoragePool) -> dict[str, object]:
    info = pool.info()
    return {
        "name": pool.name,
        "uuid": pool.uuid,
        "state": _STATES[info.state],
        "autostart": common.known(pool.autostart, False),
        "persistent": pool.is_persistent(),
        "capacity": info.capacity,
        "allocation": info.allocation,
        "available": info.available,
    }


@verb("pool-info", POOL.argument, flag("bytes", "sizes in bytes"))
def pool_info(context: Context, arguments: Arguments) -> None:
    """Show a pool's main facts.

    JSON: {"name", "uuid", "state", "autostart", "persistent", "capacity", "allocation", "available"}, sizes in bytes.
    """
    from pyvirt_cli.output import record, yes_no
    from pyvirt_util.units import format_size

    facts = _facts(POOL.the(context, arguments))
    shown = str if arguments.on("bytes") else format_size
    rows: list[tuple[str, object]] = [
        ("Name", facts["name"]),
        ("UUID", facts["uuid"]),
        ("State", facts["state"]),
        ("Persistent", yes_no(bool(facts["persistent"]))),
        ("Autostart", yes_no(bool(facts["autostart"]))),
    ]
    if facts["state"] != "inactive":
        rows += [(name.capitalize(), shown(int(str(facts[name])))) for name in ("capacity", "allocation", "available")]
    context.emit(facts, record(rows))


@verb("pool-capabilities", XPATH, WRAP)
def pool_capabilities(context: Context, arguments: Arguments) -> None:
    """Print the kinds of pools on offer and what each can be told."""
    show_xml(context, arguments, context.connection.storage_pool_capabilities())


@verb(
    "find-storage-pool-sources",
    argument("type", "kind of pool: logical, netfs, iscsi ...", complete="|".join(_TYPES)),
    argument("srcSpec", "document that narrows the search: <source>...</source>", required=False, complete="file"),
    XPATH,
    WRAP,
)
def find_sources(context: Context, arguments: Arguments) -> None:
    """Look for storage that could become a pool: volume groups, exports of a server, targets ..."""
    path = arguments.maybe("srcSpec")
    document = None if path is None else read_document(path)
    show_xml(context, arguments, context.connection.find_storage_pool_sources(arguments.text("type"), document))
