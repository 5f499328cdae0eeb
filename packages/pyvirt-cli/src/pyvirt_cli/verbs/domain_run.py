"""``run``: a guest for as long as the command runs."""

from __future__ import annotations

import os
import sys

from pyvirt_cli.documents import parse, read_document
from pyvirt_cli.options import FILE, VALIDATE, UsageError, flag, number, verb
from pyvirt_cli.terminal import CLOSED, ESCAPED, TIMED_OUT, RawTerminal, drain, escape_byte, pump, write_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Connection, Domain
    from pyvirt.events import LifecycleEvent, Subscription
    from pyvirt.streams import Stream
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

TIMEOUT_CODE, STOPPED_BY_USER = 124, 130
# How often the guest's state is looked at beside its events: whoever kills the process that sends them.
_GLANCE = 2.0


class _Watch:
    """Notices that a guest has ended: through events, and by looking now and then.

    ``wake`` is a descriptor that becomes readable when there is something to see.
    """

    def __init__(self, connection: Connection) -> None:
        from pyvirt_util.errors import NoSupportError

        self.wake, self._bell = os.pipe()
        self._events: list[LifecycleEvent] = []
        self._subscription: Subscription | None = None
        try:
            self._subscription = connection.on_domain_event(self._notice)
        except NoSupportError:
            pass  # then looking must do

    def _notice(self, event: LifecycleEvent) -> None:
        self._events.append(event)
        os.write(self._bell, b"!")

    def end(self, domain: Domain) -> str | None:
        """Why the guest ended: ``shutdown``, ``crashed`` ...; ``None`` while it has not."""
        from pyvirt.enums.domain_events import DomainEventType

        for event in self._events:
            if event.domain.uuid != domain.uuid:
                continue
            if event.event == DomainEventType.STOPPED:
                return event.reason.name.lower()
            if event.event == DomainEventType.CRASHED:
                return "crashed"
        return None

    def clear_bell(self) -> None:
        """Forget that there was something to see."""
        os.read(self.wake, 4096)

    def close(self) -> None:
        """Stop watching."""
        if self._subscription is not None:
            self._subscription.cancel()
        os.close(self.wake)
        os.close(self._bell)


@verb(
    "run",
    FILE,
    number("timeout", "stop the guest after so many seconds (exit code 124)"),
    flag("no-console", "do not show the guest's console"),
    VALIDATE,
)
def run(context: Context, arguments: Arguments) -> int:
    """Start a transient guest, show its console here, and clean up when it ends or you do: Ctrl-] or Ctrl-C stops it.

    The guest's console is standard output, what pyvirt has to say is on standard error. Standard input may be a
    terminal, a file or a pipe. Exit code 0: the guest shut itself down; 1: it crashed, was destroyed or could not be
    started; 124: its time was up; 130: you stopped it.

    JSON: one line for each step: {"step": "starting" | "running" | "console" | "stopped", ...}; "console" has "text",
    "stopped" has "reason", "seconds" and "exit".
    """
    from time import monotonic

    text = read_document(arguments.text("file"))
    timeout = arguments.number("timeout")
    if timeout is not None and timeout < 1:
        raise UsageError(f"--timeout needs a positive number of seconds, not {timeout}")
    escape = escape_byte(context.escape)
    name = parse(text).findtext("name") or arguments.text("file")
    teller = _Teller(context, name)
    connection = context.connection
    watch = _Watch(connection)
    begun = monotonic()
    try:
        with RawTerminal(signals=True):
            teller.tell("starting", "starting")
            domain = _start(connection, text, arguments.flags(validate=16))
            reason = "interrupted"
            try:
                try:
                    reason = _follow(
                        teller, domain, watch, begun, escape, timeout, with_console=not arguments.on("no-console")
                    )
                except KeyboardInterrupt:
                    pass
            finally:
                _clean_up(domain)
            return teller.ended(reason, monotonic() - begun, timeout)
    finally:
        watch.close()


