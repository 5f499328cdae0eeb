"""Objects on disk: one XML file each, found by name and by UUID, changed by any number of processes.

In the store's folder:

* ``NAME.xml``: an object. The name of the file is the name of the object.
* ``.index``: the names by UUID. It may hold some that are out of date (every use checks them), and it is complete while
  its last mark is the folder's modification time. Otherwise somebody else has changed the folder, a killed process or
  an administrator with an editor, and the next one who needs the index reads all files. An flock on it, held for
  moments, guards the uniqueness of names and UUIDs.
* ``.locks/NAME``: the lock of an object, while it is held; or in another folder.
* ``.new/``: texts on their way to become ``NAME.xml``.
* ``.rename``: a symbolic link ``OLD/NEW`` while an object gets another name.
"""

from __future__ import annotations

import os
import time

from pyvirt_util import _logging, files, uuids
from pyvirt_util._folder_lock import FolderLock
from pyvirt_util._uuid_index import UuidIndex
from pyvirt_util.errors import InvalidArgError, VirtError, XmlError, system_error
from pyvirt_util.locks import FileLock, remove_abandoned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from pyvirt_util.errors import SystemCallError


#: What identifies a version of a file: device, inode, modification time in ns, size.
Stamp = tuple[int, int, int, int]

_SUFFIX = ".xml"
_NAME_MAX = 255
# Texts that killed processes left are looked for with the first change and then with every so many.
_CLEAN_EVERY = 100
_NO_NAMES = frozenset(("", ".", ".."))


