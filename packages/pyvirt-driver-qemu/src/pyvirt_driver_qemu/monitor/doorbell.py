"""Waking a thread that sleeps in poll()."""

from __future__ import annotations

import os


class Doorbell:
    """An eventfd. It is closed with the object, not before: a sleeping thread may still hold its number."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def ring(self) -> None:
        """Wake whoever polls ``fd``."""
        os.eventfd_write(self.fd, 1)

    def clear(self) -> None:
        """Be quiet until the next ring."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return

    def __del__(self) -> None:
        os.close(self.fd)
