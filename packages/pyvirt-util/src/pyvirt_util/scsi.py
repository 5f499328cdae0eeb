"""SCSI devices of the host: adapter, bus, target and unit, and the device files the kernel gives them.

Source: the kernel's Documentation/scsi/scsi-generic.rst, and ``/sys/bus/scsi/devices``.
"""

from __future__ import annotations

import errno
import os

from pyvirt_util import sysfs
from pyvirt_util.device_list import DeviceList
from pyvirt_util.errors import InternalError, OperationInvalidError, system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    StrPath = str | PathLike[str]

_ADAPTER = "scsi_host"


class ScsiDevice:
    """A logical unit, ``adapter:bus:target:unit``. Making one reads nothing; every attribute reads anew.

    Two are equal when these four numbers are.

    :param readonly: whether its guest must not change it.
    :param shareable: whether several guests may have it at once.
    :param dev: the folder of the device files.
    """

    __slots__ = ("adapter", "bus", "dev", "readonly", "shareable", "sysfs_root", "target", "unit")

    def __init__(
        self,
        adapter: int,
        bus: int,
        target: int,
        unit: int,
        *,
        readonly: bool = False,
        shareable: bool = False,
        sysfs_root: StrPath = "/sys",
        dev: StrPath = "/dev",
    ) -> None:
        self.adapter = adapter
        self.bus = bus
        self.target = target
        self.unit = unit
        self.readonly = readonly
        self.shareable = shareable
        self.sysfs_root = os.fspath(sysfs_root)
        self.dev = os.fspath(dev)

    @classmethod
    def from_adapter(
        cls,
        adapter: str,
        bus: int,
        target: int,
        unit: int,
        *,
        readonly: bool = False,
        shareable: bool = False,
        sysfs_root: StrPath = "/sys",
        dev: StrPath = "/dev",
    ) -> ScsiDevice:
        """The unit behind an adapter as documents name it: ``scsi_host1``.

        :raises InternalError: for a malformed adapter.
        """
        return cls(
            adapter_number(adapter),
            *(bus, target, unit),
            readonly=readonly,
            shareable=shareable,
            sysfs_root=sysfs_root,
            dev=dev,
        )

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, ScsiDevice) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<ScsiDevice {self.name}>"

    @property
    def name(self) -> str:
        """``1:0:0:0``."""
        return f"{self.adapter}:{self.bus}:{self.target}:{self.unit}"

    @property
    def path(self) -> str:
        """The folder that describes it."""
        return f"{self.sysfs_root}/bus/scsi/devices/{self.name}"

    @property
    def sg_name(self) -> str:
        """The name of its generic device: ``sg8``.

        :raises SystemCallError: when there is none; ``errno`` ENODEV.
        """
        return self._child("scsi_generic")

    @property
    def dev_name(self) -> str:
        """The name of its block device: ``sdh``, ``sr0``.

        :raises SystemCallError: when there is none; ``errno`` ENODEV.
        """
        return self._child("block")

    @property
    def sg_path(self) -> str:
        """The file of its generic device: ``/dev/sg8``.

        :raises SystemCallError: when there is none; ``errno`` ENODEV without a generic device, ENOENT without a file.
        """
        path = f"{self.dev}/{self.sg_name}"
        if not os.path.exists(path):
            missing = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            raise system_error(f"find '{path}' of scsi device {self.name}", missing)
        return path

    @property
    def vendor(self) -> str:
        """Who made it, as it says itself."""
        return sysfs.read_text(f"{self.path}/vendor")

    @property
    def model(self) -> str:
        """What it is, as it says itself."""
        return sysfs.read_text(f"{self.path}/model")

    @property
    def _key(self) -> tuple[int, int, int, int]:
        return (self.adapter, self.bus, self.target, self.unit)

    def _child(self, folder: str) -> str:
        for name in sysfs.list_names(f"{self.path}/{folder}"):
            if not name.startswith("."):
                return name
        missing = OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        raise system_error(f"find scsi device {self.name} in '{self.path}/{folder}'", missing)


class ScsiDeviceList(DeviceList[ScsiDevice]):
    """SCSI devices in use by guests: several of them, where all of them say that it is shareable."""

    __slots__ = ()

    def use(self, device: ScsiDevice, driver: str, domain: str) -> None:
        """Let a guest have a device.

        :raises OperationInvalidError: when another guest has it, unless both share it.
        """
        known = self.find(device)
        others = [user for user in self.users(device) if user != (driver, domain)]
        if known is not None and others and not (known.shareable and device.shareable):
            how = "shareable" if known.shareable else "non-shareable"
            raise OperationInvalidError(f"scsi device {device.name} is already in use{self.used_by(device)} as '{how}'")
        self.add_user(device, driver, domain)


def adapter_number(adapter: str) -> int:
    """The number of an adapter's name: 1 for ``scsi_host1``.

    :raises InternalError: for anything else.
    """
    digits = adapter.removeprefix(_ADAPTER)
    if digits == adapter or not (digits.isascii() and digits.isdecimal()):
        raise InternalError(f"malformed scsi adapter '{adapter}': expected one like {_ADAPTER}1")
    return int(digits)
