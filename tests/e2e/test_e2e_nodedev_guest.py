"""Node devices of a machine with real hardware, as far as a machine of QEMU's has it, and a real kernel.

The guest is the host here: it has disks and drives of several kinds, USB, a network card with an IOMMU group of its own
that is taken for a guest and given back, and no udevd.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from e2e_support.linux import unavailable
from e2e_support.python_guest import importable, run_program

import pyvirt
import pyvirt_conf
import pyvirt_driver_nodedev
import pyvirt_netdev
import pyvirt_util
from pyvirt_conf.nodedev import (
    NetCapability,
    NodeDevice,
    PciCapability,
    StorageCapability,
    SystemCapability,
    UsbDeviceCapability,
    UsbInterfaceCapability,
    parse_node_device,
)

LIBUDEV = Path("/usr/lib/x86_64-linux-gnu/libudev.so.1")

pytestmark = [
    pytest.mark.guest,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "can be made"),
    pytest.mark.skipif(not LIBUDEV.exists(), reason="libudev1 is not installed"),
]

OURS = (pyvirt, pyvirt_conf, pyvirt_driver_nodedev, pyvirt_netdev, pyvirt_util)
MODULES = (
    *("drivers/vfio/**/*.ko", "virt/lib/irqbypass.ko", "drivers/ata/*.ko", "drivers/scsi/s*.ko", "drivers/scsi/v*.ko"),
    *(
        "drivers/usb/**/*.ko",
        "drivers/nvme/**/*.ko",
        "drivers/net/ethernet/intel/e1000e/*.ko",
        "drivers/cdrom/*.ko",
        "drivers/block/virtio_blk.ko",
    ),
    *("drivers/virtio/*.ko", "drivers/ptp/*.ko", "drivers/pps/*.ko", "lib/**/*.ko", "crypto/*.ko", "block/*.ko"),
    *("arch/x86/crypto/*.ko", "drivers/hid/*.ko", "drivers/gpu/drm/**/bochs.ko", "drivers/gpu/drm/drm*.ko"),
    *(
        "drivers/gpu/drm/ttm/*.ko",
        "drivers/i2c/*.ko",
        "drivers/i2c/algos/*.ko",
        "drivers/video/**/*.ko",
        "drivers/md/*.ko",
    ),
)
DEVICES = """
intel-iommu
pcie-root-port,id=port1,chassis=1,slot=1,addr=3
e1000e,bus=port1,mac=52:54:00:00:00:77
pcie-root-port,id=port2,chassis=2,slot=2,addr=4
qemu-xhci,id=usb,bus=port2
usb-storage,drive=stick,bus=usb.0,port=1,serial=STICK
usb-hub,bus=usb.0,port=2
pcie-root-port,id=port3,chassis=3,slot=3,addr=5
nvme,serial=deadbeef,drive=flash,bus=port3
ide-hd,drive=disk,bus=ide.0,serial=DISK,model=A-DISK
ide-cd,drive=disc,bus=ide.1
virtio-scsi-pci,id=scsi
scsi-hd,drive=lun,bus=scsi.0,scsi-id=3,lun=2
virtio-blk-pci,drive=vd,serial=VD
bochs-display
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program in the guest found and did."""
    qemu = ["-M", "q35,kernel-irqchip=split", "-smbios", "type=1,manufacturer=A & B,product=Box,serial=7"]
    for disk in ("stick", "flash", "disk", "disc", "lun", "vd"):
        read_only = ",read-only=on" if disk == "disc" else ""
        qemu += ["-blockdev", f"null-co,node-name={disk},size=8388608,read-zeroes=on{read_only}"]
    for device in DEVICES.split():
        qemu += ["-device", device]
    printed = run_program(
        tmp_path_factory.mktemp("host"),
        Path(__file__).with_name("e2e_support").joinpath("nodedev_program.py").read_text(),
        packages=[
            *(Path(package.__path__[0]) for package in OURS),
            *importable("pyudev"),
            *importable("pluggy"),
            *importable("importlib_metadata"),
        ],
        modules=MODULES,
        qemu=qemu,
        timeout=600,
        files=[LIBUDEV],
        whole_library=True,
        stock_kernel=True,
    )
    answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def devices(found: dict[str, Any]) -> dict[str, NodeDevice]:
    """All devices by name, from documents that read back as they were written."""
    read = {name: parse_node_device(text) for name, text in found["documents"].items()}
    for name, device in read.items():
        assert device.name == name
        assert device.format() == found["documents"][name]
    return read


def lineage(devices: dict[str, NodeDevice], name: str) -> list[str]:
    """A device's name, its parent's, and so on."""
    names = [name]
    while (parent := devices[names[-1]].parent) is not None:
        names.append(parent)
    return names


def test_every_device_has_its_place(devices: dict[str, NodeDevice]) -> None:
    assert lineage(devices, "net_eth0_52_54_00_00_00_77")[1:] == ["pci_0000_01_00_0", "pci_0000_00_03_0", "computer"]
    assert lineage(devices, "block_nvme0n1")[1:] == ["pci_0000_03_00_0", "pci_0000_00_05_0", "computer"]
    assert lineage(devices, "drm_card0")[1:] == ["pci_0000_00_06_0", "computer"]
    units = {name: lineage(devices, name) for name in devices if name.startswith("block_s")}
    stick = next(names for names in units.values() if "pci_0000_02_00_0" in names)
    kinds = [devices[name].capabilities[0].type for name in stick]
    assert kinds[:6] == ["storage", "scsi", "scsi_target", "scsi_host", "usb", "usb_device"]
    assert kinds[6:] == ["usb_device", "pci", "pci", "system"]
    disk = next(names for names in units.values() if "scsi_host0" in names)
    assert disk[-2:] == ["pci_0000_00_1f_2", "computer"]
    assert all(lineage(devices, name)[-1] == "computer" for name in devices)


def test_the_machine(devices: dict[str, NodeDevice]) -> None:
    system = devices["computer"].find(SystemCapability)
    assert system is not None
    assert (system.product, system.hardware.vendor, system.hardware.serial) == ("Box", "A & B", "7")


def test_pci_functions(devices: dict[str, NodeDevice]) -> None:
    card, port = (devices[name].find(PciCapability) for name in ("pci_0000_01_00_0", "pci_0000_00_03_0"))
    assert card is not None
    assert port is not None
    assert (card.vendor.id, card.product.id, card.class_) == (0x8086, 0x10D3, 0x020000)
    assert card.iommu_group is not None
    assert [address.bus for address in card.iommu_group.addresses] == [1]
    assert card.pci_express is not None
    assert [(link.validity, link.speed) for link in card.pci_express.links] == [("cap", "2.5"), ("sta", "2.5")]
    assert [inner.type for inner in port.capabilities] == ["pci-bridge"]
    chipset = devices["pci_0000_00_1f_2"].find(PciCapability)
    assert chipset is not None
    assert chipset.iommu_group is not None
    assert sorted(address.function for address in chipset.iommu_group.addresses) == [0, 2, 3]
    assert devices["pci_0000_00_1f_2"].driver == "ahci"


def test_disks_and_drives_without_udevd(devices: dict[str, NodeDevice]) -> None:
    drives = {name: device.find(StorageCapability) for name, device in devices.items() if name.startswith("block_")}
    words = {name: drive.drive_type for name, drive in drives.items() if drive is not None}
    assert words == {
        "block_nvme0n1": "disk",
        "block_sda": "disk",
        "block_sdb": "disk",
        "block_sdc": "disk",
        "block_sr0": "cdrom",
        "block_vda": "disk",
    }
    assert {drive.size for drive in drives.values() if drive is not None and drive.drive_type == "disk"} == {8388608}
    sizes = {drive.vendor for drive in drives.values() if drive is not None}
    assert {"ATA", "QEMU", "0x1af4"} <= sizes
    disc = drives["block_sr0"]
    assert disc is not None
    assert disc.removable is not None


def test_usb(devices: dict[str, NodeDevice]) -> None:
    named = {
        (found.bus, found.product.name)
        for found in (device.find(UsbDeviceCapability) for device in devices.values())
        if found is not None
    }
    assert {(1, "QEMU USB Hub"), (2, "QEMU USB HARDDRIVE"), (1, "xHCI Host Controller")} <= named
    classes = sorted(
        found.class_
        for found in (device.find(UsbInterfaceCapability) for device in devices.values())
        if found is not None
    )
    assert classes == [8, 9, 9, 9]
    assert [node.path for node in devices["usb_2_1"].devnodes] == ["/dev/bus/usb/002/002"]


def test_the_network_card(devices: dict[str, NodeDevice]) -> None:
    net = devices["net_eth0_52_54_00_00_00_77"].find(NetCapability)
    assert net is not None
    assert (net.interface, net.address) == ("eth0", "52:54:00:00:00:77")
    assert {"tso", "rxvlan", "rxhash"} <= net.features


def test_capabilities(found: dict[str, Any], devices: dict[str, NodeDevice]) -> None:
    for name, capabilities in found["capabilities"].items():
        assert capabilities[0] == devices[name].capabilities[0].type


def test_a_card_is_lent_to_a_guest_and_given_back(found: dict[str, Any]) -> None:
    lent, nic = found["lent"], "net_eth0_52_54_00_00_00_77"
    assert (lent["nic"], lent["before"]) == (nic, "e1000e")
    assert lent["detached"] == ["vfio-pci", False, f"{nic}: deleted"]
    assert "<name>vfio-pci</name>" in lent["document"]
    in_use = "OperationInvalidError: not {} pci device 0000:01:00.0: a guest has its IOMMU group "
    *refusals, driver = lent["lent"]
    assert driver == "vfio-pci"
    for refusal, step in zip(refusals, ("reattaching", "resetting"), strict=True):
        assert refusal.startswith(in_use.format(step))
    assert lent["reset"] == "vfio"
    assert lent["reattached"] == ["e1000e", f"{nic}: created", True]
    assert "is a bridge" in lent["bridge"]


def test_unplugged_and_plugged(found: dict[str, Any]) -> None:
    assert found["plugged"] == [["pci_0000_02_00_0: deleted"], [], ["pci_0000_02_00_0: created"]]
