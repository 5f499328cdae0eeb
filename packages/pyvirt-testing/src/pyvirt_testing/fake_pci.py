"""A PCI bus in a folder, and the kernel that answers what is written to it: a fake, for devices nobody has.

::

    kernel = FakePciKernel(tmp_path)
    kernel.add_driver("e1000e", "8086:10d3")
    kernel.add_module("vfio-pci")
    kernel.add_device("0000:03:00.0", vendor=0x8086, product=0x10D3)
    device = kernel.device("0000:03:00.0")
    device.bind_to_stub("vfio-pci")

What is read is files and links laid out as sysfs has them. What is written goes through the kernel's side of
:class:`pyvirt_util.sysfs.Kernel`: binding, ``driver_override``, probing, resets and configuration space behave as the
kernel's do. Every change of the tree is one system call, so that a process killed in between leaves what a real one
would.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pyvirt_util.errors import OperationFailedError, system_error
from pyvirt_util.pci import PciAddress, PciDevice
from pyvirt_util.sysfs import Kernel

_BRIDGE_CONTROL, _BRIDGE_RESET = 0x3E, 0x40
_IDS = "fake-ids"
"""Which devices a driver takes: no file of the kernel's, which keeps that in memory."""


class FakePciKernel(Kernel):
    """The bus below ``root``, which stands for ``/sys``.

    ``log`` has what was asked of it in order: ``("write", path below the root, data, offset)``, ``("load", module)``,
    ``("pause", seconds)``. ``refuse[path below the root]`` is the errno that writing there fails with, and a driver in
    ``picky`` fails to probe any device.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.log: list[tuple[object, ...]] = []
        self.refuse: dict[str, int] = {}
        self.picky: set[str] = set()
        self._modules: dict[str, str] = {}
        for folder in ("devices", "drivers"):
            (self.root / "bus/pci" / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "bus/pci/drivers_probe").touch()

    # Describing the host

    def add_driver(self, name: str, *ids: str) -> None:
        """A driver that is loaded, and the ``vendor:product`` pairs it takes by itself."""
        fresh = self.root / f"new-driver-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        (fresh / "unbind").touch()
        (fresh / _IDS).write_text("".join(f"{pair.lower()}\n" for pair in ids))
        os.rename(fresh, self.root / "bus/pci/drivers" / name)

    def add_module(self, name: str, driver: str | None = None) -> None:
        """A module that can be loaded, and the driver it brings, by default one of its own name."""
        self._modules[name] = driver or name

    def add_device(
        self,
        address: str,
        *,
        vendor: int,
        product: int,
        class_code: int = 0,
        config: bytes = b"",
        above: str | None = None,
        iommu_group: int | None = None,
        physfn: str | None = None,
        vpd: bytes | None = None,
        netdevs: Iterable[str] = (),
        attributes: dict[str, str] | None = None,
    ) -> PciDevice:
        """Plug a device in; a driver that takes its ids is bound to it.

        :param above: the bridge it is behind, or a root bus (``pci0000:00``): its folder is then below ``devices``.
            Otherwise the folder is directly on the bus, and only bus numbers tell bridges.
        :param physfn: the physical function it is a virtual function of.
        :param attributes: more files with their text.
        """
        where = self._place(address, above)
        where.mkdir(parents=True)
        texts = {
            "vendor": f"0x{vendor:04x}",
            "device": f"0x{product:04x}",
            "class": f"0x{class_code:06x}",
            "driver_override": "(null)",
            **(attributes or {}),
        }
        for name, text in texts.items():
            (where / name).write_text(text + "\n")
        (where / "config").write_bytes(config)
        if vpd is not None:
            (where / "vpd").write_bytes(vpd)
        for netdev in netdevs:
            (where / "net" / netdev).mkdir(parents=True)
        if above is not None:
            (self.root / "bus/pci/devices" / address).symlink_to(os.path.relpath(where, self.root / "bus/pci/devices"))
        if iommu_group is not None:
            members = self.root / f"kernel/iommu_groups/{iommu_group}/devices"
            members.mkdir(parents=True, exist_ok=True)
            (members / address).symlink_to(os.path.relpath(where, members))
            (where / "iommu_group").symlink_to(os.path.relpath(members.parent, where))
        if physfn is not None:
            parent = self.root / "bus/pci/devices" / physfn
            (where / "physfn").symlink_to(os.path.relpath(parent.resolve(), where))
            count = len(list(parent.glob("virtfn*")))
            (parent / f"virtfn{count}").symlink_to(os.path.relpath(where, parent.resolve()))
        self._probe(address)
        return self.device(address)

    def device(self, address: str) -> PciDevice:
        """The device, as the module under test sees it."""
        return PciDevice(address, self.root, kernel=self)

    def remove(self, address: str) -> None:
        """Unplug a device, or take its files half-way: what is read next fails."""
        os.rename(self.root / "bus/pci/devices" / address, self.root / f"gone-{address}")

    # The kernel's side

    def write(self, path: str, data: bytes, offset: int = 0) -> None:
        """Answer a write as the kernel does."""
        name = os.path.relpath(path, self.root)
        self.log.append(("write", name, data, offset))
        try:
            if name in self.refuse:
                raise OSError(self.refuse[name], os.strerror(self.refuse[name]))
            self._write(name, data, offset)
        except OSError as error:
            raise system_error(f"write to '{path}'", OSError(error.errno, error.strerror)) from error

    def load_module(self, name: str) -> None:
        """Load one of the modules there are."""
        self.log.append(("load", name))
        if name not in self._modules:
            raise OperationFailedError(f"modprobe: FATAL: Module {name} not found")
        if not (self.root / "bus/pci/drivers" / self._modules[name]).is_dir():
            try:
                self.add_driver(self._modules[name])
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:  # else another process was faster
                    raise

    def pause(self, seconds: float) -> None:
        """Take note of it."""
        self.log.append(("pause", seconds))

    def _write(self, name: str, data: bytes, offset: int) -> None:
        if name == "bus/pci/drivers_probe":
            self._probe(self._known(data))
            return
        path = self.root / name
        match name.removeprefix("bus/pci/devices/").split("/"):
            case [address, "driver", "unbind"]:
                if not path.exists() or self._known(data) != address:
                    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
                os.unlink(path.parent)
            case [address, "driver_override"]:
                self._known(address.encode())
                fresh = path.with_name(".driver_override")
                fresh.write_bytes((data.strip() or b"(null)") + b"\n")
                os.rename(fresh, path)
            case [address, "config"]:
                self._write_config(PciAddress.parse(address), path, data, offset)
            case [address, "reset" | "reset_subordinate"]:
                if not path.exists():
                    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            case _:
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    def _write_config(self, address: PciAddress, path: Path, data: bytes, offset: int) -> None:
        before = path.read_bytes()
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(data)
        after = path.read_bytes()
        device = PciDevice(address, self.root)
        config = device.config
        power = config.capabilities.get(1)
        if power is not None:
            asleep, awake = before[power + 4] & 3 == 3, after[power + 4] & 3 == 0
            if asleep and awake and not after[power + 4] & 8:
                self._forget(device)
        if config.header_type == "pci-bridge" and after[_BRIDGE_CONTROL] & _BRIDGE_RESET:
            for entry in (self.root / "bus/pci/devices").iterdir():
                other = PciAddress.parse(entry.name)
                if (other.domain, other.bus) == (address.domain, config.secondary_bus):
                    self._forget(PciDevice(other, self.root))

    def _forget(self, device: PciDevice) -> None:
        """A reset device has neither addresses nor leave to answer at them."""
        with open(f"{device.path}/config", "r+b") as file:
            file.seek(4)
            file.write(bytes(2))
            file.seek(16)
            file.write(bytes(24))

    def _probe(self, address: str) -> None:
        device = PciDevice(address, self.root)
        if device.driver is not None:
            return
        ours, override = f"{device.vendor:04x}:{device.product:04x}", device.driver_override
        for driver in sorted((self.root / "bus/pci/drivers").iterdir()):
            takes = driver.name == override if override else ours in (driver / _IDS).read_text().split()
            if takes and driver.name not in self.picky:
                os.symlink(driver, f"{device.path}/driver")
                return

    def _known(self, data: bytes) -> str:
        """The device that is named, which must be there."""
        name = data.decode().strip()
        if not (self.root / "bus/pci/devices" / name).is_dir():
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return name

    def _place(self, address: str, above: str | None) -> Path:
        if above is None:
            return self.root / "bus/pci/devices" / address
        if above.startswith("pci"):
            return self.root / "devices" / above / address
        return (self.root / "bus/pci/devices" / above).resolve() / address
