"""The UUIDs of a folder's objects in one file that is only appended to.

Making a link per object would double the time of a definition: the disk has to wait for every new inode. The lines are

* ``#TIME``, the first one: names this edition of the file, written anew from time to time.
* ``UUID NAME``: the object had this UUID; a later line for the same UUID replaces it.
* ``=TIME``: everything is listed that was in the folder when its modification time (ns) was this.

It is not synced to the disk. What a power failure takes of it leaves it with the mark of an earlier time, or with lines
of another form, and then it is not complete.
"""

from __future__ import annotations

import os
import time

from pyvirt_util import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Beyond so many lines that say nothing new the file is written anew.
_LINES_TO_SPARE = 4000


class UuidIndex:
    """The index at ``path``, read again when it has changed. Who writes holds the folder's lock."""

    def __init__(self, path: str) -> None:
        from _thread import allocate_lock

        self._path = path
        self._reading = allocate_lock()
        self._version: tuple[int, int, int] | None = None
        self._held = False
        self._forget()

    def _forget(self) -> None:
        self._names: dict[str, str] = {}
        self._by_name: dict[str, str | None] | None = None
        self._mark = -1
        self._damaged = False
        self._edition = b""
        self._lines = 0
        self._end = 0

    def hold(self) -> None:
        """The folder's lock was taken: until :meth:`let_go` nobody else changes the file."""
        self._refresh()
        self._held = True

    def let_go(self) -> None:
        """The folder's lock is about to be given back."""
        self._held = False

    def get(self, uuid: str) -> str | None:
        """The name that goes with the UUID, which may be out of date."""
        self._refresh()
        return self._names.get(uuid)

    def by_name(self) -> dict[str, str | None]:
        """The UUID that goes with each name; ``None`` where a name had several in its time."""
        self._refresh()
        if self._by_name is None:
            found: dict[str, str | None] = {}
            for uuid, name in list(self._names.items()):
                found[name] = None if name in found else uuid
            self._by_name = found
        return self._by_name

    def lists(self, changed: int) -> bool:
        """Whether it is complete for a folder that was last changed at ``changed``."""
        self._refresh()
        return self._mark == changed and not self._damaged

    def add(self, fd: int, mark: int | None, uuid: str = "", name: str = "") -> None:
        """Append an object, if it is given and not listed yet, and the mark.

        :param fd: a descriptor to write to the file.
        """
        self._refresh()
        lines = []
        if uuid and self._names.get(uuid) != name:
            lines.append(f"{uuid} {name}")
        if mark is not None:
            lines.append(f"={mark}")
        if not lines:
            return
        size = self._version[1] if self._version is not None else 0
        if size != self._end:  # the last line is half a line
            self._write(fd, "\n" + "\n".join(lines) + "\n", size)
            self._read_if_changed()
            return
        version = self._write(fd, "\n".join(lines) + "\n", size)
        with self._reading:  # what has just been written need not be read
            self._take(lines)
            self._end = version[1]
            self._version = version

    def replace(self, fd: int, names: Mapping[str, str], mark: int | None) -> None:
        """Write all anew: what there was is forgotten."""
        lines = [f"#{time.time_ns()}", *(f"{uuid} {name}" for uuid, name in names.items())]
        if mark is not None:
            lines.append(f"={mark}")
        # Somebody who reads it half written misses the mark, and waits for the lock that we have.
        os.ftruncate(fd, 0)
        self._write(fd, "\n".join(lines) + "\n", 0)
        self._read_if_changed()

    def tidy(self, fd: int) -> None:
        """Drop the lines that say nothing any more, if they are many."""
        self._refresh()
        if self._lines > 2 * len(self._names) + _LINES_TO_SPARE:
            self.replace(fd, self._names, self._mark)

    def _write(self, fd: int, text: str, place: int) -> tuple[int, int, int]:
        """Write to a place in the file; returns its version."""
        os.lseek(fd, place, os.SEEK_SET)
        files.write_all(fd, text.encode())
        # finer than the kernel's clock, so that no two versions look the same
        now = time.time_ns()
        os.utime(fd, ns=(now, now))
        status = os.fstat(fd)
        return (status.st_ino, status.st_size, status.st_mtime_ns)

    def _refresh(self) -> None:
        if self._held:
            return
        self._read_if_changed()

    def _read_if_changed(self) -> None:
        with self._reading:
            try:
                status = os.stat(self._path)
            except OSError:
                self._version = None
                self._forget()
                return
            version = (status.st_ino, status.st_size, status.st_mtime_ns)
            if version != self._version:
                self._read()
                self._version = version

    def _read(self) -> None:
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._forget()
            return
        try:
            edition = os.pread(fd, 32, 0).partition(b"\n")[0]
            if edition != self._edition or os.fstat(fd).st_size < self._end:
                self._forget()
                self._edition = edition
            os.lseek(fd, self._end, os.SEEK_SET)
            data = files.read_all(fd)
        finally:
            os.close(fd)
        complete, newline, _ = data.rpartition(b"\n")
        if not newline:
            return
        self._end += len(complete) + 1
        self._take(complete.decode(errors="replace").split("\n"))

    def _take(self, lines: list[str]) -> None:
        self._lines += len(lines)
        self._by_name = None
        for line in lines:
            if line[36:37] == " ":
                self._names[line[:36]] = line[37:]
            elif line[:1] == "=" and line[1:].isdecimal():
                self._mark = int(line[1:])
            elif line[:1] != "#":  # half a line
                self._damaged = True
