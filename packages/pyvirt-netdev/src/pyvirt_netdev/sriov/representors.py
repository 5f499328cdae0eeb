"""Representors: in the mode ``switchdev`` each VF has a second network device on the host, its port of the switch.

Source: the kernel's Documentation/networking/representors.rst and devlink/devlink-port.rst; the names of ports are made
in net/devlink/port.c.
"""

from __future__ import annotations

import errno
import os
import re

from pyvirt_netdev.phys_port import get_phys_port_name, get_phys_switch_id
from pyvirt_netdev.sriov import functions
from pyvirt_util.errors import SystemCallError, system_error

_VF_PORT = re.compile(r"(?:c\d+)?pf(\d+)vf(\d+)")
_FUNCTION_PORT = re.compile(r"(?:c\d+)?pf\d+(?:vf\d+|sf\d+)?")
_UPLINK = re.compile(r"p(\d+)(?:s\d+)?")
GONE = (errno.ENODEV, errno.EINVAL)
"""What a device that is being removed answers: the file is gone, or the kernel's device behind it."""


def is_representor(ifname: str, *, sysfs: str = "/sys") -> bool:
    """Whether the device stands for a function's port of the switch, and is not a port to the outside.

    Drivers put representors among the network devices of the PF.
    """
    name = get_phys_port_name(ifname, sysfs=sysfs)
    return name is not None and _FUNCTION_PORT.fullmatch(name) is not None


def get_representors(pf: str, *, sysfs: str = "/sys") -> dict[int, str]:
    """The representors of a PF's VFs: VF index to network device; empty when the card is not in the mode switchdev.

    ``pf`` is a network device of the PF, its uplink. Devices that disappear meanwhile are left out.

    :raises SystemCallError: with errno ENODEV when ``pf`` doesn't exist.
    """
    switch = get_phys_switch_id(pf, sysfs=sysfs)
    if switch is None:
        return {}
    number = _pf_number(pf, sysfs)
    try:
        candidates = os.listdir(f"{sysfs}/class/net")
    except OSError as error:
        raise system_error(f"list '{sysfs}/class/net'", error) from error
    found = {}
    for name in sorted(candidates):
        index = _represents(name, switch, number, sysfs) if name != pf else None
        if index is not None:
            found[index] = name
    return dict(sorted(found.items()))


def get_representor(pf: str, vf: int, *, sysfs: str = "/sys") -> str | None:
    """The representor of one VF; ``None`` without one."""
    return get_representors(pf, sysfs=sysfs).get(vf)


def _pf_number(pf: str, sysfs: str) -> int | None:
    """Which PF of the switch this is: several can share one."""
    uplink = _UPLINK.fullmatch(get_phys_port_name(pf, sysfs=sysfs) or "")
    if uplink is not None:
        return int(uplink[1])
    address = functions.get_pci_address(pf, sysfs=sysfs)
    return int(address[-1]) if address is not None else None


def _represents(name: str, switch: str, number: int | None, sysfs: str) -> int | None:
    try:
        port = _VF_PORT.fullmatch(get_phys_port_name(name, sysfs=sysfs) or "")
        if port is None or (number is not None and int(port[1]) != number):
            return None
        return int(port[2]) if get_phys_switch_id(name, sysfs=sysfs) == switch else None
    except SystemCallError as error:
        if error.errno in GONE or error.errno == errno.ENOTDIR:  # class/net has files too: bonding_masters
            return None
        raise
