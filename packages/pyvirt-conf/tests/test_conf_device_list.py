"""One device of a definition: read, found, added, put in another's place, removed."""

from __future__ import annotations

import pytest

from pyvirt_conf.domain import Domain, ParserConfig, parse_domain
from pyvirt_conf.domain.device_list import (
    add_device,
    find_by_alias,
    find_device,
    parse_device,
    remove_device,
    update_device,
)
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.interface import Interface
from pyvirt_conf.xml import Element
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    DeviceMissingError,
    OperationFailedError,
    OperationInvalidError,
    VirtError,
    XmlDetailError,
    XmlError,
)

CONFIG = ParserConfig(default_arch=lambda os_type, virt_type: "x86_64", new_mac=lambda prefix: "52:54:00:99:99:99")
DISK = "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/>{}</disk>"
MAC = "<interface type='bridge'><mac address='52:54:00:00:00:0{}'/><source bridge='br0'/>{}</interface>"
SLOT = "<address type='pci' domain='0' bus='0' slot='{}' function='0'/>"
USB = "<hostdev mode='subsystem' type='usb'><source>{}</source></hostdev>"
DIMM = "<memory model='dimm'><target><size unit='KiB'>{}</size></target>{}</memory>"
GUEST = f"""<domain type='kvm'><name>a</name>
  <maxMemory slots='2' unit='KiB'>4096</maxMemory><memory unit='KiB'>2048</memory>
  <os><type arch='x86_64'>hvm</type></os>
  <devices>
    {DISK.format("<wwn>5000000000000001</wwn><boot order='1'/><alias name='ua-root'/>" + SLOT.format(4))}
    <disk type='file' device='cdrom'><source file='/c'/><target dev='hda' bus='ide'/></disk>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <controller type='scsi' index='1' model='lsilogic'/>
    <lease><lockspace>x</lockspace><key>k</key><target path='/l'/></lease>
    <filesystem><source dir='/srv'/><target dir='share'/></filesystem>
    {MAC.format(1, "<model type='virtio'/>" + SLOT.format(5))}
    {MAC.format(1, "<model type='e1000'/>" + SLOT.format(6))}
    {MAC.format(2, "<alias name='ua-net'/>")}
    <serial type='pty'><target type='isa-serial' port='0'/><alias name='ua-tty'/></serial>
    <serial type='null'><target type='isa-serial' port='1'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.a'/><address type='virtio-serial' port='1'/></channel>
    <channel type='unix'><target type='virtio' name='org.b'/></channel>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' port='5901'/>
    <graphics type='spice' port='5902'/>
    {USB.format("<vendor id='0x1'/><product id='0x2'/>")}
    {USB.format("<address bus='1' device='7'/>")}
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='6' slot='2' function='0'/></source></hostdev>
    <controller type='usb' index='0'/>
    <redirdev bus='usb' type='spicevmc'><alias name='ua-r0'/></redirdev>
    <redirdev bus='usb' type='spicevmc'><alias name='ua-r1'/></redirdev>
    <watchdog model='i6300esb' action='reset'/>
    <rng model='virtio'><backend model='random'>/dev/random</backend></rng>
    {DIMM.format(512, "")}
  </devices></domain>"""


@pytest.fixture
def guest() -> Domain:
    return parse_domain(GUEST, CONFIG)


def given(guest: Domain, xml: str) -> Element:
    return parse_device(xml, guest, CONFIG, lookup=True)


def new(guest: Domain, xml: str) -> Element:
    return parse_device(xml, guest, CONFIG)


def test_a_device_is_completed_as_one_of_its_domain(guest: Domain) -> None:
    disk = new(guest, "<disk type='file' device='cdrom'><target dev='sdb'/></disk>")
    assert isinstance(disk, Disk)
    assert disk.bus is DiskBus.SCSI
    assert disk.readonly
    assert disk.address is not None
    interface = new(guest, "<interface type='user'/>")
    assert isinstance(interface, Interface)
    assert interface.mac == "52:54:00:99:99:99"
    assert getattr(new(guest, "<serial type='null'/>"), "port", None) == 2
    assert getattr(new(guest, "<controller type='scsi'/>"), "index", None) == 2


