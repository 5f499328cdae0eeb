"""The driver's operations on a described machine, and on this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyvirt.driver.operation import declared_operations, implemented_operations
from pyvirt.enums.nodedev import ConnectListAllNodeDeviceFlags as Flags
from pyvirt.enums.nodedev import NodeDeviceCreateXMLFlags, NodeDeviceDefineXMLFlags, NodeDeviceEventID
from pyvirt.refs import NodeDeviceRef
from pyvirt_conf.nodedev import (
    MdevAttribute,
    MdevCapability,
    NodeDevice,
    PciCapability,
    PhysFunction,
    VirtFunctions,
    parse_node_device,
)
from pyvirt_driver_nodedev import PLUGIN
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.driver import HostNodedevDriver
from pyvirt_driver_nodedev.mdev.devices import MediatedDevices
from pyvirt_driver_nodedev.mdev.listing import MdevDefinition
from pyvirt_driver_nodedev.udev import FileDatabase
from pyvirt_testing.fake_sysfs import FakeSysfs
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InvalidArgError,
    NoNodeDeviceError,
    OperationInvalidError,
    VirtError,
    XmlError,
    XmlInvalidSchemaError,
)
from pyvirt_util.uris import URI

RUNNING = "mdev_53764d0e_85a0_42b4_af5c_2046b460b1dc_0000_00_02_0"
STOPPED = "mdev_b0b0b0b0_85a0_42b4_af5c_2046b460b1dc_0000_00_02_0"
NOTHING = NodeDeviceRef("pci_0000_ff_00_0")
CARD = NodeDeviceRef("pci_0000_03_00_0")


class DefinedDevices(MediatedDevices):
    """Two definitions, of the device that runs and of another; it takes note of what mdevctl would be asked for."""

    def __init__(self, host: Host) -> None:
        super().__init__(sysfs=host.sysfs, dev=host.dev)
        self.asked: list[tuple[object, ...]] = []

    def definitions(self, parent_name):
        found = {}
        for name, uuid in ((RUNNING, RUNNING[5:41]), (STOPPED, STOPPED[5:41])):
            capability = MdevCapability(type_id="nvidia-12", uuid=uuid.replace("_", "-"), parent_addr="0000:00:02.0")
            capability.attributes = [MdevAttribute(name="a", value="1")]
            device = NodeDevice(name=name, parent=parent_name("0000:00:02.0"), capabilities=[capability])
            found[name] = MdevDefinition(device, autostart=name == STOPPED)
        return found

    def start(self, device):
        self.asked.append(("start", device.name))

    def undefine(self, device):
        self.asked.append(("undefine", device.name))

    def set_autostart(self, device, autostart):
        self.asked.append(("autostart", device.name, autostart))


@pytest.fixture
def host(machine: FakeSysfs) -> Host:
    return Host(machine.sysfs, database=FileDatabase(str(machine.udev)), ids=[])


@pytest.fixture
def driver(host: Host) -> HostNodedevDriver:
    return HostNodedevDriver(host)


@pytest.fixture
def defined(host: Host) -> DefinedDevices:
    return DefinedDevices(host)


@pytest.fixture
def with_definitions(host: Host, defined: DefinedDevices) -> HostNodedevDriver:
    return HostNodedevDriver(host, mdevs=defined)


def names(driver: HostNodedevDriver, flags: int = 0) -> list[str]:
    return [device.name for device in driver.connect_list_all_node_devices(Flags(flags))]


def test_it_has_every_operation() -> None:
    assert set(implemented_operations(HostNodedevDriver)) == set(declared_operations(HostNodedevDriver))


def test_any_uri_sees_this_host_s_devices() -> None:
    driver = PLUGIN.open(URI.parse("qemu+unix:///embed?root=/nowhere"))
    listed = names(driver)
    assert listed[0] == "computer"
    assert len(listed) > 1, "a machine without any device"
    for name in listed:
        device = driver.node_device_lookup_by_name(name)
        found = parse_node_device(driver.node_device_get_xml_desc(device, 0))
        assert found.name == name
        assert found.parent == driver.node_device_get_parent(device)
        assert [capability.type for capability in found.capabilities] == driver.node_device_list_caps(device)[:1]
        assert driver.node_device_is_active(device)
        assert found.path is None or os.path.isdir(found.path)
    functions = {entry.name for entry in Path("/sys/bus/pci/devices").glob("*")}
    assert len(names(driver, Flags.CAP_PCI_DEV)) == len(functions)
    interfaces = {entry.name for entry in Path("/sys/class/net").glob("*")}
    for name in names(driver, Flags.CAP_NET):
        text = driver.node_device_get_xml_desc(NodeDeviceRef(name), 0)
        assert text.partition("<interface>")[2].partition("<")[0] in interfaces


def test_lists_of_what_runs_and_what_does_not(with_definitions: HostNodedevDriver) -> None:
    listed = names(with_definitions)
    assert listed.count(RUNNING) == listed.count(STOPPED) == 1
    assert names(with_definitions, Flags.ACTIVE | Flags.INACTIVE) == listed
    assert names(with_definitions, Flags.ACTIVE) == [name for name in listed if name != STOPPED]
    assert names(with_definitions, Flags.INACTIVE) == [STOPPED]
    assert names(with_definitions, Flags.INACTIVE | Flags.CAP_MDEV) == [STOPPED]
    assert names(with_definitions, Flags.INACTIVE | Flags.CAP_PCI_DEV) == []
    assert names(with_definitions, Flags.CAP_MDEV) == [RUNNING, STOPPED]


def test_unknown_flags_are_refused(driver: HostNodedevDriver) -> None:
    with pytest.raises(InvalidArgError, match="0x400000"):
        driver.connect_list_all_node_devices(Flags(0x400000))
    computer = NodeDeviceRef("computer")
    for call in (
        lambda: driver.node_device_get_xml_desc(computer, 1),
        lambda: driver.node_device_lookup_scsi_host_by_wwn("", "", 1),
        lambda: driver.node_device_create_xml("<device/>", NodeDeviceCreateXMLFlags(2)),
        lambda: driver.node_device_define_xml("<device/>", NodeDeviceDefineXMLFlags(2)),
        lambda: driver.node_device_undefine(computer, 1),
        lambda: driver.node_device_create(computer, 1),
    ):
        with pytest.raises(InvalidArgError, match="unsupported flags"):
            call()


def test_what_is_not_there_is_named(driver: HostNodedevDriver) -> None:
    for call in (
        lambda: driver.node_device_lookup_by_name(NOTHING.name),
        lambda: driver.node_device_get_xml_desc(NOTHING, 0),
        lambda: driver.node_device_get_parent(NOTHING),
        lambda: driver.node_device_list_caps(NOTHING),
        lambda: driver.node_device_is_active(NOTHING),
        lambda: driver.node_device_is_persistent(NOTHING),
        lambda: driver.node_device_get_autostart(NOTHING),
        lambda: driver.node_device_set_autostart(NOTHING, True),
        lambda: driver.node_device_destroy(NOTHING),
        lambda: driver.node_device_undefine(NOTHING, 0),
        lambda: driver.node_device_create(NOTHING, 0),
    ):
        with pytest.raises(NoNodeDeviceError, match="'pci_0000_ff_00_0'"):
            call()


def test_scsi_hosts_by_their_names(driver: HostNodedevDriver) -> None:
    for wwnn, wwpn, name in (
        ("2001001b32a9da4e", "2101001b32a9da4e", "scsi_host5"),
        ("5001a4aaf3ca174b", "5001a4a77192b864", "scsi_host6"),
    ):
        found = driver.node_device_lookup_scsi_host_by_wwn(wwnn, wwpn, 0)
        assert found == driver.node_device_lookup_by_name(name)
    with pytest.raises(NoNodeDeviceError, match="'2001001b32a9da4e' and wwpn '5001a4a77192b864'"):
        driver.node_device_lookup_scsi_host_by_wwn("2001001b32a9da4e", "5001a4a77192b864", 0)


def test_what_is_persistent_and_what_starts_with_the_host(with_definitions: HostNodedevDriver) -> None:
    def facts(name: str) -> tuple[bool, bool, bool]:
        device = NodeDeviceRef(name)
        return (
            with_definitions.node_device_is_active(device),
            with_definitions.node_device_is_persistent(device),
            with_definitions.node_device_get_autostart(device),
        )

    assert facts("computer") == (True, True, True)
    assert facts(CARD.name) == (True, False, False)
    assert facts(RUNNING) == (True, True, False)
    assert facts(STOPPED) == (False, True, True)


def test_a_device_that_is_only_defined(with_definitions: HostNodedevDriver) -> None:
    stopped = with_definitions.node_device_lookup_by_name(STOPPED)
    assert with_definitions.node_device_get_parent(stopped) == "pci_0000_00_02_0"
    assert with_definitions.node_device_list_caps(stopped) == ["mdev"]
    text = with_definitions.node_device_get_xml_desc(stopped, 0)
    assert "<path>" not in text
    assert "<type id='nvidia-12'/>" in text


def test_a_device_that_runs_has_the_attributes_of_its_definition(with_definitions: HostNodedevDriver) -> None:
    text = with_definitions.node_device_get_xml_desc(NodeDeviceRef(RUNNING), 0)
    assert "<type id='nvidia-11'/>" in text
    assert "<attr name='a' value='1'/>" in text


def test_changes_of_definitions(with_definitions: HostNodedevDriver, defined: DefinedDevices) -> None:
    stopped, running = NodeDeviceRef(STOPPED), NodeDeviceRef(RUNNING)
    with_definitions.node_device_create(stopped, 0)
    with_definitions.node_device_set_autostart(stopped, True)  # it is so already
    with_definitions.node_device_set_autostart(running, True)
    with_definitions.node_device_undefine(running, 0)
    assert defined.asked == [("start", STOPPED), ("autostart", RUNNING, True), ("undefine", RUNNING)]
    with pytest.raises(OperationInvalidError, match="is already active"):
        with_definitions.node_device_create(running, 0)
    with pytest.raises(OperationInvalidError, match="is not active"):
        with_definitions.node_device_destroy(stopped)


def test_only_mediated_devices_and_virtual_adapters_are_made(driver: HostNodedevDriver) -> None:
    uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
    text = f"<device><capability type='system'><hardware><uuid>{uuid}</uuid></hardware></capability></device>"
    for call in (
        lambda: driver.node_device_create_xml(text, NodeDeviceCreateXMLFlags(0)),
        lambda: driver.node_device_define_xml(text, NodeDeviceDefineXMLFlags(0)),
    ):
        with pytest.raises(ConfigUnsupportedError, match="unsupported device type system"):
            call()
    for change in (
        lambda: driver.node_device_destroy(CARD),
        lambda: driver.node_device_undefine(CARD, 0),
        lambda: driver.node_device_set_autostart(CARD, True),
    ):
        with pytest.raises(ConfigUnsupportedError, match="unsupported device type pci, vpd of 'pci_0000_03_00_0'"):
            change()
    with pytest.raises(OperationInvalidError, match="'pci_0000_03_00_0' is already active"):
        driver.node_device_create(CARD, 0)


def test_a_transient_mediated_device_has_nothing_to_undefine(driver: HostNodedevDriver) -> None:
    running = NodeDeviceRef(RUNNING)
    with pytest.raises(OperationInvalidError, match="is not defined"):
        driver.node_device_undefine(running, 0)
    with pytest.raises(OperationInvalidError, match="cannot set autostart for transient device"):
        driver.node_device_set_autostart(running, True)


def test_documents_of_new_devices_are_checked(driver: HostNodedevDriver) -> None:
    mdev = "<device>{}<capability type='mdev'>{}<type id='nvidia-11'/></capability></device>"
    with pytest.raises(XmlError, match="without a parent"):
        driver.node_device_define_xml(mdev.format("", ""), NodeDeviceDefineXMLFlags(0))
    text = mdev.format("<parent>pci_0000_00_02_0</parent>", "<colour/>")
    with pytest.raises(XmlInvalidSchemaError, match="colour"):
        driver.node_device_define_xml(text, NodeDeviceDefineXMLFlags.VALIDATE)
    for damaged in ("", "<device/>", "<domain/>", mdev.format("", "")[:-3], "\0"):
        with pytest.raises(VirtError):
            driver.node_device_create_xml(damaged, NodeDeviceCreateXMLFlags(0))


def test_a_function_that_goes_between_two_steps(driver: HostNodedevDriver, machine: FakeSysfs) -> None:
    (machine.root / "bus/pci/devices/0000:00:1e.0/vendor").unlink()
    with pytest.raises(VirtError, match=r"0000:00:1e\.0"):
        driver.node_device_get_xml_desc(NodeDeviceRef("pci_0000_00_1e_0"), 0)
    assert "pci_0000_00_1e_0" in names(driver)


def test_sriov(driver: HostNodedevDriver) -> None:
    def capability(name: str) -> PciCapability:
        found = parse_node_device(driver.node_device_get_xml_desc(NodeDeviceRef(name), 0)).find(PciCapability)
        assert found is not None
        return found

    card, function = capability("pci_0000_03_00_0"), capability("pci_0000_03_10_2")
    functions = card.find(VirtFunctions)
    assert functions is not None
    assert (functions.max_count, [item.slot for item in functions.addresses]) == (7, [16, 16])
    physical = function.find(PhysFunction)
    assert physical is not None
    assert (physical.type, physical.address.bus, physical.address.slot) == ("phys_function", 3, 0)
    assert function.iommu_group is not None
    assert (function.iommu_group.number, len(function.iommu_group.addresses)) == (15, 1)
    assert card.numa_node == 1


def test_callbacks_that_are_not_registered(driver: HostNodedevDriver) -> None:
    with pytest.raises(InvalidArgError, match="no event callback with number 3"):
        driver.connect_node_device_event_deregister_any(3)
    driver.close()
    driver.close()


def test_closing_ends_the_thread(driver: HostNodedevDriver) -> None:
    import threading

    before = (len(os.listdir("/proc/self/fd")), threading.active_count())
    driver.connect_node_device_event_register_any(None, NodeDeviceEventID.LIFECYCLE, print)
    number = driver.connect_node_device_event_register_any(CARD, NodeDeviceEventID.UPDATE, print)
    assert threading.active_count() == before[1] + 2
    driver.connect_node_device_event_deregister_any(number)
    driver.close()
    import gc

    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "pyvirt-nodedev-events"]
    assert len(os.listdir("/proc/self/fd")) <= before[0] + 1
