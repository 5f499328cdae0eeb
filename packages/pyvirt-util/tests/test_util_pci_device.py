"""PCI devices read from a described /sys, from one they go away from, and from this machine's own."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_util.errors import (
    InternalError,
    InvalidArgError,
    OperationFailedError,
    OperationInvalidError,
    SystemCallError,
    VirtError,
)
from pyvirt_util.pci import PciAddress, PciDevice, pci_devices
from pyvirt_util.pci.addresses import restore_lost
from pyvirt_util.sysfs import Kernel

CARD = "0000:03:00.0"


class Tree:
    """A folder laid out as /sys: ``plug`` describes a device in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bus = root / "bus/pci/devices"
        self.bus.mkdir(parents=True)

    def plug(self, address: str, above: str | None = "pci0000:00", **files: str | bytes) -> PciDevice:
        """``above`` is the path of folders below ``devices``; ``None`` for a device that is directly on the bus."""
        where = self.bus / address if above is None else self.root / "devices" / above / address
        where.mkdir(parents=True, exist_ok=True)
        if above is not None:
            (self.bus / address).symlink_to(os.path.relpath(where, self.bus))
        given: dict[str, str | bytes] = {
            "vendor": "0x8086\n",
            "device": "0x10d3\n",
            "class": "0x020000\n",
            "config": bytes(64),
        }
        for name, content in (given | files).items():
            (where / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return PciDevice(address, self.root)

    def link(self, address: str, name: str, target: str) -> None:
        (self.bus / address / name).symlink_to(target)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "sys")


def bridge(secondary: int, subordinate: int, *, port: int = 4, acs: int | None = None) -> bytes:
    """Configuration space of a PCI bridge with an express port, with access control services if told."""
    data = bytearray(4096)
    data[6], data[0x0E], data[0x34] = 0x10, 1, 0x40
    data[0x19], data[0x1A] = secondary, subordinate
    data[0x40:0x44] = struct.pack("<BBH", 0x10, 0, 2 | port << 4)
    if acs is not None:
        data[0x100:0x108] = struct.pack("<IHH", 0x0001000D, 0x1F, acs)
    return bytes(data)


BRIDGE = "0x060400\n"
DOWNSTREAM, ROOT_PORT, UPSTREAM = 6, 4, 5


def test_identity(tree: Tree) -> None:
    card = tree.plug(CARD, subsystem_vendor="0x17aa\n", subsystem_device="0x215a\n", revision="0x0f\n", numa_node="1\n")
    assert (card.vendor, card.product, card.class_code) == (0x8086, 0x10D3, 0x020000)
    assert (card.subsystem_vendor, card.subsystem_product, card.revision, card.numa_node) == (0x17AA, 0x215A, 0xF, 1)
    assert card.name == str(card) == CARD
    assert card.address.name == "pci_0000_03_00_0"
    assert card.present
    assert card.header_type == "endpoint"


def test_what_it_does_not_have(tree: Tree) -> None:
    card = tree.plug(CARD, numa_node="-1\n")
    assert card.numa_node is None
    assert card.revision is None
    assert card.driver is None
    assert card.driver_override is None
    assert card.physfn is None
    assert card.vf_index is None
    assert card.virtfns == []
    assert card.sriov_totalvfs is None
    assert card.netdevs == []
    assert card.iommu_group is None
    assert card.iommu_group_members == [PciAddress.parse(CARD)]
    assert card.vfio_path is None
    assert not card.has_vpd
    assert card.vpd() is None
    assert not card.bound_to_vfio
    assert not card.has_flr


def test_two_of_one_address_are_one(tree: Tree) -> None:
    card = tree.plug(CARD)
    assert card == PciDevice(PciAddress.parse(CARD))
    assert len({card, PciDevice(CARD)}) == 1
    assert card != CARD
    with pytest.raises(InvalidArgError):
        PciDevice("03:00.0")


def test_drivers(tree: Tree) -> None:
    card = tree.plug(CARD, driver_override="(null)\n")
    tree.link(CARD, "driver", "../../../bus/pci/drivers/e1000e")
    assert card.driver == "e1000e"
    assert card.driver_override is None
    (tree.bus / CARD / "driver_override").write_text("vfio-pci\n")
    assert card.driver_override == "vfio-pci"
    assert not card.bound_to_vfio
    (tree.bus / CARD / "vfio-dev").mkdir()  # a vendor's variant
    assert card.bound_to_vfio


