"""Making a command line without opening anything."""

from __future__ import annotations


class DryOpener:
    """Gives out the numbers that descriptors would have in QEMU."""

    def __init__(self) -> None:
        self._last = 2

    def next(self) -> int:
        """The next number."""
        self._last += 1
        return self._last

    def listen(self, path: str, *, mode: int = 0o600) -> int:
        """See :class:`Opener`."""
        return self.next()

    def pass_fd(self, fd: int, *, owned: bool = False) -> int:
        """See :class:`Opener`."""
        return self.next()

    def open_file(self, path: str, *, append: bool = False) -> int:
        """See :class:`Opener`."""
        return self.next()

    def open_device(self, path: str) -> int:
        """See :class:`Opener`."""
        return self.next()
