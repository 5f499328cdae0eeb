"""Node devices: what is read is written as it was, what can't be is refused with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.nodedev import (
    CcwCapability,
    FcHost,
    IommuGroup,
    MdevAttribute,
    MdevCapability,
    MdevParentCapability,
    MdevType,
    MdevTypes,
    NetCapability,
    NodeDevice,
    PciCapability,
    PhysFunction,
    Removable,
    ScsiHostCapability,
    StorageCapability,
    VdpaCapability,
    VirtFunctions,
    VportOps,
    parse_node_device,
)
from pyvirt_conf.nodedev.net import Ethernet, NetFeature, NetFeatureName
from pyvirt_conf.nodedev.pci import Product, Vendor
from pyvirt_util.errors import NoNameError, VirtError, XmlError

CARD = """<device>
  <name>pci_0000_3b_00_0</name>
  <path>/sys/devices/pci0000:3a/0000:3b:00.0</path>
  <devnode type='dev'>/dev/card</devnode>
  <devnode type='link'>/dev/by-id/card</devnode>
  <parent>pci_0000_3a_00_0</parent>
  <driver>
    <name>mlx5_core</name>
  </driver>
  <capability type='pci'>
    <class>0x020000</class>
    <domain>0</domain>
    <bus>59</bus>
    <slot>0</slot>
    <function>0</function>
    <product id='0x1017'>A card &amp; more</product>
    <vendor id='0x15b3'/>
    <capability type='phys_function'>
      <address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/>
    </capability>
    <capability type='virt_functions' maxCount='8'>
      <address domain='0x0000' bus='0x3b' slot='0x00' function='0x2'/>
    </capability>
    <capability type='pci-bridge'/>
    <capability type='mdev_types'>
      <type id='one'>
        <name>GRID</name>
        <deviceAPI>vfio-pci</deviceAPI>
        <availableInstances>2</availableInstances>
      </type>
    </capability>
    <capability type='vpd'>
      <name>Card</name>
      <fields access='readonly'>
        <part_number>1-A</part_number>
        <vendor_field index='0'>zero</vendor_field>
      </fields>
      <fields access='readwrite'>
        <asset_tag>42</asset_tag>
        <system_field index='B'>b</system_field>
      </fields>
    </capability>
    <iommuGroup number='7'>
      <address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/>
    </iommuGroup>
    <numa node='1'/>
    <pci-express>
      <link validity='cap' port='0' speed='8' width='16'/>
      <link validity='sta' speed='2.5' width='8'/>
    </pci-express>
  </capability>
