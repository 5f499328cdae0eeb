"""The types of attributes and texts: how each is read from a string and written.

A field's annotation names its type: ``str``, an enumeration of libvirt's words (a ``StrEnum``), or one of the aliases
here (``U32``, ``YesNo``, ``Uuid``, ...), which type checkers see as plain ``int``, ``bool`` or ``str``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, cast

from pyvirt_conf.xml.reader import BadValue
from pyvirt_util import macs, uuids
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError
from pyvirt_util.units import unit_factor


class Scalar:
    """How one type is read and written.

    :param parse: from the string of the document; raises :class:`BadValue`.
    :param show: to text that needs no escaping; ``None`` where the value is a string to be escaped.
    """

    __slots__ = ("parse", "show")

    def __init__(self, parse: Callable[[str], Any], show: Callable[[Any], str] | None = None) -> None:
        self.parse = parse
        self.show = show


def plain(value: Any) -> str:
    """Numbers and words stand as they are; generated code inlines this one."""
    return str(value)


STRING = Scalar(str)


def words(kind: type[StrEnum]) -> Scalar:
    """An enumeration: its words, and a message listing them for any other."""
    table = {member.value: member for member in kind}

    def parse(text: str) -> StrEnum:
        try:
            return table[text]
        except KeyError:
            raise BadValue(f"unknown value '{text}', expected one of {', '.join(table)}") from None

    return Scalar(parse, plain)


_DECIMAL = re.compile(r"[ \t\n\r\f\v]*[+-]?[0-9]+").fullmatch
_ANY_BASE = re.compile(r"[ \t\n\r\f\v]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)").fullmatch
_HEX = re.compile(r"[ \t\n\r\f\v]*[+-]?(0[xX])?[0-9a-fA-F]+").fullmatch
_OCTAL = re.compile(r"[ \t\n\r\f\v]*[+-]?0?[0-7]+").fullmatch


def to_int(text: str, base: int = 10) -> int:
    """A number as C's strtol reads it, in base 10, 8, 16 or 0 (by prefix).

    :raises BadValue: it isn't one, or it has more digits than any number here may have.
    """
    if len(text) < 40:
        if base == 10:
            if _DECIMAL(text):
                return int(text)
        elif base == 0:
            if match := _ANY_BASE(text):
                digits = match[2]
                number = int(digits, 16 if digits[1:2] in "xX" and digits[1:2] else 8 if digits[0] == "0" else 10)
                return -number if match[1] == "-" else number
        elif base == 16:
            if _HEX(text):
                return int(text, 16)
        elif _OCTAL(text):
            return int(text, 8)
    raise BadValue(f"'{text[:60]}' is not a number")


def integer(low: int, high: int, *, base: int = 10, form: str = "") -> Scalar:
    """A number between bounds. ``form`` is how it's written when not plain: ``0x{:04x}``."""

    def parse(text: str) -> int:
        value = to_int(text, base)
        if low <= value <= high:
            return value
        raise BadValue(f"'{text}' is out of range, expected {low} to {high}")

    return Scalar(parse, form.format if form else plain)


def _choice(yes: str, no: str) -> Scalar:
    table = {yes: True, no: False}
    shown = {True: yes, False: no}

    def parse(text: str) -> bool:
        try:
            return table[text]
        except KeyError:
            raise BadValue(f"'{text}' is neither '{yes}' nor '{no}'") from None

    return Scalar(parse, shown.__getitem__)


def parse_uuid(text: str) -> str:
    """Canonical text of a UUID."""
    found = uuids.try_parse(text)
    if found is None:
        raise BadValue(f"'{text}' is not a UUID")
    return found


def parse_mac(text: str) -> str:
    """Canonical text of a MAC address."""
    found = macs.try_parse(text)
    if found is None:
        raise BadValue(f"'{text}' is not a MAC address")
    return found


def parse_bits(text: str) -> Bitmap:
    """A set of numbers: ``0-3,^2,8``."""
    return _bits(text, MAX_BIT)


def _bits(text: str, size: int) -> Bitmap:
    try:
        return Bitmap.parse(text, size)
    except InvalidArgError as error:
        raise BadValue(error.message, InvalidArgError) from None


def _some_bits(text: str) -> Bitmap:
    found = _bits(text, MAX_CPU)
    if not found:
        raise BadValue(f"'{text}' is the empty set", ConfigUnsupportedError)
    return found


MAX_BIT = 65536
"""No CPU or node number is larger; libvirt bounds most of its bitmaps at 16384 or below."""


MAX_CPU = 16384
"""Sets of CPUs and nodes that something is bound to go so far (VIR_DOMAIN_CPUMASK_LEN)."""


def scale(value: int, unit: str | None, default: int = 1) -> int:
    """Bytes of a value with its unit; ``default`` is the bytes per unit where none is given."""
    if not unit:
        return value * default
    try:
        return value * unit_factor(unit)
    except InvalidArgError as error:
        raise BadValue(error.message) from None


MAX_ULL = 2**64 - 1
MAX_LL = 2**63 - 1

I32 = Annotated[int, integer(-(2**31), 2**31 - 1)]
I64 = Annotated[int, integer(-(2**63), MAX_LL)]
U8 = Annotated[int, integer(0, 255)]
U16 = Annotated[int, integer(0, 65535)]
U32 = Annotated[int, integer(0, 2**32 - 1)]
U64 = Annotated[int, integer(0, MAX_ULL)]
Natural = Annotated[int, integer(0, 2**31 - 1)]
"""What libvirt keeps in an ``int`` that may not be negative."""
Positive = Annotated[int, integer(1, 2**32 - 1)]
U32Any = Annotated[int, integer(0, 2**32 - 1, base=0)]
"""Decimal, octal or hexadecimal by prefix, as C writes them."""
U64Any = Annotated[int, integer(0, MAX_ULL, base=0)]
YesNo = Annotated[bool, _choice("yes", "no")]
OnOff = Annotated[bool, _choice("on", "off")]
Uuid = Annotated[str, Scalar(parse_uuid)]
MacAddress = Annotated[str, Scalar(parse_mac)]
Bits = Annotated[Bitmap, Scalar(parse_bits, str)]
"""A set of CPU or node numbers."""

SomeBits = Annotated[Bitmap, Scalar(_some_bits, str)]
"""The same, with one at least."""

_words_cache: dict[type[StrEnum], Scalar] = {}


def scalar_of(kind: Any) -> Scalar:
    """The converter of an annotation that has been stripped of ``None``."""
    metadata = getattr(kind, "__metadata__", None)
    if metadata is not None:
        for item in metadata:
            if isinstance(item, Scalar):
                return item
    if kind is str:
        return STRING
    if kind is int:
        return cast(Scalar, U32.__metadata__[0])  # type: ignore[attr-defined]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        found = _words_cache.get(kind)
        if found is None:
            found = _words_cache[kind] = words(kind)
        return found
    raise TypeError(f"no converter for {kind!r}; bool fields say YesNo or OnOff")
