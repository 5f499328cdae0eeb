"""libvirt's XML documents as typed Python classes: parse, complete, validate and format.

The documents are modules of their own (``pyvirt_conf.domain``, ...), loaded when first asked for; so is lxml, by the
first document that is read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain import GENERIC, Domain, DomainStatus, ParserConfig, ParserFeature, XmlFlags, parse_domain
    from pyvirt_conf.interface import HostInterface
    from pyvirt_conf.network import Network, NetworkPort, NetworkXmlFlags, parse_network, update_network
    from pyvirt_conf.secret import Secret, parse_secret
    from pyvirt_conf.storage import Pool, PoolType, StoragePoolCapabilities, Volume, parse_pool

__all__ = [
    "GENERIC",
    "Domain",
    "DomainStatus",
    "HostInterface",
    "Network",
    "NetworkPort",
    "NetworkXmlFlags",
    "ParserConfig",
    "ParserFeature",
    "Pool",
    "PoolType",
    "Secret",
    "StoragePoolCapabilities",
    "Volume",
    "XmlFlags",
    "parse_domain",
    "parse_network",
    "parse_pool",
    "parse_secret",
    "update_network",
]

_NETWORK = ("Network", "NetworkPort", "NetworkXmlFlags", "parse_network", "update_network")
_STORAGE = ("Pool", "PoolType", "StoragePoolCapabilities", "Volume", "parse_pool")
_SECRET = ("Secret", "parse_secret")
_INTERFACE = ("HostInterface",)


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
    else:
        from pyvirt_conf import domain as home
    value: object = getattr(home, name)
    globals()[name] = value
    return value
