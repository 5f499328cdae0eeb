"""Files that are old or new, never half: atomic writes, removal, setting damaged files aside."""

from __future__ import annotations

import errno
import fcntl
import os

from pyvirt_util import _logging
from pyvirt_util.errors import system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    StrPath = str | PathLike[str]

_NAME_MAX = 255
_counter = 0


def write_atomic(path: StrPath, data: str | bytes, *, mode: int = 0o600, durable: bool = True) -> None:
    """Replace the file's content: after a crash at any point it has the old content or the new one.

    The data goes to a temporary in the same folder, which has its final permissions (or fewer) from the start and is
    renamed over ``path``. ``durable`` also waits for the disk, for the data and for the folder, so that the new content
    outlives a power failure; runtime files on a tmpfs don't need that. A ``str`` is written as UTF-8.

    :raises SystemCallError: with ``errno``; nothing is left behind and the old file is as it was.
    """
    path = os.fspath(path)
    folder, name = os.path.split(path)
    try:
        temporary, fd = make_temporary(folder, name, mode)
        try:
            try:
                write_all(fd, data.encode() if isinstance(data, str) else data)
                if durable:
                    os.fsync(fd)
                os.rename(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        finally:
            os.close(fd)
        if durable:
            sync_folder(folder)
    except OSError as error:
        raise system_error(f"write '{path}'", error) from error


def remove(path: StrPath, *, durable: bool = True) -> bool:
    """Remove a file; ``False`` when there was none. ``durable``: the removal outlives a power failure.

    :raises SystemCallError: when the file is there and can't be removed.
    """
    path = os.fspath(path)
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise system_error(f"remove '{path}'", error) from error
    if durable:
        try:
            sync_folder(os.path.dirname(path))
        except OSError as error:
            raise system_error(f"remove '{path}'", error) from error
    return True


def set_aside(path: StrPath, why: str) -> str:
    """Rename a damaged file so that nobody reads it any more, and log it; returns its new path.

    The new name is ``NAME.damaged-DATE-PID`` with a counter where needed, in the same folder: nothing is overwritten.
    """
    import time

    path = os.fspath(path)
    folder, name = os.path.split(path)
    suffix = time.strftime(".damaged-%Y%m%dT%H%M%S") + f"-{os.getpid()}"
    for attempt in range(1000):
        tail = suffix if attempt == 0 else f"{suffix}-{attempt}"
        target = os.path.join(folder, _shortened(name, len(tail)) + tail)
        if os.path.lexists(target):
            continue
        try:
            os.rename(path, target)
        except OSError as error:
            raise system_error(f"set '{path}' aside", error) from error
        _logging.warning(__name__, "damaged file '%s' is now '%s': %s", path, target, why)
        return target
    raise system_error(f"set '{path}' aside", OSError(errno.EEXIST, os.strerror(errno.EEXIST)))


def read_text(path: StrPath) -> str:
    """The content of a UTF-8 file.

    :raises SystemCallError: when it can't be read; :class:`UnicodeDecodeError` when it is not UTF-8.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return read_all(fd).decode()
        finally:
            os.close(fd)
    except OSError as error:
        raise system_error(f"read '{os.fspath(path)}'", error) from error


def remove_leftovers(folder: StrPath) -> list[str]:
    """Remove the temporaries that killed writers left in the folder; returns their names.

    A writer keeps its temporary locked while it lives, so those of writers at work stay.
    """
    removed: list[str] = []
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return removed
    for name in names:
        if name[0] == "." and ".tmp." in name and _remove_if_abandoned(os.path.join(folder, name)):
            removed.append(name)
    return removed


def make_temporary(folder: str, name: str, mode: int) -> tuple[str, int]:
    """Create ``.NAME.tmp.PID.COUNTER`` in the folder: its path, and a locked descriptor to write to.

    The lock (an flock) tells :func:`remove_leftovers` that the writer lives; it ends with the descriptor.
    """
    global _counter
    while True:
        _counter += 1
        tail = f".tmp.{os.getpid()}.{_counter}"
        path = os.path.join(folder, "." + _shortened(name, len(tail) + 1) + tail)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        except FileExistsError:  # left by a process that had our number before
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_nlink == 0:  # somebody cleaning up was between our open and our lock
                os.close(fd)
                continue
            if mode & 0o077:  # the umask may have taken bits away
                os.fchmod(fd, mode)
        except BlockingIOError:  # the same, and still at it
            os.close(fd)
            continue
        except BaseException:
            os.close(fd)
            os.unlink(path)
            raise
        return path, fd


def write_all(fd: int, data: bytes) -> None:
    """Write all of ``data``, however many calls it takes."""
    written = os.write(fd, data)
    if written < len(data):
        view = memoryview(data)
        while written < len(data):
            written += os.write(fd, view[written:])


def read_all(fd: int, size: int = 65536) -> bytes:
    """Read to the end of the file; ``size`` is what one call asks for."""
    chunk = os.read(fd, size)
    if len(chunk) < size:  # regular files: a short read is the last but for a concurrent append
        return chunk
    chunks = [chunk]
    while chunk:
        chunk = os.read(fd, 1 << 20)
        chunks.append(chunk)
    return b"".join(chunks)


def ensure_folder(folder: str, mode: int = 0o700) -> None:
    """Make a folder and what is missing above it, all with ``mode``; whose it is, is not looked at.

    :raises SystemCallError: when it can't be made.
    """
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    if parent:
        ensure_folder(parent, mode)  # os.makedirs would leave these to the umask
    try:
        os.mkdir(folder, mode)
    except FileExistsError as error:
        if not os.path.isdir(folder):  # else another process was faster
            raise system_error(f"create directory '{folder}'", error) from error
    except OSError as error:
        raise system_error(f"create directory '{folder}'", error) from error


def sync_folder(folder: str) -> None:
    """Wait until the folder's entries are on disk (fsync of the directory)."""
    fd = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove_if_abandoned(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _shortened(name: str, room: int) -> str:
    """As much of a file's name as leaves ``room`` bytes, cut between characters."""
    raw = os.fsencode(name)
    if len(raw) + room <= _NAME_MAX:
        return name
    return raw[: _NAME_MAX - room].decode(errors="ignore")
