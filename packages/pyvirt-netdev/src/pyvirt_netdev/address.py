"""IP addresses and routes of the host's devices.

Sources: rtnetlink(7), the kernel's include/uapi/linux/{if_addr,rtnetlink}.h; libvirt: virnetdevip.c.
"""

from __future__ import annotations

import errno
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface
from typing import NamedTuple

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink
from pyvirt_util.errors import InvalidArgError, OperationFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from pyvirt_netdev.link import Link

    Ip: TypeAlias = IPv4Address | IPv6Address

_NEWADDR, _DELADDR, _GETADDR, _NEWROUTE, _DELROUTE, _GETROUTE = 20, 21, 22, 24, 25, 26
_IFADDR, _RTMSG = struct.Struct("=BBBBI"), struct.Struct("=BBBBBBBBI")
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST = 1, 2, 4
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 4, 5, 6
_AF_INET, _AF_INET6 = 2, 10
_TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _UNICAST = 254, 4, 0, 1


class InterfaceAddress(NamedTuple):
    """An address of a device: ``192.0.2.1``, the length of its network's prefix, and the other end of a link of two."""

    address: str
    prefix: int
    peer: str | None = None


class InterfaceRoute(NamedTuple):
    """A route through a device: to where, by whom (``None`` for neighbours), and how dear (0: not set)."""

    address: str
    prefix: int
    gateway: str | None
    metric: int = 0


def add_address(link: Link, address: str, prefix: int | None = None, peer: str | None = None) -> None:
    """Give a device an address; ``prefix`` by default follows from it (:func:`default_prefix`).

    IPv4 networks get their broadcast address. An address that the device has already is no error.

    :raises InvalidArgError: for what is no address. :raises SystemCallError: with errno, what the kernel refuses.
    """
    action = f"add address {address} to '{link.name}'"
    _send(_NEWADDR, _address_message(link, address, prefix, peer), action, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)


def remove_address(link: Link, address: str, prefix: int | None = None, peer: str | None = None) -> bool:
    """Take an address off; ``False`` when the device has no such address."""
    message = _address_message(link, address, prefix, peer)
    return _send(_DELADDR, message, f"remove address {address} from '{link.name}'")


def get_addresses(link: Link) -> list[InterfaceAddress]:
    """All addresses of a device, in the kernel's order."""
    found = []
    for answer in _dump(_GETADDR, _IFADDR.pack(0, 0, 0, 0, 0), f"list addresses of '{link.name}'"):
        _family, prefix, _flags, _scope, index = _IFADDR.unpack_from(answer)
        if index != link.ifindex:
            continue
        values = {kind: str(_parse(value)) for kind, value in netlink.attributes(answer[_IFADDR.size :]) if kind < 3}
        other = values.get(_IFA_ADDRESS, "")
        own = values.get(_IFA_LOCAL, other)
        found.append(InterfaceAddress(own, prefix, other if other != own else None))
    return found


def add_route(link: Link, address: str, gateway: str, prefix: int | None = None, metric: int | None = None) -> None:
    """Reach a network by a gateway on this device.

    ``prefix`` by default follows from the address, and is 0 for ``0.0.0.0`` and ``::``: everything.
    """
    action = f"add route to {address} by {gateway} on '{link.name}'"
    body = _route_message(link, address, gateway, prefix, metric)
    _send(_NEWROUTE, body, action, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)


def remove_route(link: Link, address: str, gateway: str, prefix: int | None = None, metric: int | None = None) -> bool:
    """Take a route away; ``False`` when there is no such route."""
    body = _route_message(link, address, gateway, prefix, metric)
    return _send(_DELROUTE, body, f"remove route to {address} by {gateway} on '{link.name}'")


