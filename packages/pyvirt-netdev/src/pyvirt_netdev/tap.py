"""Taps: Ethernet devices whose cable is a file descriptor.

Source: the kernel's Documentation/networking/tuntap.rst and include/uapi/linux/if_tun.h; libvirt: virnetdevtap.c.
A tap that was made here lives as long as one of its descriptors, so that a guest's death takes it away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from typing import NamedTuple

from pyvirt_netdev import link as links
from pyvirt_netdev.names import check_name
from pyvirt_util import macs
from pyvirt_util.errors import AccessDeniedError, ConfigUnsupportedError, OperationFailedError, system_error
from pyvirt_util.undo import UndoStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_netdev.link import Link
    from pyvirt_util.errors import VirtError

DEVICE = "/dev/net/tun"
DEFAULT_NAME = "vnet%d"

_TUNSETIFF, TUNGETIFF = 0x400454CA, 0x800454D2
_IFF_TAP, _IFF_MULTI_QUEUE, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_EXCL = 0x2, 0x100, 0x1000, 0x4000, 0x8000
_IFLA_TUN_TYPE, _IFLA_TUN_MULTI_QUEUE = 3, 8
_TYPE_TAP = 2
_MAX_QUEUES = 256

_IFREQ = struct.Struct("=16sH22x")


class Tap(NamedTuple):
    """A tap's name and its open queues, one descriptor each; whoever gets it closes them."""

    name: str
    fds: tuple[int, ...]


def create(name: str = DEFAULT_NAME, *, queues: int = 1, vnet_header: bool = True) -> Tap:
    """Make a tap and open its queues. ``%d`` in the name stands for the lowest free number, which the kernel finds.

    ``vnet_header``: packets carry virtio's header, so that checksums and segmentation can be left to the hardware.

    :raises OperationFailedError: when a device of that name exists.
    :raises AccessDeniedError: without CAP_NET_ADMIN.
    """
    check_name(name.replace("%d", "0", 1))
    flags = _flags(queues, vnet_header, multi_queue=queues > 1)
    return _open(name, flags, queues, create=True)


def open_existing(name: str, *, queues: int = 1, vnet_header: bool = True) -> Tap:
    """Open the queues of a persistent tap that somebody else made, for instance with ``ip tuntap add``.

    Its owner (``user``) needs no privileges for that.

    :raises SystemCallError: with errno ENODEV when there is no such device.
    :raises ConfigUnsupportedError: when it is no tap, or was made for one queue and more are wanted.
    """
    device = links.get(name)
    if not is_tap(device):
        raise ConfigUnsupportedError(f"'{name}' is not a tap but of kind '{device.kind or 'hardware'}'")
    multi_queue = device.data.get(_IFLA_TUN_MULTI_QUEUE, b"\0") != b"\0"
    if queues > 1 and not multi_queue:
        raise ConfigUnsupportedError(
            f"tap '{name}' has one queue, and {queues} are wanted",
            hint=f"make it with 'ip tuntap add {name} mode tap multi_queue'",
        )
    return _open(name, _flags(queues, vnet_header, multi_queue=multi_queue), queues, create=False)


def is_tap(device: Link) -> bool:
    """Whether a link is a tap (and not a tun, which carries IP packets without Ethernet)."""
    return device.kind == "tun" and device.data.get(_IFLA_TUN_TYPE) == bytes((_TYPE_TAP,))


def host_mac(guest: str) -> str:
    """The MAC address of the host's side of a guest's NIC: the guest's with ``fe`` in front.

    A bridge takes over the lowest MAC of its ports; with ``fe`` it never is a guest's. The two have to differ, so
    that a guest's ``fe`` becomes ``fa`` (libvirt: virNetDevTapCreateInBridgePort).
    """
    guest = macs.parse(guest)
    return ("fa" if guest.startswith("fe") else "fe") + guest[2:]


def name_behind(fd: int) -> str | None:
    """The device that a tap's descriptor belongs to, ``None`` when the device is gone."""
    request = bytearray(_IFREQ.size)
    try:
        fcntl.ioctl(fd, TUNGETIFF, request)
    except OSError:
        return None
    return os.fsdecode(bytes(request[:16]).split(b"\0", 1)[0])


def attach_queue(fd: int, name: str, flags: int) -> str:
    """Tie a descriptor to a device's queue (TUNSETIFF); the device's name.

    :raises OSError: the kernel's refusal.
    """
    request = bytearray(_IFREQ.pack(os.fsencode(name), flags))
    fcntl.ioctl(fd, _TUNSETIFF, request)
    return os.fsdecode(bytes(request[:16]).split(b"\0", 1)[0])


def queue_flags(*, vnet_header: bool, multi_queue: bool) -> int:
    """The flags of a tap's queue for :func:`attach_queue`: whole Ethernet frames without a packet info header."""
    return _IFF_TAP | _IFF_NO_PI | (_IFF_VNET_HDR if vnet_header else 0) | (_IFF_MULTI_QUEUE if multi_queue else 0)


def _flags(queues: int, vnet_header: bool, *, multi_queue: bool) -> int:
    if not 1 <= queues <= _MAX_QUEUES:
        raise ConfigUnsupportedError(f"a tap has 1 to {_MAX_QUEUES} queues, not {queues}")
    return queue_flags(vnet_header=vnet_header, multi_queue=multi_queue)


def _open(name: str, flags: int, queues: int, *, create: bool) -> Tap:
    fds: list[int] = []
    with UndoStack() as undo:
        for queue in range(queues):
            try:
                fd = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
            except OSError as error:
                raise _no_device(error) from error
            undo.push(os.close, fd)
            fds.append(fd)
            # Only the first one creates: without EXCL it would silently take over what has that name.
            exclusive = _IFF_EXCL if create and queue == 0 else 0
            try:
                name = attach_queue(fd, name, flags | exclusive)
            except OSError as error:
                raise _failure(name, error, create=create and queue == 0) from error
    return Tap(name, tuple(fds))


def _no_device(error: OSError) -> VirtError:
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return system_error(f"open '{DEVICE}'", error, hint="load the kernel's module: modprobe tun")
    return links.failure(f"open '{DEVICE}'", error)


def _failure(name: str, error: OSError, *, create: bool) -> VirtError:
    if create:
        # EINVAL: the name is that of a device which is no tap; EBUSY: it is a tap.
        if error.errno == errno.EBUSY or (error.errno in (errno.EINVAL, errno.EEXIST) and links.find(name)):
            return OperationFailedError(
                f"cannot create tap '{name}': a device of that name exists", hint="managed='no' uses an existing tap"
            )
        if error.errno == errno.EPERM:
            return AccessDeniedError(
                f"cannot create tap '{name}': operation not permitted",
                hint="this needs root or CAP_NET_ADMIN; or let root make the tap once, 'ip tuntap add NAME mode tap "
                "user USER', and use it with managed='no'",
            )
        return links.failure(f"create tap '{name}'", error)
    if error.errno == errno.EBUSY:
        return OperationFailedError(f"cannot open tap '{name}': another process has it open")
    return links.failure(f"open tap '{name}'", error)
