"""USB devices of the host, found by vendor and product, by bus and number, or by both.

Source: the kernel's Documentation/ABI/testing/sysfs-bus-usb. A device keeps its bus and number until it is unplugged;
vendor and product are the same for all devices of one make.
"""

from __future__ import annotations

import os

from pyvirt_util import _logging, sysfs
from pyvirt_util.device_list import DeviceList
from pyvirt_util.errors import InternalError, SystemCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    StrPath = str | PathLike[str]

DEVICE_FOLDER = "/dev/bus/usb"
"""Where the device files are, ``001/020`` below it."""


class UsbDevice:
    """A USB device: the hub or function at ``bus`` and number ``device``. Two are equal when these are.

    :param vendor: vendor id, 16 bits; ``product`` likewise. ``None`` where only the place is known.
    :param port: its name in sysfs: ``1-1.5.6``, the ports from the root hub on; ``usb1`` is a root hub itself.
    :param folder: the folder its device file is in; a container has its own.
    """

    __slots__ = ("bus", "device", "folder", "port", "product", "vendor")

    def __init__(
        self,
        bus: int,
        device: int,
        *,
        vendor: int | None = None,
        product: int | None = None,
        port: str | None = None,
        folder: str = DEVICE_FOLDER,
    ) -> None:
        self.bus = bus
        self.device = device
        self.vendor = vendor
        self.product = product
        self.port = port
        self.folder = folder

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UsbDevice):
            return NotImplemented
        return (self.bus, self.device) == (other.bus, other.device)

    def __hash__(self) -> int:
        return hash((self.bus, self.device))

    @property
    def name(self) -> str:
        """``001:020``."""
        return f"{self.bus:03}:{self.device:03}"

    @property
    def path(self) -> str:
        """Its device file: ``/dev/bus/usb/001/020``."""
        return f"{self.folder}/{self.bus:03}/{self.device:03}"

    def __str__(self) -> str:
        if self.vendor is None or self.product is None:
            return self.name
        return f"{self.vendor:04x}:{self.product:04x} at {self.name}"

    def __repr__(self) -> str:
        return f"<UsbDevice {self}>"


class UsbDeviceList(DeviceList[UsbDevice]):
    """USB devices in use by guests, each once."""

    __slots__ = ()


def usb_devices(sysfs_root: StrPath = "/sys", *, folder: str = DEVICE_FOLDER) -> list[UsbDevice]:
    """All USB devices of the host by bus and number; none on a host without the bus."""
    root = f"{os.fspath(sysfs_root)}/bus/usb/devices"
    found = []
    for name in sysfs.list_names(root):
        if ":" not in name:  # else an interface of a device
            device = _read(root, name, folder)
            if device is not None:
                found.append(device)
    return sorted(found, key=lambda device: (device.bus, device.device))


def find_by_vendor(
    vendor: int, product: int, *, sysfs_root: StrPath = "/sys", folder: str = DEVICE_FOLDER, mandatory: bool = True
) -> list[UsbDevice]:
    """All devices of one make, by bus and number.

    :param mandatory: whether none is a failure.
    :raises InternalError: when there is none.
    """
    found = [
        device
        for device in usb_devices(sysfs_root, folder=folder)
        if (device.vendor, device.product) == (vendor, product)
    ]
    if not found and mandatory:
        raise InternalError(f"no usb device {vendor:04x}:{product:04x} found")
    return found


def find_by_bus(
    bus: int, device: int, *, sysfs_root: StrPath = "/sys", folder: str = DEVICE_FOLDER, mandatory: bool = True
) -> UsbDevice | None:
    """The device at one place.

    :param mandatory: whether none is a failure.
    :raises InternalError: when there is none.
    """
    for found in usb_devices(sysfs_root, folder=folder):
        if (found.bus, found.device) == (bus, device):
            return found
    if mandatory:
        raise InternalError(f"no usb device at bus {bus} device {device} found")
    return None


def find(
    vendor: int,
    product: int,
    bus: int,
    device: int,
    *,
    sysfs_root: StrPath = "/sys",
    folder: str = DEVICE_FOLDER,
    mandatory: bool = True,
) -> UsbDevice | None:
    """The device at one place, if it is of that make.

    :param mandatory: whether none is a failure.
    :raises InternalError: when there is none.
    """
    found = find_by_bus(bus, device, sysfs_root=sysfs_root, folder=folder, mandatory=False)
    if found is not None and (found.vendor, found.product) == (vendor, product):
        return found
    if mandatory:
        there = f", there is {found.vendor:04x}:{found.product:04x}" if found is not None else ""
        raise InternalError(f"no usb device {vendor:04x}:{product:04x} at bus {bus} device {device} found{there}")
    return None


def _read(root: str, name: str, folder: str) -> UsbDevice | None:
    """What a folder describes; ``None`` for what went away or is no device."""
    try:
        vendor, product = (sysfs.read_number(f"{root}/{name}/{file}", 16) for file in ("idVendor", "idProduct"))
        number = sysfs.read_number(f"{root}/{name}/devnum")
    except SystemCallError as error:
        if error.errno is not None and sysfs.is_absent(OSError(error.errno, "")):
            return None
        raise
    bus = name.removeprefix("usb").partition("-")[0]
    if not (bus.isascii() and bus.isdecimal()):
        _logging.warning(__name__, "unusual name '%s' among the usb devices in '%s'", name, root)
        return None
    return UsbDevice(int(bus), number, vendor=vendor, product=product, port=name, folder=folder)
