"""A host's devices as files: the tree below ``/sys`` and udev's database, for hardware nobody has at hand.

::

    host = FakeSysfs(tmp_path / "sys", udev=tmp_path / "udev")
    disk = host.add("devices/pci0000:00/0000:00:1f.2/ata1/host0", subsystem="scsi", devtype="scsi_host")
    host.add("devices/virtual/net/lo", subsystem="net", of="class", attributes={"address": "00:00:00:00:00:00"})

Files and links are laid out as the kernel has them (Documentation/filesystems/sysfs.rst): a folder below ``devices``
with ``uevent`` and a link ``subsystem``, and a link to it from ``bus/NAME/devices`` or ``class/NAME``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path


class FakeSysfs:
    """A machine's ``/sys`` below ``root``; :attr:`sysfs` is its path as text.

    :param udev: the folder of udev's database (``/run/udev/data``); without it the machine has no udevd.
    """

    def __init__(self, root: str | os.PathLike[str], *, udev: str | os.PathLike[str] | None = None) -> None:
        self.root = Path(root)
        self.sysfs = str(root)
        self.udev = None if udev is None else Path(udev)
        for folder in (self.root / "devices", self.root / "bus", self.root / "class", self.udev):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        path: str,
        *,
        subsystem: str,
        of: str = "bus",
        devtype: str | None = None,
        driver: str | None = None,
        uevent: Mapping[str, object] | None = None,
        attributes: Mapping[str, str | bytes] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> Path:
        """Plug a device in; its folder.

        :param path: the folder below the root, from ``devices`` on.
        :param of: whether ``subsystem`` is a ``bus`` or a ``class``.
        :param uevent: more of what the kernel tells beside ``DEVTYPE`` and ``DRIVER``.
        :param attributes: files by their path below the device; text gets a newline at its end.
        :param links: paths below the root, by the name of the link.
        """
        folder = self.root / path
        folder.mkdir(parents=True, exist_ok=True)
        place = self.root / (f"bus/{subsystem}/devices" if of == "bus" else f"class/{subsystem}")
        place.mkdir(parents=True, exist_ok=True)
        _link(folder / "subsystem", self.root / of / subsystem)
        _link(place / folder.name, folder)
        if driver is not None:
            (self.root / "bus" / subsystem / "drivers" / driver).mkdir(parents=True, exist_ok=True)
            _link(folder / "driver", self.root / "bus" / subsystem / "drivers" / driver)
        told = {"DEVTYPE": devtype, "DRIVER": driver, **(uevent or {})}
        self.write(path, {"uevent": "\n".join(f"{name}={value}" for name, value in told.items() if value is not None)})
        self.write(path, attributes or {})
        for name, target in (links or {}).items():
            _link(folder / name, self.root / target)
        return folder

    def write(self, path: str, attributes: Mapping[str, str | bytes]) -> None:
        """Write files below a folder of the tree."""
        for name, value in attributes.items():
            file = self.root / path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(value if isinstance(value, bytes) else f"{value}\n".encode())

    def remove(self, path: str) -> None:
        """Unplug a device, and what is below it."""
        gone = self.root / path
        for listed in (*self.root.glob("bus/*/devices/*"), *self.root.glob("class/*/*")):
            if listed.is_symlink() and listed.resolve().is_relative_to(gone.resolve()):
                listed.unlink()
        shutil.rmtree(gone)

    def record(self, key: str, properties: Mapping[str, object], links: Iterable[str] = ()) -> None:
        """Let udevd have found out about a device.

        :param key: ``b8:0``, ``c189:3``, ``n2``, ``+pci:0000:00:1f.2``.
        :param links: links to its device file, below ``/dev``.
        """
        assert self.udev is not None
        lines = [f"S:{link}" for link in links]
        lines += ["I:1", *(f"E:{name}={value}" for name, value in properties.items()), "V:1"]
        fresh = self.udev / f".{key}"
        fresh.write_text("".join(f"{line}\n" for line in lines))
        os.rename(fresh, self.udev / key)

    # What is on every machine

    def pci(
        self,
        address: str,
        *,
        vendor: int,
        product: int,
        class_code: int,
        below: str = "pci0000:00",
        config: bytes = bytes(256),
        driver: str | None = None,
        iommu_group: int | None = None,
        attributes: Mapping[str, str | bytes] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> str:
        """A PCI function below a bridge, or a root bus; its path below the root."""
        path = f"devices/{below}/{address}"
        texts: dict[str, str | bytes] = {
            "vendor": f"0x{vendor:04x}",
            "device": f"0x{product:04x}",
            "class": f"0x{class_code:06x}",
            "driver_override": "(null)",
            "numa_node": "-1",
            "config": config,
        }
        told = {"PCI_CLASS": f"{class_code:X}", "PCI_ID": f"{vendor:04X}:{product:04X}", "PCI_SLOT_NAME": address}
        self.add(
            path, subsystem="pci", driver=driver, uevent=told, attributes=texts | dict(attributes or {}), links=links
        )
        if iommu_group is not None:
            group = self.root / f"kernel/iommu_groups/{iommu_group}"
            (group / "devices").mkdir(parents=True, exist_ok=True)
            _link(group / "devices" / address, self.root / path)
            _link(self.root / path / "iommu_group", group)
        return path

    def net(
        self,
        path: str,
        name: str,
        *,
        address: str = "",
        devtype: str | None = None,
        state: str = "down",
        speed: str | None = None,
        index: int = 2,
    ) -> str:
        """A network device below another, ``devices/virtual`` for those of software; its path below the root."""
        attributes = {
            "address": address,
            "operstate": state,
            "addr_len": "6" if address else "0",
            "ifindex": f"{index}",
        }
        if speed is not None:
            attributes["speed"] = speed
        own = f"{path}/net/{name}"
        self.add(
            own,
            subsystem="net",
            of="class",
            devtype=devtype,
            uevent={"INTERFACE": name, "IFINDEX": index},
            attributes=attributes,
        )
        return own

    def block(
        self,
        path: str,
        name: str,
        *,
        major: int,
        minor: int,
        size: int = 0,
        block_size: int = 512,
        removable: bool = False,
        attributes: Mapping[str, str | bytes] | None = None,
    ) -> str:
        """A disk below another device; ``size`` in units of 512 bytes; its path below the root."""
        texts: dict[str, str | bytes] = {
            "dev": f"{major}:{minor}",
            "size": f"{size}",
            "queue/logical_block_size": f"{block_size}",
            "removable": f"{int(removable)}",
        }
        own = f"{path}/block/{name}"
        self.add(
            own,
            subsystem="block",
            of="class",
            devtype="disk",
            uevent={"MAJOR": major, "MINOR": minor, "DEVNAME": name.replace("!", "/")},
            attributes=texts | dict(attributes or {}),
        )
        if path != "devices/virtual":
            _link(self.root / own / "device", self.root / path)
        (self.root / "block").mkdir(exist_ok=True)
        _link(self.root / "block" / name, self.root / own)
        return own


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))
