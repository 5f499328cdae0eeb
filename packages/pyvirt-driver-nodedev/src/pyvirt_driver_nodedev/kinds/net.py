"""Network interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import NetCapability, NetFeature
from pyvirt_conf.nodedev.net import Ethernet, LinkState, NetFeatureName, NetLink, Wireless
from pyvirt_driver_nodedev.device import device_name
from pyvirt_driver_nodedev.kinds.base import Kind
from pyvirt_util.errors import VirtError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

_WIRELESS = "wlan"
_STATES = frozenset(LinkState)
_FEATURES = frozenset(NetFeature)


class NetKind(Kind):
    """A network interface, wired or wireless. Bridges, VLANs and others of a type of their own are no devices."""

    capability = "net"

    def name(self, device: Device) -> str | None:
        """``net_eth0_52_54_00_12_34_56``; without the address where the interface has none."""
        if device.uevent.get("DEVTYPE", _WIRELESS) != _WIRELESS or "INTERFACE" not in device.uevent:
            return None
        return device_name("net", device.sysname, device.text("address"))

    def describe(self, device: Device) -> NetCapability:
        """See the base class."""
        name = device.uevent.get("INTERFACE", device.sysname)
        return NetCapability(
            interface=name,
            address=device.text("address"),
            link=_link(device),
            feature_names=[NetFeatureName(name=feature) for feature in _features(device, name)],
            capabilities=[Wireless() if device.uevent.get("DEVTYPE") == _WIRELESS else Ethernet()],
        )


def _link(device: Device) -> NetLink:
    state = device.text("operstate")
    link = NetLink(state=LinkState(state) if state in _STATES else None)
    if link.state is LinkState.UP:
        # Drivers that do not know refuse, or say -1; libvirt reads that as the unsigned number, and so do its users.
        speed = device.number("speed")
        link.speed = 0 if speed is None else speed & 0xFFFFFFFF
    return link


def _features(device: Device, name: str) -> list[NetFeature]:
    if device.host.features is None:
        return []
    try:
        found = set(device.host.features(name)) & _FEATURES
    except VirtError:  # it went away, or its driver does not tell
        return []
    return [feature for feature in NetFeature if feature in found]
