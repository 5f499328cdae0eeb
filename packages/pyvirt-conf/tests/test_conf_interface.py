"""Interfaces of the host: what is read is what is written, and what is refused says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_conf.interface import (
    ArpMonitor,
    BondInterface,
    BondMode,
    BondParts,
    BridgeInterface,
    BridgeSettings,
    EthernetInterface,
    HostInterface,
    Ipv4Protocol,
    Ipv6Protocol,
    Link,
    LinkState,
    MiiMonitor,
    ProtocolDhcp,
    ProtocolIp,
    StartMode,
    VlanInterface,
    VlanSettings,
)
from pyvirt_util.errors import XmlError

ETHERNET = """<interface type='ethernet' name='eth0'>
  <start mode='hotplug'/>
  <mtu size='9000'/>
  <protocol family='ipv4'>
    <dhcp peerdns='no'/>
    <ip address='192.0.2.1' prefix='24'/>
    <ip address='192.0.2.2'/>
    <route gateway='192.0.2.254'/>
  </protocol>
  <protocol family='ipv6'>
    <autoconf/>
    <dhcp/>
    <ip address='2001:db8::1' prefix='64'/>
  </protocol>
  <link speed='1000' state='up'/>
  <mac address='AA:bb:cc:dd:ee:ff'/>
</interface>
"""
BRIDGE = """<interface type='bridge' name='br0'>
  <start mode='onboot'/>
  <protocol family='ipv6'>
  </protocol>
  <bridge stp='off' delay='0.5'>
    <interface type='ethernet' name='eth0'>
      <mac address='aa:bb:cc:dd:ee:ff'/>
    </interface>
    <interface type='vlan' name='eth1.42'>
      <vlan tag='42'>
        <interface name='eth1'/>
      </vlan>
    </interface>
    <interface type='bond' name='bond0'>
      <link state='lowerlayerdown'/>
      <bond mode='802.3ad'>
        <arpmon interval='100' target='192.0.2.1' validate='all'/>
        <interface type='ethernet' name='eth2'>
        </interface>
      </bond>
    </interface>
  </bridge>
</interface>
"""
BOND = """<interface type='bond' name='bond0'>
  <bond mode='active-backup'>
    <miimon freq='100' downdelay='5' updelay='10' carrier='netif'/>
    <interface type='ethernet' name='eth0'>
    </interface>
    <interface type='ethernet' name='eth1'>
    </interface>
  </bond>
</interface>
"""
VLAN = """<interface type='vlan' name='eth0.7'>
  <protocol family='ipv4'>
    <dhcp/>
  </protocol>
  <link state='down'/>
  <vlan tag='7'>
    <interface name='eth0'/>
  </vlan>
</interface>
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ETHERNET, EthernetInterface),
        (BRIDGE, BridgeInterface),
        (BOND, BondInterface),
        (VLAN, VlanInterface),
    ],
)
def test_every_type(text: str, kind: type[HostInterface]) -> None:
    parsed = HostInterface.parse(text)
    parsed.validate()
    assert type(parsed) is kind
    assert parsed.format() == text
    assert parsed.copy() == parsed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<interface type='ethernet' name='e'><link/><mtu size='0'/></interface>", "'e'>\n</interface>\n"),
        (
            "<interface type='bridge' name='b'><bridge>"
            "<interface type='ethernet' name='e'><start mode='none'/><mtu size='3'/></interface></bridge></interface>",
            "<interface type='ethernet' name='e'>\n    </interface>",
        ),
        (
            "<interface type='bond' name='b'><bond><miimon freq='1'/><arpmon interval='1' target='a'/></bond>"
            "</interface>",
            "<bond>\n    <miimon freq='1'/>\n  </bond>",
        ),
    ],
)
def test_how_it_is_written(text: str, shown: str) -> None:
    written = HostInterface.parse(text).format()
    assert shown in written
    assert HostInterface.parse(written).format() == written


