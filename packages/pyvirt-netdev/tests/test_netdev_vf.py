"""Settings of virtual functions.

No kernel here has SR-IOV, so that a PF's driver is played below the netlink socket: it takes and gives the messages
that ``ip link set PF vf N`` and ``ip link show`` exchange with the kernel. What the kernel itself makes of them is
asked with a device that has no VFs.
"""

from __future__ import annotations

import errno
import os

import pytest

from pyvirt import services
from pyvirt.services.specs.interface import InterfaceRequest
from pyvirt.services.specs.netdev import VfConfig
from pyvirt_netdev import netlink, sriov
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin, NetdevPlugin
from pyvirt_netdev.sriov import VfSettings
from pyvirt_testing.fake_sriov import FakePfDriver
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, OperationInvalidError, SystemCallError
from pyvirt_util.undo import UndoStack

INITIAL = VfSettings("00:00:00:00:00:00", 0, 0, True, False, "auto", 0, 0)


@pytest.fixture
def driver(monkeypatch):
    driver = FakePfDriver()
    monkeypatch.setattr(netlink, "Rtnetlink", lambda: driver)
    return driver


@pytest.fixture
def service(driver, tmp_path):
    with services.netdev.replaced(NetdevPlugin(SavedSettings(str(tmp_path / "run")))):
        yield services.netdev


def test_read(driver):
    driver.vfs[2].update(mac="52:54:00:00:00:02", vlan=7, qos=3, spoof_check=None, link_state="disable", max_rate=1000)
    assert sriov.get_vf_settings("pf0", 2) == ("52:54:00:00:00:02", 7, 3, None, False, "disable", 0, 1000)
    assert sriov.get_vf_settings("pf0", 1) == INITIAL
    with pytest.raises(SystemCallError, match="virtual function 4 of 'pf0'") as caught:
        sriov.get_vf_settings("pf0", 4)
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    "change",
    [
        {"mac": "52:54:00:00:00:02"},
        {"vlan": 4094, "qos": 7},
        {"spoof_check": False},
        {"trust": True},
        {"link_state": "enable"},
        {"min_rate": 10, "max_rate": 4000000000},
    ],
)
def test_write_and_read_back(driver, change):
    sriov.set_vf_settings("pf0", 3, VfSettings(**change))
    assert driver.changes == [(3, change)]
    assert sriov.get_vf_settings("pf0", 3) == INITIAL._replace(**change)


def test_one_of_two_keeps_the_other(driver):
    driver.vfs[0].update(vlan=7, qos=3, min_rate=5, max_rate=10)
    sriov.set_vf_settings("pf0", 0, VfSettings(vlan=8, max_rate=20))
    assert (driver.vfs[0]["qos"], driver.vfs[0]["min_rate"]) == (3, 5)
    sriov.set_vf_settings("pf0", 0, VfSettings(qos=1, min_rate=6))
    assert (driver.vfs[0]["vlan"], driver.vfs[0]["max_rate"]) == (8, 20)
    sriov.set_vf_settings("pf0", 0, VfSettings(vlan=0))
    assert (driver.vfs[0]["vlan"], driver.vfs[0]["qos"]) == (0, 0)


@pytest.mark.parametrize(
    "bad",
    [{"vlan": 4095}, {"vlan": -1}, {"qos": 8}, {"link_state": "on"}, {"max_rate": -1}, {"mac": "01:00:5e:00:00:01"},
     {"mac": "nonsense"}],
)  # fmt: skip
def test_values_no_vf_can_have(driver, bad):
    with (
        pytest.raises(InvalidArgError) if bad.get("mac") != "nonsense" else pytest.raises(Exception, match="malformed")
    ):
        sriov.set_vf_settings("pf0", 0, VfSettings(**bad))
    assert driver.changes == []


