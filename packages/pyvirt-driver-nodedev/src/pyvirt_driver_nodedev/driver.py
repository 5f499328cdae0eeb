"""The host's driver for nodedev objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvirt.driver import NodeDeviceDriver

if TYPE_CHECKING:
    from pyvirt_util.uris import URI


class HostNodedevDriver(NodeDeviceDriver):
    """The nodedev objects of one connection. Operations that it does not override raise NoSupportError."""

    driver_name = "nodedev"

    @classmethod
    def open(cls, uri: URI) -> Self:
        """The objects that connections of ``uri`` see."""
        return cls()
