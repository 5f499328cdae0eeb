"""Handles as drivers take and return them: named tuples, as they travel in libvirt's protocol; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from enum import IntEnum

    from pyvirt.enums.domain_state import DomainState


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
