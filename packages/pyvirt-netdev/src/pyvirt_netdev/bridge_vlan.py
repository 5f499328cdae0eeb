"""VLANs of the ports of a Linux bridge that filters by them.

Sources: the kernel's include/uapi/linux/if_bridge.h (IFLA_BRIDGE_VLAN_INFO), bridge(8) "vlan"; libvirt 11:
virNetDevBridgeSetupVlans.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink
from pyvirt_util.errors import ConfigUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_netdev.link import Link

_AF_BRIDGE = 7
_IFLA_AF_SPEC, _IFLA_BRIDGE_VLAN_INFO, _IFLA_EXT_MASK = 26, 2, 29
_IFLA_BR_VLAN_FILTERING = 7
_FILTER_VLANS = 1 << 1
_PVID, _UNTAGGED, _RANGE_BEGIN, _RANGE_END = 2, 4, 8, 16
_INFO = struct.Struct("=HH")


class PortVlan(NamedTuple):
    """A VLAN that a port is in: frames of it leave with or without the tag; those that come without one belong to the
    one that is ``pvid``.
    """

    tag: int
    pvid: bool = False
    untagged: bool = False


def check_filtering(bridge: Link) -> None:
    """Refuse a bridge on which VLANs would have no effect.

    :raises ConfigUnsupportedError: it does not filter by VLAN.
    """
    if bridge.data.get(_IFLA_BR_VLAN_FILTERING, b"\0") == b"\0":
        raise ConfigUnsupportedError(
            f"bridge '{bridge.name}' does not filter by VLAN: a guest would be in all of them",
            hint=f"ip link set {bridge.name} type bridge vlan_filtering 1; or use Open vSwitch, or a virtual function",
        )


def wanted_vlans(request: InterfaceRequest) -> list[PortVlan]:
    """What the tags of an interface mean at a bridge port.

    One tag: the guest's frames have none, and get it. A trunk: they have theirs; those without belong to the native
    VLAN, if there is one, whose frames come with a tag in the mode ``tagged`` and without it in the mode ``untagged``.
    """
    if not request.trunk and len(request.vlan) == 1 and request.native_vlan is None:
        return [PortVlan(request.vlan[0], pvid=True, untagged=True)]
    return [
        PortVlan(tag, tag == request.native_vlan, tag == request.native_vlan and request.native_mode == "untagged")
        for tag in sorted(set(request.vlan))
    ]


def set_vlans(port: Link, wanted: list[PortVlan]) -> None:
    """Put a bridge port into these VLANs, and into no other."""
    now = {vlan.tag: vlan for vlan in get_vlans(port)}
    keep = {vlan.tag for vlan in wanted}
    for tag in sorted(set(now) - keep):
        _change(netlink.RTM_DELLINK, port, PortVlan(tag), f"take '{port.name}' out of VLAN {tag}")
    for vlan in wanted:
        if now.get(vlan.tag) != vlan:
            _change(netlink.RTM_SETLINK, port, vlan, f"put '{port.name}' into VLAN {vlan.tag}")


def get_vlans(port: Link) -> list[PortVlan]:
    """The VLANs a bridge port is in, by tag."""
    body = links.IFINFO.pack(_AF_BRIDGE, 0, 0, 0, 0) + netlink.u32(_IFLA_EXT_MASK, _FILTER_VLANS)
    try:
        with netlink.Rtnetlink() as socket:
            answers = socket.dump(netlink.RTM_GETLINK, body)
    except OSError as error:
        raise links.failure(f"list VLANs of bridge port '{port.name}'", error) from error
    found: list[PortVlan] = []
    for answer in answers:
        if links.IFINFO.unpack_from(answer)[2] != port.ifindex:
            continue
        for kind, value in netlink.attributes(answer[links.IFINFO.size :]):
            if kind == _IFLA_AF_SPEC:
                found += decode(value)
    return sorted(found)


def encode(vlan: PortVlan) -> bytes:
    """The attribute that describes one VLAN."""
    flags = (_PVID if vlan.pvid else 0) | (_UNTAGGED if vlan.untagged else 0)
    return netlink.nested(_IFLA_AF_SPEC, netlink.attribute(_IFLA_BRIDGE_VLAN_INFO, _INFO.pack(flags, vlan.tag)))


def decode(data: bytes | memoryview) -> list[PortVlan]:
    """The VLANs in the attribute of a port; ranges are taken apart."""
    found, begin = [], 0
    for kind, value in netlink.attributes(data):
        if kind != _IFLA_BRIDGE_VLAN_INFO:
            continue
        flags, tag = _INFO.unpack_from(value)
        if flags & _RANGE_BEGIN:
            begin = tag
            continue
        first = begin if flags & _RANGE_END else tag
        found += [PortVlan(number, bool(flags & _PVID), bool(flags & _UNTAGGED)) for number in range(first, tag + 1)]
    return found


def _change(kind: int, port: Link, vlan: PortVlan, action: str) -> None:
    try:
        with netlink.Rtnetlink() as socket:
            socket.request(kind, links.IFINFO.pack(_AF_BRIDGE, 0, port.ifindex, 0, 0) + encode(vlan))
    except OSError as error:
        raise links.failure(action, error) from error
