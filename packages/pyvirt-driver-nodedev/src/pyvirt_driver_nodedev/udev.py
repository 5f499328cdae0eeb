"""What udev knows of devices beyond sysfs: its database, which udevd fills by its rules (serial numbers, links, names).

Where no udevd runs there is no database, and everything still works from sysfs alone. A described tree may have a
database too, in the files udevd writes.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST_DATABASE = "/run/udev/data"


class Record(NamedTuple):
    """A device's record: properties, and the links udevd made to its device file, sorted."""

    properties: Mapping[str, str]
    links: tuple[str, ...]


class Database(Protocol):
    """Looks records up."""

    def is_there(self) -> bool:
        """Whether udevd has filled it."""

    def find(self, number: str, folder: str) -> Record | None:
        """A device's record; ``None`` when udevd has none.

        :param number: udev's key of the device: ``b8:0``, ``c189:3``, ``n2``, ``+pci:0000:00:1f.2``.
        :param folder: its folder in sysfs, or a link to it.
        """


class FileDatabase:
    """The database of a described tree: one file per device, lines ``S:link`` and ``E:NAME=value``."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def is_there(self) -> bool:
        """See the protocol."""
        return os.path.isdir(self._folder)

    def find(self, number: str, folder: str) -> Record | None:
        """See the protocol."""
        try:
            with open(f"{self._folder}/{number}", encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            return None
        pairs = (line[2:].partition("=") for line in lines if line.startswith("E:"))
        links = sorted(f"/dev/{line[2:]}" for line in lines if line.startswith("S:"))
        return Record({name: value for name, _, value in pairs}, tuple(links))


class HostDatabase:
    """This host's database, read by libudev through pyudev.

    A record is kept as long as its file is the same: udevd replaces the file when it changes anything. Without a file
    libudev is not even loaded.
    """

    def __init__(self, folder: str = HOST_DATABASE) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._context: Any = None
        self._known: dict[str, tuple[tuple[int, int], Record | None]] = {}

    def is_there(self) -> bool:
        """See the protocol."""
        return os.path.isdir(self._folder)

    def find(self, number: str, folder: str) -> Record | None:
        """See the protocol."""
        try:
            status = os.stat(f"{self._folder}/{number}")
        except OSError:
            return None
        stamp = (status.st_ino, status.st_mtime_ns)
        with self._lock:
            known = self._known.get(number)
            if known is None or known[0] != stamp:
                known = self._known[number] = (stamp, self._ask(os.path.realpath(folder)))
            return known[1]

    def _ask(self, path: str) -> Record | None:
        import pyudev  # type: ignore[import-untyped]  # late: it loads libudev

        if self._context is None:
            self._context = pyudev.Context()
        try:
            device = pyudev.Devices.from_sys_path(self._context, path)
        except pyudev.DeviceNotFoundError:  # it has gone since
            return None
        return Record(dict(device.properties), tuple(sorted(device.device_links)))
