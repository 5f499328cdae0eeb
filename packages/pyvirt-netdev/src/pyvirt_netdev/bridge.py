"""Ports of Linux bridges."""

from __future__ import annotations

import struct

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_netdev.link import Link

_IFLA_LINKINFO, _IFLA_INFO_SLAVE_KIND, _IFLA_INFO_SLAVE_DATA = 18, 4, 5
_IFLA_BRPORT_LEARNING, _IFLA_BRPORT_UNICAST_FLOOD, _IFLA_BRPORT_ISOLATED = 8, 9, 33
_NEWNEIGH, _NTF_MASTER, _NUD_NOARP, _NDA_LLADDR = 28, 4, 0x40, 2
_NDMSG = struct.Struct("=BxxxiHBx")
_AF_BRIDGE = 7


def get_bridge(name: str) -> Link:
    """The bridge of that name.

    :raises SystemCallError: with errno ENODEV when there is no such device.
    :raises ConfigUnsupportedError: when it is not a Linux bridge.
    """
    bridge = links.get(name)
    if bridge.kind != "bridge":
        what = f"of kind '{bridge.kind}'" if bridge.kind else "a network card"
        raise ConfigUnsupportedError(f"'{name}' is {what}, not a Linux bridge")
    return bridge


def add_port(bridge: Link, port: Link, *, isolated: bool = False) -> None:
    """Make a device a port of the bridge; isolated ports don't exchange packets with each other.

    Set the port's MTU first: the bridge takes over the smallest MTU of its ports (libvirt: virNetDevTapAttachBridge).
    """
    links.set_master(port, bridge)
    if isolated:
        set_isolated(port, True)


def set_isolated(port: Link, isolated: bool) -> None:
    """Isolate a bridge port from the other isolated ones (Linux 4.18, ``brport/isolated`` in sysfs)."""
    action = f"{'isolate' if isolated else 'end the isolation of'} bridge port '{port.name}'"
    _set_port(port, netlink.u8(_IFLA_BRPORT_ISOLATED, int(isolated)), action)


def pin_address(port: Link, mac: str) -> None:
    """Tell the bridge which address is behind a port, instead of letting it learn any there.

    Frames to addresses that nobody knows are not sent to it either (libvirt: macTableManager='libvirt').
    """
    options = netlink.u8(_IFLA_BRPORT_LEARNING, 0) + netlink.u8(_IFLA_BRPORT_UNICAST_FLOOD, 0)
    _set_port(port, options, f"end the learning of addresses at bridge port '{port.name}'")
    body = _NDMSG.pack(_AF_BRIDGE, port.ifindex, _NUD_NOARP, _NTF_MASTER)
    body += netlink.attribute(_NDA_LLADDR, macs.to_bytes(mac))
    try:
        with netlink.Rtnetlink() as socket:
            socket.request(_NEWNEIGH, body, netlink.NLM_F_CREATE)
    except OSError as error:
        raise links.failure(f"add {mac} to the addresses behind bridge port '{port.name}'", error) from error


def _set_port(port: Link, options: bytes, action: str) -> None:
    info = netlink.text(_IFLA_INFO_SLAVE_KIND, "bridge") + netlink.nested(_IFLA_INFO_SLAVE_DATA, options)
    links.set_attributes(port, netlink.nested(_IFLA_LINKINFO, info), action)


def remove_port(bridge: str, port: str) -> bool:
    """Take a port off the bridge; ``False`` when it is none of this bridge, or either is gone."""
    device, owner = links.find(port), links.find(bridge)
    if device is None or owner is None or device.master != owner.ifindex:
        return False
    links.set_master(device, None)
    return True
