"""Capabilities of hosts and hypervisors, and CPUs that stand for themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.capabilities import (
    Capabilities,
    DomainCapabilities,
    Guest,
    GuestArch,
    GuestDomain,
    HostCpu,
    Machine,
    parse_cpu,
    parse_cpus,
)
from pyvirt_conf.capabilities.cpu import CpuCounter, CpuSignature, HostCpuFeature
from pyvirt_conf.capabilities.guest import GuestFeature, GuestFeatures, OsType
from pyvirt_conf.domain.cpu import Cpu, Topology
from pyvirt_conf.domain.domain import VirtType
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, XmlError

HOST = """<capabilities>

  <host>
    <uuid>35383339-3134-5553-4531-30314e394a50</uuid>
    <cpu>
      <arch>x86_64</arch>
      <features>
        <pae/>
        <vmx/>
      </features>
      <model>Haswell</model>
      <vendor>Intel</vendor>
      <microcode version='36'/>
      <signature family='6' model='60' stepping='3'/>
      <counter name='tsc' frequency='2592000000' scaling='no'/>
      <topology sockets='1' dies='1' cores='2' threads='2'/>
      <maxphysaddr mode='emulate' bits='39'/>
      <feature name='vme'/>
      <feature name='ds'/>
      <pages unit='KiB' size='4'/>
      <pages unit='KiB' size='2048'/>
    </cpu>
    <power_management>
      <suspend_mem/>
      <suspend_hybrid/>
    </power_management>
    <iommu support='yes'/>
    <migration_features>
      <live/>
      <uri_transports>
        <uri_transport>tcp</uri_transport>
        <uri_transport>rdma</uri_transport>
      </uri_transports>
    </migration_features>
    <netprefix>xenbr</netprefix>
    <topology>
      <cells num='2'>
        <cell id='0'>
          <memory unit='KiB'>1048576</memory>
          <pages unit='KiB' size='4'>2048</pages>
          <distances>
            <sibling id='0' value='10'/>
            <sibling id='1' value='21'/>
          </distances>
          <cache level='1' associativity='direct' policy='writeback'>
            <size value='10' unit='KiB'/>
            <line value='8' unit='B'/>
          </cache>
          <cpus num='2'>
            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0-1'/>
            <cpu id='1'/>
          </cpus>
        </cell>
        <cell id='1'>
          <cpus num='0'/>
        </cell>
      </cells>
      <interconnects>
        <latency initiator='0' target='0' type='read' value='6'/>
        <bandwidth initiator='0' target='1' cache='1' type='access' value='205824' unit='KiB'/>
      </interconnects>
    </topology>
    <cache>
      <bank id='0' level='3' type='both' size='15' unit='MiB' cpus='0-1'>
        <control granularity='768' min='1536' unit='KiB' type='code' maxAllocs='4'/>
      </bank>
      <monitor level='3' reuseThreshold='270336' maxMonitors='176'>
        <feature name='llc_occupancy'/>
      </monitor>
    </cache>
    <memory_bandwidth>
      <node id='0' cpus='0-1'>
        <control granularity='10' min='10' maxAllocs='4'/>
      </node>
      <monitor maxMonitors='176'>
        <feature name='mbm_total_bytes'/>
      </monitor>
    </memory_bandwidth>
    <secmodel>
      <model>dac</model>
      <doi></doi>
      <baselabel type='kvm'>+64055:+107</baselabel>
    </secmodel>
  </host>

  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <loader>/hvmloader</loader>
      <machine maxCpus='255'>pc-i440fx-7.2</machine>
      <machine canonical='pc-i440fx-7.2' maxCpus='255' deprecated='yes'>pc</machine>
      <domain type='qemu'/>
      <domain type='kvm'>
        <emulator>/usr/bin/kvm</emulator>
        <machine>q35</machine>
      </domain>
    </arch>
    <features>
      <pae/>
      <acpi default='on' toggle='yes'/>
      <hap default='off' toggle='yes'/>
    </features>
  </guest>

  <guest>
    <os_type>exe</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <domain type='lxc'/>
    </arch>
  </guest>

