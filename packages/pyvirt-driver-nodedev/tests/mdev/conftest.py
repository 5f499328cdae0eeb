"""A described host that can be split into mediated devices, since this machine's kernel has no such drivers.

The tree is laid out as sysfs is; what a kernel does when ``create`` and ``remove`` are written,
:class:`DescribedMdevHost` does. It is told either by pyvirt's own writes (:class:`DescribedKernel`), or, for programs,
through pipes in place of these files (the fixture ``mdev_namespace``, where the tree is ``/sys``).
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import shutil
import sys
import threading
from pathlib import Path

import pytest

from pyvirt_conf.nodedev import NodeDevice, parse_node_device
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.inventory import Inventory
from pyvirt_driver_nodedev.kinds import FLAGS
from pyvirt_util import uuids
from pyvirt_util.errors import system_error
from pyvirt_util.sysfs import Kernel

ADDRESS = "0000:00:02.0"
TYPES = {"i915-GVTg_V5_8": ("GVTg_V5_8", 2), "i915-GVTg_V5_4": (None, 1)}
CLONE_FS, CLONE_NEWNS = 0x00000200, 0x00020000
MS_REC, MS_PRIVATE = 0x4000, 0x40000


class DescribedMdevHost:
    """A PCI function with two types of mediated devices, below ``root``."""

    def __init__(self, root: Path, attributes: tuple[str, ...] = ("vgpu/weight", "label")) -> None:
        self.root = root
        self.attributes = attributes
        self.written: list[tuple[str, str]] = []
        self.refuse: dict[str, int] = {}
        self.parent = root / "devices" / "pci0000:00" / ADDRESS
        for folder in ("class/mdev_bus", "bus/mdev/devices", "bus/pci/devices"):
            (root / folder).mkdir(parents=True)
        for type_id, (name, available) in TYPES.items():
            place = self.parent / "mdev_supported_types" / type_id
            (place / "devices").mkdir(parents=True)
            (place / "available_instances").write_text(f"{available}\n")
            (place / "device_api").write_text("vfio-pci\n")
            (place / "description").write_text("resolution: 1024x768\n")
            (place / "create").touch()
            if name is not None:
                (place / "name").write_text(f"{name}\n")
        driver = root / "bus" / "mdev" / "drivers" / "vfio_mdev"
        driver.mkdir(parents=True)
        (driver / "unbind").touch()
        for name, value in (("vendor", "0x8086"), ("device", "0x1912"), ("class", "0x030000"), ("uevent", "")):
            (self.parent / name).write_text(f"{value}\n")
        (self.parent / "subsystem").symlink_to(root / "bus" / "pci")
        (root / "class" / "mdev_bus" / ADDRESS).symlink_to(self.parent)
        (root / "bus" / "pci" / "devices" / ADDRESS).symlink_to(self.parent)

    @property
    def kernel(self) -> DescribedKernel:
        return DescribedKernel(self)

    @property
    def inventory(self) -> Inventory:
        return Inventory(Host(str(self.root), kernel=self.kernel))

    def find(self, name: str) -> NodeDevice | None:
        found = self.inventory.find(name)
        return None if found is None else self.inventory.document(found)

    def name_of(self, address: str) -> str | None:
        return self.inventory.name_of_address(address)

    def running(self) -> list[NodeDevice]:
        return [self.inventory.document(found) for found in self.inventory.devices(FLAGS["mdev"])]

    def wrote(self, path: str, text: str) -> bool:
        """Do what the kernel does for a write; ``False`` for a plain file."""
        if path in self.refuse:
            number = self.refuse[path]
            raise OSError(number, os.strerror(number))
        place = Path(path)
        if place.name == "create":
            self.make(place.parent, text.strip())
        elif place.name == "remove":
            self.drop(place.parent.resolve())
        else:
            self.written.append((str(place), text))
            return False
        return True

    def make(self, type_folder: Path, uuid: str) -> None:
        link = self.root / "bus" / "mdev" / "devices" / uuid
        if uuids.try_parse(uuid) is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if os.path.lexists(link):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        if not self.count(type_folder, 0):
            raise OSError(errno.EUSERS, os.strerror(errno.EUSERS))
        device = self.parent / uuid
        device.mkdir()
        for name in self.attributes:
            (device / name).parent.mkdir(exist_ok=True)
            (device / name).touch()
        (device / "remove").touch()
        (device / "subsystem").symlink_to(self.root / "bus" / "mdev")
        (device / "driver").symlink_to(self.root / "bus" / "mdev" / "drivers" / "vfio_mdev")
        group = self.root / "kernel" / "iommu_groups" / "12"
        group.mkdir(parents=True, exist_ok=True)
        (device / "iommu_group").symlink_to(group)
        link.symlink_to(device)
        self.count(type_folder, -1)
        (device / "mdev_type").symlink_to(f"../mdev_supported_types/{type_folder.name}")

    def drop(self, device: Path) -> None:
        type_folder = (device / "mdev_type").resolve()
        (self.root / "bus" / "mdev" / "devices" / device.name).unlink()
        shutil.rmtree(device)
        self.count(type_folder, 1)

    def count(self, type_folder: Path, change: int) -> int:
        path = type_folder / "available_instances"
        now = int(path.read_text()) + change
        path.write_text(f"{now}\n")
        return now


class DescribedKernel(Kernel):
    """Answers pyvirt's writes for a described host."""

    __slots__ = ("host",)

    def __init__(self, host: DescribedMdevHost) -> None:
        self.host = host

    def write(self, path: str, data: bytes, offset: int = 0) -> None:
        try:
            done = self.host.wrote(path, data.decode())
        except OSError as error:
            raise system_error(f"write {data!r} to '{path}'", error) from error
        if not done:
            super().write(path, data, offset)


