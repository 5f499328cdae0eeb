"""Persistent and live definitions of one driver's domains, on disk, for any number of processes.

* ``config/NAME.xml``: the persistent definition; ``config/autostart/NAME.xml`` links to it.
* ``runtime/live/NAME.xml``: the record of a starting or running guest (:class:`GuestStatus`).
* ``runtime/guests/NAME/``: its sockets and pid file, and ``alive``, which its process keeps locked.
* ``runtime/locks/NAME.lock``: held while a domain is changed.
* ``runtime/next-id``: the number of the next guest.

Reading takes no lock. Whatever a killed process left half-made is settled by whoever holds the domain's lock next.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt.enums.domain_state import DomainShutoffReason, DomainState
from pyvirt.local.status import GuestStatus
from pyvirt_util.errors import (
    DomExistError,
    NoDomainError,
    OperationFailedError,
    OperationInvalidError,
    VirtError,
    system_error,
)
from pyvirt_util.locks import FileLock, remove_abandoned
from pyvirt_util.process import ProcessId, holders
from pyvirt_util.statedirs import ensure_directory
from pyvirt_util.store import ObjectStore

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyvirt_util.statedirs import Directories
    from pyvirt_util.store import Stamp

# How long a change waits for another change of the same domain; seconds.
LOCK_TIMEOUT = 30.0
# Locks that killed processes left are looked for with the first change and then with every so many.
_CLEAN_EVERY = 100


class DomainRecords:
    """The records of one driver in one instance (system, session, or a folder)."""

    def __init__(self, directories: Directories) -> None:
        self.config_folder = directories.config
        self.runtime_folder = directories.runtime
        for folder in ("live", "guests", "locks"):
            ensure_directory(f"{self.runtime_folder}/{folder}")
        self.persistent = ObjectStore(
            self.config_folder, kind="domain", exists_error=DomExistError, missing_error=NoDomainError
        )
        self.live = ObjectStore(
            f"{self.runtime_folder}/live",
            kind="running domain",
            exists_error=DomExistError,
            missing_error=NoDomainError,
            durable=False,
            renames=False,
        )
        self._statuses: dict[str, tuple[Stamp, GuestStatus]] = {}
        self._changes = 0

    # Locks

    def lock(self, name: str) -> FileLock:
        """The lock that serialises changes of the domain ``name``."""
        if self._changes % _CLEAN_EVERY == 0:
            remove_abandoned(f"{self.runtime_folder}/locks")
        self._changes += 1
        return FileLock(
            f"{self.runtime_folder}/locks/{name}.lock", timeout=LOCK_TIMEOUT, remove=True, what=f"domain '{name}'"
        )

    def registry(self) -> AbstractContextManager[object]:
        """The lock that guards names, UUIDs and ids, of running and of defined domains; held for moments only."""
        return self.persistent.folder_lock()

    # Reading

    def status(self, name: str) -> GuestStatus | None:
        """The live record of a domain, or ``None``; says nothing about whether its process still runs."""
        stamp = self.live.stamp(name)
        if stamp is None:
            self._statuses.pop(name, None)
            return None
        known = self._statuses.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            record = self.live.read(name)
        except NoDomainError:
            return None
        status = GuestStatus.parse(name, record.text)
        self._statuses[name] = (record.stamp, status)
        return status

    def guest_folder(self, name: str) -> str:
        """Where the running guest's sockets are."""
        return f"{self.runtime_folder}/guests/{name}"

    def guest_processes(self, name: str) -> list[ProcessId]:
        """The processes that keep a guest's ``alive`` locked: its own, when nobody could write its pid down."""
        path = f"{self.guest_folder(name)}/alive"
        if not os.path.exists(path):
            return []
        lock = FileLock(path)
        if lock.try_acquire():
            lock.release()
            return []
        return holders(path)

    def name_of(self, uuid: str) -> str | None:
        """The name of the domain with this UUID, running or defined."""
        return self.live.find_uuid(uuid) or self.persistent.find_uuid(uuid)

    def uuid_of(self, name: str) -> str | None:
        """The UUID of the domain with this name, running or defined."""
        return self.live.uuid_of(name) or self.persistent.uuid_of(name)

    # Changing; the caller holds the domain's lock

    def check_names(self, name: str, uuid: str) -> None:
        """Refuse a name and UUID that do not go together with what is known; the caller holds the registry."""
        known_name = self.name_of(uuid)
        if known_name is not None and known_name != name:
            raise OperationFailedError(f"domain '{known_name}' is already defined with uuid {uuid}")
        known_uuid = self.uuid_of(name)
        if known_uuid is not None and known_uuid != uuid:
            raise OperationFailedError(f"domain '{name}' already exists with uuid {known_uuid}")

    def define(self, name: str, uuid: str, xml: str) -> bool:
        """Store a persistent definition; says whether it is a new one."""
        new = self.persistent.stamp(name) is None
        if new:
            self.set_autostart(name, False)  # the link of one whose removal was cut short
        self.persistent.put(name, uuid, xml, check=lambda: self.check_names(name, uuid))
        return new

    def undefine(self, name: str) -> None:
        """Remove a persistent definition and its autostart link."""
        self.persistent.delete(name)
        self.set_autostart(name, False)

    def rename(self, old: str, new: str, uuid: str, xml: str) -> None:
        """Give a persistent definition another name."""

        def check() -> None:
            if self.uuid_of(new) is not None:
                raise OperationInvalidError(f"domain with name '{new}' already exists")

        self.persistent.rename(old, new, uuid, xml, check=check)

    def claim(self, name: str, uuid: str) -> GuestStatus:
        """Reserve name, UUID and an id for a guest that is about to start; the record is not settled yet."""
        with self.registry():
            self.check_names(name, uuid)
            if self.live.stamp(name) is not None:
                raise OperationInvalidError(f"domain '{name}' is already active")
            status = GuestStatus(
                name,
                uuid,
                self._next_id(),
                DomainState.SHUTOFF,
                DomainShutoffReason.UNKNOWN,
                0,
                0,
                False,
                {},
                f"<domain>\n<name/>\n<uuid>{uuid}</uuid>\n</domain>\n",
            )
            self.live.put(name, uuid, status.format())
        ensure_directory(self.guest_folder(name))
        return status

    def write(self, status: GuestStatus) -> None:
        """Store another version of a claimed guest's record."""
        self.live.put(status.name, status.uuid, status.format())

    def release(self, name: str) -> None:
        """Forget a guest that is gone: its folder, then its record."""
        folder = self.guest_folder(name)
        try:
            for entry in os.listdir(folder):
                os.unlink(f"{folder}/{entry}")
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise system_error(f"remove '{folder}'", error) from error
        if self.live.stamp(name) is not None:
            self.live.delete(name)

    def _next_id(self) -> int:
        path = f"{self.runtime_folder}/next-id"
        number = 1
        try:
            with open(path, encoding="ascii") as file:
                number = int(file.read())
        except (OSError, ValueError):
            # The first guest, or a damaged counter: begin after the highest id in use.
            for name in self.live.names():
                try:
                    status = self.status(name)
                except VirtError:
                    continue
                if status is not None:
                    number = max(number, status.id + 1)
        write_number(path, number + 1)
        return number

    # Autostart

    def autostart(self, name: str) -> bool:
        """Whether the domain is to start with the host."""
        return os.path.islink(f"{self.config_folder}/autostart/{name}.xml")

    def set_autostart(self, name: str, wanted: bool) -> None:
        """Make or remove the autostart link."""
        folder = f"{self.config_folder}/autostart"
        path = f"{folder}/{name}.xml"
        try:
            if wanted:
                ensure_directory(folder)
                os.symlink(f"../{name}.xml", path)
            else:
                os.unlink(path)
        except (FileExistsError, FileNotFoundError):
            pass  # it is as wanted
        except OSError as error:
            raise system_error(f"set autostart of domain '{name}'", error) from error


def write_number(path: str, number: int) -> None:
    """Store a number in a file of its own: one small write of always the same size, which a kill cannot tear.

    A temporary and a rename would leave the temporary behind. A file that is still empty is as good as none.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.pwrite(fd, b"%19d\n" % number, 0)
        finally:
            os.close(fd)
    except OSError as error:
        raise system_error(f"write '{path}'", error) from error
