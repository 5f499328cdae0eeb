"""The lock of a store's folder: it guards the uniqueness of names and UUIDs, for moments."""

from __future__ import annotations

import errno
import os
from _thread import get_ident

from pyvirt_util import files
from pyvirt_util.errors import OperationTimeoutError, SystemCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pyvirt_util._uuid_index import UuidIndex
    from pyvirt_util.locks import FileLock


class FolderLock:
    """A file lock that its thread may take again, so that a change can be part of a larger one.

    Threads that share the store queue up before it, instead of trying the file lock again and again. While it is held
    nobody else changes the folder, and what was looked at once need not be looked at again: ``index`` is told, and
    ``settled`` says that no renaming was left half-made.
    """

    def __init__(self, lock: FileLock, index: UuidIndex) -> None:
        from _thread import RLock

        self._lock = lock
        self._index = index
        self._threads = RLock()
        self._depth = 0
        self._owner = 0
        self.settled = False

    def is_mine(self) -> bool:
        """Whether the calling thread holds it."""
        return self._owner == get_ident()

    def fileno(self) -> int:
        return self._lock.fileno()

    def __enter__(self) -> FolderLock:
        limit = self._lock.timeout
        if not self._threads.acquire(timeout=-1 if limit is None else limit):
            raise OperationTimeoutError(f"{self._lock.what} is still held by another thread after {limit:g} s")
        try:
            if self._depth == 0:
                self._acquire()
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise
        return self

    def _acquire(self) -> None:
        try:
            self._lock.acquire()
        except SystemCallError as error:
            if error.errno != errno.ENOENT:
                raise
            files.ensure_folder(os.path.dirname(self._lock.path))
            self._lock.acquire()
        try:
            self._index.hold()
        except BaseException:
            self._lock.release()
            raise
        self._owner = get_ident()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._depth -= 1
            if self._depth == 0:
                self._owner = 0
                self.settled = False
                self._index.let_go()
                self._lock.release()
        finally:
            self._threads.release()
