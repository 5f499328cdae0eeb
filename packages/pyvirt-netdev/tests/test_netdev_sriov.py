"""PFs and VFs on described trees: this kernel has no SR-IOV, and cards with two ports behind one function are rare."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from pyvirt_netdev import sriov
from pyvirt_netdev.sriov import functions, pairing
from pyvirt_testing.fake_sriov import FakeSriovTree
from pyvirt_util.errors import InvalidArgError, OperationFailedError, SystemCallError

PF = FakeSriovTree.PF


@pytest.fixture
def tree(tmp_path):
    return FakeSriovTree(tmp_path / "sys")


def test_functions(tree):
    tree.dual_port(12)
    sysfs = tree.sysfs
    assert sriov.get_pci_address("ens1d1", sysfs=sysfs) == PF
    assert sriov.get_netdevs(PF, sysfs=sysfs) == ("ens1", "ens1d1")
    assert (sriov.get_num_vfs(PF, sysfs=sysfs), sriov.get_max_vfs("ens1", sysfs=sysfs)) == (12, 256)
    for device in (PF, "ens1"):
        assert sriov.is_pf(device, sysfs=sysfs)
        assert not sriov.is_vf(device, sysfs=sysfs)
        assert sriov.get_pf(device, sysfs=sysfs) is None
        assert sriov.get_vf_index(device, sysfs=sysfs) is None
    vfs = sriov.get_vfs("ens1", sysfs=sysfs)
    assert [vf.vf for vf in vfs] == list(range(12))
    assert vfs[10] == (10, "0000:03:01.3", ("v10a", "v10b"), "mlx4_core")
    for device in ("0000:03:01.3", "v10a"):
        assert sriov.is_vf(device, sysfs=sysfs)
        assert not sriov.is_pf(device, sysfs=sysfs)
        assert sriov.get_pf(device, sysfs=sysfs) == PF
        assert sriov.get_vf_index(device, sysfs=sysfs) == 10


def test_functions_without_sriov(tree):
    tree.function(PF, driver=None)
    tree.netdev(PF, "eth0")
    (tree.root / "class/net/br0").mkdir()
    assert sriov.get_vfs("eth0", sysfs=tree.sysfs) == []
    assert sriov.get_max_vfs("eth0", sysfs=tree.sysfs) == 0
    assert sriov.get_driver("eth0", sysfs=tree.sysfs) is None
    assert sriov.get_pci_address("br0", sysfs=tree.sysfs) is None
    assert not sriov.is_pf("br0", sysfs=tree.sysfs)
    assert not sriov.is_vf("br0", sysfs=tree.sysfs)
    assert sriov.get_pairs("br0", sysfs=tree.sysfs) == []


def test_a_pf_without_vfs_yet(tree):
    tree.function(PF, sriov_totalvfs="7", sriov_numvfs="0")
    assert sriov.is_pf(PF, sysfs=tree.sysfs)
    assert sriov.get_vfs(PF, sysfs=tree.sysfs) == []


def test_devices_there_are_not(tree):
    for device in ("eth9", PF):
        for call in (sriov.is_pf, sriov.is_vf, sriov.get_vfs, sriov.get_pf, sriov.get_num_vfs, sriov.get_vf_index):
            with pytest.raises(SystemCallError) as caught:
                call(device, sysfs=tree.sysfs)
            assert caught.value.errno == errno.ENODEV
    for name in ("../x", "0000:03", "03:00.0"):
        with pytest.raises(InvalidArgError):
            sriov.is_pf(name, sysfs=tree.sysfs)


def test_a_number_that_is_none(tree):
    tree.function(PF, sriov_numvfs="many")
    with pytest.raises(OperationFailedError, match="many"):
        sriov.get_num_vfs(PF, sysfs=tree.sysfs)


def test_a_vf_its_pf_does_not_know(tree):
    tree.dual_port(2)
    (tree.path(PF) / "virtfn1").unlink()
    with pytest.raises(OperationFailedError, match=r"0000:03:00\.2"):
        sriov.get_vf_index("v1a", sysfs=tree.sysfs)


def test_pairs_of_two_ports(tree):
    tree.dual_port(3)
    assert [pair.netdev for pair in sriov.get_pairs("ens1", sysfs=tree.sysfs)] == ["v0b", "v1b", "v2b"]
    assert sriov.get_pairs("ens1d1", sysfs=tree.sysfs)[2] == (2, "0000:03:00.3", "v2a", ())
    assert sriov.get_vf_netdev("v2a", "ens1", sysfs=tree.sysfs) == "v2b"
    assert sriov.get_vf_netdev("0000:03:00.3", "ens1d1", sysfs=tree.sysfs) == "v2a"
    assert sriov.get_pf_netdev("v2a", sysfs=tree.sysfs) == "ens1d1"
    assert sriov.get_pf_netdev("v2b", sysfs=tree.sysfs) == "ens1"


def test_pairs_of_256_vfs(tree):
    tree.dual_port(256)
    pairs = sriov.get_pairs("ens1d1", sysfs=tree.sysfs)
    assert [(pair.vf, pair.netdev) for pair in pairs] == [(index, f"v{index}a") for index in range(256)]


def test_ids_of_different_ports_never_pair(tree):
    tree.function(PF)
    tree.netdev(PF, "eth0", phys_port_id="01")
    tree.netdev(tree.vf(0), "eth1", phys_port_id="02")
    assert sriov.get_pairs("eth0", sysfs=tree.sysfs) == [(0, "0000:03:00.1", None, ())]
    assert sriov.get_pf_netdev("eth1", sysfs=tree.sysfs) is None


def test_one_id_on_both_ports(tree):
    tree.dual_port(1, ("0aa1", "0aa1"))
    assert sriov.get_pairs("ens1", sysfs=tree.sysfs) == [(0, "0000:03:00.1", None, ("v0a", "v0b"))]
    with pytest.raises(OperationFailedError, match="v0a or v0b"):
        sriov.get_vf_netdev("v0a", "ens1", sysfs=tree.sysfs)
    with pytest.raises(OperationFailedError, match="ens1 or ens1d1"):
        sriov.get_pf_netdev("v0a", sysfs=tree.sysfs)


@pytest.mark.parametrize("attribute", ["phys_port_name", "dev_port"])
@pytest.mark.parametrize("ids", [("0aa1", "0aa1"), (None, None)])
def test_names_and_numbers_tell_where_ids_do_not(tree, attribute, ids):
    tree.dual_port(2, ids)
    words = ("p0", "p1") if attribute == "phys_port_name" else ("0", "1")
    for name, word in (("ens1", 0), ("ens1d1", 1), ("v0b", 0), ("v0a", 1), ("v1b", 0), ("v1a", 1)):
        (tree.root / "class/net" / name / attribute).write_text(words[word] + "\n")
    assert [pair.netdev for pair in sriov.get_pairs("ens1", sysfs=tree.sysfs)] == ["v0b", "v1b"]
    assert [pair.netdev for pair in sriov.get_pairs("ens1d1", sysfs=tree.sysfs)] == ["v0a", "v1a"]
    assert sriov.get_pf_netdev("v1a", sysfs=tree.sysfs) == "ens1d1"


def test_the_pf_alone_has_ids(tree):
    """i40e: the PF's driver has ids, the VF's (iavf) has none."""
    tree.function(PF)
    tree.netdev(PF, "eth0", phys_port_id="01")
    tree.netdev(tree.vf(0), "eth1")
    assert sriov.get_pairs("eth0", sysfs=tree.sysfs)[0].netdev == "eth1"
    assert sriov.get_pf_netdev("eth1", sysfs=tree.sysfs) == "eth0"


def test_two_ports_and_a_vf_that_tells_nothing(tree):
    tree.function(PF)
    tree.netdev(PF, "eth0", phys_port_id="01", dev_port="0")
    tree.netdev(PF, "eth1", phys_port_id="02", dev_port="1")
    tree.netdev(tree.vf(0), "eth2", dev_port="0")
    for name in ("eth0", "eth1"):
        assert sriov.get_pairs(name, sysfs=tree.sysfs) == [(0, "0000:03:00.1", None, ("eth2",))]


def test_a_vf_bound_to_vfio_has_no_netdev(tree):
    tree.function(PF)
    tree.netdev(PF, "eth0", phys_port_id="01")
    address = tree.vf(0, driver="vfio-pci")
    tree.netdev(tree.vf(1), "eth1", phys_port_id="01")
    assert [pair.netdev for pair in sriov.get_pairs("eth0", sysfs=tree.sysfs)] == [None, "eth1"]
    assert sriov.get_vfs("eth0", sysfs=tree.sysfs)[0] == (0, address, (), "vfio-pci")
    assert sriov.get_pf_netdev(address, sysfs=tree.sysfs) == "eth0"
    assert sriov.get_vf_netdev(address, "eth0", sysfs=tree.sysfs) is None


def test_a_vf_on_vfio_does_not_tell_which_of_two_ports(tree):
    tree.dual_port(0)
    address = tree.vf(0, driver="vfio-pci")
    with pytest.raises(OperationFailedError, match="ens1 or ens1d1"):
        sriov.get_pf_netdev(address, sysfs=tree.sysfs)


def test_a_vf_of_another_card(tree):
    tree.dual_port(1)
    tree.function("0000:04:00.0")
    tree.netdev("0000:04:00.0", "other")
    with pytest.raises(InvalidArgError, match="'v0a' is not a virtual function of 'other'"):
        sriov.get_vf_netdev("v0a", "other", sysfs=tree.sysfs)
    with pytest.raises(InvalidArgError, match="not a virtual function"):
        sriov.get_pf_netdev("other", sysfs=tree.sysfs)


def test_an_id_that_cannot_be_read_is_an_error(tree):
    tree.dual_port(1)
    path = tree.root / "class/net/v0a/phys_port_id"
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(SystemCallError, match="'v0a'") as caught:
        sriov.get_pairs("ens1", sysfs=tree.sysfs)
    assert caught.value.errno == errno.EIO


def after_listing(monkeypatch, action) -> None:
    """Runs ``action`` once, between the listing of a VF's network devices and the reading of what they are."""
    listing, done = functions.list_netdevs, []

    def list_netdevs(path: str) -> tuple[str, ...]:
        names = listing(path)
        if "virtfn" in path and not done:
            done.append(path)
            action()
        return names

    monkeypatch.setattr(functions, "list_netdevs", list_netdevs)


