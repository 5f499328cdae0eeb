"""Network filters: every protocol and attribute, negation, variables, chains; bindings."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.nwfilter import (
    PROTOCOLS,
    ConnectionState,
    FilterParameter,
    FilterReference,
    Hex,
    Match,
    NetworkFilter,
    Rule,
    RuleAction,
    RuleDirection,
    TcpFlag,
    TcpFlags,
    Variable,
    parse_filter,
    parse_filter_binding,
)
from pyvirt_conf.nwfilter.match import TcpMatch
from pyvirt_conf.nwfilter.values import parse_variable
from pyvirt_util.errors import InvalidArgError, VirtError, XmlError

UUID = "83011800-f663-96d6-8841-fd836b4318c6"


def document(inner: str, head: str = "name='f' chain='root'") -> str:
    return f"<filter {head}>\n  <uuid>{UUID}</uuid>\n{inner}</filter>\n"


def rule(match: str) -> str:
    return document(f"  <rule action='accept' direction='in' priority='500'>\n{match}  </rule>\n")


def one(match: str) -> str:
    """What a rule's elements become."""
    text = parse_filter(rule(match)).format()
    lines = text.splitlines()
    return "".join(line.strip() for line in lines[3:-2])


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("<mac protocolid='ARP'/>", "<mac protocolid='arp'/>"),
        ("<mac protocolid='0x806'/>", "<mac protocolid='arp'/>"),
        ("<mac protocolid='2048'/>", "<mac protocolid='ipv4'/>"),
        ("<mac protocolid='0x88cc'/>", "<mac protocolid='0x88cc'/>"),
        ("<mac srcmacaddr='1:2:3:4:5:6'/>", "<mac srcmacaddr='01:02:03:04:05:06'/>"),
        ("<vlan vlanid='0xfff' encap-protocol='60'/>", "<vlan vlanid='0xfff' encap-protocol='60'/>"),
        ("<arp opcode='request' hwtype='0x1'/>", "<arp hwtype='0x1' opcode='Request'/>"),
        ("<arp opcode='11' gratuitous='yes'/>", "<arp opcode='11' gratuitous='true'/>"),
        ("<arp arpsrcipaddr='10.0.0.1' arpsrcipmask='24'/>", "<arp arpsrcipaddr='10.0.0.1' arpsrcipmask='24'/>"),
        ("<ip srcipmask='255.255.128.0'/>", "<ip srcipmask='17'/>"),
        ("<ip protocol='6' srcportstart='22'/>", "<ip protocol='tcp' srcportstart='22'/>"),
        ("<ip protocol='0x21'/>", "<ip protocol='0x21'/>"),
        ("<ipv6 srcipaddr='0:0:0:0:0:FFFF:a01:203'/>", "<ipv6 srcipaddr='::ffff:10.1.2.3'/>"),
        ("<ipv6 dstipmask='ffff:ffff::'/>", "<ipv6 dstipmask='32'/>"),
        ("<tcp flags='syn,ACK/NONE' option='0x2'/>", "<tcp option='0x2' flags='SYN,ACK/NONE'/>"),
        ("<tcp flags='ALL/SYN'/>", "<tcp flags='ALL/SYN'/>"),
        ("<udp state='related,NEW'/>", "<udp state='NEW,RELATED'/>"),
        ("<udp state='NEW,NONE'/>", "<udp state='NONE'/>"),
        ("<udp ipset='s'/>", "<udp ipset='s' ipsetflags='src'/>"),
        ("<all ipset='s' ipsetflags='SRC,dst'/>", "<all ipset='s' ipsetflags='src,dst'/>"),
        ("<all ipset='s'/>", "<all ipset='s'/>"),
        ("<all ipsetflags='src'/>", "<all/>"),
        ("<icmp type='8' code='0' dscp='0x3f'/>", "<icmp dscp='0x3f' type='8' code='0'/>"),
        ("<all connlimit-above='1'/>", "<all connlimit-above='1'/>"),
        ("<tcp srcipaddr='$A[@1]' dstipaddr='$B[ 3 ]' srcportstart='$C[@0]'/>", None),
        ('<tcp comment="it\'s &lt;me&gt;"/>', "<tcp comment='it&apos;s &lt;me&gt;'/>"),
        ("<tcp/>", "<tcp/>"),
    ],
)
def test_values_are_written_in_one_form(given: str, written: str | None) -> None:
    expected = written or "<tcp srcipaddr='$A[@1]' dstipaddr='$B[3]' srcportstart='$C'/>"
    assert one(given) == expected
    assert one(expected) == expected


