"""Taking PCI devices from their drivers and giving them back, where the kernel is played by fake_pci."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

import pytest

from pyvirt_testing.fake_pci import FakePciKernel
from pyvirt_testing.killer import kill_steps
from pyvirt_util.errors import (
    InternalError,
    InvalidArgError,
    OperationFailedError,
    OperationInvalidError,
    OperationTimeoutError,
    SystemCallError,
)
from pyvirt_util.pci import PciDevice, PciDeviceList, detach, reattach
from pyvirt_util.pci.lock import DeviceLock

CARD, SOLE = "0000:03:00.0", "0000:04:00.0"
BUS = "bus/pci"


@pytest.fixture
def kernel(tmp_path: Path) -> FakePciKernel:
    kernel = FakePciKernel(tmp_path / "sys")
    kernel.add_driver("e1000e", "8086:10d3")
    kernel.add_module("vfio-pci")
    kernel.add_device(CARD, vendor=0x8086, product=0x10D3, iommu_group=3)
    kernel.add_device(SOLE, vendor=0x1234, product=0x5678)  # nobody has a driver for it
    return kernel


@pytest.fixture
def card(kernel: FakePciKernel) -> PciDevice:
    return kernel.device(CARD)


def writes(kernel: FakePciKernel) -> list[tuple[object, object]]:
    return [(entry[1], entry[2]) for entry in kernel.log if entry[0] == "write"]


def test_to_the_stub_and_back(kernel: FakePciKernel, card: PciDevice) -> None:
    assert card.driver == "e1000e"
    card.bind_to_stub("vfio-pci")
    assert card.driver == card.driver_override == "vfio-pci"
    assert card.bound_to_vfio
    card.unbind_from_stub()
    assert card.driver == "e1000e"
    assert card.driver_override is None
    folder, name = f"{BUS}/devices/{CARD}", CARD.encode()
    assert writes(kernel) == [
        (f"{folder}/driver_override", b"vfio-pci"),
        (f"{folder}/driver/unbind", name),
        (f"{BUS}/drivers_probe", name),
        (f"{folder}/driver/unbind", name),
        (f"{folder}/driver_override", b"\n"),
        (f"{BUS}/drivers_probe", name),
    ]


def test_a_driver_is_loaded_when_it_is_absent(kernel: FakePciKernel, card: PciDevice) -> None:
    card.bind_to_stub("vfio-pci")
    kernel.device(SOLE).bind_to_stub("vfio-pci")
    assert [entry for entry in kernel.log if entry[0] == "load"] == [("load", "vfio-pci")]


def test_the_module_of_xen_has_another_name(kernel: FakePciKernel, card: PciDevice) -> None:
    kernel.add_module("xen-pciback", "pciback")
    card.bind_to_stub("pciback")
    assert card.driver == "pciback"
    card.unbind_from_stub()
    assert card.driver == "e1000e"


def test_twice_is_as_good_as_once(kernel: FakePciKernel, card: PciDevice) -> None:
    card.bind_to_stub("vfio-pci")
    count = len(kernel.log)
    card.bind_to_stub("vfio-pci")
    assert len(kernel.log) == count
    card.unbind_from_stub()
    count = len(kernel.log)
    card.unbind_from_stub()
    assert len(kernel.log) == count
    assert card.driver == "e1000e"


def test_a_device_without_a_driver(kernel: FakePciKernel) -> None:
    sole = kernel.device(SOLE)
    sole.unbind()
    sole.bind_to_stub()
    assert sole.driver == "vfio-pci"
    sole.unbind_from_stub()
    assert sole.driver is None
    assert sole.driver_override is None
    assert sole.reprobe() is None


def test_a_device_of_the_host_stays_where_it_is(kernel: FakePciKernel, card: PciDevice) -> None:
    card.unbind_from_stub()
    assert writes(kernel) == []
    card.unbind()
    assert card.driver is None
    assert card.reprobe() == "e1000e"


def test_a_variant_of_vfio_is_known_by_its_override(kernel: FakePciKernel, card: PciDevice) -> None:
    kernel.add_module("mlx5-vfio-pci")
    card.bind_to_stub("mlx5-vfio-pci")
    assert card.driver == "mlx5-vfio-pci"
    card.unbind_from_stub()
    assert card.driver == "e1000e"


def test_from_one_stub_to_another(kernel: FakePciKernel, card: PciDevice) -> None:
    kernel.add_driver("pci-stub")
    card.bind_to_stub("pci-stub")
    card.bind_to_stub("vfio-pci")
    assert card.driver == card.driver_override == "vfio-pci"


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../../devices", "vfio pci", "vfio\npci", "a\0b"])
def test_what_is_no_driver(card: PciDevice, name: str) -> None:
    with pytest.raises(InvalidArgError, match="is not the name of a pci driver"):
        card.bind_to_stub(name)


def test_a_module_that_can_not_be_loaded(kernel: FakePciKernel, card: PciDevice) -> None:
    with pytest.raises(InternalError, match=f"cannot load module 'pci-stub' .* for pci device {CARD}"):
        card.bind_to_stub("pci-stub")
    assert card.driver == "e1000e"
    assert writes(kernel) == []


def test_a_module_without_the_driver(kernel: FakePciKernel, card: PciDevice) -> None:
    kernel.add_module("pci-stub", "something-else")
    with pytest.raises(InternalError, match="there is no pci driver 'pci-stub'"):
        card.bind_to_stub("pci-stub")


def test_a_driver_that_does_not_take_it(kernel: FakePciKernel, card: PciDevice) -> None:
    kernel.picky.add("vfio-pci")
    with pytest.raises(OperationFailedError, match=f"driver 'vfio-pci' did not take pci device {CARD}") as caught:
        card.bind_to_stub()
    assert caught.value.hint == "the kernel's log has the reason"
    assert card.driver == "e1000e"
    assert card.driver_override is None
    with pytest.raises(OperationFailedError) as caught:
        kernel.device(SOLE).bind_to_stub()
    assert "no IOMMU group" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (f"{BUS}/devices/{CARD}/driver_override", f"cannot allow driver 'vfio-pci' for pci device {CARD}"),
        (f"{BUS}/devices/{CARD}/driver/unbind", f"cannot unbind pci device {CARD} from driver 'e1000e'"),
        (f"{BUS}/drivers_probe", f"cannot probe drivers for pci device {CARD}"),
    ],
)
def test_a_step_the_kernel_refuses(kernel: FakePciKernel, card: PciDevice, file: str, message: str) -> None:
    kernel.refuse[file] = errno.EPERM
    with pytest.raises(SystemCallError, match=message) as caught:
        card.bind_to_stub()
    assert caught.value.errno == errno.EPERM
    assert file in str(caught.value)
    assert card.driver_override is None
    kernel.refuse.clear()
    card.unbind_from_stub()
    assert card.driver == "e1000e"


def test_a_device_that_goes_away_meanwhile(kernel: FakePciKernel, card: PciDevice) -> None:
    class Unplugging(FakePciKernel):
        def write(self, path: str, data: bytes, offset: int = 0) -> None:
            super().write(path, data, offset)
            if path.endswith("/unbind"):
                self.remove(CARD)

    kernel.__class__ = Unplugging
    with pytest.raises(SystemCallError, match=CARD) as caught:
        card.bind_to_stub()
    assert caught.value.errno == errno.ENODEV


@pytest.mark.parametrize("finish", [False, True])
def test_killed_while_binding(kernel: FakePciKernel, finish: bool) -> None:
    """Whoever comes next can finish it, or take it back at once."""
    steps = 0
    for step in kill_steps(lambda: kernel.device(CARD).bind_to_stub("vfio-pci")):
        steps += 1
        card = kernel.device(CARD)
        if finish:
            card.bind_to_stub("vfio-pci")
            assert card.driver == "vfio-pci", step
        card.unbind_from_stub()
        assert card.driver == "e1000e", step
        assert card.driver_override is None, step
    assert steps >= 4
    assert kernel.device(CARD).driver == "vfio-pci"


@pytest.mark.parametrize("finish", [False, True])
@pytest.mark.parametrize("stub", ["vfio-pci", "mlx5-vfio-pci"])
def test_killed_while_giving_back(kernel: FakePciKernel, stub: str, finish: bool) -> None:
    kernel.add_driver(stub)
    kernel.device(CARD).bind_to_stub(stub)
    steps = 0
    for step in kill_steps(lambda: kernel.device(CARD).unbind_from_stub()):
        steps += 1
        card = kernel.device(CARD)
        if finish:
            card.unbind_from_stub()
            assert card.driver == "e1000e", step
            assert card.driver_override is None, step
        card.bind_to_stub(stub)
        assert card.driver == stub, step
    assert steps >= 4
    assert kernel.device(CARD).driver == "e1000e"


def test_several_processes_at_once(kernel: FakePciKernel, card: PciDevice) -> None:
    """They take turns: none finds a device that another one is in the middle of."""
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for _ in range(20):
                    kernel.device(CARD).bind_to_stub("vfio-pci")
                    kernel.device(CARD).unbind_from_stub()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert card.driver == "e1000e"
    assert card.driver_override is None


def test_a_lock_that_is_not_given_back(card: PciDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyvirt_util.pci.lock._TIMEOUT", 0.05)
    with (
        DeviceLock(card),
        pytest.raises(OperationTimeoutError, match=f"lock of pci device {CARD} is still held by .*{os.getpid()}"),
    ):
        card.bind_to_stub()
    card.bind_to_stub()
    assert card.driver == "vfio-pci"


# With lists


def test_detaching_and_reattaching(kernel: FakePciKernel, card: PciDevice) -> None:
    active, inactive = PciDeviceList(), PciDeviceList()
    detach(card, active=active, inactive=inactive)
    detach(card, active=active, inactive=inactive)
    assert list(inactive) == [card]
    assert card.driver == "vfio-pci"
    reattach(card, active=active, inactive=inactive)
    reattach(card, active=active, inactive=inactive)
    assert list(inactive) == []
    assert card.driver == "e1000e"


def test_devices_of_guests_are_left_alone(kernel: FakePciKernel, card: PciDevice) -> None:
    active, inactive = PciDeviceList(), PciDeviceList()
    active.add(card, ("QEMU", "web"))
    for step in (detach, reattach):
        with pytest.raises(OperationInvalidError, match=f"{CARD}: it is in use by driver QEMU, domain web"):
            step(kernel.device(CARD), active=active, inactive=inactive)
    assert writes(kernel) == []
    assert len(inactive) == 0


def test_what_fails_is_not_listed(kernel: FakePciKernel, card: PciDevice) -> None:
    inactive = PciDeviceList()
    kernel.picky.add("vfio-pci")
    with pytest.raises(OperationFailedError):
        detach(card, inactive=inactive)
    assert len(inactive) == 0
