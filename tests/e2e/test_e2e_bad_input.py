"""What strangers send: each gets a clear error of the right kind, and nothing is left of the attempt."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_support import Host, domain_xml

import pyvirt
from pyvirt import errors

pytestmark = pytest.mark.guest

_UUID = "00000000-0000-4000-8000-00000000bad1"
_DEEP = "<domain type='qemu'><name>deep</name><metadata>" + "<a>" * 10_000 + "</a>" * 10_000 + "</metadata></domain>"
_ENTITIES = (
    "<!DOCTYPE domain [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><domain type='qemu'><name>&i;</name></domain>"
)
_EXTERNAL = (
    "<!DOCTYPE domain [<!ENTITY file SYSTEM 'file:///etc/hostname'>]><domain type='qemu'><name>&file;</name></domain>"
)
_GOOD = domain_xml("bad", uuid=_UUID)


def changed(old: str, new: str) -> str:
    assert old in _GOOD
    return _GOOD.replace(old, new)


def device(text: str) -> str:
    return changed("<serial type='pty'/>", text)


@pytest.mark.parametrize(
    ("xml", "kind", "says"),
    [
        ("", errors.XmlDetailError, ""),
        ("no XML at all", errors.XmlDetailError, ""),
        ("<domain type='qemu'><name>cut", errors.XmlDetailError, ""),
        ("<network><name>other</name></network>", errors.XmlError, "network"),
        (_DEEP, errors.XmlDetailError, ""),
        (_ENTITIES, errors.XmlDetailError, ""),
        (_EXTERNAL, errors.XmlDetailError, ""),
        (changed("<name>bad</name>", "<name></name>"), errors.NoNameError, "name"),
        (changed("<name>bad</name>", ""), errors.NoNameError, "name"),
        (changed("<name>bad</name>", "<name>../../etc/evil</name>"), errors.XmlError, "name"),
        (changed("<name>bad</name>", "<name>..</name>"), errors.VirtError, "name"),
        (changed("<name>bad</name>", f"<name>{'x' * 300}</name>"), errors.VirtError, "name"),
        (changed(_UUID, "not-a-uuid"), errors.XmlError, "uuid"),
        (changed("<memory unit='MiB'>16", "<memory unit='MiB'>much"), errors.XmlError, "memory"),
        (changed("<memory unit='MiB'>16", "<memory unit='MiB'>-1"), errors.XmlError, "memory"),
        (changed("unit='MiB'>16", "unit='parsecs'>16"), errors.VirtError, "parsecs"),
        (changed("<memory unit='MiB'>16", f"<memory unit='MiB'>{10**30}"), errors.VirtError, ""),
        (changed("<vcpu>1", "<vcpu>one"), errors.XmlError, "vcpu"),
        (changed("<vcpu>1", "<vcpu>0"), errors.XmlError, "vcpu"),
        (changed("type='qemu'>", "type='teapot'>"), errors.VirtError, "teapot"),
        (changed("arch='x86_64'", "arch='z80'"), errors.VirtError, "z80"),
        (changed("machine='q35'", "machine='pc-from-1981'"), errors.VirtError, "pc-from-1981"),
        (device("<disk type='file'><source file='/x'/><target dev='vda' bus='moon'/></disk>"), errors.VirtError, ""),
        (device("<disk type='file' device='spoon'><target dev='vda'/></disk>"), errors.XmlError, "spoon"),
        (device("<interface type='user'><mac address='zz'/></interface>"), errors.XmlError, "zz"),
    ],
)  # fmt: skip
def test_bad_xml(host: Host, conn: pyvirt.Connection, xml: str, kind: type[errors.VirtError], says: str) -> None:
    before = host.files("")
    for call in (conn.define_domain, conn.create_domain):
        with pytest.raises(kind) as caught:
            call(xml)
        assert says in str(caught.value), str(caught.value)
        assert len(str(caught.value)) < 1000
        assert conn.list_domains() == []
        assert host.leftovers() == []
    assert [path for path in host.files("etc") if path not in before and "/." not in path] == []


def test_taken_names_and_uuids(host: Host, conn: pyvirt.Connection) -> None:
    first = conn.define_domain(domain_xml("first", uuid=_UUID))
    stored = first.xml()
    with pytest.raises(errors.OperationFailedError, match=f"'first' is already defined with uuid {_UUID}"):
        conn.define_domain(domain_xml("second", uuid=_UUID))
    other = _UUID.replace("bad1", "bad2")
    with pytest.raises(errors.OperationFailedError, match=f"'first' already exists with uuid {_UUID}"):
        conn.define_domain(domain_xml("first", uuid=other))
    for xml in (domain_xml("second", uuid=_UUID), domain_xml("first", uuid=other)):
        with pytest.raises(errors.OperationFailedError, match="already"):
            conn.create_domain(xml)
    assert [d.xml() for d in conn.list_domains()] == [stored]
    first.start(1)
    with pytest.raises(errors.OperationInvalidError, match="already"):
        conn.create_domain(domain_xml("first", uuid=_UUID))
    assert len(host.qemus()) == 1


def test_wrong_types(host: Host, conn: pyvirt.Connection) -> None:
    with pytest.raises((errors.VirtError, TypeError)):
        conn.define_domain(42)  # type: ignore[arg-type]
    with pytest.raises(errors.VirtError):
        conn.lookup_domain_by_uuid("no uuid")
    for name in ("../passwd", "", "a\0b", "."):
        with pytest.raises(errors.NoDomainError):
            conn.lookup_domain(name)
    with pytest.raises(errors.NoDomainError):
        conn.lookup_domain_by_id(4711)
    domain = conn.define_domain(_GOOD)
    with pytest.raises((errors.VirtError, ValueError)):
        domain.start(1 << 30)
    assert not domain.is_active()
    assert host.leftovers() == []


def test_missing_emulator(host: Host, conn: pyvirt.Connection) -> None:
    missing = "/no/such/qemu"
    with pytest.raises(errors.VirtError, match=missing):
        conn.define_domain(domain_xml("bad", emulator=missing))
    assert conn.list_domains() == []
    assert host.leftovers() == []


def test_emulator_that_is_none(host: Host, conn: pyvirt.Connection, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("just text")
    with pytest.raises(errors.VirtError, match="text"):
        conn.define_domain(domain_xml("bad", emulator=tmp_path / "text"))
    with pytest.raises(errors.VirtError):
        conn.define_domain(domain_xml("bad", emulator="/bin/true"))
    assert conn.list_domains() == []
    assert host.leftovers() == []


def test_emulator_removed_after_defining(host: Host, conn: pyvirt.Connection, tmp_path: Path) -> None:
    emulator = tmp_path / "qemu"
    emulator.symlink_to("/usr/bin/qemu-system-x86_64")
    domain = conn.define_domain(domain_xml("bad", emulator=emulator))
    emulator.unlink()
    with pytest.raises(errors.VirtError, match=str(emulator)):
        domain.start()
    assert not domain.is_active()
    assert host.leftovers() == []


def test_disk_that_does_not_exist(host: Host, conn: pyvirt.Connection) -> None:
    missing = host.root / "no-such.img"
    domain = conn.define_domain(domain_xml("bad", missing))
    with pytest.raises(errors.VirtError, match=f"{missing}.*no such file"):
        domain.start()
    assert not domain.is_active()
    assert host.leftovers() == []


def test_disk_in_use(host: Host, conn: pyvirt.Connection) -> None:
    """QEMU locks images; the second guest says what QEMU says and leaves the first alone."""
    first = conn.define_domain(domain_xml("first", host.disk("shared")))
    second = conn.define_domain(domain_xml("second", host.disk("shared")))
    first.start()
    with pytest.raises(errors.VirtError, match="lock"):
        second.start()
    assert first.is_active()
    assert len(host.qemus()) == 1
    first.destroy()
    second.start()


def test_damaged_files_do_not_hide_the_others(host: Host, conn: pyvirt.Connection) -> None:
    conn.define_domain(domain_xml("good"))
    conn.define_domain(domain_xml("broken"))
    conn.close()
    (host.root / "etc/qemu/broken.xml").write_text("<domain")
    with pyvirt.open(host.uri) as fresh:
        names = [d.name for d in fresh.list_domains()]
        assert "good" in names
        fresh.lookup_domain("good").start(1)
        with pytest.raises(errors.VirtError):
            fresh.lookup_domain("broken").xml()
        # Nothing is deleted: what was there is still there for its owner to look at.
        assert any(path.read_text() == "<domain" for path in (host.root / "etc").rglob("*") if path.is_file())


@pytest.mark.root
def test_disk_full_while_defining(host: Host, conn: pyvirt.Connection) -> None:
    """The configuration is on a file system of 64 KiB, in a mount namespace that ends with the process."""
    folder = host.root / "etc"
    folder.mkdir(exist_ok=True)
    program = """
