"""Devices that come and go while they are looked at: waiting for new ones, and links that lose their end."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_util.sysfs import Kernel

PATIENCE = 60.0
"""How many seconds a new device may take to appear, as libvirt has it."""
_PAUSE = 0.01


def resolved(path: str) -> str:
    """The path without links. One that vanishes meanwhile stays as it is, for the caller's next look to find out."""
    try:
        return os.path.realpath(path)
    except OSError:
        return path


def wait_until(ready: Callable[[], bool], seconds: float, kernel: Kernel) -> bool:
    """Wait until something is so, at most for a time; says whether it is."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() >= end:
            return False
        kernel.pause(_PAUSE)
    return True
