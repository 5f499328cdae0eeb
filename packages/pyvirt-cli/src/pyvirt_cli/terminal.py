"""A guest's console on this terminal, or on pipes: bytes both ways until the guest or the user ends it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, NoReturn, Self

    from pyvirt import Domain
    from pyvirt.streams import Stream
    from pyvirt_cli.context import Context

# How the pumping ended.
CLOSED, ESCAPED, WOKEN, TIMED_OUT = "closed", "escaped", "woken", "timed out"
_CHUNK = 65536


def escape_byte(text: str) -> int | None:
    """The byte that ends a console: ``^]`` is 0x1d, one character is itself, ``none`` is no byte."""
    from pyvirt_cli.options import UsageError

    if text == "none":
        return None
    if len(text) == 1 and text.isascii():
        return ord(text)
    if len(text) == 2 and text[0] == "^" and 0x40 <= ord(text[1].upper()) <= 0x5F:
        return ord(text[1].upper()) ^ 0x40
    raise UsageError(f"'{text}' is no escape character", "^] or ^X or a single character, or 'none'")


class RawTerminal:
    """While the block runs, keys go through one by one and unchanged; leaving it puts the terminal back.

    SIGTERM and SIGHUP end the block too (SystemExit), so that a killed command does not leave a broken terminal.
    ``signals``: Ctrl-C stays an interrupt instead of a byte for the guest. Where standard input is no terminal
    only the handling of signals changes.
    """

    def __init__(self, *, signals: bool = False) -> None:
        self._signals = signals
        self._saved: list[Any] | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        import signal

        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, _end)
        if _is_terminal(sys.stdin):
            import termios

            descriptor = sys.stdin.fileno()
            self._saved = termios.tcgetattr(descriptor)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, self._raw(self._saved))
        return self

    def _raw(self, saved: list[Any]) -> list[Any]:
        import termios

        mode = [*saved[:6], list(saved[6])]
        mode[0] &= ~(
            termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR
        ) & ~(termios.ICRNL | termios.IXON)
        if not self._signals:
            mode[1] &= ~termios.OPOST
        mode[2] = mode[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
        mode[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.IEXTEN)
        if not self._signals:
            mode[3] &= ~termios.ISIG
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        return mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import signal

        if self._saved is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._saved)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _is_terminal(file: Any) -> bool:
    try:
        return bool(file.isatty())
    except (AttributeError, ValueError):
        return False


def write_output(data: bytes) -> None:
    """Bytes of a guest to standard output, at once."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _input() -> int | None:
    """The descriptor of standard input; ``None`` where it is closed."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def pump(
    stream: Stream | None,
    *,
    escape: int | None,
    output: Callable[[bytes], None] = write_output,
    wake: int | None = None,
    timeout: float | None = None,
) -> str:
    """Carry bytes between standard input, a stream and ``output`` until something ends it.

    Returns why: CLOSED (the stream ended), ESCAPED (the user typed the escape character), WOKEN (the descriptor
    ``wake`` became readable) or TIMED_OUT. The end of standard input ends nothing: what the guest says is still wanted.
    Without a stream only the other reasons are waited for.
    """
    from select import select
    from time import monotonic

    from pyvirt_util.errors import OperationTimeoutError

    deadline = None if timeout is None else monotonic() + timeout
    source = _input()
    while True:
        watched = [descriptor for descriptor in (source, wake) if descriptor is not None]
        guest = None if stream is None else stream.fileno()
        if guest is not None:
            watched.append(guest)
        left = None if deadline is None else max(0.0, deadline - monotonic())
        ready = select(watched, [], [], left)[0]
        if stream is not None and guest in ready:
            try:
                data = stream.read(_CHUNK, 0)
            except OperationTimeoutError:
                data = None
            if data == b"":
                return CLOSED
            if data:
                output(data)
        if wake is not None and wake in ready:
            return WOKEN
        if source is not None and source in ready:
            typed = os.read(source, _CHUNK)
            if not typed:
                source = None
            elif escape is not None and escape in typed:
                before = typed[: typed.index(escape)]
                if before and stream is not None:
                    stream.write(before)
                return ESCAPED
            elif stream is not None:
                stream.write(typed)
        if not ready and deadline is not None and monotonic() >= deadline:
            return TIMED_OUT


def drain(stream: Stream, output: Callable[[bytes], None] = write_output, patience: float = 0.3) -> None:
    """What a guest that has ended still said; waits ``patience`` seconds for each part."""
    from pyvirt_util.errors import VirtError

    try:
        while data := stream.read(_CHUNK, patience):
            output(data)
    except VirtError:
        pass


def run_console(context: Context, domain: Domain, device: str | None = None, flags: int = 0) -> None:
    """Connect this terminal to a domain's console until the escape character is typed or the console closes."""
    escape = escape_byte(context.escape)
    with domain.console(device, flags) as stream:
        context.note(f"Connected to domain '{domain.name}'")
        if escape is not None:
            context.note(f"Escape character is {context.escape}")
        sys.stdout.flush()
        with RawTerminal():
            pump(stream, escape=escape)
    context.note("")
