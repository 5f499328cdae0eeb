"""PCI functions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.nodedev import IommuGroup, PciCapability, PciExpress, PhysFunction, VirtFunctions
from pyvirt_conf.nodedev import pci as document
from pyvirt_conf.nodedev import vpd as fields
from pyvirt_driver_nodedev.documents.parts import kernel_order, mdev_types
from pyvirt_driver_nodedev.ids import names_of
from pyvirt_util.errors import VirtError
from pyvirt_util.pci import PciAddress, PciDevice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyvirt_conf.nodedev import NestedCapability
    from pyvirt_driver_nodedev.device import Device
    from pyvirt_util.pci import ConfigSpace, Vpd

_F = TypeVar("_F", fields.VendorField, fields.SystemField)

_CONVENTIONAL = 256
"""Bytes of the configuration space of conventional PCI."""

_BRIDGES = {"pci-bridge": document.PciBridge, "cardbus-bridge": document.CardbusBridge}


def _pci_device(device: Device) -> PciDevice:
    """The function behind a device of the bus ``pci``."""
    return PciDevice(os.path.basename(device.path), device.host.sysfs, kernel=device.host.kernel)


def describe_pci(device: Device) -> PciCapability:
    """A PCI function."""
    pci = _pci_device(device)
    address = pci.address
    vendor, product = pci.vendor, pci.product
    vendor_name, product_name = names_of(device.host.ids, "pci.ids", vendor, product)
    numa_node, config = pci.numa_node, _config(pci)
    return PciCapability(
        class_=pci.class_code,
        domain=address.domain,
        bus=address.bus,
        slot=address.slot,
        function=address.function,
        product=document.Product(id=product, name=product_name),
        vendor=document.Vendor(id=vendor, name=vendor_name),
        capabilities=list(_inner(pci, config)),
        iommu_group=_iommu_group(pci),
        numa_node=-1 if numa_node is None else numa_node,
        pci_express=_express(pci, config),
    )


def _config(pci: PciDevice) -> ConfigSpace | None:
    try:
        return pci.config
    except VirtError:
        return None


def _config_size(pci: PciDevice) -> int:
    try:
        return os.stat(f"{pci.path}/config").st_size
    except OSError:
        return 0


def _inner(pci: PciDevice, config: ConfigSpace | None) -> Iterable[NestedCapability]:
    physical = pci.physfn
    if physical is not None:
        yield PhysFunction(address=_location(physical))
    functions, most = pci.virtfns, pci.sriov_totalvfs
    if functions or most:
        yield VirtFunctions(max_count=most, addresses=_locations(functions))
    bridge = None if config is None else _BRIDGES.get(config.header_type or "")
    if bridge is not None:
        yield bridge()
    yield from mdev_types(pci.path)
    vpd = _vpd(pci)
    if vpd is not None:
        yield vpd


def _iommu_group(pci: PciDevice) -> IommuGroup | None:
    number = pci.iommu_group
    if number is None:
        return None
    members = map(PciAddress.try_parse, kernel_order(f"{pci.path}/iommu_group/devices"))
    return IommuGroup(number=number, addresses=_locations(address for address in members if address is not None))


def _location(address: PciAddress) -> PciLocation:
    return PciLocation(domain=address.domain, bus=address.bus, slot=address.slot, function=address.function)


def _locations(addresses: Iterable[PciAddress]) -> list[PciLocation]:
    return [_location(address) for address in addresses]


def _express(pci: PciDevice, config: ConfigSpace | None) -> PciExpress | None:
    express = None if config is None else config.express
    if express is None or not express.has_link:
        # Only PCI Express has a larger configuration space. That is all there is to see of a device without the
        # capability (some host bridges), and for users whom the kernel does not show capabilities.
        return PciExpress(links=[]) if express is not None or _config_size(pci) > _CONVENTIONAL else None
    best, now = express.link_capability, express.link_status
    found = [(document.LinkValidity.CAP, best), (document.LinkValidity.STA, now)]
    return PciExpress(
        links=[
            document.PcieLink(
                validity=validity,
                port=-1 if link.port is None else link.port,
                speed=None if link.speed is None else document.LinkSpeed(link.speed),
                width=link.width,
            )
            for validity, link in found
        ]
    )


def vital_product_data(device: Device) -> fields.Vpd | None:
    """As :func:`_vpd`, of a device of the bus ``pci``."""
    return _vpd(_pci_device(device))


def _vpd(pci: PciDevice) -> fields.Vpd | None:
    """Vital product data; ``None`` for a device without, with damaged one, and where we may not read it."""
    try:
        found = pci.vpd() if pci.has_vpd else None
    except VirtError:
        return None
    return None if found is None else _vpd_document(found)


def _vpd_document(found: Vpd) -> fields.Vpd:
    sections: list[fields.VpdFields] = []
    read_only, read_write = found.read_only, found.read_write
    if read_only is not None:
        sections.append(
            fields.ReadOnlyFields(
                change_level=read_only.change_level,
                manufacture_id=read_only.manufacture_id,
                part_number=read_only.part_number,
                serial_number=read_only.serial_number,
                vendor_fields=_fields(fields.VendorField, read_only.vendor_fields),
            )
        )
    if read_write is not None:
        sections.append(
            fields.ReadWriteFields(
                asset_tag=read_write.asset_tag,
                vendor_fields=_fields(fields.VendorField, read_write.vendor_fields),
                system_fields=_fields(fields.SystemField, read_write.system_fields),
            )
        )
    return fields.Vpd(name=found.name or "", fields=sections)


def _fields(kind: type[_F], values: Mapping[str, str]) -> list[_F]:
    return [kind(index=index, value=value) for index, value in values.items()]
