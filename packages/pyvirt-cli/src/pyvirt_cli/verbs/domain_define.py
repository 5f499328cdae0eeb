"""Definitions: ``define``, ``create``, ``undefine``, ``edit``, ``dumpxml`` ..."""

from __future__ import annotations

from pyvirt_cli.documents import edit_until_accepted, read_document, show_xml
from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, FILE, VALIDATE, WRAP, XPATH, Option, UsageError, argument, flag, value, verb
from pyvirt_cli.verbs.domain_life import CREATE_FLAGS, attach_console, create_flags, descriptors, identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain, Volume
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# virDomainXMLFlags
_SECURE, _INACTIVE = 1, 2


@verb("define", FILE, VALIDATE)
def define(context: Context, arguments: Arguments) -> None:
    """Store a definition. A domain with its name and UUID gets the new one, from its next start on.

    JSON: {"action": "defined", "name": ..., "uuid": ...}.
    """
    text = read_document(arguments.text("file"))
    domain = context.connection.define_domain(text, arguments.flags(validate=1))
    context.done(f"Domain '{domain.name}' defined from {arguments.text('file')}", "defined", **identity(domain))


@verb("create", FILE, *CREATE_FLAGS, VALIDATE)
def create(context: Context, arguments: Arguments) -> None:
    """Start a guest from a document without storing it: when it stops, nothing is left of it.

    JSON: {"action": "created", "name": ..., "uuid": ..., "id": ...}.
    """
    text = read_document(arguments.text("file"))
    files = descriptors(arguments)
    if files:
        domain = context.connection.create_domain_with_files(text, files, create_flags(arguments))
    else:
        domain = context.connection.create_domain(text, create_flags(arguments))
    message = f"Domain '{domain.name}' created from {arguments.text('file')}"
    context.done(message, "created", **identity(domain), id=domain.id)
    attach_console(context, arguments, domain)


@verb(
    "undefine",
    DOMAIN,
    flag("managed-save", "throw kept memory away"),
    flag("snapshots-metadata", "forget its snapshots"),
    flag("checkpoints-metadata", "forget its checkpoints"),
    flag("nvram", "remove its firmware variables"),
    flag("keep-nvram", "keep its firmware variables"),
    flag("tpm", "remove its TPM state"),
    flag("keep-tpm", "keep its TPM state"),
    value("storage", "DISK,...", "delete these volumes too: targets or source paths, see domblklist"),
    flag("remove-all-storage", "delete all its volumes too"),
    flag("wipe-storage", "overwrite volumes before they are deleted"),
    flag("delete-storage-volume-snapshots", "delete the volumes' snapshots with them"),
)
def undefine(context: Context, arguments: Arguments) -> None:
    """Remove a stored definition. A running guest goes on and becomes transient.

    What would be lost with the definition (kept memory, snapshots, firmware variables) is only removed when its option
    says so; without it undefine refuses.
    """
    domain = the_domain(context, arguments)
    arguments.only_one("nvram", "keep-nvram")
    arguments.only_one("tpm", "keep-tpm")
    arguments.only_one("storage", "remove-all-storage")
    volumes = _volumes(context, arguments, domain)
    flags = arguments.flags(
        managed_save=1, snapshots_metadata=2, nvram=4, keep_nvram=8, checkpoints_metadata=16, tpm=32, keep_tpm=64
    )
    domain.undefine(flags)
    context.done(f"Domain '{domain.name}' has been undefined", "undefined", **identity(domain))
    for volume in volumes:
        if arguments.on("wipe-storage"):
            volume.wipe()
        volume.delete(arguments.flags(delete_storage_volume_snapshots=2))
        context.done(f"Volume '{volume.name}' removed", "deleted", volume=volume.name, key=volume.key)


