"""What a domain says of itself: ``desc``, ``metadata``."""

from __future__ import annotations

from pyvirt_cli.documents import edit
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, IMPACT, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# virDomainMetadataType
_DESCRIPTION, _TITLE, _ELEMENT = 0, 1, 2


def _read(domain: Domain, kind: int, uri: str | None, flags: int) -> str:
    from pyvirt_util.errors import NoDomainMetadataError

    try:
        return domain.metadata(kind, uri, flags)
    except NoDomainMetadataError:
        return ""


@verb(
    "desc",
    DOMAIN,
    *IMPACT,
    flag("title", "the title, which is one line, rather than the description"),
    flag("edit", "change it in an editor"),
    argument("new-desc", "the new text; an empty one removes it", required=False, many=True),
)
def desc(context: Context, arguments: Arguments) -> None:
    """Print a domain's description, or replace it.

    JSON: {"description": ...} or {"title": ...}.
    """
    domain = the_domain(context, arguments)
    flags = arguments.impact()
    kind, word = (_TITLE, "title") if arguments.on("title") else (_DESCRIPTION, "description")
    words = arguments.many("new-desc")
    if not words and not arguments.on("edit"):
        text = _read(domain, kind, None, flags)
        context.emit({word: text}, text or f"No {word} for domain: {domain.name}")
        return
    text = " ".join(words) if words else _read(domain, kind, None, flags)
    if arguments.on("edit"):
        edited = edit(text + "\n", ".txt")
        if edited is None and not words:
            context.done(f"Domain {word} not changed", "unchanged", **identity(domain))
            return
        text = text if edited is None else edited.rstrip("\n")
    domain.set_metadata(kind, text or None, None, None, flags)
    context.done(f"Domain {word} updated successfully", "updated", **identity(domain), **{word: text})


@verb(
    "metadata",
    DOMAIN,
    argument("uri", "namespace of the element"),
    *IMPACT,
    value("key", "PREFIX", "prefix of the namespace in the document, for --set and --edit"),
    value("set", "XML", "the new element"),
    flag("edit", "change it in an editor"),
    flag("remove", "remove it"),
)
def metadata(context: Context, arguments: Arguments) -> None:
    """Print the element of a namespace in <metadata>, or replace it: pyvirt keeps it and does not look inside.

    JSON: {"uri": ..., "metadata": ...}.
    """
    domain = the_domain(context, arguments)
    flags, uri = arguments.impact(), arguments.text("uri")
    arguments.only_one("set", "edit", "remove")
    if arguments.on("remove"):
        domain.set_metadata(_ELEMENT, None, None, uri, flags)
        context.done("Metadata removed", "removed", **identity(domain), uri=uri)
        return
    text = arguments.maybe("set")
    if arguments.on("edit"):
        text = edit(_read(domain, _ELEMENT, uri, flags))
        if text is None:
            context.done("Metadata not changed", "unchanged", **identity(domain), uri=uri)
            return
    if text is None:
        found = domain.metadata(_ELEMENT, uri, flags)
        context.emit({"uri": uri, "metadata": found}, found)
        return
    key = arguments.maybe("key")
    if key is None:
        raise UsageError("'metadata' needs --key PREFIX to change an element")
    domain.set_metadata(_ELEMENT, text, key, uri, flags)
    context.done("Metadata modified", "updated", **identity(domain), uri=uri)
