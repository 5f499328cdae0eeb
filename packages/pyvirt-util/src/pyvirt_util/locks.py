"""Locks between processes and threads, on files."""

from __future__ import annotations

import fcntl
import os

from pyvirt_util.errors import OperationTimeoutError, system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from types import TracebackType
    from typing import Self

_SHORTEST_PAUSE = 0.0002
_LONGEST_PAUSE = 0.05


class FileLock:
    """An exclusive flock on a file, made when missing; one object is one holder.

    Every object has its own open file, so two of them exclude each other also within one process. The kernel gives the
    lock back when the process dies, however it dies. The file may be removed at any time: whoever acquires the lock
    checks that the path still leads to the locked file and starts again otherwise.

    :param timeout: seconds :meth:`acquire` waits by default; ``None`` waits as long as it takes.
    :param remove: remove the file with the release; a callable is asked then. Safe against those who wait.
    :param what: names the lock in messages; the path by default.
    """

    __slots__ = ("_fd", "_remove", "path", "timeout", "what")

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        timeout: float | None = None,
        remove: bool | Callable[[], bool] = False,
        what: str | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self.timeout = timeout
        self.what = what
        self._remove = remove
        self._fd = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd >= 0

    def fileno(self) -> int:
        """The locked descriptor. A process that inherits a duplicate of it holds the lock as well."""
        if self._fd < 0:
            raise ValueError(f"lock '{self.path}' is not held")
        return self._fd

    def acquire(self, timeout: float | None = None) -> None:
        """Take the lock; ``timeout`` in seconds overrides the object's.

        :raises OperationTimeoutError: naming the process that holds the lock.
        :raises SystemCallError: when the file can't be opened.
        """
        limit = self.timeout if timeout is None else timeout
        if limit is None:
            while not self._try(0):
                pass
            return
        if self.try_acquire():
            return
        import time

        begin = time.monotonic()
        while (waited := time.monotonic() - begin) < limit:
            # in step with the wait so far: at most a tenth longer than needed
            time.sleep(min(max(waited / 10, _SHORTEST_PAUSE), _LONGEST_PAUSE, limit - waited))
            if self.try_acquire():
                return
        what = self.what or f"lock '{self.path}'"
        raise OperationTimeoutError(f"{what} is still held by {describe_holders(self.path)} after {limit:g} s")

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it; says whether it was taken."""
        while True:
            try:
                if self._try(fcntl.LOCK_NB):
                    return True
            except BlockingIOError:
                return False

    def _try(self, flags: int) -> bool:
        """One attempt; ``False`` when the file was replaced meanwhile."""
        if self._fd >= 0:
            raise ValueError(f"lock '{self.path}' is already held by this object")
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise system_error(f"open lock '{self.path}'", error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | flags)
            ours = os.fstat(fd)
            if ours.st_nlink:
                try:
                    there = os.stat(self.path, follow_symlinks=False)
                except FileNotFoundError:
                    pass
                else:
                    if there.st_ino == ours.st_ino and there.st_dev == ours.st_dev:
                        self._fd, fd = fd, -1
                        return True
            return False
        finally:
            if fd >= 0:
                os.close(fd)

    def release(self) -> None:
        """Give the lock back, also if a child that was forked meanwhile has a copy of the descriptor."""
        fd = self.fileno()
        self._fd = -1
        try:
            if self._remove() if callable(self._remove) else self._remove:
                try:
                    os.unlink(self.path)
                except FileNotFoundError:
                    pass
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError as error:
            raise system_error(f"release lock '{self.path}'", error) from error
        finally:
            os.close(fd)

    def hand_over(self) -> None:
        """Let go of the lock without unlocking: it lives as long as the processes that inherited the descriptor."""
        os.close(self.fileno())
        self._fd = -1

    def __del__(self) -> None:
        fd = getattr(self, "_fd", -1)
        if fd >= 0:  # interrupted between taking the lock and the block that gives it back
            os.close(fd)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def remove_abandoned(folder: str) -> None:
    """Remove the files of locks that killed holders left in a folder which has nothing else in it."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        lock = FileLock(f"{folder}/{name}", remove=True)
        if lock.try_acquire():
            lock.release()


def holder_pids(path: str | PathLike[str]) -> list[int]:
    """The processes that took an flock on the file (/proc/locks); empty when none, or when they are not visible.

    A process that inherited the lock is not named there, only the one that took it.
    """
    try:
        status = os.stat(path)
        with open("/proc/locks", encoding="ascii") as stream:
            lines = stream.readlines()
    except OSError:
        return []
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    exact: list[int] = []
    same_inode: list[int] = []
    for line in lines:  # 1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF
        fields = line.split()
        if "->" in fields or len(fields) < 6 or fields[1] != "FLOCK":
            continue
        place, _, inode = fields[5].rpartition(":")
        pid = int(fields[4])
        if inode == str(status.st_ino) and pid > 0:
            (exact if place == device else same_inode).append(pid)
    return exact or same_inode  # btrfs and overlayfs show another device than stat


def describe_holders(path: str | PathLike[str]) -> str:
    """The holders of an flock for a message: ``process 4242 (pyvirt)``."""
    from pyvirt_util.process import command_name, holders

    named = [(pid, name) for pid in holder_pids(path) if (name := command_name(pid)) is not None]
    if not named:  # whoever took it is gone and a child lives on with it
        named = [(p.pid, name) for p in holders(path) if (name := command_name(p.pid)) is not None]
    if not named:
        return "another process"
    return ", ".join(f"process {pid} ({name})" for pid, name in named)
