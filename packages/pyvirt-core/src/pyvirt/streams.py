"""Streams: bytes between the caller and a console, a channel or a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
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
