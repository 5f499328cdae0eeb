"""Networks and their ports: what is read is what is written, what is refused says where, and updates of sections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_conf.domain.virtualport import Bandwidth, Rate, Route, VirtualPort, VirtualPortType, Vlan, VlanTag
from pyvirt_conf.ip import AddressFamily, check_order, mask_bits
from pyvirt_conf.network import (
    DNSMASQ,
    DnsmasqNamespace,
    Network,
    NetworkPort,
    NetworkXmlFlags,
    UpdateCommand,
    UpdateSection,
    parse_network,
    update_network,
)
from pyvirt_conf.network.dns import Dns, DnsForwarder, DnsHost, DnsSrv, DnsTxt
from pyvirt_conf.network.forward import Forward, ForwardAddress, ForwardInterface, ForwardMode, ForwardPf, NatPorts
from pyvirt_conf.network.ip import Dhcp, DhcpHost, DhcpRange, Ip, Lease, LeaseUnit
from pyvirt_conf.network.network import Bridge
from pyvirt_conf.network.parts import PortGroup
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    NoNameError,
    OperationInvalidError,
    OperationUnsupportedError,
    VirtError,
    XmlDetailError,
    XmlError,
)

UUID = "3a9a4d7c-7e5f-4b1c-9d0e-52f1e4a3b2c1"
IP = "<ip address='10.0.0.1' prefix='24'/>"

FULL = f"""<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0' ipv6='yes' trustGuestRxFilters='no'>
  <name>lab</name>
  <uuid>{UUID}</uuid>
  <metadata>
    <app:note xmlns:app="http://example.org/app">kept</app:note>
  </metadata>
  <forward dev='eth0' mode='nat'>
    <nat ipv6='yes'>
      <address start='192.0.2.10' end='192.0.2.20'/>
      <port start='1024' end='65535'/>
    </nat>
    <interface dev='eth0'/>
  </forward>
  <bridge name='virbr7' zone='lab' stp='on' delay='0' macTableManager='libvirt'/>
  <mtu size='9000'/>
  <mac address='52:54:00:aa:bb:cc'/>
  <domain name='lab.example' localOnly='yes'/>
  <dns forwardPlainNames='no'>
    <forwarder domain='corp.example' addr='192.0.2.53'/>
    <forwarder addr='2001:db8::53'/>
    <txt name='hello' value='it&apos;s &lt;me&gt;'/>
    <srv service='ldap' protocol='tcp' domain='lab.example' target='a.example' port='389' priority='1' weight='5'/>
    <host ip='10.0.0.5'>
      <hostname>a</hostname>
      <hostname>b</hostname>
    </host>
  </dns>
  <vlan trunk='yes'>
    <tag id='42'/>
    <tag id='47' nativeMode='untagged'/>
  </vlan>
  <bandwidth>
    <inbound average='1000' peak='5000' burst='5120'/>
    <outbound average='128' peak='256' burst='256'/>
  </bandwidth>
  <port isolated='yes'/>
  <ip address='10.0.0.1' netmask='255.255.255.0' localPtr='yes'>
    <tftp root='/srv/tftp'/>
    <dhcp>
      <range start='10.0.0.100' end='10.0.0.200'>
        <lease expiry='2' unit='hours'/>
      </range>
      <host mac='52:54:00:00:00:01' name='one' ip='10.0.0.11'/>
      <host name='two' ip='10.0.0.12'>
        <lease expiry='0'/>
      </host>
      <bootp file='pxelinux.0' server='10.0.0.2'/>
    </dhcp>
  </ip>
  <ip family='ipv6' address='2001:db8:1::1' prefix='64'>
    <dhcp>
      <host id='0:4:7e:7d' name='six' ip='2001:db8:1::11'/>
    </dhcp>
  </ip>
  <route address='192.168.222.0' prefix='24' gateway='10.0.0.2' metric='3'/>
  <route family='ipv6' address='2001:db8:ca2::' prefix='48' gateway='2001:db8:1::2'/>
  <virtualport type='openvswitch'>
    <parameters interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f' profileid='menial'/>
  </virtualport>
  <portgroup name='web' default='yes' trustGuestRxFilters='yes'>
    <vlan>
      <tag id='3'/>
    </vlan>
    <virtualport>
      <parameters profileid='web'/>
    </virtualport>
    <bandwidth>
      <inbound average='10'/>
    </bandwidth>
  </portgroup>
  <dnsmasq:options>
    <dnsmasq:option value='local-ttl=60'/>
  </dnsmasq:options>
