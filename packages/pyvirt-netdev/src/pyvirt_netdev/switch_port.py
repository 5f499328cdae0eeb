"""What a guest's NIC is plugged into: a Linux bridge, Open vSwitch, MidoNet, or a switch outside."""

from __future__ import annotations

from pyvirt_netdev import bridge as bridges
from pyvirt_netdev import link as links
from pyvirt_netdev.names import check_name
from pyvirt_util.errors import ConfigUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_netdev.link import Link
    from pyvirt_util.undo import UndoStack

    class Connector(Protocol):
        """One kind of bridge."""

        mtu: int | None
        """What ports take over, ``None`` for nothing."""

        def connect(self, device: Link, undo: UndoStack) -> None:
            """Make a device a port."""

        def disconnect(self, target: str | None) -> None:
            """Take the NIC's port off again; what is gone is no error."""


def connector(request: InterfaceRequest, *, gone: bool = False) -> Connector | None:
    """What an interface of type ``bridge`` is plugged into, ``None`` for those of type ``ethernet``.

    :param gone: to disconnect it: the bridge need not be there any more.
    :raises ConfigUnsupportedError: there is no such thing, or not for this interface.
    """
    if request.type != "bridge":
        if request.vlan and not gone:
            raise vlan_refused(request)
        return None
    kind = request.virtualport.type if request.virtualport is not None else None
    if kind == "openvswitch":
        return OpenVswitchPort(request, gone)
    if kind == "midonet":
        return MidonetPort(request)
    if kind is not None:
        raise ConfigUnsupportedError(f"virtualport type '{kind}' is not for interfaces of type 'bridge'")
    return BridgePort(request, gone)


class BridgePort:
    """A port of a Linux bridge."""

    def __init__(self, request: InterfaceRequest, gone: bool) -> None:
        self._request = request
        self._bridge = None if gone else bridges.get_bridge(_source(request))
        if self._bridge is not None and request.vlan:
            from pyvirt_netdev import bridge_vlan

            bridge_vlan.check_filtering(self._bridge)
        self.mtu = self._bridge.mtu if self._bridge is not None else None

    def connect(self, device: Link, undo: UndoStack) -> None:
        """See :class:`Connector`."""
        request, bridge = self._request, self._bridge
        assert bridge is not None
        if device.master != bridge.ifindex:
            bridges.add_port(bridge, device)
            if not request.managed:
                undo.push(bridges.remove_port, bridge.name, device.name)
        if request.isolated:
            bridges.set_isolated(device, True)
        if request.vlan:
            from pyvirt_netdev import bridge_vlan

            bridge_vlan.set_vlans(device, bridge_vlan.wanted_vlans(request))
        if request.mac_table_manager == "libvirt":
            bridges.pin_address(device, request.mac)

    def disconnect(self, target: str | None) -> None:
        """See :class:`Connector`: a tap of ours goes as a whole."""
        if target is not None and not self._request.managed and self._request.source:
            bridges.remove_port(self._request.source, target)


class OpenVswitchPort:
    """A port of Open vSwitch. It outlives its device, so it is removed whether or not that is there."""

    def __init__(self, request: InterfaceRequest, gone: bool) -> None:
        from pyvirt_netdev.openvswitch import Switch

        self._request = request
        self._switch = Switch()
        # The bridge is a device too, at least where the kernel does the switching.
        bridge = None if gone else links.find(_source(request))
        self.mtu = bridge.mtu if bridge is not None else None

    def connect(self, device: Link, undo: UndoStack) -> None:
        """See :class:`Connector`."""
        undo.push(self.disconnect, device.name)
        self._switch.add_port(_source(self._request), device.name, self._request)

    def disconnect(self, target: str | None) -> None:
        """See :class:`Connector`: by the guest and MAC address that the switch keeps, so never another guest's."""
        request = self._request
        for name in self._switch.ports_of(request.domain_uuid, request.mac):
            if request.bandwidth is not None:
                self._switch.lift_limits(name, request.domain_uuid)
            self._switch.remove_port(name)


class MidonetPort:
    """A port of MidoNet, which its agent binds to a device."""

    mtu: int | None = None

    def __init__(self, request: InterfaceRequest) -> None:
        self._request = request

    def connect(self, device: Link, undo: UndoStack) -> None:
        """See :class:`Connector`."""
        from pyvirt_netdev import midonet

        undo.push(midonet.unbind, self._request)
        midonet.bind(self._request, device.name)

    def disconnect(self, target: str | None) -> None:
        """See :class:`Connector`."""
        from pyvirt_netdev import midonet

        midonet.unbind(self._request)


def associate(request: InterfaceRequest, card: Link, undo: UndoStack) -> None:
    """Tell the switch that a card is cabled to about a macvtap's guest, where the interface has a virtual port."""
    profile = _profile(request)
    if profile is not None:
        from pyvirt_netdev import port_profile

        undo.push(port_profile.disassociate, card.name)
        port_profile.associate(card.name, profile, request.domain_uuid)


def disassociate(request: InterfaceRequest, card: Link) -> None:
    """Tell it that the guest is gone; a switch that knows nothing of it is no error."""
    if _profile(request) is not None:
        from pyvirt_netdev import port_profile

        port_profile.disassociate(card.name)


def vlan_refused(request: InterfaceRequest) -> ConfigUnsupportedError:
    """Why this interface can't have VLAN tags."""
    tags = ", ".join(str(tag) for tag in request.vlan)
    return ConfigUnsupportedError(
        f"an interface of type '{request.type}' can't have VLAN tag {tags}",
        hint="tags need a virtual function (SR-IOV), Open vSwitch, or a bridge that filters by VLAN",
    )


def _profile(request: InterfaceRequest) -> str | None:
    """The profile that an 802.1Qbh switch knows."""
    from pyvirt_netdev.port_profile import profile_of

    return profile_of(request)


def _source(request: InterfaceRequest) -> str:
    if not request.source:
        raise ConfigUnsupportedError(f"an interface of type '{request.type}' needs a source device")
    return check_name(request.source)