</capabilities>
"""

DOMAIN = """<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>kvm</domain>
  <machine>q35</machine>
  <arch>x86_64</arch>
  <vcpu max='288'/>
  <iothreads supported='yes'/>
  <os supported='yes'>
    <enum name='firmware'>
      <value>efi</value>
    </enum>
    <loader supported='yes'>
      <value>/usr/share/OVMF/OVMF_CODE.fd</value>
      <enum name='type'>
        <value>rom</value>
        <value>pflash</value>
      </enum>
      <enum name='secure'/>
    </loader>
  </os>
  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'>
        <value>on</value>
      </enum>
    </mode>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>EPYC</model>
      <vendor>AMD</vendor>
      <maxphysaddr mode='passthrough'/>
      <feature policy='require' name='x2apic'/>
      <feature policy='disable' name='svm'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='yes' vendor='unknown'>qemu64</model>
      <model usable='no' deprecated='yes' vendor='Intel'>Icelake-Client</model>
    </mode>
  </cpu>
  <memoryBacking supported='yes'>
    <enum name='sourceType'>
      <value>memfd</value>
    </enum>
  </memoryBacking>
  <devices>
    <disk supported='yes'>
      <enum name='bus'>
        <value>virtio</value>
      </enum>
    </disk>
    <video supported='no'/>
    <tpm supported='yes'>
    </tpm>
  </devices>
  <features>
    <gic supported='no'/>
    <vmcoreinfo supported='yes'/>
    <genid supported='no'/>
    <s390-pv supported='no'/>
    <sev supported='yes'>
      <cbitpos>47</cbitpos>
      <reducedPhysBits>1</reducedPhysBits>
      <maxGuests>59</maxGuests>
      <maxESGuests>450</maxESGuests>
    </sev>
    <sgx supported='yes'>
      <flc>yes</flc>
      <sgx1>yes</sgx1>
      <sgx2>no</sgx2>
      <section_size unit='KiB'>524288</section_size>
      <sections>
        <section node='0' size='262144' unit='KiB'/>
      </sections>
    </sgx>
    <hyperv supported='yes'>
      <enum name='features'>
        <value>relaxed</value>
      </enum>
    </hyperv>
  </features>
