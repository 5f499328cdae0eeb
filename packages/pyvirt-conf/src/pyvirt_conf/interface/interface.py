"""Interfaces of the host: network cards, bridges, bonds and VLANs (netcf's format)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pyvirt_conf.document import Document
from pyvirt_conf.interface.bond import BondSettings
from pyvirt_conf.interface.protocol import Protocol
from pyvirt_conf.xml import (
    U32,
    BadValue,
    Element,
    Mode,
    Node,
    OnOff,
    Scalar,
    attr,
    child,
    children,
    element,
    fail,
)
from pyvirt_util.errors import XmlError


class StartMode(StrEnum):
    """When an interface is brought up."""

    NONE = "none"
    ONBOOT = "onboot"
    HOTPLUG = "hotplug"


class LinkState(StrEnum):
    """What the kernel says of a link (operstate)."""

    UNKNOWN = "unknown"
    NOT_PRESENT = "notpresent"
    DOWN = "down"
    LOWER_LAYER_DOWN = "lowerlayerdown"
    TESTING = "testing"
    DORMANT = "dormant"
    UP = "up"


@element("link")
class Link(Element):
    """The state of a link and its speed in Mbit/s."""

    speed: U32 | None = attr(omit=0)
    state: LinkState | None = attr()

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self != Link():
            self._write(out, pad, mode, "link")


@element("interface", by="type")
class HostInterface(Document):
    """An interface of the host: one of the classes below, told apart by ``type``.

    A part of a bridge or a bond has no start mode, size or addresses of its own.
    """

    _keep_open = True
    type: ClassVar[str]
    name: str = attr(required=True)
    start_mode: StartMode | None = attr("start/@mode")
    mtu: U32 | None = attr("mtu/@size", omit=0)
    protocols: list[Protocol] = children()

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())

    def _make_part(self) -> None:
        self.start_mode, self.mtu, self.protocols = None, None, []


@element(type="ethernet")
class EthernetInterface(HostInterface):
    """A network card. The MAC address is kept as it's written."""

    link: Link | None = child()
    mac: str | None = attr("mac/@address")


def _seconds(text: str) -> str:
    try:
        if float(text) >= 0:
            return text
    except ValueError:
        pass
    raise BadValue(f"'{text}' is not a time in seconds")


@element("bridge")
class BridgeSettings(Element):
    """A bridge's settings and its ports."""

    _keep_open = True
    stp: OnOff | None = attr()
    delay: Annotated[str, Scalar(_seconds)] | None = attr()
    ports: list[HostInterface] = children()

    def check(self) -> None:
        """:raises XmlError: a port is a bridge itself."""
        for port in self.ports:
            if isinstance(port, BridgeInterface):
                raise XmlError(f"interface '{port.name}' of type 'bridge' can't be a port of a bridge")

    def _parsed(self, node: Node, mode: Mode) -> None:
        for port, place in zip(self.ports, node.iterfind("interface"), strict=False):
            if isinstance(port, BridgeInterface):
                fail(place, mode, "an interface of type 'bridge' can't be a port of a bridge", "@type")
            port._make_part()


@element(type="bridge")
class BridgeInterface(HostInterface):
    """A bridge of the host."""

    bridge: BridgeSettings = child(required=True)

    def validate(self) -> None:
        """Refuse what the types can't tell. :raises XmlError: a part is of a type that can't be one."""
        self.bridge.check()
        for port in self.bridge.ports:
            port.validate()


@element("bond")
class BondParts(BondSettings):
    """A bond's settings and its devices."""

    _keep_open = True
    devices: list[HostInterface] = children()

    def check(self) -> None:
        """:raises XmlError: a device isn't a network card."""
        for device in self.devices:
            if not isinstance(device, EthernetInterface):
                raise XmlError(f"interface '{device.name}' of type '{device.type}' can't be a device of a bond")

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        for device, place in zip(self.devices, node.iterfind("interface"), strict=False):
            if not isinstance(device, EthernetInterface):
                fail(place, mode, f"an interface of type '{device.type}' can't be a device of a bond", "@type")
            device._make_part()


@element(type="bond")
class BondInterface(HostInterface):
    """Several network cards used as one."""

    link: Link | None = child()
    bond: BondParts = child(required=True)

    def validate(self) -> None:
        """Refuse what the types can't tell. :raises XmlError: a part is of a type that can't be one."""
        self.bond.check()


@element("vlan")
class VlanSettings(Element):
    """The tag, as it's written, and the interface it's added to."""

    tag: str = attr(required=True)
    interface: str = attr("interface/@name", required=True)


@element(type="vlan")
class VlanInterface(HostInterface):
    """Frames with one tag on another interface."""

    link: Link | None = child()
    vlan: VlanSettings = child(required=True)
