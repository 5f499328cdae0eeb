"""What documents of several kinds have in common."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import MdevTypes
from pyvirt_driver_nodedev.mdev.sysfs import read_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt_conf.nodedev import NestedCapability


def mdev_types(folder: str) -> Iterator[NestedCapability]:
    """The types of mediated devices that a device can be split into, one capability where there are any."""
    types = {found.id: found for found in read_types(folder)}
    if types:
        yield MdevTypes(types=[types[name] for name in kernel_order(f"{folder}/mdev_supported_types") if name in types])


def kernel_order(folder: str) -> list[str]:
    """The names in a folder as the kernel lists them, which is how they stand in libvirt's documents."""
    try:
        return os.listdir(folder)
    except OSError:
        return []
