"""Starting, stopping, pausing: ``start``, ``shutdown``, ``destroy`` ..."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, UsageError, argument, flag, number, value, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Domain
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# virDomainShutdownFlagValues and virDomainRebootFlagValues agree.
_MODES = {"acpi": 1, "agent": 2, "initctl": 4, "signal": 8, "paravirt": 16}
_MODE = value("mode", "MODE", f"how to ask, several with commas: {', '.join(_MODES)}", complete="|".join(_MODES))

CREATE_FLAGS = (
    flag("paused", "leave the guest paused"),
    flag("console", "connect to its console"),
    flag("autodestroy", "stop it when this command ends"),
    value("pass-fds", "N,M,...", "open file descriptors to hand to the guest"),
    flag("reset-nvram", "begin with fresh firmware variables"),
)


def identity(domain: Domain) -> dict[str, object]:
    """A domain as it stands in the JSON of verbs that change one."""
    return {"name": domain.name, "uuid": domain.uuid}


def descriptors(arguments: Arguments) -> list[int]:
    """The numbers of ``--pass-fds``; raises UsageError for what is no open file."""
    import os

    numbers = []
    for text in filter(None, (arguments.maybe("pass-fds") or "").split(",")):
        try:
            os.fstat(int(text))
        except (ValueError, OSError):
            raise UsageError(f"'{text}' is not an open file descriptor (--pass-fds)") from None
        numbers.append(int(text))
    return numbers


def create_flags(arguments: Arguments) -> int:
    """The options as virDomainCreateFlags."""
    return arguments.flags(paused=1, autodestroy=2, bypass_cache=4, force_boot=8, validate=16, reset_nvram=32)


def attach_console(context: Context, arguments: Arguments, domain: Domain) -> None:
    """Connect to the console where ``--console`` asks for it."""
    if arguments.on("console"):
        from pyvirt_cli.terminal import run_console

        run_console(context, domain)


@verb(
    "start",
    DOMAIN,
    *CREATE_FLAGS,
    flag("bypass-cache", "do not read kept memory through the host's file cache"),
    flag("force-boot", "boot afresh: throw kept memory away"),
)
def start(context: Context, arguments: Arguments) -> None:
    """Start a domain that is defined and stopped. Memory that managedsave kept is used and gone then.

    JSON: {"action": "started", "name": ..., "uuid": ..., "id": ...}.
    """
    domain = the_domain(context, arguments)
    files = descriptors(arguments)
    if files:
        domain.start_with_files(files, create_flags(arguments))
    else:
        domain.start(create_flags(arguments))
    context.done(f"Domain '{domain.name}' started", "started", **identity(domain), id=domain.id)
    attach_console(context, arguments, domain)


@verb("start-autostart")
def start_autostart(context: Context, arguments: Arguments) -> int:
    """Start all domains that are marked with 'autostart' and do not run; for the host's boot.

    Exit code 1 when one of them did not start; the others are started all the same.

    JSON: [{"name": ..., "uuid": ..., "started": true or false, "error": a text or null}, ...].
    """
    outcomes = context.connection.start_autostart_domains()
    for domain, error in outcomes:
        if error is not None:
            context.fail(f"domain '{domain.name}' did not start: {error.message}")
    context.emit(
        [
            {**identity(domain), "started": error is None, "error": None if error is None else error.message}
            for domain, error in outcomes
        ],
        "".join(f"Domain '{domain.name}' started\n" for domain, error in outcomes if error is None),
    )
    return int(any(error is not None for _domain, error in outcomes))


def _modes(arguments: Arguments) -> int:
    bits = 0
    for word in filter(None, (arguments.maybe("mode") or "").split(",")):
        if word not in _MODES:
            raise UsageError(f"unknown mode '{word}' (one of {', '.join(_MODES)})")
        bits |= _MODES[word]
    return bits


@verb("shutdown", DOMAIN, _MODE)
def shutdown(context: Context, arguments: Arguments) -> None:
    """Ask the guest to shut down, and return at once: the guest decides when, and whether."""
    domain = the_domain(context, arguments)
    domain.shutdown(_modes(arguments))
    context.done(f"Domain '{domain.name}' is being shutdown", "shutdown", **identity(domain))


@verb("reboot", DOMAIN, _MODE)
def reboot(context: Context, arguments: Arguments) -> None:
    """Ask the guest to reboot, and return at once."""
    domain = the_domain(context, arguments)
    domain.reboot(_modes(arguments))
    context.done(f"Domain '{domain.name}' is being rebooted", "reboot", **identity(domain))


@verb("reset", DOMAIN)
def reset(context: Context, arguments: Arguments) -> None:
    """As the reset button does: the guest is not asked and what it had not written is lost."""
    domain = the_domain(context, arguments)
    domain.reset()
    context.done(f"Domain '{domain.name}' was reset", "reset", **identity(domain))


@verb(
    "destroy",
    DOMAIN,
    flag("graceful", "fail rather than kill a process that does not end when asked to"),
    flag("remove-logs", "remove the domain's logs too"),
)
def destroy(context: Context, arguments: Arguments) -> None:
    """Stop a domain at once, as by pulling its plug. Its definition and its disks stay."""
    domain = the_domain(context, arguments)
    domain.destroy(arguments.flags(graceful=1, remove_logs=2))
    context.done(f"Domain '{domain.name}' destroyed", "destroyed", **identity(domain))


@verb("suspend", DOMAIN)
def suspend(context: Context, arguments: Arguments) -> None:
    """Pause a domain: it keeps its memory and gets no CPU until it is resumed."""
    domain = the_domain(context, arguments)
    domain.suspend()
    context.done(f"Domain '{domain.name}' suspended", "suspended", **identity(domain))


@verb("resume", DOMAIN)
def resume(context: Context, arguments: Arguments) -> None:
    """Let a paused domain go on."""
    domain = the_domain(context, arguments)
    domain.resume()
    context.done(f"Domain '{domain.name}' resumed", "resumed", **identity(domain))


_TARGETS = {"mem": 0, "disk": 1, "hybrid": 2}


@verb(
    "dompmsuspend",
    DOMAIN,
    argument("target", "mem, disk or hybrid", complete="mem|disk|hybrid"),
    number("duration", "seconds until it wakes by itself"),
)
def dompmsuspend(context: Context, arguments: Arguments) -> None:
    """Ask the guest to sleep: in memory (mem), on its disk (disk) or both (hybrid)."""
    target = arguments.text("target")
    if target not in _TARGETS:
        raise UsageError(f"unknown target '{target}' (one of mem, disk, hybrid)")
    domain = the_domain(context, arguments)
    domain.pm_suspend_for_duration(_TARGETS[target], arguments.number("duration") or 0)
    context.done(f"Domain '{domain.name}' successfully suspended", "pm-suspended", **identity(domain))


@verb("dompmwakeup", DOMAIN)
def dompmwakeup(context: Context, arguments: Arguments) -> None:
    """Wake a guest that dompmsuspend, or itself, put to sleep."""
    domain = the_domain(context, arguments)
    domain.pm_wakeup()
    context.done(f"Domain '{domain.name}' successfully woken up", "pm-woken", **identity(domain))


@verb("inject-nmi", DOMAIN)
def inject_nmi(context: Context, arguments: Arguments) -> None:
    """Send the guest a non-maskable interrupt; many systems answer with a memory dump."""
    domain = the_domain(context, arguments)
    domain.inject_nmi()
    context.done(f"Domain '{domain.name}' got an NMI", "nmi", **identity(domain))
