"""Network interfaces."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import PciAddress, UnassignedAddress
from pyvirt_conf.domain.interface import Interface, NetType, TeamingType
from pyvirt_conf.domain.validation.virtio import no_virtio_options
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


def check_interface(interface: Interface, domain: Domain) -> None:
    """Options are for the types and models that have them (virDomainNetDefValidate)."""
    kind = interface.type
    name = f"interface {interface.mac}"
    if interface.target_managed is False and kind is not NetType.ETHERNET:
        raise ConfigUnsupportedError(f"unmanaged target dev is not supported on interfaces of type '{kind}'")
    if kind is NetType.HOSTDEV and not isinstance(interface.address, (PciAddress, UnassignedAddress, NoneType)):
        raise InternalError("a PCI device of the host has an address of type 'pci' or 'unassigned'")
    teaming = interface.teaming
    if teaming is not None:
        if teaming.type is TeamingType.TRANSIENT and teaming.persistent is None:
            raise ConfigUnsupportedError("missing persistent of a transient teaming interface")
        if teaming.type is TeamingType.PERSISTENT and teaming.persistent is not None:
            raise ConfigUnsupportedError("persistent is for teaming type 'transient' only")
    if interface.port_isolated:
        if kind not in (NetType.NETWORK, NetType.BRIDGE):
            raise ConfigUnsupportedError(f"{name}: an isolated port is not supported for type '{kind}'")
        port = interface.virtualport
        if port is not None and port.type is not None:
            raise ConfigUnsupportedError(f"{name}: an isolated port is not supported for virtualport '{port.type}'")
    if not interface.is_virtio:
        no_virtio_options(interface)
