"""Names of vendors and products, from the lists that pciutils and usbutils use (``pci.ids``, ``usb.ids``).

A vendor's line begins with four hexadecimal digits and two blanks, a product's with a tab before them.
Source: https://pci-ids.ucw.cz and http://www.linux-usb.org/usb-ids.html.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEXT_VENDOR = re.compile(rb"\n[^\t#\n]")


def names_of(folders: Iterable[str], file: str, vendor: int, product: int) -> tuple[str | None, str | None]:
    """A vendor's and a product's name; ``None`` for what is not listed, and where there is no list.

    :param folders: where the list may be; the first one counts.
    :param file: its name; it may be compressed (``pci.ids.gz``).
    """
    for folder in folders:
        for path in (f"{folder}/{file}", f"{folder}/{file}.gz"):
            try:
                status = os.stat(path)
                data = _load(path, status.st_ino, status.st_mtime_ns)
            except OSError:
                continue
            return _search(data, vendor, product)
    return None, None


@lru_cache(maxsize=2)
def _load(path: str, inode: int, modified: int) -> bytes:
    """A list's bytes; inode and time tell one version from another."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".gz"):
        import gzip

        data = gzip.decompress(data)
    return b"\n" + data


def _search(data: bytes, vendor: int, product: int) -> tuple[str | None, str | None]:
    start = data.find(f"\n{vendor:04x}  ".encode())
    if start < 0:
        return None, None
    following = _NEXT_VENDOR.search(data, start + 1)
    block = data[start : following.start() if following else len(data)]
    at = block.find(f"\n\t{product:04x}  ".encode())
    return _line(block, 7), _line(block, at + 8) if at >= 0 else None


def _line(data: bytes, start: int) -> str | None:
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)].decode(errors="replace").strip() or None
