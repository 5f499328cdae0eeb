"""Checks of flags that every driver makes before it looks at anything else."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError


def allow_flags(flags: int, supported: int, function: str) -> None:
    """Refuse bits that a driver's ``function`` does not know (virCheckFlags); raises InvalidArgError."""
    unknown = int(flags) & ~int(supported)
    if unknown:
        raise InvalidArgError(f"unsupported flags (0x{unknown:x}) in function {function}")
