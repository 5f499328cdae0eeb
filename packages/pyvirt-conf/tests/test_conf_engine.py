"""The XML engine: what fields read and write, and where errors say they are."""

from __future__ import annotations

from enum import StrEnum

import pytest

from pyvirt_conf.xml import (
    U32,
    Bits,
    Element,
    MacAddress,
    OnOff,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    flag,
    inline,
    sized,
    text,
    texts,
    variant,
)
from pyvirt_util.errors import VirtError, XmlDetailError, XmlError


class Kind(StrEnum):
    """Two words."""

    BRIDGE = "bridge"
    NETWORK = "network"


@element("source")
class BridgeSource(Element):
    """One of two sources."""

    bridge: str = attr(required=True)


@element("source")
class NetworkSource(Element):
    """The other."""

    network: str = attr(required=True)


@element("address", by="type")
class Address(Element):
    """Told apart by its type."""


@element(type="pci")
class PciAddress(Address):
    """The first kind."""

    slot: U32 = attr(default=0)


@element(type="none")
class NoAddress(Address):
    """The second."""


@element()
class Backend(Element):
    """A part that stands in another element."""

    model: str | None = attr()
    tap: str | None = attr("backend/@tap")


@element("thing")
class Thing(Element):
    """One field of every kind."""

    type: Kind = attr(required=True)
    backend: Backend = inline()
    name: str | None = text()
    mac: MacAddress | None = attr("mac/@address")
    source: BridgeSource | NetworkSource | None = variant("type", bridge=BridgeSource, network=NetworkSource)
    driver: str | None = attr("driver/@name")
    queues: U32 | None = attr("driver/@queues", omit=0)
    csum: OnOff | None = attr("driver/host/@csum")
    cpus: Bits | None = attr("driver/@cpus")
    memory: int | None = sized("memory")
    uuid: Uuid | None = text("uuid")
    pmu: YesNo | None = attr("pmu/@state", present=True)
    readonly: bool = flag()
    args: list[str] = texts("arg")
    inner: list[PciAddress] = children("inner/address")
    alias: str | None = attr("alias/@name", live=True)
    passwd: str | None = attr("passwd/@value", secure=True)
    address: Address | None = child()


FULL = """<thing type='bridge' model='m'>
  <backend tap='/t'/>
  <name>a &lt;b&gt; &amp; &apos;c&apos; &quot;d&quot;</name>
  <mac address='52:54:00:00:00:01'/>
  <source bridge='br0'/>
  <driver name='vhost' queues='4' cpus='0-3,7'>
    <host csum='off'/>
  </driver>
  <memory unit='KiB'>2048</memory>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <pmu state='no'/>
  <readonly/>
  <arg>one</arg>
  <arg>two</arg>
  <inner>
    <address type='pci' slot='3'/>
    <address type='pci' slot='4'/>
  </inner>
  <alias name='thing0'/>
  <passwd value='secret'/>
  <address type='pci' slot='5'/>
</thing>
"""


def test_everything_is_read_and_written_back() -> None:
    thing = Thing.from_xml(FULL)
    assert thing.name == "a <b> & 'c' \"d\""
    assert thing.queues == 4
    assert thing.csum is False
    assert list(thing.cpus or ()) == [0, 1, 2, 3, 7]
    assert thing.memory == 2048
    assert isinstance(thing.source, BridgeSource)
    assert [address.slot for address in thing.inner] == [3, 4]
    assert thing.to_xml(secure=True) == FULL


def test_what_belongs_to_a_running_guest_is_left_out_of_a_definition() -> None:
    assert Thing.from_xml(FULL, inactive=True).alias is None
    thing = Thing.from_xml(FULL)
    assert "alias" not in thing.to_xml(inactive=True)
    assert "secret" not in thing.to_xml()


def test_attributes_come_in_any_order_and_unknown_ones_are_ignored() -> None:
    text = "<thing zoom='1' model='m' type='network'><alien/><driver queues='2' name='x'/></thing>"
    assert Thing.from_xml(text).to_xml() == (
        "<thing type='network' model='m'>\n  <driver name='x' queues='2'/>\n</thing>\n"
    )


def test_an_element_with_nothing_inside_closes_itself() -> None:
    assert Thing(type=Kind.BRIDGE, backend=Backend()).to_xml() == "<thing type='bridge'/>\n"


