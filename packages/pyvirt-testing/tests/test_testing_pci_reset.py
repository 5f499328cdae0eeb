"""Resets of PCI devices, where hardware and kernel are played by fake_pci: which way, when not, and what comes back."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from pyvirt_testing.fake_pci import FakePciKernel
from pyvirt_testing.killer import kill_steps
from pyvirt_util.errors import InternalError, SystemCallError
from pyvirt_util.pci import PciDevice, PciDeviceList

BRIDGE, CARD, TWIN = "0000:00:1c.0", "0000:03:00.0", "0000:03:00.1"


def endpoint(*, power: bytes | None = None, flr: bool = False, header: int = 0) -> bytes:
    """Configuration space of a card with a base address, power management and an express capability."""
    data = bytearray(256)
    data[0:8] = struct.pack("<HHHH", 0x8086, 0x10D3, 0x0406, 0x0010)
    data[0x0E], data[0x10:0x14], data[0x34] = header, b"\x00\x00\xdf\xf7", 0x40
    data[0x3C] = 11
    data[0x40:0x44] = struct.pack("<BBH", 0x10, 0x60 if power is not None else 0, 2)
    data[0x44:0x48] = struct.pack("<I", flr << 28)
    if power is not None:
        data[0x60:0x64] = struct.pack("<BBH", 1, 0, 3)
        data[0x64:0x68] = power
    return bytes(data)


def bridge(secondary: int) -> bytes:
    data = bytearray(256)
    data[0x0E], data[0x19], data[0x1A], data[0x3E] = 1, secondary, secondary, 0x03
    return bytes(data)


POWER, NO_SOFT_RESET = b"\0\1\0\0", b"\x08\1\0\0"


@pytest.fixture
def kernel(tmp_path: Path) -> FakePciKernel:
    kernel = FakePciKernel(tmp_path / "sys")
    kernel.add_driver("vfio-pci")
    kernel.add_device(BRIDGE, vendor=0x8086, product=0x1C10, class_code=0x060400, config=bridge(3), above="pci0000:00")
    return kernel


def card(kernel: FakePciKernel, config: bytes, address: str = CARD, **more: str) -> PciDevice:
    return kernel.add_device(
        address, vendor=0x8086, product=0x10D3, config=config, above=BRIDGE, attributes=more or None
    )


def log(kernel: FakePciKernel) -> list[tuple[object, ...]]:
    return [(entry[1], *entry[2:]) if entry[0] == "write" else entry for entry in kernel.log]


def test_by_power(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(power=POWER))
    before = device.config.data
    assert device.reset() == "pm"
    assert device.config.data == before
    path = f"bus/pci/devices/{CARD}/config"
    assert log(kernel) == [
        (path, b"\3\1\0\0", 0x64),
        ("pause", 0.01),
        (path, POWER, 0x64),
        ("pause", 0.01),
        (path, before[16:], 16),
        (path, before[:16], 0),
    ]


def test_a_sleeping_device_is_awake_afterwards(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(power=b"\3\1\0\0"))
    assert device.reset() == "pm"
    assert log(kernel)[2] == (f"bus/pci/devices/{CARD}/config", POWER, 0x64)


@pytest.mark.parametrize("power", [None, NO_SOFT_RESET])
def test_by_its_bus(kernel: FakePciKernel, power: bytes | None) -> None:
    device = card(kernel, endpoint(power=power))
    before, above = device.config.data, kernel.device(BRIDGE).config.data
    assert device.reset() == "bus"
    assert device.config.data == before
    assert kernel.device(BRIDGE).config.data == above
    path, ours = f"bus/pci/devices/{BRIDGE}/config", f"bus/pci/devices/{CARD}/config"
    assert log(kernel) == [
        (path, b"\x43\0", 0x3E),
        ("pause", 0.2),
        (path, b"\x03\0", 0x3E),
        ("pause", 0.2),
        (ours, before[16:], 16),
        (ours, before[:16], 0),
    ]


def test_the_bus_is_found_by_its_number_too(kernel: FakePciKernel) -> None:
    device = kernel.add_device(CARD, vendor=0x8086, product=0x10D3, config=endpoint())
    assert device.reset() == "bus"


def test_others_on_the_bus_keep_it_from_a_reset(kernel: FakePciKernel) -> None:
    device, other = card(kernel, endpoint()), card(kernel, endpoint(), TWIN)
    for inactive in (None, PciDeviceList([device])):
        with pytest.raises(InternalError, match=f"active device {TWIN} is on the bus of {CARD}"):
            device.reset(None, inactive)
    assert log(kernel) == []
    assert device.reset(PciDeviceList(), PciDeviceList([device, other])) == "bus"


def test_the_kernel_does_it_where_it_offers_to(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(power=POWER, flr=True), reset="")
    assert device.reset() == "kernel"
    assert log(kernel) == [(f"bus/pci/devices/{CARD}/reset", b"1", 0)]


def test_where_the_kernel_fails_others_are_tried(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(power=POWER), reset="")
    kernel.refuse[f"bus/pci/devices/{CARD}/reset"] = errno.ENOTTY
    assert device.reset() == "pm"


def test_left_to_others(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(flr=True))
    assert device.reset() == "flr"
    bound = card(kernel, endpoint(), TWIN, reset="")
    bound.bind_to_stub("vfio-pci")
    kernel.log.clear()
    assert bound.reset() == "vfio"
    assert log(kernel) == []


def test_virtual_functions_have_function_level_reset(kernel: FakePciKernel) -> None:
    card(kernel, endpoint())
    function = kernel.add_device("0000:03:10.0", vendor=1, product=2, config=endpoint(), above=BRIDGE, physfn=CARD)
    assert function.reset() == "flr"


def test_devices_of_guests_and_bridges_are_refused(kernel: FakePciKernel) -> None:
    device, active = card(kernel, endpoint(power=POWER)), PciDeviceList()
    active.add(device, ("QEMU", "web"))
    with pytest.raises(InternalError, match=f"{CARD}: it is in use by driver QEMU, domain web"):
        device.reset(active)
    with pytest.raises(InternalError, match="only endpoints can be reset"):
        kernel.device(BRIDGE).reset()
    with pytest.raises(InternalError, match="unknown pci header type"):
        card(kernel, endpoint(header=0x7F), TWIN).reset()


def test_no_way_on_the_root_bus(kernel: FakePciKernel) -> None:
    device = kernel.add_device("0000:00:19.0", vendor=1, product=2, config=endpoint(), above="pci0000:00")
    with pytest.raises(InternalError, match="neither function level nor power management reset"):
        device.reset()


def test_no_way_without_a_bridge(kernel: FakePciKernel) -> None:
    device = kernel.add_device("0000:09:00.0", vendor=1, product=2, config=endpoint())
    with pytest.raises(InternalError, match=r"cannot reset pci device 0000:09:00\.0: no bridge found above"):
        device.reset()


def test_what_could_not_be_restored_is_not_reset(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint(power=POWER)[:128])
    with pytest.raises(InternalError, match="128 bytes, too few to restore it"):
        device.reset()
    assert log(kernel) == []
    data = bytearray(endpoint())
    data[:4] = b"\xff" * 4
    dead = kernel.add_device("0000:03:02.0", vendor=1, product=2, config=bytes(data), above="pci0000:03")
    with pytest.raises(InternalError):
        dead.reset()
    assert log(kernel) == []


@pytest.mark.parametrize("power", [None, POWER])
def test_all_comes_back_whatever_happens(kernel: FakePciKernel, power: bytes | None) -> None:
    class Interrupted(FakePciKernel):
        def pause(self, seconds: float) -> None:
            raise KeyboardInterrupt

    device = card(kernel, endpoint(power=power))
    before = device.config.data
    kernel.__class__ = Interrupted
    with pytest.raises(KeyboardInterrupt):
        device.reset()
    assert kernel.device(BRIDGE).config.u16(0x3E) == 0x03
    assert device.config.data == before


def test_a_write_that_fails(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint())
    kernel.refuse[f"bus/pci/devices/{BRIDGE}/config"] = errno.EACCES
    with pytest.raises(InternalError, match=f"cannot reset pci device {CARD}: cannot write to '.*{BRIDGE}/config'"):
        device.reset()


def test_a_device_that_is_gone(kernel: FakePciKernel) -> None:
    with pytest.raises(SystemCallError) as caught:
        kernel.device(CARD).reset()
    assert caught.value.errno == errno.ENODEV


RESOURCE = """\
0x00000000f7df0000 0x00000000f7dfffff 0x0000000000040200
0x000000000000e000 0x000000000000e01f 0x0000000000040101
0x00000002f7e00000 0x00000002f7e0ffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000000000000 0x000000000000ffff 0x0000000000040200
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x00000000f7d80000 0x00000000f7dbffff 0x0000000000046200"""
ADDRESSES = struct.pack("<6I", 0xF7DF0000, 0xE001, 0xF7E0000C, 2, 0, 0)


def addressed(config: bytes) -> bytes:
    """The same with the addresses that RESOURCE tells of."""
    return config[:0x10] + ADDRESSES + config[0x28:]


@pytest.mark.parametrize(("power", "way"), [(None, "bus"), (POWER, "pm")])
def test_killed_meanwhile(kernel: FakePciKernel, power: bytes | None, way: str) -> None:
    """The next reset takes bus and device out of what the killed one left them in."""
    device = card(kernel, addressed(endpoint(power=power)), resource=RESOURCE)
    steps, lost = 0, 0
    for step in kill_steps(lambda: device.reset()):
        steps += 1
        lost += device.config.data[0x10:0x28] == bytes(24)
        assert device.reset() == way, step
        assert kernel.device(BRIDGE).config.u16(0x3E) == 0x03, step
        assert device.config.data[0x10:0x28] == ADDRESSES, step
    assert steps >= 4
    assert lost


def test_addresses_that_are_there_are_left_alone(kernel: FakePciKernel) -> None:
    config = bytearray(addressed(endpoint(power=POWER)))
    config[0x10:0x14] = struct.pack("<I", 0xF0000000)
    device = card(kernel, bytes(config), resource=RESOURCE)
    before = device.config.data
    assert device.reset() == "pm"
    assert device.config.data == before
    for wrong in ("", "0x1 0x2", "none of it\n" * 7):
        (Path(device.path) / "resource").write_text(wrong)
        assert device.reset() == "pm"
        assert device.config.data == before


def test_inactive_neighbours_come_back_too(kernel: FakePciKernel) -> None:
    device, other = card(kernel, endpoint()), card(kernel, addressed(endpoint()), TWIN)
    before = other.config.data
    assert device.reset(None, PciDeviceList([other])) == "bus"
    assert other.config.data == before


def test_the_kernel_resets_a_bus_where_it_offers_to(kernel: FakePciKernel) -> None:
    device = card(kernel, endpoint())
    offered = Path(kernel.device(BRIDGE).path) / "reset_subordinate"
    offered.touch()
    assert device.reset() == "bus"
    assert log(kernel) == [(f"bus/pci/devices/{BRIDGE}/reset_subordinate", b"1", 0)]
    kernel.refuse[f"bus/pci/devices/{BRIDGE}/reset_subordinate"] = errno.ENOTTY
    assert device.reset() == "bus"
    assert len(log(kernel)) > 4
