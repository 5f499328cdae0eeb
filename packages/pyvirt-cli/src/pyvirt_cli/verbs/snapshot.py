"""Snapshots of domains."""

from __future__ import annotations

from pyvirt_cli.documents import parse, read_document, show_xml
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, VALIDATE, WRAP, XPATH, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain, Snapshot
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_NAME = value("snapshotname", "NAME", "name of the snapshot", positional=True, complete="snapshot")
_CURRENT = flag("current", "the current snapshot")
_SECURE = flag("security-info", "with passwords")
_HOW = (
    flag("no-metadata", "take it and forget it: pyvirt keeps no record"),
    flag("halt", "leave the domain stopped"),
    flag("disk-only", "disks without memory"),
    flag("reuse-external", "use files that are there already"),
    flag("quiesce", "freeze the guest's file systems meanwhile"),
    flag("atomic", "all or nothing"),
    flag("live", "let the guest run on meanwhile"),
    VALIDATE,
)


def _create_flags(arguments: Arguments) -> int:
    return arguments.flags(
        no_metadata=4, halt=8, disk_only=16, reuse_external=32, quiesce=64, atomic=128, live=256, validate=512
    )


def _snapshot(arguments: Arguments, domain: Domain) -> Snapshot:
    """The snapshot that ``--snapshotname`` or ``--current`` means."""
    arguments.only_one("snapshotname", "current")
    name = arguments.maybe("snapshotname")
    if name is not None:
        return domain.lookup_snapshot(name)
    if not arguments.on("current"):
        raise UsageError(f"'{arguments.verb.name}' needs the name of a snapshot, or --current")
    return domain.current_snapshot()


def _facts(snapshot: Snapshot) -> dict[str, object]:
    root = parse(snapshot.xml())
    created = root.findtext("creationTime")
    return {
        "name": snapshot.name,
        "creation_time": int(created) if created else None,
        "state": root.findtext("state"),
        "parent": root.findtext("parent/name"),
        "current": snapshot.is_current(),
    }


def _time(seconds: object) -> str:
    if not isinstance(seconds, int):
        return "-"
    from time import localtime, strftime

    return strftime("%Y-%m-%d %H:%M:%S %z", localtime(seconds))


@verb(
    "snapshot-list",
    DOMAIN,
    flag("parent", "with the parent"),
    flag("roots", "only snapshots without a parent"),
    flag("leaves", "only snapshots without children"),
    flag("no-leaves", "only snapshots with children"),
    flag("metadata", "only snapshots whose record would be lost with the definition"),
    flag("no-metadata", "only the others"),
    flag("inactive", "only those taken of the stopped domain"),
    flag("active", "only those taken of the running domain"),
    flag("disk-only", "only those without memory"),
    flag("internal", "only those inside the disks' files"),
    flag("external", "only those in files of their own"),
    flag("topological", "parents before children"),
    flag("name", "print names only"),
)
def snapshot_list(context: Context, arguments: Arguments) -> None:
    """List snapshots of a domain with the time they were taken and the domain's state then.

    JSON: [{"name", "creation_time" (seconds since 1970), "state", "parent", "current"}].
    """
    flags = arguments.flags(
        roots=1,
        metadata=2,
        leaves=4,
        no_leaves=8,
        no_metadata=16,
        inactive=32,
        active=64,
        disk_only=128,
        internal=256,
        external=512,
        topological=1024,
    )
    snapshots = the_domain(context, arguments).list_snapshots(flags)
    if not arguments.on("topological"):
        snapshots.sort(key=lambda snapshot: snapshot.name)
    if arguments.on("name") and not context.json:
        context.write("".join(f"{snapshot.name}\n" for snapshot in snapshots))
        return
    found = [_facts(snapshot) for snapshot in snapshots]
    headers = ["Name", "Creation Time", "State", *(["Parent"] if arguments.on("parent") else [])]
    rows = [
        [item["name"], _time(item["creation_time"]), item["state"] or "-", item["parent"] or "-"][: len(headers)]
        for item in found
    ]
    context.table(headers, rows, found)


