"""Network interfaces of the host."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.nodedev.capability import CompoundCapability, NestedCapability
from pyvirt_conf.xml import U32, Element, Mode, Node, attr, child, children, element, text


class NetFeature(StrEnum):
    """What a network card does by itself (virNetDevFeature), in the order they are written."""

    RX = "rx"
    TX = "tx"
    SG = "sg"
    TSO = "tso"
    UFO = "ufo"
    GSO = "gso"
    GRO = "gro"
    LRO = "lro"
    RXVLAN = "rxvlan"
    TXVLAN = "txvlan"
    NTUPLE = "ntuple"
    RXHASH = "rxhash"
    RDMA = "rdma"
    TXUDPTNL = "txudptnl"
    SWITCHDEV = "switchdev"


class LinkState(StrEnum):
    """The kernel's operational state of a link (virNetDevIfState)."""

    UNKNOWN = "unknown"
    NOTPRESENT = "notpresent"
    DOWN = "down"
    LOWERLAYERDOWN = "lowerlayerdown"
    TESTING = "testing"
    DORMANT = "dormant"
    UP = "up"


@element("link")
class NetLink(Element):
    """State, and speed in Mbit/s."""

    _skip_empty = True
    speed: U32 | None = attr(omit=0)
    state: LinkState | None = attr()


@element("feature")
class NetFeatureName(Element):
    """A feature that is on."""

    name: NetFeature = attr(required=True)


@element(type="80203")
class Ethernet(NestedCapability):
    """Wired, IEEE 802.3."""


@element(type="80211")
class Wireless(NestedCapability):
    """Wireless, IEEE 802.11."""


def _says_something(link: NetLink, mode: Mode) -> bool:
    return link.speed is not None or link.state is not None


@element(type="net")
class NetCapability(CompoundCapability):
    """A network interface."""

    _takes = (Ethernet, Wireless)

    interface: str = text(required=True)
    address: str | None = text()
    link: NetLink | None = child(when=_says_something)
    feature_names: list[NetFeatureName] = children("feature")

    def _parsed(self, node: Node, mode: Mode) -> None:
        first = self.capabilities[:1]
        super()._parsed(node, mode)
        # It's one or the other; the first counts.
        self.capabilities = first
        on = {item.name: item for item in self.feature_names}
        self.feature_names = [on[word] for word in NetFeature if word in on]

    @property
    def features(self) -> frozenset[NetFeature]:
        """The features that are on."""
        return frozenset(item.name for item in self.feature_names)
