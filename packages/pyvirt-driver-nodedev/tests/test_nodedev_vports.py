"""Fibre Channel adapters and virtual ports on a described host: this machine has no such hardware."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from pyvirt.driver import HypervisorDriver
from pyvirt.enums import ConnectListAllNodeDeviceFlags
from pyvirt.objects import Connection
from pyvirt_conf.nodedev import FcHost, NodeDevice, ScsiHostCapability, VportOps, parse_node_device
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.driver import HostNodedevDriver
from pyvirt_driver_nodedev.vports import ScsiHosts, check_wwn, host_number, new_wwn
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    NoNodeDeviceError,
    OperationInvalidError,
    SystemCallError,
    XmlError,
    system_error,
)
from pyvirt_util.sysfs import Kernel
from pyvirt_util.uris import URI

FABRIC = "2001000dec9877c1"
NODE, PORT = "2001001b32a9da4e", "2101001b32a9da4e"
NEW_NODE, NEW_PORT = "5001a4a93526d0a1", "5001a4ace3ee047d"


class DescribedFcHost(Kernel):
    """A tree like sysfs with adapters, and what the kernel does for ``vport_create`` and ``vport_delete`` in it.

    The numbers are as on a host: 3 is SATA, 4 is offline, 5 and 6 are online, 5 has no room for another port.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writes: list[str] = []
        self.stillborn = False
        self.add(3, "0000:00:1f.2/ata1", unique_id=1)
        self.add(4, "0000:04:00.0", unique_id=1, node="4", state="Linkdown", vports=(0, 127))
        self.add(5, "0000:05:00.0", unique_id=1, node="5", vports=(4, 4))
        self.add(6, "0000:06:00.0", unique_id=2, node=NODE, port=PORT, vports=(9, 127))
        self.add(10, "0000:06:00.1", unique_id=3, node="a", vports=(0, 127))

    def add(self, host: int, place: str, *, unique_id: int, node="", port="", state="Online", vports=None) -> None:
        device = self.root / "devices" / "pci0000:00" / place / f"host{host}"
        for kind in ("scsi_host", "fc_host") if node else ("scsi_host",):
            folder = device / kind / f"host{host}"
            folder.mkdir(parents=True)
            link = self.root / "class" / kind / f"host{host}"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(folder)
        on_bus = self.root / "bus" / "scsi" / "devices" / f"host{host}"
        on_bus.parent.mkdir(parents=True, exist_ok=True)
        on_bus.symlink_to(device)
        (device / "subsystem").symlink_to(self.root / "bus" / "scsi")
        self.put(f"class/scsi_host/host{host}/unique_id", str(unique_id))
        if node:
            port = port or node
            values = {"node_name": f"0x{node}", "port_name": f"0x{port}", "port_state": state}
            values["fabric_name"] = f"0x{FABRIC}" if state == "Online" else "0xffffffffffffffff"
            if vports is not None:
                values |= {"npiv_vports_inuse": str(vports[0]), "max_npiv_vports": str(vports[1])}
                values |= {"vport_create": "", "vport_delete": ""}
            for name, value in values.items():
                self.put(f"class/fc_host/host{host}/{name}", value)

    def put(self, name: str, value: str) -> None:
        (self.root / name).write_text(f"{value}\n")

    def write(self, path: str, data: bytes, offset: int = 0) -> None:
        found = re.fullmatch(r".*/host([0-9]+)/vport_(create|delete)", path)
        assert found is not None
        self.writes.append(f"{found[1]} {found[2]} {data.decode()}")
        names = re.fullmatch("([0-9a-f]{16}):([0-9a-f]{16})", data.decode())
        try:
            if names is None:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            self.manage(int(found[1]), found[2], names[2], names[1])
        except OSError as error:
            raise system_error(f"write {data!r} to '{path}'", error) from error

    def manage(self, parent: int, verb: str, node: str, port: str) -> None:
        folder = self.root / "class" / "fc_host" / f"host{parent}"
        change = 1 if verb == "create" else -1
        inuse = int((folder / "npiv_vports_inuse").read_text()) + change
        if inuse > int((folder / "max_npiv_vports").read_text()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.put(f"class/fc_host/host{parent}/npiv_vports_inuse", str(inuse))
        if self.stillborn:
            return
        adapter = folder.resolve().parent.parent
        virtual = 1 + max(int(name.removeprefix("host")) for name in os.listdir(self.root / "class" / "scsi_host"))
        if verb == "create":
            below = adapter.relative_to(self.root.resolve() / "devices" / "pci0000:00")
            self.add(virtual, f"{below}/vport-{parent}:0-0", unique_id=0, node=node, port=port)
            return
        virtual = next(
            int(name.removeprefix("host"))
            for name in os.listdir(self.root / "class" / "fc_host")
            if (self.root / "class" / "fc_host" / name / "port_name").read_text() == f"0x{port}\n"
        )
        for kind in ("scsi_host", "fc_host"):
            (self.root / "class" / kind / f"host{virtual}").unlink()
        (self.root / "bus" / "scsi" / "devices" / f"host{virtual}").unlink()
        shutil.rmtree(adapter / f"vport-{parent}:0-0")


@pytest.fixture
def described(tmp_path: Path) -> DescribedFcHost:
    return DescribedFcHost(tmp_path)


@pytest.fixture
def hosts(described: DescribedFcHost) -> ScsiHosts:
    return ScsiHosts(str(described.root), kernel=described, patience=0.1)


def new_vhba(parent: str = "", wwnn: str = NEW_NODE, wwpn: str = NEW_PORT) -> NodeDevice:
    text = (
        f"<device>{parent}<capability type='scsi_host'><capability type='fc_host'>"
        f"<wwnn>{wwnn}</wwnn><wwpn>{wwpn}</wwpn></capability></capability></device>"
    )
    return parse_node_device(text, new=True)


def test_what_an_adapter_is(hosts: ScsiHosts) -> None:
    assert [hosts.is_fc(host) for host in (3, 4, 6, 7)] == [False, True, True, False]
    assert hosts.capability(3).capabilities == []
    assert (hosts.capability(3).host, hosts.capability(3).unique_id) == (3, 1)
    found = hosts.capability(6)
    assert found.find(FcHost) == FcHost(wwnn=NODE, wwpn=PORT, fabric_wwn=FABRIC)
    assert found.find(VportOps) == VportOps(max_vports=127, vports=9)
    assert hosts.attribute(6, "port_state") == "Online"
    assert hosts.attribute(6, "nonsense") is None


def test_finding_adapters(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    assert hosts.by_wwn(NODE, PORT) == 6
    assert hosts.by_wwn(f"0x{NODE.upper()}", PORT) == 6
    assert hosts.by_wwn(NODE, NODE) is None
    assert hosts.by_fabric(FABRIC) == 5
    assert hosts.by_fabric("ffffffffffffffff") == 4
    assert hosts.by_fabric(NODE) is None
    assert hosts.with_room() == 6
    assert hosts.by_place("0000:06:00.0", 2) == 6
    assert hosts.by_place("0000:06:00.0", 1) is None
    assert hosts.by_place("0000:00:1f.2", 1) == 3
    assert hosts.by_place("0000:00:1f", 1) is None
    described.put("class/fc_host/host6/port_state", "Linkdown")
    assert hosts.with_room() == 10
    described.put("class/fc_host/host10/npiv_vports_inuse", "127")
    assert hosts.with_room() is None


def test_no_adapters(tmp_path: Path) -> None:
    hosts = ScsiHosts(str(tmp_path))
    assert hosts.by_wwn(NODE, PORT) is None
    assert hosts.with_room() is None
    with pytest.raises(InternalError, match="no fibre channel HBA that is online and has room"):
        hosts.choose_parent(new_vhba())


@pytest.mark.parametrize(
    ("parent", "host"),
    [
        ("", 6),
        ("<parent>scsi_host10</parent>", 10),
        ("<parent>scsi_host4</parent>", 4),
        (f"<parent wwnn='{NODE}' wwpn='{PORT}'/>", 6),
        (f"<parent fabric_wwn='{FABRIC}'/>", 5),
    ],
)
def test_choosing_a_parent(hosts: ScsiHosts, parent: str, host: int) -> None:
    assert hosts.choose_parent(new_vhba(parent)) == host


@pytest.mark.parametrize(
    ("parent", "kind", "said"),
    [
        ("<parent>scsi_host3</parent>", InternalError, "'scsi_host3' can't have virtual ports"),
        ("<parent>scsi_host77</parent>", InternalError, "no device 'scsi_host77'"),
        ("<parent>pci_0000_06_00_0</parent>", XmlError, "'pci_0000_06_00_0' is not the name of a SCSI host"),
        ("<parent>scsi_host6/..</parent>", XmlError, "is not the name of a SCSI host"),
        (f"<parent wwnn='{PORT}' wwpn='{PORT}'/>", InternalError, f"no fibre channel HBA with wwnn '{PORT}'"),
        (f"<parent fabric_wwn='{NODE}'/>", InternalError, f"no fibre channel HBA in fabric '{NODE}'"),
    ],
)
def test_parents_that_are_none(hosts: ScsiHosts, parent: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        hosts.choose_parent(new_vhba(parent))


def test_a_virtual_port_comes_and_goes(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    name = hosts.create_vport(new_vhba(wwnn=f"0x{NEW_NODE}", wwpn=NEW_PORT.upper()))
    assert name == "scsi_host11"
    assert described.writes == [f"6 create {NEW_PORT}:{NEW_NODE}"]
    found = hosts.capability(11)
    assert found.find(FcHost) == FcHost(wwnn=NEW_NODE, wwpn=NEW_PORT, fabric_wwn=FABRIC)
    assert found.find(VportOps) is None
    assert hosts.parent_of(11) == 6
    assert hosts.capability(6).find(VportOps).vports == 10
    with pytest.raises(OperationInvalidError, match=f"wwnn '{NEW_NODE}' with wwpn '{NEW_PORT}' is scsi_host11"):
        hosts.create_vport(new_vhba())
    hosts.delete_vport(11)
    assert described.writes[1:] == [f"6 delete {NEW_PORT}:{NEW_NODE}"]
    assert hosts.by_wwn(NEW_NODE, NEW_PORT) is None
    assert hosts.capability(6).find(VportOps).vports == 9


def test_a_port_without_a_scsi_host_is_deleted_again(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    described.stillborn = True
    with pytest.raises(NoNodeDeviceError, match=f"no SCSI host with wwnn '{NEW_NODE}' .* below 'scsi_host6'"):
        hosts.create_vport(new_vhba())
    assert described.writes == [f"6 create {NEW_PORT}:{NEW_NODE}", f"6 delete {NEW_PORT}:{NEW_NODE}"]
    assert hosts.capability(6).find(VportOps).vports == 9


def test_what_the_kernel_refuses(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    with pytest.raises(SystemCallError, match="no space left") as caught:
        hosts.create_vport(new_vhba("<parent>scsi_host5</parent>"))
    assert caught.value.errno == errno.ENOSPC
    assert described.writes == [f"5 create {NEW_PORT}:{NEW_NODE}"]


def test_only_virtual_ports_are_deleted(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    with pytest.raises(OperationInvalidError, match="'scsi_host6' is no virtual port"):
        hosts.delete_vport(6)
    with pytest.raises(InternalError, match="'scsi_host3' is not a fibre channel HBA"):
        hosts.delete_vport(3)
    with pytest.raises(InternalError, match="'scsi_host77' is not a fibre channel HBA"):
        hosts.delete_vport(77)
    assert described.writes == []


def test_older_kernels_have_the_files_with_the_scsi_host(hosts: ScsiHosts, described: DescribedFcHost) -> None:
    for name in ("vport_create", "vport_delete"):
        (described.root / "class/fc_host/host6" / name).rename(described.root / "class/scsi_host/host6" / name)
    assert hosts.has_vports(6)
    assert hosts.create_vport(new_vhba("<parent>scsi_host6</parent>")) == "scsi_host11"


@pytest.mark.parametrize("text", ["", "0x", "50014380", "5001438000000000g", "0x50014380000000001", "５" * 16])
def test_malformed_names(hosts: ScsiHosts, described: DescribedFcHost, text: str) -> None:
    with pytest.raises(XmlError, match=f"wwpn '{text}' is no world wide name"):
        hosts.create_vport(new_vhba(wwpn=text or "<!-- -->"))
    assert described.writes == []


def test_names_are_made_up_for_those_left_out() -> None:
    device = new_vhba(wwnn="", wwpn="")
    device.complete(new_wwn)
    fc_host = device.find(ScsiHostCapability).fc_host
    assert re.fullmatch("5001a4a[0-9a-f]{9}", fc_host.wwnn)
    assert check_wwn(fc_host.wwpn, "wwpn") == fc_host.wwpn != fc_host.wwnn
    assert new_wwn("xen").startswith("500163e")
    assert new_wwn("test").startswith("5100000")


def test_numbers_of_adapters() -> None:
    assert [host_number(name) for name in ("scsi_host5", "host0", "fc_host12")] == [5, 0, 12]
    for bad in ("host", "scsi_host", "scsi_host-1", "host5x", "scsi_host99999999999", "scsi_host５"):
        with pytest.raises(XmlError, match="is not the name of a SCSI host"):
            host_number(bad)


@pytest.fixture
def conn(described: DescribedFcHost) -> Connection:
    class Bare(HypervisorDriver):
        driver_name = "bare"

    driver = Bare()
    driver.nodedev = HostNodedevDriver(Host(str(described.root), kernel=described), scheme="xen")
    return Connection(driver, URI.parse("xen:///system"))


def test_a_virtual_adapter_of_a_connection(conn: Connection, described: DescribedFcHost) -> None:
    inner = "<capability type='scsi_host'><capability type='fc_host'/></capability>"
    device = conn.create_node_device(f"<device><parent>scsi_host6</parent>{inner}</device>")
    assert (device.name, device.parent()) == ("scsi_host11", "scsi_host6")
    assert device.list_caps() == ["scsi_host", "fc_host"]
    fc_host = parse_node_device(device.xml()).find(ScsiHostCapability).fc_host
    assert fc_host.wwnn.startswith("500163e")
    assert conn.node_device_lookup_scsi_host_by_wwn(fc_host.wwnn, fc_host.wwpn).name == device.name
    listed = conn.list_node_devices(ConnectListAllNodeDeviceFlags.CAP_VPORTS)
    assert sorted(found.name for found in listed) == ["scsi_host10", "scsi_host4", "scsi_host5", "scsi_host6"]
    assert (device.is_active(), device.is_persistent()) == (True, False)
    with pytest.raises(ConfigUnsupportedError, match="unsupported device type"):
        conn.define_node_device(new_vhba("<parent>scsi_host6</parent>").format())
    device.destroy()
    with pytest.raises(NoNodeDeviceError, match="scsi_host11"):
        conn.lookup_node_device("scsi_host11")
    with pytest.raises(NoNodeDeviceError, match=f"wwnn '{fc_host.wwnn}'"):
        conn.node_device_lookup_scsi_host_by_wwn(fc_host.wwnn, fc_host.wwpn)
    with pytest.raises(OperationInvalidError, match="is no virtual port"):
        conn.lookup_node_device("scsi_host6").destroy()
