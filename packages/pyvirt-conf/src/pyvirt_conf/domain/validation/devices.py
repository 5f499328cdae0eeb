"""Devices: each by itself, and what concerns several of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import UnassignedAddress, UsbAddress
from pyvirt_conf.domain.chardev import Channel, Console, Parallel, Serial
from pyvirt_conf.domain.config import ParserConfig
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.filesystem import Filesystem, FilesystemDriver
from pyvirt_conf.domain.graphics import Graphics
from pyvirt_conf.domain.hostdev import Hostdev, UsbHostdev
from pyvirt_conf.domain.input import Input, InputBus
from pyvirt_conf.domain.interface import Interface
from pyvirt_conf.domain.memory_device import MemoryDevice
from pyvirt_conf.domain.misc import EgdBackend, HubType, Iommu, Redirdev, Rng, Shmem, Vsock
from pyvirt_conf.domain.smartcard import Smartcard
from pyvirt_conf.domain.sound import Audio, Sound
from pyvirt_conf.domain.validation import small
from pyvirt_conf.domain.validation.chardev import check_port, check_source
from pyvirt_conf.domain.validation.controller import check_controller, check_controllers
from pyvirt_conf.domain.validation.disk import check_disk, check_disks, check_drive_addresses
from pyvirt_conf.domain.validation.hostdev import check_hostdev, check_hostdevs
from pyvirt_conf.domain.validation.interface import check_interface
from pyvirt_conf.domain.validation.video import check_graphics, check_video, check_videos
from pyvirt_conf.domain.video import Video
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_conf.xml import Element


def validate_device(device: Element, domain: Domain) -> None:
    """Check one device by itself.

    :raises VirtError: it contradicts itself, or what else there is.
    """
    if isinstance(getattr(device, "address", None), UnassignedAddress) and not isinstance(device, Hostdev):
        raise ConfigUnsupportedError("address of type 'unassigned' is supported only for hostdevs")
    kind: type = type(device)
    check = _check_of(kind)
    if check is not None:
        check(device, domain)


def _redirdev(device: Redirdev, domain: Domain) -> None:
    if device.address is not None and not isinstance(device.address, UsbAddress):
        raise XmlError("a USB device has a USB address")
    if not any(c.type is ControllerType.USB and c.model != "none" for c in domain.devices.controllers):
        raise ConfigUnsupportedError("cannot add redirected USB device: USB is disabled for this domain")
    check_source(device.source, domain)


def _rng(device: Rng, domain: Domain) -> None:
    if isinstance(device.backend, EgdBackend):
        check_source(device.backend.source, domain)


_CHECKS: tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any, Domain], None]], ...] = (
    (Disk, check_disk),
    (Controller, check_controller),
    (Hostdev, check_hostdev),
    (Interface, check_interface),
    ((Serial, Parallel, Console, Channel), check_port),
    (Redirdev, _redirdev),
    (Rng, _rng),
    (Smartcard, small.check_smartcard),
    (Video, check_video),
    (Graphics, check_graphics),
    (MemoryDevice, small.check_memory),
    (Vsock, small.check_vsock),
    (Input, small.check_input),
    (Shmem, small.check_shmem),
    (Filesystem, small.check_filesystem),
    (Audio, small.check_audio),
    (Sound, small.check_sound),
    (Iommu, small.check_iommu),
)


@cache
def _check_of(kind: type) -> Callable[[Any, Domain], None] | None:
    return next((check for base, check in _CHECKS if issubclass(kind, base)), None)


# -- several ---------------------------------------------------------------------------------------


def several_devices(domain: Domain, config: ParserConfig) -> None:
    """What devices must not have in common."""
    devices = domain.devices
    check_disks(devices.disks)
    check_hostdevs(devices.hostdevs, devices.interfaces)
    check_drive_addresses(domain)
    check_controllers(devices.controllers)
    _aliases(domain)
    _usb(domain)
    check_videos(devices.videos)
    small.check_panics(devices.panics)
    _filesystems(devices.filesystems)


def _aliases(domain: Domain) -> None:
    """An alias that a user gave is one device's; a console that is a serial port has that port's."""
    seen: dict[str, Element] = {}
    first = domain.devices.serials[0] if domain.devices.serials else None
    for device in domain.devices.all():
        alias = getattr(device, "alias", None)
        if alias is None or not alias.startswith("ua-"):
            continue
        if alias in seen and not (isinstance(device, Console) and seen[alias] is first):
            raise ConfigUnsupportedError(f"non unique alias detected: {alias}")
        seen[alias] = device


def _no_usb(domain: Domain) -> bool:
    """A controller without a model of its own says that there is no USB at all."""
    return any(c.type is ControllerType.USB and c.model == "none" for c in domain.devices.controllers)


def _usb(domain: Domain) -> None:
    devices = domain.devices
    if not _no_usb(domain):
        return
    if any(hub.type is HubType.USB for hub in devices.hubs):
        raise XmlDetailError("can't add USB hub: USB is disabled for this domain")
    if any(item.bus is InputBus.USB for item in devices.inputs):
        raise XmlDetailError("can't add USB input device: USB is disabled for this domain")
    if any(isinstance(hostdev, UsbHostdev) for hostdev in devices.hostdevs):
        raise XmlDetailError("can't add host USB device: USB is disabled for this domain")


def _filesystems(filesystems: list[Filesystem]) -> None:
    seen = set()
    for filesystem in filesystems:
        if filesystem.driver is FilesystemDriver.VIRTIOFS:
            if filesystem.target in seen:
                raise ConfigUnsupportedError(f"filesystem target '{filesystem.target}' specified twice")
            seen.add(filesystem.target)
