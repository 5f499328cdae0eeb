"""Mediated devices without mdevctl: types, devices, making and removing them on a described host."""

from __future__ import annotations

import errno
import os

import pytest

from pyvirt_conf.nodedev import MdevType
from pyvirt_driver_nodedev.mdev.devices import MediatedDevices
from pyvirt_driver_nodedev.mdev.sysfs import MdevBus, read_mdev, read_types
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    OperationFailedError,
    OperationInvalidError,
    OperationUnsupportedError,
    ResourceBusyError,
    SystemCallError,
)
from pyvirt_util.sysfs import Kernel

UUID = "d069d019-36ea-4111-8f0a-8c9a70e21366"


@pytest.fixture
def devices(mdev_host, tmp_path):
    root = str(mdev_host.root)
    return MediatedDevices(sysfs=root, dev=str(tmp_path / "dev"), kernel=mdev_host.kernel, patience=0.2)


def available(mdev_host, type_id: str = "i915-GVTg_V5_8") -> int:
    return {found.id: found.available_instances for found in read_types(str(mdev_host.parent))}[type_id]


def test_types(mdev_host) -> None:
    assert read_types(str(mdev_host.parent)) == [
        MdevType(id="i915-GVTg_V5_4", name=None, device_api="vfio-pci", available_instances=1),
        MdevType(id="i915-GVTg_V5_8", name="GVTg_V5_8", device_api="vfio-pci", available_instances=2),
    ]
    assert read_types(str(mdev_host.root)) == []
    (mdev_host.parent / "mdev_supported_types" / "i915-GVTg_V5_4" / "device_api").unlink()
    assert [found.id for found in read_types(str(mdev_host.parent))] == ["i915-GVTg_V5_8"]


def test_a_transient_device_comes_and_goes(devices, mdev_host, new_device) -> None:
    device = new_device(attributes=[("label", "first"), ("vgpu/weight", "4"), ("label", "second")])
    name = devices.create(device, mdev_host.find)
    (running,) = mdev_host.running()
    mdev = running.capabilities[0]
    assert name == running.name == device.name
    assert (running.parent, running.driver) == ("pci_0000_00_02_0", "vfio_mdev")
    assert running.path == f"/sys/devices/pci0000:00/0000:00:02.0/{mdev.uuid}"
    assert (mdev.type_id, mdev.parent_addr, mdev.iommu_group) == ("i915-GVTg_V5_8", "0000:00:02.0", 12)
    assert [(path.removeprefix(str(mdev_host.parent / mdev.uuid)), value) for path, value in mdev_host.written] == [
        ("/label", "first"),
        ("/vgpu/weight", "4"),
        ("/label", "second"),
    ]
    assert devices.is_running(device)
    assert available(mdev_host) == 1
    devices.stop(running)
    assert mdev_host.running() == []
    assert not devices.is_running(device)
    assert available(mdev_host) == 2
    with pytest.raises(OperationInvalidError, match="is not active"):
        devices.stop(running)


def test_what_the_parent_can_not_make(devices, mdev_host, new_device) -> None:
    with pytest.raises(ConfigUnsupportedError, match="no mediated devices of type 'nvidia-11'"):
        devices.create(new_device("nvidia-11"), mdev_host.find)
    for bad in ("../i915-GVTg_V5_8", "i915-GVTg_V5_8/", ".", ""):
        with pytest.raises(ConfigUnsupportedError, match="no mediated devices of type"):
            MdevBus(str(mdev_host.root), kernel=mdev_host.kernel).create("0000:00:02.0", bad, UUID)
    devices.create(new_device("i915-GVTg_V5_4", UUID), mdev_host.find)
    with pytest.raises(OperationInvalidError, match=f"'{UUID}' exists"):
        devices.create(new_device(uuid=UUID), mdev_host.find)
    with pytest.raises(ResourceBusyError, match="no instance of type 'i915-GVTg_V5_4' left"):
        devices.create(new_device("i915-GVTg_V5_4"), mdev_host.find)
    assert [found.find(type(found.capabilities[0])).uuid for found in mdev_host.running()] == [UUID]


