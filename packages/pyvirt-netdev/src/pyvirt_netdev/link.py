"""Links, as rtnetlink calls network devices: what they are and their common settings.

Everything here goes through netlink and so is about the network namespace of the calling thread; ``/sys`` shows the
namespace of whoever mounted it. Source: rtnetlink(7), include/uapi/linux/if_link.h.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import NamedTuple

from pyvirt_netdev import netlink
from pyvirt_netdev.names import check_name
from pyvirt_util import macs
from pyvirt_util.errors import AccessDeniedError, VirtError, system_error

IFF_UP = 0x1
_IFF_ALLMULTI = 0x200

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_LINK = 1, 3, 4, 5
_IFLA_MASTER, _IFLA_OPERSTATE, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 10, 16, 18, 28
_IFLA_EXT_MASK = 29
_IFLA_INFO_KIND, _IFLA_INFO_DATA = 1, 2
_SKIP_STATISTICS = 1 << 3

IFINFO = struct.Struct("=BxHiII")
"""struct ifinfomsg: family, device type, index, flags, which flags to change."""
_OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")


class Link(NamedTuple):
    """A network device as the kernel described it at one moment.

    ``kind`` is the type in rtnetlink's words (``bridge``, ``tun``, ``macvtap``, ``veth``), empty for hardware;
    ``master`` the index of the bridge or bond it is a port of and ``lower`` that of the device below it, 0 without one;
    ``operstate`` the word that ``/sys/class/net/NAME/operstate`` has; ``data`` the attributes of its kind, undecoded.
    """

    ifindex: int
    name: str
    mac: str | None
    mtu: int
    up: bool
    kind: str
    master: int
    lower: int
    operstate: str
    data: dict[int, bytes]


def find(name: str) -> Link | None:
    """The link of that name, ``None`` when there is none."""
    check_name(name)
    body = IFINFO.pack(0, 0, 0, 0, 0) + netlink.text(_IFLA_IFNAME, name)
    return _ask(body, f"'{name}'")


def get(name: str) -> Link:
    """The link of that name.

    :raises SystemCallError: with errno ENODEV when there is none.
    """
    link = find(name)
    if link is None:
        raise system_error(f"find network device '{name}'", OSError(errno.ENODEV, os.strerror(errno.ENODEV)))
    return link


def at(index: int) -> Link | None:
    """The link with that index, ``None`` when there is none."""
    return _ask(IFINFO.pack(0, 0, index, 0, 0), f"with index {index}")


def all_links() -> list[Link]:
    """All links of the network namespace."""
    body = IFINFO.pack(0, 0, 0, 0, 0) + netlink.u32(_IFLA_EXT_MASK, _SKIP_STATISTICS)
    try:
        with netlink.Rtnetlink() as socket:
            return [decode(answer) for answer in socket.dump(netlink.RTM_GETLINK, body)]
    except OSError as error:
        raise failure("list network devices", error) from error


def set_mac(link: Link, mac: str) -> None:
    """Give the device another MAC address."""
    _change(link, netlink.attribute(_IFLA_ADDRESS, macs.to_bytes(mac)), f"set MAC address of '{link.name}' to {mac}")


def set_mtu(link: Link, mtu: int) -> None:
    """Set the largest packet, in bytes."""
    _change(link, netlink.u32(_IFLA_MTU, mtu), f"set MTU of '{link.name}' to {mtu}")


def set_up(link: Link, up: bool = True) -> None:
    """Take the device into service, or out of it."""
    _change(link, b"", f"set '{link.name}' {'up' if up else 'down'}", IFF_UP if up else 0, IFF_UP)


def set_all_multicast(link: Link, on: bool = True) -> None:
    """Let the device take frames to all groups, or only to those that it was told of."""
    _change(link, b"", f"set all-multicast of '{link.name}'", _IFF_ALLMULTI if on else 0, _IFF_ALLMULTI)


def set_master(link: Link, master: Link | None) -> None:
    """Make the device a port of a bridge, or with ``None`` of none."""
    where = f"attach '{link.name}' to '{master.name}'" if master else f"detach '{link.name}' from its bridge"
    _change(link, netlink.u32(_IFLA_MASTER, master.ifindex if master else 0), where)


def set_name(link: Link, name: str) -> None:
    """Rename the device; most have to be down for that."""
    _change(link, netlink.text(_IFLA_IFNAME, check_name(name)), f"rename '{link.name}' to '{name}'")


def move(link: Link, namespace_fd: int) -> None:
    """Move the device to the network namespace behind a descriptor (``/proc/PID/ns/net``); it comes up there down."""
    _change(link, netlink.u32(_IFLA_NET_NS_FD, namespace_fd), f"move '{link.name}' to another network namespace")


def set_attributes(link: Link, attributes: bytes, action: str) -> None:
    """Send further attributes of one link; ``action`` says what for, in errors."""
    _change(link, attributes, action)


def create(attributes: bytes, action: str) -> None:
    """Make a link from its attributes.

    :raises SystemCallError: with errno EEXIST when the name is taken.
    """
    body = IFINFO.pack(0, 0, 0, 0, 0) + attributes
    _send(netlink.RTM_NEWLINK, body, action, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)


def delete(index: int, name: str) -> bool:
    """Delete a link; ``False`` when there is none (any more)."""
    try:
        with netlink.Rtnetlink() as socket:
            socket.request(netlink.RTM_DELLINK, IFINFO.pack(0, 0, index, 0, 0))
    except OSError as error:
        if error.errno == errno.ENODEV:
            return False
        raise failure(f"delete network device '{name}'", error) from error
    return True


def failure(action: str, error: OSError) -> VirtError:
    """What the kernel refused, as an error of ours that says what is needed where it is a matter of rights."""
    if error.errno in (errno.EPERM, errno.EACCES):
        return AccessDeniedError(
            f"cannot {action}: {(error.strerror or str(error)).lower()}",
            hint="changing network devices needs root or the capability CAP_NET_ADMIN in the network namespace",
        )
    return system_error(action, error)


def decode(answer: bytes) -> Link:
    """The link of an RTM_NEWLINK message's payload."""
    _family, _type, index, flags, _change = IFINFO.unpack_from(answer)
    name, mac, mtu, kind, master, lower, operstate = "", None, 0, "", 0, 0, 0
    data: dict[int, bytes] = {}
    for number, value in netlink.attributes(answer[IFINFO.size :]):
        if number == _IFLA_IFNAME:
            name = os.fsdecode(bytes(value).rstrip(b"\0"))
        elif number == _IFLA_ADDRESS:
            mac = bytes(value).hex(":") or None
        elif number == _IFLA_MTU:
            mtu = _number(value)
        elif number == _IFLA_MASTER:
            master = _number(value)
        elif number == _IFLA_LINK:
            lower = _number(value)
        elif number == _IFLA_OPERSTATE:
            operstate = value[0]
        elif number == _IFLA_LINKINFO:
            for member, content in netlink.attributes(value):
                if member == _IFLA_INFO_KIND:
                    kind = bytes(content).rstrip(b"\0").decode()
                elif member == _IFLA_INFO_DATA:
                    data = {key: bytes(item) for key, item in netlink.attributes(content)}
    word = _OPERSTATES[operstate] if operstate < len(_OPERSTATES) else "unknown"
    return Link(index, name, mac, mtu, bool(flags & IFF_UP), kind, master, lower, word, data)


