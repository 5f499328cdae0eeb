"""The ids PCI devices have on IBM Z: a UID for the guest, a FID for its host, each unique."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyvirt_conf.domain.address import PciAddress, ZpciAddress
from pyvirt_conf.domain.addresses.walk import named
from pyvirt_util.errors import InternalError

_LAST_UID = 0xFFFF
_LAST_FID = 0xFFFFFFFF


def assign_zpci(devices: Iterable[Any]) -> None:
    """Complete the ids of PCI devices, counting on from 1 and from 0.

    Devices that have one id get the other before those that have none.

    :param devices: in libvirt's order; those without a PCI address are left out.
    :raises InternalError: an id is another device's, or none is left.
    """
    devices = [device for device in devices if isinstance(device.address, PciAddress) and device.address.assigned]
    uids: set[int] = set()
    fids: set[int] = set()
    for some in (True, False):
        for device in devices:
            address = device.address
            if (address.zpci is not None) is some:
                zpci = address.zpci = address.zpci or ZpciAddress()
                zpci.uid = _unique("uid", zpci.uid, 1, _LAST_UID, uids, device)
                zpci.fid = _unique("fid", zpci.fid, 0, _LAST_FID, fids, device)


def _unique(name: str, given: int | None, first: int, last: int, taken: set[int], device: object) -> int:
    number = given
    if number is None:
        number = first
        while number in taken:
            number += 1
        if number > last:
            raise InternalError(f"no zPCI {name} is left for {named(device)}")
    if number in taken:
        raise InternalError(f"zPCI {name} {number:#x} of {named(device)} is in use already")
    taken.add(number)
    return number
