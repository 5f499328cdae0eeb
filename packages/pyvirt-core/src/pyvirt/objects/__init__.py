"""The objects a user holds."""

from pyvirt.objects.checkpoint import Checkpoint
from pyvirt.objects.connection import Connection
from pyvirt.objects.domain import Domain
from pyvirt.objects.interface import Interface
from pyvirt.objects.network import Network, NetworkPort
from pyvirt.objects.nodedev import NodeDevice
from pyvirt.objects.nwfilter import Nwfilter, NwfilterBinding
from pyvirt.objects.secret import Secret
from pyvirt.objects.snapshot import Snapshot
from pyvirt.objects.storage import StoragePool, Volume

__all__ = [
    "Checkpoint",
    "Connection",
    "Domain",
    "Interface",
    "Network",
    "NetworkPort",
    "NodeDevice",
    "Nwfilter",
    "NwfilterBinding",
    "Secret",
    "Snapshot",
    "StoragePool",
    "Volume",
]
