"""Changing one section of a network: a command and a snippet of XML (virNetworkUpdate)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from pyvirt_conf.ip import version
from pyvirt_conf.network.dns import DnsHost, DnsSrv, DnsTxt
from pyvirt_conf.network.forward import Forward, ForwardInterface
from pyvirt_conf.network.ip import DhcpHost, DhcpRange, Ip
from pyvirt_conf.network.network import Network
from pyvirt_conf.network.parts import PortGroup
from pyvirt_conf.xml import Element
from pyvirt_util import macs
from pyvirt_util.errors import ConfigUnsupportedError, OperationInvalidError, OperationUnsupportedError, XmlError

T = TypeVar("T", bound=Element)


class UpdateCommand(IntEnum):
    """virNetworkUpdateCommand."""

    NONE = 0
    MODIFY = 1
    DELETE = 2
    ADD_LAST = 3
    ADD_FIRST = 4


class UpdateSection(IntEnum):
    """virNetworkUpdateSection."""

    NONE = 0
    BRIDGE = 1
    DOMAIN = 2
    IP = 3
    IP_DHCP_HOST = 4
    IP_DHCP_RANGE = 5
    FORWARD = 6
    FORWARD_INTERFACE = 7
    FORWARD_PF = 8
    PORTGROUP = 9
    DNS_HOST = 10
    DNS_TXT = 11
    DNS_SRV = 12


def update_network(
    network: Network,
    command: UpdateCommand,
    section: UpdateSection,
    xml: str,
    index: int = -1,
    *,
    file: str | None = None,
) -> None:
    """Change a network in place; when it's refused nothing has changed (virNetworkDefUpdateSection).

    Whether the whole still makes sense is what :meth:`Network.validate` tells afterwards.

    :param xml: the element added, modified or deleted; for a deletion it may name less than all of it.
    :param index: the position of the ``<ip>`` for DHCP entries; negative for the one that has a DHCP server, else the
        first.
    :raises OperationInvalidError: what's added exists, or what's modified or deleted doesn't.
    :raises OperationUnsupportedError: the section can't be changed, or not by this command.
    :raises XmlError: the snippet is refused.
    """
    change = _CHANGES.get(section)
    if change is None:
        raise OperationUnsupportedError(f"can't update section '{_words(section)}' of network '{network.name}'")
    if section in _ONLY_ADD_AND_DELETE and command is UpdateCommand.MODIFY:
        raise OperationUnsupportedError(f"'{_words(section)}' entries cannot be modified, only added or deleted")
    if command is UpdateCommand.NONE:
        raise OperationUnsupportedError(f"unrecognized network update command {int(command)}")
    change(network, command, xml, index, file)


def _words(section: UpdateSection) -> str:
    return section.name.lower().replace("_", "-")


def _insert(items: list[T], item: T, command: UpdateCommand) -> None:
    items.insert(0 if command is UpdateCommand.ADD_FIRST else len(items), item)


def _remove(items: list[T], found: Callable[[T], bool], what: str, network: Network) -> None:
    for place, item in enumerate(items):
        if found(item):
            del items[place]
            return
    raise OperationInvalidError(f"couldn't locate a {what} in network '{network.name}'")


def _exists(what: str, network: Network) -> OperationInvalidError:
    return OperationInvalidError(f"there is an existing {what} in network '{network.name}'")


# -- DHCP ------------------------------------------------------------------------------------------


def _ip_of(network: Network, index: int) -> Ip:
    """The address whose DHCP server is meant: the one with entries, or else the first IPv4 one, or the first."""
    ips = network.ips
    if index >= 0:
        if index >= len(ips):
            raise OperationInvalidError(f"no <ip> element at index {index} in network '{network.name}'")
        return ips[index]
    for choice in (
        lambda ip: ip.dhcp.ranges or ip.dhcp.hosts,
        lambda ip: ip.version == 4,
        lambda ip: True,
    ):
        found = next((ip for ip in ips if choice(ip)), None)
        if found is not None:
            return found
    raise OperationInvalidError(f"no suitable <ip> element found in network '{network.name}'")


def _check_single_dhcp(network: Network, ip: Ip) -> None:
    for other in network.ips:
        if other is not ip and other.version == ip.version and (other.dhcp.ranges or other.dhcp.hosts):
            raise OperationInvalidError(
                f"dhcp is supported only for a single IPv{ip.version} address on each network, "
                f"'{other.address}' has it already"
            )


def _same_mac(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and macs.try_parse(one) == macs.try_parse(other)


def _dhcp_host(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    ip = _ip_of(network, index)
    given = DhcpHost.from_xml(xml, file=file)
    hosts = ip.dhcp.hosts
    shown = given.to_xml().strip()
    if command is UpdateCommand.DELETE:
        if given.mac is None and given.name is None and given.ip is None:
            raise XmlError("a dhcp host to delete is told by its name, mac or ip")
        if given.mac is not None and ip.version == 6:
            raise XmlError(f"a host of an IPv6 network can't be told by its MAC address '{given.mac}'")
        _remove(hosts, lambda host: _is_host(host, given), f"dhcp host entry matching {shown}", network)
        return
    given.check(ip.version)
    if version(given.ip or "") != ip.version:
        raise OperationInvalidError(f"ip '{given.ip}' of a dhcp host is not of the family of '{ip.address}'")
    same = next((place for place, host in enumerate(hosts) if _shares(host, given)), None)
    if command is UpdateCommand.MODIFY:
        if same is None:
            raise OperationInvalidError(f"couldn't locate an existing dhcp host entry for {shown} in '{network.name}'")
        hosts[same] = given
        return
    _check_single_dhcp(network, ip)
    if same is not None:
        raise _exists(f"dhcp host entry that matches {shown}", network)
    _insert(hosts, given, command)


def _is_host(host: DhcpHost, given: DhcpHost) -> bool:
    """Whether it has all that was given."""
    return (
        (given.mac is None or _same_mac(host.mac, given.mac))
        and (given.name is None or host.name == given.name)
        and (given.ip is None or host.ip == given.ip)
    )


def _shares(host: DhcpHost, given: DhcpHost) -> bool:
    """Whether it has anything of what was given; two entries may not share one value."""
    return (
        _same_mac(host.mac, given.mac)
        or (given.name is not None and host.name == given.name)
        or (given.ip is not None and host.ip == given.ip)
    )


def _dhcp_range(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    ip = _ip_of(network, index)
    given = DhcpRange.from_xml(xml, file=file)
    given.check(ip)
    ranges = ip.dhcp.ranges

    def same(item: DhcpRange) -> bool:
        return (item.start, item.end) == (given.start, given.end)

    shown = f"dhcp range entry {given.start} - {given.end}"
    if command is UpdateCommand.DELETE:
        _remove(ranges, same, shown, network)
        return
    _check_single_dhcp(network, ip)
    if any(same(item) for item in ranges):
        raise _exists(shown, network)
    _insert(ranges, given, command)


# -- forwarding and port groups --------------------------------------------------------------------


def _forward_interface(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    given = ForwardInterface.from_xml(xml, file=file)
    forward = network.forward or Forward()
    shown = f"interface entry for '{given.dev}'"
    if command is UpdateCommand.DELETE:
        used = next((item for item in forward.interfaces if item.dev == given.dev and item.connections), None)
        if used is not None:
            raise OperationInvalidError(f"interface '{given.dev}' is in use by {used.connections} guests")
        _remove(forward.interfaces, lambda item: item.dev == given.dev, shown, network)
        return
    if any(item.dev == given.dev for item in forward.interfaces):
        raise _exists(shown, network)
    if network.forward is None:
        raise ConfigUnsupportedError(f"network '{network.name}' has no forwarding that could use '{given.dev}'")
    _insert(forward.interfaces, given, command)


def _portgroup(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    given = PortGroup.from_xml(xml, file=file)
    groups = network.portgroups
    shown = f"portgroup entry '{given.name}'"
    # Nobody forbids two of a name; the last one is meant then.
    place = max((at for at, group in enumerate(groups) if group.name == given.name), default=None)
    if command in (UpdateCommand.MODIFY, UpdateCommand.DELETE):
        if place is None:
            raise OperationInvalidError(f"couldn't find a {shown} in network '{network.name}'")
    elif place is not None:
        raise _exists(shown, network)
    if command is UpdateCommand.DELETE and place is not None:
        del groups[place]
        return
    other = next((group for group in groups if group.default and group.name != given.name), None)
    if given.default and other is not None:
        raise OperationInvalidError(f"portgroup '{other.name}' of network '{network.name}' is already the default")
    if place is None:
        _insert(groups, given, command)
    else:
        groups[place] = given


# -- DNS -------------------------------------------------------------------------------------------


def _dns_host(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    given = DnsHost.from_xml(xml, file=file)
    deleting = command is UpdateCommand.DELETE
    given.check(deleting)
    hosts = network.dns.hosts
    if deleting:
        names = set(given.hostnames)
        _remove_one(
            hosts,
            lambda host: (given.ip is not None and host.ip == given.ip) or not names.isdisjoint(host.hostnames),
            "DNS host record",
            network,
        )
        return
    if any(host.ip == given.ip for host in hosts):
        raise _exists(f"DNS host record for '{given.ip}'", network)
    _insert(hosts, given, command)


def _remove_one(items: list[T], found: Callable[[T], bool], what: str, network: Network) -> None:
    """As :func:`_remove`, but several matches are refused too."""
    if sum(1 for item in items if found(item)) > 1:
        raise OperationInvalidError(f"several {what}s match in network '{network.name}'")
    _remove(items, found, f"matching {what}", network)


def _dns_txt(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    given = DnsTxt.from_xml(xml, file=file)
    given.check(command is UpdateCommand.DELETE)
    txts = network.dns.txts
    if command is UpdateCommand.DELETE:
        _remove(txts, lambda txt: txt.name == given.name, f"DNS TXT record '{given.name}'", network)
        return
    if any(txt.name == given.name for txt in txts):
        raise _exists(f"DNS TXT record '{given.name}'", network)
    _insert(txts, given, command)


def _dns_srv(network: Network, command: UpdateCommand, xml: str, index: int, file: str | None) -> None:
    given = DnsSrv.from_xml(xml, file=file)
    given.check(command is UpdateCommand.DELETE)
    srvs = network.dns.srvs
    if command is UpdateCommand.DELETE:
        _remove_one(srvs, lambda srv: srv.matches(given), "DNS SRV record", network)
        return
    if any(srv.matches(given) for srv in srvs):
        raise _exists("DNS SRV record matching all that was given", network)
    _insert(srvs, given, command)


_CHANGES: dict[UpdateSection, Callable[[Network, UpdateCommand, str, int, str | None], None]] = {
    UpdateSection.IP_DHCP_HOST: _dhcp_host,
    UpdateSection.IP_DHCP_RANGE: _dhcp_range,
    UpdateSection.FORWARD_INTERFACE: _forward_interface,
    UpdateSection.PORTGROUP: _portgroup,
    UpdateSection.DNS_HOST: _dns_host,
    UpdateSection.DNS_TXT: _dns_txt,
    UpdateSection.DNS_SRV: _dns_srv,
}
_ONLY_ADD_AND_DELETE = (
    UpdateSection.IP_DHCP_RANGE,
    UpdateSection.FORWARD_INTERFACE,
    UpdateSection.DNS_HOST,
    UpdateSection.DNS_TXT,
    UpdateSection.DNS_SRV,
)