def test_a_device_renamed_half_way(tree, monkeypatch):
    tree.dual_port(2)

    def rename() -> None:
        net = tree.path("0000:03:00.1") / "net"
        os.rename(net / "v0b", net / "renamed")
        (tree.root / "class/net/v0b").unlink()
        (tree.root / "class/net/renamed").symlink_to("../../devices/pci0000:00/0000:03:00.1/net/renamed")

    after_listing(monkeypatch, rename)
    assert [pair.netdev for pair in sriov.get_pairs("ens1", sysfs=tree.sysfs)] == ["renamed", "v1b"]


def test_a_device_removed_half_way(tree, monkeypatch):
    tree.dual_port(2)
    after_listing(monkeypatch, lambda: tree.remove_netdev("v0b"))
    assert [pair.netdev for pair in sriov.get_pairs("ens1", sysfs=tree.sysfs)] == [None, "v1b"]


def test_vfs_removed_half_way(tree, monkeypatch):
    tree.dual_port(3)

    def remove() -> None:
        for address in ("0000:03:00.1", "0000:03:00.2"):
            shutil.rmtree(tree.path(address))

    after_listing(monkeypatch, remove)
    assert [pair.netdev for pair in sriov.get_pairs("ens1", sysfs=tree.sysfs)] == [None, None, "v2b"]
    assert [vf.netdevs for vf in sriov.get_vfs("ens1", sysfs=tree.sysfs)] == [(), (), ("v2a", "v2b")]