def test_network_devices(tree: Tree) -> None:
    card = tree.plug(CARD)
    for name in ("eth1", "eth0"):
        (tree.bus / CARD / "net" / name).mkdir(parents=True)
    assert card.netdevs == ["eth0", "eth1"]


def test_functions_by_index(tree: Tree) -> None:
    physical = tree.plug(CARD, sriov_totalvfs="63\n", sriov_numvfs="11\n")
    for index in range(11):
        address = f"0000:03:10.{index}" if index < 8 else f"0000:03:11.{index - 8}"
        function = tree.plug(address)
        tree.link(address, "physfn", f"../{CARD}")
        tree.link(CARD, f"virtfn{index}", f"../{address}")
    assert [str(address) for address in physical.virtfns][:3] == ["0000:03:10.0", "0000:03:10.1", "0000:03:10.2"]
    assert str(physical.virtfns[10]) == "0000:03:11.2"
    assert (physical.sriov_totalvfs, physical.sriov_numvfs) == (63, 11)
    assert function.physfn == PciAddress.parse(CARD)
    assert function.vf_index == 10
    assert function.is_virtual_function
    assert function.has_flr  # virtual functions must
    assert not physical.is_virtual_function
    os.unlink(tree.bus / CARD / "virtfn10")
    with pytest.raises(OperationFailedError, match="is not among the virtual functions"):
        _ = function.vf_index


def test_iommu_groups(tree: Tree) -> None:
    card, other = tree.plug(CARD), tree.plug("0000:03:00.1")
    group = tree.root / "kernel/iommu_groups/15/devices"
    group.mkdir(parents=True)
    for address in ("0000:03:00.1", CARD):
        tree.link(address, "iommu_group", str(group.parent))
        (group / address).symlink_to(tree.bus / address)
    assert card.iommu_group == other.iommu_group == 15
    assert card.iommu_group_members == [card.address, other.address]
    assert card.vfio_path == "/dev/vfio/15"


def test_who_keeps_vfio_from_a_group(tree: Tree) -> None:
    group = tree.root / "kernel/iommu_groups/15/devices"
    group.mkdir(parents=True)
    drivers = {CARD: "vfio-pci", "0000:03:00.1": "e1000e", "0000:03:00.2": "pci-stub", "0000:03:00.3": None}
    for address, driver in {**drivers, "0000:00:1c.0": "pcieport", "0000:03:00.4": "mlx5_vfio_pci"}.items():
        tree.plug(address, **{"class": BRIDGE if driver == "pcieport" else "0x020000\n"})
        tree.link(address, "iommu_group", str(group.parent))
        (group / address).symlink_to(tree.bus / address)
        if driver is not None:
            tree.link(address, "driver", f"/drivers/{driver}")
    (tree.bus / "0000:03:00.4/vfio-dev").mkdir()
    card = PciDevice(CARD, tree.root)
    assert [device.name for device in card.vfio_blockers()] == ["0000:03:00.1"]
    (group / "0000:03:00.7").symlink_to("gone")
    assert [device.name for device in card.vfio_blockers()] == ["0000:03:00.1"]


def test_express_by_size(tree: Tree) -> None:
    assert not tree.plug(CARD).is_express
    assert not tree.plug("0000:03:01.0", config=bytes(256)).is_express
    assert tree.plug("0000:03:02.0", config=bytes(4096)).is_express


def test_vital_product_data(tree: Tree) -> None:
    fields = b"PN\x0242RV\x02"
    data = b"\x82\x04\0card\x90" + struct.pack("<H", len(fields) + 2) + fields
    data += bytes((-sum(data) & 0xFF, 0)) + b"\x78"
    card = tree.plug(CARD, vpd=data)
    assert card.has_vpd
    found = card.vpd()
    assert found is not None
    assert found.name == "card"
    assert found.read_only is not None
    assert found.read_only.part_number == "42"
    (tree.bus / CARD / "vpd").write_bytes(data[:-1])
    with pytest.raises(OperationFailedError, match=f"vital product data of {CARD} is damaged"):
        card.vpd()


@pytest.mark.parametrize("text", ["", "8086h", "0x80_86", "0x٣", "\xff", "0x8086 0x10d3"])
def test_an_id_that_is_no_number(tree: Tree, text: str) -> None:
    card = tree.plug(CARD, vendor=text)
    with pytest.raises(InternalError, match="is not a number"):
        _ = card.vendor


