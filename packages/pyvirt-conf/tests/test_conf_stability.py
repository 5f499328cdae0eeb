"""What a guest can see must stay the same; what it can't may change."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyvirt_conf import check_abi_stability
from pyvirt_conf.domain import Domain, ParserConfig, parse_domain
from pyvirt_util.errors import ConfigUnsupportedError, VirtError

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64")
GUEST = """<domain type='qemu'>
  <name>a</name>
  <uuid>00010203-0405-4607-8809-0a0b0c0d0e0f</uuid>
  <title>one</title>
  <maxMemory slots='4' unit='KiB'>4194304</maxMemory>
  <memory unit='KiB'>2097152</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu current='2'>4</vcpu>
  <iothreads>1</iothreads>
  <sysinfo type='smbios'><system><entry name='product'>box</entry></system></sysinfo>
  <os><type arch='x86_64' machine='q35'>hvm</type><smbios mode='sysinfo'/></os>
  <features><acpi/><pae/><hyperv><relaxed state='on'/></hyperv></features>
  <cpu mode='custom' match='exact' check='partial'>
    <model>qemu64</model>
    <topology sockets='1' cores='4' threads='1'/>
    <feature policy='require' name='vmx'/><feature policy='disable' name='svm'/>
    <numa><cell id='0' cpus='0-3' memory='1048576' unit='KiB'/></numa>
  </cpu>
  <clock offset='utc'><timer name='hpet' present='no'/></clock>
  <on_crash>destroy</on_crash>
  <pm><suspend-to-mem enabled='no'/></pm>
  <devices>
    <emulator>/usr/bin/old</emulator>
    <disk type='file'><driver name='qemu' type='raw' cache='none'/><source file='/a'/><target dev='vda' bus='virtio'/>
      <serial>s1</serial><address type='pci' domain='0' bus='0' slot='4' function='0'/></disk>
    <controller type='virtio-serial' index='0' ports='8'/>
    <controller type='usb' index='0'/>
    <filesystem><driver type='path'/><source dir='/srv'/><target dir='share'/></filesystem>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='virtio'/></interface>
    <serial type='pty'><target type='isa-serial' port='0'/></serial>
    <channel type='unix'><source mode='bind' path='/c'/><target type='virtio' name='org.a'/></channel>
    <input type='tablet' bus='usb'/>
    <tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>
    <graphics type='vnc' port='5901' passwd='x'/>
    <sound model='ich9'/>
    <video><model type='qxl' ram='65536' vram='65536' heads='1'/></video>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='6' slot='2' function='0'/></source></hostdev>
    <redirdev bus='usb' type='spicevmc'/>
    <redirfilter><usbdev class='0x08' allow='yes'/></redirfilter>
    <hub type='usb'/>
    <watchdog model='i6300esb' action='reset'/>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/random</backend></rng>
    <panic model='isa'/>
    <shmem name='mem'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>
    <memory model='dimm'><target><size unit='KiB'>524288</size><node>0</node></target>
      <address type='dimm' slot='0'/></memory>
    <iommu model='intel'/>
    <vsock model='virtio'><cid auto='no' address='4'/></vsock>
  </devices>
