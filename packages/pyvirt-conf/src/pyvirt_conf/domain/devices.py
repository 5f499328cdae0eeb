"""The list of a guest's devices: ``<devices>``."""

from __future__ import annotations

from collections.abc import Iterator

from pyvirt_conf.domain.chardev import Channel, Console, ConsoleTarget, Parallel, Serial
from pyvirt_conf.domain.controller import Controller
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.filesystem import Filesystem
from pyvirt_conf.domain.graphics import Graphics
from pyvirt_conf.domain.hostdev import Hostdev
from pyvirt_conf.domain.input import Input
from pyvirt_conf.domain.interface import Interface
from pyvirt_conf.domain.memory_device import MemoryDevice
from pyvirt_conf.domain.misc import (
    Hub,
    Iommu,
    Lease,
    Memballoon,
    NvramDevice,
    Panic,
    Redirdev,
    RedirFilter,
    Rng,
    Shmem,
    Vsock,
    Watchdog,
)
from pyvirt_conf.domain.smartcard import Smartcard
from pyvirt_conf.domain.sound import Audio, Sound
from pyvirt_conf.domain.tpm import Tpm
from pyvirt_conf.domain.video import Video
from pyvirt_conf.xml import Element, Mode, child, children, element, text


@element("devices")
class Devices(Element):
    """All devices, in the order libvirt writes them."""

    _keep_open = True
    emulator: str | None = text()
    disks: list[Disk] = children()
    controllers: list[Controller] = children()
    leases: list[Lease] = children()
    filesystems: list[Filesystem] = children()
    interfaces: list[Interface] = children()
    smartcards: list[Smartcard] = children()
    serials: list[Serial] = children()
    parallels: list[Parallel] = children()
    consoles: list[Console] = children()
    channels: list[Channel] = children()
    inputs: list[Input] = children()
    tpms: list[Tpm] = children()
    graphics: list[Graphics] = children()
    sounds: list[Sound] = children()
    audios: list[Audio] = children()
    videos: list[Video] = children()
    hostdevs: list[Hostdev] = children()
    redirdevs: list[Redirdev] = children()
    redirfilter: RedirFilter | None = child(single=True)
    hubs: list[Hub] = children()
    watchdog: Watchdog | None = child(single=True)
    memballoon: Memballoon | None = child(single=True)
    rngs: list[Rng] = children()
    nvram: NvramDevice | None = child(single=True)
    panics: list[Panic] = children()
    shmems: list[Shmem] = children()
    memories: list[MemoryDevice] = children()
    iommu: Iommu | None = child(single=True)
    vsock: Vsock | None = child(single=True)

    def all(self) -> Iterator[Element]:
        """Every device, in the order they're written."""
        own = self.__dict__
        for name, field in self._fields.items():
            value = own.get(name)
            if value:
                if field.kind == "children":
                    yield from value
                elif field.kind == "child":
                    yield value

    # By hand: the console that is a serial port shows what that port has, whatever became of it since.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.consoles and self.serials and self.consoles[0].target_type is ConsoleTarget.SERIAL:
            port = self.serials[0]
            shown = Console(
                source=port.source,
                target_type=ConsoleTarget.SERIAL,
                port=port.port,
                alias=port.alias,
                acpi_index=port.acpi_index,
                address=port.address,
            )
            changed = self._shallow()
            changed.consoles = [shown, *self.consoles[1:]]
            changed._write(out, pad, mode, "devices")
        else:
            self._write(out, pad, mode, "devices")

    def filesystem_at(self, path: str) -> Filesystem | None:
        """The file system a container sees at a path."""
        return next((found for found in self.filesystems if found.target == path), None)
