"""What QEMU asks of the host's services for a guest's NICs, and in which order; the services' answers are made up."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pyvirt import services
from pyvirt.services import hookimpl
from pyvirt.services.specs.interface import (
    Address,
    Bandwidth,
    InterfaceRequest,
    PluggedInterface,
    Rate,
    Route,
    VirtualPort,
)
from pyvirt_conf import Domain, XmlFlags
from pyvirt_conf.network.port import NetworkPort
from pyvirt_conf.nwfilter.binding import FilterBinding
from pyvirt_driver_qemu.capabilities.cache import SECTIONS, from_data
from pyvirt_driver_qemu.command import Context, Plugged
from pyvirt_driver_qemu.command.hostdev import interface_hostdevs
from pyvirt_driver_qemu.command.interface import interfaces
from pyvirt_driver_qemu.completion import assign_aliases
from pyvirt_driver_qemu.dry_run import DryOpener
from pyvirt_driver_qemu.guest import _first_commands
from pyvirt_driver_qemu.network import decode, encode, plug_interfaces, unplug_all
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, NoSupportError, OperationFailedError
from pyvirt_util.undo import UndoStack

UUID = "6a1e0f33-4d4c-4a9c-9c0f-3f7f6d5e2b11"
VF = "0000:03:10.2"
VF_XML = """
  <mac address='52:54:00:00:00:01'/>
  <source><address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x2'/></source>
  <vlan><tag id='42'/></vlan>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>"""


class Host:
    """All four services: plays the host, and writes down what it is asked, and what is undone."""

    def __init__(self) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.requests: list[InterfaceRequest] = []
        self.ports: list[NetworkPort] = []
        self.plug = ""
        self.fails: set[str] = set()

    def note(self, *what: Any) -> None:
        if what[0] in self.fails:
            raise OperationFailedError(f"{what[0]} does not work today")
        self.log.append(what)

    @hookimpl
    def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface:
        self.note("plug", request.type)
        self.requests.append(request)
        undo.push(self.note, "unplug by undo", request.source)
        if request.type == "hostdev":
            return PluggedInterface(None, pci_address=request.source)
        fds = tuple(os.open("/dev/null", os.O_RDWR) for _ in range(request.queues))
        return PluggedInterface(request.target or "vnet7", fds, created=True)

    @hookimpl
    def interface_unplug(self, request: InterfaceRequest, target: str | None) -> bool:
        self.note("unplug", request.type, target)
        return True

    @hookimpl
    def nodedev_detach(self, pci_address: str, driver: str, undo: UndoStack) -> bool:
        self.note("detach", pci_address, driver)
        undo.push(self.note, "reattach by undo", pci_address)
        return True

    @hookimpl
    def nodedev_reattach(self, pci_address: str) -> bool:
        self.note("reattach", pci_address)
        return True

    @hookimpl
    def nwfilter_binding_apply(self, binding_xml: str, undo: UndoStack) -> bool:
        self.note("filter", FilterBinding.parse(binding_xml))
        undo.push(self.note, "filter away by undo")
        return True

    @hookimpl
    def nwfilter_binding_remove(self, port_dev: str) -> bool:
        self.note("filter away", port_dev)
        return True

    @hookimpl
    def network_port_create(self, network: str, port_xml: str, undo: UndoStack) -> str:
        self.note("port", network)
        port = NetworkPort.parse(port_xml)
        self.ports.append(port)
        undo.push(self.note, "port by undo", network)
        return port_xml.replace("</networkport>", f"{self.plug}</networkport>")

    @hookimpl
    def network_port_delete(self, network: str, port_uuid: str) -> bool:
        self.note("port back", network, port_uuid)
        return True


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    with ExitStack() as stack:
        for service in (services.interface, services.nodedev, services.network, services.nwfilter):
            stack.enter_context(service.replaced(made))
        yield made


class Inherited(DryOpener):
    """Counts descriptors, and closes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[str] = []

    def pass_fd(self, fd: int, *, owned: bool = False) -> int:
        assert owned
        os.close(fd)
        return self.next()

    def open_device(self, path: str) -> int:
        self.devices.append(path)
        return self.next()


