"""The port of a network: how one guest interface is plugged in."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.document import Document, placed
from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.domain.virtualport import Bandwidth, VirtualPort, Vlan
from pyvirt_conf.network.forward import ForwardDriver
from pyvirt_conf.network.network import MacTableManager
from pyvirt_conf.xml import Element, MacAddress, Mode, Node, Uuid, YesNo, attr, child, element, text


class DirectMode(StrEnum):
    """How frames travel between guests on the same device of the host."""

    VEPA = "vepa"
    PRIVATE = "private"
    BRIDGE = "bridge"
    PASSTHROUGH = "passthrough"


@element("plug", by="type", default_kind="none")
class Plug(Element):
    """What the guest's interface is plugged into: one of the classes below, told apart by ``type``."""

    type: ClassVar[str]


@element(type="none")
class NoPlug(Plug):
    """Nothing yet."""


@element(type="network")
class NetworkPlug(Plug):
    """The bridge made for the network."""

    bridge: str = attr(required=True)
    mac_table_manager: MacTableManager | None = attr("@macTableManager")


@element(type="bridge")
class BridgePlug(Plug):
    """A bridge that somebody else made."""

    bridge: str = attr(required=True)
    mac_table_manager: MacTableManager | None = attr("@macTableManager")


@element(type="direct")
class DirectPlug(Plug):
    """A device of the host, through macvtap."""

    dev: str = attr(required=True)
    mode: DirectMode = attr(default=DirectMode.VEPA)


@element(type="hostdev-pci")
class HostdevPlug(Plug):
    """A virtual function given to the guest."""

    managed: YesNo | None = attr()
    driver: ForwardDriver | None = attr("driver/@name")
    address: PciLocation = child(required=True)


def _is_plugged(plug: Plug, mode: Mode) -> bool:
    return not isinstance(plug, NoPlug)


@element("owner")
class PortOwner(Element):
    """The domain whose interface it is."""

    name: str = text(required=True)
    uuid: Uuid = text(required=True)


@element("networkport")
class NetworkPort(Document):
    """A port of a network: its owner, its settings, and what it is plugged into."""

    uuid: Uuid = text(required=True)
    owner: PortOwner = child(required=True)
    group: str | None = text()
    mac: MacAddress = attr("mac/@address", required=True)
    virtualport: VirtualPort | None = child()
    bandwidth: Bandwidth | None = child()
    vlan: Vlan | None = child()
    isolated: YesNo | None = attr("port/@isolated")
    trust_guest_rx_filters: YesNo | None = attr("rxfilters/@trustGuest")
    plug: Plug | None = child(when=_is_plugged)

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())

    def validate(self) -> None:
        """Refuse what contradicts itself. :raises XmlError: the virtual port's parameters are another type's."""
        if self.virtualport is not None:
            self.virtualport.check()

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        if self.virtualport == VirtualPort():
            self.virtualport = None
        if self.virtualport is not None:
            placed(node, mode, self.virtualport.check, at="virtualport")
