"""What an attribute of a rule can hold: a variable, or a number, name, address, mask or set of flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Flag
from typing import Annotated, Any, NamedTuple

from pyvirt_conf.xml import BadValue, Scalar
from pyvirt_conf.xml.scalars import parse_mac, to_int

MAX_ITERATOR = 1000


class Variable(NamedTuple):
    """``$NAME``: the values of a filter's variable, one rule for each.

    ``$A[@1]`` takes the values in step with others of iterator 1 (``$A`` is ``$A[@0]``), ``$A[3]`` is one of them.
    """

    name: str
    iterator: int = 0
    element: int | None = None

    def __str__(self) -> str:
        if self.element is not None:
            return f"${self.name}[{self.element}]"
        return f"${self.name}[@{self.iterator}]" if self.iterator else f"${self.name}"


class Hex(int):
    """A number the document gave in hexadecimal, which it keeps."""

    def __str__(self) -> str:
        return f"0x{int(self):x}"

    __repr__ = __str__


_VARIABLE = re.compile(r"\$([a-zA-Z0-9_]+)(?:\[ *(@?)([0-9]{1,9}) *\] *)?").fullmatch


def parse_variable(text: str) -> Variable:
    """A reference to a variable, with its dollar sign."""
    found = _VARIABLE(text)
    if found is None:
        raise BadValue(f"'{text}' is not a variable, expected $NAME, $NAME[@ITERATOR] or $NAME[INDEX]")
    name, iterates, number = found.groups()
    if number is None:
        return Variable(name)
    if not iterates:
        return Variable(name, element=int(number))
    if int(number) > MAX_ITERATOR:
        raise BadValue(f"iterator {number} of variable '{name}' is too large, at most {MAX_ITERATOR}")
    return Variable(name, int(number))


def _value(parse: Callable[[str], Any], show: Callable[[Any], str] = str) -> Scalar:
    """A value of some type, or a variable that stands for it."""

    def read(text: str) -> Any:
        return parse_variable(text) if text.startswith("$") else parse(text)

    def write(value: Any) -> str:
        return str(value) if isinstance(value, Variable) else show(value)

    return Scalar(read, write)


def _number(high: int, *, low: int = 0, names: Mapping[str, int] | None = None, hexadecimal: bool = True) -> Scalar:
    """A number, decimal or else hexadecimal with or without 0x, or one of the names."""
    known = {name.lower(): value for name, value in (names or {}).items()}
    shown = {value: name for name, value in (names or {}).items()}

    def parse(text: str) -> int:
        for base, kind in ((10, int), (16, Hex)) if hexadecimal else ((10, int),):
            try:
                value = to_int(text, base)
            except BadValue:
                continue
            if low <= value <= high:
                return kind(value)
        if text.lower() in known:
            return known[text.lower()]
        expected = f"{low} to {high}" + (f" or one of {', '.join(names)}" if names else "")
        raise BadValue(f"illegal value '{text}', expected {expected}")

    return _value(parse, lambda value: shown.get(value) or str(value))


ETHER_TYPES = {"arp": 0x0806, "rarp": 0x8035, "ipv4": 0x0800, "ipv6": 0x86DD, "vlan": 0x8100}
"""Names of protocols above Ethernet (linux/if_ether.h)."""

IP_PROTOCOLS = {
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "esp": 50,
    "ah": 51,
    "icmp": 1,
    "igmp": 2,
    "sctp": 132,
    "icmpv6": 58,
}
"""Names of protocols above IP (IANA)."""

ARP_OPCODES = {
    "Request": 1,
    "Reply": 2,
    "Request_Reverse": 3,
    "Reply_Reverse": 4,
    "DRARP_Request": 5,
    "DRARP_Reply": 6,
    "DRARP_Error": 7,
    "InARP_Request": 8,
    "ARP_NAK": 9,
}
"""ebtables' names of ARP operations."""


_OPCODE = _number(0xFFFF, names=ARP_OPCODES)


def _contiguous(value: int, bits: int) -> bool:
    """Whether a mask is ones, then zeroes."""
    inverse = value ^ ((1 << bits) - 1)
    return inverse & (inverse + 1) == 0


def _mac_mask(text: str) -> str:
    mask = parse_mac(text)
    if not _contiguous(int(mask.replace(":", ""), 16), 48):
        raise BadValue(f"'{text}' is not a mask, expected ones followed by zeroes")
    return mask


def _packed(text: str, version: int) -> bytes:
    import socket

    try:
        if version == 6:
            return socket.inet_pton(socket.AF_INET6, text)
        if any(c.isspace() for c in text):
            raise OSError
        return socket.inet_aton(text)
    except (OSError, UnicodeError, ValueError):
        raise BadValue(f"'{text}' is not an IPv{version} address") from None


def _address(version: int) -> Scalar:
    def parse(text: str) -> str:
        import socket

        return socket.inet_ntop(socket.AF_INET6 if version == 6 else socket.AF_INET, _packed(text, version))

    return _value(parse)