def domain_of(*nics: str, kind: str = "qemu") -> Domain:
    text = "".join(nics)
    domain = Domain.parse(
        f"""<domain type='{kind}'><name>web</name><uuid>{UUID}</uuid><memory>1024</memory>
        <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>{text}</devices></domain>"""
    )
    assign_aliases(domain)
    return domain


def nic(kind: str, content: str = "", **attributes: str) -> str:
    mac = "" if "<mac" in content else "<mac address='52:54:00:00:00:01'/>"
    more = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return f"<interface type='{kind}'{more}>{mac}{content}</interface>"


class Start:
    """One attempt to plug all NICs of a domain; what is on record moves with it."""

    def __init__(self, domain: Domain, host: Host) -> None:
        self.domain = domain
        self.undo = UndoStack()
        self.records: list[str] = []
        self.opener = Inherited()
        self._host = host

    def record(self, text: str) -> None:
        self.records.append(text)
        self._host.log.append(("record",))

    def run(self) -> dict[str, Plugged]:
        with self.undo:
            descriptors = plug_interfaces(self.domain, self.opener, self.undo, self.record)
            self.undo.move_to(kept := UndoStack())
        self.undo = kept
        return descriptors


@pytest.fixture
def start(host: Host) -> Callable[..., Start]:
    return lambda *nics, **more: Start(domain_of(*nics, **more), host)


def command_line(domain: Domain, plugged: dict[str, Plugged]) -> list[str]:
    data = {"binary": "", "version": 0, "package": "", "arch": "x86_64", "kvm": False, "flags": []}
    data |= {name: [] for name in SECTIONS}
    data |= {"machines": {"kvm": [], "tcg": []}, "cpus": {"kvm": [], "tcg": []}, "host_cpus": {}}
    data |= {"options": {}, "sev": None, "tpm": [[], []]}
    context = Context(
        domain=domain, capabilities=from_data(data), private_dir="/none", opener=DryOpener(), plugged=plugged
    )
    return interfaces(context) + interface_hostdevs(context)


def test_all_that_an_interface_says_is_asked_for(start, host):
    attempt = start(
        nic(
            "bridge",
            """<source bridge='ovsbr0'/><virtualport type='openvswitch'><parameters
            interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f' profileid='web'/></virtualport>
            <vlan trunk='yes'><tag id='42'/><tag id='123' nativeMode='untagged'/></vlan>
            <bandwidth><inbound average='1000' peak='5000' burst='1024'/>
            <outbound average='128'/></bandwidth>
            <target dev='web0'/><model type='virtio'/><driver queues='3'/><mtu size='1400'/>
            <coalesce><rx><frames max='7'/></rx></coalesce>""",
            trustGuestRxFilters="yes",
        )
    )
    assert attempt.run() == {"net0": Plugged(tap_fds=(3, 4, 5))}
    assert host.requests == [
        InterfaceRequest(
            "bridge",
            "52:54:00:00:00:01",
            "web",
            UUID,
            source="ovsbr0",
            target="web0",
            queues=3,
            mtu=1400,
            vlan=(42, 123),
            trunk=True,
            native_vlan=123,
            native_mode="untagged",
            virtualport=VirtualPort(
                "openvswitch", interface_id="09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f", profile_id="web"
            ),
            bandwidth=Bandwidth(Rate(1000, 5000, 1024), Rate(128)),
            trust_guest_rx_filters=True,
            rx_frames=7,
        )
    ]


def test_addresses_routes_and_scripts_of_the_host(start, host):
    start(
        nic(
            "ethernet",
            """<source><ip address='192.0.2.1' prefix='24'/><ip address='2001:db8::1' prefix='64' peer='2001:db8::2'/>
            <route address='198.51.100.0' netmask='255.255.255.0' gateway='192.0.2.7' metric='5'/></source>
            <script path='/etc/up'/><downscript path='/etc/down'/><target dev='t0' managed='no'/>
            <model type='e1000'/>""",
        )
    ).run()
    (request,) = host.requests
    assert request.addresses == (Address("192.0.2.1", 24), Address("2001:db8::1", 64, "2001:db8::2"))
    assert request.routes == (Route("198.51.100.0", "192.0.2.7", 24, 5),)
    assert (request.script, request.downscript) == ("/etc/up", "/etc/down")
    assert (request.managed, request.vnet_header) == (False, False)


