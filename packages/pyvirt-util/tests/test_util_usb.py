"""USB devices of a described bus."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvirt_util import usb
from pyvirt_util.errors import InternalError
from pyvirt_util.usb import UsbDevice, usb_devices

STICK = (0x18D1, 0x4E22)


class Bus:
    """A folder laid out as /sys, with USB devices in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.devices = root / "bus/usb/devices"
        self.devices.mkdir(parents=True)

    def plug(self, port: str, vendor: int, product: int, number: int) -> None:
        for name, text in (("idVendor", f"{vendor:04x}"), ("idProduct", f"{product:04x}"), ("devnum", f"{number}")):
            (self.devices / port).mkdir(exist_ok=True)
            (self.devices / port / name).write_text(text + "\n")


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    bus = Bus(tmp_path)
    bus.plug("usb2", 0x1D6B, 0x0002, 1)
    bus.plug("usb1", 0x1D6B, 0x0002, 1)
    bus.plug("1-1.5.6", *STICK, 20)
    bus.plug("1-1.5.4", *STICK, 9)
    bus.plug("10-1", 0x046A, 0x0011, 4)
    (bus.devices / "1-0:1.0").mkdir()  # an interface
    return bus


def test_all_by_bus_and_number(bus: Bus) -> None:
    found = usb_devices(bus.root)
    assert [device.name for device in found] == ["001:001", "001:009", "001:020", "002:001", "010:004"]
    assert [device.port for device in found] == ["usb1", "1-1.5.4", "1-1.5.6", "usb2", "10-1"]
    assert found[2].path == "/dev/bus/usb/001/020"
    assert str(found[2]) == "18d1:4e22 at 001:020"
    assert str(UsbDevice(1, 20)) == "001:020"
    assert usb_devices(bus.root / "nowhere") == []


def test_by_make(bus: Bus) -> None:
    found = usb.find_by_vendor(*STICK, sysfs_root=bus.root)
    assert [device.name for device in found] == ["001:009", "001:020"]
    for wrong in ((STICK[0], 0xBEEF), (0xF00D, STICK[1])):
        with pytest.raises(InternalError, match=f"no usb device {wrong[0]:04x}:{wrong[1]:04x} found"):
            usb.find_by_vendor(*wrong, sysfs_root=bus.root)
        assert usb.find_by_vendor(*wrong, sysfs_root=bus.root, mandatory=False) == []


def test_by_place(bus: Bus) -> None:
    found = usb.find_by_bus(10, 4, sysfs_root=bus.root)
    assert found == UsbDevice(10, 4)
    assert found is not None
    assert (found.vendor, found.product) == (0x046A, 0x0011)
    for wrong in ((2, 20), (5, 20), (1, 158)):
        with pytest.raises(InternalError, match=f"no usb device at bus {wrong[0]} device {wrong[1]} found"):
            usb.find_by_bus(*wrong, sysfs_root=bus.root)
        assert usb.find_by_bus(*wrong, sysfs_root=bus.root, mandatory=False) is None


def test_by_both(bus: Bus) -> None:
    found = usb.find(*STICK, 1, 20, sysfs_root=bus.root)
    assert found == UsbDevice(1, 20)
    with pytest.raises(InternalError, match="no usb device f00d:beef at bus 1 device 20 found, there is 18d1:4e22"):
        usb.find(0xF00D, 0xBEEF, 1, 20, sysfs_root=bus.root)
    with pytest.raises(InternalError, match=r"no usb device 18d1:4e22 at bus 1 device 25 found$"):
        usb.find(*STICK, 1, 25, sysfs_root=bus.root)
    assert usb.find(*STICK, 1, 25, sysfs_root=bus.root, mandatory=False) is None


def test_device_files_of_a_container(bus: Bus) -> None:
    found = usb.find_by_bus(1, 20, sysfs_root=bus.root, folder="/run/box/dev/usb")
    assert found is not None
    assert found.path == "/run/box/dev/usb/001/020"


def test_a_device_that_goes_away_is_not_listed(bus: Bus) -> None:
    (bus.devices / "1-1.5.6" / "devnum").unlink()
    (bus.devices / "10-1" / "idVendor").unlink()
    (bus.devices / "3-1").symlink_to("gone")
    assert [device.name for device in usb_devices(bus.root)] == ["001:001", "001:009", "002:001"]


def test_odd_entries(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    bus.plug("odd", 1, 2, 3)
    assert len(usb_devices(bus.root)) == 5
    assert "unusual name 'odd'" in caplog.text
    (bus.devices / "10-1" / "idVendor").write_text("none\n")
    with pytest.raises(InternalError, match=r"'none' in '.*/10-1/idVendor' is not a number"):
        usb_devices(bus.root)
