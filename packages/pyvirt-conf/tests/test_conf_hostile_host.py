"""Documents of the host's objects and of a guest's moments come from strangers too: a VirtError, or something that
reads back the same."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.capabilities import Capabilities, DomainCapabilities, parse_cpu
from pyvirt_conf.domain import ParserConfig
from pyvirt_conf.moment import DomainBackup, DomainCheckpoint, DomainSnapshot
from pyvirt_conf.nodedev import NodeDevice
from pyvirt_conf.nwfilter import FilterBinding, NetworkFilter
from pyvirt_util.errors import VirtError, XmlDetailError, XmlError

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64")


def device(text: str | bytes) -> str:
    return NodeDevice.parse(text).format()


def network_filter(text: str | bytes) -> str:
    return NetworkFilter.parse(text).format()


def binding(text: str | bytes) -> str:
    return FilterBinding.parse(text).format()


def snapshot(text: str | bytes) -> str:
    return DomainSnapshot.parse(text, config=CONFIG, redefine=True).format(secure=True)


def checkpoint(text: str | bytes) -> str:
    return DomainCheckpoint.parse(text, config=CONFIG, redefine=True).format(size=True)


def backup(text: str | bytes) -> str:
    return DomainBackup.parse(text, internal=True).format(internal=True)


def capabilities(text: str | bytes) -> str:
    return Capabilities.parse(text).format()


def domain_capabilities(text: str | bytes) -> str:
    return DomainCapabilities.parse(text).format()


def cpu(text: str | bytes) -> str:
    return parse_cpu(text).to_xml()


SAMPLES: list[tuple[Callable[[str | bytes], str], str]] = [
    (
        device,
        """<device>
  <name>d</name>
  <devnode type='dev'>/dev/d</devnode>
  <parent>p</parent>
  <capability type='pci'>
    <class>0x020000</class>
    <domain>0</domain>
    <bus>59</bus>
    <slot>0</slot>
    <function>0</function>
    <product id='0x1017'>A card</product>
    <vendor id='0x15b3'/>
    <capability type='virt_functions' maxCount='8'>
      <address domain='0x0000' bus='0x3b' slot='0x00' function='0x2'/>
    </capability>
    <capability type='vpd'>
      <name>Card</name>
      <fields access='readonly'>
        <vendor_field index='0'>zero</vendor_field>
      </fields>
    </capability>
    <iommuGroup number='7'>
      <address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/>
    </iommuGroup>
    <pci-express>
      <link validity='cap' port='0' speed='8' width='16'/>
    </pci-express>
  </capability>
  <capability type='storage'>
    <block>/dev/sr0</block>
    <capability type='removable'>
      <media_available>1</media_available>
      <media_size>5</media_size>
    </capability>
  </capability>
  <capability type='css'>
    <cssid>0xfe</cssid>
    <ssid>0x3</ssid>
    <devno>0x0815</devno>
  </capability>
  <capability type='net'>
    <interface>eth0</interface>
    <link speed='10' state='up'/>
    <feature name='rx'/>
    <capability type='80203'/>
  </capability>
</device>
""",
    ),
    (
        network_filter,
        """<filter name='f' chain='ipv4' priority='-700'>
  <uuid>83011800-f663-96d6-8841-fd836b4318c6</uuid>
  <filterref filter='a'>
    <parameter name='IP' value='10.0.0.1'/>
  </filterref>
  <rule action='accept' direction='in' priority='500' statematch='false'>
    <tcp match='no' srcmacaddr='01:02:03:04:05:06' srcipaddr='$A[@1]' srcipmask='24'/>
    <tcp dscp='0x3f' state='NEW,RELATED' srcportstart='80' flags='SYN/ALL' comment='x'/>
  </rule>
  <rule action='drop' direction='out' priority='1'>
    <mac srcmacmask='ff:ff:00:00:00:00' protocolid='arp'/>
  </rule>
  <rule action='reject' direction='inout' priority='2'>
    <ipv6 srcipaddr='::1' srcipmask='64' type='1' typeend='2'/>
  </rule>
</filter>
""",
    ),
    (
        binding,
        """<filterbinding>
  <owner>
    <name>guest</name>
    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>
  </owner>
  <portdev name='vnet0'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='f'>
    <parameter name='MAC' value='52'/>
  </filterref>
</filterbinding>
""",
    ),
    (
        snapshot,
        """<domainsnapshot>
  <name>s</name>
  <state>running</state>
  <creationTime>1272917631</creationTime>
  <memory snapshot='external' file='/mem'/>
  <disks>
    <disk name='vda' snapshot='external' type='network'>
      <driver type='qcow2'/>
      <source protocol='nbd' name='export'>
        <host name='h' port='10809'/>
      </source>
    </disk>
  </disks>
  <domain type='kvm'>
    <name>guest</name>
    <memory unit='KiB'>1048576</memory>
    <vcpu placement='static'>1</vcpu>
    <os>
      <type arch='x86_64'>hvm</type>
    </os>
    <clock offset='utc'/>
    <on_poweroff>destroy</on_poweroff>
    <on_reboot>restart</on_reboot>
    <on_crash>destroy</on_crash>
    <devices>
    </devices>
  </domain>
  <cookie>
    <cpu mode='custom'/>
  </cookie>
</domainsnapshot>
""",
    ),
    (
        checkpoint,
        """<domaincheckpoint>
  <name>c1</name>
  <parent>
    <name>c0</name>
  </parent>
  <creationTime>5</creationTime>
  <disks>
    <disk name='vda' checkpoint='bitmap' bitmap='b' size='7'/>
  </disks>