def test_a_netmask_with_holes(start):
    source = "<source><route address='10.0.0.0' netmask='255.0.255.0' gateway='10.0.0.1'/></source>"
    with pytest.raises(ConfigUnsupportedError, match=r"netmask '255.0.255.0'.*'10.0.0.0' is no prefix"):
        start(nic("ethernet", source)).run()


def test_a_request_in_a_record_is_the_same_request(start, host):
    attempt = start(
        nic("direct", "<source dev='eth0' mode='passthrough'/>"),
        nic("bridge", "<source bridge='br0'/><bandwidth><inbound average='1'/></bandwidth><vlan><tag id='4'/></vlan>"),
        nic("hostdev", VF_XML, managed="yes"),
    )
    attempt.run()
    held = decode(attempt.records[-1])
    assert [item.request for item in held] == host.requests
    assert [item.target for item in held] == ["vnet7", "vnet7", None]
    assert [item.detached for item in held] == [None, None, VF]
    assert encode(held) == attempt.records[-1]
    # Members that a later version adds are not this one's business.
    data = json.loads(attempt.records[-1])
    data[0]["request"]["colour"] = "blue"
    assert decode(json.dumps(data)) == held


def test_a_virtual_function_is_on_record_before_each_step(start, host):
    attempt = start(nic("hostdev", VF_XML, managed="yes"))
    descriptors = attempt.run()
    assert host.log == [
        ("record",),
        ("plug", "hostdev"),
        ("record",),
        ("detach", VF, "vfio-pci"),
        ("record",),
    ]
    assert [[item.detached for item in decode(text)] for text in attempt.records] == [[None], [VF], [VF]]
    (request,) = host.requests
    assert (request.source, request.mac, request.vlan) == (VF, "52:54:00:00:00:01", (42,))
    words = command_line(attempt.domain, descriptors)
    assert words[0] == "-device"
    assert f"vfio-pci,host={VF},id=hostdev0" in words[1]
    host.log.clear()
    unplug_all(attempt.records[-1])
    # Its settings come back first: the host's driver reads them when it binds.
    assert host.log == [("unplug", "hostdev", None), ("reattach", VF)]


def test_a_failure_gives_a_virtual_function_back_in_the_same_order(start, host):
    attempt = start(nic("hostdev", VF_XML, managed="yes"))
    attempt.run()
    host.log.clear()
    attempt.undo.undo()
    assert host.log == [("unplug by undo", VF), ("reattach by undo", VF)]


def test_an_unmanaged_function_is_the_users_to_detach(start, host):
    for attributes in ({"managed": "no"}, {}):
        attempt = start(nic("hostdev", VF_XML, **attributes))
        attempt.run()
        assert decode(attempt.records[-1])[0].detached is None
    assert not any(entry[0] == "detach" for entry in host.log)


def test_only_vfio_gives_functions_to_guests(start, host):
    with pytest.raises(ConfigUnsupportedError, match="driver 'kvm' of interface 'hostdev0'"):
        start(nic("hostdev", VF_XML + "<driver name='kvm'/>", managed="yes")).run()
    assert host.log == []


def test_a_detaching_that_fails_leaves_nothing(start, host):
    host.fails = {"detach"}
    attempt = start(nic("hostdev", VF_XML, managed="yes"))
    with pytest.raises(OperationFailedError, match="detach does not work"):
        attempt.run()
    assert host.log[-1] == ("unplug by undo", VF)


@pytest.mark.parametrize(
    ("service", "xml", "hint"),
    [
        ("interface", nic("bridge", "<source bridge='br0'/>"), "pip install pyvirt-netdev"),
        ("interface", nic("hostdev", VF_XML, managed="yes"), "pip install pyvirt-netdev"),
        ("nodedev", nic("hostdev", VF_XML, managed="yes"), "pip install pyvirt-driver-nodedev"),
        ("network", nic("network", "<source network='default'/>"), "pip install pyvirt-driver-network"),
        (
            "nwfilter",
            nic("bridge", "<source bridge='br0'/><filterref filter='clean'/>"),
            "pip install pyvirt-driver-nwfilter",
        ),
    ],
)
def test_what_is_not_installed_is_named(start, host, service, xml, hint):
    attempt = start(xml)
    with getattr(services, service).replaced(), pytest.raises(NoSupportError, match="no installed plug-in") as caught:
        attempt.run()
    assert caught.value.hint == hint
    plugs = sum(entry[0] == "plug" for entry in host.log)
    assert sum(entry[0] == "unplug by undo" for entry in host.log) == plugs


