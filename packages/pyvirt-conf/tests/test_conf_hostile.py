"""Documents come from strangers: whatever they hold, a VirtError comes quickly, or a domain."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.domain import Domain, ParserConfig, XmlFlags, parse_domain
from pyvirt_conf.domain.namespaces import QemuNamespace
from pyvirt_util.errors import VirtError, XmlDetailError

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64", namespaces={QemuNamespace.uri: QemuNamespace})

GUEST = """<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>guest</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <metadata>
    <app:note xmlns:app="http://example.org/app">kept</app:note>
  </metadata>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static' cpuset='0-3'>2</vcpu>
  <cputune>
    <vcpupin vcpu='0' cpuset='0'/>
  </cputune>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <smm state='on'>
      <tseg unit='MiB'>48</tseg>
    </smm>
  </features>
  <cpu mode='custom' match='exact'>
    <model fallback='allow'>Haswell</model>
    <numa>
      <cell id='0' cpus='0-1' memory='1048576' unit='KiB'/>
    </numa>
  </cpu>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'>
      <catchup threshold='123' slew='120' limit='10000'/>
    </timer>
  </clock>
  <devices>
    <disk type='network' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source protocol='rbd' name='pool/image'>
        <host name='a.example.org' port='6789'/>
      </source>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>
    </disk>
    <controller type='pci' index='0' model='pcie-root'/>
    <interface type='network'>
      <mac address='52:54:00:11:22:33'/>
      <source network='default'/>
      <bandwidth>
        <inbound average='1000' peak='5000' burst='1024'/>
      </bandwidth>
      <model type='virtio'/>
    </interface>
    <serial type='tcp'>
      <source mode='bind' host='127.0.0.1' service='4555'/>
      <protocol type='telnet'/>
      <target port='0'/>
    </serial>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <graphics type='spice' autoport='yes' passwd='secret'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <hostdev mode='subsystem' type='usb' managed='yes'>
      <source>
        <vendor id='0x1234'/>
        <product id='0xbeef'/>
      </source>
    </hostdev>
    <memballoon model='virtio'/>
  </devices>
  <seclabel type='dynamic' model='dac' relabel='yes'/>
  <qemu:commandline>
    <qemu:arg value='-unknown'/>
  </qemu:commandline>