def test_positive_and_negative_conditions_stand_in_elements_of_their_own() -> None:
    text = one("<tcp match='no' srcipaddr='10.0.0.1' dscp='3'/><tcp dstipaddr='10.0.0.2'/><udp/>")
    assert text == "<tcp match='no' srcipaddr='10.0.0.1'/><tcp dstipaddr='10.0.0.2'/><tcp match='no' dscp='3'/>"
    found = parse_filter(rule(text)).rules[0].match
    assert found is not None
    assert found.negated == {"srcipaddr", "dscp"}


def test_a_mask_is_negated_with_its_address() -> None:
    assert one("<ip match='no' srcipaddr='10.0.0.1'/><ip srcipmask='24'/>") == (
        "<ip match='no' srcipaddr='10.0.0.1' srcipmask='24'/>"
    )


def test_a_lone_port_stays_negated() -> None:
    assert one("<tcp match='no' dstportstart='80'/>") == "<tcp match='no' dstportstart='80'/>"


def test_of_an_attribute_given_twice_the_last_counts() -> None:
    assert one("<tcp dscp='1'/><tcp dscp='2'/>") == "<tcp dscp='2'/>"


def test_variables_of_a_rule() -> None:
    found = parse_filter(rule("<tcp srcipaddr='$A' dstipaddr='$A' srcportstart='$B[2]'/>")).rules[0].match
    assert found is not None
    assert found.variables() == (Variable("A"), Variable("B", element=2))
    assert found.protocol == "tcp"


@pytest.mark.parametrize("text", ["$", "$a b", "$a[", "$a[x]", "$a[@1001]", "$a[1]x", "$ä", "$a[-1]"])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(Exception, match=r"variable|too large"):
        parse_variable(text)


@pytest.mark.parametrize(
    ("match", "attribute", "message"),
    [
        ("<mac protocolid='0x5ff'/>", "mac/@protocolid", "illegal value '0x5ff'"),
        ("<mac srcmacmask='ff:00:ff:00:00:00'/>", "mac/@srcmacmask", "not a mask"),
        ("<mac srcmacaddr='1:2:3'/>", "mac/@srcmacaddr", "not a MAC address"),
        ("<vlan vlanid='4096'/>", "vlan/@vlanid", "expected 0 to 4095"),
        ("<arp opcode='65536'/>", "arp/@opcode", "illegal value '65536'"),
        ("<arp gratuitous='maybe'/>", "arp/@gratuitous", "neither true nor false"),
        ("<ip srcipaddr='10.0.0.256'/>", "ip/@srcipaddr", "not an IPv4 address"),
        ("<ip srcipaddr='::1'/>", "ip/@srcipaddr", "not an IPv4 address"),
        ("<ip srcipmask='255.0.255.0'/>", "ip/@srcipmask", "not a mask"),
        ("<ip srcipmask='33'/>", "ip/@srcipmask", "expected 0 to 32"),
        ("<ip dscp='64'/>", "ip/@dscp", "expected 0 to 63"),
        ("<tcp-ipv6 srcipaddr='1.2.3.4'/>", "tcp-ipv6/@srcipaddr", "not an IPv6 address"),
        ("<tcp-ipv6 srcipmask='129'/>", "tcp-ipv6/@srcipmask", "expected 0 to 128"),
        ("<tcp srcportstart='65536'/>", "tcp/@srcportstart", "expected 0 to 65535"),
        ("<tcp srcportstart='-1'/>", "tcp/@srcportstart", "illegal value '-1'"),
        ("<tcp flags='SYN'/>", "tcp/@flags", "expected MASK/FLAGS"),
        ("<tcp flags='SYN/FOO'/>", "tcp/@flags", "unknown flag 'FOO'"),
        ("<tcp state='OLD'/>", "tcp/@state", "unknown flag 'OLD'"),
        ("<tcp connlimit-above='0x1'/>", "tcp/@connlimit-above", "illegal value '0x1'"),
        ("<tcp ipset='a/b'/>", "tcp/@ipset", "not the name of an IP set"),
        ("<tcp ipset='s' ipsetflags='up'/>", "tcp/@ipsetflags", "src or dst"),
        ("<icmp type='256'/>", "icmp/@type", "expected 0 to 255"),
        ("<tcp match='perhaps'/>", "tcp/@match", "neither 'yes' nor 'no'"),
    ],
)
def test_bad_values_are_refused_with_their_place(match: str, attribute: str, message: str) -> None:
    with pytest.raises(XmlError, match=message) as caught:
        parse_filter(rule(match), file="filter.xml")
    where = caught.value.location
    assert where is not None
    assert (where.file, where.path) == ("filter.xml", f"/filter/rule/{attribute}")
    assert where.line == 4


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ("name='f' chain='pf'", InvalidArgError),
        ("name='f' chain='rooted'", InvalidArgError),
        ("name='f' chain='mac-0123456789'", InvalidArgError),
        ("name='f' chain='mac/x'", InvalidArgError),
        ("name='f' chain='mac' priority='1001'", XmlError),
        ("name='f' chain='mac' priority='high'", XmlError),
        ("chain='mac'", XmlError),
        ("name=''", XmlError),
    ],
)
def test_chains_that_can_not_be(head: str, error: type[VirtError]) -> None:
    with pytest.raises(error):
        parse_filter(document("", head))