def test_a_network_that_turns_out_to_be_its_own_bridge(start, host):
    host.plug = "<plug type='network' bridge='virbr0' macTableManager='libvirt'/>"
    attempt = start(
        nic(
            "network",
            "<source network='default' portgroup='web'/><bandwidth><inbound average='8'/></bandwidth>"
            "<port isolated='yes'/><model type='virtio'/>",
        )
    )
    descriptors = attempt.run()
    (port,) = host.ports
    assert (port.owner.name, port.owner.uuid, port.group, port.mac) == ("web", UUID, "web", "52:54:00:00:00:01")
    assert port.isolated is True
    assert [decode(text)[0].port for text in attempt.records] == [("default", port.uuid)] * 2
    (request,) = host.requests
    assert (request.type, request.source, request.mac_table_manager) == ("bridge", "virbr0", "libvirt")
    assert request.bandwidth == Bandwidth(Rate(8))
    xml = attempt.domain.format()
    assert f"<source network='default' portid='{port.uuid}' portgroup='web' bridge='virbr0' macTable" in xml
    assert "<interface type='network'>" in xml
    assert "virbr0" not in attempt.domain.format(XmlFlags.INACTIVE)
    assert "virtio-net-pci,netdev=hostnet0" in command_line(attempt.domain, descriptors)[3]
    host.log.clear()
    unplug_all(attempt.records[-1])
    assert host.log == [("unplug", "bridge", "vnet7"), ("port back", "default", port.uuid)]


def test_a_network_that_turns_out_to_be_another_bridge(start, host):
    host.plug = "<plug type='bridge' bridge='br0'/>"
    attempt = start(nic("network", "<source network='hostbridge'/>"))
    attempt.run()
    assert (host.requests[0].type, host.requests[0].source) == ("bridge", "br0")
    assert "<interface type='bridge'>" in attempt.domain.format()
    assert f"<source network='hostbridge' portid='{host.ports[0].uuid}' bridge='br0'/>" in attempt.domain.format()


def test_a_network_that_turns_out_to_be_a_card(start, host):
    host.plug = "<plug type='direct' dev='eth1' mode='passthrough'/>"
    attempt = start(nic("network", "<source network='cards'/>"))
    attempt.run()
    assert (host.requests[0].type, host.requests[0].source, host.requests[0].mode) == ("direct", "eth1", "passthrough")
    assert "dev='eth1' mode='passthrough'" in attempt.domain.format()


def test_a_network_that_turns_out_to_be_a_virtual_function(start, host):
    host.plug = (
        "<plug type='hostdev-pci' managed='yes'><driver name='vfio'/>"
        "<address domain='0x0000' bus='0x03' slot='0x10' function='0x2'/></plug>"
    )
    attempt = start(nic("network", "<source network='vfs'/>"), nic("network", "<source network='vfs'/>"))
    descriptors = attempt.run()
    assert [entry[:2] for entry in host.log if entry[0] in ("port", "plug", "detach")] == [
        ("port", "vfs"),
        ("plug", "hostdev"),
        ("detach", VF),
    ] * 2
    words = command_line(attempt.domain, descriptors)
    assert [word.split(",")[:3] for word in words if word != "-device"] == [
        ["vfio-pci", f"host={VF}", f"id=hostdev{number}"] for number in (0, 1)
    ]


def test_a_network_without_a_plug(start, host):
    with pytest.raises(InternalError, match="of network 'empty' is plugged into nothing"):
        start(nic("network", "<source network='empty'/>")).run()
    assert host.log[-1] == ("port by undo", "empty")


