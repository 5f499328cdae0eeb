"""``<interface>`` of the host."""

from pyvirt_conf.interface.bond import ArpMonitor, BondMode, MiiMonitor
from pyvirt_conf.interface.interface import (
    BondInterface,
    BondParts,
    BridgeInterface,
    BridgeSettings,
    EthernetInterface,
    HostInterface,
    Link,
    LinkState,
    StartMode,
    VlanInterface,
    VlanSettings,
)
from pyvirt_conf.interface.protocol import Ipv4Protocol, Ipv6Protocol, Protocol, ProtocolDhcp, ProtocolIp

__all__ = [
    "ArpMonitor",
    "BondInterface",
    "BondMode",
    "BondParts",
    "BridgeInterface",
    "BridgeSettings",
    "EthernetInterface",
    "HostInterface",
    "Ipv4Protocol",
    "Ipv6Protocol",
    "Link",
    "LinkState",
    "MiiMonitor",
    "Protocol",
    "ProtocolDhcp",
    "ProtocolIp",
    "StartMode",
    "VlanInterface",
    "VlanSettings",
]