@pytest.mark.parametrize("name", ["nonsense", "driver/unbind", "../../create", "", ".", "vgpu", "mdev_type/create"])
def test_an_attribute_it_does_not_have_leaves_no_device(devices, mdev_host, new_device, name) -> None:
    with pytest.raises(ConfigUnsupportedError, match=f"has no attribute '{name}'"):
        devices.create(new_device(uuid=UUID, attributes=[("label", "x"), (name, "1")]), mdev_host.find)
    assert mdev_host.running() == []
    assert available(mdev_host) == 2


def test_what_the_kernel_refuses(devices, mdev_host, new_device) -> None:
    path = str(mdev_host.parent / UUID / "label")
    mdev_host.refuse[path] = errno.EINVAL
    with pytest.raises(SystemCallError, match="invalid argument") as caught:
        devices.create(new_device(uuid=UUID, attributes=[("label", "x")]), mdev_host.find)
    assert caught.value.errno == errno.EINVAL
    assert available(mdev_host) == 2
    mdev_host.refuse[str(mdev_host.root / "class/mdev_bus/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_8/create")] = (
        errno.EUSERS
    )
    with pytest.raises(SystemCallError, match="too many users"):
        devices.create(new_device(uuid=UUID), mdev_host.find)


def test_a_device_that_never_appears(mdev_host, new_device) -> None:
    class Deaf(Kernel):
        def write(self, path: str, data: bytes, offset: int = 0) -> None:
            pass

    devices = MediatedDevices(sysfs=str(mdev_host.root), kernel=Deaf(), patience=0.05)
    with pytest.raises(OperationFailedError, match=f"'{UUID}' did not appear within 0.05 s"):
        devices.create(new_device(uuid=UUID), mdev_host.find)


def test_definitions_need_mdevctl(devices, mdev_host, new_device) -> None:
    device = new_device(uuid=UUID)
    assert devices.definitions(mdev_host.name_of) == {}
    with pytest.raises(OperationUnsupportedError, match="needs the program 'mdevctl'") as caught:
        devices.define(device, mdev_host.find)
    assert caught.value.hint == "apt install mdevctl"
    devices.create(device, mdev_host.find)
    for change in (devices.undefine, lambda found: devices.set_autostart(found, True)):
        with pytest.raises(OperationUnsupportedError, match="needs the program 'mdevctl'"):
            change(device)
    with pytest.raises(OperationInvalidError, match="is active"):
        devices.start(device)
    devices.stop(device)
    with pytest.raises(OperationUnsupportedError, match="needs the program 'mdevctl'"):
        devices.start(device)


def test_one_of_another_parent_is_another(devices, mdev_host, new_device) -> None:
    device = new_device(uuid=UUID)
    devices.create(device, mdev_host.find)
    twin = device.copy()
    twin.capabilities[0].parent_addr = "0000:00:03.0"
    assert devices.is_running(device)
    assert not devices.is_running(twin)
    with pytest.raises(OperationInvalidError, match="is not active"):
        devices.stop(twin)


def test_reading_what_is_no_device(mdev_host) -> None:
    with pytest.raises(InternalError, match="is no mediated device"):
        read_mdev(str(mdev_host.parent))
    os.symlink(mdev_host.root / "nowhere", mdev_host.root / "bus/mdev/devices" / UUID)
    assert not MdevBus(str(mdev_host.root)).exists(UUID)


def test_one_in_use_is_not_stopped(devices, mdev_host, new_device, tmp_path, monkeypatch) -> None:
    """VFIO's group is a device node that answers EBUSY; no such node can be had here, so ``open`` says it."""
    device = new_device(uuid=UUID)
    devices.create(device, mdev_host.find)
    group = str(tmp_path / "dev" / "vfio" / "12")
    real = os.open

    def busy(path, *args, **kwargs):
        if path == group:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", busy)
    with pytest.raises(ResourceBusyError, match="in use by a guest"):
        devices.stop(device)
    monkeypatch.undo()
    assert devices.is_running(device)
    devices.stop(device)
