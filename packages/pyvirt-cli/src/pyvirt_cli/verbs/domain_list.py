"""``list``."""

from __future__ import annotations

from pyvirt_cli.options import UsageError, flag, verb
from pyvirt_cli.words import state_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# virConnectListAllDomainsFlags
_ACTIVE, _INACTIVE = 1, 2


@verb(
    "list",
    flag("all", "running and stopped domains"),
    flag("inactive", "stopped domains only"),
    flag("name", "print names only"),
    flag("uuid", "print UUIDs only"),
    flag("id", "print ids only"),
    flag("table", "print a table (default)"),
    flag("title", "add the title"),
    flag("managed-save", "say 'saved' for stopped domains whose memory is kept"),
    flag("state-running", "only domains that run"),
    flag("state-paused", "only domains that are paused"),
    flag("state-shutoff", "only domains that are shut off"),
    flag("state-other", "only domains in any other state"),
    flag("persistent", "only domains with a stored definition"),
    flag("transient", "only domains without one"),
    flag("autostart", "only domains that start with the host"),
    flag("no-autostart", "only domains that do not"),
    flag("with-snapshot", "only domains with snapshots"),
    flag("without-snapshot", "only domains without snapshots"),
    flag("with-checkpoint", "only domains with checkpoints"),
    flag("without-checkpoint", "only domains without checkpoints"),
    flag("with-managed-save", "only domains whose memory is kept"),
    flag("without-managed-save", "only domains whose memory is not kept"),
)
def list_domains(context: Context, arguments: Arguments) -> None:
    """Running domains; with --all or --inactive the stopped ones too. Further options narrow the list down.

    JSON: [{"id": 1 or null, "name": ..., "uuid": ..., "state": ...}], with "title" where --title was given and
    "managed_save" where --managed-save was.
    """
    domains = context.connection.list_domains(_filter(arguments))
    domains.sort(key=_order)
    if arguments.on("table") and any(arguments.on(form) for form in ("name", "uuid", "id")):
        raise UsageError("option --table excludes --name, --uuid and --id")
    if context.json:
        context.emit([_json(domain, arguments) for domain in domains], "")
    elif arguments.on("name") or arguments.on("uuid") or arguments.on("id"):
        context.write("".join(_line(domain, arguments) for domain in domains))
    else:
        headers = ["Id", "Name", "State"]
        rows = [[_id(domain), domain.name, _state(domain, arguments)] for domain in domains]
        if arguments.on("title"):
            headers.append("Title")
            for row, domain in zip(rows, domains, strict=True):
                row.append(_title(domain))
        context.table(headers, rows)


def _filter(arguments: Arguments) -> int:
    if arguments.on("all"):
        which = _ACTIVE | _INACTIVE
    elif arguments.on("inactive"):
        which = _INACTIVE
    else:
        which = _ACTIVE
    if arguments.on("state-shutoff") and not arguments.on("inactive"):
        which |= _INACTIVE
    return which | arguments.flags(
        persistent=4,
        transient=8,
        state_running=16,
        state_paused=32,
        state_shutoff=64,
        state_other=128,
        with_managed_save=256,
        without_managed_save=512,
        autostart=1024,
        no_autostart=2048,
        with_snapshot=4096,
        without_snapshot=8192,
        with_checkpoint=16384,
        without_checkpoint=32768,
    )


def _order(domain: Domain) -> tuple[bool, int, str]:
    """Running domains by id, then the others by name."""
    number = domain.ref.id
    return (number < 0, number, domain.name)


def _id(domain: Domain) -> str:
    return str(domain.ref.id) if domain.ref.id >= 0 else "-"


def _state(domain: Domain, arguments: Arguments) -> str:
    from pyvirt_util.errors import NoDomainError

    try:
        if arguments.on("managed-save") and domain.ref.id < 0 and domain.has_managed_save_image():
            return "saved"
        return state_word(domain.state().state)
    except NoDomainError:  # it went while we were listing
        return "no state"


def _title(domain: Domain) -> str:
    from pyvirt.enums.domain import DomainMetadataType
    from pyvirt_util.errors import NoDomainError, NoDomainMetadataError

    try:
        return domain.metadata(DomainMetadataType.TITLE)
    except (NoDomainMetadataError, NoDomainError):
        return ""


def _line(domain: Domain, arguments: Arguments) -> str:
    parts = []
    if arguments.on("uuid"):
        parts.append(domain.uuid)
    if arguments.on("id"):
        parts.append(_id(domain))
    if arguments.on("name"):
        parts.append(domain.name)
    return " ".join(parts) + "\n"


def _json(domain: Domain, arguments: Arguments) -> dict[str, object]:
    number = domain.ref.id
    entry: dict[str, object] = {
        "id": number if number >= 0 else None,
        "name": domain.name,
        "uuid": domain.uuid,
        "state": _state(domain, arguments),
    }
    if arguments.on("title"):
        entry["title"] = _title(domain)
    if arguments.on("managed-save"):
        entry["managed_save"] = domain.has_managed_save_image()
    return entry
