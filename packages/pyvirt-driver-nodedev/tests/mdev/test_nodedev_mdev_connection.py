"""Mediated devices as users have them: through a connection, the host's driver, and the real mdevctl."""

from __future__ import annotations

import pytest

import pyvirt
from pyvirt.driver import HypervisorDriver
from pyvirt.enums import ConnectListAllNodeDeviceFlags as Filter
from pyvirt.objects import Connection
from pyvirt_conf.nodedev import MdevCapability, MdevTypes, PciCapability, parse_node_device
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.driver import HostNodedevDriver
from pyvirt_util import process
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    NoNodeDeviceError,
    OperationDeniedError,
    OperationInvalidError,
    OperationUnsupportedError,
    XmlError,
)
from pyvirt_util.uris import URI

UUID = "d069d019-36ea-4111-8f0a-8c9a70e21366"
NAME = "mdev_d069d019_36ea_4111_8f0a_8c9a70e21366_0000_00_02_0"


@pytest.fixture
def conn(mdev_namespace, bare_uri):
    with pyvirt.open(bare_uri) as connection:
        yield connection


@pytest.fixture
def without_mdevctl(mdev_host):
    """A connection to a described host on which mdevctl is not installed."""

    class Bare(HypervisorDriver):
        driver_name = "bare"

    driver = Bare()
    driver.nodedev = HostNodedevDriver(Host(str(mdev_host.root), kernel=mdev_host.kernel))
    return Connection(driver, URI.parse("bare:///system"))


def mdev(device) -> MdevCapability:
    return parse_node_device(device.xml()).find(MdevCapability)


def names(conn, flags=Filter.CAP_MDEV) -> list[str]:
    return [device.name for device in conn.list_node_devices(flags)]


@pytest.mark.root
def test_a_device_from_its_definition_to_its_end(conn, new_document) -> None:
    device = conn.define_node_device(new_document(uuid=UUID))
    assert device.name == NAME
    assert (device.is_persistent(), device.is_active(), device.autostart()) == (True, False, False)
    assert device.parent() == "pci_0000_00_02_0"
    assert device.list_caps() == ["mdev"]
    assert (names(conn), names(conn, Filter.CAP_MDEV | Filter.ACTIVE)) == ([NAME], [])
    assert mdev(device).uuid == UUID

    device.set_autostart(True)
    assert device.autostart()
    device.set_autostart(False)
    assert not device.autostart()

    device.start()
    assert device.is_active()
    assert names(conn) == names(conn, Filter.ACTIVE | Filter.CAP_MDEV) == [NAME]
    assert names(conn, Filter.INACTIVE) == []
    assert mdev(device).iommu_group == 12
    types = parse_node_device(conn.lookup_node_device(device.parent()).xml()).find(PciCapability).find(MdevTypes)
    assert [found.available_instances for found in types.types] == [1, 1]
    with pytest.raises(OperationInvalidError, match="already active"):
        device.start()

    device.destroy()
    assert (device.is_active(), device.is_persistent()) == (False, True)
    with pytest.raises(OperationInvalidError, match="is not active"):
        device.destroy()
    device.undefine()
    assert names(conn) == []
    with pytest.raises(NoNodeDeviceError, match=NAME):
        device.undefine()


@pytest.mark.root
def test_a_transient_device(conn, new_document) -> None:
    device = conn.create_node_device(new_document())
    assert (device.is_active(), device.is_persistent(), device.autostart()) == (True, False, False)
    assert names(conn) == [device.name]
    with pytest.raises(OperationInvalidError, match="not defined"):
        device.undefine()
    with pytest.raises(OperationInvalidError, match="transient device"):
        device.set_autostart(True)
    conn.define_node_device(new_document(uuid=mdev(device).uuid))
    assert device.is_persistent()
    device.undefine()
    assert device.is_active()
    device.destroy()
    with pytest.raises(NoNodeDeviceError, match=device.name):
        conn.lookup_node_device(device.name)


@pytest.mark.root
def test_attributes_of_a_definition_are_those_of_the_running_device(conn, mdev_namespace, new_document) -> None:
    # mdevctl writes them itself, at once: the described kernel is too slow for it, so they are defined afterwards.
    device = conn.create_node_device(new_document(uuid=UUID))
    conn.define_node_device(new_document(uuid=UUID, attributes=[("vgpu/weight", "4"), ("label", "x")]))
    assert device.is_active()
    assert [(item.name, item.value) for item in mdev(device).attributes] == [("vgpu/weight", "4"), ("label", "x")]
    assert parse_node_device(device.xml()).driver == "vfio_mdev"


@pytest.mark.root
def test_what_others_do_with_mdevctl_is_seen(conn, mdevctl_program) -> None:
    argv = [mdevctl_program, "define", "--parent=0000:00:02.0", "--type=i915-GVTg_V5_4", f"--uuid={UUID}", "--auto"]
    process.run(argv)
    device = conn.lookup_node_device(NAME)
    assert (device.is_active(), device.autostart(), mdev(device).type_id) == (False, True, "i915-GVTg_V5_4")
    device.start()
    process.run([mdevctl_program, "undefine", f"--uuid={UUID}"])
    assert (device.is_active(), device.is_persistent()) == (True, False)
    device.destroy()
    assert names(conn) == []


@pytest.mark.root
def test_mdevctl_s_words_reach_the_user(conn, new_document) -> None:
    conn.define_node_device(new_document(uuid=UUID))
    with pytest.raises(InternalError, match="cannot define a mediated device: Cowardly refusing to overwrite"):
        conn.define_node_device(new_document("i915-GVTg_V5_4", UUID))
    with pytest.raises(InternalError, match="does not support mdev type nonsense"):
        conn.create_node_device(new_document("nonsense"))
    with pytest.raises(ConfigUnsupportedError, match="no device 'pci_0000_00_03_0'"):
        conn.define_node_device(new_document(parent="pci_0000_00_03_0"))
    with pytest.raises(XmlError, match="without a parent"):
        conn.define_node_device(new_document(parent=None))


@pytest.mark.root
def test_a_reader_changes_nothing(conn, bare_uri, new_document) -> None:
    device = conn.create_node_device(new_document(uuid=UUID))
    with pyvirt.open(bare_uri, readonly=True) as reader:
        for change in (
            lambda: reader.create_node_device(new_document()),
            lambda: reader.define_node_device(new_document()),
            lambda: reader.lookup_node_device(NAME).destroy(),
        ):
            with pytest.raises(OperationDeniedError):
                change()
    assert device.is_active()


def test_transient_devices_need_no_mdevctl(without_mdevctl, mdev_host, new_document) -> None:
    conn = without_mdevctl
    device = conn.create_node_device(new_document(uuid=UUID, attributes=[("label", "x")]))
    assert device.name == NAME
    assert (device.is_active(), device.is_persistent(), device.parent()) == (True, False, "pci_0000_00_02_0")
    assert (mdev_host.parent / UUID / "label").read_text() == "x"
    assert names(conn) == [NAME]
    device.destroy()
    assert names(conn) == []
    with pytest.raises(OperationUnsupportedError, match="needs the program 'mdevctl'") as caught:
        conn.define_node_device(new_document())
    assert caught.value.hint == "apt install mdevctl"
