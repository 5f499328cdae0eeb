"""Plain data that drivers take and return: handles and results.

Handles are named tuples, as they travel in libvirt's protocol. Results are frozen dataclasses. Units are in the
name or the docstring: memory in KiB, time in nanoseconds, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from enum import IntEnum

    from pyvirt.enums.domain_block import DomainBlockJobType
    from pyvirt.enums.domain_jobs import DomainJobType
    from pyvirt.enums.domain_state import DomainControlState, DomainState, VcpuState
    from pyvirt.enums.network import IPAddrType
    from pyvirt.enums.storage import StoragePoolState, StorageVolType

TypedParameters: TypeAlias = "dict[str, int | float | bool | str]"
"""libvirt's typed parameters: field name to value."""


class DomainRef(NamedTuple):
    """A domain: ``uuid`` in canonical text, ``id`` -1 when it is not running."""

    name: str
    uuid: str
    id: int = -1


class SnapshotRef(NamedTuple):
    """A snapshot of a domain."""

    domain: DomainRef
    name: str


class CheckpointRef(NamedTuple):
    """A checkpoint of a domain."""

    domain: DomainRef
    name: str


class NetworkRef(NamedTuple):
    """A virtual network."""

    name: str
    uuid: str


class NetworkPortRef(NamedTuple):
    """A port of a virtual network."""

    network: NetworkRef
    uuid: str


class StoragePoolRef(NamedTuple):
    """A storage pool."""

    name: str
    uuid: str


class StorageVolRef(NamedTuple):
    """A volume: the name of its pool, its own name, and the key that is unique on the host."""

    pool: str
    name: str
    key: str


class InterfaceRef(NamedTuple):
    """A host interface."""

    name: str
    mac: str


class NodeDeviceRef(NamedTuple):
    """A device of the host, by libvirt's name (``pci_0000_00_1f_2``)."""

    name: str


class NwfilterRef(NamedTuple):
    """A network filter."""

    name: str
    uuid: str


class NwfilterBindingRef(NamedTuple):
    """A filter bound to a port device."""

    port_dev: str
    filter_name: str


class SecretRef(NamedTuple):
    """A secret."""

    uuid: str
    usage_type: int
    usage_id: str


class DomainStateReason(NamedTuple):
    """A domain's state and why it is in it; the reason's enumeration depends on the state."""

    state: DomainState
    reason: IntEnum


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
