"""PCI functions for guests, on a bus whose kernel is played by the tests: no machine at hand has functions to spare."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pyvirt import services
from pyvirt.local import LocalFunctions
from pyvirt.refs import NodeDeviceRef
from pyvirt_driver_nodedev.service import PciFunctions
from pyvirt_driver_nodedev.vfio import group_in_use
from pyvirt_testing.fake_pci import FakePciKernel
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    InvalidArgError,
    NoSupportError,
    OperationInvalidError,
    SystemCallError,
)
from pyvirt_util.undo import UndoStack

NIC, OTHER = "0000:03:00.0", "0000:03:00.1"
DEVICE = NodeDeviceRef("pci_0000_03_00_0")


@pytest.fixture
def kernel(tmp_path: Path) -> FakePciKernel:
    kernel = FakePciKernel(tmp_path / "sys")
    kernel.add_driver("e1000e", "8086:10d3")
    kernel.add_module("vfio-pci")
    kernel.add_module("pci-stub")
    for address in (NIC, OTHER):
        kernel.add_device(address, vendor=0x8086, product=0x10D3, iommu_group=7, config=bytes(256), above="pci0000:03")
    return kernel


@pytest.fixture
def served(kernel: FakePciKernel, tmp_path: Path):
    plugin = PciFunctions(str(kernel.root), dev=str(tmp_path / "dev"), kernel=kernel)
    with services.nodedev.replaced(plugin):
        yield


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    """IOMMU groups that a guest has open: what the kernel answers to anybody else is all that is played."""
    busy: set[str] = set()
    really = os.open

    def opened(path, flags, *more, **keywords):
        if str(path).startswith(str(tmp_path / "dev/vfio")) and os.path.basename(path) in busy:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return really(path, flags, *more, **keywords)

    monkeypatch.setattr(os, "open", opened)
    return busy


def test_taken_and_given_back(served, kernel: FakePciKernel) -> None:
    with UndoStack() as undo:
        services.nodedev.detach(NIC, "vfio-pci", undo)
    assert kernel.device(NIC).driver == "vfio-pci"
    assert kernel.device(OTHER).driver == "e1000e"
    services.nodedev.reattach(NIC)
    assert kernel.device(NIC).driver == "e1000e"
    assert kernel.device(NIC).driver_override is None
    services.nodedev.reattach(NIC)
    assert kernel.device(NIC).driver == "e1000e"


def test_what_is_undone_goes_back_to_the_host(served, kernel: FakePciKernel) -> None:
    undo = UndoStack()
    services.nodedev.detach(NIC, "vfio-pci", undo)
    assert kernel.device(NIC).driver == "vfio-pci"
    undo.undo()
    assert kernel.device(NIC).driver == "e1000e"


def test_what_somebody_else_took_is_not_given_back(served, kernel: FakePciKernel) -> None:
    kernel.device(NIC).bind_to_stub("vfio-pci")
    undo = UndoStack()
    services.nodedev.detach(NIC, "vfio-pci", undo)
    undo.undo()
    assert kernel.device(NIC).driver == "vfio-pci"


def test_a_guest_s_function_stays_where_it_is(served, kernel: FakePciKernel, in_use: set[str]) -> None:
    kernel.device(NIC).bind_to_stub("vfio-pci")
    in_use.add("7")
    for step in (
        lambda: services.nodedev.detach(NIC, "pci-stub", UndoStack()),
        lambda: services.nodedev.reattach(NIC),
        lambda: services.nodedev.reset(NIC),
    ):
        with pytest.raises(OperationInvalidError, match="a guest has its IOMMU group 7") as raised:
            step()
        assert raised.value.hint == f"its members: {NIC}, {OTHER}"
    assert kernel.device(NIC).driver == "vfio-pci"
    services.nodedev.reattach(OTHER)  # the host's driver has it, nothing is to be done
    in_use.clear()
    services.nodedev.reattach(NIC)
    assert kernel.device(NIC).driver == "e1000e"


def test_a_kernel_that_refuses(served, kernel: FakePciKernel) -> None:
    kernel.picky.add("vfio-pci")
    with pytest.raises(Exception, match="vfio-pci"), UndoStack() as undo:
        services.nodedev.detach(NIC, "vfio-pci", undo)
    assert kernel.device(NIC).driver == "e1000e"


def test_resets(served, kernel: FakePciKernel) -> None:
    (kernel.root / f"bus/pci/devices/{NIC}/reset").touch()
    assert services.nodedev.reset(NIC) == "kernel"
    assert ("write", f"bus/pci/devices/{NIC}/reset", b"1", 0) in kernel.log
    with pytest.raises(InternalError, match="cannot reset pci device 0000:03:00"):
        services.nodedev.reset(OTHER)


@pytest.mark.parametrize("address", ["0000:09:00.0", "0000:03:00.7"])
def test_functions_that_are_not_there(served, address: str) -> None:
    for step in (
        lambda: services.nodedev.detach(address, "vfio-pci", UndoStack()),
        lambda: services.nodedev.reattach(address),
        lambda: services.nodedev.reset(address),
    ):
        with pytest.raises(SystemCallError) as raised:
            step()
        assert raised.value.errno == errno.ENODEV
        assert address in str(raised.value)


def test_malformed_addresses(served) -> None:
    with pytest.raises(InvalidArgError, match="malformed pci address 'eth0'"):
        services.nodedev.reattach("eth0")


def test_without_the_distribution_its_name_is_said() -> None:
    with services.nodedev.replaced(), pytest.raises(NoSupportError) as raised:
        services.nodedev.reset(NIC)
    assert raised.value.hint == "pip install pyvirt-driver-nodedev"


def test_groups(tmp_path: Path, in_use: set[str]) -> None:
    (tmp_path / "dev/vfio").mkdir(parents=True)
    (tmp_path / "dev/vfio/3").touch()
    in_use.add("4")
    found = {group: group_in_use(group, str(tmp_path / "dev")) for group in (3, 4, 5)}
    assert found == {3: False, 4: True, 5: False}


class TestByHand:
    """The operations of hypervisor drivers whose guests take functions of this host."""

    def test_detach_reattach_and_reset(self, served, kernel: FakePciKernel) -> None:
        driver = LocalFunctions()
        for name, stub in ((None, "vfio-pci"), ("vfio", "vfio-pci"), ("pci-stub", "pci-stub")):
            driver.node_device_detach_flags(DEVICE, name, 0)
            assert kernel.device(NIC).driver == stub
            driver.node_device_re_attach(DEVICE)
            assert kernel.device(NIC).driver == "e1000e"
        (kernel.root / f"bus/pci/devices/{NIC}/reset").touch()
        driver.node_device_reset(DEVICE)
        assert kernel.log[-1] == ("write", f"bus/pci/devices/{NIC}/reset", b"1", 0)

    def test_refusals(self, served) -> None:
        driver = LocalFunctions()
        for device in (NodeDeviceRef("block_sda"), NodeDeviceRef("computer"), NodeDeviceRef("pci_x")):
            for step in (driver.node_device_re_attach, driver.node_device_reset):
                with pytest.raises(InvalidArgError, match=f"device '{device.name}' is not a PCI device"):
                    step(device)
        with pytest.raises(ConfigUnsupportedError, match="'kvm'"):
            driver.node_device_detach_flags(DEVICE, "kvm", 0)
        with pytest.raises(InvalidArgError, match="unsupported flags"):
            driver.node_device_detach_flags(DEVICE, None, 1)
        with pytest.raises(InvalidArgError, match=r"'\.\./e1000e' is not the name of a pci driver"):
            driver.node_device_detach_flags(DEVICE, "../e1000e", 0)
