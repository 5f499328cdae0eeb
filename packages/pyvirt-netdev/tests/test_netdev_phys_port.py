"""phys_port_id and its neighbours: on the kernel's own sysfs where it can answer, on described trees elsewhere."""

from __future__ import annotations

import errno
import glob
import pathlib

import pytest

from pyvirt import services
from pyvirt_netdev import get_dev_port, get_link_info, get_phys_port_id, get_phys_port_name, get_phys_switch_id
from pyvirt_netdev.link_info import get_identity
from pyvirt_netdev.service import NetdevPlugin
from pyvirt_util.errors import InvalidArgError, SystemCallError

GETTERS = [
    (get_phys_port_id, "phys_port_id"),
    (get_phys_port_name, "phys_port_name"),
    (get_phys_switch_id, "phys_switch_id"),
]
each = pytest.mark.parametrize(("get", "attribute"), GETTERS)


@each
def test_a_value(described, get, attribute):
    sysfs = described({f"class/net/eth0/{attribute}": "0002c9030012bf8a\n"})
    assert get("eth0", sysfs=sysfs) == "0002c9030012bf8a"


@each
def test_none_is_a_success(described, get, attribute):
    sysfs = described(
        {f"class/net/eth0/{attribute}": "", "class/net/eth1/mtu": "1500\n", f"class/net/eth2/{attribute}": "\n"}
    )
    assert [get(name, sysfs=sysfs) for name in ("eth0", "eth1", "eth2")] == [None, None, None]


def unsupported_attribute() -> str | None:
    """A file of the kernel's whose reading says EOPNOTSUPP."""
    for path in glob.glob("/sys/class/net/*/phys_*"):
        try:
            pathlib.Path(path).read_bytes()
        except OSError as error:
            if error.errno == errno.EOPNOTSUPP:
                return path
    return None


@each
def test_eopnotsupp_is_none(described, get, attribute):
    path = unsupported_attribute()
    if path is None:
        pytest.skip("no network device here has a port attribute that its driver doesn't support")
    assert get("eth0", sysfs=described({f"class/net/eth0/{attribute}": ("->", path)})) is None


@each
def test_a_real_device_without_ports(get, attribute):
    assert get("lo") is None


@each
def test_no_such_device(described, get, attribute):
    sysfs = described({"class/net/eth0/mtu": "1500\n"})
    for where in (sysfs, "/sys", "/nonexistent"):
        with pytest.raises(SystemCallError, match="network device 'nodev'") as caught:
            get("nodev", sysfs=where)
        assert caught.value.errno == errno.ENODEV


@each
def test_a_device_that_vanished(described, get, attribute):
    sysfs = described({"class/net/eth0": ("->", "../../devices/gone/net/eth0")})
    with pytest.raises(SystemCallError) as caught:
        get("eth0", sysfs=sysfs)
    assert caught.value.errno == errno.ENODEV


@each
def test_every_other_failure_is_an_error(described, get, attribute):
    # Address 0 of a process is not mapped: reading it is the one EIO that every Linux has at hand.
    sysfs = described(
        {
            f"class/net/eth0/{attribute}": ("->", "/proc/self/mem"),
            f"class/net/eth1/{attribute}": ("->", f"{attribute}"),
            f"class/net/eth2/{attribute}/x": "",
            "class/net/file": "",
        }
    )
    for name, number in (("eth0", errno.EIO), ("eth1", errno.ELOOP), ("eth2", errno.EISDIR), ("file", errno.ENOTDIR)):
        with pytest.raises(SystemCallError, match=f"read {attribute} of network device '{name}'") as caught:
            get(name, sysfs=sysfs)
        assert caught.value.errno == number


@pytest.mark.parametrize("size", [4095, 4096, 4097, 70000])
def test_a_long_id_is_read_to_its_end(described, size):
    text = "ab" * (size // 2)
    assert get_phys_port_id("eth0", sysfs=described({"class/net/eth0/phys_port_id": text + "\n"})) == text


@pytest.mark.parametrize("name", ["", ".", "..", "../eth0", "a/b", "eth 0", "e:0", "x" * 16, "ä" * 8, "a\0"])
def test_names_do_not_lead_elsewhere(name):
    with pytest.raises(InvalidArgError):
        get_phys_port_id(name)


def test_dev_port(described):
    sysfs = described({"class/net/eth0/dev_port": "1\n", "class/net/eth1/dev_port": "\n"})
    assert get_dev_port("eth0", sysfs=sysfs) == 1
    assert get_dev_port("eth1", sysfs=sysfs) is None
    assert get_dev_port("lo") == 0


def test_through_the_service(described):
    sysfs = described({"class/net/eth0/phys_port_id": "00aa\n", "class/net/eth1/mtu": "1500\n"})
    with services.netdev.replaced(NetdevPlugin(sysfs=sysfs)):
        assert services.netdev.phys_port_id("eth0") == "00aa"
        assert services.netdev.phys_port_id("eth1") is None
        with pytest.raises(SystemCallError):
            services.netdev.phys_port_id("eth2")


def test_the_installed_plugin_serves():
    assert services.netdev.phys_port_id("lo") is None


@pytest.mark.parametrize(("speed", "found"), [("1000\n", 1000), ("-1\n", 0), ("4294967295\n", 0), ("", 0), ("x", 0)])
def test_link_info(described, speed, found):
    sysfs = described({"class/net/eth0/operstate": "up\n", "class/net/eth0/speed": speed})
    assert get_link_info("eth0", sysfs=sysfs) == ("up", found)


def test_link_info_of_a_link_that_is_down(described):
    sysfs = described({"class/net/eth0/operstate": "lowerlayerdown\n", "class/net/eth0/speed": "100\n"})
    assert get_link_info("eth0", sysfs=sysfs) == ("lowerlayerdown", 0)
    assert get_link_info("lo") == ("unknown", 0)
    with pytest.raises(SystemCallError) as caught:
        get_link_info("eth1", sysfs=sysfs)
    assert caught.value.errno == errno.ENODEV


def test_identity(described):
    sysfs = described(
        {
            "class/net/eth0/address": "02:00:00:00:00:01\n",
            "class/net/eth0/mtu": "9000\n",
            "class/net/eth0/device/driver": ("->", "../../../bus/pci/drivers/igb"),
        }
    )
    assert get_identity("eth0", sysfs=sysfs) == ("02:00:00:00:00:01", 9000, "igb")
    assert get_identity("lo") == ("00:00:00:00:00:00", 65536, None)
