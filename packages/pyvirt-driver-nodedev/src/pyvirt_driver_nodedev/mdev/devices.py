"""Mediated devices for the driver: transient and defined ones, with mdevctl where it is installed.

Which devices run is what the kernel shows (:mod:`~pyvirt_driver_nodedev.inventory`); which are defined is what mdevctl
keeps. Without mdevctl there are only
transient devices, made and removed through sysfs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.mdev import CONFIG
from pyvirt_driver_nodedev.mdev.command import PROGRAM
from pyvirt_driver_nodedev.mdev.identity import mdev_name, mdev_of, place_below_parent
from pyvirt_driver_nodedev.mdev.mdevctl import Mdevctl
from pyvirt_driver_nodedev.mdev.sysfs import MdevBus
from pyvirt_driver_nodedev.vfio import group_in_use
from pyvirt_driver_nodedev.waiting import PATIENCE
from pyvirt_util import process, uuids
from pyvirt_util.errors import InternalError, OperationInvalidError, OperationUnsupportedError, ResourceBusyError
from pyvirt_util.sysfs import HOST, Kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf.nodedev import MdevCapability, NodeDevice
    from pyvirt_driver_nodedev.mdev.listing import MdevDefinition

    FindDevice = Callable[[str], NodeDevice | None]
    """The host's device of a name."""
    ParentName = Callable[[str], str | None]
    """The name of the host's device that has an address as parent."""


class MediatedDevices:
    """The mediated devices of a host."""

    def __init__(
        self,
        *,
        sysfs: str = "/sys",
        dev: str = "/dev",
        config: str = CONFIG,
        program: str | None = None,
        kernel: Kernel = HOST,
        patience: float = PATIENCE,
    ) -> None:
        """:param config: the folder of mdevctl's files.
        :param program: mdevctl. Looked for by default, but not for another tree than ``/sys``: it knows no other.
        :param patience: how many seconds a new device may take to appear.
        """
        self._dev = dev
        self._bus = MdevBus(sysfs, kernel=kernel, patience=patience)
        self.config = config
        self._given = program
        self._is_host = sysfs == "/sys"
        self._found: Mdevctl | None = None

    def definitions(self, parent_name: ParentName) -> dict[str, MdevDefinition]:
        """All definitions, by the name of the device."""
        mdevctl = self._mdevctl()
        found = mdevctl.defined(parent_name) if mdevctl is not None else []
        return {item.device.name or "": item for item in found}

    def is_running(self, device: NodeDevice) -> bool:
        """Whether this device runs; one of the same UUID below another parent does not count."""
        mdev = mdev_of(device)
        return mdev.uuid is not None and self._bus.is_below(mdev.uuid, mdev.parent_addr)

    def complete(self, device: NodeDevice, definition: MdevDefinition | None, parent_name: ParentName) -> None:
        """Give a device that runs what the kernel does not tell: the attributes it was made with.

        They are those of its definition, or what mdevctl's callout for its type reads back from a transient one.
        """
        mdev = mdev_of(device)
        if definition is None:
            mdevctl = self._mdevctl()
            listed = mdevctl.active(parent_name) if mdevctl is not None else []
            definition = next((item for item in listed if item.mdev.uuid == mdev.uuid), None)
        if definition is not None:
            mdev.attributes = [attribute.copy() for attribute in definition.mdev.attributes]

    def create(self, device: NodeDevice, find: FindDevice) -> str:
        """Start a transient device; its name.

        :param device: a new device; gets the address of its parent, a UUID if it has none, and its name.
        :raises ConfigUnsupportedError: the host does not have its parent or type, or can't split it.
        """
        mdev = place_below_parent(device, find)
        mdevctl = self._mdevctl()
        if mdevctl is not None:
            mdev.uuid = mdevctl.create(device)
            self._bus.wait_for(mdev.uuid)
        else:
            mdev.uuid = mdev.uuid or uuids.new_uuid()
            self._bus.create(mdev.parent_addr or "", mdev.type_id, mdev.uuid, mdev.attributes)
        return self._named(device, mdev)

    def define(self, device: NodeDevice, find: FindDevice) -> str:
        """Store a device's configuration; its name. ``device`` is completed as by :meth:`create`."""
        mdevctl = self._needed("defining a mediated device")
        mdev = place_below_parent(device, find)
        mdev.uuid = mdevctl.define(device)
        return self._named(device, mdev)

    def undefine(self, device: NodeDevice) -> None:
        """Forget a device's configuration; a running one stays."""
        self._needed("undefining a mediated device").undefine(*self._place(device))

    def start(self, device: NodeDevice) -> None:
        """Start a defined device. :raises OperationInvalidError: it runs."""
        uuid, parent = self._place(device)
        if self.is_running(device):
            raise OperationInvalidError(f"device '{device.name}' is active")
        self._needed("starting a defined mediated device").start(uuid, parent)
        self._bus.wait_for(uuid)

    def set_autostart(self, device: NodeDevice, autostart: bool) -> None:
        """Choose whether a defined device starts as soon as its parent is there."""
        uuid, parent = self._place(device)
        self._needed("autostart of a mediated device").set_autostart(uuid, autostart, parent)

    def stop(self, device: NodeDevice) -> None:
        """Stop a running device.

        :raises OperationInvalidError: it does not run. :raises ResourceBusyError: a guest has it.
        """
        uuid, _ = self._place(device)
        if not self.is_running(device):
            raise OperationInvalidError(f"device '{device.name}' is not active")
        self._refuse_busy(device, uuid)
        mdevctl = self._mdevctl()
        if mdevctl is not None:
            mdevctl.stop(uuid)
        else:
            self._bus.remove(uuid)
        self._bus.wait_gone(uuid)

    def _refuse_busy(self, device: NodeDevice, uuid: str) -> None:
        """The kernel would wait for the guest to end."""
        if group_in_use(self._bus.read(uuid).iommu_group, self._dev):
            raise ResourceBusyError(f"device '{device.name}' is in use by a guest")

    def _mdevctl(self) -> Mdevctl | None:
        if self._found is None and (self._given is not None or self._is_host):
            program = self._given or process.find_program(PROGRAM)
            self._found = Mdevctl(program, config=self.config) if program is not None else None
        return self._found

    def _needed(self, what: str) -> Mdevctl:
        mdevctl = self._mdevctl()
        if mdevctl is None:
            raise OperationUnsupportedError(f"{what} needs the program '{PROGRAM}'", hint="apt install mdevctl")
        return mdevctl

    def _place(self, device: NodeDevice) -> tuple[str, str]:
        mdev = mdev_of(device)
        if mdev.uuid is None or mdev.parent_addr is None:
            raise InternalError(f"mediated device '{device.name}' has no uuid, or no address of its parent")
        return mdev.uuid, mdev.parent_addr

    def _named(self, device: NodeDevice, mdev: MdevCapability) -> str:
        device.name = mdev_name(mdev.uuid or "", mdev.parent_addr)
        return device.name
