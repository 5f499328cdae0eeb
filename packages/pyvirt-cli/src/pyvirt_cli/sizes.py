"""Memory and storage sizes on the command line."""

from __future__ import annotations


def kib(text: str) -> int:
    """Memory in KiB from ``512M``, ``2GiB`` or a plain number, which is KiB as in virsh."""
    from pyvirt_util.units import parse_size, to_kib

    return to_kib(parse_size(text, default=1024))


def size(text: str) -> int:
    """Bytes from ``10G`` or a plain number, which is bytes."""
    from pyvirt_util.units import parse_size

    return parse_size(text)