</device>
"""

OTHERS = {
    "system": """
    <product>Machine</product>
    <hardware>
      <vendor>Maker</vendor>
      <uuid>12345678-1234-1234-9596-a088b277d677</uuid>
    </hardware>
    <firmware>
    </firmware>""",
    "usb_device": """
    <bus>1</bus>
    <device>3</device>
    <product id='0x0001'>Thing</product>
    <vendor id='0x046d' />""",
    "usb": """
    <number>0</number>
    <class>3</class>
    <subclass>1</subclass>
    <protocol>2</protocol>
    <description>keys</description>""",
    "net": """
    <interface>eth0</interface>
    <address>52:54:00:11:22:33</address>
    <link speed='1000' state='up'/>
    <feature name='rx'/>
    <feature name='switchdev'/>
    <capability type='80203'/>""",
    "scsi_host": """
    <host>3</host>
    <unique_id>-1</unique_id>
    <capability type='fc_host'>
      <wwnn>20000000c9831b4b</wwnn>
      <wwpn>10000000c9831b4b</wwpn>
      <fabric_wwn>2002000573de9a81</fabric_wwn>
    </capability>
    <capability type='vport_ops'>
      <max_vports>127</max_vports>
      <vports>1</vports>
    </capability>""".replace("\n    <unique_id>-1</unique_id>", ""),
    "scsi_target": """
    <target>target1:0:0</target>
    <capability type='fc_remote_port'>
      <rport>rport-1:0-0</rport>
      <wwpn>0x9d73bc45f0e21a86</wwpn>
    </capability>""",
    "scsi": """
    <host>0</host>
    <bus>0</bus>
    <target>1</target>
    <lun>2</lun>
    <type>disk</type>""",
    "scsi_generic": """
    <char>/dev/sg0</char>""",
    "storage": """
    <block>/dev/sr0</block>
    <drive_type>cdrom</drive_type>
    <capability type='removable'>
      <media_available>0</media_available>
      <media_size>0</media_size>
    </capability>
    <capability type='hotpluggable'/>""",
    "drm": """
    <type>render</type>""",
    "mdev": """
    <type id='one'/>
    <uuid>d069d019-36ea-4111-8f0a-8c9a70e21366</uuid>
    <parent_addr>0000:00:02.0</parent_addr>
    <iommuGroup number='12'/>
    <attr name='assign_adapter' value='5'/>""",
    "ccw": """
    <cssid>0xfe</cssid>
    <ssid>0x3</ssid>
    <devno>0x0815</devno>""",
    "css": """
    <cssid>0x0</cssid>
    <ssid>0x0</ssid>
    <devno>0x0070</devno>
    <channel_dev_addr>
      <cssid>0x0</cssid>
      <ssid>0x0</ssid>
      <devno>0x0815</devno>
    </channel_dev_addr>
    <capability type='mdev_types'>
      <type id='vfio_ccw-io'>
        <deviceAPI>vfio-ccw</deviceAPI>
        <availableInstances>1</availableInstances>
      </type>
    </capability>""",
    "vdpa": """
    <chardev>/dev/vhost-vdpa-0</chardev>""",
    "ap_card": """
    <ap-adapter>0x07</ap-adapter>""",
    "ap_queue": """
    <ap-adapter>0x07</ap-adapter>
    <ap-domain>0x0038</ap-domain>""",
    "ap_matrix": "",
}


def device(kind: str, inner: str) -> str:
    return f"<device>\n  <name>thing</name>\n  <capability type='{kind}'>{inner}\n  </capability>\n</device>\n"


def test_a_card_is_written_as_it_was() -> None:
    found = parse_node_device(CARD)
    assert found.format() == CARD
    pci = found.find(PciCapability)
    assert pci is not None
    assert pci.bus == 59
    assert pci.product.name == "A card & more"
    functions = pci.find(VirtFunctions)
    assert functions is not None
    assert [str(address) for address in functions.addresses] == ["0000:3b:00.2"]


@pytest.mark.parametrize("kind", OTHERS)
def test_every_type_is_written_as_it_was(kind: str) -> None:
    text = device(kind, OTHERS[kind])
    found = parse_node_device(text)
    assert found.format() == text
    assert found.capabilities[0].type == kind
    assert found.copy() == found


def test_order_of_the_document_is_not_that_of_the_output() -> None:
    text = device("storage", "<capability type='hotpluggable'/><size>5</size><vendor>v</vendor><block>/dev/sda</block>")
    lines = parse_node_device(text).format().splitlines()
    assert [line.strip() for line in lines[3:7]] == [
        "<block>/dev/sda</block>",
        "<vendor>v</vendor>",
        "<size>5</size>",
        "<capability type='hotpluggable'/>",
    ]


def test_hexadecimal_device_numbers_need_no_prefix() -> None:
    found = parse_node_device(device("ccw", "<cssid>1</cssid><ssid>0</ssid><devno>10</devno>"))
    ccw = found.find(CcwCapability)
    assert ccw is not None
    assert (ccw.cssid, ccw.devno) == (1, 0x10)


def test_numbers_that_are_not_read_are_those_of_none() -> None:
    text = device("pci", OTHERS["mdev"])
    with pytest.raises(XmlError, match="missing element"):
        NodeDevice.parse(text)


@pytest.mark.parametrize(
    ("kind", "good", "bad", "path", "message"),
    [
        ("ccw", "0x0815", "0x10000", "devno", "out of range"),
        ("ccw", "0x3<", "4<", "ssid", "out of range"),
        ("ap_queue", "0x0038", "0x100", "ap-domain", "out of range"),
        ("drm", "render", "dance", "type", "unknown value 'dance'"),
        ("net", "'rx'", "'levitation'", "feature[1]/@name", "unknown value 'levitation'"),
        ("net", "80203", "80299", "capability/@type", "80299"),
        ("net", "speed='1000'", "speed='fast'", "link/@speed", "not a number"),
        ("storage", "'hotpluggable'", "'edible'", "capability[2]/@type", "unknown storage capability type 'edible'"),
        ("scsi_host", "'vport_ops'", "'x'", "capability[2]/@type", "unknown scsi_host capability type 'x'"),
        ("scsi", "<host>0", "<host>zero", "host", "'zero' is not a number"),
        ("system", "12345678-1234", "12345678", "hardware/uuid", "is not a UUID"),
        ("mdev", "number='12'", "number='-1'", "iommuGroup/@number", "out of range"),
        ("mdev", " value='5'", "", "attr/@value", "missing attribute"),
        ("usb", "<class>3</class>", "", "class", "missing element"),
    ],
)
def test_bad_values_are_refused_with_their_place(kind: str, good: str, bad: str, path: str, message: str) -> None:
    text = device(kind, OTHERS[kind])
    assert good in text
    with pytest.raises(XmlError, match="(?i)" + message.replace("(", "\\(")) as caught:
        parse_node_device(text.replace(good, bad), file="device.xml")
    where = caught.value.location
    assert where is not None
    assert (where.file, where.path) == ("device.xml", f"/device/capability/{path}")
    assert where.line is not None


def test_a_type_nobody_knows_is_refused() -> None:
    with pytest.raises(XmlError, match="unknown capability type 'teapot'"):
        NodeDevice.parse(device("teapot", ""))


def test_unknown_elements_and_capabilities_of_a_card_are_ignored() -> None:
    more = CARD.replace("<class>", "<colour>red</colour><capability type='teapot'/><class>")
    assert parse_node_device(more).format() == CARD


def test_parents_of_mediated_devices_that_are_nothing_else() -> None:
    text = """<device>
  <name>mtty_mtty</name>
  <capability type='mdev_types'>
    <capability type='mdev_types'>
      <type id='mtty-1'>
        <name>Single port serial</name>
        <deviceAPI>vfio-pci</deviceAPI>
        <availableInstances>24</availableInstances>
      </type>
    </capability>
  </capability>
