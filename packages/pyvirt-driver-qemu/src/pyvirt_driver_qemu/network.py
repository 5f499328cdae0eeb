"""Connecting a guest's NICs to the host, through the services of the core.

What outlives our process (a virtual function in a guest's hands, a macvtap, a port of a network) is in the guest's
record before it is acquired, so that whoever finds the guest dead gives it back.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from pyvirt_conf.domain.interface import NetType, VdpaSource
from pyvirt_driver_qemu.command import Plugged
from pyvirt_driver_qemu.command.interface import is_virtio
from pyvirt_driver_qemu.completion import assign_aliases
from pyvirt_driver_qemu.network_port import Port, give_back, new_port, take_port
from pyvirt_driver_qemu.network_request import interface_request
from pyvirt_util.errors import ConfigUnsupportedError, VirtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_conf import Domain
    from pyvirt_conf.domain.interface import FilterRef, Interface
    from pyvirt_util.undo import UndoStack

    class Inheritance(Protocol):
        """What lets QEMU have a descriptor; the launcher is one."""

        def pass_fd(self, fd: int, *, owned: bool = False) -> int:
            """The number of an open descriptor in QEMU; an owned one is closed here afterwards."""

        def open_device(self, path: str) -> int:
            """Open a device of the host; its number in QEMU."""


#: Types that need something of the host plugged.
_PLUGGED = (NetType.NETWORK, NetType.BRIDGE, NetType.ETHERNET, NetType.DIRECT, NetType.HOSTDEV)
_VFIO = "vfio-pci"
_VHOST_NET = "/dev/vhost-net"


class Held(NamedTuple):
    """What one NIC has of the host.

    ``target`` is the name of its device, and ``filtered`` whether its traffic is; ``detached`` the PCI function that
    was taken from the host's driver; ``port`` that of a network. All of them are given back by :func:`unplug`.
    """

    request: InterfaceRequest | None = None
    target: str | None = None
    detached: str | None = None
    port: Port | None = None
    filtered: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        found: dict[str, Any] = {}
        if self.request is not None:
            found["request"] = self.request.as_dict()
        if self.target is not None:
            found["target"] = self.target
        if self.detached is not None:
            found["detached"] = self.detached
        if self.port is not None:
            found["port"] = list(self.port)
        if self.filtered:
            found["filtered"] = True
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Held:
        """What :meth:`as_dict` gave."""
        from pyvirt.services.specs.interface import InterfaceRequest

        request, port = data.get("request"), data.get("port")
        return cls(
            InterfaceRequest.from_dict(request) if request is not None else None,
            data.get("target"),
            data.get("detached"),
            Port(*port) if port is not None else None,
            bool(data.get("filtered")),
        )


class PluggedInterface(NamedTuple):
    """One NIC that is connected: the numbers of its descriptors in QEMU, and what it has of the host."""

    descriptors: Plugged
    held: Held


def plug_interfaces(
    domain: Domain, launcher: Inheritance, undo: UndoStack, record: Callable[[str], None]
) -> dict[str, Plugged]:
    """Connect every NIC of a domain that needs something of the host; numbers of descriptors in QEMU by alias.

    :param record: writes down what is held (see :func:`encode`), whenever that has to be known before the next step.
    :raises NoSupportError: no installed distribution plugs this type; its hint names one that does.
    """
    descriptors: dict[str, Plugged] = {}
    done: list[Held] = []
    for interface in domain.devices.interfaces:
        plugged = plug_interface(interface, domain, launcher, undo, lambda held: record(encode([*done, held])))
        if plugged is None:
            continue
        descriptors[interface.alias or ""] = plugged.descriptors
        if plugged.held != Held():
            done.append(plugged.held)
    if done:
        record(encode(done))
    return descriptors


def plug_interface(
    interface: Interface, domain: Domain, launcher: Inheritance, undo: UndoStack, record: Callable[[Held], None]
) -> PluggedInterface | None:
    """Connect one NIC, and complete its live definition; ``None`` when QEMU does all of it itself.

    :param record: writes down what this NIC holds, before the step after which it does.
    """
    if interface.type in (NetType.INTERNAL, NetType.VDS):
        raise ConfigUnsupportedError(f"interfaces of type '{interface.type}' are not QEMU's")
    if isinstance(interface.source, VdpaSource):
        return PluggedInterface(Plugged(vdpa_fd=launcher.open_device(interface.source.dev)), Held())
    if interface.type not in _PLUGGED:
        return None
    held = Held()
    if interface.type is NetType.NETWORK:
        held = held._replace(port=new_port(interface))
        record(held)
        assert held.port is not None
        take_port(interface, domain, held.port, undo)
        _name_again(interface, domain)
    if interface.type is NetType.HOSTDEV:
        return PluggedInterface(Plugged(), _plug_function(interface, domain, held, undo, record))
    return _plug_device(interface, domain, held, launcher, undo, record)


def _name_again(interface: Interface, domain: Domain) -> None:
    """A network's virtual function is called as other functions are, unless the user gave it a name."""
    if interface.type is NetType.HOSTDEV and (interface.alias or "").startswith("net"):
        interface.alias = None
        assign_aliases(domain)


