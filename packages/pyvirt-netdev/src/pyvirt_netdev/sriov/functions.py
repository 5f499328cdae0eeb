"""PCI functions with SR-IOV: who is a PF, who a VF, and whose.

Source: the kernel's Documentation/ABI/testing/sysfs-bus-pci (physfn, virtfnN, sriov_numvfs, sriov_totalvfs).
Failures are :class:`pyvirt_util.errors.SystemCallError` with errno; ENODEV when there is no such device.
"""

from __future__ import annotations

import errno
import os
import re
from typing import NamedTuple

from pyvirt_netdev.names import check_name
from pyvirt_util.errors import InvalidArgError, OperationFailedError, system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.errors import VirtError

_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_VIRTFN = "virtfn"


class VirtualFunction(NamedTuple):
    """A VF: its number within its PF from 0, its PCI address, its network devices, and its driver.

    It has no network devices while ``driver`` is ``vfio-pci`` or there is none.
    """

    vf: int
    address: str
    netdevs: tuple[str, ...]
    driver: str | None


def get_pci_address(ifname: str, *, sysfs: str = "/sys") -> str | None:
    """The PCI function of a network device; ``None`` when it belongs to none (a bridge, a virtio card)."""
    address = _target(_link(ifname, sysfs)) if _has_device(ifname, sysfs) else None
    return address if address is not None and _ADDRESS.fullmatch(address) else None


def is_vf(device: str, *, sysfs: str = "/sys") -> bool:
    """Whether the device is a virtual function."""
    return os.path.lexists(f"{folder(device, sysfs)}/physfn")


def is_pf(device: str, *, sysfs: str = "/sys") -> bool:
    """Whether the device can have virtual functions; it need not have any right now."""
    path = folder(device, sysfs)
    return os.path.lexists(f"{path}/{_VIRTFN}0") or _number(f"{path}/sriov_totalvfs") > 0


def get_num_vfs(device: str, *, sysfs: str = "/sys") -> int:
    """How many VFs the device has now; 0 without SR-IOV."""
    return _number(f"{folder(device, sysfs)}/sriov_numvfs")


def get_max_vfs(device: str, *, sysfs: str = "/sys") -> int:
    """How many VFs the device can have; 0 without SR-IOV."""
    return _number(f"{folder(device, sysfs)}/sriov_totalvfs")


def get_pf(device: str, *, sysfs: str = "/sys") -> str | None:
    """The PCI address of a VF's PF; ``None`` when the device is no VF."""
    return _target(f"{folder(device, sysfs)}/physfn")


def get_vf_index(device: str, *, sysfs: str = "/sys") -> int | None:
    """The VF's number within its PF, from 0; ``None`` when the device is no VF.

    :raises OperationFailedError: when its PF doesn't know it (any more).
    """
    path = folder(device, sysfs)
    if not os.path.lexists(f"{path}/physfn"):
        return None
    address = os.path.basename(os.path.realpath(path))
    for index, known in list_vfs(f"{path}/physfn"):
        if known == address:
            return index
    raise OperationFailedError(f"virtual function {address} is not among those of its physical function")


def get_vfs(device: str, *, sysfs: str = "/sys") -> list[VirtualFunction]:
    """The VFs of a PF by index; empty when the device has none.

    A VF that disappears meanwhile is listed without network devices, or not at all.
    """
    path = folder(device, sysfs)
    found = []
    for index, address in list_vfs(path):
        where = f"{path}/{_VIRTFN}{index}"
        found.append(VirtualFunction(index, address, list_netdevs(where), _driver(where)))
    return found


def get_netdevs(device: str, *, sysfs: str = "/sys") -> tuple[str, ...]:
    """The network devices of a PCI function, a card's several ports or none; in the order of their names' numbers."""
    return list_netdevs(folder(device, sysfs))


def get_driver(device: str, *, sysfs: str = "/sys") -> str | None:
    """The name of the driver that the device is bound to; ``None`` for none."""
    return _driver(folder(device, sysfs))


def folder(device: str, sysfs: str) -> str:
    """Where the PCI function of a device is described.

    :raises SystemCallError: with errno ENODEV when there is no such device.
    """
    if _ADDRESS.fullmatch(device):
        path = f"{sysfs}/bus/pci/devices/{device}"
        if not os.path.isdir(path):
            raise _missing(f"find PCI device '{device}'")
        return path
    if ":" in device:
        raise InvalidArgError(f"'{device}' is neither a PCI address (0000:03:10.0) nor a network device's name")
    _has_device(device, sysfs)
    return _link(device, sysfs)


def list_netdevs(path: str) -> tuple[str, ...]:
    """The names in a function's folder ``net``."""
    try:
        found = os.listdir(f"{path}/net")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        if error.errno in (errno.ENODEV, errno.ENXIO):
            return ()
        raise system_error(f"list '{path}/net'", error) from error
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=_by_number))


def list_vfs(path: str) -> list[tuple[int, str]]:
    """(index, PCI address) of each VF of the PF described there, by index."""
    try:
        entries = os.listdir(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise system_error(f"list '{path}'", error) from error
    found = []
    for entry in entries:
        number = entry.removeprefix(_VIRTFN)
        if number == entry or not number.isdecimal():
            continue
        address = _target(f"{path}/{entry}")
        if address is not None:  # it went away
            found.append((int(number), address))
    found.sort()
    return found


def _by_number(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _link(ifname: str, sysfs: str) -> str:
    return f"{sysfs}/class/net/{check_name(ifname)}/device"


def _has_device(ifname: str, sysfs: str) -> bool:
    if os.path.islink(_link(ifname, sysfs)):
        return True
    if not os.path.isdir(f"{sysfs}/class/net/{ifname}"):
        raise _missing(f"find network device '{ifname}'")
    return False


def _missing(action: str) -> VirtError:
    return system_error(action, OSError(errno.ENODEV, os.strerror(errno.ENODEV)))


def _target(path: str) -> str | None:
    try:
        return os.path.basename(os.readlink(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise system_error(f"read link '{path}'", error) from error


def _driver(path: str) -> str | None:
    return _target(f"{path}/driver")


def _number(path: str) -> int:
    try:
        with open(path, "rb", buffering=0) as file:
            data = file.read()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise system_error(f"read '{path}'", error) from error
    try:
        return int(data)
    except ValueError:
        raise OperationFailedError(f"'{path}' holds {data[:40]!r} and not a number") from None
