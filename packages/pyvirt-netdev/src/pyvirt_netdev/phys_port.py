"""Which physical port a network device uses, as its driver tells.

Source: the kernel's Documentation/ABI/testing/sysfs-class-net (phys_port_id, phys_port_name, phys_switch_id).
A driver without an answer is not a failure: the kernel says EOPNOTSUPP then, older ones have no file or an empty one.
"""

from __future__ import annotations

import errno
import os

from pyvirt_netdev import names
from pyvirt_util.errors import system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.errors import SystemCallError

_READ_SIZE = 4096  # sysfs never has more; another tree may


def get_phys_port_id(ifname: str, *, sysfs: str = "/sys") -> str | None:
    """The id of the physical port behind a device: hexadecimal digits as the kernel gives them (``0002c9030012bf8a``).

    ``None`` is a success: the device's driver has no ids. Two devices with one id share a port.

    :raises SystemCallError: with ``errno``; ENODEV when there is no such device.
    """
    return _read(ifname, "phys_port_id", sysfs)


def get_phys_port_name(ifname: str, *, sysfs: str = "/sys") -> str | None:
    """The port's name within its switch or card: ``p0`` an uplink, ``pf0vf3`` the representor of a VF.

    Answers and errors are those of :func:`get_phys_port_id`.
    """
    return _read(ifname, "phys_port_name", sysfs)


def get_phys_switch_id(ifname: str, *, sysfs: str = "/sys") -> str | None:
    """The id of the switch the port belongs to; the ports of one switch have the same.

    Answers and errors are those of :func:`get_phys_port_id`.
    """
    return _read(ifname, "phys_switch_id", sysfs)


def get_dev_port(ifname: str, *, sysfs: str = "/sys") -> int | None:
    """The number of the port among those of one PCI function, from 0; ``None`` where it can't be told.

    :raises SystemCallError: as :func:`get_phys_port_id`.
    """
    value = _read(ifname, "dev_port", sysfs)
    return int(value) if value is not None and value.isdecimal() else None


def _read(ifname: str, attribute: str, sysfs: str) -> str | None:
    names.check_name(ifname)
    try:
        fd = os.open(f"{sysfs}/class/net/{ifname}/{attribute}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(fd, _READ_SIZE)
            if len(data) == _READ_SIZE:
                while more := os.read(fd, 1 << 16):
                    data += more
        finally:
            os.close(fd)
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:  # ENOTSUP is the same number on Linux
            return None
        if error.errno == errno.ENOENT:
            if os.path.isdir(f"{sysfs}/class/net/{ifname}"):
                return None
            raise _failure(ifname, attribute, OSError(errno.ENODEV, os.strerror(errno.ENODEV))) from error
        raise _failure(ifname, attribute, error) from error
    return os.fsdecode(data.strip()) or None


def _failure(ifname: str, attribute: str, error: OSError) -> SystemCallError:
    return system_error(f"read {attribute} of network device '{ifname}'", OSError(error.errno, error.strerror))
