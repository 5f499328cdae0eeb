"""Storage pools, volumes and capabilities: what is read is what is written, and what is refused says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.storage import (
    POOL_NAMESPACES,
    FsNamespace,
    Pool,
    PoolType,
    RbdNamespace,
    StoragePoolCapabilities,
    Volume,
    VolumeFlags,
    parse_pool,
)
from pyvirt_conf.storage.adapter import FcHostAdapter, ParentAddress, ScsiHostAdapter
from pyvirt_conf.storage.paths import sanitized
from pyvirt_conf.storage.permissions import Permissions
from pyvirt_conf.storage.pool import PoolTarget
from pyvirt_conf.storage.source import PoolDevice, PoolHost, PoolSource
from pyvirt_conf.storage.types import SOURCE_FORMATS, SOURCE_PARTS, VOLUME_FORMATS, WITHOUT_TARGET, Part
from pyvirt_conf.storage.volume import Extent, Timestamps, VolumeDevice, VolumeSource, VolumeTarget, VolumeType
from pyvirt_util.errors import ConfigUnsupportedError, NoSupportError, NumberOverflowError, VirtError, XmlError

UUID = "3a9a4d7c-7e5f-4b1c-9d0e-52f1e4a3b2c1"
TARGET = "<target><path>/srv/pool</path></target>"
AMOUNTS = """  <capacity unit='bytes'>0</capacity>
  <allocation unit='bytes'>0</allocation>
  <available unit='bytes'>0</available>
