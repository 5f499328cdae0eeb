"""Facts about network devices, settings of virtual functions, and limits on the traffic of bridges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt.services.specs.interface import Bandwidth
    from pyvirt_util.undo import UndoStack


@dataclass(frozen=True, slots=True)
class PhysPortId:
    """The id of the physical port behind a device; ``value`` is ``None`` when its driver has none."""

    value: str | None


@dataclass(frozen=True, slots=True)
class VfConfig:
    """Settings of a virtual function; ``None`` leaves a setting as it is."""

    mac: str | None = None
    vlan: int | None = None
    qos: int | None = None
    spoof_check: bool | None = None
    trust: bool | None = None


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What nodes of network devices tell (libvirt: the capability ``net``).

    ``state`` is the kernel's word (``up``, ``down``, ``unknown`` ...), ``speed`` in Mbit/s, 0 where not known;
    ``duplex`` is ``full``, ``half`` or ``None``; ``features`` are libvirt's names of what the card does by itself
    (``rx``, ``tx``, ``sg``, ``tso``, ``gso``, ``gro``, ``lro``, ``rxvlan``, ``txvlan``, ``ntuple``, ``rxhash``,
    ``rdma``, ``txudptnl``, ``switchdev``), in that order.
    """

    name: str
    mac: str | None
    mtu: int
    state: str
    speed: int
    duplex: str | None
    driver: str | None
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PortFacts:
    """A network device of a PCI function: a physical port, or a virtual function's part of one.

    ``pairs_with``: for a virtual function's device that of the physical function on the same port, ``None`` without
    one; ``candidates`` are those that nothing tells apart, empty otherwise. ``representor_of`` is the number of the
    virtual function that the device stands for in the mode ``switchdev``.
    """

    name: str
    mac: str | None
    phys_port_id: str | None
    phys_port_name: str | None
    state: str
    speed: int
    pairs_with: str | None = None
    candidates: tuple[str, ...] = ()
    representor_of: int | None = None


@dataclass(frozen=True, slots=True)
class VfFacts:
    """A virtual function: its number within its PF, and what the PF's driver tells of it.

    ``mac``, ``vlan`` and the others are ``None`` where the PF has no network device, or its driver does not tell.
    """

    index: int
    address: str
    driver: str | None
    ports: tuple[PortFacts, ...]
    mac: str | None = None
    vlan: int | None = None
    qos: int | None = None
    spoof_check: bool | None = None
    trust: bool | None = None
    link_state: str | None = None
    max_rate: int | None = None


@dataclass(frozen=True, slots=True)
class NetdevTree:
    """A network device among its relatives.

    ``asked`` is the device in question and ``role`` what it is: ``pf``, ``vf``, ``pci`` (a function without SR-IOV) or
    ``virtual`` (of no PCI function, like a bridge or tap). The function described is the physical one: for ``vf`` that
    of the virtual function, so that the tree is the same for all members of a family. ``address`` and ``driver`` are
    its, ``None`` for ``virtual``; ``ports`` its network devices without representors.
    """

    asked: str
    role: str
    address: str | None
    driver: str | None
    max_vfs: int
    ports: tuple[PortFacts, ...]
    vfs: tuple[VfFacts, ...]
    representors: tuple[PortFacts, ...] = ()


