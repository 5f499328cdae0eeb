"""One PCI function of the host, as sysfs shows it.

Source: the kernel's Documentation/ABI/testing/sysfs-bus-pci.
"""

from __future__ import annotations

import errno
import os

from pyvirt_util import sysfs
from pyvirt_util.errors import InternalError, OperationFailedError, SystemCallError, system_error
from pyvirt_util.pci.address import PciAddress
from pyvirt_util.pci.config import ConfigSpace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from pyvirt_util.pci.device_list import PciDeviceList
    from pyvirt_util.pci.vpd import Vpd

VFIO_DRIVER = "vfio-pci"
_VIRTFN = "virtfn"
_CONVENTIONAL_CONFIG = 256


class PciDevice:
    """A PCI function below ``{sysfs_root}/bus/pci/devices``. Making one reads nothing; every attribute reads anew.

    Two are equal when they have one address. An attribute of a device that is not there, or went away, raises
    :class:`SystemCallError` with ``errno`` ENODEV; one that this device does not have is ``None``.

    :param kernel: who carries out what changes the device; tests of described hosts pass their own.
    """

    __slots__ = ("address", "kernel", "sysfs_root")

    def __init__(
        self,
        address: PciAddress | str,
        sysfs_root: str | PathLike[str] = "/sys",
        *,
        kernel: sysfs.Kernel = sysfs.HOST,
    ) -> None:
        """:raises InvalidArgError: for a malformed address."""
        self.address = address if isinstance(address, PciAddress) else PciAddress.parse(address)
        self.sysfs_root = os.fspath(sysfs_root)
        self.kernel = kernel

    def __eq__(self, other: object) -> bool:
        return self.address == other.address if isinstance(other, PciDevice) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.address)

    def __str__(self) -> str:
        return str(self.address)

    def __repr__(self) -> str:
        return f"PciDevice('{self.address}')"

    @property
    def name(self) -> str:
        """``0000:03:10.0``; the node device's name is ``address.name``."""
        return str(self.address)

    @property
    def path(self) -> str:
        """The folder that describes it."""
        return f"{self.sysfs_root}/bus/pci/devices/{self.address}"

    @property
    def real_path(self) -> str:
        """The same below ``/sys/devices``, where the folders above it are its bridges."""
        return os.path.realpath(self.path)

    @property
    def present(self) -> bool:
        """Whether the host has it."""
        return os.path.isdir(self.path)

    def require(self) -> None:
        """:raises SystemCallError: with ``errno`` ENODEV, when the host doesn't have it."""
        if not self.present:
            raise self._missing()

    def sibling(self, address: PciAddress) -> PciDevice:
        """Another device of the same host."""
        return PciDevice(address, self.sysfs_root, kernel=self.kernel)

    # Identity

    @property
    def vendor(self) -> int:
        return self._id("vendor")

    @property
    def product(self) -> int:
        return self._id("device")

    @property
    def subsystem_vendor(self) -> int | None:
        return self._try_number("subsystem_vendor", 16)

    @property
    def subsystem_product(self) -> int | None:
        return self._try_number("subsystem_device", 16)

    @property
    def class_code(self) -> int:
        """Class, subclass and programming interface: 24 bits, 0x020000 for an Ethernet card."""
        return self._id("class")

    @property
    def revision(self) -> int | None:
        return self._try_number("revision", 16)

    @property
    def numa_node(self) -> int | None:
        """The NUMA node it is next to; ``None`` where the firmware doesn't tell."""
        node = self._try_number("numa_node")
        return None if node is None or node < 0 else node

    @property
    def netdevs(self) -> list[str]:
        """The names of its network devices, sorted; none while no network driver has it."""
        return self._names("net")

    # Configuration space and vital product data

    @property
    def config(self) -> ConfigSpace:
        """Its configuration space, read now; without privileges the first 64 bytes."""
        try:
            data = sysfs.read_bytes(f"{self.path}/config")
        except SystemCallError as error:
            raise self._explained(error) from error
        return ConfigSpace(data, self.name)

    @property
    def is_express(self) -> bool:
        """Whether it is on PCI Express, where there is more configuration space; told without privileges, too."""
        try:
            return os.stat(f"{self.path}/config").st_size > _CONVENTIONAL_CONFIG
        except OSError as error:
            raise self._explained(system_error(f"read '{self.path}/config'", error)) from error

    @property
    def header_type(self) -> str:
        """``endpoint``, ``pci-bridge`` or ``cardbus-bridge``.

        :raises InternalError: for a type that nobody knows, such as that of a device that doesn't answer.
        """
        return known_header_type(self.config)

    @property
    def has_vpd(self) -> bool:
        """Whether it has vital product data."""
        return os.path.exists(f"{self.path}/vpd")

    def vpd(self) -> Vpd | None:
        """Its vital product data, ``None`` when it has none. Hardware takes up to seconds to give it.

        :raises OperationFailedError: when it is damaged.
        :raises SystemCallError: when it can't be read, EACCES or EPERM without privileges.
        """
        from pyvirt_util.pci import vpd

        try:
            data = sysfs.read_bytes(f"{self.path}/vpd")
        except SystemCallError as error:
            if error.errno == errno.ENOENT and self.present:
                return None
            raise self._explained(error) from error
        return vpd.parse(data, self.name)

    @property
    def has_flr(self) -> bool:
        """Whether it can reset itself alone: it says so, or it is a virtual function, which must (some forget)."""
        return self.config.has_flr or self.is_virtual_function

    # SR-IOV

    @property
    def is_virtual_function(self) -> bool:
        return os.path.lexists(f"{self.path}/physfn")

    @property
    def physfn(self) -> PciAddress | None:
        """The physical function of this virtual function; ``None`` when it is none."""
        return self._link_address("physfn")

    @property
    def virtfns(self) -> list[PciAddress]:
        """Its virtual functions, by index."""
        return [address for _, address in self._virtfns()]

    @property
    def vf_index(self) -> int | None:
        """This virtual function's number within its physical function, from 0; ``None`` when it is none.

        :raises OperationFailedError: when the physical function doesn't know it (any more).
        """
        physical = self.physfn
        if physical is None:
            return None
        for index, address in self.sibling(physical)._virtfns():
            if address == self.address:
                return index
        raise OperationFailedError(f"pci device {self} is not among the virtual functions of {physical}")

    @property
    def sriov_totalvfs(self) -> int | None:
        """How many virtual functions it can have; ``None`` without SR-IOV."""
        return self._try_number("sriov_totalvfs")

    @property
    def sriov_numvfs(self) -> int | None:
        """How many it has now; ``None`` without SR-IOV."""
        return self._try_number("sriov_numvfs")

    # Isolation

    @property
    def iommu_group(self) -> int | None:
        """The number of its IOMMU group; ``None`` without an IOMMU."""
        name = sysfs.link_name(f"{self.path}/iommu_group")
        if name is None:
            return None
        if not (name.isascii() and name.isdecimal()):
            raise InternalError(f"iommu group '{name}' of pci device {self} is not a number")
        return int(name)

    @property
    def iommu_group_members(self) -> list[PciAddress]:
        """All functions of its IOMMU group by address, itself included; itself alone without an IOMMU.

        They share one address space towards memory, so a guest gets all that are not idle, or none.
        """
        names = self._names("iommu_group/devices")
        found = [address for address in map(PciAddress.try_parse, names) if address is not None]
        return sorted(found) or [self.address]

    @property
    def vfio_path(self) -> str | None:
        """The device file of its IOMMU group, ``/dev/vfio/15``; ``None`` without an IOMMU."""
        group = self.iommu_group
        return None if group is None else f"/dev/vfio/{group}"

    def vfio_blockers(self) -> list[PciDevice]:
        """The members of its IOMMU group that keep vfio from it: those that a driver of the host has.

        Bridges, devices without a driver and those of ``pci-stub`` don't; vfio itself doesn't either.
        """
        from pyvirt_util.pci import topology

        return topology.vfio_blockers(self)

    @property
    def bridge(self) -> PciDevice | None:
        """The bridge directly above it; ``None`` on a root bus.

        :raises OperationFailedError: when there should be one and none is found.
        """
        from pyvirt_util.pci import topology

        return topology.find_bridge(self)

    def acs_enabled(self) -> bool:
        """Whether this port's access control services are there and isolate what is behind it from its peers."""
        return self.config.acs_enabled

    def is_assignable(self, *, strict_acs: bool = True) -> bool:
        """Whether a guest may have it: see :meth:`check_assignable`."""
        from pyvirt_util.errors import VirtError

        try:
            self.check_assignable(strict_acs=strict_acs)
        except VirtError:
            return False
        return True

    def check_assignable(self, *, strict_acs: bool = True) -> None:
        """Refuse to give it to a guest when its bridges can't be found, or one of them doesn't isolate.

        With ``strict_acs`` false, a switch port without access control services will do.

        :raises OperationInvalidError: with the reason.
        """
        from pyvirt_util.pci import topology

        topology.check_assignable(self, strict_acs)

    # Driver

    @property
    def driver(self) -> str | None:
        """The name of the driver it is bound to."""
        return sysfs.link_name(f"{self.path}/driver")

    @property
    def driver_override(self) -> str | None:
        """The one driver that may take it; ``None`` while any may."""
        name = sysfs.try_read_text(f"{self.path}/driver_override")
        return None if name in ("", "(null)") else name

    @property
    def bound_to_vfio(self) -> bool:
        """Whether ``vfio-pci``, or a driver of a vendor that does the same, has it."""
        return self.driver == VFIO_DRIVER or os.path.isdir(f"{self.path}/vfio-dev")

    def bind_to_stub(self, driver: str = VFIO_DRIVER) -> None:
        """Take it from its driver and give it to ``driver``, which is loaded when it isn't: see :mod:`.binding`."""
        from pyvirt_util.pci import binding

        binding.bind_to_stub(self, driver)

    def unbind_from_stub(self) -> None:
        """Give it back to the driver of the host's choice: see :mod:`.binding`."""
        from pyvirt_util.pci import binding

        binding.unbind_from_stub(self)

    def unbind(self) -> None:
        """Take it from its driver: see :mod:`.binding`."""
        from pyvirt_util.pci import binding

        binding.unbind(self)

    def reprobe(self) -> str | None:
        """Let the kernel look for a driver: see :mod:`.binding`; the name of the one that has it now."""
        from pyvirt_util.pci import binding

        return binding.reprobe(self)

    def reset(self, active: PciDeviceList | None = None, inactive: PciDeviceList | None = None) -> str:
        """Put it into the state it has after power on: see :mod:`.reset`; which way was taken."""
        from pyvirt_util.pci import reset

        return reset.reset(self, active, inactive)

    # Reading

    def _id(self, attribute: str) -> int:
        try:
            return sysfs.read_number(f"{self.path}/{attribute}", 16)
        except SystemCallError as error:
            raise self._explained(error) from error

    def _try_number(self, attribute: str, base: int = 10) -> int | None:
        number = sysfs.try_read_number(f"{self.path}/{attribute}", base)
        if number is None:
            self.require()
        return number

    def _names(self, folder: str) -> list[str]:
        names = sysfs.list_names(f"{self.path}/{folder}")
        if not names:
            self.require()
        return names

    def _link_address(self, link: str) -> PciAddress | None:
        name = sysfs.link_name(f"{self.path}/{link}")
        if name is None:
            return None
        address = PciAddress.try_parse(name)
        if address is None:
            raise InternalError(f"'{self.path}/{link}' points to '{name}', which is no pci address")
        return address

    def _virtfns(self) -> list[tuple[int, PciAddress]]:
        found = []
        for name in self._names(""):
            number = name.removeprefix(_VIRTFN)
            if number != name and number.isascii() and number.isdecimal():
                address = self._link_address(name)
                if address is not None:  # it went away
                    found.append((int(number), address))
        return sorted(found)

    def _missing(self) -> SystemCallError:
        return system_error(f"find pci device {self} in '{self.path}'", _no_device())

    def _explained(self, error: SystemCallError) -> SystemCallError:
        """A failure to read says that the device isn't there where that is the reason."""
        return error if self.present else self._missing()


def known_header_type(config: ConfigSpace) -> str:
    """The header's type.

    :raises InternalError: for a type that nobody knows.
    """
    kind = config.header_type
    if kind is None:
        raise InternalError(f"unknown pci header type {config.u8(0x0E) & 0x7F:#x} of device {config.name}")
    return kind


def _no_device() -> OSError:
    return OSError(errno.ENODEV, os.strerror(errno.ENODEV))
