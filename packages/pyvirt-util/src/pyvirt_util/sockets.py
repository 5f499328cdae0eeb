"""Unix sockets at paths of any length, with their final permissions from the start.

The kernel takes 107 bytes of path for a socket. Longer ones are reached through an open descriptor of their folder,
as ``/proc/self/fd/N/NAME``.
"""

from __future__ import annotations

import errno
import os

from pyvirt_util.errors import ResourceBusyError, system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from socket import socket

_PATH_MAX = 107
_counter = 0


def listen_unix(path: str | PathLike[str], mode: int = 0o600, *, backlog: int = 128) -> socket:
    """A listening stream socket at ``path``, blocking, close-on-exec.

    It appears there at once with its permissions and ready for connections: it is bound below a temporary name and then
    renamed, over a socket that a killed process left, too. ``getsockname()`` therefore tells another name. The folder
    should be the caller's own: whoever may write there can replace the socket.

    :raises ResourceBusyError: when somebody listens there.
    :raises SystemCallError: with ``errno``.
    """
    import socket

    return _bind(os.fspath(path), mode, socket.SOCK_STREAM, backlog)


def bind_datagram(path: str | PathLike[str], mode: int = 0o600) -> socket:
    """A datagram socket that receives at ``path``; otherwise as :func:`listen_unix`."""
    import socket

    return _bind(os.fspath(path), mode, socket.SOCK_DGRAM, None)


def connect_unix(path: str | PathLike[str], timeout: float | None = None) -> socket:
    """A stream socket connected to ``path``; ``timeout`` in seconds bounds the connecting and stays set on the socket.

    :raises SystemCallError: with ``errno``: ENOENT no such path, ECONNREFUSED nobody listens, ETIMEDOUT.
    """
    import socket

    return _connect(os.fspath(path), socket.SOCK_STREAM, timeout)


def connect_datagram(path: str | PathLike[str], timeout: float | None = None) -> socket:
    """A datagram socket that sends to ``path``; otherwise as :func:`connect_unix`."""
    import socket

    return _connect(os.fspath(path), socket.SOCK_DGRAM, timeout)


def send_datagram(path: str | PathLike[str], data: bytes) -> bool:
    """Send one datagram without waiting; ``False`` when nobody receives there or the receiver is behind.

    :raises SystemCallError: for other failures, such as a datagram that is too big.
    """
    import socket

    path = os.fspath(path)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            with _Reachable(path) as address:
                sender.sendto(data, address)
    except (BlockingIOError, FileNotFoundError, ConnectionError):
        return False
    except OSError as error:
        raise system_error(f"send to socket '{path}'", error) from error
    return True


class _Reachable:
    """An address of at most 107 bytes that leads to an existing socket, valid within the block."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= _PATH_MAX:
            return self._path
        self._fd = os.open(self._path, os.O_PATH | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._fd}"

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)


def _connect(path: str, kind: int, timeout: float | None) -> socket:
    import socket

    connection = socket.socket(socket.AF_UNIX, kind)
    try:
        connection.settimeout(timeout)
        with _Reachable(path) as address:
            connection.connect(address)
    except BaseException as error:
        connection.close()
        if not isinstance(error, OSError):
            raise
        if isinstance(error, BlockingIOError):  # a unix socket with a full backlog says EAGAIN at once
            error = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        elif isinstance(error, TimeoutError) and error.errno is None:
            error = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        raise system_error(f"connect to socket '{path}'", error) from error
    return connection


def _bind(path: str, mode: int, kind: int, backlog: int | None) -> socket:
    import socket

    global _counter
    if _is_served(path):
        raise ResourceBusyError(f"socket '{path}' is in use by another process")
    _counter += 1
    temporary = f".sock.tmp.{os.getpid()}.{_counter}"
    server = socket.socket(socket.AF_UNIX, kind)
    folder = -1
    try:
        os.fchmod(server.fileno(), mode)  # Linux gives the file this mode less the umask: it is never wider
        folder = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        within = f"/proc/self/fd/{folder}/{temporary}"
        try:
            os.unlink(temporary, dir_fd=folder)
        except FileNotFoundError:
            pass
        server.bind(within)
        try:
            os.chmod(within, mode)
            if backlog is not None:
                server.listen(backlog)
            os.rename(temporary, os.path.basename(path), src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(temporary, dir_fd=folder)
            raise
    except BaseException as error:
        server.close()
        if isinstance(error, OSError):
            raise system_error(f"create socket '{path}'", error) from error
        raise
    finally:
        if folder >= 0:
            os.close(folder)
    return server


def _is_served(path: str) -> bool:
    """Whether a process has the socket at ``path`` open, which does not notice the question.

    Connecting a datagram socket to a stream socket fails with EPROTOTYPE if that is open, and is refused if not.
    """
    import socket

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe, _Reachable(path) as address:
            probe.connect(address)
    except OSError as error:
        return error.errno == errno.EPROTOTYPE
    return True