@pytest.mark.parametrize(
    ("head", "written"),
    [
        ("name='f'", "name='f' chain='root'"),
        ("name='f' priority='5'", "name='f' chain='root'"),
        ("name='f' chain='arp-x'", "name='f' chain='arp-x' priority='-500'"),
        ("name='f' chain='stp'", "name='f' chain='stp'"),
        ("name='f' chain='arp' priority='0'", "name='f' chain='arp'"),
        ("name='f' chain='ipv6' priority='-1'", "name='f' chain='ipv6' priority='-1'"),
    ],
)
def test_priorities_of_chains(head: str, written: str) -> None:
    assert parse_filter(document("", head)).format() == document("", written)


def test_ports_need_a_protocol_that_has_them() -> None:
    for match in ("<ip srcportstart='1'/>", "<ipv6 protocol='icmpv6' dstportend='1'/>"):
        with pytest.raises(XmlError, match=r"filter 'f', rule 1: ports in a rule"):
            parse_filter(rule(match))
    assert one("<ip protocol='33' dstportend='1'/>") == "<ip protocol='33' dstportend='1'/>"


def test_references_and_rules_keep_their_order() -> None:
    text = document(
        "  <filterref filter='a'/>\n"
        "  <rule action='drop' direction='inout' priority='-1000' statematch='false'/>\n"
        "  <filterref filter='b'>\n"
        "    <parameter name='IP' value='10.0.0.1'/>\n"
        "    <parameter name='IP' value='10.0.0.2'/>\n"
        "    <parameter name='MAC' value='x'/>\n"
        "  </filterref>\n"
    )
    found = parse_filter(text)
    assert found.format() == text
    assert found.references[1].values() == {"IP": ("10.0.0.1", "10.0.0.2"), "MAC": ("x",)}
    assert found.copy() == found
    copy = found.copy()
    copy.rules[0].priority = 3
    copy.references[0].filter = "c"
    assert found.format() == text


def test_parameters_that_can_not_be_are_skipped() -> None:
    text = document(
        "<filterref filter='a'><parameter name='a b' value='1'/><parameter name='a'/>"
        "<parameter name='ok' value='1'/><parameter name='x' value='a b'/></filterref>"
    )
    assert parse_filter(text).references[0].values() == {"ok": ("1",)}


def test_a_uuid_is_made_up() -> None:
    found = NetworkFilter.parse("<filter name='f'/>")
    found.complete(lambda: UUID)
    assert found.format() == document("")


BINDING = """<filterbinding>
  <owner>
    <name>guest</name>
    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>
  </owner>
  <portdev name='vnet0'/>
  <linkdev name='eth0'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='clean-traffic'>
    <parameter name='MAC' value='52:54:00:7b:35:93'/>
  </filterref>
</filterbinding>
"""


def test_a_binding_is_written_as_it_was() -> None:
    found = parse_filter_binding(BINDING)
    assert found.format() == BINDING
    assert found.copy() == found


@pytest.mark.parametrize(
    ("good", "bad", "path"),
    [
        ("<portdev name='vnet0'/>", "", "portdev/@name"),
        ("<linkdev name='eth0'/>", "<linkdev/>", "linkdev/@name"),
        ("52:54:00:7b:35:93'/>\n  <filter", "52'/>\n  <filter", "mac/@address"),
        ("<name>guest</name>", "", "owner/name"),
        (" filter='clean-traffic'", "", "filterref/@filter"),
    ],
)
def test_bindings_that_lack_something(good: str, bad: str, path: str) -> None:
    assert good in BINDING
    with pytest.raises(XmlError) as caught:
        parse_filter_binding(BINDING.replace(good, bad), file="b.xml")
    assert caught.value.location is not None
    assert caught.value.location.path == f"/filterbinding/{path}"