def _created(context: Context, domain: Domain, snapshot: Snapshot) -> None:
    message = f"Domain snapshot {snapshot.name} created"
    context.done(message, "created", **identity(domain), snapshot=snapshot.name)


@verb(
    "snapshot-create",
    DOMAIN,
    value("xmlfile", "FILE", "document that describes it", positional=True, complete="file"),
    flag("redefine", "take over the record of a snapshot that exists"),
    flag("current", "with --redefine: make it the current one"),
    *_HOW,
)
def snapshot_create(context: Context, arguments: Arguments) -> None:
    """Take a snapshot as a document says; without one, of everything, under a number for a name."""
    domain = the_domain(context, arguments)
    path = arguments.maybe("xmlfile")
    document = "<domainsnapshot/>" if path is None else read_document(path)
    flags = _create_flags(arguments) | arguments.flags(redefine=1, current=2)
    _created(context, domain, domain.create_snapshot(document, flags))


@verb(
    "snapshot-create-as",
    DOMAIN,
    value("name", "NAME", "its name", positional=True),
    value("description", "TEXT", "what it is", positional=True),
    flag("print-xml", "print the document, take no snapshot"),
    value("memspec", "SPEC", "where memory goes: [file=]PATH[,snapshot=TYPE]"),
    value(
        "diskspec",
        "SPEC",
        "what happens to a disk: DISK[,snapshot=TYPE][,driver=TYPE][,file=PATH]; once for each disk",
        positional=True,
        many=True,
    ),
    *_HOW,
)
def snapshot_create_as(context: Context, arguments: Arguments) -> None:
    """Take a snapshot under a name.

    JSON: {"action": "created", "name", "uuid", "snapshot"}; with --print-xml {"xml": ...}.
    """
    document = _document(arguments)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    domain = the_domain(context, arguments)
    _created(context, domain, domain.create_snapshot(document, _create_flags(arguments)))


def _document(arguments: Arguments) -> str:
    from lxml import etree

    root = etree.Element("domainsnapshot")
    for name in ("name", "description"):
        text = arguments.maybe(name)
        if text is not None:
            etree.SubElement(root, name).text = text
    memory = arguments.maybe("memspec")
    if memory is not None:
        _, options = _spec(memory, "file")
        etree.SubElement(root, "memory", {"snapshot": "external", **options})
    specs = arguments.many("diskspec")
    if specs:
        disks = etree.SubElement(root, "disks")
        for spec in specs:
            name, options = _spec(spec, "")
            disk = etree.SubElement(disks, "disk", {"name": name})
            if "snapshot" in options:
                disk.set("snapshot", options["snapshot"])
            if "driver" in options:
                etree.SubElement(disk, "driver", {"type": options["driver"]})
            if "file" in options:
                etree.SubElement(disk, "source", {"file": options["file"]})
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _spec(text: str, default: str) -> tuple[str, dict[str, str]]:
    """``first,key=value,...``; with ``default``, a first part without a key is that key's value."""
    first, *rest = text.split(",")
    if default:
        rest = [first if "=" in first else f"{default}={first}", *rest]
        first = ""
    options = {}
    for part in rest:
        key, equals, content = part.partition("=")
        if not equals or key not in ("file", "snapshot", "driver"):
            raise UsageError(f"unknown part '{part}' of '{text}'")
        options[key] = content
    return first, options


@verb("snapshot-dumpxml", DOMAIN, argument("snapshotname", "name of the snapshot"), _SECURE, XPATH, WRAP)
def snapshot_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print a snapshot's document."""
    snapshot = the_domain(context, arguments).lookup_snapshot(arguments.text("snapshotname"))
    show_xml(context, arguments, snapshot.xml(arguments.flags(security_info=1)))


