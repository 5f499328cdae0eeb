"""Changing one device of a definition: what hotplug and persistent changes need.

A device's XML becomes its typed class in the context of a domain; it is added, or takes the place of the one it means,
or that one is removed. What the hypervisor does about it is the driver's business, and so is which kinds it can change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pyvirt_conf.domain import complete_devices
from pyvirt_conf.domain.address import (
    CcidAddress,
    DimmAddress,
    DriveAddress,
    PciAddress,
    UnassignedAddress,
    VirtioSerialAddress,
)
from pyvirt_conf.domain.chardev import Channel, Console, ConsoleTarget, Parallel, Serial
from pyvirt_conf.domain.config import GENERIC, ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.device_match import describe, find_by_alias, find_device, same_hostdev
from pyvirt_conf.domain.devices import Devices
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.filesystem import Filesystem
from pyvirt_conf.domain.graphics import Graphics
from pyvirt_conf.domain.hostdev import Hostdev, ScsiHostdev
from pyvirt_conf.domain.memory_device import MemoryDevice
from pyvirt_conf.domain.misc import Lease, Shmem
from pyvirt_conf.xml import Element, fail, read
from pyvirt_util.errors import ConfigUnsupportedError, OperationInvalidError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

__all__ = [
    "add_device",
    "find_by_alias",
    "find_device",
    "parse_device",
    "remove_device",
    "update_device",
]

_D = TypeVar("_D", bound=Element)


def _places() -> dict[str, tuple[str, type[Element]]]:
    """By tag: the field of Devices a device belongs to, and its class."""
    from pyvirt_conf.xml.compiler import _resolve

    places = {}
    for name, field in Devices._fields.items():
        if field.kind in ("child", "children") and name != "redirfilter":
            kind = _resolve(field)
            places[kind._tag] = (name, kind)
    return places


def parse_device(
    xml: str | bytes,
    domain: Domain,
    config: ParserConfig = GENERIC,
    flags: XmlFlags = XmlFlags.NONE,
    *,
    lookup: bool = False,
    file: str | None = None,
) -> Element:
    """Read the XML of one device and fill in what it leaves out, as a device of a domain (virDomainDeviceDefParse).

    :param lookup: it's to find a device, not to be one: nothing is made up that would tell it from the one it means
        (MAC address, address, ports), and it isn't validated.
    :param file: where it came from, for error messages.
    :raises XmlDetailError: not well-formed. :raises XmlError: no device, or a value its type refuses.
    :raises VirtError: it contradicts itself, or the driver refuses it.
    """
    mode = mode_of(flags, config, file)
    node = read(xml, file)
    place = _places().get(str(node.tag))
    if place is None:
        fail(node, mode, f"unknown device type '{node.tag}'")
    device: Any = place[1]._from_node(node, mode)
    given = {name: getattr(device, name, None) for name in ("mac", "address", "index", "port")}
    complete_devices.complete_device(device, domain, config, flags)
    if lookup:
        for name, value in given.items():
            if name in device._fields:
                setattr(device, name, value)
        return device  # type: ignore[no-any-return]
    _number(domain, device)
    if not flags & XmlFlags.SKIP_VALIDATE:
        from pyvirt_conf.domain.validation import validate_device

        validate_device(device, domain)
        if config.device_validate is not None:
            config.device_validate(device, domain)
    return device  # type: ignore[no-any-return]


def _number(domain: Domain, device: Element) -> None:
    """A port that names no number gets the one behind the highest."""
    if isinstance(device, (Serial, Parallel, Console)) and device.port is None:
        kind: list[Any] = getattr(domain.devices, _places()[device._tag][0])
        device.port = max((port.port or 0 for port in kind), default=-1) + 1


# -- changes ---------------------------------------------------------------------------------------


def add_device(domain: Domain, device: Element) -> None:
    """Put a device into a definition, where libvirt puts it.

    Controllers it needs and an address it lacks are not added: complete the domain again. A memory module adds to the
    domain's memory.

    :raises OperationInvalidError: it's there already, or there can be only one of its kind.
    :raises XmlError: its alias, address, wwn or serial is another device's.
    :raises ConfigUnsupportedError: its boot order is another's, or it exceeds the domain's maximal memory or slots.
    """
    name, _ = _places()[device._tag]
    _refuse_twice(domain, device, name)
    _refuse_taken(domain, device, None)
    if isinstance(device, MemoryDevice):
        _add_memory(domain, device)
    if isinstance(device, Disk):
        complete_devices.insert_disk(domain, device)
    elif isinstance(device, Controller):
        complete_devices.insert_controller(domain, device)
    elif isinstance(getattr(domain.devices, name), list):
        getattr(domain.devices, name).append(device)
    else:
        setattr(domain.devices, name, device)


def update_device(domain: Domain, device: _D) -> _D:
    """Put a device in the place of the one it means; alias, address and MAC address stay where it gives none.

    :returns: the one that was there.
    :raises DeviceMissingError: there is none. :raises OperationFailedError: it may mean several.
    :raises XmlError: its alias or address is another device's. :raises ConfigUnsupportedError: its boot order is, or
        it exceeds the domain's maximal memory.
    """
    old = find_device(domain, device)
    name, _ = _places()[device._tag]
    _refuse_taken(domain, device, old)
    for kept in ("alias", "address", "mac"):
        if kept in device._fields and getattr(device, kept) is None and kept in old._fields:
            setattr(device, kept, getattr(old, kept))
    if isinstance(device, MemoryDevice) and isinstance(old, MemoryDevice):
        _resize(domain, device.target.size - old.target.size)
    current = getattr(domain.devices, name)
    if isinstance(current, list):
        current[_index(current, old)] = device
    else:
        setattr(domain.devices, name, device)
    return old


def remove_device(domain: Domain, device: _D) -> _D:
    """Take a device out of a definition.

    The first console goes with the serial port it is. A memory module's size goes off the domain's memory.

    :param device: one of the definition's own, or one that means it.
    :returns: the one that was there.
    :raises DeviceMissingError: there is none. :raises OperationFailedError: it may mean several.
    """
    own = any(other is device for other in domain.devices.all())
    old = device if own else find_device(domain, device)
    name, _ = _places()[old._tag]
    devices = domain.devices
    if isinstance(old, Serial) and devices.serials and old is devices.serials[0]:
        if devices.consoles and devices.consoles[0].target_type is ConsoleTarget.SERIAL:
            del devices.consoles[0]
    if isinstance(old, MemoryDevice):
        _resize(domain, -old.target.size)
    current = getattr(devices, name)
    if isinstance(current, list):
        del current[_index(current, old)]
    else:
        setattr(devices, name, None)
    return old


def _index(devices: list[Element], device: Element) -> int:
    return next(at for at, other in enumerate(devices) if other is device)


# -- refusals --------------------------------------------------------------------------------------


def _refuse_twice(domain: Domain, device: Element, name: str) -> None:
    """Refuse what the definition has already."""
    current = getattr(domain.devices, name)
    if not isinstance(current, list):
        if current is not None:
            raise OperationInvalidError(f"domain '{domain.name}' already has a {device._tag} device")
        return
    for other in current:
        if _twice(other, device):
            raise OperationInvalidError(f"{describe(device)} is already in the definition of domain '{domain.name}'")


def _twice(other: Any, device: Any) -> bool:
    if isinstance(device, (Disk, Filesystem)):
        return device.target is not None and bool(other.target == device.target)
    if isinstance(device, Controller):
        # A USB master and its companions share an index; they're told apart by their models.
        family = [str(one.model).startswith("ich9-") for one in (other, device)]
        if device.type is ControllerType.USB and all(family) and other.model != device.model:
            return False
        return other.type is device.type and other.index == device.index
    if isinstance(device, Hostdev):
        return same_hostdev(other, device)
    if isinstance(device, Lease):
        return (other.lockspace, other.key) == (device.lockspace, device.key)
    if isinstance(device, Shmem):
        return bool(other.name == device.name)
    if isinstance(device, Graphics):
        return type(other) is type(device)
    if isinstance(device, (Serial, Parallel)):
        return device.port is not None and bool(other.port == device.port)
    if isinstance(device, Channel):
        name = getattr(device.target, "name", None)
        if name is None:
            return bool(other.target == device.target) and bool(other.address == device.address is not None)
        return type(other.target) is type(device.target) and bool(getattr(other.target, "name", None) == name)
    return False


def _refuse_taken(domain: Domain, device: Any, old: Element | None) -> None:
    """Refuse what belongs to another device: alias, address, boot order, a disk's wwn and serial."""
    alias = getattr(device, "alias", None)
    boot = getattr(device, "boot", None)
    if boot is not None and domain.os.boot:
        raise ConfigUnsupportedError("boot orders of devices cannot be used together with the boot list of the OS")
    place = _place(device)
    for other in domain.devices.all():
        if other is old or _same_port(device, other):
            continue
        if alias is not None and getattr(other, "alias", None) == alias:
            raise XmlError(f"alias '{alias}' belongs to another device")
        taken = getattr(other, "boot", None)
        if boot is not None and taken is not None and taken.order == boot.order:
            raise ConfigUnsupportedError(f"boot order {boot.order} is already used by another device")
        if place is not None and _place(other) == place:
            raise XmlError(f"the {place[0]} address of {describe(device)} belongs to {describe(other)}")
        if isinstance(device, Disk) and isinstance(other, Disk):
            # As in a whole document: disks may share one of the two as long as the other tells them apart.
            mine = (device.wwn, device.serial)
            if mine != (None, None) and mine == (other.wwn, other.serial):
                raise XmlError(
                    f"disks '{other.target}' and '{device.target}' have identical wwn '{device.wwn or ''}' and "
                    f"serial '{device.serial or ''}'"
                )


