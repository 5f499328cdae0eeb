"""Mediated devices: the types a parent offers, and a device made of one."""

from __future__ import annotations

from pyvirt_conf.nodedev.capability import Capability, CompoundCapability, NestedCapability
from pyvirt_conf.xml import U32, Element, Uuid, attr, children, element, text


@element("type")
class MdevType(Element):
    """One type of mediated device and how many more can be made."""

    id: str = attr(required=True)
    name: str | None = text()
    device_api: str = text("deviceAPI", required=True)
    available_instances: U32 = text("availableInstances", required=True)


@element(type="mdev_types")
class MdevTypes(NestedCapability):
    """The types of mediated devices a device can be split into."""

    _skip_empty = True
    types: list[MdevType] = children()


@element(type="mdev_types")
class MdevParentCapability(CompoundCapability):
    """A device of software alone that can be split: that is all it can do."""

    _takes = (MdevTypes,)
    _ignores_others = True


@element("attr")
class MdevAttribute(Element):
    """An attribute written to the new device in sysfs, in the order given."""

    name: str = attr(required=True)
    value: str = attr(required=True)


@element(type="mdev")
class MdevCapability(Capability):
    """A mediated device. ``parent_addr`` is its parent's name in sysfs."""

    type_id: str = attr("type/@id", required=True)
    uuid: Uuid | None = text()
    parent_addr: str | None = text()
    iommu_group: U32 = attr("iommuGroup/@number", default=0)
    attributes: list[MdevAttribute] = children("attr")
