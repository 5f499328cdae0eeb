"""UUIDs, kept as canonical text: ``c7a5fdbd-edaf-9455-926a-d65c16db1809``."""

from __future__ import annotations

import os

from pyvirt_util.errors import InvalidArgError

_HEX = frozenset("0123456789abcdefABCDEF")
_SPACE = " \t\n\v\f\r"


def new_uuid() -> str:
    """A random UUID (version 4)."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    return from_bytes(bytes(raw))


def parse(text: str) -> str:
    """Canonical text of a UUID as libvirt accepts it (virUUIDParse).

    32 hexadecimal digits of either case, with hyphens and spaces anywhere between the pairs and space around.

    :raises InvalidArgError: for anything else.
    """
    uuid = try_parse(text)
    if uuid is None:
        raise InvalidArgError(f"malformed uuid '{text}'")
    return uuid


def try_parse(text: str) -> str | None:
    """As :func:`parse`, with ``None`` for what is not a UUID."""
    if len(text) == 36 and is_canonical(text):
        return text
    digits = []
    pending = ""
    for char in text.strip(_SPACE):
        if char in _HEX:
            if pending:
                digits.append(pending + char)
                pending = ""
            else:
                pending = char
        elif pending or char not in "- ":
            return None
    if pending or len(digits) != 16:
        return None
    if text.rstrip(_SPACE)[-1:] == "-":  # libvirt allows nothing but space behind the last digit
        return None
    raw = "".join(digits).lower()
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def is_canonical(text: str) -> bool:
    """Whether the text is a UUID as pyvirt writes it: lower case, hyphens after 8, 12, 16 and 20 digits."""
    if len(text) != 36 or text[8] + text[13] + text[18] + text[23] != "----":
        return False
    return not text.replace("-", "", 4).strip("0123456789abcdef") and text.count("-") == 4


def is_plausible(uuid: str) -> bool:
    """Whether a host's UUID can be one: firmware without any gives the same byte throughout (virUUIDIsValid)."""
    raw = uuid.replace("-", "")
    return raw != raw[:2] * 16


def to_bytes(uuid: str) -> bytes:
    """The 16 bytes, in the order of the text."""
    return bytes.fromhex(parse(uuid).replace("-", ""))


def from_bytes(raw: bytes) -> str:
    """Canonical text of 16 bytes."""
    if len(raw) != 16:
        raise InvalidArgError(f"a uuid has 16 bytes, not {len(raw)}")
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