def ethernet(inner: str) -> str:
    return f"<interface type='ethernet' name='e'>{inner}</interface>"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<x/>", "/x"),
        ("<interface/>", "/interface/@type"),
        ("<interface type='x'/>", "/interface/@type"),
        ("<interface type='ethernet'/>", "/interface/@name"),
        (ethernet("<start mode='x'/>"), "/interface/start/@mode"),
        (ethernet("<mtu size='x'/>"), "/interface/mtu/@size"),
        (ethernet("<link state='x'/>"), "/interface/link/@state"),
        (ethernet("<link speed='-1'/>"), "/interface/link/@speed"),
        (ethernet("<protocol/>"), "/interface/protocol/@family"),
        (ethernet("<protocol family='x'/>"), "/interface/protocol/@family"),
        (ethernet("<protocol family='ipv4'><dhcp peerdns='x'/></protocol>"), "/interface/protocol/dhcp/@peerdns"),
        ("<interface type='bridge' name='b'/>", "/interface/bridge"),
        ("<interface type='bridge' name='b'><bridge delay='x'/></interface>", "/interface/bridge/@delay"),
        (
            "<interface type='bridge' name='b'><bridge><interface type='bridge' name='c'><bridge/></interface>"
            "</bridge></interface>",
            "/interface/bridge/interface/@type",
        ),
        ("<interface type='bond' name='b'/>", "/interface/bond"),
        ("<interface type='bond' name='b'><bond mode='x'/></interface>", "/interface/bond/@mode"),
        ("<interface type='bond' name='b'><bond><miimon/></bond></interface>", "/interface/bond/miimon/@freq"),
        (
            "<interface type='bond' name='b'><bond><arpmon interval='1'/></bond></interface>",
            "/interface/bond/arpmon/@target",
        ),
        (
            "<interface type='bond' name='b'><bond><interface type='ethernet' name='e'/>"
            "<interface type='bridge' name='c'><bridge/></interface></bond></interface>",
            "/interface/bond/interface[2]/@type",
        ),
        ("<interface type='vlan' name='v'/>", "/interface/vlan"),
        ("<interface type='vlan' name='v'><vlan tag='1'/></interface>", "/interface/vlan/interface/@name"),
    ],
)
def test_refusals_say_where(text: str, path: str) -> None:
    with pytest.raises(XmlError) as caught:
        HostInterface.parse(text, file="interface.xml")
    assert caught.value.location is not None
    assert (caught.value.location.file, caught.value.location.path) == ("interface.xml", path)


def test_what_is_built_is_checked_too() -> None:
    bridge = BridgeInterface(name="b", bridge=BridgeSettings())
    bridge.validate()
    bridge.bridge.ports = [bridge.copy()]
    with pytest.raises(XmlError, match="can't be a port"):
        bridge.validate()
    bond = BondInterface(name="o", bond=BondParts(devices=[bridge.copy()]))
    with pytest.raises(XmlError, match="can't be a device"):
        bond.validate()


names = st.text("abcdefgh019.", min_size=1, max_size=10)
numbers = st.none() | st.integers(1, 2**32 - 1)
links = st.none() | st.builds(Link, speed=numbers, state=st.sampled_from(LinkState))
ips = st.lists(st.builds(ProtocolIp, address=names, prefix=st.none() | st.integers(1, 128)), max_size=2)
dhcps = st.none() | st.builds(ProtocolDhcp, peerdns=st.none() | st.booleans())
protocols = st.lists(
    st.builds(Ipv4Protocol, dhcp=dhcps, ips=ips, gateway=st.none() | names)
    | st.builds(Ipv6Protocol, autoconf=st.booleans(), dhcp=dhcps, ips=ips),
    max_size=2,
)
cards = st.builds(EthernetInterface, name=names, link=links, mac=st.none() | names)
vlan_settings = st.builds(VlanSettings, tag=st.integers(0, 4095).map(str), interface=names)
bond_parts = st.builds(
    BondParts,
    mode=st.none() | st.sampled_from(BondMode),
    miimon=st.none() | st.builds(MiiMonitor, freq=st.integers(0, 999), updelay=numbers),
    devices=st.lists(cards, max_size=2),
) | st.builds(BondParts, arpmon=st.builds(ArpMonitor, interval=st.integers(0, 9), target=names))
ports = st.lists(
    cards
    | st.builds(VlanInterface, name=names, vlan=vlan_settings)
    | st.builds(BondInterface, name=names, link=links, bond=bond_parts),
    max_size=3,
)
bridges = st.builds(
    BridgeSettings, stp=st.none() | st.booleans(), delay=st.none() | st.integers(0, 99).map(str), ports=ports
)
own = {
    "name": names,
    "start_mode": st.none() | st.sampled_from(StartMode),
    "mtu": numbers,
    "protocols": protocols,
}
interfaces = (
    st.builds(EthernetInterface, link=links, **own)
    | st.builds(BridgeInterface, bridge=bridges, **own)
    | st.builds(BondInterface, link=links, bond=bond_parts, **own)
    | st.builds(VlanInterface, link=links, vlan=vlan_settings, **own)
)


@given(interfaces)
def test_any_interface_survives(made: HostInterface) -> None:
    text = made.format()
    again = HostInterface.parse(text)
    again.validate()
    assert again == made
    assert again.format() == text