def test_a_listing_that_never_settles_ends(tree, monkeypatch):
    tree.dual_port(1)
    monkeypatch.setattr(functions, "list_netdevs", lambda path: ("gone0", "v0b"))
    assert [port.name for port in pairing._ports("any", tree.sysfs)] == ["v0b"]


def switchdev(tree: FakeSriovTree) -> None:
    """Two PFs on one switch; their representors live with the PFs, as mlx5 has it."""
    for number, uplink in ((0, "up0"), (1, "up1")):
        pf = f"0000:03:00.{number}"
        tree.function(pf)
        tree.netdev(pf, uplink, phys_switch_id="abcd", phys_port_name=f"p{number}")
        for vf in range(2):
            tree.netdev(pf, f"{uplink}_{vf}", phys_switch_id="abcd", phys_port_name=f"pf{number}vf{vf}")
    tree.netdev("0000:03:00.0", "sf", phys_switch_id="abcd", phys_port_name="pf0sf88")
    tree.function("0000:05:00.0")
    tree.netdev("0000:05:00.0", "foreign", phys_switch_id="ffff", phys_port_name="pf0vf0")
    (tree.root / "class/net/bonding_masters").write_text("\n")


def test_representors(tree):
    switchdev(tree)
    assert sriov.get_representors("up0", sysfs=tree.sysfs) == {0: "up0_0", 1: "up0_1"}
    assert sriov.get_representors("up1", sysfs=tree.sysfs) == {0: "up1_0", 1: "up1_1"}
    assert sriov.get_representor("up1", 1, sysfs=tree.sysfs) == "up1_1"
    assert sriov.get_representor("up1", 2, sysfs=tree.sysfs) is None
    assert sriov.get_representors("foreign", sysfs=tree.sysfs) == {}
    assert sriov.is_representor("sf", sysfs=tree.sysfs)
    assert not sriov.is_representor("up0", sysfs=tree.sysfs)


def test_representors_of_a_card_in_the_old_mode(tree):
    tree.dual_port(1)
    assert sriov.get_representors("ens1", sysfs=tree.sysfs) == {}


def test_representors_are_no_ports_to_pair_with(tree):
    switchdev(tree)
    tree.netdev(tree.vf(9, pf="0000:03:00.0"), "vf9")
    assert sriov.get_pairs("up0", sysfs=tree.sysfs)[0].netdev == "vf9"
    assert sriov.get_pf_netdev("vf9", sysfs=tree.sysfs) == "up0"
