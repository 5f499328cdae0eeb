"""What a domain is: ``dominfo``, ``domstate``, ``domid`` ..."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, flag, verb
from pyvirt_cli.words import enum_word, reason_word, state_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt import Domain
    from pyvirt.types import DomainInfo
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb("domstate", DOMAIN, flag("reason", "say why it is in that state"))
def domstate(context: Context, arguments: Arguments) -> None:
    """Print a domain's state: running, paused, shut off ...

    JSON: {"state": ..., "reason": ...}.
    """
    state = the_domain(context, arguments).state()
    word, reason = state_word(state.state), reason_word(state)
    context.emit(
        {"state": word, "reason": reason},
        f"{word} ({reason})" if arguments.on("reason") else word,
    )


@verb("dominfo", DOMAIN)
def dominfo(context: Context, arguments: Arguments) -> None:
    """Show a domain's main facts.

    JSON: {"id", "name", "uuid", "os_type", "state", "vcpus", "cpu_time" (nanoseconds), "max_memory" (KiB), "memory"
    (KiB), "persistent", "autostart", "managed_save", "security": {"model", "doi", "label", "enforcing"} or null,
    "messages": []}.
    """
    domain = the_domain(context, arguments)
    info = domain.info()
    facts = _facts(domain, info)
    if context.json:
        context.emit(facts, "")
        return
    from pyvirt_cli.output import record, seconds, yes_no

    rows: list[tuple[str, object]] = [
        ("Id", "-" if facts["id"] is None else facts["id"]),
        ("Name", domain.name),
        ("UUID", domain.uuid),
        ("OS Type", facts["os_type"] or "-"),
        ("State", facts["state"]),
        ("CPU(s)", info.vcpus),
    ]
    if info.cpu_time:
        rows.append(("CPU time", seconds(info.cpu_time)))
    rows += [
        ("Max memory", f"{info.max_memory} KiB"),
        ("Used memory", f"{info.memory} KiB"),
        ("Persistent", yes_no(bool(facts["persistent"]))),
        ("Autostart", "enable" if facts["autostart"] else "disable"),
        ("Managed save", yes_no(bool(facts["managed_save"]))),
    ]
    security = facts["security"]
    if isinstance(security, dict):
        mode = "enforcing" if security["enforcing"] else "permissive"
        label = f"{security['label']} ({mode})" if security["label"] else "-"
        rows += [("Security model", security["model"]), ("Security DOI", security["doi"]), ("Security label", label)]
    messages = facts["messages"]
    if isinstance(messages, list) and messages:
        rows.append(("Messages", "; ".join(messages)))
    context.write(record(rows))


def _facts(domain: Domain, info: DomainInfo) -> dict[str, object]:
    from pyvirt_util.errors import VirtError

    def known(ask: Callable[[], object], otherwise: object) -> object:
        """What not every driver can say."""
        try:
            return ask()
        except VirtError:
            return otherwise

    return {
        "id": domain.id,
        "name": domain.name,
        "uuid": domain.uuid,
        "os_type": known(domain.os_type, None),
        "state": state_word(info.state),
        "vcpus": info.vcpus,
        "cpu_time": info.cpu_time,
        "max_memory": info.max_memory,
        "memory": info.memory,
        "persistent": domain.is_persistent(),
        "autostart": known(domain.autostart, False),
        "managed_save": known(domain.has_managed_save_image, False),
        "security": known(lambda: _security(domain), None),
        "messages": known(domain.messages, []),
    }


def _security(domain: Domain) -> dict[str, object] | None:
    model, doi = domain.connection.node_security_model()
    if not model:
        return None
    label = domain.security_label() if domain.is_active() else None
    return {
        "model": model,
        "doi": doi,
        "label": label.label if label else None,
        "enforcing": bool(label and label.enforcing),
    }


@verb("domid", DOMAIN)
def domid(context: Context, arguments: Arguments) -> None:
    """Print the number a domain runs under; - for a stopped one."""
    number = the_domain(context, arguments).id
    context.emit({"id": number}, "-" if number is None else str(number))


@verb("domname", DOMAIN)
def domname(context: Context, arguments: Arguments) -> None:
    """Print the name of the domain with an id or UUID."""
    name = the_domain(context, arguments).name
    context.emit({"name": name}, name)


@verb("domuuid", DOMAIN)
def domuuid(context: Context, arguments: Arguments) -> None:
    """Print the UUID of the domain with a name or id."""
    uuid = the_domain(context, arguments).uuid
    context.emit({"uuid": uuid}, uuid)


@verb("domcontrol", DOMAIN)
def domcontrol(context: Context, arguments: Arguments) -> None:
    """Say whether the way to the hypervisor is free, and since when it is not.

    JSON: {"state", "details", "state_time" (milliseconds)}.
    """
    info = the_domain(context, arguments).control_info()
    word = enum_word(info.state)
    since = f" ({info.state_time / 1000:.3f}s)" if info.state_time else ""
    context.emit({"state": word, "details": info.details, "state_time": info.state_time}, word + since)