def _same_port(device: Element, other: Element) -> bool:
    """Whether these are a serial port and the console it is, which share alias and address."""
    return any(
        isinstance(one, Serial) and isinstance(two, Console) and two.target_type is ConsoleTarget.SERIAL
        for one, two in ((device, other), (other, device))
    )


def _place(device: Any) -> tuple[object, ...] | None:
    """What is taken by a device's address; ``None`` where it has none yet, or several devices can share it."""
    if isinstance(device, Console) and device.target_type is ConsoleTarget.SERIAL:
        return None  # the serial port's, seen again
    address = getattr(device, "address", None)
    if address is None or isinstance(address, UnassignedAddress):
        return None
    if isinstance(address, PciAddress):
        return ("PCI", str(address)) if address.assigned else None
    if isinstance(address, DriveAddress):
        bus = device.bus if isinstance(device, Disk) else "scsi" if isinstance(device, ScsiHostdev) else device._tag
        return ("drive", str(bus), address.controller, address.bus, address.target, address.unit)
    if isinstance(address, VirtioSerialAddress):
        # Port 0 of a virtio-serial controller asks for one.
        return ("virtio-serial", address.controller, address.bus, address.port) if address.port else None
    if isinstance(address, CcidAddress):
        return ("ccid", address.controller, address.slot)
    if isinstance(address, DimmAddress):
        return ("memory", address.slot)
    return None


def _add_memory(domain: Domain, device: MemoryDevice) -> None:
    if domain.max_memory is None:
        raise ConfigUnsupportedError(f"domain '{domain.name}' has no max memory, it can't have memory devices")
    if len(domain.devices.memories) >= domain.max_memory.slots:
        raise ConfigUnsupportedError(f"all {domain.max_memory.slots} memory slots of domain '{domain.name}' are taken")
    _resize(domain, device.target.size)


def _resize(domain: Domain, change: int) -> None:
    """Change the memory of a domain by a number of KiB."""
    total = (domain.memory or 0) + change
    if change > 0 and domain.max_memory is not None and total > domain.max_memory.size:
        raise ConfigUnsupportedError(
            f"memory of {total} KiB would exceed the max memory of domain '{domain.name}', {domain.max_memory.size} KiB"
        )
    domain.memory = total
    if domain.current_memory is not None:
        domain.current_memory = min(domain.current_memory + max(change, 0), total)
