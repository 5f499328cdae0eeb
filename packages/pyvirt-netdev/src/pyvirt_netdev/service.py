"""What this distribution answers to the core's services ``interface`` and ``netdev``."""

from __future__ import annotations

from pyvirt.services import hookimpl
from pyvirt.services.specs.interface import PluggedInterface
from pyvirt_netdev import plug
from pyvirt_netdev.saved import SavedSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_util.undo import UndoStack


class InterfacePlugin:
    """``pyvirt.services.interface``: taps, bridge ports and macvtaps.

    Descriptors are the caller's once ``interface_plug`` has returned; the undo that it registers removes the device and
    does not close them.
    """

    def __init__(self, saved: SavedSettings | None = None) -> None:
        self.saved = saved or SavedSettings()

    @hookimpl
    def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
        """Connect a NIC of type ``bridge``, ``ethernet`` or ``direct``."""
        plugged: plug.Plugged
        if request.type in ("bridge", "ethernet"):
            plugged = plug.plug_tap(request, undo)
        elif request.type == "direct":
            plugged = plug.plug_macvtap(request, undo, self.saved)
        else:
            return None
        return PluggedInterface(plugged.name, plugged.fds, created=plugged.created)

    @hookimpl
    def interface_unplug(self, request: InterfaceRequest, target: str | None) -> bool | None:
        """Disconnect it again."""
        if request.type in ("bridge", "ethernet"):
            plug.unplug_tap(request, target)
        elif request.type == "direct":
            plug.unplug_macvtap(request, target, self.saved)
        else:
            return None
        return True


INTERFACE = InterfacePlugin()