@verb("snapshot-info", DOMAIN, _NAME, _CURRENT)
def snapshot_info(context: Context, arguments: Arguments) -> None:
    """Show a snapshot's main facts.

    JSON: {"name", "domain", "creation_time", "state", "parent", "current", "children", "metadata"}.
    """
    from pyvirt_cli.output import record, yes_no

    domain = the_domain(context, arguments)
    snapshot = _snapshot(arguments, domain)
    facts = _facts(snapshot)
    children, metadata = len(snapshot.list_children()), snapshot.has_metadata()
    rows: list[tuple[str, object]] = [
        ("Name", snapshot.name),
        ("Domain", domain.name),
        ("Current", yes_no(bool(facts["current"]))),
        ("State", facts["state"] or "-"),
        ("Created", _time(facts["creation_time"])),
        ("Parent", facts["parent"] or "-"),
        ("Children", children),
        ("Metadata", yes_no(metadata)),
    ]
    context.emit({**facts, "domain": domain.name, "children": children, "metadata": metadata}, record(rows))


@verb("snapshot-current", DOMAIN, flag("name", "print its name only"), _SECURE, _NAME)
def snapshot_current(context: Context, arguments: Arguments) -> None:
    """Print the document, or the name, of the snapshot that the domain is based on now.

    With the name of a snapshot, make that the current one in pyvirt's records; the domain itself stays as it is.
    """
    domain = the_domain(context, arguments)
    wanted = arguments.maybe("snapshotname")
    if wanted is not None:
        domain.create_snapshot(domain.lookup_snapshot(wanted).xml(1), 3)  # redefine, current
        context.done(f"Snapshot {wanted} set as current", "current", **identity(domain), snapshot=wanted)
        return
    snapshot = domain.current_snapshot()
    if arguments.on("name"):
        context.emit({"name": snapshot.name}, snapshot.name)
        return
    text = snapshot.xml(arguments.flags(security_info=1))
    context.emit({"name": snapshot.name, "xml": text}, text)


@verb("snapshot-parent", DOMAIN, _NAME, _CURRENT)
def snapshot_parent(context: Context, arguments: Arguments) -> None:
    """Print the name of the snapshot that another was taken from."""
    name = _snapshot(arguments, the_domain(context, arguments)).parent().name
    context.emit({"name": name}, name)


@verb(
    "snapshot-revert",
    DOMAIN,
    _NAME,
    _CURRENT,
    flag("running", "let the guest run afterwards"),
    flag("paused", "leave the guest paused"),
    flag("force", "even where the record is not complete, or the machine must be started anew"),
    flag("reset-nvram", "begin with fresh firmware variables"),
)
def snapshot_revert(context: Context, arguments: Arguments) -> None:
    """Put a domain back to what it was. What happened since is lost, where no snapshot has it."""
    domain = the_domain(context, arguments)
    snapshot = _snapshot(arguments, domain)
    arguments.only_one("running", "paused")
    snapshot.revert(arguments.flags(running=1, paused=2, force=4, reset_nvram=8))
    message = f"Domain '{domain.name}' reverted to snapshot {snapshot.name}"
    context.done(message, "reverted", **identity(domain), snapshot=snapshot.name)


@verb(
    "snapshot-delete",
    DOMAIN,
    _NAME,
    _CURRENT,
    flag("children", "with all that were taken from it"),
    flag("children-only", "only those, not itself"),
    flag("metadata", "only pyvirt's record of it"),
)
def snapshot_delete(context: Context, arguments: Arguments) -> None:
    """Delete a snapshot. The domain stays as it is now."""
    domain = the_domain(context, arguments)
    arguments.only_one("children", "children-only")
    snapshot = _snapshot(arguments, domain)
    snapshot.delete(arguments.flags(children=1, metadata=2, children_only=4))
    what = "children of snapshot" if arguments.on("children-only") else "snapshot"
    context.done(f"Domain {what} {snapshot.name} deleted", "deleted", **identity(domain), snapshot=snapshot.name)
