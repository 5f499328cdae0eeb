"""The devices of a host: which there are, what they are called, what is above one, and all that is to be said of one.

Nothing is remembered between two calls: the kernel's own listing is the list of devices.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.device import Device, device_name
from pyvirt_driver_nodedev.kinds import COMPUTER, FLAGS, SUBSYSTEMS
from pyvirt_util import sysfs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvirt_conf.nodedev import NodeDevice
    from pyvirt_driver_nodedev.device import Host
    from pyvirt_driver_nodedev.kinds import Kind, Subsystem

_BY_NAME = {subsystem.name: subsystem for subsystem in SUBSYSTEMS}


class Found:
    """A device that is listed: its name, its kind, and the device itself, ``None`` for the host."""

    __slots__ = ("device", "kind", "name")

    def __init__(self, name: str, kind: Kind | None, device: Device | None) -> None:
        self.name = name
        self.kind = kind
        self.device = device

    @property
    def capabilities(self) -> list[str]:
        """The names of its capabilities, those inside others too."""
        if self.kind is None or self.device is None:
            return ["system"]
        inner = [name for name in self.kind.inner if self.kind.has_inner(self.device, name)]
        return [self.kind.capability, *inner]


class Inventory:
    """The devices of one host that run; what is only defined is not among them."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def devices(self, flags: int = 0) -> Iterator[Found]:
        """All devices with a capability that one of ``flags`` asks for; 0 asks for all."""
        if flags == 0 or flags & FLAGS["system"]:
            yield Found(COMPUTER, None, None)
        for subsystem in SUBSYSTEMS:
            wanted = [flags == 0 or bool(flags & FLAGS[kind.capability]) for kind in subsystem.kinds]
            inner = [[] if wants else _inner(kind, flags) for wants, kind in zip(wanted, subsystem.kinds, strict=True)]
            if not any(wanted) and not any(inner):
                continue
            for folder, sysname in self._list(subsystem):
                place = subsystem.choose(sysname)
                if wanted[place] or inner[place]:
                    found = self._found(subsystem, f"{folder}/{sysname}", place)
                    if found is not None and (wanted[place] or _has_any(found, inner[place])):
                        yield found

    def find(self, name: str) -> Found | None:
        """The device of a name."""
        if name == COMPUTER:
            return Found(COMPUTER, None, None)
        for subsystem in SUBSYSTEMS:
            if not name.startswith(subsystem.prefix):
                continue
            for folder, sysname in self._list(subsystem):
                # Nothing is read of devices whose name can't begin so.
                if name != subsystem.prefix and not name.startswith(device_name(subsystem.name, sysname)):
                    continue
                found = self._found(subsystem, f"{folder}/{sysname}", subsystem.choose(sysname))
                if found is not None and found.name == name:
                    return found
        return None

    def at(self, folder: str) -> Found | None:
        """The device that a folder of the tree describes; ``None`` where it describes none that is listed."""
        name = sysfs.link_name(f"{folder}/subsystem")
        subsystem = None if name is None else _BY_NAME.get(name)
        if subsystem is None:
            return None
        return self._found(subsystem, folder, subsystem.choose(os.path.basename(folder)))

    def parent(self, found: Found) -> str | None:
        """The name of the next device above one, else the host's; ``None`` for the host itself."""
        if found.device is None:
            return None
        return self._above(os.path.dirname(found.device.path))

    def name_of_address(self, address: str) -> str | None:
        """The name of the device that is called so in sysfs, among those that mediated devices can be made of."""
        for folder in ("class/mdev_bus", "bus/pci/devices", "bus/css/devices", "bus/matrix/devices"):
            path = f"{self.host.sysfs}/{folder}/{address}"
            if "/" not in address and os.path.isdir(path):
                found = self.at(os.path.realpath(path))
                if found is not None:
                    return found.name
        return None

    def document(self, found: Found) -> NodeDevice:
        """All that is to be said of a device.

        :raises VirtError: it went away, or does not say what it must.
        """
        from pyvirt_driver_nodedev.documents import device_document, host_document  # lists do without

        if found.device is None or found.kind is None:
            return host_document(found.name, self.host)
        return device_document(found.name, found.kind.capability, found.device, self.parent(found))

    def _above(self, path: str) -> str:
        while path.startswith("/sys/devices/"):
            found = self.at(self.host.folder(path))
            if found is not None:
                return found.name
            path = os.path.dirname(path)
        return COMPUTER

    def _list(self, subsystem: Subsystem) -> list[tuple[str, str]]:
        """Folder and name of each device of a subsystem."""
        for below in subsystem.folders:
            folder = f"{self.host.sysfs}/{below}"
            names = sysfs.list_names(folder)
            if names:
                return [(folder, name) for name in names]
        return []

    def _found(self, subsystem: Subsystem, folder: str, place: int) -> Found | None:
        device, kind = Device(self.host, folder, subsystem.name), subsystem.kinds[place]
        name = kind.name(device)
        return None if name is None else Found(name, kind, device)


def _inner(kind: Kind, flags: int) -> list[str]:
    return [name for name in kind.inner if flags & FLAGS[name]]


def _has_any(found: Found, inner: list[str]) -> bool:
    assert found.kind is not None
    assert found.device is not None
    return any(found.kind.has_inner(found.device, name) for name in inner)
