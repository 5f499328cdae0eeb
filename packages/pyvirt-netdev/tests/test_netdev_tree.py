"""A network device among its relatives, on described trees; a real driver's settings are played below netlink."""

from __future__ import annotations

import pytest

from pyvirt import services
from pyvirt_netdev import netlink
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import NetdevPlugin
from pyvirt_netdev.tree import describe
from pyvirt_testing.fake_sriov import FakePfDriver, FakeSriovTree
from pyvirt_util.errors import SystemCallError


@pytest.fixture
def tree(tmp_path):
    return FakeSriovTree(tmp_path / "sys")


@pytest.fixture
def driver(monkeypatch):
    driver = FakePfDriver("ens1", vfs=2)
    monkeypatch.setattr(netlink, "Rtnetlink", lambda: driver)
    return driver


def test_a_card_with_two_ports(tree, driver, tmp_path):
    tree.dual_port(2, operstate="up", speed="40000", address="00:02:c9:00:00:01")
    for netdev in ("v1a", "v1b"):
        tree.remove_netdev(netdev)
    tree.bind("0000:03:00.2", "vfio-pci")
    driver.vfs[1].update(mac="52:54:00:00:00:01", vlan=42, qos=3, trust=True, spoof_check=None, max_rate=100)
    with services.netdev.replaced(NetdevPlugin(SavedSettings(str(tmp_path / "run")), sysfs=tree.sysfs)):
        found = services.netdev.describe("ens1")
    assert (found.asked, found.role, found.address, found.driver, found.max_vfs) == (
        "ens1",
        "pf",
        "0000:03:00.0",
        "mlx4_core",
        256,
    )
    assert [(port.name, port.phys_port_id, port.state, port.speed) for port in found.ports] == [
        ("ens1", "0aa1", "up", 40000),
        ("ens1d1", "0aa2", "up", 40000),
    ]
    first, second = found.vfs
    assert [(port.name, port.pairs_with, port.mac) for port in first.ports] == [
        ("v0a", "ens1d1", "00:02:c9:00:00:01"),
        ("v0b", "ens1", "00:02:c9:00:00:01"),
    ]
    assert (first.index, first.address, first.driver, first.mac, first.vlan) == (
        0,
        "0000:03:00.1",
        "mlx4_core",
        "00:00:00:00:00:00",
        0,
    )
    assert (second.driver, second.ports) == ("vfio-pci", ())
    assert (second.mac, second.vlan, second.qos, second.trust, second.spoof_check, second.max_rate) == (
        "52:54:00:00:00:01",
        42,
        3,
        True,
        None,
        100,
    )


def test_a_virtual_functions_family_is_its_pfs(tree, driver):
    tree.dual_port(2)
    found = describe("v1a", sysfs=tree.sysfs)
    assert (found.asked, found.role) == ("v1a", "vf")
    pf = describe("ens1d1", sysfs=tree.sysfs)
    assert (found.address, found.ports, found.vfs) == (pf.address, pf.ports, pf.vfs)


def test_devices_that_nothing_tells_apart(tree):
    tree.dual_port(1, ids=(None, None))
    (vf,) = describe("ens1", sysfs=tree.sysfs).vfs
    assert [(port.name, port.pairs_with, port.candidates) for port in vf.ports] == [
        ("v0a", None, ("ens1", "ens1d1")),
        ("v0b", None, ("ens1", "ens1d1")),
    ]
    assert (vf.mac, vf.vlan) == (None, None)


def test_representors_stand_beside_the_ports(tree):
    tree.function(tree.PF, sriov_totalvfs="8", driver="mlx5_core")
    tree.netdev(tree.PF, "up0", phys_switch_id="0c", phys_port_name="p0")
    tree.vf(0, driver="mlx5_core")
    tree.netdev(tree.PF, "rep0", phys_switch_id="0c", phys_port_name="pf0vf0")
    tree.netdev("0000:03:00.1", "v0")
    found = describe("up0", sysfs=tree.sysfs)
    assert [port.name for port in found.ports] == ["up0"]
    assert [(port.name, port.representor_of) for port in found.representors] == [("rep0", 0)]
    assert found.vfs[0].ports[0].pairs_with == "up0"


def test_devices_without_sriov(tree):
    tree.function(tree.PF, driver="e1000e")
    tree.netdev(tree.PF, "eth9", address="52:54:00:00:00:01")
    found = describe("eth9", sysfs=tree.sysfs)
    assert (found.role, found.driver, found.vfs, found.max_vfs) == ("pci", "e1000e", (), 0)
    (tree.root / "class/net/br9").mkdir()
    found = describe("br9", sysfs=tree.sysfs)
    assert (found.role, found.address, found.driver, [port.name for port in found.ports]) == (
        "virtual",
        None,
        None,
        ["br9"],
    )
    with pytest.raises(SystemCallError, match="'none9'"):
        describe("none9", sysfs=tree.sysfs)
