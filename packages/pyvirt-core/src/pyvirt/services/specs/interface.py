"""Connecting a guest's NIC to the host: taps, bridges, virtual functions."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from typing import Any

    from pyvirt_util.undo import UndoStack


@dataclass(frozen=True, slots=True)
class VirtualPort:
    """How a switch is told about a port, the XML's ``<virtualport>``.

    ``type`` is ``openvswitch``, ``midonet``, ``802.1Qbg`` or ``802.1Qbh``; the others are its parameters, ids being
    UUIDs.
    """

    type: str
    interface_id: str | None = None
    profile_id: str | None = None
    instance_id: str | None = None
    manager_id: int | None = None
    type_id: int | None = None
    type_id_version: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Limits of one direction: ``average``, ``peak`` and ``floor`` in KiB/s, ``burst`` in KiB; 0 where not set."""

    average: int = 0
    peak: int = 0
    burst: int = 0
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Limits of a NIC as its guest sees them, the XML's ``<bandwidth>``: ``inbound`` is to the guest."""

    inbound: Rate | None = None
    outbound: Rate | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address of the host's end of a NIC; ``prefix`` ``None``: that of its class, 64 for IPv6."""

    address: str
    prefix: int | None = None
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the host through its end of a NIC; ``prefix`` ``None``: to one address, or all for ``0.0.0.0``."""

    address: str
    gateway: str
    prefix: int | None = None
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class InterfaceRequest:
    """What a hypervisor driver wants plugged.

    ``type`` is the XML's (``bridge``, ``ethernet``, ``direct``, ``hostdev`` ...), ``source`` the bridge or device; for
    ``hostdev`` the PCI address (``0000:03:10.0``) or a network device of a virtual function.
    ``target`` is the wished device name, with ``%d`` where the kernel may number it. ``queues``
    taps are opened on one device. Several ``vlan`` tags make a trunk, which ``trunk`` makes of one as well;
    ``native_vlan`` is the tag of frames without one, which travel with it when ``native_mode`` is ``tagged`` and
    without it when it is ``untagged``. ``mac_table_manager`` ``libvirt``: the bridge learns no addresses at this port,
    it is told the guest's. ``rx_frames``: how many packets may be collected before the guest is told (coalescing).
    ``addresses`` and ``routes`` are the host's, for the type ``ethernet``. ``script`` is run with the device's name
    once it is there, ``downscript`` before it goes.
    """

    type: str
    mac: str
    domain: str
    domain_uuid: str
    source: str | None = None
    target: str | None = None
    mode: str | None = None
    queues: int = 1
    vnet_header: bool = True
    managed: bool = True
    mtu: int | None = None
    up: bool = True
    isolated: bool = False
    vlan: tuple[int, ...] = ()
    trunk: bool = False
    native_vlan: int | None = None
    native_mode: str | None = None
    virtualport: VirtualPort | None = None
    bandwidth: Bandwidth | None = None
    trust_guest_rx_filters: bool = False
    mac_table_manager: str | None = None
    rx_frames: int | None = None
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    script: str | None = None
    downscript: str | None = None
    options: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without what has its default: for a guest's record, to unplug it from any process."""
        found = asdict(self)
        for entry in fields(self):
            default = entry.default_factory() if entry.default_factory is not MISSING else entry.default
            if getattr(self, entry.name) == default:
                del found[entry.name]
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> InterfaceRequest:
        """What :meth:`as_dict` gave. Members that another version knew and this one does not are left out."""
        known = {entry.name: data[entry.name] for entry in fields(cls) if entry.name in data}
        known["vlan"] = tuple(known.get("vlan", ()))
        known["addresses"] = tuple(Address(**item) for item in known.get("addresses", ()))
        known["routes"] = tuple(Route(**item) for item in known.get("routes", ()))
        if known.get("virtualport") is not None:
            known["virtualport"] = VirtualPort(**known["virtualport"])
        if known.get("bandwidth") is not None:
            rates = {name: Rate(**rate) for name, rate in known["bandwidth"].items() if rate is not None}
            known["bandwidth"] = Bandwidth(**rates)
        return cls(**known)


@dataclass(frozen=True, slots=True)
class PluggedInterface:
    """What was plugged: the device's name, and open descriptors of its queues, which the caller now owns.

    ``pci_address`` is set where the guest gets a PCI function (``0000:03:10.0``) instead of a tap.
    """

    target: str | None
    fds: tuple[int, ...] = ()
    pci_address: str | None = None
    created: bool = False


class InterfaceSpecification:
    """Hooks of the interface service."""

    @hookspec(firstresult=True)
    def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
        """Connect a NIC; register each rollback on ``undo`` at once. ``None``: not a type this plug-in serves."""

    @hookspec(firstresult=True)
    def interface_unplug(self, request: InterfaceRequest, target: str | None) -> bool | None:
        """Take a NIC down again; what is gone already is no error. ``None``: not a type this plug-in serves.

        ``target`` is ``None`` where a crash kept its name from being recorded. What another guest has is left alone.
        """

    @hookspec(firstresult=True)
    def interface_set_bandwidth(self, request: InterfaceRequest, target: str) -> bool | None:
        """Make ``request.bandwidth`` the limits of the plugged NIC ``target``, or with ``None`` lift them."""


class InterfaceService(Service):
    """``pyvirt.services.interface``."""

    kind = "interface"
    specification = InterfaceSpecification
    provider = "pyvirt-netdev"

    def plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface:
        """Connect a NIC to the host; what was acquired is rolled back through ``undo``."""
        answer = self._first(
            "interface_plug", f"connect interfaces of type '{request.type}'", request=request, undo=undo
        )
        assert isinstance(answer, PluggedInterface)
        return answer

    def unplug(self, request: InterfaceRequest, target: str | None) -> None:
        """Disconnect a NIC."""
        self._first(
            "interface_unplug", f"disconnect interfaces of type '{request.type}'", request=request, target=target
        )

    def set_bandwidth(self, request: InterfaceRequest, target: str) -> None:
        """Change the limits of a plugged NIC (libvirt: virDomainSetInterfaceParameters)."""
        self._first(
            "interface_set_bandwidth",
            f"limit the bandwidth of interfaces of type '{request.type}'",
            request=request,
            target=target,
        )
