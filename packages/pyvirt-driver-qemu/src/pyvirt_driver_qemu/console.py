"""Consoles of a running guest: its pty devices, one user at a time."""

from __future__ import annotations

import os
import termios
import tty
from typing import TYPE_CHECKING

from pyvirt.streams import FdStream
from pyvirt_util.errors import OperationFailedError, ResourceBusyError, system_error
from pyvirt_util.locks import FileLock, describe_holders

if TYPE_CHECKING:
    from pyvirt_conf import Domain
    from pyvirt_conf.domain.chardev import Console, Serial


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


def open_console(domain: Domain, device: str | None, guest_folder: str, *, force: bool = False) -> FdStream:
    """Open a console of a running guest.

    :param device: the alias of a serial or console device; ``None`` takes the first that is a pty.
    :raises InvalidArgError: no such device. :raises OperationUnsupportedError: it is no pty.
    """
    from pyvirt_conf.domain.chardev import PtyChar
    from pyvirt_util.errors import InvalidArgError, OperationUnsupportedError

    candidates: list[Console | Serial] = [*domain.devices.consoles, *domain.devices.serials]
    for candidate in candidates:
        if device is not None and candidate.alias != device:
            continue
        source = candidate.source
        if isinstance(source, PtyChar) and source.path:
            lock = f"{guest_folder}/console-{os.path.basename(source.path)}.lock"
            return open_pty(source.path, lock, force=force)
        if device is not None:
            raise OperationUnsupportedError(f"character device {device} is not using a PTY")
    if device is not None:
        raise InvalidArgError(f"cannot find character device {device}")
    if candidates:
        raise OperationUnsupportedError("no console of this domain is a PTY")
    raise InvalidArgError("the domain has no console")
