"""The objects a user holds, loaded on first use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.objects.checkpoint import Checkpoint as Checkpoint
    from pyvirt.objects.connection import Connection as Connection
    from pyvirt.objects.domain import Domain as Domain
    from pyvirt.objects.interface import Interface as Interface
    from pyvirt.objects.network import Network as Network
    from pyvirt.objects.network import NetworkPort as NetworkPort
    from pyvirt.objects.nodedev import NodeDevice as NodeDevice
    from pyvirt.objects.nwfilter import Nwfilter as Nwfilter
    from pyvirt.objects.nwfilter import NwfilterBinding as NwfilterBinding
    from pyvirt.objects.secret import Secret as Secret
    from pyvirt.objects.snapshot import Snapshot as Snapshot
    from pyvirt.objects.storage import StoragePool as StoragePool
    from pyvirt.objects.storage import Volume as Volume

_MODULES = {
    "Checkpoint": "checkpoint",
    "Connection": "connection",
    "Domain": "domain",
    "Interface": "interface",
    "Network": "network",
    "NetworkPort": "network",
    "NodeDevice": "nodedev",
    "Nwfilter": "nwfilter",
    "NwfilterBinding": "nwfilter",
    "Secret": "secret",
    "Snapshot": "snapshot",
    "StoragePool": "storage",
    "Volume": "storage",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'pyvirt.objects' has no attribute '{name}'")
    from pyvirt.loader import import_by_name

    value = getattr(import_by_name(f"pyvirt.objects.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