@pytest.mark.root
def test_the_kernel_understands_and_has_no_vfs(netns):
    netns("ip", "link", "add", "v0", "type", "veth", "peer", "v1")
    for change in ({"mac": "52:54:00:00:00:02"}, {"vlan": 7, "qos": 0}, {"spoof_check": True}, {"trust": True},
                   {"link_state": "auto"}, {"min_rate": 1, "max_rate": 2}):  # fmt: skip
        with pytest.raises(SystemCallError, match="virtual function 2 of 'v0'") as caught:
            sriov.set_vf_settings("v0", 2, VfSettings(**change))
        assert caught.value.errno == errno.EOPNOTSUPP
    with pytest.raises(SystemCallError, match="find virtual function 0 of 'v0'"):
        sriov.get_vf_settings("v0", 0)
    with pytest.raises(SystemCallError) as caught:
        sriov.get_vf_settings("nodev", 0)
    assert caught.value.errno == errno.ENODEV


def test_configure_and_restore(service, driver):
    before = sriov.get_vf_settings("pf0", 1)
    config = VfConfig(mac="52:54:00:00:00:01", vlan=7, qos=2, spoof_check=False, trust=True)
    with UndoStack() as undo:
        service.vf_configure("pf0", 1, config, undo)
    assert sriov.get_vf_settings("pf0", 1)[:5] == ("52:54:00:00:00:01", 7, 2, False, True)
    service.vf_restore("pf0", 1)
    assert sriov.get_vf_settings("pf0", 1) == before
    driver.changes.clear()
    service.vf_restore("pf0", 1)
    assert driver.changes == []


def test_what_does_not_change_is_not_written(service, driver):
    with UndoStack() as undo:
        service.vf_configure("pf0", 1, VfConfig(mac="52:54:00:00:00:01", vlan=0, spoof_check=True), undo)
    assert driver.changes == [(1, {"mac": "52:54:00:00:00:01"})]


def refusing(name: str, value: object):
    def refuses(vf: int, change: dict) -> None:
        if change.get(name) == value:
            raise OSError(errno.EINVAL, "Invalid argument")

    return refuses


def test_a_refused_setting_undoes_those_before(service, driver):
    driver.refuses = refusing("trust", True)
    before = sriov.get_vf_settings("pf0", 1)
    with pytest.raises(SystemCallError, match="set trust on of virtual function 1"), UndoStack() as undo:
        service.vf_configure("pf0", 1, VfConfig(mac="52:54:00:00:00:01", vlan=7, trust=True), undo)
    assert sriov.get_vf_settings("pf0", 1) == before


def test_a_driver_that_takes_no_mac_of_zeros_back(service, driver):
    driver.refuses = refusing("mac", "00:00:00:00:00:00")
    with UndoStack() as undo:
        service.vf_configure("pf0", 1, VfConfig(mac="52:54:00:00:00:01"), undo)
    service.vf_restore("pf0", 1)
    assert driver.vfs[1]["mac"] == "02:00:00:00:00:00"


def test_settings_survive_a_crash(driver, tmp_path):
    """A process dies with the VF lent, the next one lends it again and dies too: the first settings come back."""
    folder = str(tmp_path / "run")
    driver.vfs[1].update(vlan=100)
    for number in (1, 2):
        crashed = NetdevPlugin(SavedSettings(folder))
        crashed.vf_configure("pf0", 1, VfConfig(mac=f"52:54:00:00:00:0{number}", vlan=number), UndoStack())
    NetdevPlugin(SavedSettings(folder)).vf_restore("pf0", 1)
    assert sriov.get_vf_settings("pf0", 1) == INITIAL._replace(vlan=100)


def test_a_restore_that_fails_can_be_repeated(service, driver):
    service.vf_configure("pf0", 1, VfConfig(vlan=5), UndoStack())
    driver.refuses = refusing("vlan", 0)
    with pytest.raises(SystemCallError):
        service.vf_restore("pf0", 1)
    driver.refuses = lambda vf, change: None
    service.vf_restore("pf0", 1)
    assert driver.vfs[1]["vlan"] == 0


