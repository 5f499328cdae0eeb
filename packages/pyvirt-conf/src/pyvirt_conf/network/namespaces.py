"""What drivers add to networks in namespaces of their own."""

from __future__ import annotations

from pyvirt_conf.document import Namespace
from pyvirt_conf.xml import Element, attr, children, element

DNSMASQ_URI = "http://libvirt.org/schemas/network/dnsmasq/1.0"


@element("option")
class DnsmasqOption(Element):
    """One line of the configuration."""

    value: str = attr(required=True)


@element("dnsmasq", namespaces={"dnsmasq": DNSMASQ_URI})
class DnsmasqNamespace(Namespace):
    """Options passed through to dnsmasq."""

    prefix = "dnsmasq"
    uri = DNSMASQ_URI
    options: list[DnsmasqOption] = children("dnsmasq:options/dnsmasq:option")


DNSMASQ = {DNSMASQ_URI: DnsmasqNamespace}
"""For :meth:`Network.parse`: the namespace is understood."""