variables = st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True).flatmap(
    lambda name: (
        st.integers(0, 1000).map(lambda iterator: Variable(name, iterator))
        | st.integers(0, 99).map(lambda element: Variable(name, element=element))
    )
)
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))


def number(high: int, low: int = 0) -> st.SearchStrategy[int]:
    return st.integers(low, high) | st.integers(low, high).map(Hex)


mac_masks = st.integers(0, 48).map(lambda ones: (2**48 - 2 ** (48 - ones)).to_bytes(6, "big").hex(":"))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Mac": macs,
    "MacMask": mac_masks,
    "Ipv4Address": st.ip_addresses(v=4).map(str),
    "Ipv6Address": st.binary(min_size=16, max_size=16).map(lambda raw: socket.inet_ntop(socket.AF_INET6, raw)),
    "Ipv4Mask": st.integers(0, 32),
    "Ipv6Mask": st.integers(0, 128),
    "Number8": number(255),
    "Number16": number(65535),
    "Number32": number(2**32 - 1),
    "Decimal16": st.integers(0, 65535),
    "EtherType": number(65535, 0x600),
    "VlanType": number(65535, 0x3C),
    "VlanId": number(4095),
    "IpProtocol": st.sampled_from([6, 17, 132, 33]),
    "ArpOpcode": st.integers(0, 65535),
    "Dscp": number(63),
    "State": st.sampled_from(list(ConnectionState)),
    "TcpFlagsMatch": st.builds(TcpFlags, st.integers(0, 63).map(TcpFlag), st.integers(0, 63).map(TcpFlag)),
    "IpSet": st.from_regex(r"[a-zA-Z0-9_.:+-]{1,31}", fullmatch=True),
    "IpSetFlags": st.lists(st.sampled_from(["src", "dst"]), min_size=1, max_size=6).map(",".join),
    "Boolean": st.booleans(),
    "Comment": st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40).filter(
        lambda text: not text.startswith("$")
    ),
}


@st.composite
def matches(draw: st.DrawFn) -> Match:
    cls = PROTOCOLS[draw(st.sampled_from(sorted(PROTOCOLS)))]
    fields = {name: str(field.annotation).split(" ")[0] for name, field in cls._fields.items() if field.kind == "attr"}
    chosen = draw(st.sets(st.sampled_from(sorted(fields)), max_size=6))
    if "ip_protocol" in fields and any("port" in name for name in chosen):
        chosen.add("ip_protocol")
    if chosen & {"ipset", "ipsetflags"}:
        chosen |= {"ipset", "ipsetflags"}
    values = {}
    for name in sorted(chosen):
        kind = VALUES[fields[name]]
        values[name] = draw(kind if name == "ip_protocol" else kind | variables)
    negated = draw(st.sets(st.sampled_from(sorted(chosen)))) if chosen else set()
    followers = {name: leader for name, leader in cls._signs if leader in chosen}
    negated = {name for name in chosen if followers.get(name, name) in negated}
    return cls(**values, negated=frozenset(negated))


rules = st.builds(
    Rule,
    action=st.sampled_from(RuleAction),
    direction=st.sampled_from(RuleDirection),
    priority=st.integers(-1000, 1000),
    statematch=st.booleans(),
    match=st.none() | matches(),
)
references = st.builds(
    FilterReference,
    filter=st.from_regex(r"[a-z-]{1,12}", fullmatch=True),
    parameters=st.lists(
        st.builds(
            FilterParameter,
            name=st.from_regex(r"[A-Z]{1,3}", fullmatch=True),
            value=st.from_regex(r"[a-z.:]{1,9}", fullmatch=True),
        ),
        max_size=4,
    ).map(lambda found: sorted(found, key=lambda item: str(item.name))),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(rules | references, max_size=4).map(tuple))
def test_what_is_built_reads_back_the_same(entries: tuple[Rule | FilterReference, ...]) -> None:
    found = NetworkFilter(name="f", chain="root", uuid=UUID, entries=entries)
    text = found.format()
    again = parse_filter(text)
    assert again.entries == found.entries
    assert again.format() == text
    assert found.copy() == found


def test_every_protocol_can_be_empty() -> None:
    for name in PROTOCOLS:
        assert one(f"<{name}/>") == f"<{name}/>"


def test_types_say_what_a_field_holds() -> None:
    with pytest.raises(TypeError, match="no field 'colour'"):
        TcpMatch(colour="red")  # type: ignore[call-arg]
