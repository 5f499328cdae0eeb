"""What this distribution answers to the core's services ``interface`` and ``netdev``."""

from __future__ import annotations

from pyvirt.services import hookimpl
from pyvirt.services.specs.interface import PluggedInterface
from pyvirt.services.specs.netdev import LinkFacts, PhysPortId
from pyvirt_netdev import phys_port, plug
from pyvirt_netdev import vf as _vf
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.sriov.settings import VfSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.services.specs.interface import Bandwidth, InterfaceRequest
    from pyvirt.services.specs.netdev import NetdevTree, VfConfig
    from pyvirt_util.undo import UndoStack


class InterfacePlugin:
    """``pyvirt.services.interface``: taps, bridge ports, macvtaps and virtual functions.

    Descriptors are the caller's once ``interface_plug`` has returned; the undo that it registers removes the device and
    does not close them.
    """

    def __init__(self, saved: SavedSettings | None = None, *, sysfs: str = "/sys") -> None:
        self.saved = saved or SavedSettings()
        self.sysfs = sysfs

    @hookimpl
    def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
        """Connect a NIC of type ``bridge``, ``ethernet``, ``direct`` or ``hostdev``."""
        plugged: plug.Plugged
        if request.type in ("bridge", "ethernet"):
            plugged = plug.plug_tap(request, undo)
        elif request.type == "direct":
            plugged = plug.plug_macvtap(request, undo, self.saved, self.sysfs)
        elif request.type == "hostdev":
            lent = _vf.plug(request, undo, self.saved, self.sysfs)
            return PluggedInterface(None, pci_address=lent.address)
        else:
            return None
        return PluggedInterface(plugged.name, plugged.fds, created=plugged.created)

    @hookimpl
    def interface_unplug(self, request: InterfaceRequest, target: str | None) -> bool | None:
        """Disconnect it again."""
        if request.type in ("bridge", "ethernet"):
            plug.unplug_tap(request, target)
        elif request.type == "direct":
            plug.unplug_macvtap(request, target, self.saved, self.sysfs)
        elif request.type == "hostdev":
            _vf.unplug(request, self.saved, self.sysfs)
        else:
            return None
        return True

    @hookimpl
    def interface_set_bandwidth(self, request: InterfaceRequest, target: str) -> bool | None:
        """Change the limits of a NIC that is plugged."""
        if request.type not in ("bridge", "ethernet", "direct"):
            return None
        plug.set_limits(request, target)
        return True


class NetdevPlugin:
    """``pyvirt.services.netdev``: physical ports, and settings of virtual functions."""

    def __init__(self, saved: SavedSettings | None = None, *, sysfs: str = "/sys") -> None:
        self.saved = saved or SavedSettings()
        self.sysfs = sysfs

    @hookimpl
    def phys_port_id(self, ifname: str) -> PhysPortId | None:
        """The physical port's id of a network device."""
        return PhysPortId(phys_port.get_phys_port_id(ifname, sysfs=self.sysfs))

    @hookimpl
    def link_facts(self, ifname: str) -> LinkFacts | None:
        """State, speed, addresses and features of a network device."""
        from pyvirt_netdev import features, link_info

        identity = link_info.get_identity(ifname, sysfs=self.sysfs)
        state = link_info.get_link_info(ifname, sysfs=self.sysfs)
        return LinkFacts(
            ifname,
            identity.mac,
            identity.mtu,
            state.state,
            state.speed,
            link_info.get_duplex(ifname, sysfs=self.sysfs),
            identity.driver,
            features.get_features(ifname, sysfs=self.sysfs),
        )

    @hookimpl
    def netdev_describe(self, ifname: str) -> NetdevTree | None:
        """A network device with its physical function, the virtual ones, and which of their devices pair."""
        from pyvirt_netdev import tree

        return tree.describe(ifname, sysfs=self.sysfs)

    @hookimpl
    def vf_configure(self, pf: str, vf: int, config: VfConfig, undo: UndoStack) -> bool | None:
        """Set up a virtual function; its old settings are saved first."""
        settings = VfSettings(
            mac=config.mac, vlan=config.vlan, qos=config.qos, spoof_check=config.spoof_check, trust=config.trust
        )
        _vf.configure(pf, vf, settings, undo, self.saved)
        return True

    @hookimpl
    def vf_restore(self, pf: str, vf: int) -> bool | None:
        """Bring back the settings that were saved; without any there is nothing to do."""
        _vf.restore(pf, vf, self.saved)
        return True

    @hookimpl
    def bandwidth_set(self, ifname: str, bandwidth: Bandwidth | None) -> bool | None:
        """Limit what a bridge passes to and from its guests, or lift the limits."""
        from pyvirt_netdev import bandwidth as limits

        limits.set_bridge_limits(ifname, bandwidth)
        return True

    @hookimpl
    def bandwidth_plug(
        self, bridge: str, limits: Bandwidth, mac: str, floor: int, class_id: int, undo: UndoStack
    ) -> bool | None:
        """Guarantee a guest's share."""
        from pyvirt_netdev import bandwidth

        bandwidth.add_class(bridge, limits, mac, floor, class_id)
        undo.push(bandwidth.remove_class, bridge, class_id)
        return True

    @hookimpl
    def bandwidth_unplug(self, bridge: str, class_id: int) -> bool | None:
        """Take a guest's guaranteed share back."""
        from pyvirt_netdev import bandwidth

        bandwidth.remove_class(bridge, class_id)
        return True

    @hookimpl
    def bandwidth_rate(self, bridge: str, limits: Bandwidth, class_id: int, rate: int) -> bool | None:
        """Give a class another rate."""
        from pyvirt_netdev import bandwidth

        bandwidth.set_class_rate(bridge, limits, class_id, rate)
        return True

    @hookimpl
    def bandwidth_mac(self, bridge: str, class_id: int, mac: str) -> bool | None:
        """The guest of a class has another MAC address now."""
        from pyvirt_netdev import bandwidth

        bandwidth.set_class_mac(bridge, class_id, mac)
        return True


INTERFACE = InterfacePlugin()
NETDEV = NetdevPlugin()
