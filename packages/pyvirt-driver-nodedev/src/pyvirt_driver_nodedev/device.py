"""One device of a host, as sysfs and udev show it, and where a host is described."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.udev import HostDatabase
from pyvirt_util import sysfs as files
from pyvirt_util.errors import SystemCallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyvirt_driver_nodedev.udev import Database, Record

# Letters and digits stay in names, every other byte becomes an underscore.
_IN_NAMES = bytes(byte if chr(byte).isalnum() and byte < 128 else ord("_") for byte in range(256))
_CONTROL = dict.fromkeys((*range(0x20), 0x7F))


class Host:
    """A host whose devices are described: this one by default.

    :param sysfs: the root of sysfs, or of a tree laid out like it.
    :param dev: the folder of device files.
    :param database: what udev knows; by default this host's database, and none for another tree than ``/sys``.
    :param kernel: who carries out what changes devices; tests of described hosts pass their own.
    :param ids: folders that have ``pci.ids`` and ``usb.ids``, the names of vendors and products.
    :param features: the features of a network device that are on, by the device's name.
    """

    def __init__(
        self,
        sysfs: str = "/sys",
        *,
        dev: str = "/dev",
        database: Database | None = None,
        kernel: files.Kernel = files.HOST,
        ids: Iterable[str] = ("/usr/share/hwdata", "/usr/share/misc"),
        features: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        self.sysfs = sysfs
        self.is_real = sysfs == "/sys"
        self.dev = dev
        self.kernel = kernel
        self.ids = tuple(ids)
        self.features = features
        self.database = HostDatabase() if database is None and self.is_real else database
        self._real_root = os.path.realpath(sysfs)

    def has_udev(self) -> bool:
        """Whether udevd runs, or ran: otherwise no device has a record."""
        return self.database is not None and self.database.is_there()

    def shown_path(self, folder: str) -> str:
        """How a folder of the tree is called on the host: ``/sys/devices/...``, without links on the way."""
        return "/sys" + os.path.realpath(folder)[len(self._real_root) :]

    def text(self, path: str) -> str | None:
        """A file of the tree, by its path below the root; as :meth:`Device.text`."""
        return _text(f"{self.sysfs}/{path}").translate(_CONTROL) or None

    def folder(self, path: str) -> str:
        """The folder of a path that :meth:`shown_path` gave."""
        return self._real_root + path.removeprefix("/sys")


class Device:
    """A device of a host. Making one reads nothing; what was read once is kept.

    :param folder: where its attributes are, below ``/sys/devices`` or through a link to there.
    :param subsystem: the bus or class it is on.
    """

    __slots__ = ("_path", "_record", "_uevent", "folder", "host", "subsystem", "sysname")

    def __init__(self, host: Host, folder: str, subsystem: str) -> None:
        self.host = host
        self.folder = folder
        self.subsystem = subsystem
        self.sysname = os.path.basename(folder).replace("!", "/")
        self._path: str | None = None
        self._uevent: dict[str, str] | None = None
        self._record: Record | bool | None = True  # True: nobody asked yet

    def __repr__(self) -> str:
        return f"<Device {self.subsystem} {self.sysname}>"

    @property
    def path(self) -> str:
        """``/sys/devices/...``, whatever the root."""
        if self._path is None:
            self._path = self.host.shown_path(self.folder)
        return self._path

    def text(self, attribute: str) -> str | None:
        """An attribute without control characters; ``None`` for one that is empty, absent or not for us to read."""
        return _text(f"{self.folder}/{attribute}").translate(_CONTROL) or None

    def number(self, attribute: str, base: int = 10) -> int | None:
        """An attribute that is a number (base 0: as it says itself); ``None`` where it is not there, or no number."""
        return to_number(self.text(attribute), base)

    def link(self, name: str) -> str | None:
        """The name of what a link points to."""
        return files.link_name(f"{self.folder}/{name}")

    @property
    def driver(self) -> str | None:
        """The name of the driver it is bound to."""
        return self.link("driver")

    @property
    def uevent(self) -> dict[str, str]:
        """What the kernel tells in an event about it."""
        if self._uevent is None:
            pairs = (line.partition("=") for line in _text(f"{self.folder}/uevent").split("\n"))
            self._uevent = {name: value for name, equals, value in pairs if equals}
        return self._uevent

    @property
    def record(self) -> Record | None:
        """What udev has of it; ``None`` without udev."""
        if isinstance(self._record, bool):
            database = self.host.database
            self._record = None if database is None else database.find(self._udev_number(), self.folder)
        return self._record

    def _udev_number(self) -> str:
        uevent = self.uevent
        if "MAJOR" in uevent and "MINOR" in uevent:
            return f"{'b' if self.subsystem == 'block' else 'c'}{uevent['MAJOR']}:{uevent['MINOR']}"
        if "IFINDEX" in uevent:
            return f"n{uevent['IFINDEX']}"
        return f"+{self.subsystem}:{os.path.basename(self.path)}"

    def udev_property(self, name: str) -> str | None:
        """A property: the kernel's, or udev's."""
        value = self.uevent.get(name)
        if value is None and self.record is not None:
            value = self.record.properties.get(name)
        return value

    def is_set(self, name: str) -> bool:
        """Whether a property is there and not 0."""
        return self.udev_property(name) not in (None, "0")

    @property
    def devnode(self) -> str | None:
        """Its device file: ``/dev/sda``."""
        name = self.uevent.get("DEVNAME")
        return None if name is None else f"/dev/{name.removeprefix('/dev/')}"

    @property
    def links(self) -> tuple[str, ...]:
        """Links to its device file, sorted."""
        return self.record.links if self.record is not None and self.devnode is not None else ()


def _text(path: str) -> str:
    try:
        return files.read_bytes(path).decode(errors="replace")
    except SystemCallError:
        return ""


def device_name(subsystem: str, sysname: str, suffix: str | None = None) -> str:
    """A node device's name, as libvirt makes them: ``SUBSYSTEM_SYSNAME_SUFFIX``, underscores for all but letters."""
    name = f"{subsystem}_{sysname}" if suffix is None else f"{subsystem}_{sysname}_{suffix}"
    return os.fsencode(name).translate(_IN_NAMES).decode("ascii")


def to_number(text: str | None, base: int = 10) -> int | None:
    """A number that is not negative, or -1; ``None`` for anything else."""
    if text is None or not text.isascii() or "_" in text:
        return None
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if number >= -1 else None
