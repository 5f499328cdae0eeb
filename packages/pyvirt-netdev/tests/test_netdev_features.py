"""What node devices list of network devices, for real devices and described cards."""

from __future__ import annotations

import json
import os
import time

import pytest

from pyvirt import services
from pyvirt_netdev import devlink, ethtool, features
from pyvirt_netdev import link as links
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import NetdevPlugin
from pyvirt_testing.fake_sriov import FakeSriovTree
from pyvirt_util.errors import ConfigUnsupportedError, SystemCallError


@pytest.mark.root
def test_offloads_of_a_real_device(netns):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    found = ethtool.get_offloads("v0")
    assert len(found) > 30
    assert found["tx-scatter-gather"] is True
    assert found["rx-ntuple-filter"] is False
    assert features.get_features("v0") == ("rx", "tx", "sg", "tso", "gso", "rxvlan", "txvlan", "txudptnl")


@pytest.mark.root
def test_offloads_of_a_tap_are_its_users(netns):
    """Whoever has a tap open, QEMU for example, says what the guest can take: until then it takes no offloading."""
    netns("ip", "tuntap", "add", "t0", "mode", "tap")
    assert {"sg", "gso", "gro"} <= set(features.get_features("t0"))
    assert not {"tx", "tso", "lro", "ntuple"} & set(features.get_features("t0"))
    with pytest.raises(SystemCallError, match="'none'") as caught:
        ethtool.get_offloads("none")
    assert caught.value.errno == 19


@pytest.mark.root
def test_coalescing_of_a_tap(netns):
    netns("ip", "tuntap", "add", "t0", "mode", "tap")
    assert ethtool.get_rx_frames("t0") == 0
    ethtool.set_rx_frames("t0", 7)
    assert ethtool.get_rx_frames("t0") == 7
    with pytest.raises(ConfigUnsupportedError, match="'lo' does not collect packets"):
        ethtool.set_rx_frames("lo", 7)


@pytest.mark.root
def test_link_facts_of_a_real_device(netns, tmp_path):
    netns("ip", "link", "add", "v0", "mtu", "1400", "address", "02:00:00:00:00:01", "type", "veth", "peer", "v1")
    netns("ip", "link", "set", "v0", "up")
    netns("ip", "link", "set", "v1", "up")
    deadline = time.monotonic() + 10
    while links.get("v0").operstate != "up":  # the kernel finds out in its own time
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with services.netdev.replaced(NetdevPlugin(SavedSettings(str(tmp_path)))):
        facts = services.netdev.link_facts("v0")
        shown = json.loads(netns("ip", "-j", "link", "show", "v0"))[0]
        assert (facts.mac, facts.mtu, facts.state) == (shown["address"], shown["mtu"], shown["operstate"].lower())
        assert (facts.speed, facts.duplex, facts.driver) == (10000, "full", None)
        assert "tso" in facts.features
        with pytest.raises(SystemCallError, match="'none'"):
            services.netdev.link_facts("none")


def test_link_facts_of_a_described_card(tmp_path):
    tree = FakeSriovTree(tmp_path / "sys")
    tree.function(tree.PF, driver="mlx5_core")
    tree.netdev(
        tree.PF, "card9", address="02:00:00:00:00:09", mtu="9000", operstate="up", speed="100000", duplex="half"
    )
    (tree.root / "class/infiniband/mlx5_0").mkdir(parents=True)
    os.symlink(tree.path(tree.PF), tree.root / "class/infiniband/mlx5_0/device")
    (tree.root / "class/infiniband/mlx5_1").mkdir()
    facts = NetdevPlugin(SavedSettings(str(tmp_path / "run")), sysfs=tree.sysfs).link_facts("card9")
    assert (facts.name, facts.mac, facts.mtu, facts.state, facts.speed, facts.duplex, facts.driver) == (
        "card9",
        "02:00:00:00:00:09",
        9000,
        "up",
        100000,
        "half",
        "mlx5_core",
    )
    assert facts.features == ("rdma",)
    tree.netdev(tree.PF, "other9", duplex="unknown")
    assert NetdevPlugin(SavedSettings(str(tmp_path / "run")), sysfs=tree.sysfs).link_facts("other9").duplex is None


def test_a_device_without_a_switch():
    """Whether or not this kernel has devlink, there is no such card."""
    assert devlink.get_eswitch_mode("0000:ff:1f.7") is None
