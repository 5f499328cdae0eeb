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

    Devices that have one id get the other before those that have none get any. (libvirt counts past an id only once it
    has come to its device, and refuses some definitions for it.)

    :param devices: in libvirt's order; those without a PCI address are left out.
    :raises InternalError: an id is another device's, or none is left.
    """
    devices = [device for device in devices if isinstance(device.address, PciAddress) and device.address.assigned]
    uids, fids = _Ids("uid", 1, _LAST_UID), _Ids("fid", 0, _LAST_FID)
    for device in devices:
        zpci = device.address.zpci
        if zpci is not None:
            uids.reserve(zpci.uid, device)
            fids.reserve(zpci.fid, device)
    for some in (True, False):
        for device in devices:
            address = device.address
            if (address.zpci is not None) is some:
                zpci = address.zpci = address.zpci or ZpciAddress()
                zpci.uid = uids.take(device) if zpci.uid is None else zpci.uid
                zpci.fid = fids.take(device) if zpci.fid is None else zpci.fid


class _Ids:
    """The ids of one kind."""

    def __init__(self, name: str, first: int, last: int) -> None:
        self._name, self._next, self._last = name, first, last
        self._taken: set[int] = set()

    def reserve(self, number: int | None, device: object) -> None:
        """Take an id that is given, if it is."""
        if number in self._taken:
            raise InternalError(f"zPCI {self._name} {number:#x} of {named(device)} is in use already")
        if number is not None:
            self._taken.add(number)

    def take(self, device: object) -> int:
        """Take the lowest that is free."""
        while self._next in self._taken:
            self._next += 1
        if self._next > self._last:
            raise InternalError(f"no zPCI {self._name} is left for {named(device)}")
        self._taken.add(self._next)
        return self._next