def ask(name: str, mask: int) -> bytes:
    """The raw description of one link, with what ``mask`` (RTEXT_FILTER_*) adds; parse it with netlink.attributes.

    :raises SystemCallError: with errno ENODEV when there is none.
    """
    body = IFINFO.pack(0, 0, 0, 0, 0) + netlink.text(_IFLA_IFNAME, check_name(name))
    body += netlink.u32(_IFLA_EXT_MASK, mask | _SKIP_STATISTICS)
    try:
        with netlink.Rtnetlink() as socket:
            return socket.request(netlink.RTM_GETLINK, body)[0][IFINFO.size :]
    except OSError as error:
        raise failure(f"read network device '{name}'", error) from error


def _number(value: memoryview) -> int:
    number: int = struct.unpack_from("=I", value)[0]
    return number


def _ask(body: bytes, what: str) -> Link | None:
    body += netlink.u32(_IFLA_EXT_MASK, _SKIP_STATISTICS)
    try:
        with netlink.Rtnetlink() as socket:
            return decode(socket.request(netlink.RTM_GETLINK, body)[0])
    except OSError as error:
        if error.errno == errno.ENODEV:
            return None
        raise failure(f"find network device {what}", error) from error


def _change(link: Link, attributes: bytes, action: str, flags: int = 0, mask: int = 0) -> None:
    _send(netlink.RTM_NEWLINK, IFINFO.pack(0, 0, link.ifindex, flags, mask) + attributes, action, 0)


def _send(kind: int, body: bytes, action: str, flags: int) -> None:
    try:
        with netlink.Rtnetlink() as socket:
            socket.request(kind, body, flags)
    except OSError as error:
        raise failure(action, error) from error
