"""The host's addresses on a network, and the DHCP server there."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Self

from pyvirt_conf.document import placed, without
from pyvirt_conf.ip import (
    AddressFamily,
    IpAddress,
    check_order,
    mask_bits,
    natural_prefix,
    subnet,
    version,
)
from pyvirt_conf.xml import U32, U64, BadValue, Element, Mode, Node, YesNo, attr, child, children, element
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError, XmlError


class LeaseUnit(StrEnum):
    """Units of the time of a lease."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"


@element("lease")
class Lease(Element):
    """How long an address is lent; 0 is for ever."""

    expiry: U64 | None = attr()
    unit: LeaseUnit | None = attr()

    def check(self) -> None:
        """:raises ConfigUnsupportedError: shorter than the two minutes dnsmasq allows."""
        least = {LeaseUnit.SECONDS: 120, LeaseUnit.HOURS: 1}.get(self.unit or LeaseUnit.MINUTES, 2)
        if self.expiry and self.expiry < least:
            raise ConfigUnsupportedError(f"lease of {self.expiry} {self.unit or 'minutes'} is shorter than 2 minutes")

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.unit = (self.unit or LeaseUnit.MINUTES) if self.expiry else None
        placed(node, mode, self.check)


def _says_when(lease: Lease, mode: Mode) -> bool:
    return lease.expiry is not None


@element("range")
class DhcpRange(Element):
    """Addresses to lend."""

    start: IpAddress = attr(required=True)
    end: IpAddress = attr(required=True)
    lease: Lease | None = child(when=_says_when)

    def check(self, ip: Ip) -> None:
        """Whether it's a range within the network of an address.

        :raises XmlError: reversed, too large, outside, or holding the address of the network or of broadcasts.
        """
        shown = f"range {self.start} - {self.end}"
        start, end = ip_address(self.start), ip_address(self.end)
        if not start.version == end.version == version(ip.address):
            raise XmlError(f"mismatch of address family in {shown} for network {ip.address}")
        check_order(self.start, self.end)
        net = subnet(ip.address, ip.prefix_length)
        inside = f"network {ip.address}/{ip.prefix_length}"
        if start not in net or end not in net:
            raise XmlError(f"{shown} is not entirely within {inside}")
        if net.version == 4:
            if start == net.network_address:
                raise XmlError(f"start of {shown} in {inside} is the network address")
            if end == net.broadcast_address:
                raise XmlError(f"end of {shown} in {inside} is the broadcast address")


@element("host")
class DhcpHost(Element):
    """An address kept for one guest, told by its MAC address (IPv4), its DUID (IPv6) or its name."""

    mac: str | None = attr()
    id: str | None = attr()
    name: str | None = attr()
    ip: IpAddress | None = attr()
    lease: Lease | None = child(when=_says_when)

    def check(self, family: int) -> None:
        """What a whole entry must have.

        :param family: 4 or 6, of the address it stands below. :raises XmlError: something is missing or wrong.
        """
        self.check_values()
        if family == 6:
            if self.mac is not None:
                raise XmlError(f"a host of an IPv6 network can't be told by its MAC address '{self.mac}'")
            if self.id is None and self.name is None:
                raise XmlError("a host of an IPv6 network must have an id or a name")
        elif self.mac is None and self.name is None:
            raise XmlError("a host of an IPv4 network must have a mac or a name")
        if self.ip is None:
            raise XmlError("missing ip of a dhcp host")

    def check_values(self) -> None:
        """What holds for an entry of an update too, which may say less. :raises XmlError: a value is wrong."""
        if self.mac is not None:
            found = macs.try_parse(self.mac)
            if found is None:
                raise XmlError(f"'{self.mac}' is not a MAC address")
            if macs.is_multicast(found):
                raise XmlError(f"expected unicast mac address, found multicast '{self.mac}'")
        if self.id is not None:
            wrong = next((c for c in self.id if c not in "0123456789abcdefABCDEF:"), None)
            if wrong is not None:
                raise XmlError(f"invalid character '{wrong}' in host id '{self.id}'")
        if self.name is not None and not (self.name[:1].isascii() and self.name[:1].isalnum()):
            raise XmlError(f"name '{self.name}' of a dhcp host doesn't begin with a letter or digit")

    def _parsed(self, node: Node, mode: Mode) -> None:
        above = node.getparent()
        ip = None if above is None else above.getparent()
        if ip is None:
            placed(node, mode, self.check_values)
        else:
            placed(node, mode, self.check, 6 if ip.get("family") == "ipv6" else 4)


