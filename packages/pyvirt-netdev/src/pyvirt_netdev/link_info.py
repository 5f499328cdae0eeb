"""What sysfs tells of a network device: link state, speed, addresses, driver.

Source: the kernel's Documentation/ABI/testing/sysfs-class-net; libvirt: virNetDevGetLinkInfo.
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from pyvirt_netdev.names import check_name
from pyvirt_util.errors import system_error

_NO_SPEED = 0xFFFFFFFF  # -1 as some drivers print it


class LinkInfo(NamedTuple):
    """Link state in the kernel's words and speed in Mbit/s, 0 when the link is not up or the driver doesn't know.

    The words: ``unknown``, ``notpresent``, ``down``, ``lowerlayerdown``, ``testing``, ``dormant``, ``up``.
    """

    state: str
    speed: int


class Identity(NamedTuple):
    """MAC address and driver of a device, ``None`` without one, and its MTU in bytes."""

    mac: str | None
    mtu: int
    driver: str | None


def get_duplex(ifname: str, *, sysfs: str = "/sys") -> str | None:
    """``full`` or ``half``; ``None`` where the driver doesn't know.

    :raises SystemCallError: with errno; ENODEV when there is no such device.
    """
    word = _read(ifname, "duplex", sysfs)
    return word if word in ("full", "half") else None


def get_link_info(ifname: str, *, sysfs: str = "/sys") -> LinkInfo:
    """State and speed of the link.

    :raises SystemCallError: with errno; ENODEV when there is no such device.
    """
    state = _read(ifname, "operstate", sysfs) or "unknown"
    if state != "up":  # the kernel refuses to tell the speed then
        return LinkInfo(state, 0)
    try:
        speed = int(_read(ifname, "speed", sysfs) or 0)
    except ValueError:
        speed = 0
    return LinkInfo(state, speed if 0 < speed < _NO_SPEED else 0)


def get_identity(ifname: str, *, sysfs: str = "/sys") -> Identity:
    """MAC address, MTU and driver.

    :raises SystemCallError: with errno; ENODEV when there is no such device.
    """
    mac = _read(ifname, "address", sysfs) or None
    mtu = _read(ifname, "mtu", sysfs)
    try:
        driver = os.path.basename(os.readlink(f"{sysfs}/class/net/{ifname}/device/driver"))
    except OSError:
        driver = None
    return Identity(mac, int(mtu) if mtu.isdecimal() else 0, driver)


def _read(ifname: str, attribute: str, sysfs: str) -> str:
    """An attribute's text, empty where the driver has none (EINVAL, EOPNOTSUPP)."""
    folder = f"{sysfs}/class/net/{check_name(ifname)}"
    try:
        with open(f"{folder}/{attribute}", "rb", buffering=0) as file:
            return os.fsdecode((file.read() or b"").strip())
    except OSError as error:
        cause = error
    if not os.path.isdir(folder):
        cause = OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    elif cause.errno in (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP):
        return ""
    raise system_error(f"read {attribute} of network device '{ifname}'", cause) from cause
