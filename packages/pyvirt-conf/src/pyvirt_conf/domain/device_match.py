"""Which device of a definition another one means: the rules by which devices are told apart, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from pyvirt_conf.domain.address import Device, PciAddress, UnassignedAddress
from pyvirt_conf.domain.chardev import (
    Channel,
    Console,
    GuestfwdTarget,
    Parallel,
    Serial,
)
from pyvirt_conf.domain.controller import Controller
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.filesystem import Filesystem
from pyvirt_conf.domain.graphics import Graphics
from pyvirt_conf.domain.hostdev import (
    Hostdev,
    MdevHostdev,
    MiscHostdev,
    NetHostdev,
    PciHostdev,
    ScsiHostdev,
    ScsiHostHostdev,
    ScsiHostSource,
    ScsiIscsiSource,
    StorageHostdev,
    UsbHostdev,
)
from pyvirt_conf.domain.interface import HostdevNetSource, Interface
from pyvirt_conf.domain.misc import Lease
from pyvirt_conf.domain.sound import Audio
from pyvirt_conf.xml import Element
from pyvirt_util.errors import DeviceMissingError, OperationFailedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_D = TypeVar("_D", bound=Element)

_INFO = ("alias", "acpi_index", "address", "boot", "rom")
"""What a device has because it is in a definition; whoever names it needn't know."""


def find_device(domain: Domain, device: _D) -> _D:
    """The device of a definition that another one means.

    Disks and file systems go by their target, interfaces by MAC address (and by alias, address and model as far as
    they're given), controllers by type and index, devices of the host by what they are there, displays by type,
    character devices by their end in the guest, leases by lockspace and key; every other kind by being the same in all
    but address, alias and boot order, and in these where they're given.

    :param device: as :func:`~pyvirt_conf.domain.device_list.parse_device` returns it with ``lookup``.
    :returns: the object that is in the definition.
    :raises DeviceMissingError: there is none. :raises OperationFailedError: there are several.
    """
    name = describe(device)
    found: list[_D] = [other for other in _kind(domain, device) if _means(other, device)]
    for narrower in _NARROWER if len(found) > 1 else ():
        found = [other for other in found if narrower(other, device)] or found
    if not found:
        raise DeviceMissingError(f"no {name} in the definition of domain '{domain.name}'")
    if len(found) > 1:
        raise OperationFailedError(f"{len(found)} devices of domain '{domain.name}' match {name}, name one's address")
    return found[0]


def find_by_alias(domain: Domain, alias: str) -> Element:
    """The device with an alias (virDomainDefFindDevice); of a serial port and the console it is, the port.

    :raises DeviceMissingError: there is none.
    """
    for device in domain.devices.all():
        if getattr(device, "alias", None) == alias:
            return device
    raise DeviceMissingError(f"no device with alias '{alias}' in the definition of domain '{domain.name}'")


def _kind(domain: Domain, device: _D) -> list[_D]:
    """The devices of a definition that are of the same kind, by tag: hostdevs of all sorts are one."""
    return [other for other in domain.devices.all() if other._tag == device._tag]  # type: ignore[misc]


def _means(other: Any, device: Any) -> bool:
    for kind, rule in _RULES:
        if isinstance(device, kind):
            return isinstance(other, kind) and rule(other, device)
    return same_device(other, device) and info_fits(other, device)


def info_fits(other: Any, device: Any) -> bool:
    """Whether alias, ACPI index and address are the same as far as they're given."""
    return _address_fits(other, device) and all(
        getattr(device, name, None) in (None, getattr(other, name, None)) for name in ("alias", "acpi_index")
    )


def _address_fits(other: Any, device: Any) -> bool:
    address = getattr(device, "address", None)
    if address is None or isinstance(address, UnassignedAddress):
        return True
    if isinstance(address, PciAddress):
        if not address.assigned:
            return True
        return isinstance(other.address, PciAddress) and str(other.address) == str(address)
    return bool(other.address == address)