def test_nothing_is_made_up_for_finding(guest: Domain) -> None:
    assert getattr(given(guest, "<interface type='user'/>"), "mac", "") is None
    assert getattr(given(guest, "<serial type='null'/>"), "port", "") is None


@pytest.mark.parametrize(
    ("xml", "error"),
    [
        ("<disk", XmlDetailError),
        ("<emulator>/x</emulator>", XmlError),
        ("<redirfilter/>", XmlError),
        ("<disk type='file'><target dev='vdz' bus='nope'/></disk>", XmlError),
        ("<controller type='pci' index='999' model='pci-bridge'/>", ConfigUnsupportedError),
    ],
)
def test_what_is_no_device_is_refused(guest: Domain, xml: str, error: type[VirtError]) -> None:
    with pytest.raises(error):
        new(guest, xml)


def test_the_driver_has_its_say(guest: Domain) -> None:
    def refuse(device: object, domain: Domain) -> None:
        raise ConfigUnsupportedError("not here")

    config = ParserConfig(device_validate=refuse)
    with pytest.raises(ConfigUnsupportedError, match="not here"):
        parse_device("<hub type='usb'/>", guest, config)
    assert parse_device("<hub type='usb'/>", guest, config, lookup=True) == parse_device("<hub type='usb'/>", guest)


@pytest.mark.parametrize(
    ("xml", "kind", "place"),
    [
        (DISK.format("").replace("/a", "/other"), "disks", "vda"),
        ("<controller type='scsi' index='1'/>", "controllers", "lsilogic"),
        (
            "<lease><lockspace>x</lockspace><key>k</key><target path='/other'/></lease>",
            "leases",
            0,
        ),
        ("<filesystem><source dir='/other'/><target dir='share'/></filesystem>", "filesystems", 0),
        (MAC.format(2, ""), "interfaces", 2),
        (MAC.format(1, SLOT.format(6)), "interfaces", 1),
        (MAC.format(1, "<model type='virtio'/>"), "interfaces", 0),
        ("<interface type='bridge'><source bridge='br0'/><alias name='ua-net'/></interface>", "interfaces", 2),
        ("<serial type='null'><target port='1'/></serial>", "serials", 1),
        ("<serial type='null'/>", "serials", 1),
        ("<channel type='pty'><target type='virtio' name='org.b'/></channel>", "channels", 1),
        ("<input type='tablet' bus='usb'/>", "inputs", "tablet"),
        ("<graphics type='spice'/>", "graphics", 1),
        (USB.format("<vendor id='0x1'/><product id='0x2'/>"), "hostdevs", 0),
        (USB.format("<vendor id='0x9'/><product id='0x9'/><address bus='1' device='7'/>"), "hostdevs", 1),
        (
            "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='2'/></source></hostdev>",
            "hostdevs",
            2,
        ),
        ("<redirdev bus='usb' type='spicevmc'><alias name='ua-r1'/></redirdev>", "redirdevs", 1),
        ("<rng model='virtio'><backend model='random'>/dev/random</backend></rng>", "rngs", 0),
        (DIMM.format(512, ""), "memories", 0),
    ],
)
def test_a_device_is_found(guest: Domain, xml: str, kind: str, place: int | str) -> None:
    devices = getattr(guest.devices, kind)
    if isinstance(place, str):
        wanted = next(d for d in devices if place in (getattr(d, n, None) for n in ("target", "model", "type")))
    else:
        wanted = devices[place]
    assert find_device(guest, given(guest, xml)) is wanted


def test_the_only_one_of_its_kind_is_found(guest: Domain) -> None:
    watchdog = given(guest, "<watchdog model='i6300esb' action='reset'/>")
    assert find_device(guest, watchdog) is guest.devices.watchdog
    with pytest.raises(DeviceMissingError):
        find_device(guest, given(guest, "<watchdog model='ib700'/>"))


