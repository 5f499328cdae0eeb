"""Validation on request: what no class knows is refused, with its place; everything the classes write is known."""

from __future__ import annotations

import pytest

from pyvirt_conf.domain import Domain
from pyvirt_conf.moment import DomainCheckpoint, DomainSnapshot
from pyvirt_conf.nodedev import NodeDevice
from pyvirt_conf.nwfilter import NetworkFilter
from pyvirt_conf.strict import refuse_unknown
from pyvirt_conf.xml import Element
from pyvirt_util.errors import XmlDetailError, XmlInvalidSchemaError

GUEST = """<domain type='kvm' xmlns:x='http://example.org/x'>
  <name>guest</name>
  <metadata>
    <x:anything at='all'/>
  </metadata>
  <memory unit='MiB'>1</memory>
  <clock offset='variable' adjustment='0' basis='utc'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/a' startupPolicy='optional'/>
      <backingStore type='block'>
        <source dev='/b'/>
        <format type='raw'/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>
    </disk>
    <serial type='udp'>
      <source mode='bind' host='0.0.0.0' service='2446'/>
      <source mode='connect' host='0.0.0.0' service='2445'/>
    </serial>
  </devices>
  <x:commandline/>
</domain>
"""
FILTER = """<filter name='f'>
  <filterref filter='g'><parameter name='A' value='1'/></filterref>
  <rule action='drop' direction='in'><tcp-ipv6 match='no' srcportstart='1'/></rule>
</filter>
"""
DEVICE = """<device>
  <name>d</name>
  <parent wwnn='1' wwpn='2'/>
  <capability type='mdev'>
    <type id='t'/>
  </capability>
</device>
"""
SNAPSHOT = f"""<domainsnapshot>
  <memory snapshot='no'/>
  <disks>
    <disk name='vda' type='network'>
      <source protocol='nbd' name='e'>
        <host name='h'/>
      </source>
    </disk>
  </disks>
  {GUEST.replace(" xmlns:x='http://example.org/x'", "").replace("x:", "")}
  <cookie><any/></cookie>
</domainsnapshot>
"""


@pytest.mark.parametrize(
    ("kind", "text"), [(Domain, GUEST), (NetworkFilter, FILTER), (NodeDevice, DEVICE)], ids=lambda item: str(item)[:30]
)
def test_what_is_known_passes(kind: type[Element], text: str) -> None:
    refuse_unknown(text, kind)


