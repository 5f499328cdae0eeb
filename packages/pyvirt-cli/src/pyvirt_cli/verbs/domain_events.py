"""``event``."""

from __future__ import annotations

from pyvirt_cli.event_loop import OPTIONS, wait_for_events
from pyvirt_cli.lookup import domain as find_domain
from pyvirt_cli.options import value, verb
from pyvirt_cli.words import enum_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.events import DomainEvent
    from pyvirt_cli.context import Context
    from pyvirt_cli.event_loop import Subscribe
    from pyvirt_cli.options import Arguments


def kinds() -> dict[str, int]:
    """Names of the kinds of events as virsh has them, by number."""
    from pyvirt.enums.domain_events import DomainEventID

    return {_kind_name(kind.name): int(kind) for kind in DomainEventID}


def _kind_name(name: str) -> str:
    return {"PMWAKEUP": "pm-wakeup", "PMSUSPEND": "pm-suspend", "PMSUSPEND_DISK": "pm-suspend-disk"}.get(
        name, name.lower().replace("_", "-")
    )


@verb(
    "event",
    value(
        "event", "KIND", "kind of event to wait for (default lifecycle), see --list", positional=True, complete="event"
    ),
    value("domain", "DOMAIN", "only events of this domain", complete="domain"),
    *OPTIONS,
)
def event(context: Context, arguments: Arguments) -> int:
    """Wait for an event and print it. Exit code 1: the time was up and nothing had happened.

    JSON: one line for each event: {"event": "lifecycle", "domain": {"name", "uuid", "id"}, "time": seconds since
    1970, ...} and what belongs to its kind: "type" and "detail" of lifecycle events.
    """

    def subscribe() -> Subscribe:
        text = arguments.maybe("domain")
        domain = None if text is None else find_domain(context, text)
        return lambda kind, callback: context.connection.on_domain_event(callback, domain=domain, event_id=kind)

    return wait_for_events(context, arguments, kinds(), subscribe, _describe)


def _describe(found: DomainEvent) -> tuple[dict[str, object], str]:
    kind = _kind_name(found.event_id.name)
    details = _details(found)
    reference = {"name": found.domain.name, "uuid": found.domain.uuid, "id": _number(found.domain.id)}
    if kind == "lifecycle":
        said = f"{str(details['type']).capitalize()} {str(details['detail']).capitalize()}"
    else:
        said = ", ".join(f"{name} {shown}" for name, shown in details.items())
    line = f"event '{kind}' for domain '{found.domain.name}'" + (f": {said}" if said else "")
    return {"event": kind, "domain": reference, **details}, line


def _number(identifier: int) -> int | None:
    return identifier if identifier >= 0 else None


def _details(found: DomainEvent) -> dict[str, object]:
    """What an event says beside its domain; names of enumerations in place of numbers where they are known."""
    from pyvirt.events import LifecycleEvent

    values = found.to_dict()
    del values["event_id"], values["domain"]
    if isinstance(found, LifecycleEvent):
        return {"type": enum_word(found.event), "detail": enum_word(found.reason)}
    return dict(values)
