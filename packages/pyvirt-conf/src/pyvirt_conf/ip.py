"""IP addresses, kept as the text that inet_ntop gives: ``192.168.122.1``, ``2001:db8::1``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pyvirt_conf.xml import BadValue, Scalar
from pyvirt_util.errors import XmlError

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


class AddressFamily(StrEnum):
    """Versions of IP."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


def _canonical(text: str, *, v6: bool) -> str | None:
    import socket

    family = socket.AF_INET6 if v6 else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, text))
    except (OSError, ValueError):
        return None


def parse_ip(text: str) -> str:
    """Canonical text of an address of either version."""
    found = _canonical(text, v6=":" in text)
    if found is None:
        raise BadValue(f"'{text}' is not an IP address")
    return found


def parse_ipv4(text: str) -> str:
    """Canonical text of an IPv4 address."""
    found = _canonical(text, v6=False)
    if found is None:
        raise BadValue(f"'{text}' is not an IPv4 address")
    return found


IpAddress = Annotated[str, Scalar(parse_ip)]
Ipv4Address = Annotated[str, Scalar(parse_ipv4)]


def version(address: str) -> int:
    """4 or 6."""
    return 6 if ":" in address else 4


def subnet(address: str, prefix: int) -> IPv4Network | IPv6Network:
    """The network an address is in."""
    from ipaddress import ip_network

    return ip_network(f"{address}/{prefix}", strict=False)


def check_order(start: str, end: str) -> None:
    """Whether two addresses of one family are a range libvirt takes (virSocketAddrGetRange).

    :raises XmlError: it's reversed, or they differ in more than the last 16 bits.
    """
    from ipaddress import ip_address

    low, high = int(ip_address(start)), int(ip_address(end))
    if high < low:
        raise XmlError(f"range {start} - {end} is reversed")
    if low >> 16 != high >> 16:
        raise XmlError(f"range {start} - {end} is too large, only the last 16 bits may differ")


def mask_bits(netmask: str) -> int | None:
    """The length of the prefix a netmask stands for; ``None`` when its ones aren't the leading bits."""
    from ipaddress import IPv4Address

    value = int(IPv4Address(netmask))
    bits = value.bit_count()
    return bits if value == (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF else None


def natural_prefix(address: str) -> int:
    """The length of the prefix where none is given: by class for IPv4, 64 for IPv6 (virSocketAddrGetIPPrefix).

    :raises BadValue: the address is of no class that has one.
    """
    if version(address) == 6:
        return 64
    first = int(address.partition(".")[0])
    if first < 0x80:
        return 8
    if first < 0xC0:
        return 16
    if first < 0xE0:
        return 24
    raise BadValue(f"'{address}' has no natural prefix")
