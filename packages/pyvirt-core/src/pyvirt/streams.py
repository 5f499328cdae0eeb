"""Streams: bytes between the caller and a console, a channel or a volume."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pyvirt_util.errors import InvalidStreamError, OperationTimeoutError, system_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self


@runtime_checkable
class Stream(Protocol):
    """What every driver's stream can do. Leaving a ``with`` block closes it."""

    def read(self, size: int, timeout: float | None = None) -> bytes:
        """Up to ``size`` bytes, at least one; ``b""`` at the end; OperationTimeoutError after ``timeout`` seconds."""
        ...

    def write(self, data: bytes) -> int:
        """Send all of ``data``; the number of bytes sent."""
        ...

    def fileno(self) -> int:
        """A descriptor that selects as readable when there is something to read."""
        ...

    def close(self) -> None:
        """End the stream in good order; a second call does nothing."""
        ...

    def abort(self) -> None:
        """Give the stream up."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FdStream:
    """A stream over a descriptor of a pty, a socket or a pipe, which it owns.

    :param fd: set non-blocking.
    :param on_close: called once, when the stream is closed; gives back a lock, for example.
    """

    def __init__(self, fd: int, *, on_close: Callable[[], None] | None = None) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._on_close = on_close

    def fileno(self) -> int:
        """The descriptor; raises InvalidStreamError once closed."""
        if self._fd < 0:
            raise InvalidStreamError("the stream is closed")
        return self._fd

    def read(self, size: int, timeout: float | None = None) -> bytes:
        """See :class:`Stream`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return os.read(self.fileno(), size)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline, "reading")
            except OSError as error:
                import errno

                if error.errno == errno.EIO:  # the other side of a pty is gone
                    return b""
                raise system_error("read from the stream", error) from error

    def write(self, data: bytes) -> int:
        """See :class:`Stream`."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.fileno(), view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, None, "writing")
            except OSError as error:
                raise system_error("write to the stream", error) from error
        return len(data)

    def _wait(self, events: int, deadline: float | None, what: str) -> None:
        poll = select.poll()
        poll.register(self.fileno(), events)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not poll.poll(None if left is None else left * 1000) and deadline is not None:
            raise OperationTimeoutError(f"{what} the stream: nothing within the time given")

    def close(self) -> None:
        """See :class:`Stream`."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
            if self._on_close is not None:
                self._on_close()

    abort = close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
