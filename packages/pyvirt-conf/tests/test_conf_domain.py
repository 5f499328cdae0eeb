"""The domain: what is filled in, what is refused, what is shared between text and objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pyvirt_conf.domain import Domain, DomainStatus, ParserConfig, ParserFeature, XmlFlags, parse_domain
from pyvirt_conf.domain.address import DriveAddress, PciAddress
from pyvirt_conf.domain.addresses.drive import target_index
from pyvirt_conf.domain.chardev import ConsoleTarget, PtyChar
from pyvirt_conf.domain.controller import ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus, DiskSnapshot
from pyvirt_conf.domain.graphics import ListenType, VncGraphics
from pyvirt_conf.domain.interface import Interface, NetType, UserSource
from pyvirt_conf.domain.namespaces import QemuNamespace
from pyvirt_conf.domain.storage import BlockSource, FileSource
from pyvirt_conf.domain.video import VideoType
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, NoNameError, OsTypeError, VirtError, XmlError

CONFIG = ParserConfig(
    features=ParserFeature.FW_AUTOSELECT,
    default_arch=lambda os_type, virt_type: "x86_64",
    default_machine=lambda domain: "q35",
    default_emulator=lambda domain: "/usr/bin/emulator",
    namespaces={QemuNamespace.uri: QemuNamespace},
    new_uuid=lambda: "00010203-0405-4607-8809-0a0b0c0d0e0f",
    new_mac=lambda prefix: f"{prefix.hex(':')}:00:00:00",
)


def make(devices: str = "", rest: str = "", os: str = "<os><type>hvm</type></os>") -> str:
    return (
        f"<domain type='qemu'><name>a</name><memory unit='MiB'>64</memory>{os}{rest}"
        f"<devices>{devices}</devices></domain>"
    )


def test_a_minimal_guest_is_filled_in() -> None:
    assert parse_domain(make(), CONFIG).format() == (
        "<domain type='qemu'>\n"
        "  <name>a</name>\n"
        "  <uuid>00010203-0405-4607-8809-0a0b0c0d0e0f</uuid>\n"
        "  <memory unit='KiB'>65536</memory>\n"
        "  <currentMemory unit='KiB'>65536</currentMemory>\n"
        "  <vcpu placement='static'>1</vcpu>\n"
        "  <os>\n"
        "    <type arch='x86_64' machine='q35'>hvm</type>\n"
        "    <boot dev='hd'/>\n"
        "  </os>\n"
        "  <clock offset='utc'/>\n"
        "  <on_poweroff>destroy</on_poweroff>\n"
        "  <on_reboot>restart</on_reboot>\n"
        "  <on_crash>destroy</on_crash>\n"
        "  <devices>\n"
        "    <emulator>/usr/bin/emulator</emulator>\n"
        "  </devices>\n"
        "</domain>\n"
    )


@pytest.mark.parametrize(
    ("name", "index"), [("vda", 0), ("sdz", 25), ("hdaa", 26), ("vdba", 52), ("sda1", 0), ("xvdc", 2), ("nvme", None)]
)
def test_disk_names_are_numbers(name: str, index: int | None) -> None:
    assert target_index(name) == index


def test_disks_get_bus_address_and_controller() -> None:
    domain = parse_domain(
        make(
            "<disk type='file' device='cdrom'><target dev='sdi'/></disk>"
            "<disk type='block'><source dev='/dev/x'/><target dev='hdd'/></disk>"
            "<disk type='file'><source file='/b'/><target dev='vdb'/></disk>"
            "<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
        ),
        CONFIG,
    )
    # Those that name no bus are sorted together.
    first, second, ide, cd = domain.devices.disks
    assert (cd.bus, cd.address) == (DiskBus.SCSI, DriveAddress(controller=1, unit=1))
    assert (cd.readonly, cd.snapshot) == (True, DiskSnapshot.NO)
    assert isinstance(cd.source, FileSource)
    assert cd.source.file is None
    assert (ide.bus, ide.address) == (DiskBus.IDE, DriveAddress(bus=1, unit=1))
    assert isinstance(ide.source, BlockSource)
    assert [first.target, second.target] == ["vda", "vdb"]
    assert first.address is None
    assert [(c.type, c.index) for c in domain.devices.controllers] == [
        (ControllerType.SCSI, 0),
        (ControllerType.SCSI, 1),
        (ControllerType.IDE, 0),
    ]


def test_the_first_console_is_the_first_serial_port() -> None:
    domain = parse_domain(make("<console type='pty'/>"), CONFIG)
    (console,) = domain.devices.consoles
    (serial,) = domain.devices.serials
    assert console.target_type is ConsoleTarget.SERIAL
    assert console.source is serial.source
    domain = parse_domain(make("<serial type='pty'/><serial type='pty'/>"), CONFIG)
    assert [serial.port for serial in domain.devices.serials] == [0, 1]
    assert len(domain.devices.consoles) == 1


def test_a_terminal_is_shown_while_the_guest_runs() -> None:
    domain = parse_domain(make("<serial type='pty'/>"), CONFIG)
    assert isinstance(domain.devices.serials[0].source, PtyChar)
    domain.devices.serials[0].source.path = "/dev/pts/3"
    live = domain.format()
    assert "<console type='pty' tty='/dev/pts/3'>" in live
    assert live.count("<source path='/dev/pts/3'/>") == 2
    assert "/dev/pts" not in domain.format(XmlFlags.INACTIVE)


def test_a_copy_keeps_console_and_serial_together_in_text() -> None:
    domain = parse_domain(make("<serial type='pty'/>"), CONFIG).copy()
    assert isinstance(domain.devices.serials[0].source, PtyChar)
    domain.devices.serials[0].source.path = "/dev/pts/4"
    assert "<console type='pty' tty='/dev/pts/4'>" in domain.format()


def test_graphics_bring_a_card_and_a_place_to_listen() -> None:
    domain = parse_domain(make("<graphics type='vnc' listen='::1' passwd='x'/>").replace("'qemu'", "'vz'", 1), CONFIG)
    (display,) = domain.devices.graphics
    assert isinstance(display, VncGraphics)
    assert display.autoport
    assert [(item.type, item.address) for item in display.listens] == [(ListenType.ADDRESS, "::1")]
    assert "passwd" not in domain.format()
    assert "<graphics type='vnc' port='-1' autoport='yes' listen='::1' passwd='x'>" in domain.format(XmlFlags.SECURE)
    model = domain.devices.videos[0].model
    assert model is not None
    assert (model.type, model.vram, model.heads, model.primary) == (VideoType.VGA, 16384, 1, True)


def test_interfaces_get_an_address() -> None:
    domain = parse_domain(make("<interface type='user'/>"), CONFIG)
    assert domain.devices.interfaces[0].mac == "52:54:00:00:00:00"


def test_individual_vcpus_say_how_many_there_are() -> None:
    domain = parse_domain(make(rest="<vcpu>4</vcpu><vcpus><vcpu id='0' enabled='yes'/></vcpus>"), CONFIG)
    assert domain.vcpu.current == 1
    assert [(vcpu.id, vcpu.enabled, vcpu.hotpluggable) for vcpu in domain.vcpus] == [
        (0, True, False),
        (1, False, True),
        (2, False, True),
        (3, False, True),
    ]


def test_aliases_of_a_definition_are_the_users_own() -> None:
    devices = "<interface type='user'><alias name='{}'/></interface>"
    assert parse_domain(make(devices.format("net0")), CONFIG).devices.interfaces[0].alias == "net0"
    inactive = parse_domain(make(devices.format("net0")), CONFIG, flags=XmlFlags.INACTIVE)
    assert inactive.devices.interfaces[0].alias is None
    own = parse_domain(make(devices.format("ua-web")), CONFIG, flags=XmlFlags.INACTIVE)
    assert "<alias name='ua-web'/>" in own.format(XmlFlags.INACTIVE)


def test_namespaces_are_the_drivers() -> None:
    text = (
        make()
        .replace("<domain ", "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0' ")
        .replace("</domain>", "<q:commandline><q:arg value='-S'/></q:commandline></domain>")
    )
    domain = parse_domain(text, CONFIG)
    assert isinstance(domain.namespace, QemuNamespace)
    assert [arg.value for arg in domain.namespace.args] == ["-S"]
    written = domain.format()
    assert written.startswith("<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n")
    assert written.endswith("  <qemu:commandline>\n    <qemu:arg value='-S'/>\n  </qemu:commandline>\n</domain>\n")
    assert parse_domain(text, ParserConfig(default_arch=lambda os_type, virt_type: "x86_64")).namespace is None


def test_metadata_is_kept_and_can_be_changed() -> None:
    rest = "<metadata><a:x xmlns:a='urn:a'>one</a:x></metadata>"
    domain = parse_domain(make(rest=rest), CONFIG)
    assert domain.metadata is not None
    assert domain.metadata.get("urn:a") == "<x>one</x>"
    domain.metadata.set("urn:b", "<b:y xmlns:b='urn:b'/>")
    domain.metadata.set("urn:a", None)
    assert '  <metadata>\n    <b:y xmlns:b="urn:b"/>\n  </metadata>\n' in domain.format()
    with pytest.raises(VirtError):
        domain.metadata.set("urn:c", "<c")


def test_callbacks_come_in_order() -> None:
    told: list[str] = []
    config = ParserConfig(
        default_arch=CONFIG.default_arch,
        domain_early=lambda domain, flags: told.append("early"),
        device_complete=lambda device, domain, flags: told.append(type(device).__name__),
        domain_complete=lambda domain, flags: told.append("domain"),
        assign_addresses=lambda domain, flags: told.append("addresses"),
        device_validate=lambda device, domain: told.append(f"check {type(device).__name__}"),
        domain_validate=lambda domain: told.append("check domain"),
    )
    parse_domain(make("<input type='mouse'/>"), config)
    assert told == ["early", "Input", "domain", "addresses", "check Input", "check domain"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (make(os=""), OsTypeError, "an os <type> must be specified"),
        (make(os="<os><type>beos</type></os>"), XmlError, "unknown OS type 'beos'"),
        (make().replace("<name>a", "<name>a/b"), XmlError, "cannot contain '/'"),
        (make().replace("<name>a", "<name>"), NoNameError, "missing name"),
        (make().replace("64</memory>", "0</memory>"), XmlError, "memory size must be specified"),
        (make(rest="<vcpu current='3'>2</vcpu>"), XmlError, "current 3 vcpus of at most 2"),
        (make("<disk><source file='/a'/><target dev='vda'/></disk>" * 2), XmlError, "target 'vda' is there twice"),
        (
            make("<disk device='cdrom'><target dev='sda'/></disk>"
                 "<disk device='cdrom'><target dev='sdb'/><address type='drive'/></disk>"),
            ConfigUnsupportedError,
            "is in use by disk 'sda'",
        ),
        (make("<controller type='ide' index='1'/>" * 2), XmlError, "multiple 'ide' controllers with index '1'"),
        (make("<disk><target dev='vda'/><boot order='1'/></disk>", os="<os><type>hvm</type><boot dev='hd'/></os>"),
         XmlError, "per-device boot elements"),
        (make("<serial type='tcp'><source host='h'/></serial>"), InternalError, "missing source service"),
        (make("<channel type='pty'/>"), XmlError, "missing element"),
        (make("<interface type='bridge'/>"), XmlError, "missing source"),
        (make(os="<os firmware='bios'><type>hvm</type><nvram>/x</nvram></os>"), VirtError, "does not support nvram"),
        (make(rest="<cputune><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='0' cpuset='2'/></cputune>"),
         XmlError, "duplicate vcpupin"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(text: str, error: type[VirtError], message: str) -> None:
    with pytest.raises(error) as caught:
        parse_domain(text, CONFIG)
    assert message in str(caught.value)


def test_objects_make_the_same_text_as_documents() -> None:
    built = Domain.parse(make())
    built.devices.interfaces.append(
        Interface(
            type=NetType.USER,
            mac="52:54:00:11:22:33",
            source=UserSource(dev="eth0"),
            model="virtio",
            queues=4,
            address=PciAddress(slot=3),
        )
    )
    built.devices.disks.append(Disk(source=FileSource(file="/a&b"), target="vda", bus=DiskBus.VIRTIO))
    read = Domain.parse(built.format())
    assert read.devices == built.devices
    assert (
        "    <interface type='user'>\n"
        "      <mac address='52:54:00:11:22:33'/>\n"
        "      <source dev='eth0'/>\n"
        "      <model type='virtio'/>\n"
        "      <driver queues='4'/>\n"
        "      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n"
        "    </interface>\n"
    ) in built.format()
    assert "<source file='/a&amp;b'/>" in built.format()


def test_a_definition_built_from_another_format_is_left_as_it_is() -> None:
    domain = Domain.parse(make())
    domain.complete(CONFIG, XmlFlags.BUILT)
    assert domain.uuid is None
    assert domain.os.boot == []
    assert domain.current_memory == 65536


def test_the_status_of_a_running_guest() -> None:
    text = (
        "<domstatus state='running' reason='booted' pid='1234'>\n"
        "  <taint flag='custom-argv'/>\n"
        "  <monitor path='/m&amp;n' type='unix'/>\n"
        "  <devices>\n"
        "    <device alias='net0'/>\n"
        "  </devices>\n"
    )
    domain = parse_domain(make("<interface type='user'><alias name='net0'/></interface>"), CONFIG)
    domain.id = 7
    inner = "".join(f"  {line}\n" for line in domain.format().splitlines())
    status = DomainStatus.parse(f"{text}{inner}</domstatus>\n")
    assert (status.state, status.reason, status.pid, status.taints) == ("running", "booted", 1234, ("custom-argv",))
    assert status.private[0].get("path") == "/m&n"
    assert status.domain is not None
    assert status.domain.id == 7
    assert status.format() == f"{text}{inner}</domstatus>\n"
    with pytest.raises(XmlError, match="missing element"):
        DomainStatus.parse("<domstatus state='running'/>")


def test_importing_the_package_loads_neither_lxml_nor_the_documents() -> None:
    code = (
        "import sys, pyvirt_conf; assert not {'lxml', 'pyvirt_conf.domain'} & set(sys.modules); "
        "pyvirt_conf.Domain; assert 'lxml.etree' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_datagrams_have_two_ends() -> None:
    source = "<source mode='bind' host='0.0.0.0' service='1'/><source mode='connect' host='h' service='2'/>"
    domain = parse_domain(make(f"<serial type='udp'>{source}<log file='/l'/></serial>"), CONFIG)
    for _ in range(2):
        assert (
            domain.format().count(
                "      <source mode='bind' host='0.0.0.0' service='1'/>\n"
                "      <source mode='connect' host='h' service='2'/>\n"
                "      <log file='/l'/>\n"
            )
            == 2
        )