def get_routes(link: Link) -> list[InterfaceRoute]:
    """The routes of the main table through a device."""
    found = []
    for answer in _dump(_GETROUTE, _RTMSG.pack(0, 0, 0, 0, 0, 0, 0, 0, 0), f"list routes of '{link.name}'"):
        family, prefix, _source, _tos, table, _protocol, _scope, kind, _flags = _RTMSG.unpack_from(answer)
        values = {number: bytes(value) for number, value in netlink.attributes(answer[_RTMSG.size :])}
        through = struct.unpack("=I", values[_RTA_OIF])[0] if _RTA_OIF in values else 0
        if table != _TABLE_MAIN or through != link.ifindex or kind != _UNICAST or family not in (_AF_INET, _AF_INET6):
            continue
        nowhere = "0.0.0.0" if family == _AF_INET else "::"
        to = str(_parse(values[_RTA_DST])) if _RTA_DST in values else nowhere
        gateway = str(_parse(values[_RTA_GATEWAY])) if _RTA_GATEWAY in values else None
        metric = struct.unpack("=I", values[_RTA_PRIORITY])[0] if _RTA_PRIORITY in values else 0
        found.append(InterfaceRoute(to, prefix, gateway, metric))
    return found


def default_prefix(address: str) -> int:
    """The prefix of an address that has none: that of its class, 64 for IPv6 (libvirt: virSocketAddrGetIPPrefix)."""
    found = _ip(address)
    if isinstance(found, IPv6Address):
        return 64
    first = found.packed[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def _ip(text: str) -> Ip:
    try:
        return ip_address(text)
    except ValueError:
        raise InvalidArgError(f"'{text}' is not an IP address") from None


def _parse(value: bytes | memoryview) -> Ip:
    return ip_address(bytes(value))


def _address_message(link: Link, address: str, prefix: int | None, peer: str | None) -> bytes:
    own = _ip(address)
    length = default_prefix(address) if prefix is None else prefix
    if not 0 <= length <= own.max_prefixlen:
        raise InvalidArgError(f"prefix {length} of '{address}' is not between 0 and {own.max_prefixlen}")
    body = _IFADDR.pack(_family(own), length, 0, 0, link.ifindex)
    body += netlink.attribute(_IFA_LOCAL, own.packed)
    body += netlink.attribute(_IFA_ADDRESS, _ip(peer).packed if peer is not None else own.packed)
    if isinstance(own, IPv4Address) and peer is None and length < own.max_prefixlen - 1:
        network = ip_interface(f"{own}/{length}").network
        body += netlink.attribute(_IFA_BROADCAST, network.broadcast_address.packed)
    return body


def _route_message(link: Link, address: str, gateway: str, prefix: int | None, metric: int | None) -> bytes:
    to, by = _ip(address), _ip(gateway)
    if to.version != by.version:
        raise InvalidArgError(f"gateway '{gateway}' is of another family than '{address}'")
    length = prefix if prefix is not None else 0 if not int(to) else default_prefix(address)
    if not 0 <= length <= to.max_prefixlen:
        raise InvalidArgError(f"prefix {length} of '{address}' is not between 0 and {to.max_prefixlen}")
    body = _RTMSG.pack(_family(to), length, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _UNICAST, 0)
    if length:
        body += netlink.attribute(_RTA_DST, ip_interface(f"{to}/{length}").network.network_address.packed)
    body += netlink.attribute(_RTA_GATEWAY, by.packed) + netlink.u32(_RTA_OIF, link.ifindex)
    if metric:
        body += netlink.u32(_RTA_PRIORITY, metric)
    return body


def _family(address: Ip) -> int:
    return _AF_INET if isinstance(address, IPv4Address) else _AF_INET6


def _dump(kind: int, body: bytes, action: str) -> list[bytes]:
    try:
        with netlink.Rtnetlink() as socket:
            return socket.dump(kind, body)
    except OSError as error:
        raise links.failure(action, error) from error


def _send(kind: int, body: bytes, action: str, flags: int = 0) -> bool:
    """Whether there was something to do."""
    try:
        with netlink.Rtnetlink() as socket:
            socket.request(kind, body, flags)
    except OSError as error:
        if error.errno == errno.EEXIST or (not flags and error.errno in (errno.EADDRNOTAVAIL, errno.ESRCH)):
            return False
        if error.errno == errno.ENETUNREACH:
            raise OperationFailedError(f"cannot {action}: the gateway cannot be reached through it") from error
        raise links.failure(action, error) from error
    return True
