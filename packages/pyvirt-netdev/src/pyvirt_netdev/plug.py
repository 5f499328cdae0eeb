"""Connecting one guest NIC to the host, and disconnecting it."""

from __future__ import annotations

import os
from typing import NamedTuple

from pyvirt_netdev import bridge as bridges
from pyvirt_netdev import ipv6, macvtap, tap
from pyvirt_netdev import link as links
from pyvirt_netdev.names import check_name
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError
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
    """A tap, as a port of the bridge ``source`` for the type ``bridge``.

    With ``managed=False`` the tap ``target`` exists; for the type ``ethernet`` nothing but its queues is touched then.
    Bridge ports take the bridge's MTU unless the request names one.
    """
    _refuse_vlan(request)
    bridge = bridges.get_bridge(_source(request)) if request.type == "bridge" else None
    with UndoStack() as closing:
        opened = _open_tap(request)
        for fd in opened.fds:
            closing.push(os.close, fd)
        device = links.get(opened.name)
        if request.managed:
            undo.push(links.delete, device.ifindex, device.name)
            links.set_mac(device, tap.host_mac(request.mac))
        elif bridge is None:
            return Plugged(opened.name, opened.fds, created=False)
        _connect(request, device, bridge, undo)
    return Plugged(opened.name, opened.fds, created=request.managed)


def plug_macvtap(request: InterfaceRequest, undo: UndoStack, saved: SavedSettings) -> Plugged:
    """A macvtap on the card ``source``, by default in the mode ``vepa``.

    In the mode ``passthrough`` the card itself gets the guest's MAC address; its own is saved until the unplugging.
    With ``managed=False`` the macvtap ``target`` exists and nothing but its queues is touched.
    """
    _refuse_vlan(request)
    if not request.managed:
        device = links.get(_target(request))
        fds = macvtap.open_queues(device, queues=request.queues, vnet_header=request.vnet_header)
        return Plugged(device.name, fds, created=False)
    lower = links.get(_source(request))
    mode = request.mode or "vepa"
    passthrough = mode == "passthrough"
    if passthrough and saved.save(f"mac-{lower.name}", lambda: {"mac": lower.mac}):
        undo.push(_restore_mac, lower, saved)
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
        if request.up:
            if passthrough and not lower.up:  # nobody else uses this card, so nobody else has set it up
                links.set_up(lower)
            links.set_up(device)
    return Plugged(device.name, fds, created=True)


def unplug_tap(request: InterfaceRequest, target: str | None) -> None:
    """Delete the tap, or with ``managed=False`` take it off its bridge. What is gone is no error.

    The name of a tap that vanished with its guest may be another guest's by now: only a tap with this NIC's MAC goes.
    """
    if target is None:
        return
    if not request.managed:
        if request.type == "bridge" and request.source:
            bridges.remove_port(request.source, target)
        return
    device = links.find(target)
    if device is not None and tap.is_tap(device) and device.mac == tap.host_mac(request.mac):
        links.delete(device.ifindex, device.name)


def unplug_macvtap(request: InterfaceRequest, target: str | None, saved: SavedSettings) -> None:
    """Delete the macvtap, and give a card in passthrough its MAC address back. What is gone is no error.

    Without a name, which a crash may have kept from being recorded, it is found by its card and MAC address.
    """
    if not request.managed:
        return
    lower = links.find(request.source) if request.source else None
    mac = macs.parse(request.mac)
    for device in links.all_links() if target is None else filter(None, [links.find(target)]):
        if device.kind == "macvtap" and device.mac == mac and (lower is None or device.lower == lower.ifindex):
            links.delete(device.ifindex, device.name)
    if request.mode == "passthrough" and lower is not None:
        _restore_mac(lower, saved)


def _open_tap(request: InterfaceRequest) -> tap.Tap:
    queues, header = request.queues, request.vnet_header
    if request.managed:
        return tap.create(request.target or tap.DEFAULT_NAME, queues=queues, vnet_header=header)
    return tap.open_existing(_target(request), queues=queues, vnet_header=header)


def _connect(request: InterfaceRequest, device: Link, bridge: Link | None, undo: UndoStack) -> None:
    # The MTU comes before the bridge, which takes over the smallest one of its ports.
    mtu = request.mtu if request.mtu is not None else bridge.mtu if bridge else device.mtu
    if mtu != device.mtu:
        links.set_mtu(device, mtu)
    if bridge is not None:
        ipv6.disable(device.name)
        if device.master != bridge.ifindex:
            bridges.add_port(bridge, device)
            if not request.managed:
                undo.push(bridges.remove_port, bridge.name, device.name)
        if request.isolated:
            bridges.set_isolated(device, True)
    else:
        ipv6.ignore_router_advertisements(device.name)
    links.set_up(device, request.up)


def _restore_mac(lower: Link, saved: SavedSettings) -> None:
    """Give a card its saved MAC address back, unless a guest has it in passthrough."""

    def write(settings: Settings) -> None:
        mac, device = settings.get("mac"), links.at(lower.ifindex)
        if device is not None and isinstance(mac, str) and device.mac != mac:
            links.set_mac(device, mac)

    if not any(device.kind == "macvtap" and device.lower == lower.ifindex for device in links.all_links()):
        saved.restore(f"mac-{lower.name}", write)


def _refuse_vlan(request: InterfaceRequest) -> None:
    if request.vlan:
        tags = ", ".join(str(tag) for tag in request.vlan)
        raise ConfigUnsupportedError(
            f"an interface of type '{request.type}' can't have VLAN tag {tags}",
            hint="tags need a virtual function (SR-IOV) or Open vSwitch",
        )


def _source(request: InterfaceRequest) -> str:
    if not request.source:
        raise ConfigUnsupportedError(f"an interface of type '{request.type}' needs a source device")
    return check_name(request.source)


def _target(request: InterfaceRequest) -> str:
    if not request.target:
        raise ConfigUnsupportedError(f"an interface of type '{request.type}' with managed='no' needs a target device")
    return check_name(request.target)