</domainCapabilities>
"""


def test_capabilities_are_written_as_they_were() -> None:
    found = Capabilities.parse(HOST)
    assert found.format() == HOST
    assert found.copy() == found
    assert found.host is not None
    assert found.host.topology is not None
    assert [cpu.id for cpu in found.host.topology.cells[0].cpus] == [0, 1]
    assert found.host.caches is not None
    assert found.host.caches.banks[0].size == 15 * 1024 * 1024
    assert found.guests[0].arch.machines[1].canonical == "pc-i440fx-7.2"


def test_numbers_of_cells_are_counted_not_believed() -> None:
    text = HOST.replace("<cells num='2'>", "<cells num='9'>").replace("<cpus num='2'>", "<cpus>")
    assert Capabilities.parse(text).format() == HOST


def test_nothing_is_known_of_some_hosts() -> None:
    assert Capabilities().format() == "<capabilities>\n\n</capabilities>\n"
    text = "<capabilities>\n\n  <host>\n    <cpu>\n      <arch>s390x</arch>\n    </cpu>\n  </host>\n\n</capabilities>\n"
    assert Capabilities.parse(text).format() == text


@pytest.mark.parametrize(
    ("good", "bad", "path", "message"),
    [
        ("<arch>x86_64</arch>", "", "/capabilities/host/cpu/arch", "missing element"),
        ("family='6'", "family='six'", "/capabilities/host/cpu/signature/@family", "'six' is not a number"),
        ("name='vme'", "name='ds'", "/capabilities/host/cpu/feature", "feature 'ds' is there twice"),
        ("support='yes'", "support='some'", "/capabilities/host/iommu/@support", "neither"),
        ("type='code'", "type='tea'", "/capabilities/host/cache/bank/control/@type", "unknown value 'tea'"),
        ("value='21'", "value='9'", "/capabilities/host/topology/cells/cell[1]/distances/sibling[2]", "out of range"),
        ("<os_type>exe", "<os_type>exec", "/capabilities/guest[2]/os_type", "unknown value 'exec'"),
        ("type='lxc'", "type='lxd'", "/capabilities/guest[2]/arch/domain/@type", "unknown value 'lxd'"),
    ],
)
def test_bad_values_are_refused_with_their_place(good: str, bad: str, path: str, message: str) -> None:
    assert good in HOST
    with pytest.raises(XmlError, match=message) as caught:
        Capabilities.parse(HOST.replace(good, bad, 1), file="caps.xml")
    where = caught.value.location
    assert where is not None
    assert (where.file, where.path) == ("caps.xml", path)
    assert where.line is not None


def test_domain_capabilities_are_written_as_they_were() -> None:
    found = DomainCapabilities.parse(DOMAIN)
    assert found.format() == DOMAIN
    assert found.copy() == found
    assert found.cpu is not None
    assert [model.name for model in found.cpu.models] == ["qemu64", "Icelake-Client"]
    assert found.cpu.host_model is not None
    assert found.cpu.host_model.model == "EPYC"
    assert found.devices is not None
    assert found.devices.disk is not None
    assert found.devices.disk.values("bus") == ("virtio",)
    assert found.devices.disk.values("model") == ()
    assert found.os is not None
    assert found.os.loader is not None
    assert found.os.loader.images == ["/usr/share/OVMF/OVMF_CODE.fd"]


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("<domain>kvm</domain>", "", "missing element"),
        ("supported='yes'>\n    <enum name='firmware'>", ">\n    <enum name='firmware'>", "missing attribute"),
        ("name='maximum'", "name='minimum'", "unknown mode name 'minimum'"),
        ("usable='no'", "usable='perhaps'", "unknown value 'perhaps'"),
        ("policy='require'", "policy='beg'", "unknown value 'beg'"),
        ("<cbitpos>47", "<cbitpos>x", "'x' is not a number"),
        ("vcpu max='288'", "vcpu max='-1'", "out of range"),
    ],
)
def test_bad_domain_capabilities_are_refused(good: str, bad: str, message: str) -> None:
    assert good in DOMAIN
    with pytest.raises(XmlError, match=message) as caught:
        DomainCapabilities.parse(DOMAIN.replace(good, bad, 1))
    assert caught.value.location is not None


def test_a_cpu_with_an_arch_is_a_hosts() -> None:
    text = "<cpu>\n  <arch>x86_64</arch>\n  <model>Penryn</model>\n  <feature name='x'/>\n</cpu>\n"
    host = parse_cpu(text)
    assert isinstance(host, HostCpu)
    assert host.format() == text
    guest = parse_cpu("<cpu match='exact'><model>Penryn</model></cpu>")
    assert isinstance(guest, Cpu)
    assert guest.to_xml() == ("<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Penryn</model>\n</cpu>\n")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("<cpu match='exact'><arch>x86_64</arch><model>m</model></cpu>", XmlError, "no match"),
        ("<cpu mode='custom'><arch>x86_64</arch><model>m</model></cpu>", ConfigUnsupportedError, "no mode"),
        ("<cpu><arch>x86_64</arch></cpu>", XmlError, "missing element"),
        ("<cpu><vendor>Intel</vendor></cpu>", XmlError, "vendor 'Intel' without a cpu model"),
        ("<cpu><feature name='vmx'/></cpu>", XmlError, "features without a cpu model"),
        ("<cpus/>", XmlError, "expected <cpu>, found <cpus>"),
    ],
)
def test_cpus_that_are_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_cpu(text)


def test_cpus_for_a_baseline() -> None:
    found = parse_cpus([HOST, "<cpu><arch>x86_64</arch><model>m</model></cpu>"])
    assert [cpu.model for cpu in found] == ["Haswell", "m"]
    with pytest.raises(InvalidArgError, match="no cpus given"):
        parse_cpus([])


words = st.from_regex(r"[A-Za-z0-9_.<&'-]{1,12}", fullmatch=True)
numbers = st.integers(1, 2**32 - 1)
cpus = st.builds(
    HostCpu,
    arch=words,
    model=words,
    vendor=st.none() | words,
    microcode=st.none() | numbers,
    signature=st.none() | st.builds(CpuSignature, family=numbers, model=numbers, stepping=numbers),
    counter=st.none() | st.builds(CpuCounter, name=words, frequency=numbers, scaling=st.booleans()),
    topology=st.none() | st.builds(Topology, sockets=numbers, dies=numbers, cores=numbers, threads=numbers),
    features=st.sets(words, max_size=4).map(lambda found: [HostCpuFeature(name=name) for name in sorted(found)]),
)
machines = st.lists(
    st.builds(Machine, name=words, canonical=st.none() | words, max_cpus=st.none() | numbers), max_size=3
)
features = st.none() | st.builds(GuestFeature, default=st.none() | st.booleans(), toggle=st.none() | st.booleans())
guests = st.builds(
    Guest,
    os_type=st.sampled_from(OsType),
    arch=st.builds(
        GuestArch,
        name=words,
        wordsize=st.sampled_from([31, 32, 64]),
        emulator=st.none() | words,
        machines=machines,
        domains=st.lists(st.builds(GuestDomain, type=st.sampled_from(VirtType), machines=machines), max_size=2),
    ),
    features=st.builds(GuestFeatures, pae=features, acpi=features, hap=features),
)


@settings(max_examples=80, deadline=None)
@given(cpus)
def test_cpus_that_are_built_read_back_the_same(cpu: HostCpu) -> None:
    text = cpu.format()
    again = parse_cpu(text)
    assert again == cpu
    assert again.to_xml() == text


@settings(max_examples=80, deadline=None)
@given(st.builds(Capabilities, guests=st.lists(guests, max_size=3)))
def test_capabilities_that_are_built_read_back_the_same(found: Capabilities) -> None:
    text = found.format()
    again = Capabilities.parse(text)
    assert again == found
    assert again.format() == text
