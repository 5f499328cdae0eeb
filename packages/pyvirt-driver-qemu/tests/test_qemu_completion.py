"""What QEMU's machines prescribe: places of the board's devices, buses of virtio, CPUs, memory and sound by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyvirt_conf.domain import Domain, XmlFlags, parse_domain
from pyvirt_conf.domain.graphics import ListenType
from pyvirt_driver_qemu.capabilities import Capabilities
from pyvirt_driver_qemu.capabilities.cache import SECTIONS, from_data
from pyvirt_driver_qemu.completion import Host, HostPci, assign_addresses, parser_config
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, VirtError, XmlError

FLAGS = (
    "piix3-usb-uhci",
    "qemu-xhci",
    "pcie-root-port",
    "pcie-pci-bridge",
    "virtio-pci-non-transitional",
    "gpex-pcihost",
    "virtio-mmio",
    "cirrus-vga",
    "virtio-net",
)
NIC = "<interface type='user'><mac address='52:54:00:00:00:0{}'/><model type='virtio'/>{}</interface>"
PCI = "<address type='pci' domain='0' bus='{}' slot='{}' function='{}'/>"


def capabilities(*flags: str, arch: str = "x86_64", gic: tuple[int, ...] = ()) -> Capabilities:
    """An emulator with these flags and one machine type, whose default CPU is its own."""
    machines = [["pc-i440fx-m", None, 0, False, True, f"m-{arch}-cpu", None, True, False]]
    data: dict[str, Any] = {"binary": "", "version": 0, "package": "", "arch": arch, "kvm": True}
    data |= {name: [] for name in SECTIONS}
    data |= {"flags": sorted({*FLAGS, *flags}), "gic": [[version, True, True] for version in gic]}
    data |= {"machines": {"kvm": machines, "tcg": machines}, "cpus": {}, "host_cpus": {}, "options": {}}
    return from_data(data | {"sev": None, "tpm": [[], []]})


def complete(
    devices: str = "",
    *flags: str,
    machine: str = "pc-q35-7.2",
    arch: str = "x86_64",
    kind: str = "kvm",
    head: str = "<memory>262144</memory>",
    host: Host | None = None,
    mode: XmlFlags = XmlFlags.INACTIVE | XmlFlags.ABI_UPDATE,
    **options: Any,
) -> Domain:
    """A definition as the driver makes it from a document."""
    config = parser_config(
        lambda emulator: capabilities(*flags, arch=arch, **options),
        find_emulator=lambda arch: "/usr/bin/qemu",
        host_arch=lambda: arch,
        host=host or Host(environment={}),
    )
    return parse_domain(
        f"<domain type='{kind}'><name>a</name>{head}<os><type arch='{arch}' machine='{machine}'>hvm</type></os>"
        f"<devices>{devices}</devices></domain>",
        config,
        flags=mode,
    )


def at(device: Any) -> Any:
    """Where it is, of whatever kind."""
    return device.address


def places(domain: Domain) -> dict[str, str]:
    """Addresses by type and index of controllers."""
    return {f"{c.type}{c.index}": str(c.address) for c in domain.devices.controllers if c.address is not None}


# -- boards ----------------------------------------------------------------------------------------


def test_a_pc_has_its_controllers_in_slot_1_and_video_behind_them() -> None:
    domain = complete(
        "<controller type='ide' index='0'/><graphics type='vnc'/><memballoon model='none'/>" + NIC.format(1, ""),
        machine="pc-i440fx-7.2",
    )
    assert places(domain) == {"ide0": "0000:00:01.1", "usb0": "0000:00:01.2"}
    assert str(domain.devices.videos[0].address) == "0000:00:02.0"
    assert str(domain.devices.interfaces[0].address) == "0000:00:03.0"


def test_a_q35_has_sata_in_slot_31_sound_in_27_and_ports_for_the_rest() -> None:
    domain = complete("<sound model='ich9'/><memballoon model='none'/>" + NIC.format(1, ""))
    assert places(domain) == {
        "sata0": "0000:00:1f.2",
        "usb0": "0000:02:00.0",
        "pci1": "0000:00:01.0",
        "pci2": "0000:00:01.1",
        "pci3": "0000:00:01.2",
    }
    assert str(domain.devices.sounds[0].address) == "0000:00:1b.0"
    assert str(domain.devices.interfaces[0].address) == "0000:01:00.0"


def test_usb_2_of_a_q35_is_where_real_ones_have_it() -> None:
    models = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3")
    sets = "".join(f"<controller type='usb' index='{index}' model='{m}'/>" for index in (0, 1) for m in models)
    domain = complete(sets)
    usb = [str(c.address)[8:] for c in domain.devices.controllers if c.type == "usb"]
    assert usb == ["1d.7", "1d.0", "1d.1", "1d.2", "1a.7", "1a.0", "1a.1", "1a.2"]


@pytest.mark.parametrize(
    ("devices", "machine", "error", "why"),
    [
        (
            "<controller type='sata' index='0'>" + PCI.format(0, 3, 0) + "</controller>",
            "q35",
            InternalError,
            r"the first sata controller is part of the board at PCI address 0:0:1f\.2, not at 0000:00:03\.0",
        ),
        (
            "<controller type='ide' index='0'>" + PCI.format(0, 3, 0) + "</controller>",
            "pc",
            InternalError,
            r"the first ide controller is part of the board at PCI address 0:0:1\.1",
        ),
        (NIC.format(1, PCI.format(0, 1, 0)), "pc", XmlError, r"PCI address 0000:00:01\.0 is in use already"),
        (NIC.format(1, PCI.format(0, 31, 0)), "q35", XmlError, r"PCI address 0000:00:1f\.0 is in use already"),
        (
            "<controller type='usb' index='0' model='piix3-uhci'>" + PCI.format(0, 1, 2) + "</controller>",
            "q35",
            InternalError,
            "bus 0 must be PCI",
        ),
        (
            "<controller type='pci' index='0' model='pcie-root'/>"
            "<controller type='pci' index='1' model='pcie-root-port'/>"
            "<controller type='pci' index='2' model='pcie-root-port'>" + PCI.format(1, 0, 0) + "</controller>",
            "q35",
            XmlError,
            r"0000:01:00\.0 of pci controller with index 2, the pcie-root-port with index 1 is not a controller that",
        ),
    ],
)
def test_boards_that_cannot_be(devices: str, machine: str, error: type[VirtError], why: str) -> None:
    with pytest.raises(error, match=why):
        complete(devices, machine=machine)


def test_conventional_devices_of_pci_express_guests_get_a_bridge() -> None:
    domain = complete(NIC.format(1, "").replace("virtio", "e1000") + "<memballoon model='none'/>")
    models = [c.model for c in domain.devices.controllers if c.type == "pci"]
    assert models == ["pcie-root", "pcie-root-port", "pcie-to-pci-bridge", *["pcie-root-port"] * 2]
    assert str(domain.devices.interfaces[0].address) == "0000:02:01.0"
    assert places(domain)["pci2"] == "0000:01:00.0"


def test_interfaces_of_unknown_models_may_be_pci_express() -> None:
    domain = complete(
        "".join(NIC.format(n, "").replace("virtio", m) for n, m in enumerate(("e1000e", "acme", "vmxnet3")))
    )
    buses = [c.model for c in domain.devices.controllers if c.type == "pci"]
    assert [buses[at(i).bus] for i in domain.devices.interfaces] == [
        "pcie-root-port",
        "pcie-root-port",
        "pcie-to-pci-bridge",
    ]


def test_completing_again_changes_nothing() -> None:
    for machine in ("pc", "q35"):
        domain = complete("<sound model='ac97'/><graphics type='vnc'/>" + NIC.format(1, "") * 1, machine=machine)
        before = domain.format(XmlFlags.INACTIVE)
        assign_addresses(domain, capabilities())
        assert domain.format(XmlFlags.INACTIVE) == before


# -- devices of the host ---------------------------------------------------------------------------


def described(root: Path, address: str, *, size: int, group: int) -> None:
    """A device below ``root`` as sysfs shows it."""
    folder = root / "bus/pci/devices" / address
    folder.mkdir(parents=True)
    (folder / "config").write_bytes(bytes(size))
    groups = root / "kernel/iommu_groups"
    (groups / str(group)).mkdir(parents=True, exist_ok=True)
    (folder / "iommu_group").symlink_to(groups / str(group))


def hostdev(address: str) -> str:
    bus, slot, function = address.replace(".", ":").split(":")[1:]
    return (
        "<hostdev mode='subsystem' type='pci'><source>"
        f"<address domain='0' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/></source></hostdev>"
    )


def test_devices_of_the_host_are_in_the_guest_what_they_are_there(tmp_path: Path) -> None:
    described(tmp_path, "0000:03:00.0", size=256, group=1)
    described(tmp_path, "0000:04:00.0", size=4096, group=2)
    host = Host(pci=HostPci(str(tmp_path)), environment={})
    domain = complete("".join(map(hostdev, ("0000:03:00.0", "0000:04:00.0", "0000:05:00.0"))), host=host)
    models = {c.index: c.model for c in domain.devices.controllers if c.type == "pci"}
    found = [models[at(device).bus] for device in domain.devices.hostdevs]
    assert found == ["pcie-to-pci-bridge", "pcie-root-port", "pcie-root-port"]


def test_power_keeps_iommu_groups_apart(tmp_path: Path) -> None:
    for function, group in ((0, 7), (1, 7), (2, 8)):
        described(tmp_path, f"0000:03:00.{function}", size=4096, group=group)
    devices = "".join(hostdev(f"0000:03:00.{function}") for function in (0, 1, 2))
    domain = complete(
        devices + "<controller type='usb' model='none'/><memballoon model='virtio'/>",
        "spapr-pci-host-bridge",
        arch="ppc64",
        machine="pseries-7.2",
        host=Host(pci=HostPci(str(tmp_path)), environment={}),
    )
    assert [str(d.address) for d in domain.devices.hostdevs] == ["0000:01:01.0", "0000:01:02.0", "0000:02:01.0"]
    assert str(at(domain.devices.memballoon)) == "0000:00:01.0"
    assert [c.target_index for c in domain.devices.controllers if c.type == "pci"] == [0, 1, 2]


# -- buses without PCI -----------------------------------------------------------------------------


def kinds(domain: Domain) -> list[str]:
    return [type(i.address).__name__ for i in domain.devices.interfaces]


def test_boards_without_pci_have_virtio_in_memory() -> None:
    domain = complete(NIC.format(1, ""), arch="armv7l", machine="vexpress-a15", kind="qemu")
    assert kinds(domain) == ["VirtioMmioAddress"]


def test_virtio_in_memory_is_a_question_of_the_first_on_arms_virt() -> None:
    assert kinds(complete(NIC.format(1, ""), arch="aarch64", machine="virt")) == ["PciAddress"]
    mixed = NIC.format(1, "<address type='virtio-mmio'/>") + NIC.format(2, "")
    assert kinds(complete(mixed, arch="aarch64", machine="virt")) == ["VirtioMmioAddress"] * 2


def test_ibm_z_has_channel_devices_and_pci_only_for_those_who_ask() -> None:
    domain = complete(
        NIC.format(1, "") + NIC.format(2, "<address type='pci'/>") + NIC.format(3, ""),
        "zpci",
        arch="s390x",
        machine="s390-ccw-virtio-7.2",
    )
    assert kinds(domain) == ["CcwAddress", "PciAddress", "CcwAddress"]
    first, second, third = map(at, domain.devices.interfaces)
    assert (first.devno, third.devno) == (0, 1)
    assert (second.zpci.uid, second.zpci.fid) == (1, 0)


def test_old_definitions_get_their_usb_ports_when_they_are_started() -> None:
    domain = complete("<input type='tablet' bus='usb'/>", mode=XmlFlags.INACTIVE)
    assert domain.devices.inputs[0].address is None
    assign_addresses(domain, capabilities())
    assert at(domain.devices.inputs[0]).port == "1"


# -- defaults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cpu", "kind", "expected"),
    [
        ("", "qemu", "<cpu mode='custom' match='exact' check='none'>\n  <model fallback='forbid'>m</model>\n</cpu>\n"),
        ("<cpu mode='host-passthrough'/>", "kvm", "<cpu mode='host-passthrough' check='none' migratable='off'/>\n"),
        ("<cpu mode='host-model'/>", "kvm", "<cpu mode='host-model' check='partial'/>\n"),
        (
            "<cpu><model>n</model></cpu>",
            "qemu",
            "<cpu mode='custom' match='exact' check='none'>\n  <model fallback='allow'>n</model>\n</cpu>\n",
        ),
        (
            "<cpu><model>n</model></cpu>",
            "kvm",
            "<cpu mode='custom' match='exact' check='partial'>\n  <model fallback='allow'>n</model>\n</cpu>\n",
        ),
    ],
)
def test_cpus_by_default(cpu: str, kind: str, expected: str) -> None:
    domain = complete(machine="pc-i440fx-m", kind=kind, head="<memory>65536</memory>" + cpu)
    assert domain.cpu is not None
    assert domain.cpu.to_xml() == expected


def test_vectors_of_some_length_are_vectors() -> None:
    features = "<feature policy='require' name='sve256'/><feature policy='disable' name='sve384'/>"
    head = f"<memory>65536</memory><cpu mode='host-passthrough'>{features}</cpu>"
    domain = complete(arch="aarch64", machine="virt", head=head)
    assert domain.cpu is not None
    assert [feature.name for feature in domain.cpu.features] == ["sve256", "sve384", "sve"]
    off = head.replace("require", "disable")
    assert len(complete(arch="aarch64", machine="virt", head=off).cpu.features) == 2


@pytest.mark.parametrize(("kind", "gic", "expected"), [("kvm", (2, 3), "3"), ("qemu", (2, 3), "2"), ("kvm", (), "2")])
def test_interrupt_controllers_of_arms_virt(kind: str, gic: tuple[int, ...], expected: str) -> None:
    domain = complete(arch="aarch64", machine="virt", kind=kind, gic=gic)
    assert domain.features.gic is not None
    assert domain.features.gic.version == expected


NVDIMM = """<memory model='nvdimm'><uuid>49545eb3-75e1-2d0a-acdd-f0294406c99e</uuid><source><path>/x</path></source>
  <target><size>{}</size><node>0</node><label><size>128</size></label></target></memory>"""


def power(size: int, mode: XmlFlags = XmlFlags.INACTIVE | XmlFlags.ABI_UPDATE) -> Domain:
    return complete(
        NVDIMM.format(size) + "<controller type='usb' model='none'/>",
        "spapr-pci-host-bridge",
        "nvdimm",
        arch="ppc64",
        machine="pseries",
        head=f"<maxMemory slots='4'>9999999</maxMemory><memory>{size + 700000}</memory>"
        "<cpu><numa><cell id='0' cpus='0' memory='700000'/></numa></cpu>",
        mode=mode,
    )


def test_powers_memory_is_whole_blocks_in_new_definitions() -> None:
    domain = power(600000)
    module = domain.devices.memories[0].target.size
    assert (module, domain.memory) == (2 * 262144 + 128, 700000 + 2 * 262144 + 128)
    assert power(600000, XmlFlags.INACTIVE).memory == 1300000
    with pytest.raises(ConfigUnsupportedError, match="NVDIMM of 262144 KiB is too small"):
        power(262144)


@pytest.mark.parametrize(
    ("devices", "host", "expected"),
    [
        ("", {}, ["none"]),
        ("<graphics type='spice'/>", {}, ["spice"]),
        ("<graphics type='vnc'/>", {"environment": {"QEMU_AUDIO_DRV": "pa"}}, ["none"]),
        (
            "<graphics type='vnc'/>",
            {"environment": {"QEMU_AUDIO_DRV": "pa"}, "vnc_allow_host_audio": True},
            ["pulseaudio"],
        ),
        ("", {"environment": {"QEMU_AUDIO_DRV": "wav"}, "nographics_allow_host_audio": True}, ["file"]),
        ("", {"environment": {}, "nographics_allow_host_audio": True}, []),
        ("<graphics type='sdl'/>", {"environment": {"QEMU_AUDIO_DRV": "sdl", "SDL_AUDIODRIVER": "esd"}}, ["sdl"]),
        ("<audio id='1' type='oss'/>", {}, ["oss"]),
    ],
)
def test_where_sound_goes(devices: str, host: dict[str, Any], expected: list[str]) -> None:
    domain = complete(devices, "spice", "vnc", "sdl", host=Host(**{"environment": {}, **host}))
    assert [audio.type for audio in domain.devices.audios] == expected


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"QEMU_AUDIO_DRV": "tuba"}, "unknown QEMU_AUDIO_DRV 'tuba', expected one of alsa, coreaudio"),
        ({"QEMU_AUDIO_DRV": "sdl", "SDL_AUDIODRIVER": "tuba"}, "unknown SDL_AUDIODRIVER 'tuba', expected one of "),
    ],
)
def test_sound_that_cannot_go_anywhere(environment: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigUnsupportedError, match=why):
        complete(host=Host(environment=environment, nographics_allow_host_audio=True))


def test_labels_without_a_model_are_for_the_hosts() -> None:
    document = "</devices><seclabel type='dynamic' relabel='yes'/><devices>"
    assert complete(document).seclabels[0].model is None
    label = complete(document, host=Host(environment={}, security_model="selinux")).seclabels[0]
    assert (label.type, label.model) == ("dynamic", "selinux")
    label = complete(document, host=Host(environment={}, security_model="none")).seclabels[0]
    assert (label.type, label.model) == ("none", "none")


def test_sockets_the_driver_made_are_not_for_the_next_guest() -> None:
    document = "<graphics type='vnc' socket='/run/x/vnc.sock'/>"
    host = Host(environment={}, socket_folder="/run/x")
    display: Any = complete(document, "vnc", host=host).devices.graphics[0]
    listen = display.listens[0]
    assert (listen.type, listen.socket) == (ListenType.ADDRESS, None)
    display = complete(document, "vnc").devices.graphics[0]
    listen = display.listens[0]
    assert (listen.type, listen.socket) == (ListenType.SOCKET, "/run/x/vnc.sock")


def test_macos_has_virtual_machines_of_its_own() -> None:
    assert complete(kind="hvf", host=Host(platform="darwin", environment={})).type == "hvf"
    with pytest.raises(ConfigUnsupportedError, match="does not support virt type 'hvf'"):
        complete(kind="hvf", host=Host(platform="linux", environment={}))
