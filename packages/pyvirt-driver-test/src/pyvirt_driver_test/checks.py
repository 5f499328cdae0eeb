"""Flags that libvirt refuses before it looks at the domain."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError


def exclude(flags: int, first: tuple[int, str], second: tuple[int, str]) -> None:
    """Refuse two flags at once; each is given with the name users know it by."""
    if int(flags) & first[0] and int(flags) & second[0]:
        raise InvalidArgError(f"flags '{first[1]}' and '{second[1]}' are mutually exclusive")
