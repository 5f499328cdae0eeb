"""Network interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import NetCapability, NetFeature
from pyvirt_conf.nodedev.net import Ethernet, LinkState, NetFeatureName, NetLink, Wireless
from pyvirt_driver_nodedev.kinds.net import WIRELESS
from pyvirt_util.errors import VirtError

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

_STATES = frozenset(LinkState)
_FEATURES = frozenset(NetFeature)


def describe_net(device: Device) -> NetCapability:
    """A network interface."""
    name = device.uevent.get("INTERFACE", device.sysname)
    return NetCapability(
        interface=name,
        address=device.text("address"),
        link=_link(device),
        feature_names=[NetFeatureName(name=feature) for feature in _features(device, name)],
        capabilities=[Wireless() if device.uevent.get("DEVTYPE") == WIRELESS else Ethernet()],
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
