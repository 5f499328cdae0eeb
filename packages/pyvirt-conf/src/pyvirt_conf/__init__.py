"""libvirt's XML documents as typed Python classes: parse, complete, validate and format.

The documents are modules of their own (``pyvirt_conf.domain``, ...), loaded when first asked for; so is lxml, by the
first document that is read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.capabilities import Capabilities, DomainCapabilities, HostCpu, parse_cpu, parse_cpus
    from pyvirt_conf.domain import (
        GENERIC,
        Domain,
        DomainStatus,
        ParserConfig,
        ParserFeature,
        XmlFlags,
        check_abi_stability,
        parse_domain,
    )
    from pyvirt_conf.interface import HostInterface
    from pyvirt_conf.moment import (
        DomainBackup,
        DomainCheckpoint,
        DomainSnapshot,
        parse_domain_backup,
        parse_domain_checkpoint,
        parse_domain_snapshot,
    )
    from pyvirt_conf.network import Network, NetworkPort, NetworkXmlFlags, parse_network, update_network
    from pyvirt_conf.nodedev import NodeDevice, parse_node_device
    from pyvirt_conf.nwfilter import FilterBinding, NetworkFilter, parse_filter, parse_filter_binding
    from pyvirt_conf.secret import Secret, parse_secret
    from pyvirt_conf.storage import Pool, PoolType, StoragePoolCapabilities, Volume, parse_pool

__all__ = [
    "GENERIC",
    "Capabilities",
    "Domain",
    "DomainBackup",
    "DomainCapabilities",
    "DomainCheckpoint",
    "DomainSnapshot",
    "DomainStatus",
    "FilterBinding",
    "HostCpu",
    "HostInterface",
    "Network",
    "NetworkFilter",
    "NetworkPort",
    "NetworkXmlFlags",
    "NodeDevice",
    "ParserConfig",
    "ParserFeature",
    "Pool",
    "PoolType",
    "Secret",
    "StoragePoolCapabilities",
    "Volume",
    "XmlFlags",
    "check_abi_stability",
    "parse_cpu",
    "parse_cpus",
    "parse_domain",
    "parse_domain_backup",
    "parse_domain_checkpoint",
    "parse_domain_snapshot",
    "parse_filter",
    "parse_filter_binding",
    "parse_network",
    "parse_node_device",
    "parse_pool",
    "parse_secret",
    "update_network",
]

_NETWORK = ("Network", "NetworkPort", "NetworkXmlFlags", "parse_network", "update_network")
_STORAGE = ("Pool", "PoolType", "StoragePoolCapabilities", "Volume", "parse_pool")
_SECRET = ("Secret", "parse_secret")
_INTERFACE = ("HostInterface",)
_NODEDEV = ("NodeDevice", "parse_node_device")
_NWFILTER = ("FilterBinding", "NetworkFilter", "parse_filter", "parse_filter_binding")
_MOMENT = (
    "DomainBackup",
    "DomainCheckpoint",
    "DomainSnapshot",
    "parse_domain_backup",
    "parse_domain_checkpoint",
    "parse_domain_snapshot",
)
_CAPABILITIES = ("Capabilities", "DomainCapabilities", "HostCpu", "parse_cpu", "parse_cpus")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'pyvirt_conf' has no attribute '{name}'")
    home: object
    if name in _NETWORK:
        from pyvirt_conf import network as home
    elif name in _STORAGE:
        from pyvirt_conf import storage as home
    elif name in _SECRET:
        from pyvirt_conf import secret as home
    elif name in _INTERFACE:
        from pyvirt_conf import interface as home
    elif name in _NODEDEV:
        from pyvirt_conf import nodedev as home
    elif name in _NWFILTER:
        from pyvirt_conf import nwfilter as home
    elif name in _MOMENT:
        from pyvirt_conf import moment as home
    elif name in _CAPABILITIES:
        from pyvirt_conf import capabilities as home
    else:
        from pyvirt_conf import domain as home
    value: object = getattr(home, name)
    globals()[name] = value
    return value