def test_links_to_nowhere_in_particular(tree: Tree) -> None:
    card = tree.plug(CARD)
    tree.link(CARD, "physfn", "../somebody")
    tree.link(CARD, "iommu_group", "/kernel/iommu_groups/one")
    with pytest.raises(InternalError, match="no pci address"):
        _ = card.physfn
    with pytest.raises(InternalError, match="not a number"):
        _ = card.iommu_group


def test_an_unknown_header(tree: Tree) -> None:
    config = bytearray(64)
    config[0x0E] = 0x83
    with pytest.raises(InternalError, match="unknown pci header type 0x3"):
        _ = tree.plug(CARD, config=bytes(config)).header_type


ATTRIBUTES = (
    *("vendor", "product", "class_code", "revision", "numa_node", "netdevs", "config", "header_type", "virtfns"),
    *("sriov_totalvfs", "iommu_group_members", "has_flr", "is_express"),
)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_device_that_is_not_there(tree: Tree, attribute: str) -> None:
    gone = PciDevice("0000:09:00.0", tree.root)
    assert not gone.present
    with pytest.raises(SystemCallError, match=r"cannot find pci device 0000:09:00\.0") as caught:
        getattr(gone, attribute)
    assert caught.value.errno == errno.ENODEV


def test_methods_of_a_device_that_is_not_there(tree: Tree) -> None:
    gone = PciDevice("0000:09:00.0", tree.root)
    for method in (gone.vpd, gone.require, gone.bind_to_stub, gone.unbind_from_stub, gone.unbind, gone.reset):
        with pytest.raises(SystemCallError) as caught:
            method()
        assert caught.value.errno == errno.ENODEV
    assert not gone.is_assignable()


def test_listing(tree: Tree, caplog: pytest.LogCaptureFixture) -> None:
    for address in ("0000:03:00.0", "10000:e1:00.0", "0000:00:1f.3", "0000:00:02.0"):
        tree.plug(address)
    (tree.bus / "oddly named").mkdir()
    found = pci_devices(tree.root)
    assert [device.name for device in found] == ["0000:00:02.0", "0000:00:1f.3", "0000:03:00.0", "10000:e1:00.0"]
    assert "oddly named" in caplog.text
    assert pci_devices(tree.root / "nowhere") == []


FILES = ("vendor", "class", "revision", "numa_node", "config", "vpd", "driver_override", "sriov_totalvfs")


@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=300)), st.text("abc0123:./", min_size=1))
def test_any_bytes_in_any_file(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], target: str) -> None:
    card = Tree(tmp_path_factory.mktemp("any") / "sys").plug(CARD, **files)  # type: ignore[arg-type]
    for link in ("driver", "physfn", "virtfn0", "iommu_group"):
        os.symlink(target, f"{card.path}/{link}")
    for name in (*ATTRIBUTES, "physfn", "vf_index", "driver", "driver_override", "iommu_group", "bridge"):
        with contextlib.suppress(VirtError):
            getattr(card, name)
    for method in (card.vpd, card.is_assignable, card.vfio_blockers, card.check_assignable):
        with contextlib.suppress(VirtError):
            method()