@pytest.mark.parametrize(
    "xml",
    [
        DISK.format("").replace("vda", "vdz"),
        MAC.format(9, ""),
        MAC.format(2, SLOT.format(9)),
        MAC.format(2, "<alias name='ua-other'/>"),
        "<controller type='usb' index='7'/>",
        USB.format("<vendor id='0x1'/><product id='0x3'/>"),
        "<hostdev mode='capabilities' type='misc'><source><char>/dev/x</char></source></hostdev>",
        "<graphics type='sdl'/>",
        "<channel type='unix'><target type='virtio' name='org.z'/></channel>",
        "<lease><key>k</key><target path='/l'/></lease>",
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
        DIMM.format(256, ""),
        "<vsock model='virtio'/>",
    ],
)
def test_what_is_not_there_is_missing(guest: Domain, xml: str) -> None:
    with pytest.raises(DeviceMissingError) as caught:
        remove_device(guest, given(guest, xml))
    assert caught.value.code == 99


@pytest.mark.parametrize("xml", [MAC.format(1, ""), "<redirdev bus='usb' type='spicevmc'/>"])
def test_what_may_be_several_is_refused(guest: Domain, xml: str) -> None:
    with pytest.raises(OperationFailedError, match="2 devices"):
        find_device(guest, given(guest, xml))


def test_a_device_is_found_by_alias(guest: Domain) -> None:
    for place, alias in enumerate(("ua-r0", "ua-r1")):
        assert find_by_alias(guest, alias) is guest.devices.redirdevs[place]
    assert find_by_alias(guest, "ua-tty") is guest.devices.serials[0]
    with pytest.raises(DeviceMissingError, match="ua-none"):
        find_by_alias(guest, "ua-none")


@pytest.mark.parametrize(
    ("xml", "error", "message"),
    [
        (DISK.format(""), OperationInvalidError, "disk with target 'vda' is already"),
        ("<controller type='scsi' index='1'/>", OperationInvalidError, "scsi controller with index 1"),
        ("<filesystem><source dir='/x'/><target dir='share'/></filesystem>", OperationInvalidError, "'share'"),
        ("<lease><lockspace>x</lockspace><key>k</key><target path='/l'/></lease>", OperationInvalidError, "lease 'k'"),
        (USB.format("<address bus='1' device='7'/>"), OperationInvalidError, "host device of type 'usb'"),
        (
            "<channel type='pty'><target type='virtio' name='org.b'/></channel>",
            OperationInvalidError,
            "channel 'org.b'",
        ),
        ("<serial type='null'><target port='1'/></serial>", OperationInvalidError, "serial port 1"),
        ("<graphics type='vnc'/>", OperationInvalidError, "display of type 'vnc'"),
        ("<watchdog model='ib700'/>", OperationInvalidError, "already has a watchdog"),
        (MAC.format(3, "<boot order='1'/>"), ConfigUnsupportedError, "boot order 1"),
        (MAC.format(3, SLOT.format(4)), XmlError, "PCI address"),
        (MAC.format(3, "<alias name='ua-r0'/>"), XmlError, "alias 'ua-r0'"),
        (DISK.format("<wwn>5000000000000001</wwn>").replace("vda", "vdb"), XmlError, "identical wwn"),
        (DIMM.format(4096, ""), ConfigUnsupportedError, "would exceed the max memory"),
    ],
)
def test_what_is_taken_is_not_added(guest: Domain, xml: str, error: type[VirtError], message: str) -> None:
    before = guest.format()
    with pytest.raises(error, match=message):
        add_device(guest, new(guest, xml))
    assert guest.format() == before


