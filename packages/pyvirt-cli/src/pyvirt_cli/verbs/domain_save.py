"""Memory on disk: ``save``, ``restore``, ``managedsave``, ``dump``."""

from __future__ import annotations

from pyvirt_cli.documents import read_document, show_xml
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, WRAP, XPATH, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.types import TypedParameters
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_FILE = argument("file", "the saved file", complete="file")
_SECURE = flag("security-info", "with passwords")
_STATE = (
    flag("running", "let the guest run when it is restored"),
    flag("paused", "leave the guest paused when it is restored"),
)
_BYPASS = flag("bypass-cache", "keep out of the host's file cache")
_XML = value("xml", "FILE", "document that replaces the one inside", complete="file")


def _path(text: str) -> str:
    """An absolute path: drivers may run elsewhere."""
    from os.path import abspath

    return abspath(text)


def _flags(arguments: Arguments) -> int:
    """The options as virDomainSaveRestoreFlags."""
    arguments.only_one("running", "paused")
    return arguments.flags(bypass_cache=1, running=2, paused=4, reset_nvram=8)


def _parameters(arguments: Arguments) -> TypedParameters:
    parameters: TypedParameters = {"file": _path(arguments.text("file"))}
    document = arguments.maybe("xml")
    if document is not None:
        parameters["dxml"] = read_document(document)
    return parameters


@verb("save", DOMAIN, _FILE, _BYPASS, _XML, *_STATE)
def save(context: Context, arguments: Arguments) -> None:
    """Stop a domain and keep its memory in FILE, for restore. Its disks must stay as they are until then."""
    domain = the_domain(context, arguments)
    domain.save_with_parameters(_parameters(arguments), _flags(arguments))
    message = f"Domain '{domain.name}' saved to {arguments.text('file')}"
    context.done(message, "saved", **identity(domain), file=arguments.text("file"))


@verb("restore", _FILE, _BYPASS, _XML, *_STATE, flag("reset-nvram", "begin with fresh firmware variables"))
def restore(context: Context, arguments: Arguments) -> None:
    """Let a saved guest go on where it stopped. The file stays; using it twice will damage the guest's disks."""
    context.connection.domain_restore_params(_parameters(arguments), _flags(arguments))
    context.done(f"Domain restored from {arguments.text('file')}", "restored", file=arguments.text("file"))


@verb("save-image-dumpxml", _FILE, _SECURE, XPATH, WRAP)
def save_image_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print the document inside a saved file."""
    path = _path(arguments.text("file"))
    text = context.connection.domain_save_image_get_xml_desc(path, arguments.flags(security_info=1))
    show_xml(context, arguments, text)


@verb("save-image-define", _FILE, argument("xml", "the new document", complete="file"), *_STATE)
def save_image_define(context: Context, arguments: Arguments) -> None:
    """Replace the document inside a saved file, say for disks that have moved."""
    document = read_document(arguments.text("xml"))
    context.connection.domain_save_image_define_xml(_path(arguments.text("file")), document, _flags(arguments))
    context.done(f"State file {arguments.text('file')} updated", "updated", file=arguments.text("file"))


@verb("managedsave", DOMAIN, _BYPASS, *_STATE)
def managedsave(context: Context, arguments: Arguments) -> None:
    """Stop a domain and keep its memory; its next start goes on from there."""
    domain = the_domain(context, arguments)
    domain.managed_save(_flags(arguments))
    context.done(f"Domain '{domain.name}' state saved by pyvirt", "saved", **identity(domain))


@verb("managedsave-remove", DOMAIN)
def managedsave_remove(context: Context, arguments: Arguments) -> None:
    """Throw the kept memory away; the next start boots."""
    domain = the_domain(context, arguments)
    if not domain.has_managed_save_image():
        context.done(f"Domain '{domain.name}' has no kept memory; nothing to do", "unchanged", **identity(domain))
        return
    domain.managed_save_remove()
    context.done(f"Removed kept memory of domain '{domain.name}'", "removed", **identity(domain))


@verb("managedsave-dumpxml", DOMAIN, _SECURE, XPATH, WRAP)
def managedsave_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print the document that is kept with the memory."""
    domain = the_domain(context, arguments)
    show_xml(context, arguments, domain.managed_save_get_xml(arguments.flags(security_info=1)))


@verb("managedsave-define", DOMAIN, argument("xml", "the new document", complete="file"), *_STATE)
def managedsave_define(context: Context, arguments: Arguments) -> None:
    """Replace the document that is kept with the memory."""
    domain = the_domain(context, arguments)
    domain.managed_save_define_xml(read_document(arguments.text("xml")), _flags(arguments))
    context.done(f"Managed save state of domain '{domain.name}' updated", "updated", **identity(domain))


# virDomainCoreDumpFormat
_FORMATS = ("elf", "kdump-zlib", "kdump-lzo", "kdump-snappy", "win-dmp")


@verb(
    "dump",
    DOMAIN,
    argument("file", "where to", complete="file"),
    flag("live", "let the guest run on meanwhile"),
    flag("crash", "stop it afterwards, as crashed"),
    flag("reset", "reset it afterwards"),
    _BYPASS,
    flag("memory-only", "memory and CPU registers only, for crash or gdb"),
    value("format", "FORMAT", f"of --memory-only: {', '.join(_FORMATS)}", complete="|".join(_FORMATS)),
)
def dump(context: Context, arguments: Arguments) -> None:
    """Write the guest's memory to a file on the host, for analysis."""
    domain = the_domain(context, arguments)
    arguments.only_one("live", "crash", "reset")
    form = arguments.maybe("format")
    if form is not None and not arguments.on("memory-only"):
        raise UsageError("option --format needs --memory-only")
    if form is not None and form not in _FORMATS:
        raise UsageError(f"unknown format '{form}' (one of {', '.join(_FORMATS)})")
    flags = arguments.flags(crash=1, live=2, bypass_cache=4, reset=8, memory_only=16)
    domain.core_dump(_path(arguments.text("file")), _FORMATS.index(form) if form else 0, flags)
    message = f"Domain '{domain.name}' dumped to {arguments.text('file')}"
    context.done(message, "dumped", **identity(domain), file=arguments.text("file"))
