"""Waiting for events and printing them: what ``event`` and ``nodedev-event`` share."""

from __future__ import annotations

import sys

from pyvirt_cli.options import UsageError, flag, number, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pyvirt.events import Subscription
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

    Subscribe = Callable[[int, Callable[[Any], None]], Subscription]
    """Subscribes to a kind of event, by its number, with a callback."""

OPTIONS = (
    flag("all", "all kinds of events"),
    flag("loop", "go on until interrupted or timed out, rather than end after one event"),
    number("timeout", "seconds to wait"),
    flag("timestamp", "begin each line with date and time"),
    flag("list", "print the kinds of events"),
)


def wait_for_events(
    context: Context,
    arguments: Arguments,
    known: dict[str, int],
    subscribe: Callable[[], Subscribe],
    describe: Callable[[Any], tuple[dict[str, object], str]],
) -> int:
    """Print events until there was one, or as :data:`OPTIONS` say; the exit code, 1 when there was none.

    :param known: the numbers of the kinds of events, by their names.
    :param subscribe: called once all else is right.
    :param describe: gives an event's JSON without its time, and its line without timestamp and newline.
    """
    from queue import Empty, SimpleQueue

    if arguments.on("list"):
        context.emit(list(known), "\n".join(known))
        return 0
    wanted = arguments.maybe("event") or "lifecycle"
    if wanted not in known:
        near = suggestion(wanted, list(known))
        raise UsageError(
            f"unknown kind of event '{wanted}'",
            f"did you mean '{near}'?" if near else f"there are: {', '.join(known)}",
        )
    timeout = arguments.number("timeout")
    if timeout is not None and timeout < 1:
        raise UsageError(f"--timeout needs a positive number of seconds, not {timeout}")
    queue: SimpleQueue[Any] = SimpleQueue()
    kinds = known.values() if arguments.on("all") else [known[wanted]]
    subscriptions = _subscriptions(subscribe(), kinds, queue.put)
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
            _print(context, arguments.on("timestamp"), *describe(found))
    except KeyboardInterrupt:
        context.note("event loop interrupted")
        return 0 if received else 130
    finally:
        for subscription in subscriptions:
            subscription.cancel()
        context.note(f"events received: {received}")
    return 0 if received else 1


def _subscriptions(subscribe: Subscribe, kinds: Iterable[int], callback: Callable[[Any], None]) -> list[Subscription]:
    """Subscribe to all kinds, of several to those that the driver has."""
    from pyvirt_util.errors import VirtError

    subscriptions: list[Subscription] = []
    refusal: VirtError | None = None
    for kind in kinds:
        try:
            subscriptions.append(subscribe(kind, callback))
        except VirtError as error:
            refusal = error
    if not subscriptions and refusal is not None:
        raise refusal
    return subscriptions


def _print(context: Context, timestamp: bool, data: dict[str, object], line: str) -> None:
    from time import localtime, strftime, time

    from pyvirt_cli.output import json_text

    if context.json:
        line = json_text({**data, "time": round(time(), 3)}, compact=True)
    else:
        line = (strftime("%Y-%m-%d %H:%M:%S%z: ", localtime()) if timestamp else "") + line + "\n"
    sys.stdout.write(line)
    sys.stdout.flush()