def _volumes(context: Context, arguments: Arguments, domain: Domain) -> list[Volume]:
    """The volumes to delete, found before anything is changed."""
    from pyvirt_cli.verbs.domain_block import disks

    wanted = [text for text in (arguments.maybe("storage") or "").split(",") if text]
    if not wanted and not arguments.on("remove-all-storage"):
        for option in ("wipe-storage", "delete-storage-volume-snapshots"):
            if arguments.on(option):
                raise UsageError(f"option --{option} needs --storage or --remove-all-storage")
        return []
    found = []
    for disk in disks(domain.xml(_INACTIVE)):
        if disk.source is None or not (arguments.on("remove-all-storage") or {disk.target, disk.source} & set(wanted)):
            continue
        found.append(context.connection.lookup_volume_by_path(disk.source))
        wanted = [text for text in wanted if text not in (disk.target, disk.source)]
    if wanted:
        raise UsageError(f"'{wanted[0]}' is no disk of domain '{domain.name}'", f"pyvirt domblklist {domain.name}")
    return found


@verb("edit", DOMAIN, flag("skip-validate", "do not check the document against the schema"))
def edit(context: Context, arguments: Arguments) -> None:
    """Open the stored definition in $VISUAL or $EDITOR and store what comes back, if it changed and is right."""
    domain = the_domain(context, arguments)
    flags = 0 if arguments.on("skip-validate") else 1
    text = domain.xml(_SECURE | _INACTIVE)
    if edit_until_accepted(context, text, lambda changed: context.connection.define_domain(changed, flags)):
        context.done(f"Domain '{domain.name}' XML configuration edited", "edited", **identity(domain))
    else:
        context.done(f"Domain '{domain.name}' XML configuration not changed", "unchanged", **identity(domain))


@verb(
    "dumpxml",
    DOMAIN,
    flag("inactive", "the stored definition, not the running guest's"),
    flag("security-info", "with passwords"),
    flag("update-cpu", "with the CPU as this host would make it"),
    flag("migratable", "in the form another host takes for migration"),
    XPATH,
    WRAP,
)
def dumpxml(context: Context, arguments: Arguments) -> None:
    """Print a domain's document.

    JSON: {"xml": ...}; with --xpath {"matches": [...]}.
    """
    flags = arguments.flags(security_info=_SECURE, inactive=_INACTIVE, update_cpu=4, migratable=8)
    show_xml(context, arguments, the_domain(context, arguments).xml(flags))


@verb("domrename", DOMAIN, argument("new-name", "the new name"))
def domrename(context: Context, arguments: Arguments) -> None:
    """Give a stopped domain another name. Its UUID, disks and snapshots stay as they are."""
    domain = the_domain(context, arguments)
    old = domain.name
    domain.rename(arguments.text("new-name"))
    context.done(f"Domain '{old}' renamed to '{domain.name}'", "renamed", **identity(domain), old_name=old)


@verb("autostart", DOMAIN, flag("disable", "no longer"))
def autostart(context: Context, arguments: Arguments) -> None:
    """Have a domain started with the host; with --disable, no longer."""
    domain = the_domain(context, arguments)
    on = not arguments.on("disable")
    domain.set_autostart(on)
    message = f"Domain '{domain.name}' {'marked' if on else 'unmarked'} as autostarted"
    context.done(message, "autostart", **identity(domain), autostart=on)


_FORMAT = argument("format", "the hypervisor's format: qemu-argv, vmware-vmx, xen-xl, lxc-tools ...")


@verb("domxml-from-native", _FORMAT, argument("config", "file with the configuration", complete="file"))
def domxml_from_native(context: Context, arguments: Arguments) -> None:
    """Turn a hypervisor's own configuration into a domain's document."""
    config = read_document(arguments.text("config"))
    show_xml(context, arguments, context.connection.domain_xml_from_native(arguments.text("format"), config))


@verb(
    "domxml-to-native",
    _FORMAT,
    Option("domain", "text", "the domain", "DOMAIN", complete="domain"),
    argument("xml", "the document", required=False, complete="file"),
)
def domxml_to_native(context: Context, arguments: Arguments) -> None:
    """Turn a document, or that of a domain, into a hypervisor's own configuration.

    JSON: {"config": ...}.
    """
    if arguments.has("domain") == arguments.has("xml"):
        raise UsageError("'domxml-to-native' needs either XML or --domain DOMAIN")
    if arguments.has("domain"):
        text = the_domain(context, arguments).xml(_INACTIVE)
    else:
        text = read_document(arguments.text("xml"))
    config = context.connection.domain_xml_to_native(arguments.text("format"), text)
    context.emit({"config": config}, config)