class NetdevSpecification:
    """Hooks of the network device service."""

    @hookspec(firstresult=True)
    def phys_port_id(self, ifname: str) -> PhysPortId | None:
        """The physical port's id of a network device."""

    @hookspec(firstresult=True)
    def link_facts(self, ifname: str) -> LinkFacts | None:
        """State, speed, addresses and features of a network device."""

    @hookspec(firstresult=True)
    def netdev_describe(self, ifname: str) -> NetdevTree | None:
        """A network device with its physical function, the virtual ones, and which of their devices pair."""

    @hookspec(firstresult=True)
    def vf_configure(self, pf: str, vf: int, config: VfConfig, undo: UndoStack) -> bool | None:
        """Set up virtual function ``vf`` of ``pf``; the old settings come back through ``undo``."""

    @hookspec(firstresult=True)
    def vf_restore(self, pf: str, vf: int) -> bool | None:
        """Bring back the settings that ``vf_configure`` saved."""

    @hookspec(firstresult=True)
    def bandwidth_set(self, ifname: str, bandwidth: Bandwidth | None) -> bool | None:
        """Limit what a bridge passes to and from its guests, or lift the limits; classes of guests go with them."""

    @hookspec(firstresult=True)
    def bandwidth_plug(
        self, bridge: str, limits: Bandwidth, mac: str, floor: int, class_id: int, undo: UndoStack
    ) -> bool | None:
        """Guarantee a guest's share (libvirt: virNetDevBandwidthPlug).

        The guest with the MAC address gets at least ``floor`` KiB/s of what the bridge's ``limits`` allow, in the class
        ``class_id`` (3 or more, its own on this bridge).
        """

    @hookspec(firstresult=True)
    def bandwidth_unplug(self, bridge: str, class_id: int) -> bool | None:
        """Take a guest's guaranteed share back; one that is gone is no error."""

    @hookspec(firstresult=True)
    def bandwidth_rate(self, bridge: str, limits: Bandwidth, class_id: int, rate: int) -> bool | None:
        """Give a class another rate in KiB/s: 2 is that of all guests without a guaranteed share."""

    @hookspec(firstresult=True)
    def bandwidth_mac(self, bridge: str, class_id: int, mac: str) -> bool | None:
        """Tell the bridge that the guest of a class has another MAC address now."""


class NetdevService(Service):
    """``pyvirt.services.netdev``."""

    kind = "netdev"
    specification = NetdevSpecification
    provider = "pyvirt-netdev"

    def phys_port_id(self, ifname: str) -> str | None:
        """The physical port's id, ``None`` (a success) when the device's driver has none."""
        answer = self._first("phys_port_id", "tell physical port ids", ifname=ifname)
        assert isinstance(answer, PhysPortId)
        return answer.value

    def link_facts(self, ifname: str) -> LinkFacts:
        """State, speed, addresses and features of a network device."""
        answer = self._first("link_facts", "describe network devices", ifname=ifname)
        assert isinstance(answer, LinkFacts)
        return answer

    def describe(self, ifname: str) -> NetdevTree:
        """A network device with its physical function, the virtual ones, and which of their devices pair.

        :raises SystemCallError: with errno ENODEV when there is no such device.
        """
        answer = self._first("netdev_describe", "describe network devices", ifname=ifname)
        assert isinstance(answer, NetdevTree)
        return answer

    def vf_configure(self, pf: str, vf: int, config: VfConfig, undo: UndoStack) -> None:
        """Set up a virtual function."""
        self._first("vf_configure", "set up virtual functions", pf=pf, vf=vf, config=config, undo=undo)

    def vf_restore(self, pf: str, vf: int) -> None:
        """Bring a virtual function's settings back."""
        self._first("vf_restore", "restore virtual functions", pf=pf, vf=vf)

    def bandwidth_set(self, ifname: str, bandwidth: Bandwidth | None) -> None:
        """Limit what a bridge passes to and from its guests, or with ``None`` lift the limits."""
        self._first("bandwidth_set", "limit the bandwidth of bridges", ifname=ifname, bandwidth=bandwidth)

    def bandwidth_plug(
        self, bridge: str, limits: Bandwidth, mac: str, floor: int, class_id: int, undo: UndoStack
    ) -> None:
        """Guarantee a guest's share of a bridge's bandwidth."""
        self._first(
            "bandwidth_plug",
            "limit the bandwidth of bridges",
            bridge=bridge,
            limits=limits,
            mac=mac,
            floor=floor,
            class_id=class_id,
            undo=undo,
        )

    def bandwidth_unplug(self, bridge: str, class_id: int) -> None:
        """Take a guest's guaranteed share back."""
        self._first("bandwidth_unplug", "limit the bandwidth of bridges", bridge=bridge, class_id=class_id)

    def bandwidth_rate(self, bridge: str, limits: Bandwidth, class_id: int, rate: int) -> None:
        """Give a class of a bridge another rate."""
        self._first(
            "bandwidth_rate",
            "limit the bandwidth of bridges",
            bridge=bridge,
            limits=limits,
            class_id=class_id,
            rate=rate,
        )

    def bandwidth_mac(self, bridge: str, class_id: int, mac: str) -> None:
        """Tell a bridge that the guest of a class has another MAC address now."""
        self._first("bandwidth_mac", "limit the bandwidth of bridges", bridge=bridge, class_id=class_id, mac=mac)
