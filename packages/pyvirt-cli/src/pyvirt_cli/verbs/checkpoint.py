"""Checkpoints of domains: the points in time that incremental backups begin at."""

from __future__ import annotations

from pyvirt_cli.documents import parse, read_document, show_xml
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, WRAP, XPATH, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Checkpoint
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_NAME = argument("checkpointname", "name of the checkpoint")


def _the_checkpoint(context: Context, arguments: Arguments) -> Checkpoint:
    return the_domain(context, arguments).lookup_checkpoint(arguments.text("checkpointname"))


@verb(
    "checkpoint-list",
    DOMAIN,
    flag("roots", "only checkpoints without a parent"),
    flag("leaves", "only checkpoints without children"),
    flag("no-leaves", "only checkpoints with children"),
    flag("topological", "parents before children"),
    flag("name", "print names only"),
)
def checkpoint_list(context: Context, arguments: Arguments) -> None:
    """List checkpoints of a domain.

    JSON: [{"name", "creation_time" (seconds since 1970), "parent"}].
    """
    from time import localtime, strftime

    found = the_domain(context, arguments).list_checkpoints(
        arguments.flags(roots=1, topological=2, leaves=4, no_leaves=8)
    )
    if arguments.on("name") and not context.json:
        context.write("".join(f"{checkpoint.name}\n" for checkpoint in found))
        return
    rows, data = [], []
    for checkpoint in found:
        root = parse(checkpoint.xml(2))  # without the domain's document
        created = root.findtext("creationTime")
        seconds = int(created) if created else None
        data.append({"name": checkpoint.name, "creation_time": seconds, "parent": root.findtext("parent/name")})
        rows.append([checkpoint.name, strftime("%Y-%m-%d %H:%M:%S %z", localtime(seconds)) if seconds else "-"])
    context.table(["Name", "Creation Time"], rows, data)


@verb(
    "checkpoint-create",
    DOMAIN,
    value("xmlfile", "FILE", "document that describes it", positional=True, complete="file"),
    flag("redefine", "take over the record of a checkpoint that exists"),
    flag("redefine-validate", "and check that the disks have it"),
    flag("quiesce", "freeze the guest's file systems meanwhile"),
)
def checkpoint_create(context: Context, arguments: Arguments) -> None:
    """Make a checkpoint as a document says; without one, of all disks, under a number for a name."""
    domain = the_domain(context, arguments)
    path = arguments.maybe("xmlfile")
    document = "<domaincheckpoint/>" if path is None else read_document(path)
    checkpoint = domain.create_checkpoint(document, arguments.flags(redefine=1, quiesce=2, redefine_validate=4))
    message = f"Domain checkpoint {checkpoint.name} created"
    context.done(message, "created", **identity(domain), checkpoint=checkpoint.name)


@verb(
    "checkpoint-dumpxml",
    DOMAIN,
    _NAME,
    flag("security-info", "with passwords"),
    flag("no-domain", "without the domain's document"),
    flag("size", "with an estimate of what changed since"),
    XPATH,
    WRAP,
)
def checkpoint_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print a checkpoint's document."""
    checkpoint = _the_checkpoint(context, arguments)
    show_xml(context, arguments, checkpoint.xml(arguments.flags(security_info=1, no_domain=2, size=4)))


@verb("checkpoint-parent", DOMAIN, _NAME)
def checkpoint_parent(context: Context, arguments: Arguments) -> None:
    """Print the name of the checkpoint before another."""
    name = _the_checkpoint(context, arguments).parent().name
    context.emit({"name": name}, name)


@verb(
    "checkpoint-delete",
    DOMAIN,
    _NAME,
    flag("children", "with all that come after it"),
    flag("children-only", "only those, not itself"),
    flag("metadata", "only pyvirt's record of it"),
)
def checkpoint_delete(context: Context, arguments: Arguments) -> None:
    """Delete a checkpoint: what changed since goes to the one before."""
    arguments.only_one("children", "children-only")
    checkpoint = _the_checkpoint(context, arguments)
    checkpoint.delete(arguments.flags(children=1, metadata=2, children_only=4))
    context.done(f"Domain checkpoint {checkpoint.name} deleted", "deleted", checkpoint=checkpoint.name)
