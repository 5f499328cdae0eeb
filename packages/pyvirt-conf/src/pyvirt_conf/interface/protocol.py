"""How an interface of the host gets its addresses."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.xml import U32, Element, Mode, YesNo, attr, child, children, element, flag


@element("dhcp")
class ProtocolDhcp(Element):
    """From a DHCP server."""

    peerdns: YesNo | None = attr()


@element("ip")
class ProtocolIp(Element):
    """A fixed address."""

    address: str | None = attr()
    prefix: U32 | None = attr(omit=0)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.address is not None:
            self._write(out, pad, mode, "ip")


@element("protocol", by="family")
class Protocol(Element):
    """Addresses of one version of IP: one of the classes below, told apart by ``family``."""

    _keep_open = True
    family: ClassVar[str]
    dhcp: ProtocolDhcp | None = child()
    ips: list[ProtocolIp] = children()
    gateway: str | None = attr("route/@gateway")


@element(family="ipv4")
class Ipv4Protocol(Protocol):
    """IPv4."""


@element(family="ipv6")
class Ipv6Protocol(Protocol):
    """IPv6; ``autoconf`` takes the prefix a router announces."""

    autoconf: bool = flag(rank=-1)
