"""Network interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.device import device_name
from pyvirt_driver_nodedev.kinds.base import Kind

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Device

WIRELESS = "wlan"


class NetKind(Kind):
    """A network interface, wired or wireless. Bridges, VLANs and others of a type of their own are no devices."""

    def name(self, device: Device) -> str | None:
        """``net_eth0_52_54_00_12_34_56``; without the address where the interface has none."""
        if device.uevent.get("DEVTYPE", WIRELESS) != WIRELESS or "INTERFACE" not in device.uevent:
            return None
        return device_name("net", device.sysname, device.text("address"))
