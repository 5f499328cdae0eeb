"""Registers on POWER's virtual I/O bus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyvirt_conf.domain.address import SpaprVioAddress
from pyvirt_conf.domain.addresses.walk import named
from pyvirt_util.errors import XmlError

_STEP = 0x1000


def assign_spapr_vio(devices: Iterable[tuple[Any, int]]) -> None:
    """Give registers to the devices that have an address on this bus without one.

    :param devices: in order, each with the register its kind starts at; those with an address of another kind are left
        out.
    :raises XmlError: a register is there twice.
    """
    found = [item for item in devices if isinstance(item[0].address, SpaprVioAddress)]
    taken: set[int] = set()
    for device, _ in found:
        reg = device.address.reg
        if reg is not None:
            if reg in taken:
                raise XmlError(f"spapr-vio address {reg:#x} of {named(device)} is in use already")
            taken.add(reg)
    for device, reg in found:
        if device.address.reg is None:
            while reg in taken:
                reg += _STEP
            taken.add(reg)
            device.address.reg = reg