class _Teller:
    """What the user is told: lines on standard error, or JSON lines on standard output."""

    def __init__(self, context: Context, name: str) -> None:
        from codecs import getincrementaldecoder

        self._context = context
        self.name = name
        # A character's bytes may come one by one.
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def tell(self, step: str, message: str, **more: object) -> None:
        """One step."""
        if self._context.json:
            from pyvirt_cli.output import json_text

            sys.stdout.write(json_text({"step": step, "name": self.name, **more}, compact=True))
            sys.stdout.flush()
        else:
            self._context.note(f"{self.name}: {message}")

    def output(self, data: bytes) -> None:
        """Bytes of the console."""
        if self._context.json:
            text = self._decoder.decode(data)
            if text:
                self.tell("console", "", text=text)
        else:
            write_output(data)

    def ended(self, reason: str, seconds: float, timeout: int | None) -> int:
        """The last step; returns the exit code."""
        code, message = {
            "shutdown": (0, "shut down"),
            "crashed": (1, "crashed"),
            "destroyed": (1, "was destroyed by somebody else"),
            "interrupted": (STOPPED_BY_USER, "stopped by you"),
            "timed out": (TIMEOUT_CODE, f"stopped: {timeout} seconds were up"),
        }.get(reason, (1, f"stopped ({reason})"))
        self.tell("stopped", f"{message} after {seconds:.2f} s", reason=reason, seconds=round(seconds, 3), exit=code)
        return code


def _start(connection: Connection, text: str, flags: int) -> Domain:
    """Start paused, so that the console is there before the first byte; drivers that cannot do so start it at once."""
    from pyvirt.enums.domain import DomainCreateFlags
    from pyvirt_util.errors import ArgumentUnsupportedError, InvalidArgError, NoSupportError

    try:
        return connection.create_domain(text, DomainCreateFlags.START_PAUSED | flags)
    except (NoSupportError, ArgumentUnsupportedError, InvalidArgError):
        return connection.create_domain(text, flags)


def _follow(
    teller: _Teller,
    domain: Domain,
    watch: _Watch,
    begun: float,
    escape: int | None,
    timeout: int | None,
    *,
    with_console: bool,
) -> str:
    """Carry the console until the guest ends; returns why it did."""
    from time import monotonic

    from pyvirt.enums.domain_state import DomainState
    from pyvirt_util.errors import VirtError

    stream: Stream | None = None
    missing = ""
    if with_console:
        try:
            stream = domain.console()
        except VirtError as error:
            missing = f", without console ({error})"
    try:
        if domain.state().state == DomainState.PAUSED:
            domain.resume()
        number = domain.id
        seconds = monotonic() - begun
        leave = "; Ctrl-] stops it" if stream is not None and escape == 0x1D and sys.stdin.isatty() else ""
        teller.tell(
            "running",
            f"running as {number} after {seconds:.2f} s{missing}{leave}",
            uuid=domain.uuid,
            id=number,
            seconds=round(seconds, 3),
        )
        while True:
            left = _GLANCE if timeout is None else min(_GLANCE, max(0.0, begun + timeout - monotonic()))
            how = pump(stream, escape=escape, output=teller.output, wake=watch.wake, timeout=left)
            if how == ESCAPED:
                return "interrupted"
            if how == CLOSED and stream is not None:
                stream.close()
                stream = None
            elif how != TIMED_OUT:
                watch.clear_bell()
            reason = watch.end(domain) or _gone(domain, watch)
            if reason is not None:
                if stream is not None:
                    drain(stream, teller.output)
                return reason
            if timeout is not None and monotonic() >= begun + timeout:
                return "timed out"
    finally:
        if stream is not None:
            stream.close()


def _gone(domain: Domain, watch: _Watch) -> str | None:
    """Look: ``None`` while the guest is there, else why it ended as far as can be known."""
    from select import select

    from pyvirt.enums.domain_state import DomainState
    from pyvirt_util.errors import NoDomainError

    try:
        state = domain.state()
    except NoDomainError:
        for _ in range(10):  # its event may be on the way
            reason = watch.end(domain)
            if reason is not None:
                return reason
            if select([watch.wake], [], [], 0.1)[0]:
                watch.clear_bell()
        return watch.end(domain) or "reason not known"
    if state.state == DomainState.SHUTOFF:
        return state.reason.name.lower()
    if state.state == DomainState.CRASHED:
        return "crashed"
    return None


def _clean_up(domain: Domain) -> None:
    """Nothing of the guest stays; a second Ctrl-C does not stop half-way."""
    import signal

    from pyvirt_util.errors import NoDomainError, OperationInvalidError

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        domain.destroy()
    except (NoDomainError, OperationInvalidError):
        pass  # it has ended by itself
    finally:
        signal.signal(signal.SIGINT, before)