import os
from pathlib import Path
folder, xmls = Path(sys.argv[1]), sys.argv[2:]
filled = folder / "filler"
first = conn.define_domain(xmls[0])
before = first.xml()
with open(filled, "wb", buffering=0) as file:
    try:
        while True:
            file.write(b"x" * 512)
    except OSError:
        pass
for xml in xmls[1:]:
    try:
        conn.define_domain(xml)
    except errors.SystemCallError as error:
        print(error.errno, error)
    else:
        print("defined")
assert [d.name for d in conn.list_domains()] == ["first"], conn.list_domains()
assert first.xml() == before
left = sorted(str(p.relative_to(folder)) for p in folder.rglob("[!.]*") if p.is_file() and p != filled)
assert left == ["qemu/first.xml"], left
filled.unlink()
conn.define_domain(xmls[1])
assert [d.name for d in conn.list_domains()] == ["first", "second"]
"""
    mounted = 'mount -t tmpfs -o size=64k,mode=700 tmpfs "$1" && shift && exec "$@"'
    wrapper = ("unshare", "--mount", "sh", "-c", mounted, "sh", str(folder))
    big = domain_xml("second", uuid=_UUID, top=f"<description>{'long ' * 1000}</description>")
    first = domain_xml("first", uuid=_UUID.replace("bad1", "bad2"))
    again = first.replace("<vcpu>1", f"<description>{'long ' * 1000}</description><vcpu>1")
    said = host.python(program, str(folder), first, big, again, wrapper=wrapper).stdout.splitlines()
    assert len(said) == 2
    assert all(line.startswith("28 ") and "no space left" in line for line in said), said
    assert conn.list_domains() == []
