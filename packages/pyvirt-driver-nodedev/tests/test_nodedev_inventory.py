"""The devices of a described machine: which there are, their names, parents and documents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyvirt_conf.nodedev import NodeDevice, ScsiHostCapability, parse_node_device
from pyvirt_driver_nodedev.device import Host, device_name
from pyvirt_driver_nodedev.inventory import Inventory
from pyvirt_driver_nodedev.kinds import FLAGS
from pyvirt_driver_nodedev.udev import FileDatabase
from pyvirt_testing.fake_sysfs import FakeSysfs

DOCUMENTS = Path(__file__).with_name("machine.txt")
"""What libvirt says of the same machine: test_nodedev_peer.py compares where libvirt is installed."""


@pytest.fixture
def host(machine: FakeSysfs, tmp_path: Path) -> Host:
    for name in ("vhost-vdpa-0", "sg0"):
        (tmp_path / "dev" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    (tmp_path / "ids").mkdir()
    (tmp_path / "ids/pci.ids").write_text("8086  Intel & Co\n\t10c9  82576 Gigabit <Network>\n")
    return Host(
        machine.sysfs,
        dev=str(tmp_path / "dev"),
        database=FileDatabase(str(machine.udev)),
        ids=[str(tmp_path / "ids")],
        features=lambda name: ["tx", "rx", "nonsense"] if name == "eth5" else [],
    )


@pytest.fixture
def inventory(host: Host) -> Inventory:
    return Inventory(host)


def names(inventory: Inventory, *capabilities: str) -> list[str]:
    return [found.name for found in inventory.devices(sum(FLAGS[name] for name in capabilities))]


def document(inventory: Inventory, name: str) -> NodeDevice:
    found = inventory.find(name)
    assert found is not None, name
    return inventory.document(found)


def test_all_documents(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: sorted(listed(folder)))  # this file system is not sysfs
    said = [inventory.document(found).format() for found in inventory.devices()]
    assert "\n".join(sorted(said)) == DOCUMENTS.read_text()
    for text in said:
        # Only a vDPA device without a device file is said in a document that says too little to be read.
        assert "<name>vdpa_vdpa1<" in text or parse_node_device(text).format() == text


def test_every_name_is_found_again_and_has_its_own_document(inventory: Inventory) -> None:
    listed = list(inventory.devices())
    assert len({found.name for found in listed}) == len(listed) == 71
    for found in listed:
        again = inventory.find(found.name)
        assert again is not None
        assert (again.name, again.capabilities) == (found.name, found.capabilities)
        assert inventory.document(again).name == found.name


@pytest.mark.parametrize(
    "name",
    ["", "computer2", "pci", "pci_0000_00_02_1", "pci_0000_00_02_00", "net_eth5", "block_sda", "ap_", "ap_matrix2"],
)
def test_no_other_name_is_found(inventory: Inventory, name: str) -> None:
    assert inventory.find(name) is None


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ("computer", None),
        ("pci_0000_00_1c_0", "computer"),
        ("pci_0000_03_10_2", "pci_0000_00_1c_0"),
        ("net_eth7_52_54_00_00_00_07", "pci_0000_03_10_0"),
        ("block_sda_WDC_WD10EZEX_08W_WD_WCC6Y7", "scsi_0_0_0_0"),
        ("scsi_0_0_0_0", "scsi_target0_0_0"),
        ("scsi_host6", "scsi_host5"),
        ("scsi_target5_0_0", "scsi_host5"),
        ("block_nvme0n1_Samsung_SSD_970_EVO_S4EWNF0M", "pci_0000_05_00_0"),
        ("usb_1_1_1_0", "usb_1_1"),
        ("mdev_53764d0e_85a0_42b4_af5c_2046b460b1dc_0000_00_02_0", "pci_0000_00_02_0"),
        ("ccw_0_0_1b9c", "css_0_0_0000"),
        ("net_lo_00_00_00_00_00_00", "computer"),
    ],
)
def test_parents(inventory: Inventory, child: str, parent: str | None) -> None:
    found = inventory.find(child)
    assert found is not None
    assert inventory.parent(found) == parent


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ("system", ["computer"]),
        ("vpd", ["pci_0000_03_00_0"]),
        ("mdev_types", ["pci_0000_00_02_0", "mtty_mtty", "css_0_1_0052", "ap_matrix"]),
        ("fc_host", ["scsi_host5", "scsi_host6"]),
        ("vports", ["scsi_host5"]),
        ("drm", ["drm_card0", "drm_controlD64", "drm_renderD128"]),
        ("ap_queue", ["ap_0a_001b"]),
        ("scsi_target", ["scsi_target0_0_0", "scsi_target5_0_0"]),
        ("usb", ["usb_1_0_1_0", "usb_1_1_1_0"]),
        ("vdpa", ["vdpa_vdpa0", "vdpa_vdpa1"]),
    ],
)
def test_lists_by_capability(inventory: Inventory, capability: str, expected: list[str]) -> None:
    assert names(inventory, capability) == expected


def test_lists_of_several_capabilities_have_each_device_once(inventory: Inventory) -> None:
    assert names(inventory, "scsi_host", "fc_host", "vports") == ["scsi_host0", "scsi_host5", "scsi_host6"]
    assert names(inventory, "system", "ap_card", "vpd") == ["computer", "pci_0000_03_00_0", "ap_card0a"]


def test_capabilities_inside_others_are_listed(inventory: Inventory) -> None:
    listed = {found.name: found.capabilities for found in inventory.devices()}
    assert listed["scsi_host5"] == ["scsi_host", "fc_host", "vports"]
    assert listed["scsi_host0"] == ["scsi_host"]
    assert listed["pci_0000_03_00_0"] == ["pci", "vpd"]
    assert listed["css_0_1_0052"] == ["css", "mdev_types"]
    assert listed["computer"] == ["system"]


def test_devices_come_and_go(inventory: Inventory, machine: FakeSysfs) -> None:
    before = set(names(inventory))
    machine.remove("devices/pci0000:00/0000:00:14.0/usb1/1-1")
    assert before - set(names(inventory)) == {"usb_1_1", "usb_1_1_1_0"}
    machine.net("devices/virtual", "tap3", address="fe:54:00:00:00:03", index=40)
    assert set(names(inventory)) - before == {"net_tap3_fe_54_00_00_00_03"}


def test_addresses_of_parents_of_mediated_devices(inventory: Inventory) -> None:
    for address, name in (
        ("0000:00:02.0", "pci_0000_00_02_0"),
        ("0000:03:00.0", "pci_0000_03_00_0"),
        ("0.1.0052", "css_0_1_0052"),
        ("matrix", "ap_matrix"),
        ("mtty", "mtty_mtty"),
        ("0000:0f:00.0", None),
        ("../../class/net/lo", None),
    ):
        assert inventory.name_of_address(address) == name


def test_without_udevd_devices_say_themselves_what_they_are(machine: FakeSysfs) -> None:
    host = Host(machine.sysfs, ids=[])
    inventory = Inventory(host)
    assert names(inventory, "storage") == [
        "block_dasda_IBM_75000000092461_e900_8a",
        "block_mmcblk0",
        "block_nvme0n1",
        "block_sda",
        "block_sr0",
        "block_sr1",
        "block_vda",
    ]
    text = document(inventory, "usb_1_1").format()
    assert "<product id='0x5567'>Cruzer Blade</product>" in text
    assert "<vendor id='0x0781'>SanDisk</vendor>" in text
    assert document(inventory, "drm_card0").format().count("<devnode") == 1
    assert [item.name for item in inventory.devices(FLAGS["usb_device"])] == ["usb_1_1", "usb_1_2", "usb_usb1"]


def test_names_of_vendors_come_from_a_list_where_udev_has_none(machine: FakeSysfs, tmp_path: Path) -> None:
    (tmp_path / "usb.ids").write_text("0781  SanDisk Corp.\n\t5567  Cruzer\n")
    text = document(Inventory(Host(machine.sysfs, ids=[str(tmp_path)])), "usb_1_1").format()
    assert "<product id='0x5567'>Cruzer</product>" in text
    assert "<vendor id='0x0781'>SanDisk Corp.</vendor>" in text


def test_a_machine_without_firmware_tables_and_without_any_device(tmp_path: Path) -> None:
    inventory = Inventory(Host(str(tmp_path)))
    assert names(inventory) == ["computer"]
    assert "<uuid>00000000-0000-0000-0000-000000000000</uuid>" in document(inventory, "computer").format()


def test_a_maker_that_wrote_the_same_digit_everywhere(machine: FakeSysfs, inventory: Inventory) -> None:
    for text in ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "Not Settable", ""):
        machine.write("devices/virtual/dmi/id", {"product_uuid": text})
        assert "<uuid>00000000-0000-0000-0000-000000000000</uuid>" in document(inventory, "computer").format()


def test_drives(machine: FakeSysfs, inventory: Inventory) -> None:
    disc, empty = (document(inventory, name).format() for name in ("block_sr0_HL_DT_ST_DVDRAM", "block_sr1"))
    assert "<media_available>1</media_available>\n      <media_size>5832704</media_size>\n" in disc
    assert "<media_label>MY &amp; DISC</media_label>" in disc
    assert "<media_available>0</media_available>\n      <media_size>0</media_size>\n    </capability>" in empty
    assert "<drive_type>cdrom</drive_type>" in empty
    machine.write("devices/platform/floppy.0/block/fd0", {"removable": "0"})
    assert "<capability type='removable'>" not in document(inventory, "block_fd0").format()


def test_disks_that_udev_has_not_looked_at_yet(machine: FakeSysfs, inventory: Inventory) -> None:
    assert machine.udev is not None
    (machine.udev / "b8:0").unlink()
    assert not [name for name in names(inventory, "storage") if name.startswith("block_sda")]
    machine.record("b94:0", {"ID_TYPE": "disk", "ID_SERIAL": "other"})
    assert "block_dasda_IBM_75000000092461_e900_8a" in names(inventory, "storage")


def test_damaged_trees_do_not_hide_the_rest(machine: FakeSysfs, inventory: Inventory) -> None:
    before = set(names(inventory))
    machine.add("devices/virtual/pci/odd", subsystem="pci")
    machine.add("devices/virtual/scsi/hostile", subsystem="scsi")
    machine.add("devices/virtual/net/nameless", subsystem="net", of="class")
    machine.add("devices/virtual/drm/card9", subsystem="drm", of="class", devtype="drm_minor", uevent={"MINOR": "nine"})
    (machine.root / "bus/usb/devices/gone").symlink_to("../../../devices/gone")
    machine.write("devices/css0/0.0.0000/0.0.1b9c", {"online": "yes"})
    machine.write("devices/pci0000:00/0000:00:1c.0/0000:03:00.0", {"vpd": b"\x82\xff\xff", "config": b""})
    after = set(names(inventory))
    assert after - before == {"usb_gone"}
    assert before - after == {"ccw_0_0_1b9c"}
    assert names(inventory, "vpd") == []
    text = document(inventory, "pci_0000_03_00_0").format()
    assert "vpd" not in text
    assert "pci-express" not in text


def test_a_virtual_port_and_its_parent(inventory: Inventory) -> None:
    capability = document(inventory, "scsi_host6").find(ScsiHostCapability)
    assert capability is not None
    assert capability.fc_host is not None
    assert (capability.fc_host.wwpn, capability.fc_host.fabric_wwn) == ("5001a4a77192b864", "0")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("pci", "0000:00:1f.2"), "pci_0000_00_1f_2"),
        (("net", "wl-ön"), "net_wl___n"),
        (("block", "cciss/c0d0", "600/508"), "block_cciss_c0d0_600_508"),
        (("net", "tun0", None), "net_tun0"),
        (("net", "a\udcffb"), "net_a_b"),
    ],
)
def test_names(parts: tuple[str, ...], name: str) -> None:
    assert device_name(*parts) == name
