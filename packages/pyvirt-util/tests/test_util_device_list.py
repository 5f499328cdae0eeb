"""Lists of devices in use, and their users."""

from __future__ import annotations

import pytest

from pyvirt_util.errors import InternalError, OperationInvalidError
from pyvirt_util.pci import PciDevice, PciDeviceList
from pyvirt_util.scsi import ScsiDevice, ScsiDeviceList
from pyvirt_util.usb import UsbDevice, UsbDeviceList

CARD, OTHER = PciDevice("0000:03:00.0"), PciDevice("0000:04:00.0")


def test_devices_in_their_order() -> None:
    found = PciDeviceList([OTHER, CARD])
    assert list(found) == [OTHER, CARD]
    assert len(found) == 2
    assert PciDevice("0000:03:00.0") in found
    assert found.find(PciDevice("0000:03:00.0")) is CARD
    assert found.remove(PciDevice("0000:03:00.0")) is CARD
    assert found.remove(CARD) is None
    assert found.find(CARD) is None
    assert list(found) == [OTHER]


def test_a_list_may_change_while_it_is_walked() -> None:
    found = PciDeviceList([CARD, OTHER])
    for device in found:
        found.remove(device)
    assert len(found) == 0


def test_each_once() -> None:
    found = PciDeviceList()
    found.add(CARD, ("QEMU", "web"))
    with pytest.raises(InternalError, match=r"0000:03:00\.0 is already in use by driver QEMU, domain web"):
        found.add(PciDevice("0000:03:00.0"))
    assert found.users(CARD) == (("QEMU", "web"),)
    assert (found.users(CARD)[0].driver, found.users(CARD)[0].domain) == ("QEMU", "web")
    assert found.users(OTHER) == ()


def test_usb_devices() -> None:
    used = UsbDeviceList()
    used.add(UsbDevice(1, 20), ("LXC", "box"))
    assert UsbDevice(1, 20, vendor=0x18D1, product=0x4E22) in used
    assert UsbDevice(1, 21) not in used
    with pytest.raises(InternalError, match="device 001:020 is already in use by driver LXC, domain box"):
        used.add(UsbDevice(1, 20))


def test_a_shared_device_stays_until_its_last_user_goes() -> None:
    used, disk = ScsiDeviceList(), ScsiDevice(1, 0, 0, 0, shareable=True)
    used.use(disk, "QEMU", "fc18")
    used.use(disk, "QEMU", "fc20")
    used.use(disk, "QEMU", "fc20")
    assert used.users(disk) == (("QEMU", "fc18"), ("QEMU", "fc20"))
    assert used.remove_user(disk, "QEMU", "fc20")
    assert used.remove_user(disk, "QEMU", "nobody")
    assert disk in used
    assert not used.remove_user(disk, "QEMU", "fc18")
    assert disk not in used
    assert not used.remove_user(disk, "QEMU", "fc18")


@pytest.mark.parametrize(("first", "second", "how"), [(False, False, "non-"), (False, True, "non-"), (True, False, "")])
def test_both_must_share(first: bool, second: bool, how: str) -> None:
    used = ScsiDeviceList()
    used.use(ScsiDevice(1, 0, 0, 0, shareable=first), "QEMU", "fc18")
    with pytest.raises(OperationInvalidError, match=f"in use by driver QEMU, domain fc18 as '{how}shareable'"):
        used.use(ScsiDevice(1, 0, 0, 0, shareable=second), "QEMU", "fc20")
    used.use(ScsiDevice(1, 0, 0, 0, shareable=second), "QEMU", "fc18")  # it is its own already
    assert used.users(ScsiDevice(1, 0, 0, 0)) == (("QEMU", "fc18"),)
