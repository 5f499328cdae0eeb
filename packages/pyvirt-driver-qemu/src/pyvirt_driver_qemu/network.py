"""Connecting a guest's NICs to the host, through the core's interface service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from pyvirt_conf.domain.interface import BridgeSource, DirectSource, EthernetSource
from pyvirt_driver_qemu.command import Plugged
from pyvirt_util.errors import ConfigUnsupportedError, VirtError

if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest, PluggedInterface
    from pyvirt_conf import Domain
    from pyvirt_conf.domain.interface import Interface
    from pyvirt_driver_qemu.launch import Launcher
    from pyvirt_util.undo import UndoStack


class PluggedInterfaces(NamedTuple):
    """What was plugged: numbers of descriptors in QEMU by alias, and the requests with the devices they got."""

    descriptors: dict[str, Plugged]
    requests: list[tuple[InterfaceRequest, str | None]]


def plug_interfaces(domain: Domain, launcher: Launcher, undo: UndoStack) -> PluggedInterfaces:
    """Connect every NIC of a domain that needs a device of the host, and let QEMU inherit its descriptors.

    :raises NoSupportError: no installed distribution plugs this type; its hint names one that does.
    """
    found = PluggedInterfaces({}, [])
    for interface in domain.devices.interfaces:
        if interface.type not in ("bridge", "ethernet", "direct"):
            if interface.type in ("network", "hostdev", "vdpa", "vds", "internal"):
                raise ConfigUnsupportedError(f"interfaces of type '{interface.type}' cannot be started yet")
            continue
        request = _request(interface, domain)
        plugged = _plug(request, undo)
        found.requests.append((request, plugged.target))
        numbers = []
        for fd in plugged.fds:
            numbers.append(launcher.pass_fd(fd, owned=True))
        interface.target = plugged.target
        found.descriptors[interface.alias or ""] = Plugged(tap_fds=tuple(numbers))
    return found


def _plug(request: InterfaceRequest, undo: UndoStack) -> PluggedInterface:
    from pyvirt import services

    return services.interface.plug(request, undo)


def _request(interface: Interface, domain: Domain) -> InterfaceRequest:
    from pyvirt.services.specs.interface import InterfaceRequest

    source = interface.source
    device = mode = None
    if isinstance(source, BridgeSource):
        device = source.bridge
    elif isinstance(source, DirectSource):
        device = source.dev
        mode = str(source.mode) if source.mode is not None else "vepa"
    elif isinstance(source, EthernetSource):
        device = source.dev
    return InterfaceRequest(
        type=str(interface.type),
        mac=interface.mac or "",
        domain=domain.name or "",
        domain_uuid=domain.uuid or "",
        source=device,
        target=interface.target,
        mode=mode,
        queues=interface.queues or 1,
        managed=interface.managed is not False,
        mtu=interface.mtu,
        up=interface.link != "down",
        isolated=bool(interface.port_isolated),
    )


def encode(plugged: list[tuple[InterfaceRequest, str | None]]) -> str:
    """What is plugged, as text for the guest's record, so that any process can unplug it."""
    return json.dumps([[*_fields(request), target] for request, target in plugged], separators=(",", ":"))


def unplug_all(text: str) -> None:
    """Disconnect what :func:`encode` described; what is gone already is no error."""
    from pyvirt import services
    from pyvirt.services.specs.interface import InterfaceRequest

    failure: VirtError | None = None
    for kind, mac, domain, uuid, source, managed, target in json.loads(text):
        request = InterfaceRequest(type=kind, mac=mac, domain=domain, domain_uuid=uuid, source=source, managed=managed)
        try:
            services.interface.unplug(request, target)
        except VirtError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _fields(request: InterfaceRequest) -> tuple[str, str, str, str, str | None, bool]:
    return (request.type, request.mac, request.domain, request.domain_uuid, request.source, request.managed)
