"""Snapshots, checkpoints and backups: reading, defaults, refusals, and the disks of a domain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.domain import Domain, ParserConfig
from pyvirt_conf.domain.disk import DiskSnapshot
from pyvirt_conf.domain.storage import BlockSource, FileSource, ImageFormat
from pyvirt_conf.moment import (
    BackupDisk,
    BackupDiskMode,
    BackupDiskState,
    BackupMode,
    BackupStore,
    CheckpointDisk,
    CheckpointType,
    DomainBackup,
    DomainCheckpoint,
    DomainSnapshot,
    MemorySnapshot,
    SnapshotDisk,
    SnapshotState,
    parse_domain_backup,
    parse_domain_checkpoint,
    parse_domain_snapshot,
)
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    InvalidArgError,
    VirtError,
    XmlError,
    XmlInvalidSchemaError,
)

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64")
UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"

DOMAIN = f"""  <domain type='kvm'>
    <name>guest</name>
    <uuid>{UUID}</uuid>
    <memory unit='KiB'>1048576</memory>
    <currentMemory unit='KiB'>1048576</currentMemory>
    <vcpu placement='static'>1</vcpu>
    <os>
      <type arch='x86_64'>hvm</type>
      <boot dev='hd'/>
    </os>
    <clock offset='utc'/>
    <on_poweroff>destroy</on_poweroff>
    <on_reboot>restart</on_reboot>
    <on_crash>destroy</on_crash>
    <devices>
    </devices>
  </domain>
"""

SNAPSHOT = f"""<domainsnapshot>
  <name>before</name>
  <description>&lt;why&gt;</description>
  <state>running</state>
  <parent>
    <name>earlier</name>
  </parent>
  <creationTime>1272917631</creationTime>
  <memory snapshot='external' file='/mem'/>
  <disks>
    <disk name='vda' snapshot='external' type='file'>
      <driver type='qcow2'>
        <metadata_cache>
          <max_size unit='bytes'>1234</max_size>
        </metadata_cache>
      </driver>
      <source file='/new.qcow2'>
        <seclabel model='dac' relabel='no'/>
      </source>
    </disk>
    <disk name='vdb' snapshot='no'/>
    <disk name='vdc' snapshot='external' type='network'>
      <driver type='qcow2'/>
      <source protocol='nbd' name='export'>
        <host name='h' port='10809'/>
      </source>
    </disk>
    <disk name='vdd' snapshot='manual'/>
  </disks>
{DOMAIN}{DOMAIN.replace("domain type", "inactiveDomain type").replace("</domain>", "</inactiveDomain>")}\
  <cookie>
    <cpu mode='host-passthrough'/>
    <slirpHelper/>
  </cookie>
  <active>1</active>