</domain>
"""


def test_the_guest_itself_is_fine() -> None:
    parse_domain(GUEST, CONFIG)


def laughs(levels: int) -> str:
    entities = ["<!ENTITY l0 'ha'>"]
    entities += [f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, levels)]
    return f"<!DOCTYPE domain [{''.join(entities)}]><domain type='kvm'><name>&l{levels - 1};</name></domain>"


@pytest.mark.parametrize(
    "text",
    [
        laughs(10),
        "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain type='kvm'><name>&x;</name></domain>",
        "<!-- a --><!DOCTYPE domain SYSTEM 'http://192.0.2.1/x.dtd'><domain type='kvm'/>",
        "<domain type='kvm'><name>&nothing;</name></domain>",
        "<a>" * 10_000 + "</a>" * 10_000,
        "<domain type='kvm'>" + "<a>" * 10_000,
        "<domain type='kvm'><name>a\0b</name></domain>",
        "<domain type='kvm'><name>a\x01b</name></domain>",
        b"<domain type='kvm'><name>\xff\xfe</name></domain>",
        b"<?xml version='1.0' encoding='utf-16'?><domain type='kvm'/>",
        "<domain type='kvm'><name>\ud800</name></domain>",
        "",
        " ",
        "not XML",
        "<domain",
        "<domain type='kvm' type='qemu'/>",
        "<domain type='kvm'/><domain type='kvm'/>",
        "<domain type='kvm'>" + "x" * 20_000_000 + "</domain>",
        b"<!--" + b"-" * 1000 + b"<!DOCTYPE",
        "<x:domain/>",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_what_is_not_well_formed_is_refused_at_once(text: str | bytes) -> None:
    start = time.monotonic()
    with pytest.raises(XmlDetailError) as caught:
        Domain.parse(text)
    assert caught.value.code == 35
    assert time.monotonic() - start < 20


def test_a_hundred_megabytes_are_not_even_read() -> None:
    with pytest.raises(XmlDetailError, match="104857600 bytes"):
        Domain.parse(b"x" * 104_857_600)


def test_many_comments_before_the_root_take_no_time() -> None:
    text = "<!-- x -->" * 100_000 + "<domain type='kvm'/>"
    assert Domain.parse(text).type == "kvm"


def test_latin_1_is_read_where_the_document_says_so() -> None:
    text = "<?xml version='1.0' encoding='ISO-8859-1'?><domain type='kvm'><name>gäst</name></domain>"
    assert Domain.parse(text.encode("latin-1")).name == "gäst"
    assert Domain.parse(text).name == "gäst"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<vcpu placement='static' cpuset='0-3'>2", "<vcpu placement='static' cpuset='0-99999999999'>2"),
        ("<vcpu placement='static' cpuset='0-3'>2", "<vcpu placement='static' cpuset='3-0'>2"),
        (">2</vcpu>", ">" + "9" * 5000 + "</vcpu>"),
        ("1048576</memory>", "9" * 100 + "</memory>"),
        ("1048576</memory>", "-1</memory>"),
        ("1048576</memory>", "\u0661</memory>"),
        ("1048576</memory>", "1_000</memory>"),
        ("slot='0x05'", "slot='0x20'"),
        ("slot='0x05'", "slot='five'"),
        ("52:54:00:11:22:33", "53:54:00:11:22:33"),
        ("port='6789'", "port='1e9'"),
        ("id='0' cpus='0-1'", "id='7' cpus='0-1'"),
        ("type='kvm'", "type='microwave'"),
    ],
)
def test_bad_values_are_refused_with_their_place(good: str, bad: str) -> None:
    assert good in GUEST
    with pytest.raises(VirtError) as caught:
        Domain.parse(GUEST.replace(good, bad), file="guest.xml")
    assert caught.value.location is not None
    assert caught.value.location.file == "guest.xml"
    assert caught.value.location.line is not None
    assert (caught.value.location.path or "").startswith("/domain")


def attempt(text: str | bytes) -> None:
    """Parse, complete, validate and write; nothing but a VirtError may come, and what is written reads the same."""
    for flags in (XmlFlags.NONE, XmlFlags.INACTIVE):
        try:
            domain = Domain.parse(text, config=CONFIG, flags=flags)
        except VirtError:
            continue
        written = domain.format(flags | XmlFlags.SECURE)
        again = Domain.parse(written, config=CONFIG, flags=flags)
        assert again.format(flags | XmlFlags.SECURE) == written
        assert domain.copy().format(flags | XmlFlags.SECURE) == written
        try:
            domain.complete(CONFIG, flags)
            domain.validate(CONFIG)
        except VirtError:
            continue
        domain.format(flags | XmlFlags.SECURE)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_documents_with_parts_moved_lost_and_changed(source: random.Random) -> None:
    lines = GUEST.splitlines(keepends=True)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(lines))
        what = source.randrange(5)
        if what == 0:
            del lines[at]
        elif what == 1:
            lines.insert(source.randrange(len(lines)), lines[at])
        elif what == 2:
            lines[at] = lines[at].replace(
                "'", "'" + source.choice(["-1", "x", "0", "", "é", "&#10;", "999999999999"]), 1
            )
        elif what == 3:
            words = lines[at].split("'")
            if len(words) > 2:
                words[1] = source.choice(["", "none", "on", "0x", "1,2", "/", "a" * 300])
            lines[at] = "'".join(words)
        else:
            other = source.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    attempt("".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(GUEST)), st.integers(0, 60))
def test_documents_with_bytes_pasted_in(junk: bytes, at: int, over: int) -> None:
    raw = GUEST.encode()
    attempt(raw[:at] + junk + raw[at + over :])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_survives_as_a_description(text: str) -> None:
    domain = Domain.parse(GUEST)
    domain.description = text
    domain.title = text
    again = Domain.parse(domain.format())
    assert (again.description or "") == "".join(
        c for c in text if (c in "\t\n\r" or c >= " ") and c not in "\ufffe\uffff"
    )
