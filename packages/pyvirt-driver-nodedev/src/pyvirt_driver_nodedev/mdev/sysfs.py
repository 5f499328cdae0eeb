"""Mediated devices as the kernel shows them, and making and removing them through its files alone.

Source: the kernel's Documentation/driver-api/vfio-mediated-device.rst, Documentation/ABI/testing/sysfs-bus-vfio-mdev.

``class/mdev_bus/PARENT`` is a device that can be split. ``PARENT/mdev_supported_types/TYPE`` has
``available_instances``, ``device_api``, perhaps ``name``, and ``create``, which takes a UUID.
``bus/mdev/devices/UUID`` is a device that was made; it has ``remove``, and the attributes its driver gives it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import MdevCapability, MdevType
from pyvirt_driver_nodedev.waiting import PATIENCE, resolved, wait_until
from pyvirt_util import sysfs, uuids
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InternalError,
    OperationFailedError,
    OperationInvalidError,
    ResourceBusyError,
)
from pyvirt_util.sysfs import HOST, Kernel
from pyvirt_util.undo import UndoStack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt_conf.nodedev import MdevAttribute

_TYPES = "mdev_supported_types"


def read_types(parent: str) -> list[MdevType]:
    """The types of mediated devices that a device can be split into, by id.

    :param parent: the device's folder below ``/sys``. One without types gives an empty list; a type that lacks what it
        must have is on its way in or out, and is left out.
    """
    found = []
    for type_id in sysfs.list_names(f"{parent}/{_TYPES}"):
        folder = f"{parent}/{_TYPES}/{type_id}"
        api = sysfs.try_read_text(f"{folder}/device_api")
        available = sysfs.try_read_number(f"{folder}/available_instances")
        if api is not None and available is not None:
            name = sysfs.try_read_text(f"{folder}/name")
            found.append(MdevType(id=type_id, name=name, device_api=api, available_instances=available))
    return found


def read_mdev(path: str) -> MdevCapability:
    """A mediated device that is there: type, UUID, parent, IOMMU group (0 without one).

    :param path: the device's folder below ``/sys``.
    :raises InternalError: it is no mediated device, or not any more.
    """
    type_id = sysfs.link_name(f"{path}/mdev_type")
    real = resolved(path)
    uuid = uuids.try_parse(os.path.basename(real))
    if type_id is None or uuid is None:
        raise InternalError(f"'{path}' is no mediated device")
    group = sysfs.link_name(f"{path}/iommu_group")
    return MdevCapability(
        type_id=type_id,
        uuid=uuid,
        parent_addr=os.path.basename(os.path.dirname(real)),
        iommu_group=int(group) if group is not None and group.isdecimal() else 0,
    )


class MdevBus:
    """The mediated devices of one sysfs tree."""

    def __init__(self, root: str = "/sys", *, kernel: Kernel = HOST, patience: float = PATIENCE) -> None:
        """:param patience: how many seconds a new device may take to appear."""
        self._root = root
        self._kernel = kernel
        self._patience = patience

    def path(self, uuid: str) -> str:
        """Where a device would be."""
        return f"{self._root}/bus/mdev/devices/{uuid}"

    def exists(self, uuid: str) -> bool:
        """Whether a device of this UUID runs; there can be only one, below whatever parent."""
        return os.path.exists(f"{self.path(uuid)}/mdev_type")

    def is_below(self, uuid: str, parent_address: str | None) -> bool:
        """Whether it runs below this parent."""
        try:
            return self.read(uuid).parent_addr == parent_address
        except InternalError:
            return False

    def read(self, uuid: str) -> MdevCapability:
        """The device of a UUID. :raises InternalError: it does not run."""
        return read_mdev(self.path(uuid))

    def create(self, parent_address: str, type_id: str, uuid: str, attributes: Iterable[MdevAttribute] = ()) -> None:
        """Make a device and set its attributes in their order; it is gone again when one can't be set.

        :raises ConfigUnsupportedError: the parent does not have the type. :raises ResourceBusyError: no more of it.
        :raises OperationInvalidError: the UUID is taken. :raises SystemCallError: what the kernel says.
        """
        folder = self._type_folder(parent_address, type_id)
        if self.exists(uuid):
            raise OperationInvalidError(f"mediated device '{uuid}' exists")
        if sysfs.try_read_number(f"{folder}/available_instances") == 0:
            raise ResourceBusyError(f"device '{parent_address}' has no instance of type '{type_id}' left")
        with UndoStack() as undo:
            self._kernel.write(f"{folder}/create", uuid.encode())
            undo.push(self.remove, uuid)
            self.wait_for(uuid)
            for attribute in attributes:
                self._set(uuid, attribute)

    def remove(self, uuid: str) -> None:
        """Remove a device. :raises SystemCallError: what the kernel says."""
        self._kernel.write(f"{self.path(uuid)}/remove", b"1")

    def wait_for(self, uuid: str) -> None:
        """Wait until a new device is there. :raises OperationFailedError: it never comes."""
        if not wait_until(lambda: self.exists(uuid), self._patience, self._kernel):
            raise OperationFailedError(f"mediated device '{uuid}' did not appear within {self._patience:g} s")

    def wait_gone(self, uuid: str) -> None:
        """Wait until a device that was removed is no longer shown."""
        wait_until(lambda: not self.exists(uuid), self._patience, self._kernel)

    def _type_folder(self, parent_address: str, type_id: str) -> str:
        types = f"{self._root}/class/mdev_bus/{parent_address}/{_TYPES}"
        if type_id not in sysfs.list_names(types):
            raise ConfigUnsupportedError(f"device '{parent_address}' has no mediated devices of type '{type_id}'")
        return f"{types}/{type_id}"

    def _set(self, uuid: str, attribute: MdevAttribute) -> None:
        # The name comes from a document. It may lead into a folder of the device (`intel_vgpu/vgpu_id`), not out of it:
        # `driver/unbind` is somebody else's.
        device = resolved(self.path(uuid))
        path = resolved(f"{device}/{attribute.name}")
        if not path.startswith(f"{device}/") or not os.path.isfile(path):
            raise ConfigUnsupportedError(f"mediated device '{uuid}' has no attribute '{attribute.name}'")
        self._kernel.write(path, attribute.value.encode())
