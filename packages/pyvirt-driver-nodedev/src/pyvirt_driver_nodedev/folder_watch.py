"""Hearing of changes in a folder of files and its folders (inotify(7)).

The standard library has no inotify; libc's three functions are called through ctypes.
"""

from __future__ import annotations

import ctypes
import os

from pyvirt_util.errors import system_error

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_ONLYDIR = 0x01000000
_MASK = _MODIFY | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLYDIR
_READ_SIZE = 65536


class FolderWatch:
    """Says when anything below a folder changes. The folder may come and go.

    :raises SystemCallError: the kernel has no more inotify objects to give.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            number = ctypes.get_errno()
            raise system_error(f"watch '{folder}'", OSError(number, os.strerror(number)))
        self._add_all()

    def fileno(self) -> int:
        """Readable when something changed."""
        return self._fd

    def clear(self) -> None:
        """Take note of what changed, and watch folders that are new."""
        try:
            while os.read(self._fd, _READ_SIZE):
                pass
        except BlockingIOError:
            pass
        self._add_all()

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _add_all(self) -> None:
        # Watching a folder that is watched already changes nothing.
        above = os.path.dirname(self._folder)
        while not os.path.isdir(above) and above != "/":
            above = os.path.dirname(above)
        self._add(above)
        if self._add(self._folder):
            for name in _names(self._folder):
                self._add(f"{self._folder}/{name}")

    def _add(self, folder: str) -> bool:
        return bool(self._libc.inotify_add_watch(self._fd, os.fsencode(folder), _MASK) >= 0)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