def _mask(version: int) -> Scalar:
    """The length of a prefix, given as such or as a mask."""
    bits = 128 if version == 6 else 32

    def parse(text: str) -> int:
        try:
            length = to_int(text, 10)
        except BadValue:
            mask = int.from_bytes(_packed(text, version), "big")
            if not _contiguous(mask, bits):
                raise BadValue(f"'{text}' is not a mask, expected ones followed by zeroes") from None
            return mask.bit_count()
        if not 0 <= length <= bits:
            raise BadValue(f"'{text}' is out of range, expected 0 to {bits}")
        return length

    return _value(parse)


class ConnectionState(Flag):
    """States of a connection as netfilter tracks it."""

    NEW = 2
    ESTABLISHED = 4
    RELATED = 8
    INVALID = 16
    NONE = 32
    """States are of no concern; excludes the others."""


class TcpFlag(Flag):
    """Flags of a TCP header."""

    NONE = 0
    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16
    URG = 32
    ALL = 63


def _flags(text: str, kind: type[Flag]) -> Any:
    found = kind(0)
    for word in re.split(r"[\s,]+", text.strip(", \t\n")):
        if word:
            member = kind.__members__.get(word.upper())
            if member is None:
                raise BadValue(f"unknown flag '{word}', expected some of {', '.join(kind.__members__)}")
            found |= member
    return found


def _listed(flags: Flag) -> str:
    kind = type(flags)
    if flags in list(kind.__members__.values()):
        return next(name for name, member in kind.__members__.items() if member == flags)
    return ",".join(str(member.name) for member in kind if member in flags)


class TcpFlags(NamedTuple):
    """The flags looked at, and which of them must be set."""

    mask: TcpFlag
    flags: TcpFlag

    def __str__(self) -> str:
        return f"{_listed(self.mask)}/{_listed(self.flags)}"


def _tcp_flags(text: str) -> TcpFlags:
    mask, slash, flags = text.partition("/")
    if not slash:
        raise BadValue(f"illegal value '{text}', expected MASK/FLAGS")
    return TcpFlags(_flags(mask, TcpFlag), _flags(flags, TcpFlag))


def _state(text: str) -> ConnectionState:
    found: ConnectionState = _flags(text, ConnectionState)
    return ConnectionState.NONE if ConnectionState.NONE in found else found


_IPSET = re.compile(r"[a-zA-Z0-9_.:+ -]{0,31}").fullmatch
_IPSET_FLAGS = re.compile(r"(src|dst)(,(src|dst)){0,5}").fullmatch


def _ipset(text: str) -> str:
    if not _IPSET(text):
        raise BadValue(f"'{text}' is not the name of an IP set, expected at most 31 letters, digits or one of _.:-+ ")
    return text


def _ipset_flags(text: str) -> str:
    if not _IPSET_FLAGS(text.lower()):
        raise BadValue(f"illegal value '{text}', expected up to six times src or dst, separated by commas")
    return text.lower()


def _boolean(text: str) -> bool:
    if text in ("true", "1", "yes"):
        return True
    if text in ("false", "0", "no"):
        return False
    raise BadValue(f"'{text}' is neither true nor false")


MAX_COMMENT = 256

Mac = Annotated[str | Variable, _value(parse_mac)]
MacMask = Annotated[str | Variable, _value(_mac_mask)]
Ipv4Address = Annotated[str | Variable, _address(4)]
Ipv6Address = Annotated[str | Variable, _address(6)]
Ipv4Mask = Annotated[int | Variable, _mask(4)]
Ipv6Mask = Annotated[int | Variable, _mask(6)]
Number8 = Annotated[int | Variable, _number(0xFF)]
Number16 = Annotated[int | Variable, _number(0xFFFF)]
Number32 = Annotated[int | Variable, _number(0xFFFFFFFF)]
Decimal16 = Annotated[int | Variable, _number(0xFFFF, hexadecimal=False)]
EtherType = Annotated[int | Variable, _number(0xFFFF, low=0x600, names=ETHER_TYPES)]
VlanType = Annotated[int | Variable, _number(0xFFFF, low=0x3C, names=ETHER_TYPES)]
VlanId = Annotated[int | Variable, _number(4095)]
IpProtocol = Annotated[int | Variable, _number(0xFF, names=IP_PROTOCOLS)]
ArpOpcode = Annotated[int | Variable, _value(lambda text: int(_OPCODE.parse(text)), _OPCODE.show or str)]
Dscp = Annotated[int | Variable, _number(63)]
State = Annotated[ConnectionState | Variable, _value(_state, _listed)]
TcpFlagsMatch = Annotated[TcpFlags | Variable, _value(_tcp_flags)]
IpSet = Annotated[str | Variable, _value(_ipset)]
IpSetFlags = Annotated[str | Variable, _value(_ipset_flags)]
Boolean = Annotated[bool | Variable, _value(_boolean, lambda value: "true" if value else "false")]
Comment = Annotated[str | Variable, _value(lambda text: text[:MAX_COMMENT])]