"""

SOURCES = {
    PoolType.DIR: "",
    PoolType.FS: "<device path='/dev/sda1'/><format type='ext4'/>",
    PoolType.NETFS: "<host name='nfs.example'/><dir path='/export'/><format type='nfs'/><protocol ver='4.1'/>",
    PoolType.LOGICAL: "<device path='/dev/sda1'/><device path='/dev/sdb1'/><name>vg</name><format type='lvm2'/>",
    PoolType.DISK: "<device path='/dev/sda' part_separator='no'/><format type='gpt'/>",
    PoolType.ISCSI: "<host name='a' port='3260'/><device path='iqn.2013-06.com.example:pool'/>"
    "<auth type='chap' username='me'><secret usage='libvirtiscsi'/></auth><vendor name='Acme'/><product name='Disk'/>",
    PoolType.ISCSI_DIRECT: "<host name='a'/><device path='iqn.2013-06.com.example:pool'/>"
    "<initiator><iqn name='iqn.2013-06.com.example:me'/></initiator>",
    PoolType.SCSI: "<adapter type='scsi_host' name='host0'/>",
    PoolType.MPATH: "",
    PoolType.RBD: "<host name='a'/><host name='b' port='6789'/><name>rbd</name>"
    f"<auth type='ceph' username='admin'><secret uuid='{UUID}'/></auth>",
    PoolType.SHEEPDOG: "<host name='a' port='7000'/><name>sheep</name>",
    PoolType.GLUSTER: "<host name='a'/><dir path='/'/><name>volume</name>",
    PoolType.ZFS: "<device path='/dev/ada1'/><name>tank</name>",
    PoolType.VSTORAGE: "<name>cluster</name>",
}


def pool(kind: PoolType | str, source: str | None = None, rest: str = TARGET, name: str = "<name>p</name>") -> str:
    inner = SOURCES[PoolType(kind)] if source is None else source
    return f"<pool type='{kind}'>\n{name}<uuid>{UUID}</uuid>\n<source>{inner}</source>\n{rest}\n</pool>"


@pytest.mark.parametrize("kind", list(PoolType))
def test_every_type(kind: PoolType) -> None:
    made = parse_pool(pool(kind))
    text = made.format()
    assert text.startswith(f"<pool type='{kind}'>\n  <name>p</name>\n  <uuid>{UUID}</uuid>\n{AMOUNTS}  <source>\n")
    for element in SOURCES[kind].replace("><", ">\n<").splitlines():
        assert element in text
    assert ("<target>" in text) == (kind not in WITHOUT_TARGET)
    again = parse_pool(text)
    assert again == made
    assert again.format() == text
    assert made.copy() == made


@pytest.mark.parametrize("kind", list(PoolType))
def test_every_type_lets_go_of_what_it_has_no_use_for(kind: PoolType) -> None:
    everything = (
        "<host name='h'/><device path='/dev/x'/><dir path='/d'/><adapter name='host1'/><name>n</name>"
        "<initiator><iqn name='i'/></initiator>"
    )
    source = parse_pool(pool(kind, everything)).source
    for part in Part:
        if part is not Part.FORMAT:
            assert bool(getattr(source, part.value)) == (part in SOURCE_PARTS[kind])
    assert (source.format is not None) == (kind in SOURCE_FORMATS)


@pytest.mark.parametrize(
    ("kind", "source", "rest", "shown"),
    [
        ("logical", "", "", "<path>/dev/p</path>"),
        ("zfs", "<name>a/b</name>", "", "<path>/dev/zvol/a/b</path>"),
        ("gluster", "<host name='h'/>", "", "<dir path='/'/>\n    <name>p</name>"),
        ("netfs", "<host name='h' port='0'/><dir path='d//e/'/>", TARGET, "<host name='h'/>\n    <dir path='d/e'/>"),
        ("dir", "", "<target><path>/a//b/</path></target>", "<path>/a/b</path>"),
        ("dir", "", "<features><cow state='no'/></features>" + TARGET, "<features>\n    <cow state='no'/>"),
        ("rbd", None, "<refresh><volume allocation='capacity'/></refresh>", "<volume allocation='capacity'/>"),
        ("scsi", "<adapter name='scsi_host2'/>", TARGET, "<adapter type='scsi_host' name='scsi_host2'/>"),
        (
            "dir",
            "",
            "<target><path>/p</path><permissions><mode>0</mode><owner>-1</owner><group>0744</group></permissions></target>",
            "<permissions>\n      <mode>00</mode>\n      <group>744</group>\n    </permissions>",
        ),
        ("dir", "", TARGET + "<capacity unit='x'>y</capacity>", "<capacity unit='bytes'>0</capacity>"),
    ],
)
def test_how_it_is_written(kind: str, source: str | None, rest: str, shown: str) -> None:
    text = parse_pool(pool(kind, source, rest)).format()
    assert shown in text
    assert parse_pool(text).format() == text


def test_a_pool_may_be_named_by_its_source() -> None:
    assert parse_pool("<pool type='logical'><source><name>vg</name></source></pool>").name == "vg"


def test_namespaces() -> None:
    mounted = (
        "<pool type='fs' xmlns:fs='http://libvirt.org/schemas/storagepool/fs/1.0'>\n"
        f"  <name>p</name>\n  <uuid>{UUID}</uuid>\n{AMOUNTS}"
        "  <source>\n    <device path='/dev/sda1'/>\n    <format type='auto'/>\n  </source>\n"
        "  <target>\n    <path>/srv/pool</path>\n  </target>\n"
        "  <fs:mount_opts>\n    <fs:option name='sync'/>\n  </fs:mount_opts>\n</pool>\n"
    )
    made = parse_pool(mounted)
    assert made.format() == mounted
    assert isinstance(made.namespace, FsNamespace)
    assert made.copy() == made
    assert "mount_opts" not in parse_pool(mounted, namespaces=None).format()
    rbd = pool("rbd", rest="<r:config_opts><r:option name='a' value='b'/></r:config_opts>").replace(
        "<pool", f"<pool xmlns:r='{RbdNamespace.uri}'"
    )
    assert "<rbd:option name='a' value='b'/>" in parse_pool(rbd).format()
    elsewhere = mounted.replace("type='fs'", "type='disk'").replace("<format type='auto'/>", "")
    assert Pool.parse(elsewhere, namespaces=POOL_NAMESPACES).namespace is None
    with pytest.raises(XmlError, match="missing attribute"):
        parse_pool(mounted.replace("name='sync'", ""))


@pytest.mark.parametrize(
    "adapter",
    [
        FcHostAdapter(wwnn="20000000c9831b4b", wwpn="10000000c9831b4b"),
        FcHostAdapter(parent="scsi_host5", managed=True, wwnn="20000000c9831b4b", wwpn="10000000c9831b4b"),
        FcHostAdapter(parent_wwnn="2" * 16, parent_wwpn="3" * 16, wwnn="4" * 16, wwpn="5" * 16),
        FcHostAdapter(parent_fabric_wwn="2" * 16, managed=False, wwnn="4" * 16, wwpn="5" * 16),
        ScsiHostAdapter(name="host2"),
        ScsiHostAdapter(parent=ParentAddress(unique_id=3, address=PciLocation(slot=0x1F, function=2))),
    ],
)
def test_adapters(adapter: FcHostAdapter | ScsiHostAdapter) -> None:
    made = Pool(
        type=PoolType.SCSI, name="p", source=PoolSource(adapter=adapter), target=PoolTarget(path="/dev/disk/by-path")
    )
    made.complete()
    made.validate()
    assert parse_pool(made.format()) == made


DEVICE = "<device path='/dev/x'/>"
REFUSED = [
    ("<pool/>", XmlError, "missing attribute", "/pool/@type"),
    ("<pool type='x'/>", XmlError, "unknown value 'x'", "/pool/@type"),
    ("<volume/>", XmlError, "expected <pool>", "/volume"),
    (pool("dir", name="<name>a/b</name>"), XmlError, "'a/b'", "/pool/name"),
    (pool("netfs", "<host/><dir path='/d'/>"), XmlError, "missing", "/pool/source/host/@name"),
    (pool("netfs", "<host name='h' port='x'/>"), XmlError, "'x'", "/pool/source/host/@port"),
    (pool("disk", "<device/>"), XmlError, "missing", "/pool/source/device/@path"),
    (pool("disk", "<device path='/x' part_separator='x'/>"), XmlError, "'x'", "/pool/source/device/@part_separator"),
    (pool("iscsi", f"{DEVICE}<auth username='u'/>"), XmlError, "missing", "/pool/source/auth/@type"),
    (pool("iscsi", f"{DEVICE}<auth type='x' username='u'/>"), XmlError, "'x'", "/pool/source/auth/@type"),
    (pool("iscsi", f"{DEVICE}<auth type='chap' username='u'/>"), XmlError, "missing", "/pool/source/auth/secret"),
    (pool("scsi", "<adapter type='x'/>"), XmlError, "'x'", "/pool/source/adapter/@type"),
    (pool("scsi", "<adapter type='scsi_host'/>"), XmlError, "name or a parentaddr", "/pool/source/adapter"),
    (pool("scsi", "<adapter><parentaddr/></adapter>"), XmlError, "unique_id", None),
    (pool("scsi", "<adapter type='fc_host' wwnn='x' wwpn='y'/>"), XmlError, "'x'", "/pool/source/adapter/@wwnn"),
    (
        pool("scsi", f"<adapter type='fc_host' wwnn='{'1' * 16}' wwpn='{'2' * 16}' parent_wwnn='{'3' * 16}'/>"),
        XmlError,
        "go together",
        "/pool/source/adapter",
    ),
    (pool("netfs", rest="<features><cow state='yes'/></features>"), NoSupportError, "cow", "/pool/features/cow/@state"),
    (pool("dir", rest="<features><cow state='x'/></features>"), XmlError, "'x'", "/pool/features/cow/@state"),
    (
        pool("rbd", rest="<refresh><volume allocation='x'/></refresh>"),
        XmlError,
        "'x'",
        "/pool/refresh/volume/@allocation",
    ),
    (
        pool("dir", rest="<target><permissions><mode>0999</mode></permissions></target>"),
        XmlError,
        "'0999'",
        "/pool/target/permissions/mode",
    ),
    (
        pool("dir", rest="<target><permissions><owner>-2</owner></permissions></target>"),
        XmlError,
        "'-2'",
        "/pool/target/permissions/owner",
    ),
]


@pytest.mark.parametrize(
    ("text", "error", "message", "path"), REFUSED, ids=[case[0].replace("\n", "") for case in REFUSED]
)
def test_refusals_say_where(text: str, error: type[VirtError], message: str, path: str | None) -> None:
    with pytest.raises(error) as caught:
        Pool.parse(text, file="pool.xml")
    assert message in str(caught.value)
    location = caught.value.location
    assert location is not None
    assert location.file == "pool.xml"
    assert location.line is not None
    assert path is None or location.path == path


INCOMPLETE = [
    ("dir", "", "", XmlError, "missing target path"),
    ("fs", "", TARGET, XmlError, "missing source device"),
    ("netfs", "<dir path='/d'/>", TARGET, XmlError, "missing source host"),
    ("netfs", "<host name='h'/>", TARGET, XmlError, "missing source dir"),
    ("scsi", "", TARGET, XmlError, "missing source adapter"),
    ("rbd", "<host name='h'/>", "", XmlError, "missing source name"),
    ("iscsi-direct", f"<host name='h'/>{DEVICE}", "", ConfigUnsupportedError, "missing source initiator"),
    ("fs", f"{DEVICE}<format type='nfs'/>", TARGET, ConfigUnsupportedError, "unknown source format 'nfs'"),
    ("disk", f"{DEVICE}<format type='auto'/>", TARGET, ConfigUnsupportedError, "unknown source format 'auto'"),
]


@pytest.mark.parametrize(("kind", "source", "rest", "error", "message"), INCOMPLETE)
def test_what_a_type_needs(kind: str, source: str, rest: str, error: type[VirtError], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_pool(pool(kind, source, rest))


def test_a_pool_needs_a_name() -> None:
    with pytest.raises(XmlError, match="missing name"):
        parse_pool(f"<pool type='dir'>{TARGET}</pool>")


@pytest.mark.parametrize(
    ("path", "clean"),
    [("/a/b", "/a/b"), ("//a//b//", "//a/b"), ("///a", "/a"), ("/", "/"), ("//", "//"), ("a//", "a"), ("", "")],
)
def test_sanitized_paths(path: str, clean: str) -> None:
    assert sanitized(path) == clean


# -- volumes ---------------------------------------------------------------------------------------

VOLUME = f"""<volume type='file'>
  <name>&lt;disk&gt;.qcow2</name>
  <key>/srv/pool/disk.qcow2</key>
  <capacity unit='bytes'>5368709120</capacity>
  <allocation unit='bytes'>294912</allocation>
  <target>
    <path>/srv/pool/disk.qcow2</path>
    <format type='qcow2'/>
    <permissions>
      <mode>0644</mode>
      <owner>107</owner>
      <group>107</group>
      <label>virt_image_t</label>
    </permissions>
    <encryption format='luks'>
      <secret type='passphrase' uuid='{UUID}'/>
      <cipher name='serpent' size='256' mode='cbc' hash='sha256'/>
      <ivgen name='plain64' hash='sha256'/>
    </encryption>
    <compat>1.1</compat>
    <clusterSize unit='B'>65536</clusterSize>
    <features>
      <lazy_refcounts/>
      <extended_l2/>
    </features>
  </target>
  <backingStore>
    <path>/srv/pool/base.img</path>
    <format type='raw'/>
    <permissions>
      <mode>0444</mode>
    </permissions>
  </backingStore>
