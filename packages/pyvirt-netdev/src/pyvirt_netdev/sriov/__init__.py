"""SR-IOV: physical functions (PF), their virtual functions (VF), whose network devices pair, and their settings.

Everything that is read comes from a tree laid out as ``/sys``; its root is the parameter ``sysfs``. A device is named
by its PCI address (``0000:03:10.0``) or by a network device of its (``eth0``).
"""

from pyvirt_netdev.sriov.functions import (
    VirtualFunction,
    get_driver,
    get_max_vfs,
    get_netdevs,
    get_num_vfs,
    get_pci_address,
    get_pf,
    get_vf_index,
    get_vfs,
    is_pf,
    is_vf,
)
from pyvirt_netdev.sriov.pairing import Match, Pair, get_pairs, get_pf_netdev, get_vf_netdev, match_pf_netdev
from pyvirt_netdev.sriov.representors import get_representor, get_representors, is_representor
from pyvirt_netdev.sriov.settings import VfSettings, get_all_vf_settings, get_vf_settings, set_vf_settings

__all__ = [
    "Match",
    "Pair",
    "VfSettings",
    "VirtualFunction",
    "get_all_vf_settings",
    "get_driver",
    "get_max_vfs",
    "get_netdevs",
    "get_num_vfs",
    "get_pairs",
    "get_pci_address",
    "get_pf",
    "get_pf_netdev",
    "get_representor",
    "get_representors",
    "get_vf_index",
    "get_vf_netdev",
    "get_vf_settings",
    "get_vfs",
    "is_pf",
    "is_representor",
    "is_vf",
    "match_pf_netdev",
    "set_vf_settings",
]