def test_whatever_fails_the_rest_is_given_back(start, host):
    host.plug = "<plug type='bridge' bridge='br0'/>"
    attempt = start(nic("network", "<source network='n'/>"), nic("hostdev", VF_XML, managed="yes"))
    attempt.run()
    host.log.clear()
    host.fails = {"unplug"}
    with pytest.raises(OperationFailedError, match="unplug does not work"):
        unplug_all(attempt.records[-1])
    assert [entry[0] for entry in host.log] == ["port back", "reattach"]


def test_a_filter_is_on_the_device_before_the_guest_runs(start, host):
    reference = "<filterref filter='clean'><parameter name='IP' value='192.0.2.1'/></filterref>"
    attempt = start(
        nic("bridge", "<source bridge='br0'/>" + reference), nic("ethernet", "<target dev='t0'/>" + reference)
    )
    attempt.run()
    first, second = (entry[1] for entry in host.log if entry[0] == "filter")
    assert (first.owner.name, first.owner.uuid, first.portdev) == ("web", UUID, "vnet7")
    assert (first.mac, first.filterref.filter) == ("52:54:00:00:00:01", "clean")
    assert first.filterref.values() == {"IP": ("192.0.2.1",)}
    assert second.portdev == "t0"
    assert [entry[0] for entry in host.log][:3] == ["plug", "record", "filter"]
    assert [item.filtered for item in decode(attempt.records[-1])] == [True, True]
    host.log.clear()
    unplug_all(attempt.records[-1])
    assert host.log[:2] == [("filter away", "vnet7"), ("unplug", "bridge", "vnet7")]
    host.fails = {"filter"}
    attempt = start(nic("bridge", "<source bridge='br0'/>" + reference))
    with pytest.raises(OperationFailedError, match="filter does not work"):
        attempt.run()
    assert host.log[-1] == ("unplug by undo", "br0")


def test_a_cable_that_is_out(start):
    domain = domain_of(nic("user"), nic("user", "<link state='down'/>"))
    commands = _first_commands(domain, resume=True)
    assert [(command.name, command.arguments) for command in commands] == [
        ("set_link", {"name": "net1", "up": False}),
        ("cont", None),
    ]


def test_a_tap_costs_one_record_and_what_stays_costs_two(start):
    assert len(run_of(start, nic("bridge", "<source bridge='br0'/>")).records) == 1
    assert len(run_of(start, nic("direct", "<source dev='eth0'/>")).records) == 2
    assert run_of(start, nic("user")).records == []


def run_of(start: Callable[..., Start], *nics: str) -> Start:
    attempt = start(*nics)
    attempt.run()
    return attempt


def test_a_vdpa_device_is_opened(start, host):
    attempt = start(nic("vdpa", "<source dev='/dev/vhost-vdpa-0'/><model type='virtio'/>"))
    assert attempt.run() == {"net0": Plugged(vdpa_fd=3)}
    assert attempt.opener.devices == ["/dev/vhost-vdpa-0"]
    assert host.log == []


def test_types_that_qemu_does_not_have(start):
    with pytest.raises(ConfigUnsupportedError, match="type 'internal'"):
        start(nic("internal", "<source name='x'/>")).run()


def test_vhost_of_a_kvm_guest(start, tmp_path):
    path = tmp_path / "vhost-net"
    path.touch()
    virtio = f"<source bridge='br0'/><model type='virtio'/><backend vhost='{path}'/>"
    opened = start(nic("bridge", virtio + "<driver queues='2'/>"), kind="kvm")
    assert opened.run() == {"net0": Plugged(tap_fds=(3, 4), vhost_fds=(5, 6))}
    assert opened.opener.devices == [str(path)] * 2
    assert start(nic("bridge", virtio + "<driver name='qemu'/>"), kind="kvm").run()["net0"].vhost_fds == ()
    assert start(nic("bridge", virtio)).run()["net0"].vhost_fds == ()
    path.unlink()
    assert start(nic("bridge", virtio), kind="kvm").run()["net0"].vhost_fds == ()
    # The options of <driver> are those of virtio models; of others they are ignored.
    other = "<source bridge='br0'/><driver name='vhost'/><model type='e1000'/>"
    assert start(nic("bridge", other), kind="kvm").run()["net0"].vhost_fds == ()
