"""What the guest's agent is asked: host name, clock, file systems."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, UsageError, argument, flag, number, value, verb
from pyvirt_cli.verbs.domain_life import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb("domhostname", DOMAIN, value("source", "SOURCE", "who is asked: lease or agent", complete="lease|agent"))
def domhostname(context: Context, arguments: Arguments) -> None:
    """Print the name a running guest gave itself."""
    sources = {None: 0, "lease": 1, "agent": 2}
    source = arguments.maybe("source")
    if source not in sources:
        raise UsageError(f"unknown source '{source}' (one of lease, agent)")
    name = the_domain(context, arguments).hostname(sources[source])
    context.emit({"hostname": name}, name)


@verb(
    "domtime",
    DOMAIN,
    flag("now", "set the guest's clock to the host's"),
    flag("pretty", "print date and time"),
    flag("sync", "set the guest's clock from its hardware clock"),
    value("time", "SECONDS", "set the guest's clock to seconds since 1970"),
)
def domtime(context: Context, arguments: Arguments) -> None:
    """Print the guest's clock in seconds since 1970, or set it.

    JSON: {"seconds", "nanoseconds"}.
    """
    domain = the_domain(context, arguments)
    arguments.only_one("now", "sync", "time")
    if arguments.on("now") or arguments.on("sync") or arguments.has("time"):
        from time import time

        text = arguments.maybe("time") or "0"
        if not text.isdigit():
            raise UsageError(f"'{text}' is not a number of seconds (--time)")
        seconds = int(time()) if arguments.on("now") else int(text)
        domain.set_time(seconds, 0, arguments.flags(sync=1))
        context.done(f"Clock of domain '{domain.name}' set", "set", **identity(domain), seconds=seconds)
        return
    seconds, nanoseconds = domain.time()
    if arguments.on("pretty"):
        from time import gmtime, strftime

        shown = strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds))
    else:
        shown = str(seconds)
    context.emit({"seconds": seconds, "nanoseconds": nanoseconds}, f"Time: {shown}")


@verb("domfsinfo", DOMAIN)
def domfsinfo(context: Context, arguments: Arguments) -> None:
    """List the file systems that are mounted in the guest, and the disks below them.

    JSON: [{"mountpoint", "name", "type", "devices": []}].
    """
    found = the_domain(context, arguments).fs_info()
    rows = [(item.mountpoint, item.name, item.fstype, ",".join(item.devices)) for item in found]
    data = [
        {"mountpoint": item.mountpoint, "name": item.name, "type": item.fstype, "devices": list(item.devices)}
        for item in found
    ]
    context.table(["Mountpoint", "Name", "Type", "Target"], rows, data)


_MOUNTPOINTS = argument("mountpoint", "only these; all, where none is named", required=False, many=True)


@verb("domfsfreeze", DOMAIN, _MOUNTPOINTS)
def domfsfreeze(context: Context, arguments: Arguments) -> None:
    """Have the guest write out its file systems and hold further writes, until domfsthaw."""
    domain = the_domain(context, arguments)
    frozen = domain.fs_freeze(arguments.many("mountpoint") or None)
    context.done(f"Froze {frozen} filesystem(s)", "frozen", **identity(domain), filesystems=frozen)


@verb("domfsthaw", DOMAIN, _MOUNTPOINTS)
def domfsthaw(context: Context, arguments: Arguments) -> None:
    """Let the guest write to its file systems again."""
    domain = the_domain(context, arguments)
    thawed = domain.fs_thaw(arguments.many("mountpoint") or None)
    context.done(f"Thawed {thawed} filesystem(s)", "thawed", **identity(domain), filesystems=thawed)


@verb(
    "domfstrim",
    DOMAIN,
    number("minimum", "leave free ranges shorter than so many bytes"),
    value("mountpoint", "PATH", "only this file system"),
)
def domfstrim(context: Context, arguments: Arguments) -> None:
    """Have the guest give unused blocks back to the host."""
    domain = the_domain(context, arguments)
    domain.fs_trim(arguments.maybe("mountpoint"), arguments.number("minimum") or 0)
    context.done(f"File systems of domain '{domain.name}' trimmed", "trimmed", **identity(domain))


@verb(
    "guestinfo",
    DOMAIN,
    flag("user", "who is logged in"),
    flag("os", "the operating system"),
    flag("timezone", "the time zone"),
    flag("hostname", "the host name"),
    flag("filesystem", "mounted file systems"),
    flag("disk", "disks"),
    flag("interface", "network interfaces"),
)
def guestinfo(context: Context, arguments: Arguments) -> None:
    """Print what the guest agent knows; everything, where nothing is asked for by name.

    JSON: {"os.id": "debian", ...}.
    """
    kinds = arguments.flags(user=1, os=2, timezone=4, hostname=8, filesystem=16, disk=32, interface=64)
    facts = the_domain(context, arguments).guest_info(kinds)
    context.emit(facts, "".join(f"{name:<20}: {fact}\n" for name, fact in facts.items()))


@verb(
    "set-user-password",
    DOMAIN,
    argument("user", "user of the guest"),
    argument(
        "password", "the new password; asked for, or read from standard input, where it is not given", required=False
    ),
    flag("encrypted", "the password is given in its encrypted form"),
)
def set_user_password(context: Context, arguments: Arguments) -> None:
    """Have the guest agent change a user's password. Leave PASSWORD away to keep it out of the list of processes."""
    import sys

    domain = the_domain(context, arguments)
    password = arguments.maybe("password")
    if password is None:
        if sys.stdin.isatty():
            from getpass import getpass

            password = getpass("new password: ")
        else:
            password = sys.stdin.readline().rstrip("\n")
    domain.set_user_password(arguments.text("user"), password, arguments.flags(encrypted=1))
    message = f"Password set successfully for {arguments.text('user')} in {domain.name}"
    context.done(message, "set", **identity(domain), user=arguments.text("user"))
