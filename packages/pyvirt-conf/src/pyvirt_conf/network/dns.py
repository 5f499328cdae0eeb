"""What the network's DNS server answers and where it forwards to."""

from __future__ import annotations

from pyvirt_conf.document import placed
from pyvirt_conf.ip import IpAddress
from pyvirt_conf.xml import U16, Element, Mode, Node, YesNo, attr, children, element, fail, texts
from pyvirt_util.errors import XmlDetailError, XmlError


@element("forwarder")
class DnsForwarder(Element):
    """A server that is asked for a domain, or for everything."""

    domain: str | None = attr()
    address: IpAddress | None = attr("@addr")

    def check(self) -> None:
        """:raises XmlError: it names neither a server nor a domain."""
        if self.domain is None and self.address is None:
            raise XmlError("a forwarder needs addr or domain")

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)


def _in_network(node: Node) -> bool:
    """Whether it's part of a network, not the snippet of an update, which may name less."""
    return node.getparent() is not None


@element("txt")
class DnsTxt(Element):
    """A TXT record."""

    name: str | None = attr()
    value: str | None = attr()

    def check(self, partial: bool = False) -> None:
        """:param partial: it only says which record is meant. :raises XmlDetailError: something is missing or wrong."""
        if self.name is None:
            raise XmlDetailError("missing name of a DNS TXT record")
        if " " in self.name or "," in self.name:
            raise XmlDetailError(f"space or comma in the name of DNS TXT record '{self.name}'")
        if self.value is None and not partial:
            raise XmlDetailError(f"missing value of DNS TXT record '{self.name}'")

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check, not _in_network(node))


@element("srv")
class DnsSrv(Element):
    """A SRV record."""

    service: str | None = attr()
    protocol: str | None = attr()
    domain: str | None = attr()
    target: str | None = attr()
    port: U16 | None = attr()
    priority: U16 | None = attr(omit=0)
    weight: U16 | None = attr(omit=0)

    def check(self, partial: bool = False) -> None:
        """:param partial: it only says which record is meant. :raises XmlDetailError: something is missing or wrong."""
        if not partial:
            if self.service is None:
                raise XmlDetailError("missing service of a DNS SRV record")
            if self.protocol is None:
                raise XmlDetailError(f"missing protocol of DNS SRV record '{self.service}'")
        for name, also in (("service", "*+-/_"), ("protocol", "+-/")):
            value = getattr(self, name) or ""
            wrong = next((c for c in value if not (c.isascii() and c.isalnum()) and c not in also), None)
            if wrong is not None:
                raise XmlDetailError(f"invalid character '{wrong}' in {name} '{value}' of a DNS SRV record")
        if self.port == 0:
            raise XmlDetailError(f"port of DNS SRV record '{self.service}' can't be 0")
        if self.target is None:
            for name in ("port", "priority", "weight"):
                if getattr(self, name) is not None:
                    raise XmlDetailError(f"{name} of DNS SRV record '{self.service}' needs a target")

    def matches(self, other: DnsSrv) -> bool:
        """Whether all that ``other`` says is so here."""
        return all(getattr(other, name) is None or getattr(other, name) == getattr(self, name) for name in self._fields)

    def _parsed(self, node: Node, mode: Mode) -> None:
        for name in ("port", "priority", "weight"):
            if self.target is None and node.get(name) is not None:
                fail(node, mode, f"{name} of a DNS SRV record needs a target", f"@{name}", error=XmlDetailError)
        placed(node, mode, self.check, not _in_network(node))


@element("host")
class DnsHost(Element):
    """Names of an address."""

    _keep_open = True
    ip: IpAddress | None = attr()
    hostnames: list[str] = texts("hostname")

    def check(self, partial: bool = False) -> None:
        """:param partial: it only says which record is meant. :raises XmlDetailError: something is missing."""
        if partial and self.ip is None and not self.hostnames:
            raise XmlDetailError("missing ip and hostname of a DNS host record")
        if not partial:
            if self.ip is None:
                raise XmlDetailError("missing ip of a DNS host record")
            if not self.hostnames:
                raise XmlDetailError(f"missing hostname of the DNS host record of '{self.ip}'")

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.hostnames = [name for name in self.hostnames if name]
        placed(node, mode, self.check, not _in_network(node))


@element("dns")
class Dns(Element):
    """The DNS server of a network."""

    enable: YesNo | None = attr()
    forward_plain_names: YesNo | None = attr("@forwardPlainNames")
    forwarders: list[DnsForwarder] = children()
    txts: list[DnsTxt] = children()
    srvs: list[DnsSrv] = children()
    hosts: list[DnsHost] = children()

    def check(self) -> None:
        """:raises VirtError: a record is wrong, or there are records though the server is disabled."""
        for forwarder in self.forwarders:
            forwarder.check()
        for txt in self.txts:
            txt.check()
        for srv in self.srvs:
            srv.check()
        for host in self.hosts:
            host.check()
        if self.enable is False and (self.forwarders or self.txts or self.srvs or self.hosts):
            raise XmlError("there are DNS records though the DNS server is disabled")

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self != Dns():
            self._write(out, pad, mode, "dns")
