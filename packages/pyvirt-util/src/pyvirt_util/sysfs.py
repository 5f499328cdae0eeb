"""Reading and changing the host's sysfs, or a tree laid out like it.

Sources: the kernel's Documentation/filesystems/sysfs.rst and Documentation/ABI/testing/.
What is read tolerates devices that go away meanwhile; what changes the host goes through a :class:`Kernel`, so that a
described tree can answer writes as the kernel does.
"""

from __future__ import annotations

import errno
import os

from pyvirt_util.errors import InternalError, system_error
from pyvirt_util.files import read_all, write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    StrPath = str | PathLike[str]

# The file or its device is gone, or the driver has no answer to this attribute.
_ABSENT = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.EOPNOTSUPP, errno.EINVAL, errno.ENODATA)
)


def is_absent(error: OSError) -> bool:
    """Whether a failed read says that there is no such attribute or device, or none any more."""
    return error.errno in _ABSENT


def read_bytes(path: StrPath) -> bytes:
    """All of a file.

    :raises SystemCallError: when it can't be read; ``errno`` ENOENT or ENODEV when it is not, or no longer, there.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return read_all(fd, 4096)
        finally:
            os.close(fd)
    except OSError as error:
        raise system_error(f"read '{os.fspath(path)}'", error) from error


def read_text(path: StrPath) -> str:
    """An attribute's text without the white space around it; bytes that are no UTF-8 become replacement characters.

    :raises SystemCallError: as :func:`read_bytes`.
    """
    return read_bytes(path).decode(errors="replace").strip()


def try_read_text(path: StrPath) -> str | None:
    """As :func:`read_text`, with ``None`` for an attribute that is not there or a driver does not answer.

    :raises SystemCallError: when it is there and can't be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return read_all(fd, 4096).decode(errors="replace").strip()
        finally:
            os.close(fd)
    except OSError as error:
        if is_absent(error):
            return None
        raise system_error(f"read '{os.fspath(path)}'", error) from error


def read_number(path: StrPath, base: int = 10) -> int:
    """An attribute that is one number; with base 16, ``0x`` may stand before it.

    :raises InternalError: when it is something else.
    :raises SystemCallError: as :func:`read_bytes`.
    """
    return _number(path, read_text(path), base)


def try_read_number(path: StrPath, base: int = 10) -> int | None:
    """As :func:`read_number`, with ``None`` as for :func:`try_read_text`."""
    text = try_read_text(path)
    return None if text is None else _number(path, text, base)


def link_name(path: StrPath) -> str | None:
    """The last part of what a link points to (``driver`` to ``vfio-pci``); ``None`` where there is no link.

    :raises SystemCallError: when the link is there and can't be read.
    """
    try:
        return os.path.basename(os.readlink(path))
    except OSError as error:
        if is_absent(error):
            return None
        raise system_error(f"read link '{os.fspath(path)}'", error) from error


def list_names(folder: StrPath) -> list[str]:
    """What is in a folder, sorted; nothing where there is no folder.

    :raises SystemCallError: when it is there and can't be listed.
    """
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        if is_absent(error):
            return []
        raise system_error(f"list '{os.fspath(folder)}'", error) from error


class Kernel:
    """What changes the host: writes to sysfs, loaded modules, and the time hardware needs.

    :data:`HOST` is the one there is. A test that describes a host passes another, which answers writes to its tree.
    """

    __slots__ = ()

    def write(self, path: str, data: bytes, offset: int = 0) -> None:
        """Write to an existing file, all of ``data`` in one call where the file takes that.

        :raises SystemCallError: with the ``errno`` the kernel answers.
        """
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                if offset:
                    os.lseek(fd, offset, os.SEEK_SET)
                write_all(fd, data)
            finally:
                os.close(fd)
        except OSError as error:
            raise system_error(f"write {_shown(data)} to '{path}'", error) from error

    def load_module(self, name: str) -> None:
        """Load a kernel module as ``modprobe -b`` does: not when the administrator put it on the blacklist.

        :raises CommandError: when modprobe can't.
        :raises SystemCallError: when there is no modprobe; ``errno`` ENOENT.
        """
        from pyvirt_util.process import run

        run(["modprobe", "-b", name], timeout=60)

    def pause(self, seconds: float) -> None:
        """Wait while hardware settles."""
        import time

        time.sleep(seconds)


HOST = Kernel()
"""The kernel this process runs on."""


def _number(path: StrPath, text: str, base: int) -> int:
    try:
        if not text.isascii() or "_" in text:  # int() takes more than the kernel writes
            raise ValueError
        return int(text, base)
    except ValueError:
        raise InternalError(f"'{text[:40]}' in '{os.fspath(path)}' is not a number") from None


def _shown(data: bytes) -> str:
    if data.isascii() and len(data) <= 64:
        return repr(data.decode().strip())
    return f"{len(data)} bytes"
