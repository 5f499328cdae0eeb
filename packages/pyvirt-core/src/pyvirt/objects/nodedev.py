"""Devices of the host."""

from __future__ import annotations

from pyvirt.objects.handle import Handle
from pyvirt.refs import NodeDeviceRef


class NodeDevice(Handle[NodeDeviceRef]):
    """A device of the host."""

    @property
    def name(self) -> str:
        """The name."""
        return self._ref.name

    def detach(self, driver_name: str | None = None, flags: int = 0) -> None:
        """Take a device from the host with a choice of driver."""
        self._connection._driver.node_device_detach_flags(self._ref, driver_name, flags)

    def reattach(self) -> None:
        """Give a device back to the host."""
        self._connection._driver.node_device_re_attach(self._ref)

    def reset(self) -> None:
        """Reset a host device."""
        self._connection._driver.node_device_reset(self._ref)

    def xml(self, flags: int = 0) -> str:
        """XML description of the device."""
        return self._connection._nodedev.node_device_get_xml_desc(self._ref, flags)

    def parent(self) -> str | None:
        """Parent of a host device."""
        return self._connection._nodedev.node_device_get_parent(self._ref)

    def list_caps(self) -> list[str]:
        """Capability names of a host device."""
        return self._connection._nodedev.node_device_list_caps(self._ref)

    def destroy(self) -> None:
        """Remove a created host device."""
        self._connection._nodedev.node_device_destroy(self._ref)

    def undefine(self, flags: int = 0) -> None:
        """Remove a host device configuration."""
        self._connection._nodedev.node_device_undefine(self._ref, flags)

    def start(self, flags: int = 0) -> None:
        """Start a defined host device."""
        self._connection._nodedev.node_device_create(self._ref, flags)

    def autostart(self) -> bool:
        """Whether the device starts with the daemon or host."""
        return self._connection._nodedev.node_device_get_autostart(self._ref)

    def set_autostart(self, autostart: bool) -> None:
        """Choose whether the device starts with the daemon or host."""
        self._connection._nodedev.node_device_set_autostart(self._ref, autostart)

    def is_persistent(self) -> bool:
        """Whether the device has a stored configuration."""
        return self._connection._nodedev.node_device_is_persistent(self._ref)

    def is_active(self) -> bool:
        """Whether the device is running or started now."""
        return self._connection._nodedev.node_device_is_active(self._ref)
