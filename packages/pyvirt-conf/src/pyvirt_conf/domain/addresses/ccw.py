"""Device numbers on IBM Z's channel subsystems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyvirt_conf.domain.address import CcwAddress
from pyvirt_conf.domain.addresses.walk import named
from pyvirt_util.errors import InternalError, XmlError

#: All virtual devices share this channel subsystem.
VIRTUAL_CSSID = 0xFE
_LAST_DEVNO = 0xFFFF


def assign_ccw(devices: Iterable[Any]) -> None:
    """Number the devices that have a CCW address which doesn't say more, from ``fe.0.0000``.

    :param devices: all that can have such an address, in libvirt's order.
    :raises XmlError: a number is there twice. :raises InternalError: none is left.
    """
    devices = [device for device in devices if isinstance(device.address, CcwAddress)]
    taken: set[tuple[int, int, int]] = set()
    for device in devices:
        address = device.address
        if address.devno is not None:
            place = (address.cssid or 0, address.ssid or 0, address.devno)
            if place in taken:
                raise XmlError(
                    f"CCW address {place[0]:x}.{place[1]:x}.{place[2]:04x} of {named(device)} is in use already"
                )
            taken.add(place)
    number = 0
    for device in devices:
        address = device.address
        if address.devno is None:
            while (VIRTUAL_CSSID, 0, number) in taken:
                number += 1
            if number > _LAST_DEVNO:
                raise InternalError(f"no CCW device number is left for {named(device)}")
            address.cssid, address.ssid, address.devno = VIRTUAL_CSSID, 0, number
            number += 1