class PipedMdevHost(DescribedMdevHost):
    """The same for programs: ``create`` and ``remove`` are pipes, and a thread is the kernel at their other end."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._pipes: dict[int, str] = {}
        self._poll = select.poll()
        self._end = os.eventfd(0, os.EFD_CLOEXEC)
        self._poll.register(self._end, select.POLLIN)
        for type_id in TYPES:
            self._pipe(self.parent / "mdev_supported_types" / type_id / "create")
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self._ready.wait()

    def make(self, type_folder: Path, uuid: str) -> None:
        super().make(type_folder, uuid)
        self._pipe(self.parent / uuid / "remove")

    def close(self) -> None:
        os.eventfd_write(self._end, 1)
        self._thread.join()
        for fd in (self._end, *self._pipes):
            os.close(fd)

    def _pipe(self, path: Path) -> None:
        path.unlink()
        os.mkfifo(path)
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)  # both ends: nobody ever waits for the other, none sees its end
        self._pipes[fd] = str(path)
        self._poll.register(fd, select.POLLIN)

    def _serve(self) -> None:
        # Who shares its working directory with another thread can't change to another mount namespace, or back.
        ctypes.CDLL(None).unshare(CLONE_FS)
        self._ready.set()
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._end:
                    return
                text = os.read(fd, 4096).decode()
                self.wrote(self._pipes[fd], text)
                if self._pipes[fd].endswith("/remove"):
                    self._poll.unregister(fd)
                    del self._pipes[fd]
                    os.close(fd)


@pytest.fixture
def mdev_host(tmp_path: Path) -> DescribedMdevHost:
    return DescribedMdevHost(tmp_path / "sys")


@pytest.fixture
def mdevctl_program() -> str:
    """The real mdevctl (Debian's package mdevctl)."""
    program = shutil.which("mdevctl", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        pytest.skip("mdevctl is not installed")
    return program


@pytest.fixture
def mdev_namespace(mdevctl_program):
    """A mount namespace of its own for this thread, in which ``/sys`` is a described host and mdevctl has no files yet.

    The real mdevctl runs there: it knows no other tree.
    """
    if os.geteuid() != 0:
        pytest.skip("mount namespaces need root")
    assert threading.current_thread() is threading.main_thread()
    libc = ctypes.CDLL(None, use_errno=True)

    def call(result: int) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    before = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    folder = os.getcwd()
    host = None
    try:
        call(libc.unshare(CLONE_NEWNS))
        call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
        for target in (b"/sys", b"/etc/mdevctl.d"):
            call(libc.mount(b"described", target, b"tmpfs", 0, None))
        for name in ("callouts", "notifiers"):
            os.makedirs(f"/etc/mdevctl.d/scripts.d/{name}")
        host = PipedMdevHost(Path("/sys"))
        yield host
    finally:
        if host is not None:
            host.close()
        call(libc.setns(before, CLONE_NEWNS))
        os.close(before)
        os.chdir(folder)


def new_mdev(type_id: str = "i915-GVTg_V5_8", uuid: str | None = None, attributes=(), parent="pci_0000_00_02_0"):
    """The document of a new mediated device."""
    inner = f"<type id='{type_id}'/>" + (f"<uuid>{uuid}</uuid>" if uuid else "")
    inner += "".join(f"<attr name='{name}' value='{value}'/>" for name, value in attributes)
    above = f"<parent>{parent}</parent>" if parent else ""
    return f"<device>{above}<capability type='mdev'>{inner}</capability></device>"


@pytest.fixture
def new_device():
    """Makes definitions of new mediated devices, with the arguments of :func:`new_mdev`."""

    def make(*args, **kwargs) -> NodeDevice:
        return parse_node_device(new_mdev(*args, **kwargs), new=True)

    return make


@pytest.fixture
def new_document():
    """Makes documents of new mediated devices."""
    return new_mdev


@pytest.fixture
def bare_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The URI of a hypervisor that has no node devices of its own, installed as drivers are: the host's serve it."""
    from pyvirt import loader

    site = tmp_path / "site"
    info = site / "nodedev_mdev_bare-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nodedev-mdev-bare\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pyvirt.drivers]\nbare = nodedev_mdev_bare:Bare\n")
    (site / "nodedev_mdev_bare.py").write_text(
        "from pyvirt.driver import HypervisorDriver\n\n"
        "class Bare(HypervisorDriver):\n"
        "    driver_name = 'bare'\n"
        "    shares_host_drivers = True\n\n"
        "    @classmethod\n"
        "    def open(cls, uri, *, readonly=False, auth=None):\n"
        "        return cls()\n"
    )
    monkeypatch.setenv("PYVIRT_NO_METADATA_CACHE", "1")
    monkeypatch.syspath_prepend(str(site))
    loader.forget()
    yield "bare:///system"
    loader.forget()
    sys.modules.pop("nodedev_mdev_bare", None)