</device>
"""
    device = parse_node_device(text)
    parent = device.find(MdevParentCapability)
    assert parent is not None
    types = parent.find(MdevTypes)
    assert types is not None
    assert [(item.id, item.available_instances) for item in types.types] == [("mtty-1", 24)]
    assert device.format() == text


def test_a_vdpa_device_without_its_file_is_written_but_not_read() -> None:
    text = NodeDevice(name="vdpa_vdpa0", capabilities=[VdpaCapability()]).format()
    assert "<chardev>" not in text
    with pytest.raises(XmlError, match="missing element"):
        parse_node_device(text)


def test_an_existing_device_has_name_and_capabilities() -> None:
    with pytest.raises(NoNameError):
        parse_node_device(CARD.replace("<name>pci_0000_3b_00_0</name>", ""))
    with pytest.raises(XmlError, match="no capabilities"):
        parse_node_device("<device><name>n</name></device>")
    with pytest.raises(XmlError, match="no SCSI host number"):
        parse_node_device(device("scsi_host", ""))


def test_a_new_adapter_gets_the_names_it_lacks() -> None:
    inner = "<capability type='scsi_host'><capability type='fc_host'/></capability>"
    text = f"<device><parent wwnn='1' wwpn='2'/>{inner}</device>"
    found = parse_node_device(text, new=True)
    assert (found.parent, found.parent_wwnn, found.parent_wwpn) == (None, "1", "2")
    names = iter(["5001", "5002"])
    found.complete(lambda: next(names))
    host = found.find(ScsiHostCapability)
    assert host is not None
    assert host.fc_host == FcHost(wwnn="5001", wwpn="5002")
    with pytest.raises(XmlError, match="without wwpn"):
        parse_node_device(text.replace(" wwpn='2'", ""), new=True)


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
numbers = st.integers(0, 2**32 - 1)
addresses = st.builds(
    PciLocation,
    domain=st.integers(0, 0xFFFF),
    bus=st.integers(0, 0xFF),
    slot=st.integers(0, 0x1F),
    function=st.integers(0, 7),
)
mdev_types = st.builds(
    MdevTypes,
    types=st.lists(
        st.builds(MdevType, id=names, name=st.none() | names, device_api=names, available_instances=numbers), min_size=1
    ),
)
pci = st.builds(
    PciCapability,
    class_=st.none() | st.integers(0, 0xFFFFFF),
    domain=numbers,
    bus=numbers,
    slot=numbers,
    function=numbers,
    product=st.builds(Product, id=numbers, name=st.none() | names),
    vendor=st.builds(Vendor, id=numbers, name=st.none() | names),
    capabilities=st.tuples(
        st.none() | st.builds(PhysFunction, address=addresses),
        st.none() | st.builds(VirtFunctions, max_count=st.integers(1, 256), addresses=st.lists(addresses, max_size=4)),
        st.none() | mdev_types,
    ).map(lambda found: [item for item in found if item is not None]),
    iommu_group=st.none() | st.builds(IommuGroup, number=numbers, addresses=st.lists(addresses, min_size=1)),
    numa_node=st.none() | st.integers(0, 1000),
)
storage = st.builds(
    StorageCapability, block=names, size=st.integers(0, 2**64 - 1), model=st.none() | names
) | st.builds(
    StorageCapability,
    block=names,
    capabilities=st.tuples(
        st.builds(Removable, media_available=st.booleans(), media_size=numbers, media_label=st.none() | names)
    ).map(list),
)
net = st.builds(
    NetCapability,
    interface=names,
    feature_names=st.sets(st.sampled_from(NetFeature)).map(
        lambda found: [NetFeatureName(name=word) for word in NetFeature if word in found]
    ),
    capabilities=st.just([]) | st.builds(lambda: [Ethernet()]),
)
mdev = st.builds(
    MdevCapability,
    type_id=names,
    uuid=st.none() | st.uuids().map(str),
    iommu_group=numbers,
    attributes=st.lists(st.builds(MdevAttribute, name=names, value=names)),
)
scsi_host = st.builds(
    ScsiHostCapability,
    host=numbers,
    capabilities=st.just([]) | st.builds(lambda a, b: [FcHost(wwnn=a), VportOps(vports=b)], names, numbers),
)


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        NodeDevice,
        name=names,
        parent=st.none() | names,
        driver=st.none() | names,
        capabilities=st.lists(pci | storage | net | mdev | scsi_host, min_size=1, max_size=3),
    )
)
def test_what_is_built_reads_back_the_same(found: NodeDevice) -> None:
    text = found.format()
    again = parse_node_device(text)
    assert again == found
    assert again.format() == text
    assert found.copy() == found


def test_nothing_but_a_virt_error_comes_of_junk() -> None:
    for text in ("", "<device/>", "<device>", "<domain/>", "<device><name/></device>", b"\xff"):
        with pytest.raises(VirtError):
            parse_node_device(text)
