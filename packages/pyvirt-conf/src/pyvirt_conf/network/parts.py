"""Port groups of networks."""

from __future__ import annotations

from pyvirt_conf.document import placed
from pyvirt_conf.domain.virtualport import Bandwidth, VirtualPort, Vlan
from pyvirt_conf.xml import Element, Mode, Node, YesNo, attr, child, element


@element("portgroup")
class PortGroup(Element):
    """Settings that interfaces choose by name."""

    _keep_open = True
    name: str = attr(required=True)
    default: YesNo | None = attr(omit=False)
    trust_guest_rx_filters: YesNo | None = attr("@trustGuestRxFilters")
    vlan: Vlan | None = child()
    virtualport: VirtualPort | None = child()
    bandwidth: Bandwidth | None = child()

    def check(self) -> None:
        """:raises VirtError: its virtual port or bandwidth is refused."""
        if self.virtualport is not None:
            self.virtualport.check()
        if self.bandwidth is not None:
            self.bandwidth.check()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.virtualport == VirtualPort():
            self.virtualport = None
        if self.virtualport is not None:
            placed(node, mode, self.virtualport.check, at="virtualport")
        if self.bandwidth is not None:
            placed(node, mode, self.bandwidth.check, at="bandwidth")
