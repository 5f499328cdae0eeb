"""PCI functions of the host for guests: what drivers share whose guests take them (libvirt: domain_driver.c)."""

from __future__ import annotations

from pyvirt.driver.flags import allow_flags
from pyvirt.driver.node import NodeOperations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.refs import NodeDeviceRef

VFIO = "vfio-pci"
_STUBS = {None: VFIO, "vfio": VFIO}
_GONE = ("kvm", "xen")


class LocalFunctions(NodeOperations):
    """Taking PCI functions from the host, giving them back and resetting them, through the service ``nodedev``."""

    def node_device_detach_flags(self, device: NodeDeviceRef, driver_name: str | None, flags: int) -> None:
        """See the base class.

        :param driver_name: ``vfio``, the default, or the name of a kernel driver such as ``vfio-pci``.
        """
        from pyvirt import services
        from pyvirt_util.errors import ConfigUnsupportedError
        from pyvirt_util.undo import UndoStack

        allow_flags(flags, 0, "virNodeDeviceDetachFlags")
        if driver_name in _GONE:
            raise ConfigUnsupportedError(f"PCI device assignment with the driver '{driver_name}' is not supported here")
        with UndoStack() as undo:
            services.nodedev.detach(_address(device), _STUBS.get(driver_name) or driver_name or VFIO, undo)

    def node_device_re_attach(self, device: NodeDeviceRef) -> None:
        """See the base class."""
        from pyvirt import services

        services.nodedev.reattach(_address(device))

    def node_device_reset(self, device: NodeDeviceRef) -> None:
        """See the base class."""
        from pyvirt import services

        services.nodedev.reset(_address(device))


def _address(device: NodeDeviceRef) -> str:
    """The address of a PCI function.

    :raises InvalidArgError: for any other device.
    """
    from pyvirt_util.errors import InvalidArgError
    from pyvirt_util.pci import PciAddress

    try:
        return str(PciAddress.from_name(device.name))
    except InvalidArgError:
        raise InvalidArgError(f"device '{device.name}' is not a PCI device") from None
