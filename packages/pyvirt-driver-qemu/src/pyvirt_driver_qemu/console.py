"""Consoles of a running guest: its pty devices, one user at a time."""

from __future__ import annotations

import os
import termios
import tty

from pyvirt.streams import FdStream
from pyvirt_util.errors import OperationFailedError, ResourceBusyError, system_error
from pyvirt_util.locks import FileLock, describe_holders


def open_pty(path: str, lock_path: str, *, force: bool = False) -> FdStream:
    """Open the pty at ``path`` raw, holding the lock at ``lock_path`` until the stream is closed.

    :param force: open it although somebody else has it.
    :raises ResourceBusyError: somebody else has it; the message says who.
    """
    lock = FileLock(lock_path, what=f"console {path}", remove=True)
    held = lock.try_acquire()
    if not held and not force:
        raise ResourceBusyError(f"console {path} is in use by {describe_holders(lock_path)}")
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if held:
            lock.release()
        raise system_error(f"open console '{path}'", error) from error
    try:
        tty.setraw(fd, termios.TCSANOW)
    except (OSError, termios.error) as error:
        os.close(fd)
        if held:
            lock.release()
        raise OperationFailedError(f"'{path}' is no terminal: {error}") from error
    return FdStream(fd, on_close=lock.release if held else None)