</domain>"""


def made(old: str = "", new: str = "") -> Domain:
    assert old in GUEST
    return parse_domain(GUEST.replace(old, new, 1) if old else GUEST, CONFIG)


def test_a_definition_is_stable_against_itself() -> None:
    check_abi_stability(made(), made())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type='qemu'", "type='kvm'", "target domain type 'kvm' does not match source 'qemu'"),
        ("0e0f</uuid>", "0e10</uuid>", "domain UUID"),
        ("<name>a", "<name>b", "target domain name 'b' does not match source 'a'"),
        ("<title>", "<genid>00010203-0405-4607-8809-0a0b0c0d0e0f</genid><title>", "domain generation id"),
        (">4194304<", ">8388608<", "target domain max memory 8388608 KiB does not match source 4194304 KiB"),
        ("slots='4'", "slots='8'", "target domain memory slots 8 does not match source 4"),
        (">2097152<", ">2097153<", "target domain memory 2097153 KiB does not match source 2097152 KiB"),
        ("KiB'>1048576<", "KiB'>1048570<", "domain current memory"),
        ("current='2'>4<", "current='2'>5<", "target domain max vcpus 5 does not match source 4"),
        ("current='2'>4<", "current='3'>4<", "target vcpu 2 state 'online' does not match source 'offline'"),
        ("<iothreads>1", "<iothreads>2", "target iothread count 2 does not match source 1"),
        (">box<", ">crate<", "sysinfo 0 system entries product value 'crate' does not match source 'box'"),
        ("x86_64", "i686", "target OS arch 'i686' does not match source 'x86_64'"),
        ("'q35'", "'pc'", "target OS machine 'pc' does not match source 'q35'"),
        ("mode='sysinfo'", "mode='host'", "target OS smbios"),
        ("<acpi/>", "", "target feature acpi off does not match source on"),
        ("<relaxed state='on'", "<relaxed state='off'", "target feature hyperv relaxed off does not match source on"),
        (">qemu64<", ">kvm64<", "target CPU model 'kvm64' does not match source 'qemu64'"),
        ("cores='4' threads='1'", "cores='2' threads='2'", "target CPU topology cores 2 does not match source 4"),
        ("'disable' name='svm'", "'require' name='svm'", "target CPU features svm policy"),
        ("<feature policy='require' name='vmx'/>", "", "target CPU features count 1 does not match source 2"),
        ("memory='1048576'", "memory='1048575'", "target CPU numa cells 0 memory"),
        ("name='hpet' present='no'", "name='hpet' present='yes'", "target hpet timer present"),
        ("<timer name='hpet' present='no'/>", "", "target timer count 0 does not match source 1"),
        ("mem enabled='no'", "mem enabled='yes'", "target power management suspend to mem"),
        ("dev='vda'", "dev='vdb'", "target disk 'vda' target 'vdb' does not match source 'vda'"),
        (">s1<", ">s2<", "target disk 'vda' serial 's2' does not match source 's1'"),
        ("slot='4'", "slot='5'", "target disk 'vda' PCI address '0000:00:05.0' does not match source '0000:00:04.0'"),
        ("<serial>s1", "<readonly/><serial>s1", "target disk 'vda' readonly on does not match source off"),
        ("ports='8'", "ports='9'", "target controller 0 ports 9 does not match source 8"),
        ("dir='share'", "dir='other'", "target filesystem 'share' target"),
        ("00:00:01'", "00:00:02'", "target interface 0 mac"),
        ("<model type='virtio'/>", "<model type='e1000'/>", "target interface 0 model 'e1000'"),
        ("type='isa-serial' port='0'", "type='isa-serial' port='1'", "target serial port 0 port 1"),
        ("'org.a'", "'org.b'", "target channel 0 target name"),
        ("type='tablet'", "type='mouse'", "target input device 0 type"),
        ("version='2.0'", "version='1.2'", "target TPM 0 backend version"),
        ("'ich9'", "'ac97'", "target sound card 0 model"),
        ("vram='65536'", "vram='32768'", "target video card 0 model vram 32768"),
        ("type='pci'><source>", "type='pci'><boot order='1'/><rom bar='off'/><source>", "host device 0 rom bar"),
        ("<redirdev bus='usb' type='spicevmc'/>", "", "target redirected device count 0 does not match source 1"),
        ("'0x08'", "'0x09'", "target redirection filter 0 rules 0 usb class 9 does not match source 8"),
        ("<hub type='usb'/>", "", "target hub count"),
        ("'i6300esb'", "'ib700'", "target watchdog 0 model"),
        ("<memballoon model='virtio'/>", "<memballoon model='none'/>", "target memory balloon 0 model"),
        ("<rng model='virtio'>", "<rng model='virtio-transitional'>", "target random number generator 0 model"),
        ("<panic model='isa'/>", "", "target panic device count"),
        ("<size unit='M'>4<", "<size unit='M'>8<", "target shared memory 0 memory"),
        (">524288<", ">262144<", "target memory device 0 target size 262144"),
        ("'dimm' slot='0'", "'dimm' slot='1'", "target memory device 0 address"),
        ("<iommu model='intel'/>", "<iommu model='virtio'/>", "target IOMMU 0 model"),
        ("<vsock model='virtio'>", "<vsock model='virtio-transitional'>", "target vsock 0 model"),
    ],
)
def test_what_the_guest_sees_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigUnsupportedError, match=re.escape(message)):
        check_abi_stability(made(), made(old, new))


def test_the_kind_of_operating_system_is_seen() -> None:
    source, target = made(), made()
    target.os.type = "xenpvh"
    with pytest.raises(ConfigUnsupportedError, match="target OS type"):
        check_abi_stability(source, target)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<title>one", "<title>two"),
        ("/usr/bin/old", "/usr/bin/new"),
        ("file='/a'", "file='/b'"),
        ("type='raw' cache='none'", "type='qcow2' cache='writeback'"),
        ("dir='/srv'", "dir='/var'"),
        ("<driver type='path'/>", "<driver type='handle'/>"),
        ("bridge='br0'", "bridge='br1'"),
        ("path='/c'", "path='/d'"),
        ("<serial type='pty'>", "<serial type='null'>"),
        ("port='5901' passwd='x'", "port='5902' passwd='y'"),
        ("<graphics type='vnc' port='5901' passwd='x'/>", ""),
        ("bus='6'", "bus='7'"),
        ("/dev/random", "/dev/urandom"),
        ("action='reset'", "action='pause'"),
        (">destroy</on_crash>", ">restart</on_crash>"),
        ("check='partial'", "check='full'"),
        ("address='4'", "address='5'"),
        (
            "<feature policy='require' name='vmx'/><feature policy='disable' name='svm'/>",
            "<feature policy='disable' name='svm'/><feature policy='require' name='vmx'/>",
        ),
        ("<vcpu current='2'>", "<vcpu current='2' cpuset='0'>"),
    ],
)
def test_what_the_guest_does_not_see_may_change(old: str, new: str) -> None:
    check_abi_stability(made(), made(old, new))


def corpus() -> Path | None:
    given = os.environ.get("PYVIRT_CORPUS")
    path = Path(given) if given else Path(__file__).parents[4] / "shared" / "corpus"
    return path if any(path.glob("*/cases.json")) else None


def inputs(directory: Path) -> Iterator[Path]:
    """Every input of a case that libvirt accepts, once."""
    seen = set()
    for listing in sorted(directory.glob("*/cases.json")):
        for case in json.loads(listing.read_text()):
            name = case.get("input")
            if case.get("expect") == "ok" and isinstance(name, str) and name.endswith(".xml"):
                path = (listing.parent / name).resolve()
                if path not in seen and path.is_file():
                    seen.add(path)
                    yield path


def test_every_definition_of_the_corpus_is_stable_against_itself() -> None:
    directory = corpus()
    if directory is None:
        pytest.skip("the corpus is absent: set PYVIRT_CORPUS to its directory")
    checked = 0
    for path in inputs(directory):
        raw = path.read_bytes()
        if b"<domain" not in raw:
            continue
        try:
            domain, again = (Domain.parse(raw) for _ in range(2))
        except VirtError:
            continue  # another kind of document
        check_abi_stability(domain, again)
        try:
            for one in (domain, again):
                one.uuid = "00010203-0405-4607-8809-0a0b0c0d0e0f"
                for interface in one.devices.interfaces:
                    interface.mac = interface.mac or "52:54:00:00:00:01"
                one.complete(CONFIG)
        except VirtError:
            continue  # it needs a driver to be complete
        if domain.genid is None:
            check_abi_stability(domain, again)
        checked += 1
    assert checked
