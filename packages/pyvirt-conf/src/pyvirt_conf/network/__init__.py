"""``<network>``, its updates section by section, and ``<networkport>``."""

from pyvirt_conf.network.namespaces import DNSMASQ, DnsmasqNamespace
from pyvirt_conf.network.network import Network, NetworkXmlFlags, parse_network
from pyvirt_conf.network.port import NetworkPort
from pyvirt_conf.network.update import UpdateCommand, UpdateSection, update_network

__all__ = [
    "DNSMASQ",
    "DnsmasqNamespace",
    "Network",
    "NetworkPort",
    "NetworkXmlFlags",
    "UpdateCommand",
    "UpdateSection",
    "parse_network",
    "update_network",
]