def _plug_device(
    interface: Interface,
    domain: Domain,
    held: Held,
    launcher: Inheritance,
    undo: UndoStack,
    record: Callable[[Held], None],
) -> PluggedInterface:
    """A tap or macvtap."""
    from pyvirt import services

    request = interface_request(interface, domain)
    held = held._replace(request=request)
    if interface.type is NetType.DIRECT or request.virtualport is not None:  # a tap goes with our process, these don't
        record(held)
    plugged = services.interface.plug(request, undo)
    numbers = tuple(launcher.pass_fd(fd, owned=True) for fd in plugged.fds)
    interface.target = plugged.target
    held = held._replace(target=plugged.target)
    if interface.filterref is not None and interface.filterref.filter is not None:
        held = held._replace(filtered=True)
        record(held)
        _filter(interface, domain, interface.filterref, undo)
    vhost = _open_vhost(interface, domain, launcher, len(numbers))
    return PluggedInterface(Plugged(tap_fds=numbers, vhost_fds=vhost), held)


def _filter(interface: Interface, domain: Domain, reference: FilterRef, undo: UndoStack) -> None:
    """Put the interface's network filter on its device, before the guest can send anything.

    :raises NoSupportError: no installed distribution filters; its hint names one that does.
    """
    from pyvirt import services
    from pyvirt_conf.nwfilter.binding import BindingOwner, FilterBinding
    from pyvirt_conf.nwfilter.reference import FilterParameter, FilterReference

    binding = FilterBinding(
        owner=BindingOwner(name=domain.name or "", uuid=domain.uuid or ""),
        portdev=interface.target or "",
        mac=interface.mac or "",
        filterref=FilterReference(
            filter=reference.filter or "",
            parameters=[FilterParameter(name=item.name, value=item.value) for item in reference.parameters],
        ),
    )
    services.nwfilter.apply(binding.format(), undo)


def _plug_function(
    interface: Interface, domain: Domain, held: Held, undo: UndoStack, record: Callable[[Held], None]
) -> Held:
    """A virtual function: set up while the host's driver still tells its port, then taken from that driver.

    Giving it back goes the same way round: its settings first, which the host's driver reads when it binds.
    """
    from pyvirt import services
    from pyvirt_util.undo import UndoStack

    if interface.driver not in (None, "default", "vfio"):
        raise ConfigUnsupportedError(f"driver '{interface.driver}' of interface '{interface.alias}': QEMU uses vfio")
    reattaching = UndoStack()
    undo.push(reattaching.undo)
    held = held._replace(request=interface_request(interface, domain))
    record(held)
    assert held.request is not None
    address = services.interface.plug(held.request, undo).pci_address
    if address is not None and interface.managed:
        held = held._replace(detached=address)
        record(held)
        services.nodedev.detach(address, _VFIO, reattaching)
    return held


def _open_vhost(interface: Interface, domain: Domain, launcher: Inheritance, queues: int) -> tuple[int, ...]:
    """The kernel's end of a virtio NIC's queues, where there is one (libvirt: qemuInterfaceOpenVhostNet)."""
    wanted = interface.driver == "vhost"
    if domain.type != "kvm" or interface.driver == "qemu":
        return ()
    if not is_virtio(interface):
        if wanted:
            raise ConfigUnsupportedError(f"vhost-net is for virtio interfaces, and '{interface.alias}' is none")
        return ()
    path = interface.backend_vhost or _VHOST_NET
    if not wanted and not os.access(path, os.R_OK | os.W_OK):
        return ()
    return tuple(launcher.open_device(path) for _queue in range(queues))


def encode(held: Iterable[Held]) -> str:
    """What NICs have of the host, as text for the guest's record, so that any process can give it back."""
    return json.dumps([item.as_dict() for item in held], separators=(",", ":"))


def decode(text: str) -> list[Held]:
    """What :func:`encode` gave."""
    return [Held.from_dict(item) for item in json.loads(text)]


def unplug(held: Held) -> None:
    """Give back what one NIC has; what is gone already is no error. Whatever fails, the rest is still given back."""
    from pyvirt import services

    failure: VirtError | None = None
    steps: list[Callable[[], object]] = []
    if held.filtered and held.target is not None:
        device = held.target
        steps.append(lambda: services.nwfilter.remove(device))
    if held.request is not None:
        request = held.request
        steps.append(lambda: services.interface.unplug(request, held.target))
    if held.detached is not None:
        address = held.detached
        steps.append(lambda: services.nodedev.reattach(address))
    if held.port is not None:
        port = held.port
        steps.append(lambda: give_back(port))
    for step in steps:
        try:
            step()
        except VirtError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def unplug_all(text: str) -> None:
    """Give back everything that :func:`encode` described."""
    failure: VirtError | None = None
    for held in decode(text):
        try:
            unplug(held)
        except VirtError as error:
            failure = failure or error
    if failure is not None:
        raise failure