@pytest.mark.parametrize("damage", ["", "{", "[]"])
def test_a_damaged_record_is_set_aside(service, driver, tmp_path, damage):
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "run/vf-pf0-1.json").write_text(damage)
    service.vf_restore("pf0", 1)
    assert driver.changes == []
    assert any(".damaged-" in name for name in os.listdir(tmp_path / "run"))


@pytest.fixture
def card(described):
    """pf0 with the VF 2, which is bound to vfio."""
    pf, vf = "0000:03:00.0", "0000:03:00.3"
    return described(
        {
            f"devices/{pf}/net/pf0/mtu": "1500\n",
            f"devices/{pf}/net/pf0/device": ("->", f"../../../{pf}"),
            f"devices/{pf}/virtfn2": ("->", f"../{vf}"),
            f"devices/{vf}/physfn": ("->", f"../{pf}"),
            f"bus/pci/devices/{pf}": ("->", f"../../../devices/{pf}"),
            f"bus/pci/devices/{vf}": ("->", f"../../../devices/{vf}"),
            "class/net/pf0": ("->", f"../../devices/{pf}/net/pf0"),
        }
    )


def hostdev(**more) -> InterfaceRequest:
    base = {"type": "hostdev", "mac": "52:54:00:00:00:09", "domain": "web", "domain_uuid": "u"}
    return InterfaceRequest(**{**base, "source": "0000:03:00.3", **more})


def test_hostdev(driver, card, tmp_path):
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=card)
    with services.interface.replaced(plugin):
        with UndoStack() as undo:
            plugged = services.interface.plug(hostdev(vlan=(42,)), undo)
        assert (plugged.target, plugged.fds, plugged.pci_address) == (None, (), "0000:03:00.3")
        assert (driver.vfs[2]["mac"], driver.vfs[2]["vlan"]) == ("52:54:00:00:00:09", 42)
        services.interface.unplug(hostdev(vlan=(42,)), None)
        assert driver.vfs[2] == INITIAL._asdict()
        services.interface.unplug(hostdev(), None)
        services.interface.unplug(hostdev(source="gone0"), None)
        assert os.listdir(tmp_path / "run") == []
        with pytest.raises(ConfigUnsupportedError, match="'pf0' is not a virtual function"):
            services.interface.plug(hostdev(source="pf0"), UndoStack())
        with pytest.raises(ConfigUnsupportedError, match="one VLAN tag"):
            services.interface.plug(hostdev(vlan=(1, 2)), UndoStack())


def test_hostdev_of_a_card_that_is_gone(driver, card, tmp_path):
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=card)
    plugin.interface_plug(hostdev(), UndoStack())
    driver.request = lambda *_: (_ for _ in ()).throw(OSError(errno.ENODEV, "No such device"))
    assert plugin.interface_unplug(hostdev(), None) is True


def test_hostdev_undone(driver, card, tmp_path):
    undo = UndoStack()
    InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=card).interface_plug(hostdev(vlan=(9,)), undo)
    undo.undo()
    assert driver.vfs[2] == INITIAL._asdict()
    assert os.listdir(tmp_path / "run") == []


def test_hostdev_of_another_domain(driver, card, tmp_path):
    """A function that a guest has stays as it is, whatever another one asks for, also when that one is settled."""
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=card)
    plugin.interface_plug(hostdev(vlan=(42,)), UndoStack())
    before = dict(driver.vfs[2])
    other = hostdev(domain="mail", domain_uuid="other", mac="52:54:00:00:00:0a")
    in_use = pytest.raises(OperationInvalidError, match=r"0000:03:00.3 is in use by domain 'web'")
    with in_use as caught, UndoStack() as undo:
        plugin.interface_plug(other, undo)
    assert str(tmp_path / "run") in caught.value.hint
    plugin.interface_unplug(other, None)
    assert driver.vfs[2] == before
    plugin.interface_unplug(hostdev(), None)
    assert driver.vfs[2] == INITIAL._asdict()
    plugin.interface_plug(other, UndoStack())
    assert driver.vfs[2]["mac"] == "52:54:00:00:00:0a"