</volume>
"""


def volume(inner: str, name: str = "<name>v</name>", attributes: str = "") -> str:
    return f"<volume{attributes}>\n{name}\n{inner}</volume>"


def test_a_volume_with_everything() -> None:
    made = Volume.parse(VOLUME, pool=PoolType.DIR)
    made.validate()
    assert made.format() == VOLUME
    assert made.copy() == made
    assert Volume.parse(VOLUME).format() == VOLUME


@pytest.mark.parametrize("kind", list(PoolType))
def test_formats_are_those_of_the_pool(kind: PoolType) -> None:
    text = volume("<capacity>1</capacity>")
    default, formats = VOLUME_FORMATS.get(kind, (None, ()))
    assert Volume.parse(text, pool=kind).target.format == default
    for word in formats:
        wanted = volume(f"<capacity>1</capacity><target><format type='{word}'/></target>")
        assert Volume.parse(wanted, pool=kind).target.format == word
    other = volume("<capacity>1</capacity><target>\n<format type='other'/></target>")
    if formats:
        with pytest.raises(ConfigUnsupportedError, match="'other'") as caught:
            Volume.parse(other, pool=kind)
        assert caught.value.location is not None
        assert (caught.value.location.path, caught.value.location.line) == ("/volume/target/format/@type", 4)
    else:
        assert Volume.parse(other, pool=kind).target.format is None


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("<capacity unit='G'>1</capacity>", "<allocation unit='bytes'>1073741824</allocation>"),
        ("<capacity>9</capacity><allocation unit='KB'>1</allocation>", "<allocation unit='bytes'>1000</allocation>"),
        ("<capacity>9</capacity><target><features/></target>", "<compat>1.1</compat>\n    <features/>"),
        ("<capacity>9</capacity><target><encryption format='default'/></target>", "'default'>\n    </encryption>"),
        ("<capacity>9</capacity><physical>x</physical><backingStore/>", "</target>\n</volume>"),
        ("<capacity>9</capacity><target><timestamps><atime>x</atime></timestamps></target>", "'raw'/>\n  </target>"),
    ],
)
def test_how_a_volume_is_written(inner: str, shown: str) -> None:
    text = Volume.parse(volume(inner), pool=PoolType.DIR).format()
    assert shown in text
    assert Volume.parse(text, pool=PoolType.DIR).format() == text


def test_capacity_may_be_left_out() -> None:
    backed = volume("<backingStore><path>/b</path></backingStore>")
    assert Volume.parse(volume(""), flags=VolumeFlags.NO_CAPACITY).capacity == 0
    assert Volume.parse(backed, flags=VolumeFlags.OPT_CAPACITY).capacity == 0
    with pytest.raises(XmlError, match="capacity"):
        Volume.parse(volume(""), flags=VolumeFlags.OPT_CAPACITY)
    with pytest.raises(XmlError, match="capacity"):
        Volume.parse(backed)
    with pytest.raises(XmlError, match="missing capacity"):
        Volume(name="v").validate()


def test_what_the_storage_tells_is_written() -> None:
    made = Volume(
        name="v",
        type=VolumeType.BLOCK,
        source=VolumeSource(devices=[VolumeDevice(path="/dev/sda", extents=[Extent(start=1, end=3)])]),
        capacity=5,
        allocation=4,
        physical=6,
        target=VolumeTarget(timestamps=Timestamps(atime=1_000_000_001, mtime=2 * 10**9)),
    )
    text = made.format()
    assert "<device path='/dev/sda'>\n      <extent start='1' end='3'/>" in text
    assert "<physical unit='bytes'>6</physical>" in text
    assert "<atime>1.000000001</atime>\n      <mtime>2</mtime>" in text
    again = Volume.parse(text)
    assert (again.source, again.physical, again.target.timestamps) == (None, None, Timestamps())


def test_copy_on_write_can_be_turned_off() -> None:
    assert Volume.parse(volume("<capacity>1</capacity><target><nocow/></target>")).target.nocow


@pytest.mark.parametrize(
    ("text", "error", "path"),
    [
        (volume("", name=""), XmlError, "/volume/name"),
        (volume("<capacity>x</capacity>"), XmlError, "/volume/capacity"),
        (volume("<capacity unit='x'>1</capacity>"), XmlError, "/volume/capacity"),
        (volume("<capacity unit='EiB'>9</capacity>"), NumberOverflowError, "/volume/capacity"),
        (volume("<capacity>1</capacity>", attributes=" type='x'"), XmlError, "/volume/@type"),
        (volume("<capacity>1</capacity><target><compat>x</compat></target>"), XmlError, "/volume/target/compat"),
        (
            volume("<capacity>1</capacity><target><features><x/></features></target>"),
            ConfigUnsupportedError,
            "/volume/target/features/x",
        ),
        (
            volume("<capacity>1</capacity><target><encryption format='x'/></target>"),
            XmlError,
            "/volume/target/encryption/@format",
        ),
        (
            volume("<capacity>1</capacity><target><encryption format='luks'><ivgen name='a'/></encryption></target>"),
            XmlError,
            "/volume/target/encryption",
        ),
    ],
)
def test_refused_volumes(text: str, error: type[VirtError], path: str) -> None:
    with pytest.raises(error) as caught:
        Volume.parse(text, pool=PoolType.DIR)
    assert caught.value.location is not None
    assert caught.value.location.path == path


# -- capabilities ----------------------------------------------------------------------------------


def test_capabilities() -> None:
    made = StoragePoolCapabilities.of([PoolType.DIR, PoolType.LOGICAL])
    assert [item.type for item in made.pools] == list(PoolType)
    assert {item.type for item in made.pools if item.supported} == {PoolType.DIR, PoolType.LOGICAL}
    text = made.format()
    assert "  <pool type='iscsi' supported='no'>\n  </pool>\n" in text
    assert "<defaultFormat type='lvm2'/>\n      <enum name='sourceFormatType'>\n        <value>unknown</value>" in text
    assert StoragePoolCapabilities.parse(text) == made


# -- any definition survives -----------------------------------------------------------------------

names = st.text("abcdefgh019-", min_size=1, max_size=8)
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
texts = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=12)
ids = st.none() | st.integers(0, 2**32 - 2)
permissions = st.builds(
    Permissions, mode=st.none() | st.integers(0, 0o777), owner=ids, group=ids, label=st.none() | texts
)
sources = st.builds(
    PoolSource,
    hosts=st.lists(st.builds(PoolHost, name=names, port=st.none() | st.integers(1, 65535)), min_size=1, max_size=3),
    devices=st.lists(
        st.builds(PoolDevice, path=paths, part_separator=st.none() | st.booleans()), min_size=1, max_size=3
    ),
    dir=paths,
    adapter=st.builds(ScsiHostAdapter, name=names),
    name=names,
    initiator=names,
    vendor=st.none() | texts,
    product=st.none() | texts,
)
pools = st.builds(
    Pool,
    type=st.sampled_from(PoolType),
    name=names,
    source=sources,
    target=st.builds(PoolTarget, path=paths, permissions=permissions),
)


@given(pools, st.data())
def test_any_pool_survives(made: Pool, data: st.DataObject) -> None:
    if made.type in SOURCE_FORMATS:
        made.source.format = data.draw(st.none() | st.sampled_from(SOURCE_FORMATS[made.type]))
    made.complete()
    made.validate()
    text = made.format()
    again = parse_pool(text)
    assert again == made
    assert again.format() == text


@given(
    st.sampled_from(PoolType),
    st.builds(
        Volume,
        name=texts,
        type=st.sampled_from(VolumeType),
        key=st.none() | texts,
        capacity=st.integers(0, 2**63 - 1),
        allocation=st.integers(0, 2**63 - 1),
        target=st.builds(
            VolumeTarget,
            path=st.none() | paths,
            permissions=permissions,
            compat=st.none() | st.just("0.10"),
            cluster_size=st.none() | st.integers(1, 2**40),
        ),
    ),
)
def test_any_volume_survives(kind: PoolType, made: Volume) -> None:
    made.target.format = VOLUME_FORMATS.get(kind, (None, ()))[0]
    text = made.format()
    again = Volume.parse(text, pool=kind)
    assert again == made
    assert again.format() == text
