"""``event``."""

from __future__ import annotations

import sys

from pyvirt_cli.lookup import domain as find_domain
from pyvirt_cli.options import UsageError, flag, number, suggestion, value, verb
from pyvirt_cli.words import enum_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyvirt import Domain
    from pyvirt.events import DomainEvent, Subscription
    from pyvirt_cli.context import Context
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
    flag("all", "all kinds of events"),
    flag("loop", "go on until interrupted or timed out, rather than end after one event"),
    number("timeout", "seconds to wait"),
    flag("timestamp", "begin each line with date and time"),
    flag("list", "print the kinds of events"),
)
def event(context: Context, arguments: Arguments) -> int:
    """Wait for an event and print it. Exit code 1: the time was up and nothing had happened.

    JSON: one line for each event: {"event": "lifecycle", "domain": {"name", "uuid", "id"}, "time": seconds since
    1970, ...} and what belongs to its kind: "type" and "detail" of lifecycle events.
    """
    from queue import Empty, SimpleQueue

    known = kinds()
    if arguments.on("list"):
        context.emit(list(known), "\n".join(known))
        return 0
    wanted = arguments.maybe("event") or "lifecycle"
    if wanted not in known:
        near = suggestion(wanted, list(known))
        raise UsageError(
            f"unknown kind of event '{wanted}'", f"did you mean '{near}'?" if near else "pyvirt event --list"
        )
    timeout = arguments.number("timeout")
    if timeout is not None and timeout < 1:
        raise UsageError(f"--timeout needs a positive number of seconds, not {timeout}")
    text = arguments.maybe("domain")
    domain = None if text is None else find_domain(context, text)
    queue: SimpleQueue[DomainEvent] = SimpleQueue()
    subscriptions = _subscribe(context, arguments, domain, known, wanted, queue.put)
    received = 0
    try:
        from time import monotonic

        deadline = None if timeout is None else monotonic() + timeout
        while received == 0 or arguments.on("loop"):
            left = None if deadline is None else max(0.0, deadline - monotonic())
            try:
                found = queue.get(timeout=left)
            except Empty:
                context.note("event loop timed out")
                break
            received += 1
            _print(context, found, arguments.on("timestamp"))
    except KeyboardInterrupt:
        context.note("event loop interrupted")
        return 0 if received else 130
    finally:
        for subscription in subscriptions:
            subscription.cancel()
        context.note(f"events received: {received}")
    return 0 if received else 1


def _subscribe(
    context: Context,
    arguments: Arguments,
    domain: Domain | None,
    known: dict[str, int],
    wanted: str,
    callback: Callable[[Any], None],
) -> list[Subscription]:
    """Subscribe to the kind that is wanted, or to all that the driver has."""
    from pyvirt_util.errors import VirtError

    connection = context.connection
    if not arguments.on("all"):
        return [connection.on_domain_event(callback, domain=domain, event_id=known[wanted])]
    subscriptions: list[Subscription] = []
    refusal: VirtError | None = None
    for number_of_kind in known.values():
        try:
            subscriptions.append(connection.on_domain_event(callback, domain=domain, event_id=number_of_kind))
        except VirtError as error:  # the driver has no events of this kind
            refusal = error
    if not subscriptions and refusal is not None:
        raise refusal
    return subscriptions


def _print(context: Context, found: DomainEvent, timestamp: bool) -> None:
    from time import localtime, strftime, time

    from pyvirt_cli.output import json_text

    kind = _kind_name(found.event_id.name)
    details = _details(found)
    if context.json:
        reference = {"name": found.domain.name, "uuid": found.domain.uuid, "id": _number(found.domain.id)}
        line = json_text({"event": kind, "domain": reference, "time": round(time(), 3), **details}, compact=True)
    else:
        stamp = strftime("%Y-%m-%d %H:%M:%S%z: ", localtime()) if timestamp else ""
        if kind == "lifecycle":
            said = f"{str(details['type']).capitalize()} {str(details['detail']).capitalize()}"
        else:
            said = ", ".join(f"{name} {shown}" for name, shown in details.items())
        line = f"{stamp}event '{kind}' for domain '{found.domain.name}'" + (f": {said}\n" if said else "\n")
    sys.stdout.write(line)
    sys.stdout.flush()


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
