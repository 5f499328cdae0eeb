"""The devices of a guest that have addresses, in the order in which libvirt walks over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.chardev import ConsoleTarget

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: virDomainDeviceInfoIterate. Which of two devices of one address is refused, and numbers that are counted on over
#: all kinds of devices, follow from it.
_KINDS = (
    "disks",
    "interfaces",
    "sounds",
    "hostdevs",
    "videos",
    "controllers",
    "smartcards",
    "serials",
    "parallels",
    "channels",
    "consoles",
    "inputs",
    "filesystems",
    "watchdog",
    "memballoon",
    "rngs",
    "nvram",
    "hubs",
    "shmems",
    "tpms",
    "panics",
    "memories",
    "redirdevs",
    "iommu",
    "vsock",
)


def addressed(domain: Domain) -> list[Any]:
    """All devices that can have an address; a console that is a serial port seen again is none."""
    found: list[Any] = []
    own = domain.devices.__dict__
    for kind in _KINDS:
        value = own.get(kind)
        if not value:
            continue
        if kind == "consoles":
            found += value[1:] if value[0].target_type in (None, ConsoleTarget.SERIAL) else value
        elif isinstance(value, list):
            found += value
        else:
            found.append(value)
    return found


def named(device: object) -> str:
    """A device as messages name it: ``disk with target 'vda'``, ``watchdog``."""
    from pyvirt_conf.domain.device_match import describe
    from pyvirt_conf.xml import Element

    return describe(device).removesuffix(" that matches") if isinstance(device, Element) else str(device)
