"""Connecting one guest NIC to the host, and disconnecting it."""

from __future__ import annotations

import os
from typing import NamedTuple

from pyvirt_netdev import ipv6, macvtap, switch_port, tap
from pyvirt_netdev import link as links
from pyvirt_netdev import vf as _vf
from pyvirt_netdev.names import check_name
from pyvirt_util import _logging, macs
from pyvirt_util.errors import ConfigUnsupportedError, VirtError
from pyvirt_util.undo import UndoStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_netdev.link import Link
    from pyvirt_netdev.saved import SavedSettings, Settings


class Plugged(NamedTuple):
    """The host's device of a guest NIC, its open queues, and whether it was made for the purpose."""

    name: str
    fds: tuple[int, ...]
    created: bool


def plug_tap(request: InterfaceRequest, undo: UndoStack) -> Plugged:
    """A tap, as a port of the bridge or switch ``source`` for the type ``bridge``.

    With ``managed=False`` the tap ``target`` exists; for the type ``ethernet`` nothing but its queues is touched then.
    Bridge ports take the bridge's MTU unless the request names one.
    """
    connect = switch_port.connector(request)
    with UndoStack() as closing:
        opened = _open_tap(request)
        for fd in opened.fds:
            closing.push(os.close, fd)
        device = links.get(opened.name)
        if request.managed:
            undo.push(links.delete, device.ifindex, device.name)
            links.set_mac(device, tap.host_mac(request.mac))
        elif request.type == "ethernet":
            return Plugged(opened.name, opened.fds, created=False)
        # The MTU comes before the bridge, which takes over the smallest one of its ports.
        mtu = request.mtu if request.mtu is not None else connect.mtu if connect is not None else None
        if mtu is not None and mtu != device.mtu:
            links.set_mtu(device, mtu)
        if connect is not None:
            ipv6.disable(device.name)
            connect.connect(device, undo)
        else:
            ipv6.ignore_router_advertisements(device.name)
        _tune(request, device)
        links.set_up(device, request.up)
        _address(request, device)
        _run_script(request.script, device.name)
    return Plugged(opened.name, opened.fds, created=request.managed)


def plug_macvtap(request: InterfaceRequest, undo: UndoStack, saved: SavedSettings, sysfs: str = "/sys") -> Plugged:
    """A macvtap on the card ``source``, by default in the mode ``vepa``.

    In the mode ``passthrough`` the card itself gets the guest's MAC address; its own is saved until the unplugging. A
    virtual function can have a VLAN tag then. With ``managed=False`` the macvtap ``target`` exists and nothing but its
    queues is touched.
    """
    if request.vlan and request.mode != "passthrough":
        raise switch_port.vlan_refused(request)
    if not request.managed:
        device = links.get(_target(request))
        fds = macvtap.open_queues(device, queues=request.queues, vnet_header=request.vnet_header)
        return Plugged(device.name, fds, created=False)
    lower = links.get(_source(request))
    mode = request.mode or "vepa"
    passthrough = mode == "passthrough"
    if passthrough:
        if saved.claim(_key(lower), request, lambda: {"mac": lower.mac}, f"network card '{lower.name}'"):
            undo.push(_restore_mac, lower, saved)
        _vf.plug_passthrough(request, lower.name, undo, saved, sysfs)
    device = macvtap.create(lower, request.mac, mode, request.target or macvtap.DEFAULT_NAME)
    undo.push(links.delete, device.ifindex, device.name)
    if passthrough:
        links.set_mac(device, request.mac)  # the kernel passes it on to the card
        device = links.get(device.name)
    if request.mtu is not None:
        links.set_mtu(device, request.mtu)
    ipv6.disable(device.name)
    with UndoStack() as closing:
        fds = macvtap.open_queues(device, queues=request.queues, vnet_header=request.vnet_header)
        for fd in fds:
            closing.push(os.close, fd)
        switch_port.associate(request, lower, undo)
        if request.trust_guest_rx_filters:
            links.set_all_multicast(device)
        _tune(request, device)
        if request.up:
            if passthrough and not lower.up:  # nobody else uses this card, so nobody else has set it up
                links.set_up(lower)
            links.set_up(device)
    return Plugged(device.name, fds, created=True)


def unplug_tap(request: InterfaceRequest, target: str | None) -> None:
    """Take the NIC off its bridge or switch, and delete the tap unless it is somebody else's. What is gone is no error.

    The name of a tap that vanished with its guest may be another guest's by now: only a tap with this NIC's MAC goes.
    """
    if target is not None and request.downscript is not None:
        try:
            _run_script(request.downscript, target)
        except VirtError as error:
            _logging.warning(__name__, "the script of '%s' failed: %s", target, error)
    connect = switch_port.connector(request, gone=True)
    if connect is not None:
        connect.disconnect(target)
    if target is None or not request.managed:
        return
    device = links.find(target)
    if device is not None and tap.is_tap(device) and device.mac == tap.host_mac(request.mac):
        links.delete(device.ifindex, device.name)