</domainsnapshot>
"""


def test_a_snapshot_is_written_as_it_was() -> None:
    found = parse_domain_snapshot(SNAPSHOT, CONFIG, redefine=True, internal=True)
    assert found.format(internal=True) == SNAPSHOT
    assert found.format() == SNAPSHOT.replace("  <active>1</active>\n", "")
    assert found.active is True
    assert found.is_external
    assert found.domain is not None
    assert found.copy() == found
    copy = found.copy()
    assert copy.domain is not None
    copy.domain.name = "other"
    assert found.domain.name == "guest"


def test_a_new_snapshot_knows_nothing_of_its_past() -> None:
    found = parse_domain_snapshot(SNAPSHOT, CONFIG, now=7)
    assert (found.state, found.parent, found.domain, found.cookie) == (None, None, None, None)
    assert found.creation_time == 7
    text = found.format(domain_uuid=UUID)
    assert f"  <domain>\n    <uuid>{UUID}</uuid>\n  </domain>\n</domainsnapshot>\n" in text


def test_an_empty_snapshot_is_named_for_its_time() -> None:
    found = parse_domain_snapshot("<domainsnapshot/>", now=1386166249)
    assert found.format() == (
        "<domainsnapshot>\n  <name>1386166249</name>\n  <creationTime>1386166249</creationTime>\n</domainsnapshot>\n"
    )


def test_an_old_snapshot_without_its_domain() -> None:
    text = "<domainsnapshot><name>s</name><state>shutoff</state><creationTime>1</creationTime>{}</domainsnapshot>"
    found = parse_domain_snapshot(text.format(f"<domain><uuid>{UUID}</uuid></domain>"), redefine=True)
    assert found.domain is None
    assert found.memory is MemorySnapshot.NO
    found = parse_domain_snapshot(text.replace("shutoff", "paused").format(""), redefine=True)
    assert found.memory is MemorySnapshot.INTERNAL


@pytest.mark.parametrize(
    ("good", "bad", "error", "message"),
    [
        ("<name>before</name>", "", XmlError, "missing name of a redefined domainsnapshot"),
        ("<state>running</state>", "", XmlError, "missing state"),
        ("<state>running</state>", "<state>dancing</state>", XmlError, "unknown value 'dancing'"),
        ("<creationTime>1272917631</creationTime>", "", InternalError, "missing creation time"),
        ("1272917631", "yesterday", XmlError, "'yesterday' is not a number"),
        ("<active>1</active>", "", InternalError, "missing element"),
        ("'external' file='/mem'", "'manual'", XmlError, "unknown value 'manual'"),
        ("snapshot='no'", "snapshot='maybe'", XmlError, "unknown value 'maybe'"),
        ("<disk name='vdb' ", "<disk ", XmlError, "missing attribute"),
        ("type='network'>", "type='carrier-pigeon'>", XmlError, "carrier-pigeon"),
        ("<driver type='qcow2'/>", "<driver type='floppy'/>", XmlError, "unknown value 'floppy'"),
    ],
)
def test_bad_values_are_refused_with_their_place(good: str, bad: str, error: type[VirtError], message: str) -> None:
    assert good in SNAPSHOT
    with pytest.raises(error, match=message) as caught:
        DomainSnapshot.parse(SNAPSHOT.replace(good, bad), file="s.xml", redefine=True, internal=True)
    where = caught.value.location
    assert where is not None
    assert where.file == "s.xml"
    assert where.line is not None
    assert (where.path or "").startswith("/domainsnapshot")


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ("<memory snapshot='internal' file='/m'/>", "requires an external snapshot"),
        ("<memory snapshot='external'/>", "requires a file"),
        ("<memory file='m'/>", "'m' must be absolute"),
        ("<disks><disk name='vda' type='dir'><source dir='/d'/></disk></disks>", "unsupported type 'dir'"),
        ("<disks><disk name='vda'><source file='d'/></disk></disks>", "'d' of snapshot disk 'vda' must be absolute"),
    ],
)
def test_snapshots_that_contradict_themselves(inner: str, message: str) -> None:
    with pytest.raises(XmlError, match=message):
        parse_domain_snapshot(f"<domainsnapshot>{inner}</domainsnapshot>")


def test_memory_is_not_kept_of_disks_alone() -> None:
    with pytest.raises(XmlError, match="offline or disk-only"):
        parse_domain_snapshot("<domainsnapshot><memory snapshot='internal'/></domainsnapshot>", offline=True)


def domain(*disks: str) -> Domain:
    return Domain.parse(f"<domain type='kvm'><name>guest</name><devices>{''.join(disks)}</devices></domain>")


def disk(target: str, source: str = "", more: str = "", device: str = "disk", kind: str = "file") -> str:
    inner = f"<source {'file' if kind == 'file' else 'dev'}='{source}'/>" if source else ""
    return f"<disk type='{kind}' device='{device}'>{inner}<target dev='{target}'/>{more}</disk>"


def modes(snapshot: DomainSnapshot) -> dict[str, str | None]:
    return {item.name: item.snapshot for item in snapshot.disks}


def test_disks_of_a_snapshot_are_those_of_the_domain(tmp_path: Path) -> None:
    image = tmp_path / "a.img"
    image.touch()
    guest = domain(
        disk("vda", str(image)),
        disk("vdb", "/b", more="<readonly/>"),
        disk("sda", device="cdrom"),
        disk("vdc", "/c").replace("device='disk'", "device='disk' snapshot='manual'"),
        disk("vdd", "/d"),
    )
    asked = [SnapshotDisk(name="/d", snapshot=DiskSnapshot.NO), SnapshotDisk(name="vda")]
    found = DomainSnapshot(name="snap", disks=asked)
    found.align_disks(guest, default=DiskSnapshot.EXTERNAL)
    assert modes(found) == {"vda": "external", "vdb": "no", "sda": "no", "vdc": "manual", "vdd": "no"}
    assert found.disks[0].path == str(tmp_path / "a.snap")


def test_an_image_keeps_the_dots_of_its_folder() -> None:
    guest = domain(disk("vda", "/v1.2/image"))
    found = DomainSnapshot(name="snap")
    found.align_disks(guest, default=DiskSnapshot.EXTERNAL, is_file=lambda path: True)
    assert found.disks[0].path == "/v1.2/image.snap"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([SnapshotDisk(name="vdz")], "no disk named 'vdz'"),
        ([SnapshotDisk(name="vda"), SnapshotDisk(name="/a")], "disk '/a' specified twice"),
        ([SnapshotDisk(name=n) for n in ("vda", "vdb", "vdc")], "too many disk snapshot requests"),
        ([SnapshotDisk(name="vda", snapshot=DiskSnapshot.EXTERNAL)], "not a regular file"),
        (
            [SnapshotDisk(name="vda", snapshot=DiskSnapshot.EXTERNAL, source=BlockSource())],
            "on a 'block' device",
        ),
        (
            [SnapshotDisk(name="vda", snapshot=DiskSnapshot.INTERNAL, source=FileSource(file="/n"))],
            "requires an external snapshot",
        ),
    ],
)
def test_disks_that_do_not_fit_the_domain(asked: list[SnapshotDisk], message: str) -> None:
    guest = domain(disk("vda", "/a"), disk("vdb", "/b"))
    with pytest.raises(ConfigUnsupportedError, match=message):
        DomainSnapshot(name="s", disks=asked).align_disks(
            guest, default=DiskSnapshot.INTERNAL, is_file=lambda path: False
        )


def test_made_up_images_do_not_collide() -> None:
    guest = domain(disk("vda", "/a.raw"), disk("vdb", "/a.img"))
    with pytest.raises(ConfigUnsupportedError, match="collision with disk 'vda'"):
        DomainSnapshot(name="s").align_disks(guest, default=DiskSnapshot.EXTERNAL, is_file=lambda path: True)


def test_internal_snapshots_may_have_to_be_uniform() -> None:
    guest = domain(disk("vda", "/a"), disk("vdb", "/b"))
    asked = [SnapshotDisk(name="vda", snapshot=DiskSnapshot.NO)]
    with pytest.raises(ConfigUnsupportedError, match="must use snapshot mode 'internal'"):
        DomainSnapshot(name="s", disks=asked).align_disks(guest, default=DiskSnapshot.INTERNAL, uniform=True)
    with pytest.raises(InternalError, match="missing domain"):
        DomainSnapshot(name="s").align_disks(default=DiskSnapshot.INTERNAL)


def test_what_a_redefinition_may_not_change() -> None:
    found = parse_domain_snapshot(SNAPSHOT, CONFIG, redefine=True, internal=True)
    found.validate_redefinition(UUID)
    with pytest.raises(InvalidArgError, match="must have uuid"):
        found.validate_redefinition("00000000-0000-0000-0000-000000000001")
    with pytest.raises(InvalidArgError, match="requires state 'disk-snapshot'"):
        found.validate_redefinition(UUID, disk_only=True)
    other = found.copy()
    other.state = SnapshotState.SHUTOFF
    with pytest.raises(InvalidArgError, match="between online and offline"):
        found.validate_redefinition(UUID, other)


CHECKPOINT = f"""<domaincheckpoint>
  <name>c1</name>
  <description>d</description>
  <parent>
    <name>c0</name>
  </parent>
  <creationTime>5</creationTime>
  <disks>
    <disk name='vda' checkpoint='bitmap' bitmap='b'/>
    <disk name='vdb' checkpoint='no'/>
  </disks>
{DOMAIN}</domaincheckpoint>
"""


def test_a_checkpoint_is_written_as_it_was() -> None:
    found = parse_domain_checkpoint(CHECKPOINT, CONFIG, redefine=True)
    assert found.format() == CHECKPOINT
    assert found.format(no_domain=True) == CHECKPOINT.replace(DOMAIN, "")
    assert found.copy() == found
    found.disks[0].size = 1048576
    assert "bitmap='b' size='1048576'/>" in found.format(size=True)
    assert "size" not in found.format(no_domain=True)


@pytest.mark.parametrize("name", [".hidden", "a/b", "a b", "ä"])
def test_names_that_no_bitmap_can_have(name: str) -> None:
    with pytest.raises(XmlInvalidSchemaError, match="other characters"):
        parse_domain_checkpoint(f"<domaincheckpoint><name>{name}</name></domaincheckpoint>")


def test_disks_of_a_checkpoint_are_those_of_the_domain() -> None:
    guest = domain(disk("vda", "/a"), disk("vdb", "/b"), disk("sda", "/cd", device="cdrom"), disk("vdc"))
    found = parse_domain_checkpoint("<domaincheckpoint/>", now=5)
    found.align_disks(guest)
    assert [(item.name, item.checkpoint, item.bitmap) for item in found.disks] == [
        ("vda", "bitmap", "5"),
        ("vdb", "bitmap", "5"),
        ("sda", "no", None),
        ("vdc", "no", None),
    ]
    found = DomainCheckpoint(name="c", disks=[CheckpointDisk(name="vdb")])
    found.align_disks(guest)
    assert [item.checkpoint for item in found.disks] == ["no", "bitmap", "no", "no"]
    with pytest.raises(ConfigUnsupportedError, match="'sda' is empty or readonly"):
        DomainCheckpoint(name="c", disks=[CheckpointDisk(name="sda")]).align_disks(guest)
    with pytest.raises(ConfigUnsupportedError, match="at least one disk"):
        DomainCheckpoint(name="c").align_disks(domain())


BACKUP = """<domainbackup mode='pull'>
  <incremental>c1</incremental>
  <server transport='tcp' tls='yes' name='localhost' port='10809'/>
  <disks>
    <disk name='vda' backup='yes' state='running' type='file' backupmode='full' exportname='a' index='3'>
      <driver type='qcow2'/>
      <scratch file='/scratch'>
        <seclabel model='dac' relabel='no'/>
        <encryption format='luks'>
          <secret type='passphrase' uuid='c7a5fdbd-edaf-9455-926a-d65c16db1809'/>
        </encryption>
        <privateData>
          <nodenames>
            <nodename type='storage' name='n'/>
          </nodenames>
        </privateData>
      </scratch>
    </disk>
    <disk name='vdb' backup='no'/>
    <disk name='vdc' backup='yes' state='complete' type='block'>
      <scratch dev='/dev/x'/>
    </disk>
  </disks>
  <privateData>
    <objects>
      <secret type='tlskey' alias='s'/>
      <TLSx509 alias='t'/>
    </objects>
  </privateData>
