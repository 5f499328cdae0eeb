"""A described machine that has devices of every kind, for the driver here and for libvirt to look at."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pyvirt_testing.fake_sysfs import FakeSysfs

MDEV = "53764d0e-85a0-42b4-af5c-2046b460b1dc"


def config_space(
    *,
    header: int = 0,
    express: int | None = None,
    link: tuple[int, int, int] = (0, 0, 0),
    status: tuple[int, int] = (0, 0),
) -> bytes:
    """Configuration space; ``express`` is the kind of port, ``link`` is port, speed, width, ``status`` speed, width."""
    data = bytearray(4096 if express is not None else 256)
    data[0x0E] = header
    if express is not None:
        data[0x06] = 0x10
        data[0x34] = 0x40
        port, speed, width = link
        struct.pack_into("<BBHIHHI", data, 0x40, 0x10, 0, 2 | express << 4, 0, 0, 0, speed | width << 4 | port << 24)
        struct.pack_into("<H", data, 0x40 + 0x12, status[0] | status[1] << 4)
    return bytes(data)


def vital_product_data() -> bytes:
    """A card with fields of the maker's and of the owner's."""

    def field(keyword: str, value: bytes) -> bytes:
        return keyword.encode() + bytes([len(value)]) + value

    def resource(tag: int, content: bytes) -> bytes:
        return bytes([tag]) + struct.pack("<H", len(content)) + content

    name = resource(0x82, b"A card & more")
    read_only = b"".join(
        field(*item) for item in (("PN", b"B-1"), ("EC", b"C1"), ("SN", b"0042"), ("MN", b"XY"), ("V0", b"first"))
    )
    head = bytes([0x90]) + struct.pack("<H", len(read_only) + 4)
    checked = name + head + read_only + b"RV\x01"
    read_only += field("RV", bytes([-sum(checked) & 0xFF]))
    read_write = field("YA", b"asset 7") + field("V1", b"mine") + field("Y1", b"site") + field("RW", bytes(4))
    return name + resource(0x90, read_only) + resource(0x91, read_write) + b"\x78"


def build_machine(host: FakeSysfs) -> None:
    """Devices of every kind."""
    host.write(
        "devices/virtual/dmi/id",
        {
            "product_name": "Box <1>",
            "sys_vendor": "Maker & Sons",
            "product_version": "V 2 ",
            "product_serial": "S-3",
            "product_uuid": "4C4C4544-0043-3610-804D-B4C04F4B3432",
            "bios_vendor": "Firm",
            "bios_version": "1.0",
            "bios_date": "01/02/2020",
            "uevent": "MODALIAS=dmi:x",
        },
    )
    (host.root / "class/dmi").mkdir(parents=True)
    (host.root / "class/dmi/id").symlink_to("../../devices/virtual/dmi/id")
    (host.root / "devices/virtual/dmi/id/subsystem").symlink_to("../../../../class/dmi")
    _pci(host)
    _usb(host)
    _net(host)
    _scsi(host)
    _storage(host)
    _s390(host)
    _others(host)


def _pci(host: FakeSysfs) -> None:
    host.pci("0000:00:00.0", vendor=0x8086, product=0x1237, class_code=0x060000)
    port = host.pci(
        "0000:00:1c.0",
        vendor=0x8086,
        product=0x2448,
        class_code=0x060400,
        driver="pcieport",
        config=config_space(header=1, express=4, link=(3, 3, 16), status=(2, 8)),
    ).removeprefix("devices/")
    card = host.pci(
        "0000:03:00.0",
        below=port,
        vendor=0x8086,
        product=0x10C9,
        class_code=0x020000,
        driver="igb",
        config=config_space(express=0, link=(0, 1, 4), status=(1, 4)),
        iommu_group=13,
        attributes={"numa_node": "1", "sriov_totalvfs": "7", "sriov_numvfs": "2", "vpd": vital_product_data()},
    )
    for index in range(2):
        function = f"0000:03:10.{2 * index}"
        path = host.pci(
            function,
            below=port,
            vendor=0x8086,
            product=0x10CA,
            class_code=0x020000,
            driver="vfio-pci" if index else "igbvf",
            config=config_space(express=0),
            iommu_group=14 + index,
            links={"physfn": card},
        )
        (host.root / card / f"virtfn{index}").symlink_to(f"../{function}")
        if not index:
            host.net(path, "eth7", address="52:54:00:00:00:07", index=7)
    host.net(card, "eth5", address="52:54:00:00:00:05", state="up", speed="1000", index=5)
    host.pci("0000:00:1e.0", vendor=0x104C, product=0xAC56, class_code=0x060700, config=config_space(header=2))
    host.pci(
        "10000:e0:06.0", below="pci10000:e0", vendor=0x8086, product=0x4C3D, class_code=0x060400, config=bytes(256)
    )
    types = {
        f"mdev_supported_types/nvidia-{number}/{name}": value
        for number, instances in ((11, "16"), (12, "0"))
        for name, value in (("available_instances", instances), ("device_api", "vfio-pci"), ("name", f"GRID {number}"))
    }
    graphics = host.pci(
        "0000:00:02.0",
        vendor=0x10DE,
        product=0x13F2,
        class_code=0x030000,
        driver="nvidia",
        config=config_space(express=9),
        attributes=types,
    )
    (host.root / "class/mdev_bus").mkdir(parents=True)
    (host.root / "class/mdev_bus/0000:00:02.0").symlink_to(f"../../{graphics}")
    mdev = f"{graphics}/{MDEV}"
    host.add(
        mdev, subsystem="mdev", driver="vfio_mdev", links={"mdev_type": f"{graphics}/mdev_supported_types/nvidia-11"}
    )
    (host.root / "kernel/iommu_groups/20/devices").mkdir(parents=True)
    (host.root / mdev / "iommu_group").symlink_to("../../../../kernel/iommu_groups/20")
    for name, minor in (("card0", 0), ("controlD64", 64), ("renderD128", 128)):
        told = {"MAJOR": 226, "MINOR": minor, "DEVNAME": f"dri/{name}"}
        host.add(f"{graphics}/drm/{name}", subsystem="drm", of="class", devtype="drm_minor", uevent=told)
        host.record(f"c226:{minor}", {"ID_PATH": "pci-0000:00:02.0"}, [f"dri/by-path/pci-0000:00:02.0-{name[:4]}"])
    host.add(f"{graphics}/drm/card0/card0-DP-1", subsystem="drm", of="class", devtype="drm_connector")


def _usb(host: FakeSysfs) -> None:
    controller = host.pci("0000:00:14.0", vendor=0x8086, product=0xA12F, class_code=0x0C0330, driver="xhci_hcd")

    def device(path: str, number: int, vendor: int, product: int, /, **attributes: str) -> None:
        told = {"MAJOR": 189, "MINOR": number - 1, "DEVNAME": f"bus/usb/001/{number:03}", "BUSNUM": "001"}
        texts = {"idVendor": f"{vendor:04x}", "idProduct": f"{product:04x}", "busnum": "1", "devnum": f"{number}"}
        host.add(
            path,
            subsystem="usb",
            devtype="usb_device",
            driver="usb",
            uevent=told | {"DEVNUM": f"{number:03}"},
            attributes=texts | attributes,
        )

    def interface(path: str, driver: str | None, *numbers: str) -> None:
        names = ("bInterfaceNumber", "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
        attributes = dict(zip(names, numbers, strict=True))
        host.add(path, subsystem="usb", devtype="usb_interface", driver=driver, attributes=attributes)

    hub = f"{controller}/usb1"
    device(hub, 1, 0x1D6B, 0x0002, manufacturer="Linux 6.1 xhci-hcd", product="xHCI Host Controller")
    interface(f"{hub}/1-0:1.0", "hub", "00", "09", "00", "00")
    stick = f"{hub}/1-1"
    device(stick, 20, 0x0781, 0x5567, manufacturer="SanDisk", product="Cruzer Blade")
    interface(f"{stick}/1-1:1.0", "usb-storage", "00", "08", "06", "50")
    device(f"{hub}/1-2", 21, 0xFFFF, 0x0001)
    known = {"ID_VENDOR_ID": "1d6b", "ID_MODEL_ID": "0002", "ID_VENDOR_FROM_DATABASE": "Linux Foundation"}
    host.record("c189:0", known | {"ID_MODEL_FROM_DATABASE": "2.0 root hub"})
    host.record("c189:19", {"ID_VENDOR_ID": "0781", "ID_MODEL_ID": "5567"})
    host.record("c189:20", {"ID_VENDOR_ID": "ffff", "ID_MODEL_ID": "0001"})


def _net(host: FakeSysfs) -> None:
    host.net("devices/virtual", "lo", address="00:00:00:00:00:00", state="unknown", index=1)
    host.net("devices/virtual", "br0", address="52:54:00:00:00:10", devtype="bridge", index=10)
    host.net("devices/virtual", "tun0", index=11)
    host.net("devices/virtual", "odd.7", address="52:54:00:00:00:11", state="up", speed="-1", index=12)
    radio = host.pci("0000:04:00.0", vendor=0x8086, product=0x24FD, class_code=0x028000, driver="iwlwifi")
    host.net(radio, "wlan0", address="f0:d5:bf:00:00:01", devtype="wlan", state="dormant", index=13)


def _unit(host: FakeSysfs, target: str, unit: str, kind: int, generic: int, **attributes: str) -> str:
    path = f"{target}/{unit}"
    texts = {"type": f"{kind}", **attributes}
    host.add(path, subsystem="scsi", devtype="scsi_device", driver="sr" if kind == 5 else "sd", attributes=texts)
    told = {"MAJOR": 21, "MINOR": generic, "DEVNAME": f"sg{generic}"}
    host.add(f"{path}/scsi_generic/sg{generic}", subsystem="scsi_generic", of="class", uevent=told)
    return path


def _adapter(host: FakeSysfs, path: str, number: int, unique_id: str) -> str:
    adapter = f"{path}/host{number}"
    host.add(adapter, subsystem="scsi", devtype="scsi_host")
    folder = f"{adapter}/scsi_host/host{number}"
    host.add(folder, subsystem="scsi_host", of="class", attributes={"unique_id": unique_id})
    return adapter


def _scsi(host: FakeSysfs) -> None:
    sata = host.pci("0000:00:17.0", vendor=0x8086, product=0xA102, class_code=0x010601, driver="ahci")
    adapter = _adapter(host, f"{sata}/ata1", 0, "1")
    target = f"{adapter}/target0:0:0"
    host.add(target, subsystem="scsi", devtype="scsi_target")
    disk = _unit(host, target, "0:0:0:0", 0, 0, vendor="ATA     ", model="WDC WD10EZEX-08W")
    host.block(disk, "sda", major=8, minor=0, size=1953525168)
    said = {"ID_BUS": "ata", "ID_TYPE": "disk", "ID_SERIAL": "WDC_WD10EZEX-08W_WD-WCC6Y7", "ID_MODEL": "WDC"}
    host.record("b8:0", said, ["disk/by-path/pci-0000:00:17.0-ata-1", "disk/by-id/ata-WDC_WD10EZEX-08W_WD-WCC6Y7"])
    host.add(
        f"{disk}/block/sda/sda1",
        subsystem="block",
        of="class",
        devtype="partition",
        uevent={"MAJOR": 8, "MINOR": 1, "DEVNAME": "sda1"},
    )
    drive = _unit(host, target, "0:0:0:1", 5, 1, vendor="HL-DT-ST", model="DVDRAM GH24NSC0 ")
    host.block(drive, "sr0", major=11, minor=0, size=2848, block_size=2048, removable=True)
    said = {"ID_BUS": "ata", "ID_TYPE": "cd", "ID_SERIAL": "HL-DT-ST_DVDRAM", "ID_CDROM": "1", "ID_CDROM_MEDIA": "1"}
    host.record("b11:0", said | {"ID_FS_LABEL": "MY & DISC"}, ["cdrom", "disk/by-label/MY\\x20DISC"])
    empty = _unit(host, target, "0:0:0:2", 5, 2)
    host.block(empty, "sr1", major=11, minor=1, removable=True)
    host.record("b11:1", {"ID_TYPE": "cd/dvd", "ID_CDROM": 1})
    for number, kind in ((3, 13), (4, 12), (5, 31)):
        _unit(host, target, f"0:0:0:{number}", kind, number)
    fibre = host.pci("0000:21:00.0", vendor=0x1077, product=0x2532, class_code=0x0C0400, driver="qla2xxx")
    adapter = _adapter(host, fibre, 5, "0")
    names = {"node_name": "0x2001001b32a9da4e", "port_name": "0x2101001b32a9da4e", "fabric_name": "0x2001000dec9877c1"}
    names |= {"max_npiv_vports": "127", "npiv_vports_inuse": "1", "port_state": "Online", "vport_create": ""}
    host.add(f"{adapter}/fc_host/host5", subsystem="fc_host", of="class", attributes=names)
    port = f"{adapter}/rport-5:0-9"
    host.add(port, subsystem="fc_remote", devtype="fc_rport")
    host.add(
        f"{port}/fc_remote_ports/rport-5:0-9",
        subsystem="fc_remote_ports",
        of="class",
        attributes={"port_name": "0x9d73bc45f0e21a86"},
    )
    host.add(f"{port}/target5:0:0", subsystem="scsi", devtype="scsi_target")
    _unit(host, f"{port}/target5:0:0", "5:0:0:0", 0, 6)
    virtual = _adapter(host, f"{adapter}/vport-5:0-1", 6, "0")
    names = {"node_name": "0x5001a4aaf3ca174b", "port_name": "0x5001a4a77192b864", "fabric_name": "0x0"}
    host.add(f"{virtual}/fc_host/host6", subsystem="fc_host", of="class", attributes=names)


def _storage(host: FakeSysfs) -> None:
    ctrl = host.pci("0000:05:00.0", vendor=0x144D, product=0xA808, class_code=0x010802, driver="nvme")
    names = {"model": "Samsung SSD 970 EVO  ", "serial": "S4EWNF0M"}
    host.add(f"{ctrl}/nvme/nvme0", subsystem="nvme", of="class", attributes=names)
    disk = f"{ctrl}/nvme/nvme0/nvme0n1"
    told = {"MAJOR": 259, "MINOR": 0, "DEVNAME": "nvme0n1"}
    attributes = {"size": "976773168", "queue/logical_block_size": "512", "removable": "0"}
    host.add(
        disk,
        subsystem="block",
        of="class",
        devtype="disk",
        uevent=told,
        attributes=attributes,
        links={"device": f"{ctrl}/nvme/nvme0"},
    )
    (host.root / "block/nvme0n1").symlink_to(f"../{disk}")
    host.record("b259:0", {"ID_SERIAL": "Samsung_SSD_970 EVO_S4EWNF0M", "ID_MODEL": "Samsung SSD"})
    host.block("devices/virtual", "loop0", major=7, minor=0, size=2048)
    host.record("b7:0", {"ID_FS_TYPE": "squashfs"})
    virtio = host.pci("0000:00:05.0", vendor=0x1AF4, product=0x1001, class_code=0x010000, driver="virtio-pci")
    host.add(f"{virtio}/virtio1", subsystem="virtio", driver="virtio_blk", attributes={"vendor": "0x1af4"})
    host.block(f"{virtio}/virtio1", "vda", major=254, minor=0, size=2097152, block_size=4096)
    host.add("devices/platform/floppy.0", subsystem="platform", driver="floppy")
    host.block("devices/platform/floppy.0", "fd0", major=2, minor=0, size=2880, removable=True)
    host.record("b2:0", {"ID_TYPE": "generic", "ID_DRIVE_FLOPPY": 1, "ID_FS_LABEL": "BOOT"})
    host.add("devices/platform/mmc0/mmc0:0001", subsystem="mmc", driver="mmcblk")
    host.block("devices/platform/mmc0/mmc0:0001", "mmcblk0", major=179, minor=0, size=31116288)
    host.record("b179:0", {"ID_DRIVE_FLASH_SD": 1, "ID_SERIAL": "0x1c2a3f"})
    raid = host.pci("0000:06:00.0", vendor=0x103C, product=0x323A, class_code=0x010400, driver="hpsa")
    host.block(raid, "cciss!c0d0", major=104, minor=0, size=4096)
    host.record("b104:0", {"ID_TYPE": "disk", "ID_BUS": "cciss", "ID_SERIAL": "600/508"})
    tape = host.pci("0000:06:01.0", vendor=0x103C, product=0x323B, class_code=0x010400)
    host.block(tape, "st0", major=9, minor=0)
    host.record("b9:0", {"ID_TYPE": "tape"})


def _s390(host: FakeSysfs) -> None:
    host.add("devices/css0/0.0.0000", subsystem="css", driver="io_subchannel", attributes={"dev_busid": "0.0.1b9c"})
    dasd = "devices/css0/0.0.0000/0.0.1b9c"
    host.add(dasd, subsystem="ccw", driver="dasd-eckd", attributes={"online": "1", "uid": "IBM.75000000092461.e900.8a"})
    host.block(dasd, "dasda", major=94, minor=0, size=14424480, block_size=4096)
    host.record("b94:0", {"ID_BUS": "ccw", "ID_SERIAL": "0X8A"})
    host.add("devices/css0/0.0.0001", subsystem="css", driver="io_subchannel", attributes={"dev_busid": "0.0.f500"})
    host.add("devices/css0/0.0.0001/0.0.f500", subsystem="ccw", driver="qeth", attributes={"online": "0"})
    host.add("devices/css0/0.0.0002", subsystem="css", driver="chsc_subchannel")
    types = {"available_instances": "1", "device_api": "vfio-ccw", "name": "I/O subchannel (Non-QDIO)"}
    host.add(
        "devices/css0/0.1.0052",
        subsystem="css",
        driver="vfio_ccw",
        attributes={"dev_busid": "none"}
        | {f"mdev_supported_types/vfio_ccw-io/{name}": value for name, value in types.items()},
    )
    host.add("devices/ap/card0a", subsystem="ap", devtype="ap_card", driver="cex4card")
    host.add("devices/ap/card0a/0a.001b", subsystem="ap", devtype="ap_queue", driver="vfio_ap")
    types = {"available_instances": "65536", "device_api": "vfio-ap", "name": "VFIO AP Passthrough Device"}
    host.add(
        "devices/vfio_ap/matrix",
        subsystem="matrix",
        driver="vfio_ap",
        attributes={f"mdev_supported_types/vfio_ap-passthrough/{name}": value for name, value in types.items()},
    )


def _others(host: FakeSysfs) -> None:
    parent = host.pci("0000:07:00.0", vendor=0x1AF4, product=0x1041, class_code=0x020000, driver="vp_vdpa")
    host.add(f"{parent}/vdpa0", subsystem="vdpa", driver="vhost_vdpa")
    told = {"MAJOR": 242, "MINOR": 0, "DEVNAME": "vhost-vdpa-0"}
    host.add(f"{parent}/vdpa0/vhost-vdpa-0", subsystem="vhost-vdpa", of="class", uevent=told)
    host.add(f"{parent}/vdpa1", subsystem="vdpa", driver="virtio_vdpa")
    types = {"available_instances": "24", "device_api": "vfio-pci", "name": "Single port serial"}
    serial = "devices/virtual/mtty/mtty"
    host.add(
        serial,
        subsystem="mtty",
        of="class",
        attributes={f"mdev_supported_types/mtty-1/{name}": value for name, value in types.items()},
    )
    (host.root / "class/mdev_bus/mtty").symlink_to(f"../../{serial}")
    host.add(
        "devices/virtual/tty/tty0", subsystem="tty", of="class", uevent={"MAJOR": 4, "MINOR": 0, "DEVNAME": "tty0"}
    )


@pytest.fixture
def machine(tmp_path: Path) -> FakeSysfs:
    """A described machine with devices of every kind, and udev's database."""
    host = FakeSysfs(tmp_path / "sys", udev=tmp_path / "udev")
    build_machine(host)
    return host