</domaincheckpoint>
""",
    ),
    (
        backup,
        """<domainbackup mode='pull'>
  <incremental>c1</incremental>
  <server transport='tcp' tls='yes' name='localhost' port='10809'/>
  <disks>
    <disk name='vda' backup='yes' state='running' type='file' backupmode='full' exportname='a' index='3'>
      <driver type='qcow2'/>
      <scratch file='/scratch'>
        <seclabel model='dac' relabel='no'/>
      </scratch>
    </disk>
    <disk name='vdb' backup='no'/>
  </disks>
  <privateData>
    <objects>
      <TLSx509 alias='t'/>
    </objects>
  </privateData>
</domainbackup>
""",
    ),
    (
        capabilities,
        """<capabilities>
  <host>
    <cpu>
      <arch>x86_64</arch>
      <signature family='6' model='60' stepping='3'/>
      <topology sockets='1' dies='1' cores='2' threads='2'/>
      <pages unit='KiB' size='4'/>
    </cpu>
    <iommu support='yes'/>
    <topology>
      <cells num='1'>
        <cell id='0'>
          <memory unit='KiB'>1048576</memory>
          <pages unit='KiB' size='4'>2048</pages>
          <cpus num='1'>
            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0-1'/>
          </cpus>
        </cell>
      </cells>
    </topology>
    <cache>
      <bank id='0' level='3' type='both' size='15' unit='MiB' cpus='0-1'/>
    </cache>
    <secmodel>
      <model>dac</model>
      <doi>0</doi>
    </secmodel>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <machine canonical='b' maxCpus='255'>a</machine>
      <domain type='kvm'/>
    </arch>
    <features>
      <acpi default='on' toggle='yes'/>
    </features>
  </guest>
</capabilities>
""",
    ),
    (
        domain_capabilities,
        """<domainCapabilities>
  <domain>kvm</domain>
  <arch>x86_64</arch>
  <vcpu max='288'/>
  <os supported='yes'>
    <loader supported='no'/>
  </os>
  <cpu>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>EPYC</model>
      <feature policy='require' name='x2apic'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='yes' vendor='unknown'>qemu64</model>
    </mode>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='bus'>
        <value>virtio</value>
      </enum>
    </disk>
  </devices>
  <features>
    <sgx supported='yes'>
      <section_size unit='KiB'>524288</section_size>
    </sgx>
  </features>
</domainCapabilities>
""",
    ),
    (
        cpu,
        """<cpu>
  <arch>x86_64</arch>
  <model>Penryn</model>
  <vendor>Intel</vendor>
  <counter name='tsc' frequency='2592000000' scaling='no'/>
  <feature name='x'/>
</cpu>
""",
    ),
]
KINDS = [pytest.param(read, text, id=read.__name__) for read, text in SAMPLES]


@pytest.mark.parametrize(("read", "text"), KINDS)
def test_the_samples_themselves_are_fine(read: Callable[[str | bytes], str], text: str) -> None:
    assert "".join(read(text).split()) == "".join(text.split())


@pytest.mark.parametrize(("read", "text"), KINDS)
def test_what_is_no_such_document_is_refused(read: Callable[[str | bytes], str], text: str) -> None:
    with pytest.raises(XmlError, match="expected <"):
        read("<teapot/>")
    for junk in ("", "x", text[:-4], f"<!DOCTYPE x [<!ENTITY a 'b'>]>{text}", "<a>" * 5000, b"\xff\xfe"):
        with pytest.raises(XmlDetailError):
            read(junk)


def attempt(read: Callable[[str | bytes], str], text: str | bytes) -> None:
    """Nothing but a VirtError may come, and what is written reads the same."""
    try:
        written = read(text)
    except VirtError:
        return
    assert read(written) == written


@pytest.mark.parametrize(("read", "text"), KINDS)
@settings(max_examples=60, deadline=None)
@given(source=st.randoms(use_true_random=False))
def test_documents_with_parts_moved_lost_and_changed(
    read: Callable[[str | bytes], str], text: str, source: random.Random
) -> None:
    lines = text.splitlines(keepends=True)
    junk = ["-1", "x", "0", "", "é", "&#10;", "999999999999", "none", "on", "0x", "1,2", "/", "$", "$A[", "a" * 300]
    for _ in range(source.randint(1, 5)):
        at, other = source.randrange(len(lines)), source.randrange(len(lines))
        what = source.randrange(5)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines.insert(other, lines[at])
        elif what == 2:
            words = lines[at].split("'")
            if len(words) > 2:
                words[source.randrange(1, len(words), 2)] = source.choice(junk)
            lines[at] = "'".join(words)
        elif what == 3:
            before, opened, rest = lines[at].partition(">")
            _, closed, after = rest.partition("</")
            if closed:
                lines[at] = before + opened + source.choice(junk) + closed + after
        else:
            lines[at], lines[other] = lines[other], lines[at]
    attempt(read, "".join(lines))


@pytest.mark.parametrize(("read", "text"), KINDS)
@settings(max_examples=30, deadline=None)
@given(junk=st.binary(max_size=100), at=st.floats(0, 1), over=st.integers(0, 40))
def test_documents_with_bytes_pasted_in(
    read: Callable[[str | bytes], str], text: str, junk: bytes, at: float, over: int
) -> None:
    data = text.encode()
    place = int(at * len(data))
    attempt(read, data[:place] + junk + data[place + over :])