def test_presence_can_be_a_value() -> None:
    assert Thing.from_xml("<thing type='bridge'><pmu/></thing>").pmu is True


def test_units_are_scaled_and_rounded_up() -> None:
    def memory(text: str) -> int | None:
        return Thing.from_xml(f"<thing type='bridge'>{text}</thing>").memory

    assert memory("<memory>7</memory>") == 7
    assert memory("<memory unit='b'>1025</memory>") == 2
    assert memory("<memory unit='KB'>1000</memory>") == 977
    assert memory("<memory unit='GiB'>1</memory>") == 1048576


def test_a_copy_shares_nothing_that_can_change() -> None:
    thing = Thing.from_xml(FULL)
    other = thing.copy()
    assert other == thing
    assert other is not thing
    other.inner[0].slot = 9
    assert isinstance(other.source, BridgeSource)
    other.source.bridge = "br9"
    other.args.append("three")
    assert thing.to_xml(secure=True) == FULL
    assert other != thing


def test_lists_of_two_objects_are_two_lists() -> None:
    one, two = Thing(type=Kind.BRIDGE), Thing.from_xml("<thing type='bridge'/>")
    one.args.append("x")
    two.args.append("y")
    assert Thing(type=Kind.BRIDGE).args == []
    assert Thing.from_xml("<thing type='bridge'/>").args == []
    assert two.args == ["y"]


def test_the_constructor_knows_its_fields() -> None:
    with pytest.raises(TypeError, match="no field 'colour'"):
        Thing(**{"type": Kind.BRIDGE, "colour": "red"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs 'type'"):
        Thing()


def test_repr_shows_what_is_set() -> None:
    assert repr(PciAddress(slot=3)) == "PciAddress(slot=3)"


@pytest.mark.parametrize(
    ("change", "message", "path"),
    [
        (("type='bridge' model", "type='bus' model"), "unknown value 'bus', expected one of bridge, network", "/@type"),
        (("queues='4'", "queues='4x'"), "'4x' is not a number", "/driver/@queues"),
        (("queues='4'", "queues='-4'"), "'-4' is out of range", "/driver/@queues"),
        (("queues='4'", "queues='4294967296'"), "'4294967296' is out of range", "/driver/@queues"),
        (("csum='off'", "csum='no'"), "'no' is neither 'on' nor 'off'", "/driver/host/@csum"),
        (("52:54:00:00:00:01", "52:54:00:00:00"), "'52:54:00:00:00' is not a MAC address", "/mac/@address"),
        (("c7a5fdbd", "c7a5fdb"), "is not a UUID", "/uuid"),
        (("<memory unit='KiB'>2048", "<memory unit='furlong'>2048"), "unknown suffix 'furlong'", "/memory"),
        (("<memory unit='KiB'>2048", "<memory unit='KiB'>18446744073709551615"), "is too large", "/memory"),
        (("slot='4'", "slot='z'"), "'z' is not a number", "/inner/address[2]/@slot"),
        (("<address type='pci' slot='5'/>", "<address type='usb'/>"), "unknown address type 'usb'", "/address/@type"),
        (("<address type='pci' slot='5'/>", "<address/>"), "missing attribute", "/address/@type"),
        ((" bridge='br0'", ""), "missing attribute", "/source/@bridge"),
    ],
)
def test_errors_name_the_value_and_the_place(change: tuple[str, str], message: str, path: str) -> None:
    assert FULL.count(change[0]) == 1
    with pytest.raises(VirtError) as caught:
        Thing.from_xml(FULL.replace(*change), file="/etc/thing.xml")
    assert message in caught.value.message
    location = caught.value.location
    assert location is not None
    assert location.path == f"/thing{path}"
    assert location.file == "/etc/thing.xml"
    assert location.line == FULL[: FULL.index(change[0])].count("\n") + 1


def test_another_root_is_refused() -> None:
    with pytest.raises(XmlError, match="expected <thing>, found <other>"):
        Thing.from_xml("<other/>")


def test_syntax_errors_have_a_code_of_their_own() -> None:
    with pytest.raises(XmlDetailError) as caught:
        Thing.from_xml("<thing type='bridge'>\n<name>\n</thing>", file="x.xml")
    assert caught.value.code == 35
    assert caught.value.location is not None
    assert caught.value.location.line == 3


def test_comments_do_not_cut_texts() -> None:
    assert Thing.from_xml("<thing type='bridge'><name>a<!-- x -->b</name></thing>").name == "ab"
