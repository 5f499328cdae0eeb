"""Network devices of the host: which physical port, which virtual function, which tap.

::

    import pyvirt_netdev

    pyvirt_netdev.get_phys_port_id("eth0")           # '0002c9030012bf8a', None when its driver has none
    pyvirt_netdev.sriov.get_pairs("eth0")            # [Pair(vf=0, address='0000:03:00.1', netdev='eth2'), ...]

* :mod:`~pyvirt_netdev.phys_port`, :mod:`~pyvirt_netdev.link_info`, :mod:`~pyvirt_netdev.features`: what a device tells.
* :mod:`~pyvirt_netdev.sriov`: physical and virtual functions; :mod:`~pyvirt_netdev.tree`: a card's whole family;
  :mod:`~pyvirt_netdev.vf`: lending VFs to guests.
* :mod:`~pyvirt_netdev.link`, :mod:`~pyvirt_netdev.tap`, :mod:`~pyvirt_netdev.macvtap`, :mod:`~pyvirt_netdev.address`:
  making and changing devices.
* :mod:`~pyvirt_netdev.switch_port`: what a NIC is plugged into, by :mod:`~pyvirt_netdev.bridge`,
  :mod:`~pyvirt_netdev.bridge_vlan`, :mod:`~pyvirt_netdev.openvswitch`, :mod:`~pyvirt_netdev.midonet` and
  :mod:`~pyvirt_netdev.port_profile`; :mod:`~pyvirt_netdev.bandwidth`: limits.
* :mod:`~pyvirt_netdev.plug`, :mod:`~pyvirt_netdev.service`: all of it for hypervisor drivers, through the services of
  the core.
"""

from __future__ import annotations

from pyvirt_netdev.link_info import LinkInfo, get_link_info
from pyvirt_netdev.phys_port import get_dev_port, get_phys_port_id, get_phys_port_name, get_phys_switch_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_netdev import sriov as sriov

__all__ = ["LinkInfo", "get_dev_port", "get_link_info", "get_phys_port_id", "get_phys_port_name", "get_phys_switch_id"]


def __getattr__(name: str) -> object:
    # `re` and `struct` come with it: whoever asks for a port's id alone need not wait for them.
    if name == "sriov":
        import pyvirt_netdev.sriov

        return pyvirt_netdev.sriov
    raise AttributeError(f"module 'pyvirt_netdev' has no attribute '{name}'")
