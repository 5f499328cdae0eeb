"""Rules for virtual ports and bandwidths in networks, and port groups."""

from __future__ import annotations

from pyvirt_conf.document import placed
from pyvirt_conf.domain.virtualport import Bandwidth, VirtualPort, VirtualPortType, Vlan
from pyvirt_conf.xml import Element, Mode, Node, YesNo, attr, child, element
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError

_PARAMETERS = {
    VirtualPortType.QBG: ("managerid", "typeid", "typeidversion", "instanceid"),
    VirtualPortType.QBH: ("profileid",),
    VirtualPortType.OPENVSWITCH: ("interfaceid", "profileid"),
    VirtualPortType.MIDONET: ("interfaceid",),
}


def check_virtualport(port: VirtualPort | None, typed: bool = False) -> None:
    """Whether the parameters of a virtual port are those of its type.

    :param typed: it must say which type it is. :raises XmlError: a parameter doesn't belong, or there's no type.
    """
    if port is None:
        return
    if port.type is None:
        if typed:
            raise XmlError("missing type of a virtualport")
        return
    for name in ("managerid", "typeid", "typeidversion", "instanceid", "interfaceid", "profileid"):
        if getattr(port, name) is not None and name not in _PARAMETERS[port.type]:
            raise XmlError(f"{name} is not a parameter of virtualport type '{port.type}'")


def check_bandwidth(bandwidth: Bandwidth | None) -> None:
    """Whether a bandwidth says what a network's may: a floor and a class are for single ports.

    :raises ConfigUnsupportedError: it has a floor. :raises XmlDetailError: it has a class.
    """
    if bandwidth is None:
        return
    if bandwidth.class_id is not None:
        raise XmlDetailError(f"classID '{bandwidth.class_id}' of a bandwidth is not supported here")
    if bandwidth.inbound is not None and bandwidth.inbound.floor:
        raise ConfigUnsupportedError(f"floor '{bandwidth.inbound.floor}' of a bandwidth is not supported here")


@element("portgroup")
class PortGroup(Element):
    """Settings that interfaces choose by name."""

    _keep_open = True
    name: str = attr(required=True)
    default: YesNo | None = attr(omit=False)
    trust_guest_rx_filters: YesNo | None = attr("@trustGuestRxFilters")
    vlan: Vlan | None = child()
    virtualport: VirtualPort | None = child()
    bandwidth: Bandwidth | None = child()

    def check(self) -> None:
        """:raises VirtError: its virtual port or bandwidth is refused."""
        check_virtualport(self.virtualport)
        check_bandwidth(self.bandwidth)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.virtualport == VirtualPort():
            self.virtualport = None
        placed(node, mode, check_virtualport, self.virtualport, at="virtualport")
        placed(node, mode, check_bandwidth, self.bandwidth, at="bandwidth")
