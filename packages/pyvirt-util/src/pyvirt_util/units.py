"""Sizes with units, as libvirt's documents and virsh write them."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError, NumberOverflowError

#: The largest value of an unsigned long long, what sizes in libvirt's API are.
U64_MAX = (1 << 64) - 1

_POWERS = {letter: power for power, letter in enumerate("kmgtpe", start=1)}
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def unit_factor(unit: str) -> int:
    """How many bytes one of the unit has. Case does not matter (virScaleInteger).

    ``b``, ``byte``, ``bytes``: 1. ``KB`` to ``EB``: powers of 1000. ``KiB`` to ``EiB`` and ``K`` to ``E``: of 1024.

    :raises InvalidArgError: for a unit that is none.
    """
    lower = unit.lower()
    if lower in ("b", "byte", "bytes"):
        return 1
    power = _POWERS.get(lower[:1])
    if power is not None and unit.isascii():
        rest = lower[1:]
        if rest in ("", "ib"):
            return 1 << (10 * power)
        if rest == "b":
            return int(1000**power)
    raise InvalidArgError(f"unknown suffix '{unit}'")


def scale(value: int, unit: str | None, *, default: int = 1, limit: int = U64_MAX) -> int:
    """A value of some unit in bytes; ``default`` is the factor where there is no unit (virScaleInteger).

    :raises NumberOverflowError: when the result is beyond ``limit``.
    :raises InvalidArgError: for an unknown unit.
    """
    result = value * (unit_factor(unit) if unit else default)
    if result > limit:
        raise NumberOverflowError(f"value too large: {value}{unit or ''}")
    return result


def parse_size(text: str, *, default: int = 1, limit: int = U64_MAX) -> int:
    """Bytes of a text such as ``10G``, ``512 MiB`` or ``4096``; ``default`` is the factor where there is no unit.

    :raises InvalidArgError: when it does not start with a number, or the unit is unknown.
    :raises NumberOverflowError: when the result is beyond ``limit``.
    """
    stripped = text.strip()
    end = 0
    while end < len(stripped) and stripped[end] in "0123456789":
        end += 1
    if end == 0 or end > 4000:
        raise InvalidArgError(f"malformed size '{text}'")
    return scale(int(stripped[:end]), stripped[end:].strip(), default=default, limit=limit)


def to_kib(size: int) -> int:
    """Bytes as KiB, rounded up, as libvirt does for memory."""
    return -(-size // 1024)


def format_size(size: int) -> str:
    """Bytes for people, two decimals, binary units, as virsh shows capacities: ``20.00 GiB``."""
    value = float(size)
    for unit in _BINARY_UNITS[:-1]:
        if value < 1024:
            return f"{value:.2f} {unit}"
        value /= 1024
    return f"{value:.2f} {_BINARY_UNITS[-1]}"