</domainbackup>
"""


def test_a_running_backup_is_written_as_it_was() -> None:
    found = parse_domain_backup(BACKUP, internal=True)
    assert found.format(internal=True) == BACKUP
    assert found.private is not None
    assert (found.private.tls_secret_alias, found.private.tls_alias) == ("s", "t")
    assert found.disks[0].state is BackupDiskState.RUNNING
    assert found.copy() == found
    shown = found.format()
    assert "privateData" not in shown
    assert "state=" not in shown


def test_what_a_backup_is_told_says_nothing_of_its_state() -> None:
    found = parse_domain_backup(BACKUP)
    assert found.private is None
    assert (found.disks[0].state, found.disks[0].index) == (None, None)


def test_push_has_targets_and_pull_has_scratch() -> None:
    found = parse_domain_backup(BACKUP.replace("mode='pull'", "mode='push'").replace("<server", "<ignored"))
    assert found.disks[0].scratch is None
    assert found.disks[0].export_name is None
    unix = "<domainbackup mode='pull'>\n  <server transport='unix' socket='/s'/>\n</domainbackup>\n"
    assert parse_domain_backup(unix).format() == unix
    assert parse_domain_backup("<domainbackup/>").format() == "<domainbackup mode='push'/>\n"


@pytest.mark.parametrize(
    ("good", "bad", "error", "message"),
    [
        ("mode='pull'", "mode='throw'", XmlError, "unknown value 'throw'"),
        ("mode='pull'", "mode='push'", ConfigUnsupportedError, "requires a backup in pull mode"),
        ("transport='tcp'", "transport='rdma'", ConfigUnsupportedError, "rdma"),
        ("transport='tcp'", "transport='unix'", XmlError, "missing socket"),
        ("transport='tcp'", "transport='unix' socket='s'", XmlError, "'s' of a backup must be absolute"),
        ("transport='tcp'", "socket='/s'", XmlError, "needs transport='unix'"),
        (" name='localhost'", "", XmlError, "missing attribute"),
        ("type='block'", "type='network'", XmlError, "unknown value 'network'"),
        (" state='complete'", "", XmlError, "missing attribute"),
        ("backup='no'", "backup='perhaps'", XmlError, "neither 'yes' nor 'no'"),
        ("'/scratch'", "'scratch'", XmlError, "'scratch' for disk 'vda' of a backup must be absolute"),
        ("backupmode='full'", "backupmode='half'", XmlError, "unknown value 'half'"),
    ],
)
def test_backups_that_are_refused(good: str, bad: str, error: type[VirtError], message: str) -> None:
    assert good in BACKUP
    with pytest.raises(error, match=message):
        parse_domain_backup(BACKUP.replace(good, bad), internal=True)


def test_disks_of_a_backup_are_those_of_the_domain() -> None:
    guest = domain(disk("vda", "/a"), disk("vdb", "/b", more="<readonly/>"), disk("vdc"))
    found = DomainBackup()
    found.align_disks(guest, "now")
    assert [(item.name, item.backup, item.target and item.target.path) for item in found.disks] == [
        ("vda", True, "/a.now"),
        ("vdb", False, None),
        ("vdc", False, None),
    ]
    assert found.disks[0].backup_mode is BackupDiskMode.FULL
    found = DomainBackup(mode=BackupMode.PULL, incremental="c")
    found.align_disks(guest, "now")
    assert found.disks[0].scratch == BackupStore(file="/a.now")
    assert (found.disks[0].backup_mode, found.disks[0].incremental) == ("incremental", "c")
    found = DomainBackup(disks=[BackupDisk(name="vda")])
    found.align_disks(guest, "now")
    assert found.disks[0].store is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([BackupDisk(name="vdz")], "no disk named 'vdz'"),
        ([BackupDisk(name="vda"), BackupDisk(name="vda")], "specified twice"),
        ([BackupDisk(name="vdb")], "'vdb' has no media"),
        ([BackupDisk(name="vda", backup_mode=BackupDiskMode.INCREMENTAL)], "incremental backup of disk 'vda'"),
    ],
)
def test_backups_that_do_not_fit_the_domain(asked: list[BackupDisk], message: str) -> None:
    guest = domain(disk("vda", "/a"), disk("vdb"))
    with pytest.raises(ConfigUnsupportedError, match=message):
        DomainBackup(disks=asked).align_disks(guest, "now")
    with pytest.raises(ConfigUnsupportedError, match="refusing to make up a file name"):
        DomainBackup().align_disks(domain(disk("vda", "/dev/x", kind="block")), "now")


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
paths = words.map(lambda word: f"/{word}")
targets = st.from_regex(r"vd[a-z]{1,2}", fullmatch=True)
formats = st.none() | st.sampled_from(ImageFormat)
snapshot_disks = st.builds(
    SnapshotDisk, name=targets, snapshot=st.sampled_from([DiskSnapshot.NO, DiskSnapshot.INTERNAL])
) | st.builds(
    SnapshotDisk,
    name=targets,
    snapshot=st.just(DiskSnapshot.EXTERNAL),
    format=formats,
    source=st.builds(FileSource, file=paths) | st.builds(BlockSource, dev=paths),
)


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        DomainSnapshot,
        name=words,
        description=st.none() | words,
        parent=st.none() | words,
        state=st.sampled_from(SnapshotState),
        creation_time=st.integers(1, 2**62),
        memory=st.just(MemorySnapshot.NO),
        disks=st.lists(snapshot_disks, max_size=3),
        active=st.booleans(),
    )
)
def test_snapshots_that_are_built_read_back_the_same(found: DomainSnapshot) -> None:
    text = found.format(internal=True)
    again = parse_domain_snapshot(text, redefine=True, internal=True)
    assert again == found
    assert again.format(internal=True) == text


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        DomainCheckpoint,
        name=st.from_regex(r"[a-z0-9_-]{1,9}", fullmatch=True),
        creation_time=st.integers(1, 2**62),
        disks=st.lists(
            st.builds(
                CheckpointDisk, name=targets, checkpoint=st.sampled_from(CheckpointType), bitmap=st.none() | words
            ),
            max_size=3,
        ),
    )
)
def test_checkpoints_that_are_built_read_back_the_same(found: DomainCheckpoint) -> None:
    assert parse_domain_checkpoint(found.format(), redefine=True) == found


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        DomainBackup,
        incremental=st.none() | words,
        disks=st.lists(
            st.builds(
                BackupDisk,
                name=targets,
                backup_mode=st.none() | st.sampled_from(BackupDiskMode),
                format=formats,
                target=st.builds(BackupStore, file=paths),
            )
            | st.builds(BackupDisk, name=targets, backup=st.just(False)),
            max_size=3,
        ),
    )
)
def test_backups_that_are_built_read_back_the_same(found: DomainBackup) -> None:
    assert parse_domain_backup(found.format()) == found
