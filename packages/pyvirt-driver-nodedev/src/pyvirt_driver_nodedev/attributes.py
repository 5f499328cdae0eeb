"""Attributes of devices in sysfs: one value a file, read and written in one system call.

Source: the kernel's Documentation/filesystems/sysfs.rst.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from pyvirt_util.errors import system_error

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 1 << 16  # sysfs never has more than a page; another tree may
_PAUSE = 0.01


def read_attribute(path: str) -> str | None:
    """The value without the newline at its end; ``None`` when the device lacks it, will not tell, or has gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.fsdecode(os.read(fd, _LONGEST)).rstrip("\n")
    except OSError:
        return None
    finally:
        os.close(fd)


def read_number(path: str) -> int | None:
    """A decimal number that is not negative; ``None`` as :func:`read_attribute`, and for anything else."""
    value = read_attribute(path)
    return int(value) if value is not None and value.isascii() and value.isdecimal() else None


def write_attribute(path: str, value: str) -> None:
    """Write a value. The kernel has done what it asks for when this returns, where it does it at all.

    :raises SystemCallError: with the kernel's ``errno``.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # sysfs has no files to create, nor to truncate
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)
    except OSError as error:
        raise system_error(f"write '{value}' to '{path}'", error) from error


def link_name(path: str) -> str | None:
    """The name of what a link points to (a driver, an IOMMU group); ``None`` without one."""
    try:
        return os.path.basename(os.readlink(path))
    except OSError:
        return None


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, at most for a time; says whether it is."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True
