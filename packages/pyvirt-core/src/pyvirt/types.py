"""Plain data that drivers take and return: handles and results.

Handles are named tuples, as they travel in libvirt's protocol. Results are frozen dataclasses. Units are in the
name or the docstring: memory in KiB, time in nanoseconds, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pyvirt.refs import CheckpointRef as CheckpointRef
from pyvirt.refs import DomainRef as DomainRef
from pyvirt.refs import DomainStateReason as DomainStateReason
from pyvirt.refs import InterfaceRef as InterfaceRef
from pyvirt.refs import NetworkPortRef as NetworkPortRef
from pyvirt.refs import NetworkRef as NetworkRef
from pyvirt.refs import NodeDeviceRef as NodeDeviceRef
from pyvirt.refs import NwfilterBindingRef as NwfilterBindingRef
from pyvirt.refs import NwfilterRef as NwfilterRef
from pyvirt.refs import SecretRef as SecretRef
from pyvirt.refs import SnapshotRef as SnapshotRef
from pyvirt.refs import StoragePoolRef as StoragePoolRef
from pyvirt.refs import StorageVolRef as StorageVolRef

if TYPE_CHECKING:
    from pyvirt.enums.domain_block import DomainBlockJobType
    from pyvirt.enums.domain_jobs import DomainJobType
    from pyvirt.enums.domain_state import DomainControlState, DomainState, VcpuState
    from pyvirt.enums.network import IPAddrType
    from pyvirt.enums.storage import StoragePoolState, StorageVolType

TypedParameters: TypeAlias = "dict[str, int | float | bool | str]"
"""libvirt's typed parameters: field name to value."""


@dataclass(frozen=True, slots=True)
class DomainInfo:
    """virDomainInfo: memory in KiB, ``cpu_time`` in nanoseconds."""

    state: DomainState
    max_memory: int
    memory: int
    vcpus: int
    cpu_time: int


@dataclass(frozen=True, slots=True)
class DomainControlInfo:
    """virDomainControlInfo: the state of the control channel; ``state_time`` in milliseconds."""

    state: DomainControlState
    details: int
    state_time: int


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """virNodeInfo: memory in KiB, ``mhz`` of a CPU, counts of NUMA nodes, sockets per node, cores, threads."""

    model: str
    memory: int
    cpus: int
    mhz: int
    nodes: int
    sockets: int
    cores: int
    threads: int


@dataclass(frozen=True, slots=True)
class VcpuInfo:
    """One virtual CPU: ``cpu_time`` in nanoseconds, ``cpu`` the host CPU it is on (-1 unknown), where it may run."""

    number: int
    state: VcpuState
    cpu_time: int
    cpu: int
    affinity: frozenset[int]


@dataclass(frozen=True, slots=True)
class SecurityLabel:
    """virSecurityLabel."""

    label: str
    enforcing: bool


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """virDomainBlockInfo, in bytes: logical size, highest allocated extent, size on the host."""

    capacity: int
    allocation: int
    physical: int


@dataclass(frozen=True, slots=True)
class BlockJobInfo:
    """virDomainBlockJobInfo: bandwidth in MiB/s, progress from ``cur`` to ``end``."""

    type: DomainBlockJobType
    bandwidth: int
    cur: int
    end: int


@dataclass(frozen=True, slots=True)
class InterfaceStats:
    """virDomainInterfaceStats; -1 where the counter is not known."""

    rx_bytes: int
    rx_packets: int
    rx_errs: int
    rx_drop: int
    tx_bytes: int
    tx_packets: int
    tx_errs: int
    tx_drop: int


@dataclass(frozen=True, slots=True)
class IpAddress:
    """An address with its prefix length."""

    type: IPAddrType
    address: str
    prefix: int


@dataclass(frozen=True, slots=True)
class DomainInterface:
    """An interface as the guest (or the lease file, or ARP) has it."""

    name: str
    mac: str | None
    addresses: tuple[IpAddress, ...]


@dataclass(frozen=True, slots=True)
class FilesystemInfo:
    """A file system mounted in the guest, with the targets of the disks below it."""

    mountpoint: str
    name: str
    fstype: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainJobInfo:
    """virDomainJobInfo: times in milliseconds, sizes in bytes."""

    type: DomainJobType
    time_elapsed: int
    time_remaining: int
    data_total: int
    data_processed: int
    data_remaining: int
    memory_total: int
    memory_processed: int
    memory_remaining: int
    file_total: int
    file_processed: int
    file_remaining: int


@dataclass(frozen=True, slots=True)
class DhcpLease:
    """virNetworkDHCPLease: ``expiry`` in seconds since the epoch."""

    interface: str
    expiry: int
    type: IPAddrType
    mac: str | None
    iaid: str | None
    address: str
    prefix: int
    hostname: str | None
    client_id: str | None


@dataclass(frozen=True, slots=True)
class StoragePoolInfo:
    """virStoragePoolInfo, in bytes."""

    state: StoragePoolState
    capacity: int
    allocation: int
    available: int


@dataclass(frozen=True, slots=True)
class StorageVolInfo:
    """virStorageVolInfo, in bytes."""

    type: StorageVolType
    capacity: int
    allocation: int


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture of a guest's screen."""

    mime_type: str
    data: bytes