def same_device(one: Element, other: Element) -> bool:
    """Whether two devices are equal in all but what a place in a definition gives them."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name) for name in one._fields if name not in _INFO
    )


# -- rules -----------------------------------------------------------------------------------------


def _interface(other: Interface, device: Interface) -> bool:
    return (device.mac is None or other.mac == device.mac) and info_fits(other, device)


def _serial(other: Serial, device: Serial) -> bool:
    return (
        (device.target_type is None or other.target_type is device.target_type)
        and (device.port is None or other.port == device.port)
        and info_fits(other, device)
    )


def _port(other: Parallel, device: Parallel) -> bool:
    return (device.port is None or other.port == device.port) and info_fits(other, device)


def _console(other: Console, device: Console) -> bool:
    return (
        (device.target_type is None or other.target_type is device.target_type)
        and (device.port is None or other.port == device.port)
        and info_fits(other, device)
    )


def _channel(other: Channel, device: Channel) -> bool:
    one, two = other.target, device.target
    if type(one) is not type(two):
        return False
    if isinstance(one, GuestfwdTarget):
        return one == two
    # A channel without a name is told by its address alone.
    name = getattr(two, "name", None)
    return getattr(one, "name", None) == name and info_fits(other, device)


def host_device(device: Hostdev | Interface) -> tuple[Hashable, ...]:
    """What a device of the host is told apart by (virDomainHostdevMatch); nothing if it is none.

    :returns: what it's sought by first, then what else it's found by. A USB device is sought by bus and number where
        both are given, else by vendor and product.
    """
    if isinstance(device, Interface):
        source = device.source
        place = source.address if isinstance(source, HostdevNetSource) else None
        return (("pci", *_values(place, "domain", "bus", "slot", "function")),) if type(place) is PciAddress else ()
    if isinstance(device, UsbHostdev):
        usb = device.source
        ids = ("usb", usb.vendor, usb.product)
        return (ids,) if usb.bus is None else (("usb at", usb.bus, usb.device), ids)
    if isinstance(device, PciHostdev):
        return (("pci", *_values(device.source.address, "domain", "bus", "slot", "function")),)
    if isinstance(device, ScsiHostdev):
        scsi = device.source
        if isinstance(scsi, ScsiHostSource):
            return (("scsi", scsi.adapter, *_values(scsi.address, "bus", "target", "unit")),)
        if isinstance(scsi, ScsiIscsiSource):
            return (("iscsi", scsi.name, *(host.to_xml() for host in scsi.hosts)),)
        return ()
    if isinstance(device, ScsiHostHostdev):
        return (("vhost", device.source.wwpn),)
    if isinstance(device, MdevHostdev):
        return (("mdev", device.source.uuid),)
    for kind, name in ((StorageHostdev, "block"), (MiscHostdev, "char"), (NetHostdev, "interface")):
        if isinstance(device, kind):
            return ((name, getattr(device, name)),)
    return ()


def _values(element: Element, *names: str) -> tuple[Hashable, ...]:
    return tuple(getattr(element, name) for name in names)


def same_hostdev(other: Hostdev, device: Hostdev) -> bool:
    """Whether ``other`` is found by what ``device`` is sought by."""
    sought = host_device(device)
    return bool(sought) and sought[0] in host_device(other)


_RULES: tuple[tuple[type[Element], Callable[[Any, Any], bool]], ...] = (
    (Disk, lambda other, device: other.target == device.target),
    (Interface, _interface),
    (Controller, lambda other, device: other.type is device.type and other.index == device.index),
    (Hostdev, same_hostdev),
    (Graphics, lambda other, device: type(other) is type(device)),
    (Filesystem, lambda other, device: other.target == device.target),
    (Lease, lambda other, device: (other.lockspace, other.key) == (device.lockspace, device.key)),
    (Serial, _serial),
    (Parallel, _port),
    (Console, _console),
    (Channel, _channel),
    (Audio, lambda other, device: other.id == device.id),
)

_NARROWER: tuple[Callable[[Any, Any], bool], ...] = (
    lambda other, device: info_fits(other, device) if isinstance(device, Device) else True,
    lambda other, device: getattr(device, "model", None) in (None, getattr(other, "model", None)),
    lambda other, device: isinstance(device, Interface) or getattr(other, "source", 0) == getattr(device, "source", 0),
)
"""What decides between several, in turn."""


def describe(device: Element) -> str:
    """A device as messages name it: ``disk with target 'vda'``."""
    if isinstance(device, (Disk, Filesystem)):
        return f"{device._tag} with target '{device.target}'"
    if isinstance(device, Interface) and device.mac is not None:
        return f"interface with MAC address {device.mac}"
    if isinstance(device, Controller):
        return f"{device.type} controller with index {device.index}"
    if isinstance(device, Lease):
        return f"lease '{device.key}' in lockspace '{device.lockspace or ''}'"
    if isinstance(device, Graphics):
        return f"display of type '{device.type}'"
    if isinstance(device, Hostdev):
        source = getattr(device, "source", None)
        shown = " ".join(source.to_xml().split()) if isinstance(source, Element) else ""
        for name in ("block", "char", "interface"):
            shown = shown or str(getattr(device, name, ""))
        return f"host device of type '{device.type}' {shown}".rstrip()
    if isinstance(device, (Serial, Parallel)) and device.port is not None:
        return f"{device._tag} port {device.port}"
    if isinstance(device, Channel):
        return f"channel '{getattr(device.target, 'name', None) or getattr(device.target, 'address', '')}'"
    alias = getattr(device, "alias", None)
    return f"{device._tag} with alias '{alias}'" if alias is not None else f"{device._tag} that matches"