def read_uuid(text: str) -> str | None:
    """The UUID of a document: the first ``<uuid>`` element, wherever it stands.

    Quick, not exact: it does not parse, so that looking through a thousand files stays cheap.
    """
    start = text.find("<uuid>")
    if start < 0 or text.find("<!--", 0, start) >= 0:  # seldom: written by hand
        import re

        text = re.sub(r"<uuid\s+>", "<uuid>", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
        start = text.find("<uuid>")
        if start < 0:
            return None
    end = text.find("<", start + 6)
    return uuids.try_parse(text[start + 6 : end]) if end > 0 else None


class Record:
    """A version of an object: ``name``, canonical ``uuid`` (empty in a store without UUIDs), ``text`` and ``stamp``."""

    __slots__ = ("name", "stamp", "text", "uuid")

    def __init__(self, name: str, uuid: str, text: str, stamp: Stamp) -> None:
        self.name = name
        self.uuid = uuid
        self.text = text
        self.stamp = stamp

    def __repr__(self) -> str:
        return f"<Record {self.name} {self.uuid}>"


class ObjectStore:
    """The objects of one kind in one folder. An object of this class can be shared by threads.

    Reading takes no lock. Every change is atomic: after SIGKILL at any point the next use finds the old version or the
    new one. With ``durable`` that holds for power failures as well.

    :param directory: made when missing, with mode 0700.
    :param kind: what it holds, for messages: ``domain``.
    :param exists_error: raised for a name or UUID that another object has.
    :param missing_error: raised for a name that no object has.
    :param uuid_reader: finds the UUID in a text; ``None`` for kinds that have none.
    :param durable: whether changes wait for the disk.
    :param timeout: how long a change waits for another one, in seconds; ``None``: as long as it takes.
    :param renames: whether objects may get other names.
    :param locks: the folder for the objects' locks, better one in memory: a file made and removed for every change
        slows the disk down. By default it is in the store.
    """

    def __init__(
        self,
        directory: str | PathLike[str],
        *,
        kind: str,
        exists_error: type[VirtError],
        missing_error: type[VirtError],
        uuid_reader: Callable[[str], str | None] | None = read_uuid,
        durable: bool = True,
        renames: bool = True,
        timeout: float | None = 30.0,
        locks: str | PathLike[str] | None = None,
    ) -> None:
        self.directory = os.path.abspath(os.fspath(directory))
        self.kind = kind
        self.durable = durable
        self.timeout = timeout
        self._exists_error = exists_error
        self._missing_error = missing_error
        self._uuid_reader = uuid_reader
        self._index = UuidIndex(f"{self.directory}/.index")
        self._new = f"{self.directory}/.new"
        self._locks = f"{self.directory}/.locks" if locks is None else os.fspath(locks)
        self._renaming = f"{self.directory}/.rename" if renames else ""
        self._folder_lock = FolderLock(
            FileLock(f"{self.directory}/.index", timeout=timeout, what=f"the folder of {kind}s"), self._index
        )
        # what was read of each object: an entry holds while the file's stamp is the same
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._changes = 0
        self._reported: dict[str, str] = {}

    def names(self) -> list[str]:
        """The names of all objects, sorted. No file is opened, so some may turn out to be damaged."""
        self._settle_rename()
        try:
            entries = os.listdir(self.directory)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise system_error(f"list {self.kind}s in '{self.directory}'", error) from error
        names = [entry[:-4] for entry in entries if entry.endswith(_SUFFIX)]
        if not "".join(names).isprintable() or _NO_NAMES.intersection(names):
            # the file system allows names that we don't: nobody could ask for such an object
            names = [name for name in names if _why_not(name) is None]
        names.sort()
        return names

    def __iter__(self) -> Iterator[Record]:
        """All objects by name. Those that vanish meanwhile or can't be read are left out."""
        for name in self.names():
            try:
                record = self.read(name)
            except self._missing_error:
                continue
            except VirtError as error:
                self._report(name, str(error))
                continue
            yield record

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.stamp(name) is not None

    def stamp(self, name: str) -> Stamp | None:
        """What identifies the current version; ``None`` when there is no such object."""
        if "/" in name:
            return None
        self._settle_rename()
        return self._stamp_of_file(name)

    def _stamp_of_file(self, name: str) -> Stamp | None:
        try:
            status = os.stat(self._path(name))
        except (FileNotFoundError, ValueError):
            return None
        except OSError as error:
            if _why_not(name) is not None:
                return None
            raise self._unreadable(name, error) from error
        return _stamp(status) if _is_file(status) else None

    def read(self, name: str) -> Record:
        """The current version of an object.

        :raises VirtError: the store's ``missing_error`` when there is none, also when its file was damaged: such a file
            is set aside with a line in the log.
        """
        self._settle_rename()
        record = self._read(name)
        if record is None:
            raise self._missing(name)
        known = self._known.get(name)
        if known is None or known[0] != record.stamp:
            self._check_index(record)
            self._known[name] = (record.stamp, record.uuid)
        return record

    def uuid_of(self, name: str) -> str | None:
        """The UUID of an object; ``None`` when there is no such object. Reads the file only if it has changed."""
        stamp = self.stamp(name)
        if stamp is None:
            return None
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            return self.read(name).uuid
        except self._missing_error:
            return None

    def uuids(self) -> dict[str, str]:
        """The UUIDs of all objects by name, sorted by name. No file is opened while the index is complete."""
        known = self._index.by_name() if self._index_is_complete() else {}
        found = {}
        for name in self.names():
            uuid = known.get(name) or self.uuid_of(name)
            if uuid is not None:
                found[name] = uuid
        return found

    def find_uuid(self, uuid: str) -> str | None:
        """The name of the object with this (canonical) UUID, or ``None``."""
        name = self._look_up(uuid)
        if name is not None or self._index_is_complete():
            return name
        try:
            with self.folder_lock():
                self._settle()
        except (VirtError, OSError) as error:
            if not os.access(self.directory, os.W_OK):  # ours to read only
                return next((record.name for record in self if record.uuid == uuid), None)
            if isinstance(error, OSError):
                raise system_error(f"update the index of {self.kind}s", error) from error
            raise
        return self._look_up(uuid)

    def lock(self, name: str) -> FileLock:
        """The lock that serialises changes of one object across processes; its file exists while it is held.

        :raises XmlError: when no object can have that name.
        """
        self.check_name(name)
        files.ensure_folder(self._locks)
        return FileLock(f"{self._locks}/{name}", timeout=self.timeout, remove=True, what=f"{self.kind} '{name}'")

    def folder_lock(self) -> FolderLock:
        """The lock that guards the uniqueness of names and UUIDs, for use with ``with``.

        A thread that holds it may take it again. It excludes every change of every object, so hold it for moments.
        """
        return self._folder_lock

    def put(self, name: str, uuid: str, text: str, *, check: Callable[[], object] | None = None) -> Stamp:
        """Make an object or replace its text; the caller holds the object's lock. Returns the new version's stamp.

        :param uuid: canonical; the one in ``text``.
        :param check: called before anything is visible, with the folder's lock held; its exception ends the change.
        :raises VirtError: the store's ``exists_error`` when another object has the UUID, or the object another UUID.
        :raises XmlError: when no object can have that name.
        :raises SystemCallError: with ``errno``; the old version is as it was then.
        """
        self.check_name(name)
        self._check_uuid(uuid)
        return self._store(name, None, uuid, text, check)

    def rename(self, old: str, new: str, uuid: str, text: str, *, check: Callable[[], object] | None = None) -> Stamp:
        """Give an object another name and text in one step; the caller holds the locks of both names.

        :raises VirtError: ``missing_error`` without an object ``old``, ``exists_error`` with another one ``new``.
        """
        if not self._renaming:
            raise InvalidArgError(f"a {self.kind} keeps its name")
        self.check_name(new)
        self._check_uuid(uuid)
        return self._store(new, old, uuid, text, check)

    def delete(self, name: str) -> None:
        """Remove an object; the caller holds its lock.

        :raises VirtError: the store's ``missing_error`` when there is none.
        """
        if _why_not(name) is not None or not os.path.isdir(self.directory):
            raise self._missing(name)
        try:
            with self.folder_lock():
                complete = self._settle()
                self._uuid_of_file(name)  # which sets it aside if it is damaged
                try:
                    os.unlink(self._path(name))
                except FileNotFoundError:
                    raise self._missing(name) from None
                self._known.pop(name, None)
                if complete:
                    self._mark_complete()
            if self.durable:
                files.sync_folder(self.directory)
        except OSError as error:
            raise system_error(f"remove {self.kind} '{name}'", error) from error

    def set_aside(self, name: str, stamp: Stamp, why: str) -> str | None:
        """Put a damaged object out of the way, keeping its file; the path it has now.

        :param stamp: the version that was found damaged; when another one is there by now, nothing happens (``None``).
        """
        with self.folder_lock():
            if self.stamp(name) != stamp:
                return None
            self._known.pop(name, None)
            complete = self._index_is_complete()
            path = files.set_aside(self._path(name), why)
            if complete:
                self._mark_complete()
            return path

    def check_name(self, name: str) -> None:
        """Refuse a name that no object can have: libvirt's rules, and what fits into a file's name.

        :raises XmlError: saying what is wrong with it.
        """
        why = _why_not(name)
        if why is not None:
            raise XmlError(f"{self.kind} name {name!r} {why}")

    def _store(self, name: str, old: str | None, uuid: str, text: str, check: Callable[[], object] | None) -> Stamp:
        """Write ``text`` for ``name``, in place of the object ``old`` if that is given."""
        path = self._path(name)
        temporary, fd = "", -1
        try:
            # what takes long is done without the lock
            data = text.encode()
            temporary, fd = self._make_temporary(name)
            files.write_all(fd, data)
            now = time.time_ns()
            # the clock of file systems ticks slowly, and inode numbers come again: two versions could look the same
            os.utime(fd, ns=(now, now))
            if self.durable:
                os.fsync(fd)
            stamp = _stamp(os.fstat(fd))
            with self.folder_lock():
                complete = self._settle()
                if check is not None:
                    check()
                self._check_unique(name, old, uuid)
                if old is not None:
                    os.symlink(f"{old}/{name}", self._renaming)
                now = self._list(uuid, name, complete)  # before the file is there
                os.rename(temporary, path)
                temporary = ""
                if old is not None:
                    os.unlink(self._path(old))
                    os.unlink(self._renaming)
                    self._known.pop(old, None)
                self._known[name] = (stamp, uuid)
                if complete:
                    os.utime(self.directory, ns=(now, now))
            if self.durable:
                files.sync_folder(self.directory)
            return stamp
        except (OSError, UnicodeEncodeError) as error:
            if isinstance(error, UnicodeEncodeError):
                raise InvalidArgError(f"the text of {self.kind} '{name}' cannot be written as UTF-8") from error
            raise system_error(f"write {self.kind} '{name}' to '{path}'", error) from error
        finally:
            if temporary:
                os.unlink(temporary)
            if fd >= 0:
                os.close(fd)

    def _make_temporary(self, name: str) -> tuple[str, int]:
        try:
            return files.make_temporary(self._new, name, 0o600)
        except FileNotFoundError:
            for folder in (self.directory, self._new):
                files.ensure_folder(folder)
            return files.make_temporary(self._new, name, 0o600)

    def _check_unique(self, name: str, old: str | None, uuid: str) -> None:
        """With the folder's lock held, and a complete index."""
        if old is not None:
            if self._uuid_of_file(old) is None:
                raise self._missing(old)
            if os.path.lexists(self._path(name)):
                raise self._exists_error(f"{self.kind} '{name}' exists already")
        elif uuid and (present := self._uuid_of_file(name)) and present != uuid:
            raise self._exists_error(f"{self.kind} '{name}' already exists with uuid {present}")
        if uuid:
            other = self._look_up(uuid)
            if other not in (None, name, old):
                raise self._exists_error(f"{self.kind} '{other}' is already defined with uuid {uuid}")

    def _check_uuid(self, uuid: str) -> None:
        if self._uuid_reader is not None and not uuids.is_canonical(uuid):
            raise InvalidArgError(f"'{uuid}' is not a canonical uuid")

    # Files

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name}{_SUFFIX}"

    def _missing(self, name: str) -> VirtError:
        return self._missing_error(f"no {self.kind} with matching name '{name}'")

    def _read(self, name: str) -> Record | None:
        """An object's file; ``None`` when there is none or it is damaged, and set aside then."""
        if _why_not(name) is not None:
            return None
        try:
            fd = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(name, error) from error
        try:
            status = os.fstat(fd)
            if not _is_file(status):
                return None
            raw = files.read_all(fd, status.st_size + 1)
        except OSError as error:
            raise self._unreadable(name, error) from error
        finally:
            os.close(fd)
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            self._damaged(name, _stamp(status), f"not UTF-8: {error.reason} at byte {error.start}")
            return None
        uuid: str | None = ""
        if self._uuid_reader is not None:
            uuid = self._uuid_reader(text)
            if uuid is None:
                self._damaged(name, _stamp(status), "it has no uuid" if text.strip() else "it is empty")
                return None
        return Record(name, uuid or "", text, _stamp(status))

    def _unreadable(self, name: str, error: OSError) -> SystemCallError:
        return system_error(f"read {self.kind} '{name}' from '{self._path(name)}'", error)

    def _damaged(self, name: str, stamp: Stamp, why: str) -> None:
        try:
            self.set_aside(name, stamp, why)
        except VirtError as error:  # not ours to rename: it is skipped all the same
            _logging.warning(__name__, "damaged file '%s' (%s) stays: %s", self._path(name), why, error)

    def _report(self, name: str, what: str) -> None:
        """Log what is wrong with an object, once."""
        if self._reported.get(name) != what:
            self._reported[name] = what
            _logging.warning(__name__, "%s", what)

    def _uuid_of_file(self, name: str) -> str | None:
        """As :meth:`uuid_of`, without looking after the index; an empty text in a store without UUIDs."""
        stamp = self._stamp_of_file(name)
        if stamp is None:
            return None
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        record = self._read(name)
        if record is None:
            return None
        self._known[name] = (record.stamp, record.uuid)
        return record.uuid

    # The index

    def _look_up(self, uuid: str) -> str | None:
        """The name the index has for a UUID, if the object of that name has the UUID."""
        if not uuids.is_canonical(uuid):
            return None
        name = self._index.get(uuid)
        return name if name is not None and self._uuid_of_file(name) == uuid else None

    def _index_is_complete(self) -> bool:
        if self._uuid_reader is None:
            return True
        try:
            changed = os.stat(self.directory).st_mtime_ns
        except FileNotFoundError:
            return True
        return self._index.lists(changed)

    def _mark_complete(self) -> None:
        """With the folder's lock held: the index has everything that is in the folder now."""
        now = self._list("", "", True)
        os.utime(self.directory, ns=(now, now))

    def _list(self, uuid: str, name: str, complete: bool) -> int:
        """With the folder's lock held: add an object to the index; returns the time the folder must get to match it.

        The time a change leaves by itself is a tick of the kernel's, milliseconds apart: one more change within the
        tick would not show. A time of ours is finer and differs from every tick.
        """
        now = time.time_ns()
        if self._uuid_reader is not None:
            self._index.add(self._folder_lock.fileno(), now if complete else None, uuid, name)
        return now

    def _check_index(self, record: Record) -> None:
        """Have the index made again if it lacks an object: an editor that writes in place leaves the folder alone."""
        if not record.uuid or self._index.get(record.uuid) == record.name:
            return
        if self._look_up(record.uuid) is None and self._index_is_complete():
            try:
                os.utime(self.directory)
            except OSError:  # not ours to write
                pass

    def _settle(self) -> bool:
        """With the folder's lock held: finish what killed processes left, complete the index; says whether it is."""
        self._settle_rename()
        if self._changes % _CLEAN_EVERY == 0:
            files.remove_leftovers(self._new)
        self._changes += 1
        if self._index_is_complete():
            self._index.tidy(self._folder_lock.fileno())
            return True
        return self._settle_index()

    def _settle_index(self) -> bool:
        """Make the index from all files. It can't be complete while a UUID has two owners: one of them may go."""
        complete = True
        owners: dict[str, str] = {}
        for name in self.names():
            try:
                uuid = self._uuid_of_file(name)
            except VirtError as error:
                complete = False
                self._report(name, str(error))
                continue
            if not uuid:
                continue
            other = owners.setdefault(uuid, name)
            if other != name:
                complete = False
                if self._index.get(uuid) == name:  # it was there first, as far as we know
                    owners[uuid], other, name = name, name, other
                self._report(name, f"{self.kind}s '{other}' and '{name}' have the same uuid {uuid}")
        remove_abandoned(self._locks)
        now = time.time_ns()
        self._index.replace(self._folder_lock.fileno(), owners, now if complete else None)
        if complete:
            os.utime(self.directory, ns=(now, now))
        return complete

    def _settle_rename(self) -> None:
        """Finish a renaming whose process was killed, if there is one: once the new file is there, the old one goes."""
        if not self._renaming:
            return
        mine = self._folder_lock.is_mine()
        if mine and self._folder_lock.settled:  # and nobody else has begun one since
            return
        try:
            os.lstat(self._renaming)
        except OSError:  # as nearly always
            if mine:
                self._folder_lock.settled = True
            return
        with self.folder_lock():
            try:
                old, _, new = os.readlink(self._renaming).partition("/")
            except FileNotFoundError:  # it was at work, not killed
                return
            if os.path.lexists(self._path(new)):
                try:
                    os.unlink(self._path(old))
                except FileNotFoundError:
                    pass
            os.unlink(self._renaming)


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)


def _is_file(status: os.stat_result) -> bool:
    return status.st_mode & 0o170000 == 0o100000  # S_ISREG, without an import


def _why_not(name: str) -> str | None:
    """What keeps a text from being an object's name; ``None`` for a name."""
    if not name:
        return "is empty"
    if name in _NO_NAMES:
        return "is a name that directories have"
    if "/" in name:
        return "contains '/'"
    if "\0" in name or "\n" in name:
        return "contains a newline or NUL"
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "is not UTF-8"
    if length > _NAME_MAX - len(_SUFFIX):
        return f"is longer than {_NAME_MAX - len(_SUFFIX)} bytes"
    return None
