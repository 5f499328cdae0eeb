"""SCSI hosts, Fibre Channel adapters, and virtual ports on them (NPIV): vHBAs.

Source: the kernel's Documentation/scsi/scsi_fc_transport.rst, drivers/scsi/scsi_transport_fc.c.

``class/scsi_host/hostN`` is every SCSI host adapter. ``class/fc_host/hostN`` is the Fibre Channel part of one:
``node_name``, ``port_name`` and ``fabric_name`` as ``0x`` with 16 digits, ``port_state``. An adapter that can have
virtual ports has ``vport_create`` and ``vport_delete`` (older kernels: in the SCSI host's folder), which take
``WWPN:WWNN``, and ``max_npiv_vports`` and ``npiv_vports_inuse``. A virtual port shows up as one more SCSI host.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import FcHost, ScsiHostCapability, VportOps
from pyvirt_driver_nodedev.waiting import PATIENCE, resolved, wait_until
from pyvirt_util import sysfs
from pyvirt_util.errors import (
    InternalError,
    NoNodeDeviceError,
    OperationInvalidError,
    XmlError,
)
from pyvirt_util.sysfs import HOST, Kernel
from pyvirt_util.undo import UndoStack

if TYPE_CHECKING:
    from pyvirt_conf.nodedev import NodeDevice

_HOST = re.compile(r"(?:scsi_|fc_)?host([0-9]{1,10})", re.ASCII)
_WWN = re.compile(r"(?:0x)?([0-9a-fA-F]{16})", re.ASCII)
_ONLINE = "Online"

#: Who makes up world wide names: the three bytes after the digit 5 that says "IEEE registered".
_OUI = {"xen": "00163e", "vmware": "000569", "hyperv": "0050f2", "test": "100000"}
_QEMU_OUI = "001a4a"


def new_wwn(scheme: str | None = None) -> str:
    """A world wide name with 36 random bits, of the hypervisor's range; QEMU's for those without one of their own.

    :param scheme: the scheme of the connection's URI.
    """
    return f"5{_OUI.get(scheme or '', _QEMU_OUI)}{secrets.randbits(36):09x}"


def check_wwn(text: str, what: str) -> str:
    """A world wide name in canonical form: 16 hexadecimal digits, lower case, without ``0x``.

    :raises XmlError: it is none; ``what`` says where it stood.
    """
    found = _WWN.fullmatch(text)
    if found is None:
        raise XmlError(f"{what} '{text}' is no world wide name of 16 hexadecimal digits")
    return found[1].lower()


def host_number(name: str) -> int:
    """The number of an adapter by its name: ``scsi_host5``, ``host5``, ``fc_host5``.

    :raises XmlError: it is no such name.
    """
    found = _HOST.fullmatch(name)
    if found is None:
        raise XmlError(f"'{name}' is not the name of a SCSI host, expected 'scsi_host' and a number")
    return int(found[1])


def device_name(host: int) -> str:
    """The node device of a SCSI host."""
    return f"scsi_host{host}"


class ScsiHosts:
    """The SCSI hosts of one sysfs tree, those with Fibre Channel and virtual ports among them."""

    def __init__(self, root: str = "/sys", *, kernel: Kernel = HOST, patience: float = PATIENCE) -> None:
        """:param patience: how many seconds a new virtual port may take to appear."""
        self._fc = f"{root}/class/fc_host"
        self._scsi = f"{root}/class/scsi_host"
        self._kernel = kernel
        self._patience = patience

    def is_fc(self, host: int) -> bool:
        """Whether it is a Fibre Channel adapter, a virtual one included."""
        return os.path.exists(f"{self._fc}/host{host}")

    def has_vports(self, host: int) -> bool:
        """Whether virtual ports can be made on it; never on a virtual one."""
        return self._vport_file(host, "vport_create") is not None

    def attribute(self, host: int, name: str) -> str | None:
        """An attribute of a Fibre Channel adapter, a number without its ``0x``; ``None`` where it has none."""
        value = sysfs.try_read_text(f"{self._fc}/host{host}/{name}")
        return None if value is None else value.removeprefix("0x")

    def unique_id(self, host: int) -> int | None:
        """What tells apart the hosts of one card; ``None`` where the kernel does not say."""
        return sysfs.try_read_number(f"{self._scsi}/host{host}/unique_id")

    def capability(self, host: int) -> ScsiHostCapability:
        """What a SCSI host is, read now."""
        unique_id = self.unique_id(host)
        found = ScsiHostCapability(host=host, unique_id=-1 if unique_id is None else unique_id)
        wwnn, wwpn = self.attribute(host, "node_name"), self.attribute(host, "port_name")
        if wwnn is not None and wwpn is not None:
            fabric = self.attribute(host, "fabric_name")
            found.capabilities.append(FcHost(wwnn=wwnn, wwpn=wwpn, fabric_wwn=fabric))
        if self.has_vports(host):
            most, inuse = self._room(host)
            found.capabilities.append(VportOps(max_vports=most or 0, vports=inuse or 0))
        return found

    def by_wwn(self, wwnn: str, wwpn: str) -> int | None:
        """The Fibre Channel adapter of these names."""
        wanted = (wwnn.removeprefix("0x").lower(), wwpn.removeprefix("0x").lower())
        for host in self._numbers(self._fc):
            if (self.attribute(host, "node_name"), self.attribute(host, "port_name")) == wanted:
                return host
        return None

    def by_fabric(self, fabric_wwn: str) -> int | None:
        """The first adapter in a fabric that can have virtual ports: those that are virtual are in it as well."""
        wanted = fabric_wwn.removeprefix("0x").lower()
        for host in self._numbers(self._fc):
            if self.attribute(host, "fabric_name") == wanted and self.has_vports(host):
                return host
        return None

    def by_place(self, pci_address: str, unique_id: int) -> int | None:
        """The SCSI host behind a PCI function (``0000:00:1f.2``), of those with this unique id."""
        for host in self._numbers(self._scsi):
            place = resolved(f"{self._scsi}/host{host}").split("/")
            if pci_address in place and self.unique_id(host) == unique_id:
                return host
        return None

    def with_room(self) -> int | None:
        """The first adapter that is online and can have one more virtual port."""
        for host in self._numbers(self._fc):
            most, inuse = self._room(host)
            if self.attribute(host, "port_state") == _ONLINE and most is not None and inuse is not None:
                if inuse < most:
                    return host
        return None

    def parent_of(self, host: int) -> int | None:
        """The adapter a virtual one was made on; ``None`` for a real one."""
        above = resolved(f"{self._scsi}/host{host}").split("/")
        for name in reversed(above):
            found = _HOST.fullmatch(name)
            if found is not None and int(found[1]) != host and self.has_vports(int(found[1])):
                return int(found[1])
        return None

    def choose_parent(self, device: NodeDevice) -> int:
        """The adapter on which a document wants its virtual port: by name, names or fabric, or any that has room.

        :raises InternalError: there is none such. :raises XmlError: a malformed name.
        """
        if device.parent is not None:
            host, said = host_number(device.parent), f"'{device.parent}'"
            if not os.path.exists(f"{self._scsi}/host{host}") and not self.is_fc(host):
                raise InternalError(f"there is no device {said} to be the parent of a virtual port")
        else:
            host, said = self._parent_by_names(device)
        if not self.has_vports(host):
            raise InternalError(f"device {said} can't have virtual ports")
        return host

    def create_vport(self, device: NodeDevice) -> str:
        """Make the virtual port a document asks for, and wait for its SCSI host; the name of that.

        It is deleted again when its SCSI host does not appear.

        :param device: a new device, with its names complete.
        :raises XmlError: no world wide name. :raises OperationInvalidError: the names are taken.
        :raises NoNodeDeviceError: the SCSI host never comes. :raises SystemCallError: what the kernel says.
        """
        fc_host = _fc_host(device)
        wwnn, wwpn = check_wwn(fc_host.wwnn or "", "wwnn"), check_wwn(fc_host.wwpn or "", "wwpn")
        parent = self.choose_parent(device)
        taken = self.by_wwn(wwnn, wwpn)
        if taken is not None:
            raise OperationInvalidError(f"wwnn '{wwnn}' with wwpn '{wwpn}' is {device_name(taken)}")
        with UndoStack() as undo:
            self._manage(parent, "vport_create", wwnn, wwpn)
            undo.push(self._manage, parent, "vport_delete", wwnn, wwpn)
            if not wait_until(lambda: self.by_wwn(wwnn, wwpn) is not None, self._patience, self._kernel):
                raise NoNodeDeviceError(
                    f"no SCSI host with wwnn '{wwnn}' and wwpn '{wwpn}' appeared below '{device_name(parent)}'"
                )
            found = self.by_wwn(wwnn, wwpn)
            if found is None:
                raise NoNodeDeviceError(f"the SCSI host with wwnn '{wwnn}' and wwpn '{wwpn}' has gone at once")
            return device_name(found)

    def delete_vport(self, host: int) -> None:
        """Delete the virtual port behind a SCSI host.

        :raises InternalError: it is no Fibre Channel adapter. :raises OperationInvalidError: it is a real one.
        """
        wwnn, wwpn = self.attribute(host, "node_name"), self.attribute(host, "port_name")
        if wwnn is None or wwpn is None:
            raise InternalError(f"device '{device_name(host)}' is not a fibre channel HBA")
        parent = self.parent_of(host)
        if parent is None:
            raise OperationInvalidError(f"device '{device_name(host)}' is no virtual port")
        self._manage(parent, "vport_delete", wwnn, wwpn)

    def _parent_by_names(self, device: NodeDevice) -> tuple[int, str]:
        if device.parent_wwnn is not None and device.parent_wwpn is not None:
            said = f"with wwnn '{device.parent_wwnn}' and wwpn '{device.parent_wwpn}'"
            host = self.by_wwn(device.parent_wwnn, device.parent_wwpn)
        elif device.parent_fabric_wwn is not None:
            said = f"in fabric '{device.parent_fabric_wwn}'"
            host = self.by_fabric(device.parent_fabric_wwn)
        else:
            said = "that is online and has room for one more virtual port"
            host = self.with_room()
        if host is None:
            raise InternalError(f"there is no fibre channel HBA {said}")
        return host, f"'{device_name(host)}'"

    def _manage(self, parent: int, operation: str, wwnn: str, wwpn: str) -> None:
        path = self._vport_file(parent, operation)
        if path is None:
            raise OperationInvalidError(f"device '{device_name(parent)}' has no '{operation}'")
        self._kernel.write(path, f"{wwpn}:{wwnn}".encode())

    def _vport_file(self, host: int, operation: str) -> str | None:
        for folder in (self._fc, self._scsi):
            path = f"{folder}/host{host}/{operation}"
            if os.path.exists(path):
                return path
        return None

    def _room(self, host: int) -> tuple[int | None, int | None]:
        """How many virtual ports it may have, and has."""
        folder = f"{self._fc}/host{host}"
        return (
            sysfs.try_read_number(f"{folder}/max_npiv_vports"),
            sysfs.try_read_number(f"{folder}/npiv_vports_inuse"),
        )

    def _numbers(self, folder: str) -> list[int]:
        found = [_HOST.fullmatch(name) for name in sysfs.list_names(folder)]
        return sorted(int(match[1]) for match in found if match is not None)


def _fc_host(device: NodeDevice) -> FcHost:
    capability = device.find(ScsiHostCapability)
    if capability is None or capability.fc_host is None:
        raise InternalError(f"device '{device.name or 'new device'}' is not a fibre channel HBA")
    return capability.fc_host
