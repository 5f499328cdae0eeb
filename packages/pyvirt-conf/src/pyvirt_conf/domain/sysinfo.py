"""What SMBIOS tells the guest, and firmware configuration blobs."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.xml import BadValue, Element, Mode, Node, attr, child, children, element, fail, text, texts
from pyvirt_util import uuids
from pyvirt_util.errors import XmlDetailError

_ORDER = {
    "bios": ("vendor", "version", "date", "release"),
    "system": ("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
    "baseBoard": ("manufacturer", "product", "version", "serial", "asset", "location"),
    "chassis": ("manufacturer", "version", "serial", "asset", "sku"),
    "processor": (
        "socket_destination",
        "type",
        "family",
        "manufacturer",
        "signature",
        "version",
        "external_clock",
        "max_speed",
        "status",
        "serial_number",
        "part_number",
    ),
    "memory_device": (
        "size",
        "form_factor",
        "locator",
        "bank_locator",
        "type",
        "type_detail",
        "speed",
        "manufacturer",
        "serial_number",
        "part_number",
    ),
}


@element("entry")
class SysinfoEntry(Element):
    """One named value."""

    name: str = attr(required=True)
    value: str | None = text(".")


@element("block")
class SysinfoBlock(Element):
    """A table: named values in the order of SMBIOS."""

    _skip_empty = True
    entries: list[SysinfoEntry] = children()

    def get(self, name: str) -> str | None:
        """The value of an entry."""
        return next((entry.value for entry in self.entries if entry.name == name), None)

    def _parsed(self, node: Node, mode: Mode) -> None:
        order = _ORDER.get(str(node.tag), ())
        found = {entry.name: entry for entry in reversed(self.entries) if entry.value}
        self.entries = [found[name] for name in order if name in found]
        date = found.get("date") if node.tag == "bios" else None
        if date is not None and not _is_date(date.value or ""):
            raise BadValue(f"malformed BIOS date '{date.value}', expected MM/DD/YYYY")
        own = found.get("uuid") if node.tag == "system" else None
        if own is not None:
            own.value = uuids.try_parse(own.value or "")
            if own.value is None:
                raise BadValue("malformed uuid of a system", XmlDetailError)


def _is_date(text: str) -> bool:
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return False
    month, day, year = (int(part) for part in parts)
    return 1 <= month <= 12 and 1 <= day <= 31 and (year < 100 or 1900 <= year <= 9999)


@element("sysinfo", by="type")
class Sysinfo(Element):
    """One of the classes below by ``type``."""

    type: ClassVar[str]


@element(type="smbios")
class SmbiosSysinfo(Sysinfo):
    """SMBIOS tables."""

    bios: SysinfoBlock | None = child("bios")
    system: SysinfoBlock | None = child("system")
    base_boards: list[SysinfoBlock] = children("baseBoard")
    chassis: SysinfoBlock | None = child("chassis")
    processors: list[SysinfoBlock] = children("processor")
    memory_devices: list[SysinfoBlock] = children("memory_device")
    oem_strings: list[str] = texts("oemStrings/entry")


@element("entry")
class FwCfgEntry(Element):
    """A blob: text, or the content of a file."""

    name: str = attr(required=True)
    file: str | None = attr()
    value: str | None = text(".")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.name:
            fail(node, mode, "missing name of a firmware configuration entry", "@name")
        if self.value is None and self.file is None:
            fail(node, mode, f"firmware configuration entry '{self.name}' has neither value nor file")


@element(type="fwcfg")
class FwCfgSysinfo(Sysinfo):
    """Blobs for QEMU's firmware configuration device."""

    entries: list[FwCfgEntry] = children()