@pytest.mark.parametrize(
    ("kind", "text", "good", "bad", "path", "message"),
    [
        (Domain, GUEST, "<name>", "<colour/><name>", "/domain/colour", "unknown element <colour>"),
        (Domain, GUEST, "bus='virtio'", "bsu='virtio'", "/domain/devices/disk/target/@bsu", "attribute 'bsu'"),
        (Domain, GUEST, "file='/a'", "dev='/a'", "/domain/devices/disk/source/@dev", "attribute 'dev'"),
        (Domain, GUEST, "dev='/b'", "file='/b'", "/domain/devices/disk/backingStore/source/@file", "'file'"),
        (Domain, GUEST, "slot='0x05'", "base='0x05'", "/domain/devices/disk/address/@base", "attribute 'base'"),
        (Domain, GUEST, "basis=", "base=", "/domain/clock/@base", "attribute 'base'"),
        (Domain, GUEST, "service='2445'", "port='2445'", "/domain/devices/serial/source[2]/@port", "'port'"),
        (NetworkFilter, FILTER, "match=", "mtach=", "/filter/rule/tcp-ipv6/@mtach", "attribute 'mtach'"),
        (NetworkFilter, FILTER, "srcportstart", "flags", "/filter/rule/tcp-ipv6/@flags", "attribute 'flags'"),
        (NetworkFilter, FILTER, "<tcp-ipv6", "<tcp-ipv4", "/filter/rule/tcp-ipv4", "unknown element"),
        (NetworkFilter, FILTER, "<tcp-ipv6", "<tcp/><tcp-ipv6", "/filter/rule/tcp-ipv6", "only a single match"),
        (NetworkFilter, FILTER, "match='no' ", "/><rarp ", "/filter/rule/rarp", "only a single match"),
        (Domain, GUEST, "<name>", "<name>x</name><name>", "/domain/name[2]", "only a single <name>"),
        (
            Domain,
            GUEST,
            "<format ",
            "<format/><format ",
            "/domain/devices/disk/backingStore/format[2]",
            "only a single",
        ),
        (Domain, GUEST, "<name>guest</name>", "", "/domain/name", "missing element"),
        (Domain, GUEST, "<devices>", "<os/><devices>", "/domain/os/type", "missing element"),
        (Domain, GUEST, "offset='variable'", "", "/domain/clock/@offset", "missing attribute"),
        (Domain, GUEST, "device='disk'", "device='lun'", "/domain/devices/disk/@type", "a lun is of type block"),
        (Domain, GUEST, "<serial ", "<serial/><serial ", "/domain/devices/serial[1]/@type", "missing attribute"),
        (
            Domain,
            GUEST,
            "<serial ",
            "<disk type='network' device='cdrom'><target dev='hda'/></disk><serial ",
            "/domain/devices/disk[2]/source/@protocol",
            "missing attribute",
        ),
        (
            Domain,
            GUEST,
            "<clock",
            "<numatune><memory placement='auto' nodeset='1'/></numatune><clock",
            "/domain/numatune/memory/@nodeset",
            "placement 'auto' has no nodeset",
        ),
        (
            Domain,
            GUEST,
            "<serial ",
            "<interface type='user'><mac/><rom file=''/></interface><serial ",
            "/domain/devices/interface/mac/@address",
            "missing attribute",
        ),
        (
            Domain,
            GUEST,
            "<serial ",
            "<interface type='user'><rom file=''/></interface><serial ",
            "/domain/devices/interface/rom/@file",
            "'' is not an absolute path",
        ),
        (
            Domain,
            GUEST,
            "<serial ",
            "<video><address type='spapr-vio' reg='0x100000000'/></video><serial ",
            "/domain/devices/video/address/@reg",
            "beyond 32 bits",
        ),
        (NodeDevice, DEVICE, "<type id='t'/>", "<type id='t'/><bus/>", "/device/capability/bus", "unknown element"),
    ],
)
def test_what_is_not_known_is_refused_with_its_place(
    kind: type[Element], text: str, good: str, bad: str, path: str, message: str
) -> None:
    assert good in text
    changed = text.replace(good, bad, 1)
    kind.from_xml(changed)  # it's ignored unless somebody asks
    with pytest.raises(XmlInvalidSchemaError, match=message) as caught:
        refuse_unknown(changed, kind, file="x.xml")
    where = caught.value.location
    assert where is not None
    assert (where.file, where.path) == ("x.xml", path)
    assert where.line is not None


def test_moments_hold_whole_domains() -> None:
    text = SNAPSHOT.replace("<anything at='all'/>", "").replace("<commandline/>", "")
    refuse_unknown(text, DomainSnapshot)
    with pytest.raises(XmlInvalidSchemaError, match="unknown element <colour>"):
        refuse_unknown(text.replace("<devices>", "<devices><colour/>"), DomainSnapshot)
    with pytest.raises(XmlInvalidSchemaError, match="'startupPolicy' is not allowed here"):
        refuse_unknown(text.replace("name='e'", "name='e' startupPolicy='optional'"), DomainSnapshot)
    with pytest.raises(XmlInvalidSchemaError, match="unknown element <active>"):
        refuse_unknown("<domaincheckpoint><active>0</active></domaincheckpoint>", DomainCheckpoint)


def test_another_document_is_refused() -> None:
    with pytest.raises(XmlInvalidSchemaError, match="expected <domain>, found <device>"):
        refuse_unknown(DEVICE, Domain)
    with pytest.raises(XmlDetailError):
        refuse_unknown("<domain", Domain)
