"""macvtap: a device with its own MAC address on top of a network card, whose cable is a file descriptor.

Source: the kernel's drivers/net/macvlan.c and tap.c, include/uapi/linux/if_link.h; libvirt: virnetdevmacvlan.c.
The descriptors are those of a character device, ``/dev/tapINDEX``, that belongs to the link.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink, tap
from pyvirt_netdev.names import check_name
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError, OperationFailedError, SystemCallError, system_error
from pyvirt_util.undo import UndoStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_netdev.link import Link

DEFAULT_NAME = "macvtap%d"
MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthrough": 8}
"""The XML's words (``<source mode=``) and MACVLAN_MODE_*."""

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_LINK, _IFLA_LINKINFO = 1, 3, 5, 18
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _IFLA_MACVLAN_MODE = 1, 2, 1
_SIOCGIFHWADDR = 0x8927
_MAX_NUMBER = 8191


def create(lower: Link, mac: str, mode: str = "vepa", name: str = DEFAULT_NAME) -> Link:
    """Make a macvtap on ``lower``; ``%d`` in the name stands for the lowest free number.

    In the mode ``passthrough`` both devices have one MAC address: setting the macvtap's sets the card's.

    :raises ConfigUnsupportedError: for a mode there is not.
    :raises OperationFailedError: when a device of that name exists, or the card is in use in another mode.
    """
    if mode not in MODES:
        raise ConfigUnsupportedError(f"mode '{mode}' of '{lower.name}': macvtap knows {', '.join(sorted(MODES))}")
    info = netlink.nested(
        _IFLA_LINKINFO,
        netlink.text(_IFLA_INFO_KIND, "macvtap"),
        netlink.nested(_IFLA_INFO_DATA, netlink.u32(_IFLA_MACVLAN_MODE, MODES[mode])),
    )
    address = netlink.attribute(_IFLA_ADDRESS, macs.to_bytes(mac)) if mode != "passthrough" else b""
    for candidate in _candidates(name):
        body = netlink.text(_IFLA_IFNAME, candidate) + netlink.u32(_IFLA_LINK, lower.ifindex) + address + info
        try:
            links.create(body, f"create macvtap '{candidate}' on '{lower.name}' in mode {mode}")
        except SystemCallError as error:
            if error.errno == errno.EEXIST:
                if candidate != name:  # somebody else was faster: the next number
                    continue
                raise OperationFailedError(f"cannot create macvtap '{name}': a device of that name exists") from error
            if error.errno in (errno.EBUSY, errno.EINVAL):
                error.hint = f"'{lower.name}' may be a bridge port, or in use by a macvtap in mode passthrough"
            raise
        return links.get(candidate)
    raise OperationFailedError(f"no free number for '{name}'")


def open_queues(
    device: Link, *, queues: int = 1, vnet_header: bool = True, sysfs: str = "/sys", dev: str = "/dev"
) -> tuple[int, ...]:
    """Open the queues of a macvtap; whoever gets the descriptors closes them.

    :raises SystemCallError: when its character device can't be found or opened.
    """
    if device.kind != "macvtap":
        raise ConfigUnsupportedError(f"'{device.name}' is not a macvtap but of kind '{device.kind or 'hardware'}'")
    flags = tap.queue_flags(vnet_header=vnet_header, multi_queue=queues > 1)
    fds: list[int] = []
    with UndoStack() as undo:
        for _queue in range(queues):
            fd = _open_node(device, sysfs, dev)
            undo.push(os.close, fd)
            fds.append(fd)
            try:
                tap.attach_queue(fd, device.name, flags)
            except OSError as error:
                raise links.failure(f"set up a queue of macvtap '{device.name}'", error) from error
    return tuple(fds)


def _candidates(name: str) -> list[str]:
    if "%d" not in name:
        return [check_name(name)]
    taken = {device.name for device in links.all_links()}
    candidates = (name.replace("%d", str(number), 1) for number in range(_MAX_NUMBER + 1))
    return [check_name(candidate) for candidate in candidates if candidate not in taken]


def _open_node(device: Link, sysfs: str, dev: str) -> int:
    """Open the character device.

    The node in /dev is not taken on trust: devtmpfs is one for all network namespaces, and two of them can have
    devices of one index. sysfs knows the right number, unless it was mounted in another namespace.
    """
    node = f"{dev}/tap{device.ifindex}"
    number = _device_number(device, sysfs)
    try:
        if number is None:
            fd = os.open(node, os.O_RDWR | os.O_CLOEXEC)
            if not _belongs(fd, device):
                os.close(fd)
                raise system_error(
                    f"open macvtap '{device.name}'",
                    OSError(errno.ENXIO, f"{node} is a device of another network namespace"),
                    hint=f"mount a sysfs of this network namespace at {sysfs}",
                )
            return fd
        if _number_of(node) == number:
            return os.open(node, os.O_RDWR | os.O_CLOEXEC)
        return _open_number(number, f"{dev}/.pyvirt-tap{device.ifindex}-{os.getpid()}")
    except OSError as error:
        raise links.failure(f"open '{node}' of macvtap '{device.name}'", error) from error


def _device_number(device: Link, sysfs: str) -> int | None:
    """The character device's number by sysfs; ``None`` where sysfs shows another network namespace."""
    folder = f"{sysfs}/class/net/{device.name}"
    try:
        with open(f"{folder}/ifindex", "rb") as file:
            if int(file.read()) != device.ifindex:
                return None
        with open(f"{folder}/address", "rb") as file:
            if file.read().strip().decode() != device.mac:
                return None
        with open(f"{folder}/macvtap/tap{device.ifindex}/dev", "rb") as file:
            major, minor = file.read().split(b":")
        return os.makedev(int(major), int(minor))
    except (OSError, ValueError):
        return None


def _number_of(path: str) -> int | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_rdev if stat.S_ISCHR(status.st_mode) else None


def _open_number(number: int, path: str) -> int:
    os.mknod(path, stat.S_IFCHR | 0o600, number)
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    finally:
        os.unlink(path)


def _belongs(fd: int, device: Link) -> bool:
    request = bytearray(40)
    try:
        fcntl.ioctl(fd, _SIOCGIFHWADDR, request)
    except OSError:
        return False
    name, _family, mac = struct.unpack_from("=16sH6s", request)
    return os.fsdecode(name.split(b"\0", 1)[0]) == device.name and mac.hex(":") == device.mac