def test_boot_orders_and_a_boot_list_exclude_each_other() -> None:
    guest = parse_domain(
        "<domain type='kvm'><name>a</name><memory>2048</memory><os><type>hvm</type><boot dev='hd'/></os></domain>",
        CONFIG,
    )
    with pytest.raises(ConfigUnsupportedError, match="boot list"):
        add_device(guest, new(guest, DISK.format("<boot order='1'/>")))


def test_devices_are_added_where_they_belong(guest: Domain) -> None:
    add_device(guest, new(guest, DISK.format("").replace("vda", "vdc")))
    add_device(guest, new(guest, DISK.format("").replace("vda", "vdb")))
    assert [d.target for d in guest.devices.disks if d.bus is DiskBus.VIRTIO] == ["vda", "vdb", "vdc"]
    vsock = new(guest, "<vsock model='virtio'/>")
    add_device(guest, vsock)
    assert guest.devices.vsock is vsock
    add_device(guest, new(guest, MAC.format(2, "")))  # two interfaces may share an address
    assert len(guest.devices.interfaces) == 4


def test_usb_companions_share_an_index(guest: Domain) -> None:
    usb = "<controller type='usb' index='3' model='{}'/>"
    for model in ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2"):
        add_device(guest, new(guest, usb.format(model)))
    found = find_device(guest, given(guest, usb.format("ich9-uhci1")))
    assert getattr(found, "model", None) == "ich9-uhci1"
    for model in ("ich9-uhci2", "qemu-xhci"):
        with pytest.raises(OperationInvalidError, match="usb controller with index 3"):
            add_device(guest, new(guest, usb.format(model)))


def test_memory_modules_count_as_memory(guest: Domain) -> None:
    add_device(guest, new(guest, DIMM.format(1024, "")))
    assert (guest.memory, guest.current_memory) == (3072, 3072)
    with pytest.raises(ConfigUnsupportedError, match="all 2 memory slots"):
        add_device(guest, new(guest, DIMM.format(512, "")))
    remove_device(guest, given(guest, DIMM.format(1024, "")))
    assert (guest.memory, guest.current_memory) == (2048, 2048)
    guest.max_memory = None
    with pytest.raises(ConfigUnsupportedError, match="no max memory"):
        add_device(guest, new(guest, DIMM.format(512, "")))


def test_an_update_takes_the_place_and_keeps_the_address(guest: Domain) -> None:
    old = guest.devices.disks[0]
    disk = new(guest, DISK.format("<boot order='1'/>").replace("/a", "/b"))
    assert update_device(guest, disk) is old
    assert guest.devices.disks[0] is disk
    assert disk.address == old.address
    assert getattr(disk, "alias", None) == "ua-root"
    interface = given(guest, "<interface type='user'><alias name='ua-net'/></interface>")
    update_device(guest, interface)
    assert guest.devices.interfaces[2] is interface
    assert guest.devices.interfaces[2].mac == "52:54:00:00:00:02"
    with pytest.raises(ConfigUnsupportedError, match="boot order 1"):
        update_device(guest, new(guest, MAC.format(2, "<boot order='1'/>")))
    serial = given(guest, "<serial type='stdio'><target port='0'/><alias name='ua-tty'/></serial>")
    update_device(guest, serial)
    assert guest.devices.serials[0] is serial
    with pytest.raises(DeviceMissingError):
        update_device(guest, new(guest, MAC.format(9, "")))


def test_the_console_goes_with_its_serial_port(guest: Domain) -> None:
    assert len(guest.devices.consoles) == 1
    remove_device(guest, find_by_alias(guest, "ua-tty"))
    assert guest.devices.consoles == []
    assert [port.port for port in guest.devices.serials] == [1]


def test_the_very_device_is_removed_not_its_twin(guest: Domain) -> None:
    second = guest.devices.redirdevs[1]
    assert remove_device(guest, second) is second
    assert [r.alias for r in guest.devices.redirdevs] == ["ua-r0"]
    remove_device(guest, given(guest, "<watchdog model='i6300esb'/>"))
    assert guest.devices.watchdog is None
