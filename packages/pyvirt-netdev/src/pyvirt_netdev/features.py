"""What node devices list as the features of a network card (libvirt: virNetDevGetFeatures)."""

from __future__ import annotations

import os

from pyvirt_netdev import devlink, ethtool, sriov
from pyvirt_netdev.names import check_name
from pyvirt_util.errors import AccessDeniedError, SystemCallError

_ORDER = (*(name for name, _kernel in ethtool.FEATURES if name != "txudptnl"), "rdma", "txudptnl", "switchdev")


def get_features(ifname: str, *, sysfs: str = "/sys") -> tuple[str, ...]:
    """libvirt's words for what is on: ``rx``, ``tx``, ``sg`` ..., ``rdma``, ``switchdev``.

    A device that is not in this network namespace has none that ethtool would tell.

    :raises SystemCallError: with errno ENODEV when ``sysfs`` has no such device.
    """
    found = set()
    address = sriov.get_pci_address(ifname, sysfs=sysfs)
    try:
        offloads = ethtool.get_offloads(ifname)
    except SystemCallError:
        offloads = {}
    for name, kernel in ethtool.FEATURES:
        if any(offloads.get(one) for one in kernel):
            found.add(name)
    if has_rdma(ifname, sysfs=sysfs):
        found.add("rdma")
    if address is not None and _switches(sriov.get_pf(ifname, sysfs=sysfs) or address):
        found.add("switchdev")
    return tuple(name for name in _ORDER if name in found)


def has_rdma(ifname: str, *, sysfs: str = "/sys") -> bool:
    """Whether the card behind a network device has an RDMA device too."""
    try:
        candidates = os.listdir(f"{sysfs}/class/infiniband")
    except OSError:
        return False
    card = f"{sysfs}/class/net/{check_name(ifname)}/device"
    if not os.path.exists(card):
        return False
    return any(_same(card, f"{sysfs}/class/infiniband/{name}/device") for name in candidates)


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _switches(address: str) -> bool:
    try:
        return devlink.get_eswitch_mode(address) == "switchdev"
    except (SystemCallError, AccessDeniedError):
        return False