</network>
"""


def network(inner: str, attributes: str = "") -> str:
    return f"<network{attributes}>\n<name>n</name>\n<uuid>{UUID}</uuid>\n{inner}\n</network>"


def written(inner: str) -> str:
    return parse_network(network(inner)).format()


def test_everything_there_is() -> None:
    parsed = parse_network(FULL, namespaces=DNSMASQ)
    assert parsed.format() == FULL
    assert isinstance(parsed.namespace, DnsmasqNamespace)
    assert [option.value for option in parsed.namespace.options] == ["local-ttl=60"]
    assert parsed.forward is not None
    assert parsed.forward.interfaces[0].dev == "eth0"
    assert parsed.portgroup(None) is parsed.portgroup("web") is parsed.portgroups[0]
    assert parsed.ips[0].prefix_length == 24


def test_other_namespaces_are_ignored() -> None:
    assert "dnsmasq" not in parse_network(FULL).format()


def test_what_is_left_out_is_filled_in() -> None:
    made = parse_network("<network><name>n</name><bridge name='br'/><unknown/></network>")
    assert made.uuid is not None
    assert made.format() == (
        f"<network>\n  <name>n</name>\n  <uuid>{made.uuid}</uuid>\n"
        "  <bridge name='br' stp='on' delay='0'/>\n</network>\n"
    )


def test_a_copy_shares_nothing() -> None:
    first = parse_network(FULL, namespaces=DNSMASQ)
    second = first.copy()
    assert second == first
    second.ips[0].dhcp.hosts[0].name = "changed"
    second.dns.txts.clear()
    assert isinstance(second.namespace, DnsmasqNamespace)
    second.namespace.options.clear()
    assert first.format() == FULL


@pytest.mark.parametrize("mode", list(ForwardMode))
def test_every_forward_mode(mode: ForwardMode) -> None:
    text = written(f"<forward mode='{mode}'/>{IP}")
    assert text.count("<forward") == (mode is not ForwardMode.NONE)
    assert ("<bridge stp='on' delay='0'/>" in text) == mode.has_own_bridge
    assert parse_network(text).format() == text


def test_a_running_pool_shows_the_functions_in_use() -> None:
    definition = parse_network(network("<forward mode='hostdev' managed='yes'><pf dev='eth2'/></forward>"))
    assert definition.forward is not None
    idle = definition.format()
    assert "<pf dev='eth2'/>" in idle
    definition.connections = 1
    definition.forward.addresses = [ForwardAddress(bus=3, slot=0x10, function=1, connections=1)]
    live = definition.format()
    assert "<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x1' connections='1'/>" in live
    assert live.startswith("<network connections='1'>")
    assert definition.format(NetworkXmlFlags.INACTIVE) == idle
    assert parse_network(live).connections is None


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("<forward dev='e' mode='bridge'/>", "<interface dev='e'/>"),
        ("<forward mode='hostdev'/>", "<forward mode='hostdev' managed='no'/>"),
        (f"<forward/>{IP}", "<forward mode='nat'/>"),
        ("<forward mode='bridge'/><bridge delay='0'/>", "<forward mode='bridge'/>\n</network>"),
        ("<ip family='ipv6' address='2001:DB8:0::1' prefix='0064'/>", "address='2001:db8::1' prefix='64'"),
        ("<ip address='10.0.0.1' prefix='0'/>", "<ip address='10.0.0.1'>\n"),
        (f"{IP}<route address='0.0.0.0' gateway='10.0.0.2'/>", "<route address='0.0.0.0' gateway='10.0.0.2'/>"),
        ("<mac address='52:54:0:AA:bb:1'/>", "<mac address='52:54:00:aa:bb:01'/>"),
        ("<dns/><mtu size='0'/><metadata/>", "<metadata/>\n  <bridge stp='on' delay='0'/>\n</network>"),
    ],
)
def test_how_it_is_written(inner: str, shown: str) -> None:
    text = written(inner)
    assert shown in text
    assert parse_network(text).format() == text


RANGE = "<ip address='10.0.0.1' prefix='24'>\n<dhcp>\n<range start='{}' end='{}'/></dhcp></ip>"
HOST = "<ip address='10.0.0.1'><dhcp>\n<host {}/></dhcp></ip>"
HOST6 = "<ip family='ipv6' address='2001:db8::1'><dhcp><host {}/></dhcp></ip>"

REFUSED = [
    ("<bridge delay='x'/>", XmlError, "'x' is not a number", "/network/bridge/@delay", 4),
    ("<bridge macTableManager='x'/>", XmlError, "unknown value 'x'", "/network/bridge/@macTableManager", 4),
    ("<mac address='zz'/>", XmlError, "'zz'", "/network/mac/@address", 4),
    ("<mac address='01:00:5e:00:00:01'/>", XmlError, "multicast", "/network/mac/@address", 4),
    ("<mtu size='-1'/>", XmlError, "out of range", "/network/mtu/@size", 4),
    ("<dns enable='maybe'/>", XmlError, "'maybe'", "/network/dns/@enable", 4),
    ("<dns enable='no'><txt name='a' value='b'/></dns>", XmlError, "disabled", "/network/dns", 4),
    ("<dns>\n<forwarder/></dns>", XmlError, "addr or domain", "/network/dns/forwarder", 5),
    ("<dns><txt name='a b' value=''/></dns>", XmlDetailError, "'a b'", "/network/dns/txt", 4),
    ("<dns><txt name='a'/></dns>", XmlDetailError, "missing value", "/network/dns/txt", 4),
    ("<dns><srv service='a'/></dns>", XmlDetailError, "missing protocol", "/network/dns/srv", 4),
    ("<dns><srv service='a b' protocol='tcp'/></dns>", XmlDetailError, "'a b'", "/network/dns/srv", 4),
    ("<dns><srv service='a' protocol='tcp' port='1'/></dns>", XmlDetailError, "target", "/network/dns/srv/@port", 4),
    ("<dns><host ip='1.2.3.4'/></dns>", XmlDetailError, "hostname", "/network/dns/host", 4),
    ("<dns><host><hostname>a</hostname></host></dns>", XmlDetailError, "ip", "/network/dns/host", 4),
    ("<forward mode='x'/>", XmlError, "unknown value 'x'", "/network/forward/@mode", 4),
    ("<forward mode='route'><nat/></forward>", XmlError, "nat", "/network/forward/nat", 4),
    ("<forward dev='a'><pf dev='b'/></forward>", XmlError, "'a'", "/network/forward/@dev", 4),
    ("<forward dev='a'><interface dev='b'/></forward>", XmlError, "'b'", "/network/forward/@dev", 4),
    (
        "<forward mode='bridge'><interface dev='e'/><interface dev='e'/></forward>",
        XmlError,
        "once",
        "/network/forward",
        4,
    ),
    ("<forward mode='hostdev'><address type='usb'/></forward>", ConfigUnsupportedError, "usb", None, 4),
    ("<forward><nat><address start='1.2.3.4' end='1.2.3.1'/></nat></forward>", XmlError, "reversed", None, 4),
    ("<forward><nat><port start='9' end='2'/></nat></forward>", XmlDetailError, "below", None, 4),
    ("<forward><nat/><nat/></forward>", XmlError, "only one <nat>", "/network/forward/nat", 4),
    ("<ip/>", XmlError, "missing attribute", "/network/ip/@address", 4),
    ("<ip address='300.0.0.1'/>", XmlError, "'300.0.0.1' is not an IP address", "/network/ip/@address", 4),
    ("<ip address='::1'/>", ConfigUnsupportedError, "family", "/network/ip", 4),
    ("<ip family='ipv4' address='::1'/>", ConfigUnsupportedError, "ipv4", "/network/ip", 4),
    ("<ip address='10.0.0.1' prefix='33'/>", ConfigUnsupportedError, "33", "/network/ip", 4),
    ("<ip address='10.0.0.1' prefix='8' netmask='255.0.0.0'/>", ConfigUnsupportedError, "both", "/network/ip", 4),
    ("<ip family='ipv6' address='::1' netmask='255.0.0.0'/>", ConfigUnsupportedError, "netmask", "/network/ip", 4),
    ("<ip family='ipv6' address='::1'><tftp root='/'/></ip>", ConfigUnsupportedError, "tftp", "/network/ip", 4),
    (RANGE.format("10.0.0.9", "10.0.0.2"), XmlError, "reversed", "/network/ip/dhcp/range", 6),
    (RANGE.format("10.0.0.0", "10.0.0.2"), XmlError, "network address", "/network/ip/dhcp/range", 6),
    (RANGE.format("10.0.0.2", "10.0.0.255"), XmlError, "broadcast", "/network/ip/dhcp/range", 6),
    (RANGE.format("10.0.1.2", "10.0.1.9"), XmlError, "not entirely within", "/network/ip/dhcp/range", 6),
    (RANGE.format("::1", "::2"), XmlError, "mismatch", "/network/ip/dhcp/range", 6),
    (HOST.format("ip='10.0.0.3'"), XmlError, "mac or a name", "/network/ip/dhcp/host", 5),
    (HOST.format("name='a'"), XmlError, "missing ip", "/network/ip/dhcp/host", 5),
    (HOST.format("mac='01:00:00:00:00:00' ip='10.0.0.3'"), XmlError, "multicast", "/network/ip/dhcp/host", 5),
    (HOST.format("name='-a' ip='10.0.0.3'"), XmlError, "'-a'", "/network/ip/dhcp/host", 5),
    (HOST6.format("mac='52:54:00:00:00:01' ip='2001:db8::3'"), XmlError, "IPv6", "/network/ip/dhcp/host", 4),
    (HOST6.format("id='xx' ip='2001:db8::3'"), XmlError, "'x'", "/network/ip/dhcp/host", 4),
    (IP + "<route address='1.0.0.1' prefix='8' gateway='10.0.0.2'/>", XmlError, "network address", "/network/route", 4),
    (IP + "<route address='1.0.0.0' prefix='8'/>", XmlError, "missing", "/network/route/@gateway", 4),
    ("<virtualport/>", XmlError, "missing type", "/network/virtualport", 4),
    ("<virtualport type='x'/>", XmlError, "unknown value 'x'", "/network/virtualport/@type", 4),
    (
        "<virtualport type='802.1Qbh'><parameters managerid='1'/></virtualport>",
        XmlError,
        "managerid",
        "/network/virtualport",
        4,
    ),
    (
        "<bandwidth><inbound average='1' floor='1'/></bandwidth>",
        ConfigUnsupportedError,
        "floor",
        "/network/bandwidth",
        4,
    ),
    ("<bandwidth classID='1'/>", XmlDetailError, "classID", "/network/bandwidth", 4),
    ("<vlan/>", XmlError, "missing vlan tag", "/network/vlan", 4),
    ("<portgroup/>", XmlError, "missing attribute", "/network/portgroup/@name", 4),
]


@pytest.mark.parametrize(("inner", "error", "message", "path", "line"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refusals_say_where(inner: str, error: type[VirtError], message: str, path: str | None, line: int) -> None:
    with pytest.raises(error) as caught:
        Network.parse(network(inner), file="net.xml")
    assert message in caught.value.message
    location = caught.value.location
    assert location is not None
    assert location.file == "net.xml"
    assert location.line == line
    assert path is None or location.path == path


CONTRADICTIONS = [
    ("<forward mode='nat'/>", XmlError, "no IP address"),
    (f"<forward mode='nat'><interface dev='a'/><interface dev='b'/></forward>{IP}", XmlError, "only one is supported"),
    (f"<forward mode='open' dev='a'/>{IP}", XmlError, "forward dev not allowed in open mode"),
    ("<forward mode='vepa'/><bridge name='b'/>", XmlError, "bridge name 'b' not allowed in vepa mode"),
    ("<forward mode='private'/><bridge macTableManager='kernel'/>", XmlError, "macTableManager"),
    ("<forward mode='bridge'/><bridge stp='on'/>", XmlError, "stp"),
    ("<forward mode='bridge'/><mtu size='1500'/>", XmlError, "mtu size 1500"),
    ("<forward mode='bridge' dev='a'/><bridge name='b'/>", XmlError, "both"),
    (f"{IP}<route address='1.0.0.0' prefix='8' gateway='11.0.0.1'/>", ConfigUnsupportedError, "unreachable"),
]


@pytest.mark.parametrize(("inner", "error", "message"), CONTRADICTIONS)
def test_contradictions(inner: str, error: type[VirtError], message: str) -> None:
    parsed = Network.parse(network(inner))
    parsed.complete()
    with pytest.raises(error, match=message):
        parsed.validate()


def test_names() -> None:
    with pytest.raises(NoNameError):
        Network.parse("<network/>")
    with pytest.raises(XmlDetailError, match="'a/b'"):
        Network.parse("<network><name>a/b</name></network>")
    with pytest.raises(XmlError, match="expected <network>"):
        Network.parse("<net/>")
    built = Network(uuid=UUID)
    with pytest.raises(NoNameError):
        built.validate()


def test_what_is_built_is_checked_too() -> None:
    built = Network(name="n", forward=Forward(mode=ForwardMode.ROUTE), ips=[Ip(address="10.0.0.1", prefix=24)])
    built.ips[0].dhcp.ranges.append(DhcpRange(start="10.0.0.9", end="10.0.0.2"))
    built.complete()
    with pytest.raises(XmlError, match="reversed"):
        built.validate()


def test_helpers_for_addresses() -> None:
    assert mask_bits("255.255.240.0") == 20
    assert mask_bits("255.0.255.0") is None
    check_order("10.0.0.0", "10.0.255.255")
    with pytest.raises(XmlError, match="too large"):
        check_order("10.0.255.255", "10.1.0.0")
    assert [Ip(address=ip).prefix_length for ip in ("10.0.0.1", "172.16.0.1", "192.168.0.1", "::1")] == [8, 16, 24, 64]
    with pytest.raises(XmlError, match="natural prefix"):
        _ = Ip(address="240.0.0.1").prefix_length


# -- updates ---------------------------------------------------------------------------------------

BASE = network(
    "<forward dev='e0'/><portgroup name='p' default='yes'/>"
    "<dns><txt name='t' value='v'/><srv service='s' protocol='tcp'/>"
    "<host ip='10.0.0.5'><hostname>h</hostname><hostname>i</hostname></host></dns>"
    "<ip address='10.1.0.1' prefix='24'/>"
    "<ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.10' end='10.0.0.20'/>"
    "<host mac='52:54:00:00:00:01' name='one' ip='10.0.0.2'/><host name='two' ip='10.0.0.3'/></dhcp></ip>"
)
C, S = UpdateCommand, UpdateSection


def updated(command: UpdateCommand, section: UpdateSection, xml: str, index: int = -1) -> Network:
    changed = parse_network(BASE)
    update_network(changed, command, section, xml, index)
    changed.validate()
    assert parse_network(changed.format()) == changed
    return changed


def test_adding() -> None:
    hosts = updated(C.ADD_FIRST, S.IP_DHCP_HOST, "<host name='x' ip='10.0.0.9'/>").ips[1].dhcp.hosts
    assert [host.name for host in hosts] == ["x", "one", "two"]
    ranges = updated(C.ADD_LAST, S.IP_DHCP_RANGE, "<range start='10.0.0.30' end='10.0.0.40'/>").ips[1].dhcp.ranges
    assert [item.start for item in ranges] == ["10.0.0.10", "10.0.0.30"]
    groups = updated(C.ADD_FIRST, S.PORTGROUP, "<portgroup name='q'/>").portgroups
    assert [group.name for group in groups] == ["q", "p"]
    dns = updated(C.ADD_LAST, S.DNS_TXT, "<txt name='u' value=''/>").dns
    assert [txt.name for txt in dns.txts] == ["t", "u"]
    dns = updated(C.ADD_FIRST, S.DNS_SRV, "<srv service='s' protocol='udp'/>").dns
    assert [srv.protocol for srv in dns.srvs] == ["udp", "tcp"]
    dns = updated(C.ADD_LAST, S.DNS_HOST, "<host ip='10.0.0.6'><hostname>h</hostname></host>").dns
    assert [host.ip for host in dns.hosts] == ["10.0.0.5", "10.0.0.6"]


def test_modifying() -> None:
    host = "<host mac='52:54:00:00:00:01' name='uno' ip='10.0.0.8'/>"
    assert updated(C.MODIFY, S.IP_DHCP_HOST, host).ips[1].dhcp.hosts[0].ip == "10.0.0.8"
    assert updated(C.MODIFY, S.PORTGROUP, "<portgroup name='p'/>").portgroups[0].default is None


def test_deleting() -> None:
    assert len(updated(C.DELETE, S.IP_DHCP_HOST, "<host mac='52:54:0:0:0:1'/>", 1).ips[1].dhcp.hosts) == 1
    assert not updated(C.DELETE, S.IP_DHCP_RANGE, "<range start='10.0.0.10' end='10.0.0.20'/>").ips[1].dhcp.ranges
    assert not updated(C.DELETE, S.PORTGROUP, "<portgroup name='p'/>").portgroups
    assert not updated(C.DELETE, S.DNS_TXT, "<txt name='t'/>").dns.txts
    assert not updated(C.DELETE, S.DNS_SRV, "<srv protocol='tcp'/>").dns.srvs
    assert not updated(C.DELETE, S.DNS_HOST, "<host><hostname>i</hostname></host>").dns.hosts
    assert "<forward mode='nat'/>" in updated(C.DELETE, S.FORWARD_INTERFACE, "<interface dev='e0'/>").format()


REFUSED_UPDATES = [
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host name='two' ip='10.0.0.9'/>", -1, OperationInvalidError, "existing"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host name='x' ip='10.1.0.9'/>", 0, OperationInvalidError, "single IPv4"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host name='x' ip='10.1.0.9'/>", 2, OperationInvalidError, "index 2"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host name='x' ip='2001:db8::9'/>", -1, OperationInvalidError, "family"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host name='x'/>", -1, XmlError, "missing ip"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<range/>", -1, XmlError, "expected <host>"),
    (C.ADD_LAST, S.IP_DHCP_HOST, "<host", -1, XmlDetailError, "start tag"),
    (C.MODIFY, S.IP_DHCP_HOST, "<host name='x' ip='10.0.0.9'/>", -1, OperationInvalidError, "couldn't locate"),
    (C.DELETE, S.IP_DHCP_HOST, "<host/>", -1, XmlError, "name, mac or ip"),
    (C.DELETE, S.IP_DHCP_HOST, "<host name='one' ip='10.0.0.3'/>", -1, OperationInvalidError, "couldn't locate"),
    (C.ADD_LAST, S.IP_DHCP_RANGE, "<range start='10.0.0.10' end='10.0.0.20'/>", -1, OperationInvalidError, "existing"),
    (C.ADD_LAST, S.IP_DHCP_RANGE, "<range start='10.9.0.1' end='10.9.0.2'/>", -1, XmlError, "within"),
    (C.MODIFY, S.IP_DHCP_RANGE, "<range/>", -1, OperationUnsupportedError, "cannot be modified"),
    (C.ADD_LAST, S.FORWARD_INTERFACE, "<interface dev='e0'/>", -1, OperationInvalidError, "existing"),
    (C.DELETE, S.FORWARD_INTERFACE, "<interface dev='e9'/>", -1, OperationInvalidError, "'e9'"),
    (C.ADD_LAST, S.PORTGROUP, "<portgroup name='p'/>", -1, OperationInvalidError, "existing"),
    (C.ADD_LAST, S.PORTGROUP, "<portgroup name='q' default='yes'/>", -1, OperationInvalidError, "already the default"),
    (C.MODIFY, S.PORTGROUP, "<portgroup name='q'/>", -1, OperationInvalidError, "'q'"),
    (C.ADD_LAST, S.DNS_TXT, "<txt name='t' value='w'/>", -1, OperationInvalidError, "existing"),
    (C.ADD_LAST, S.DNS_SRV, "<srv service='s' protocol='tcp'/>", -1, OperationInvalidError, "existing"),
    (
        C.ADD_LAST,
        S.DNS_HOST,
        "<host ip='10.0.0.5'><hostname>z</hostname></host>",
        -1,
        OperationInvalidError,
        "existing",
    ),
    (C.DELETE, S.DNS_HOST, "<host/>", -1, XmlDetailError, "missing"),
    (C.ADD_LAST, S.BRIDGE, "<bridge/>", -1, OperationUnsupportedError, "'bridge'"),
    (C.NONE, S.DNS_TXT, "<txt/>", -1, OperationUnsupportedError, "command"),
]


@pytest.mark.parametrize(("command", "section", "xml", "index", "error", "message"), REFUSED_UPDATES)
def test_refused_updates_change_nothing(
    command: UpdateCommand, section: UpdateSection, xml: str, index: int, error: type[VirtError], message: str
) -> None:
    changed = parse_network(BASE)
    with pytest.raises(error, match=message):
        update_network(changed, command, section, xml, index, file="snippet.xml")
    assert changed == parse_network(BASE)


def test_an_interface_in_use_is_not_taken_away() -> None:
    changed = parse_network(BASE)
    assert changed.forward is not None
    changed.forward.interfaces[0].connections = 2
    with pytest.raises(OperationInvalidError, match="in use by 2"):
        update_network(changed, C.DELETE, S.FORWARD_INTERFACE, "<interface dev='e0'/>")


# -- ports -----------------------------------------------------------------------------------------

PORT = f"""<networkport>
  <uuid>{UUID}</uuid>
  <owner>
    <name>guest &amp; co</name>
    <uuid>{UUID}</uuid>
  </owner>
  <group>web</group>
  <mac address='52:54:00:7b:35:93'/>
  <virtualport type='802.1Qbg'>
    <parameters managerid='11' typeid='1193047' typeidversion='2'/>
  </virtualport>
  <bandwidth classID='3'>
    <inbound average='3' floor='4'/>
  </bandwidth>
  <vlan>
    <tag id='3'/>
  </vlan>
  <port isolated='no'/>
  <rxfilters trustGuest='yes'/>
{{}}</networkport>
"""


@pytest.mark.parametrize(
    "plug",
    [
        "",
        "  <plug type='network' bridge='virbr0' macTableManager='kernel'/>\n",
        "  <plug type='bridge' bridge='br0'/>\n",
        "  <plug type='direct' dev='eth0' mode='vepa'/>\n",
        "  <plug type='hostdev-pci' managed='yes'>\n    <driver name='vfio'/>\n"
        "    <address domain='0x0001' bus='0x02' slot='0x03' function='0x4'/>\n  </plug>\n",
    ],
)
def test_ports(plug: str) -> None:
    port = NetworkPort.parse(PORT.format(plug))
    port.validate()
    assert port.format() == PORT.format(plug)
    assert port.copy() == port


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<networkport/>", "/networkport/uuid"),
        (f"<networkport><uuid>{UUID}</uuid></networkport>", "/networkport/owner"),
        (f"<networkport><uuid>{UUID}</uuid><owner><name>a</name></owner></networkport>", "/networkport/owner/uuid"),
        (PORT.format("<plug type='x'/>"), "/networkport/plug/@type"),
        (PORT.format("<plug type='bridge'/>"), "/networkport/plug/@bridge"),
        (PORT.format("<plug type='hostdev-pci'/>"), "/networkport/plug/address"),
        (PORT.format("<plug type='direct' dev='a' mode='x'/>"), "/networkport/plug/@mode"),
    ],
)
def test_refused_ports(text: str, path: str) -> None:
    with pytest.raises(XmlError) as caught:
        NetworkPort.parse(text)
    assert caught.value.location is not None
    assert caught.value.location.path == path


# -- any definition survives -----------------------------------------------------------------------

names = st.text("abcdefgh019-", min_size=1, max_size=8).filter(lambda name: name[0] != "-")
texts = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn")), max_size=12)
yes_no = st.none() | st.booleans()
v4 = st.integers(2, 254).map("10.0.0.{}".format)
v6 = st.integers(2, 0xFFFE).map("2001:db8::{:x}".format)
macs = st.integers(0, 0xFFFFFF).map(lambda n: f"52:54:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}")
leases = st.none() | st.builds(
    Lease, expiry=st.integers(120, 10**6), unit=st.sampled_from([LeaseUnit.SECONDS, LeaseUnit.HOURS])
)
rates = st.builds(Rate, average=st.integers(1, 10**6), peak=st.none() | st.integers(1, 10**6))
bandwidths = st.none() | st.builds(Bandwidth, inbound=rates, outbound=st.none() | rates)
vlans = st.none() | st.builds(Vlan, tags=st.integers(0, 4095).map(lambda n: [VlanTag(id=n)]))
virtualports = st.none() | st.builds(
    VirtualPort, type=st.just(VirtualPortType.QBH), profileid=st.none() | st.text("abc", min_size=1, max_size=39)
)


def lists(items: st.SearchStrategy[object]) -> st.SearchStrategy[list[object]]:
    return st.lists(items, max_size=3)


@st.composite
def ranges(draw: st.DrawFn, family: int) -> DhcpRange:
    low, high = sorted((draw(st.integers(2, 254)), draw(st.integers(2, 254))))
    form = "10.0.0.{}" if family == 4 else "2001:db8::{:x}"
    return DhcpRange(start=form.format(low), end=form.format(high), lease=draw(leases))


dhcp4 = st.builds(
    Dhcp,
    ranges=lists(ranges(4)),
    hosts=st.lists(st.builds(DhcpHost, mac=macs, name=st.none() | names, ip=v4, lease=leases), min_size=1, max_size=3),
    boot_file=st.none() | texts,
)
dhcp6 = st.builds(
    Dhcp,
    ranges=lists(ranges(6)),
    hosts=lists(st.builds(DhcpHost, id=st.sampled_from(["0:1", "AB:cd"]), name=st.none() | names, ip=v6)),
)
ip4 = st.builds(
    Ip, address=st.just("10.0.0.1"), prefix=st.just(24), local_ptr=yes_no, tftp_root=st.none() | texts, dhcp=dhcp4
)
ip6 = st.builds(Ip, family=st.just(AddressFamily.IPV6), address=st.just("2001:db8::1"), prefix=st.just(64), dhcp=dhcp6)
dns = st.builds(
    Dns,
    forward_plain_names=yes_no,
    forwarders=lists(st.builds(DnsForwarder, domain=names, address=st.none() | v4 | v6)),
    txts=lists(st.builds(DnsTxt, name=names, value=texts)),
    srvs=lists(st.builds(DnsSrv, service=names, protocol=st.just("tcp"), target=texts, port=st.integers(1, 65535))),
    hosts=lists(st.builds(DnsHost, ip=v4 | v6, hostnames=st.lists(names, min_size=1, max_size=3))),
)
forwards = st.none() | st.one_of(
    st.builds(
        Forward,
        mode=st.just(ForwardMode.NAT),
        nat_ipv6=yes_no,
        nat_ports=st.none() | st.builds(NatPorts, start=st.integers(0, 99), end=st.integers(99, 65535)),
        interfaces=st.just([]) | names.map(lambda dev: [ForwardInterface(dev=dev)]),
    ),
    st.builds(Forward, mode=st.just(ForwardMode.ROUTE)),
    st.builds(
        Forward,
        mode=st.sampled_from([ForwardMode.VEPA, ForwardMode.PASSTHROUGH]),
        interfaces=st.lists(names, unique=True, max_size=3).map(lambda all: [ForwardInterface(dev=dev) for dev in all]),
    ),
    st.builds(Forward, mode=st.just(ForwardMode.HOSTDEV), managed=yes_no, pf=names.map(lambda dev: ForwardPf(dev=dev))),
)
networks = st.builds(
    Network,
    name=names,
    uuid=st.just(UUID),
    trust_guest_rx_filters=yes_no,
    forward=forwards,
    mac=st.none() | macs,
    domain_name=st.none() | names,
    dns=dns,
    vlan=vlans,
    bandwidth=bandwidths,
    port_isolated=yes_no,
    ips=st.tuples(ip4, ip6).map(list),
    routes=st.just([]) | st.just([Route(address="192.168.0.0", prefix=16, gateway="10.0.0.9")]),
    virtualport=virtualports,
    portgroups=lists(
        st.builds(PortGroup, name=texts, vlan=vlans, virtualport=virtualports, bandwidth=bandwidths),
    ),
)


@given(networks, st.builds(Bridge, name=st.none() | names, delay=st.none() | st.integers(0, 2**64 - 1)))
def test_any_network_survives(made: Network, bridge: Bridge) -> None:
    if made.forward_mode.has_own_bridge:
        made.bridge = bridge
    made.complete()
    made.validate()
    text = made.format()
    again = parse_network(text)
    assert again == made
    assert again.format() == text
