"""Devices of the host."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import (
    CcwAddress,
    DeviceAddress,
    DriveAddress,
    PciAddress,
    UnassignedAddress,
    UsbAddress,
)
from pyvirt_conf.domain.device_match import host_device
from pyvirt_conf.domain.disk import Sgio
from pyvirt_conf.domain.hostdev import (
    Hostdev,
    MdevHostdev,
    MdevModel,
    PciHostdev,
    ScsiHostdev,
    ScsiHostHostdev,
    UsbHostdev,
)
from pyvirt_conf.domain.interface import TeamingType
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, VirtError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_conf.domain.interface import Interface

_ADDRESSES: dict[type[Hostdev], tuple[type[DeviceAddress], ...]] = {
    PciHostdev: (PciAddress, UnassignedAddress),
    UsbHostdev: (UsbAddress,),
    ScsiHostdev: (DriveAddress,),
    ScsiHostHostdev: (PciAddress, CcwAddress),
}
_ADDRESS_ERRORS: dict[type[Hostdev], type[VirtError]] = {PciHostdev: InternalError, MdevHostdev: XmlError}
_MDEV_ADDRESSES: dict[MdevModel, tuple[type[DeviceAddress], ...]] = {
    MdevModel.VFIO_PCI: (PciAddress,),
    MdevModel.VFIO_CCW: (CcwAddress,),
    MdevModel.VFIO_AP: (),
}


def check_hostdev(hostdev: Hostdev, domain: Domain) -> None:
    """The address is of a kind the device can have; only PCI devices team up."""
    if hostdev.address is not None:
        if isinstance(hostdev, MdevHostdev):
            allowed: tuple[type[DeviceAddress], ...] | None = _MDEV_ADDRESSES[hostdev.model]
            what = f"mediated device model '{hostdev.model}'"
        else:
            allowed = _ADDRESSES.get(type(hostdev))
            what = f"host device type '{hostdev.type}'"
        if allowed is not None and not isinstance(hostdev.address, allowed):
            kind = dict(type(hostdev.address)._const)["type"]
            error = _ADDRESS_ERRORS.get(type(hostdev), ConfigUnsupportedError)
            raise error(f"unsupported address type '{kind}' with {what}")
    if isinstance(hostdev, ScsiHostdev) and hostdev.sgio is Sgio.UNFILTERED:
        raise ConfigUnsupportedError("unfiltered sgio is no longer supported")
    if hostdev.teaming is not None:
        if hostdev.teaming.type is not TeamingType.TRANSIENT:
            raise ConfigUnsupportedError("teaming hostdev devices must have type='transient'")
        if hostdev.teaming.persistent is None:
            raise ConfigUnsupportedError("missing persistent of a teaming hostdev")
        if not isinstance(hostdev, PciHostdev):
            raise ConfigUnsupportedError("teaming is only supported for pci hostdev devices")


def check_hostdevs(hostdevs: list[Hostdev], interfaces: list[Interface]) -> None:
    """Each device of the host is given once, and one of them at most shows the first screen."""
    seen: set[Hashable] = set()
    devices: list[Hostdev | Interface] = [*interfaces, *hostdevs]
    for device in devices:
        found = host_device(device)
        if found and found[0] in seen:
            raise XmlError(f"host device of type '{device.type}' is there twice")
        seen.update(found)
    if sum(isinstance(hostdev, MdevHostdev) and bool(hostdev.ramfb) for hostdev in hostdevs) > 1:
        raise ConfigUnsupportedError("only one vgpu device can have 'ramfb' enabled")
