"""Vital product data of a PCI device (PCI Local Bus Specification 2.2, appendix I)."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.nodedev.capability import NestedCapability
from pyvirt_conf.xml import Element, Mode, Node, attr, children, element, text


@element("vendor_field")
class VendorField(Element):
    """A field of the vendor's own, ``V0`` to ``VZ``."""

    index: str | None = attr()
    value: str | None = text(".")


@element("system_field")
class SystemField(Element):
    """A field of the system's own, ``Y0`` to ``YZ``."""

    index: str | None = attr()
    value: str | None = text(".")


def _usable(fields: list[VendorField] | list[SystemField]) -> None:
    """Drop what isn't a field (no index of one character, no value), as libvirt does; of one index the last counts."""
    seen: dict[str, VendorField | SystemField] = {}
    for field in fields:
        if field.index is not None and len(field.index) == 1 and field.value is not None:
            if field.index in seen:
                seen[field.index].value = field.value
            else:
                seen[field.index] = field
    fields[:] = list(seen.values())  # type: ignore[arg-type]


@element("fields", by="access")
class VpdFields(Element):
    """Fields of one section; classes by ``access``."""

    _keep_open = True
    access: ClassVar[str] = ""


@element(access="readonly")
class ReadOnlyFields(VpdFields):
    """What the maker wrote."""

    change_level: str | None = text()
    manufacture_id: str | None = text()
    part_number: str | None = text()
    serial_number: str | None = text()
    vendor_fields: list[VendorField] = children("vendor_field")

    def _parsed(self, node: Node, mode: Mode) -> None:
        _usable(self.vendor_fields)


@element(access="readwrite")
class ReadWriteFields(VpdFields):
    """What software may change."""

    asset_tag: str | None = text()
    vendor_fields: list[VendorField] = children("vendor_field")
    system_fields: list[SystemField] = children("system_field")

    def _parsed(self, node: Node, mode: Mode) -> None:
        _usable(self.vendor_fields)
        _usable(self.system_fields)


@element(type="vpd")
class Vpd(NestedCapability):
    """Vital product data: the product's name, and at most one section of each kind."""

    name: str = text(required=True)
    fields: list[VpdFields] = children("fields")

    def _parsed(self, node: Node, mode: Mode) -> None:
        last = {section.access: section for section in self.fields}
        self.fields = [last[access] for access in ("readonly", "readwrite") if access in last]

    @property
    def read_only(self) -> ReadOnlyFields | None:
        """The section the maker wrote."""
        return next((section for section in self.fields if isinstance(section, ReadOnlyFields)), None)

    @property
    def read_write(self) -> ReadWriteFields | None:
        """The section software may change."""
        return next((section for section in self.fields if isinstance(section, ReadWriteFields)), None)