class Recorder(Kernel):
    """A kernel that takes note of what it should write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, path: str, data: bytes, offset: int = 0) -> None:
        self.written.append(data)


NUMBER = st.integers(-1, 1 << 65).map(hex)


@given(st.one_of(st.binary(max_size=200), st.lists(st.tuples(NUMBER, NUMBER, NUMBER).map(" ".join)).map("\n".join)))
def test_any_resources(tmp_path_factory: pytest.TempPathFactory, resource: str | bytes) -> None:
    kernel = Recorder()
    tree = Tree(tmp_path_factory.mktemp("any") / "sys")
    tree.plug(CARD, resource=resource)
    device = PciDevice(CARD, tree.root, kernel=kernel)
    assert restore_lost(device, device.config) == bool(kernel.written)
    assert all(len(data) == 24 for data in kernel.written)


# Bridges and isolation


def switch(tree: Tree, *, acs: int | None = 0x1D, flat: bool = False) -> PciDevice:
    """A card behind a switch: root port, upstream port, downstream port."""
    path, places = "pci0000:00", []
    for address in ("0000:00:1c.0", "0000:01:00.0", "0000:02:04.0"):
        places.append(None if flat else path)
        path += f"/{address}"
    tree.plug("0000:00:1c.0", places[0], **{"class": BRIDGE}, config=bridge(1, 9, port=ROOT_PORT))
    tree.plug("0000:01:00.0", places[1], **{"class": BRIDGE}, config=bridge(2, 8, port=UPSTREAM))
    tree.plug("0000:02:04.0", places[2], **{"class": BRIDGE}, config=bridge(3, 4, port=DOWNSTREAM, acs=acs))
    return tree.plug(CARD, None if flat else path)


@pytest.mark.parametrize("flat", [False, True])
def test_the_bridges_above(tree: Tree, flat: bool) -> None:
    card = switch(tree, flat=flat)
    above, names = card.bridge, []
    while above is not None:
        names.append(above.name)
        above = above.bridge
    assert names == ["0000:02:04.0", "0000:01:00.0", "0000:00:1c.0"]


def test_a_bus_without_a_bridge_of_its_own(tree: Tree) -> None:
    switch(tree, flat=True)
    beyond = tree.plug("0000:04:10.0", None)  # where virtual functions may be
    assert beyond.bridge is not None
    assert beyond.bridge.name == "0000:02:04.0"


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(("acs", "isolates"), [(0x1D, True), (0x1F, True), (0x01, False), (None, False)])
def test_assignable_behind_a_switch(tree: Tree, flat: bool, acs: int | None, isolates: bool) -> None:
    card = switch(tree, acs=acs, flat=flat)
    assert card.is_assignable() is isolates
    assert card.is_assignable(strict_acs=False)
    assert PciDevice("0000:02:04.0", tree.root).acs_enabled() is isolates
    if not isolates:
        with pytest.raises(OperationInvalidError, match=r"switch port 0000:02:04\.0 above it lacks access control"):
            card.check_assignable()


def test_assignable_on_the_root_bus(tree: Tree) -> None:
    assert tree.plug("0000:00:19.0").is_assignable()
    assert tree.plug("0000:00:1a.0", None).is_assignable()
    # a second host bridge has a root bus of its own number
    assert tree.plug("0000:80:01.0", "pci0000:80").is_assignable()


def test_not_assignable_where_no_bridge_is_found(tree: Tree) -> None:
    with pytest.raises(OperationInvalidError, match="no bridge found above"):
        tree.plug(CARD, None).check_assignable(strict_acs=False)


def test_bridges_that_claim_each_other(tree: Tree) -> None:
    for address, secondary in (("0000:01:00.0", 2), ("0000:02:00.0", 1)):
        tree.plug(address, None, **{"class": BRIDGE}, config=bridge(secondary, secondary, port=ROOT_PORT))
    assert tree.plug("0000:01:05.0", None).is_assignable()


def test_bridges_that_can_not_be_read_are_no_bridges(tree: Tree) -> None:
    card = switch(tree, flat=True)
    os.unlink(tree.bus / "0000:02:04.0" / "config")
    assert card.bridge is not None
    assert card.bridge.name == "0000:01:00.0"


# This machine


@pytest.mark.skipif(not pci_devices(), reason="this machine has no PCI bus")
def test_the_devices_of_this_machine() -> None:
    for device in pci_devices():
        text = Path(device.path, "uevent").read_text()
        assert f"PCI_SLOT_NAME={device}\n" in text
        assert f"PCI_ID={device.vendor:04X}:{device.product:04X}\n" in text
        assert f"PCI_CLASS={device.class_code:X}\n" in text
        assert ("DRIVER=" in text) == (device.driver is not None)
        config = device.config
        assert len(config) >= 64
        assert config.u32(0) == device.product << 16 | device.vendor or device.is_virtual_function
        assert device.header_type in ("endpoint", "pci-bridge", "cardbus-bridge")
        above = device.bridge
        assert above is None or above.header_type == "pci-bridge"
        assert device.address in device.iommu_group_members
        device.is_assignable()


@pytest.mark.skipif(not pci_devices() or os.geteuid() != 0, reason="needs root, and a machine with a PCI bus")
def test_less_is_seen_without_privileges() -> None:
    device = pci_devices()[0]
    program = (
        "import os, sys; sys.path[:] = sys.argv[2].split(':'); from pyvirt_util.pci import PciDevice;"
        "device = PciDevice(sys.argv[1]); device.vpd; os.setgid(65534); os.setuid(65534);"
        "print(len(device.config), device.header_type, device.config.capabilities)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, device.name, ":".join(filter(None, sys.path))],
        capture_output=True,
        text=True,
        check=True,
    )
    size, kind, capabilities = done.stdout.split(maxsplit=2)
    assert int(size) in (64, 128)
    assert kind == device.header_type
    assert capabilities.strip() == "{}" or int(size) == 128
