"""What the host's storage drivers can do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from pyvirt_conf.document import Document
from pyvirt_conf.storage.types import (
    DEFAULT_SOURCE_FORMAT,
    IMAGE_FORMATS,
    SOURCE_FORMATS,
    VOLUME_FORMATS,
    PoolType,
)
from pyvirt_conf.xml import Element, Mode, YesNo, attr, child, children, element, texts


@element("enum")
class CapabilityEnum(Element):
    """The values a field can have."""

    _keep_open = True
    name: str = attr(required=True)
    values: list[str] = texts("value")


@element("poolOptions")
class FormatOptions(Element):
    """The default format, and all of them."""

    default: str | None = attr("defaultFormat/@type")
    enums: list[CapabilityEnum] = children("enum")


@element("pool")
class PoolCapability(Element):
    """What there is for one type of pool."""

    _keep_open = True
    type: PoolType = attr(required=True)
    supported: YesNo = attr(required=True)
    pool_options: FormatOptions | None = child("poolOptions")
    volume_options: FormatOptions | None = child("volOptions")


@element("storagepoolCapabilities")
class StoragePoolCapabilities(Document):
    """The types of pools there are, whether the host can have them, and the formats they know."""

    _keep_open = True
    pools: list[PoolCapability] = children("pool")

    @classmethod
    def of(cls, supported: Collection[PoolType]) -> Self:
        """The capabilities of a host with drivers for these types (virStoragePoolCapsFormat)."""
        return cls(pools=[_capability(kind, kind in supported) for kind in PoolType])

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())


def _capability(kind: PoolType, supported: bool) -> PoolCapability:
    capability = PoolCapability(type=kind, supported=supported)
    if kind in SOURCE_FORMATS:
        known = CapabilityEnum(name="sourceFormatType", values=list(SOURCE_FORMATS[kind]))
        capability.pool_options = FormatOptions(default=DEFAULT_SOURCE_FORMAT[kind], enums=[known])
    if kind in VOLUME_FORMATS:
        default, formats = VOLUME_FORMATS[kind]
        if formats is IMAGE_FORMATS:
            formats = ("none", *formats)
        if kind is PoolType.RBD:
            formats = ()  # images of Ceph have no format but their own
        known = CapabilityEnum(name="targetFormatType", values=list(formats))
        capability.volume_options = FormatOptions(default=default, enums=[known])
    return capability
