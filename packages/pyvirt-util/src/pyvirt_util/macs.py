"""MAC addresses, kept as canonical text: ``52:54:00:12:34:56``."""

from __future__ import annotations

import os

from pyvirt_util.errors import InvalidMacError

#: Prefixes that hypervisors use for guests they give an address to.
KVM_PREFIX = "52:54:00"
XEN_PREFIX = "00:16:3e"
VMWARE_PREFIX = "00:0c:29"
VIRTUALBOX_PREFIX = "08:00:27"

_HEX = frozenset("0123456789abcdefABCDEF")


def parse(text: str) -> str:
    """Canonical text of a MAC address as libvirt accepts it (virMacAddrParse).

    Six groups of one or two hexadecimal digits of either case, separated by colons; what follows a space is ignored.

    :raises InvalidMacError: for anything else.
    """
    mac = try_parse(text)
    if mac is None:
        raise InvalidMacError(f"malformed mac address '{text}'")
    return mac


def try_parse(text: str) -> str | None:
    """As :func:`parse`, with ``None`` for what is not a MAC address."""
    if len(text) > 17:
        end = next((place for place, char in enumerate(text) if char <= " "), len(text))
        text = text[:end]
    groups = text.split(":")
    if len(groups) != 6:
        return None
    for group in groups:
        if not 1 <= len(group) <= 2 or not _HEX.issuperset(group):
            return None
    if len(text) != 17:
        text = ":".join(group.zfill(2) for group in groups)
    return text.lower()


def parse_hex(text: str) -> str:
    """Canonical text of twelve hexadecimal digits without separators (virMacAddrParseHex).

    :raises InvalidMacError: for anything else.
    """
    if len(text) != 12 or not _HEX.issuperset(text):
        raise InvalidMacError(f"malformed mac address '{text}'")
    return from_bytes(bytes.fromhex(text))


def new_mac(prefix: str = KVM_PREFIX) -> str:
    """A random address below a prefix of one to five groups (virMacAddrGenerate takes three)."""
    groups = prefix.lower().split(":")
    if not 1 <= len(groups) <= 5 or any(len(group) != 2 or not _HEX.issuperset(group) for group in groups):
        raise InvalidMacError(f"malformed mac address prefix '{prefix}'")
    groups += [f"{byte:02x}" for byte in os.urandom(6 - len(groups))]
    return ":".join(groups)


def is_multicast(mac: str) -> bool:
    """Whether the address names a group, the broadcast address included."""
    return bool(int(parse(mac)[:2], 16) & 1)


def is_local(mac: str) -> bool:
    """Whether the address was given locally, without an assignment by the IEEE."""
    return bool(int(parse(mac)[:2], 16) & 2)


def to_bytes(mac: str) -> bytes:
    """The 6 bytes."""
    return bytes.fromhex(parse(mac).replace(":", ""))


def from_bytes(raw: bytes) -> str:
    """Canonical text of 6 bytes."""
    if len(raw) != 6:
        raise InvalidMacError(f"a mac address has 6 bytes, not {len(raw)}")
    return raw.hex(":")