@element("dhcp")
class Dhcp(Element):
    """The DHCP server: ranges, hosts, and the file to boot from."""

    ranges: list[DhcpRange] = children()
    hosts: list[DhcpHost] = children()
    boot_file: str | None = attr("bootp/@file")
    boot_server: IpAddress | None = attr("bootp/@server", needs="boot_file")

    # By hand: what to boot from is for IPv4 alone and otherwise not looked at.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        ip = node.getparent()
        if ip is not None and ip.get("family") == "ipv6":
            without(node, "bootp")
        return cls._read(node, mode)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.ranges or self.hosts:
            self._write(out, pad, mode, "dhcp")


@element("ip")
class Ip(Element):
    """One address of the host on the network."""

    _keep_open = True
    family: AddressFamily | None = attr()
    address: IpAddress = attr(required=True)
    netmask: IpAddress | None = attr()
    prefix: U32 | None = attr(omit=0)
    local_ptr: YesNo | None = attr("@localPtr")
    tftp_root: str | None = attr("tftp/@root")
    dhcp: Dhcp = child(auto=True)

    @property
    def version(self) -> int:
        """4 or 6."""
        return version(self.address)

    @property
    def prefix_length(self) -> int:
        """The length of the network's prefix, by class or 64 where the document has none.

        :raises XmlError: there's none for the address, or the netmask has gaps.
        """
        if self.prefix:
            return self.prefix
        if self.netmask is not None:
            bits = mask_bits(self.netmask)
            if bits is None:
                raise XmlError(f"netmask '{self.netmask}' has gaps")
            return bits
        try:
            return natural_prefix(self.address)
        except BadValue as error:
            raise XmlError(str(error)) from None

    def check(self) -> None:
        """What concerns the address, apart from what it is for.

        :raises ConfigUnsupportedError: address, family, netmask and prefix contradict each other.
        """
        v6 = self.version == 6
        if self.family is None and v6:
            raise ConfigUnsupportedError(f"missing family of address '{self.address}', which is not IPv4")
        if self.family is not None and (self.family is AddressFamily.IPV6) != v6:
            raise ConfigUnsupportedError(f"'{self.address}' is not an {self.family} address")
        if self.netmask is not None:
            if v6:
                raise ConfigUnsupportedError(f"netmask not allowed for IPv6 address '{self.address}'")
            if self.prefix:
                raise ConfigUnsupportedError(f"address '{self.address}' cannot have both a prefix and a netmask")
            if version(self.netmask) != 4:
                raise ConfigUnsupportedError(f"invalid netmask '{self.netmask}' for IPv4 address '{self.address}'")
        longest = 128 if v6 else 32
        if self.prefix is not None and self.prefix > longest:
            raise ConfigUnsupportedError(f"invalid IPv{self.version} prefix '{self.prefix}', at most {longest}")
        if v6 and self.tftp_root is not None:
            raise ConfigUnsupportedError(f"tftp is not supported for IPv6 address '{self.address}'")

    def check_dhcp(self) -> None:
        """Ranges and hosts fit the address. :raises VirtError: one doesn't."""
        for item in self.dhcp.ranges:
            item.check(self)
            if item.lease is not None:
                item.lease.check()
        for host in self.dhcp.hosts:
            host.check(self.version)
            if host.lease is not None:
                host.lease.check()

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)
        for item, place in zip(self.dhcp.ranges, node.findall("dhcp/range"), strict=False):
            placed(place, mode, item.check, self)