def unplug_macvtap(request: InterfaceRequest, target: str | None, saved: SavedSettings, sysfs: str = "/sys") -> None:
    """Delete the macvtap, and give a card in passthrough its MAC address back. What is gone is no error.

    Without a name, which a crash may have kept from being recorded, it is found by its card and MAC address.
    """
    if not request.managed:
        return
    lower = links.find(request.source) if request.source else None
    if lower is not None:
        switch_port.disassociate(request, lower)
    addresses = {macs.parse(request.mac)}
    passthrough = request.mode == "passthrough" and lower is not None and saved.owned(_key(lower), request)
    if passthrough and lower is not None and saved.kept(_key(lower)) is not None and lower.mac is not None:
        addresses.add(lower.mac)  # a process was killed before it gave the new device the guest's
    for device in links.all_links() if target is None else filter(None, [links.find(target)]):
        if device.kind == "macvtap" and device.mac in addresses and (lower is None or device.lower == lower.ifindex):
            links.delete(device.ifindex, device.name)
    if passthrough and lower is not None:
        _restore_mac(lower, saved, sysfs)


def set_limits(request: InterfaceRequest, device: str) -> None:
    """Give a NIC's device the limits of the request, or none."""
    from pyvirt_netdev import bandwidth

    virtual = request.virtualport
    limits = request.bandwidth
    if virtual is not None and virtual.type == "openvswitch":
        from pyvirt_netdev.openvswitch import Switch

        if limits is None:
            Switch().lift_limits(device, request.domain_uuid)
        else:
            Switch().set_limits(device, limits, request.domain_uuid)
    elif limits is None:
        bandwidth.clear(device)
    elif request.type == "direct":  # the guest's and the host's views are the same here: both send
        bandwidth.set_limits(device, limits.outbound, limits.inbound)
    else:
        bandwidth.set_limits(device, limits.inbound, limits.outbound)


def _open_tap(request: InterfaceRequest) -> tap.Tap:
    queues, header = request.queues, request.vnet_header
    if request.managed:
        return tap.create(request.target or tap.DEFAULT_NAME, queues=queues, vnet_header=header)
    return tap.open_existing(_target(request), queues=queues, vnet_header=header)


def _tune(request: InterfaceRequest, device: Link) -> None:
    """Limits and coalescing: what neither taps nor macvtaps have until somebody asks for it."""
    if request.rx_frames is not None:
        from pyvirt_netdev import ethtool

        ethtool.set_rx_frames(device.name, request.rx_frames)
    if request.bandwidth is not None:
        set_limits(request, device.name)


def _address(request: InterfaceRequest, device: Link) -> None:
    """The host's own addresses on the device, and what it reaches through it."""
    if request.addresses or request.routes:
        from pyvirt_netdev import address

        for ip in request.addresses:
            address.add_address(device, ip.address, ip.prefix, ip.peer)
        for route in request.routes:
            address.add_route(device, route.address, route.gateway, route.prefix, route.metric)


def _run_script(path: str | None, device: str) -> None:
    if path is not None:
        from pyvirt_util.process import run

        run([path, device], timeout=60)


def _restore_mac(lower: Link, saved: SavedSettings, sysfs: str | None = None) -> None:
    """Give a card its saved MAC address back, unless a guest has it in passthrough; with ``sysfs`` also its PF's."""

    def write(settings: Settings) -> None:
        mac, device = settings.get("mac"), links.at(lower.ifindex)
        if device is not None and isinstance(mac, str) and device.mac != mac:
            links.set_mac(device, mac)

    if not any(device.kind == "macvtap" and device.lower == lower.ifindex for device in links.all_links()):
        if sysfs is not None:
            _vf.unplug_passthrough(lower.name, saved, sysfs)
        saved.restore(_key(lower), write)


def _key(card: Link) -> str:
    return f"mac-{card.name}"


def _source(request: InterfaceRequest) -> str:
    if not request.source:
        raise ConfigUnsupportedError(f"an interface of type '{request.type}' needs a source device")
    return check_name(request.source)


def _target(request: InterfaceRequest) -> str:
    if not request.target:
        raise ConfigUnsupportedError(f"an interface of type '{request.type}' with managed='no' needs a target device")
    return check_name(request.target)
