"""Vital product data: what a card's maker, and whoever runs it, wrote onto it.

Source: PCI Local Bus Specification 3.0 appendix I, PCI Express Base Specification 4.0 section 6.28.
"""

from __future__ import annotations

from pyvirt_util.errors import OperationFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SIZE_LIMIT = 0x8000
"""Addresses have 15 bits."""

_LARGE = 0x80
_STRING, _READ_ONLY, _READ_WRITE, _END = 0x82, 0x90, 0x91, 0x0F
_SPACE = b" \t\n\f\r"
_READ_ONLY_NAMES = {"EC": "change_level", "MN": "manufacture_id", "PN": "part_number", "SN": "serial_number"}
_KEYWORD_BYTES = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class VpdReadOnly:
    """What the maker wrote; ``None`` for what is not there, a vendor's own fields by the second letter (V0 to VZ)."""

    __slots__ = ("change_level", "manufacture_id", "part_number", "serial_number", "vendor_fields")

    def __init__(self) -> None:
        self.change_level: str | None = None
        self.manufacture_id: str | None = None
        self.part_number: str | None = None
        self.serial_number: str | None = None
        self.vendor_fields: dict[str, str] = {}

    def _set(self, keyword: str, value: str) -> None:
        if keyword in _READ_ONLY_NAMES:
            setattr(self, _READ_ONLY_NAMES[keyword], value)
        elif keyword[0] == "V":
            self.vendor_fields[keyword[1]] = value


class VpdReadWrite:
    """What software may change; the system's own fields (Y0 to YZ but for YA, the asset tag) by the second letter."""

    __slots__ = ("asset_tag", "system_fields", "vendor_fields")

    def __init__(self) -> None:
        self.asset_tag: str | None = None
        self.vendor_fields: dict[str, str] = {}
        self.system_fields: dict[str, str] = {}

    def _set(self, keyword: str, value: str) -> None:
        if keyword == "YA":
            self.asset_tag = value
        elif keyword[0] == "V":
            self.vendor_fields[keyword[1]] = value
        elif keyword[0] == "Y":
            self.system_fields[keyword[1]] = value


class Vpd:
    """Vital product data: the product's ``name``, and its sections, ``None`` where one has no field that is known."""

    __slots__ = ("name", "read_only", "read_write")

    def __init__(self) -> None:
        self.name: str | None = None
        self.read_only: VpdReadOnly | None = None
        self.read_write: VpdReadWrite | None = None


def parse(data: bytes, owner: str = "") -> Vpd:
    """The fields of a device's vital product data.

    Accepted is what libvirt accepts (virPCIVPDParse): resources nobody knows, and fields whose keyword or text isn't
    valid, are skipped; text loses what follows a NUL and the white space around it.

    :param owner: the device, for messages.
    :raises OperationFailedError: when it is damaged: cut short, without end, without a read-only section, with a wrong
        checksum, or with fields that don't fit.
    """
    return _Parser(data, owner).parse()


class _Parser:
    def __init__(self, data: bytes, owner: str) -> None:
        self.data = data[:SIZE_LIMIT]
        self.owner = owner
        self.vpd = Vpd()

    def parse(self) -> Vpd:
        at, has_read_only = 0, False
        while True:
            tag = self._byte(at)
            if tag & _LARGE:
                size = self._byte(at + 1) | self._byte(at + 2) << 8
                at += 3
            else:
                size = tag & 7
                tag >>= 3
                at += 1
            if tag == _END:
                break
            if at + size > len(self.data):
                self._fail(at, f"a resource of {size} bytes does not fit into the {len(self.data)} there are")
            if tag == _STRING:
                self.vpd.name = _text(self.data[at : at + size])
                if self.vpd.name is None:
                    self._fail(at, "the product's name is not printable text")
            elif tag == _READ_ONLY:
                self._read_only(at, at + size)
                has_read_only = True
            elif tag == _READ_WRITE:
                self._read_write(at, at + size)
            at += size
        if not has_read_only:
            self._fail(at, "there is no read-only section")
        return self.vpd

    def _read_only(self, at: int, end: int) -> None:
        """Fields up to RV, which has the checksum over all that stands before it and must be the last."""
        while at + 3 <= end:
            keyword, value, following = self._field(at, end)
            if keyword == "RW":
                self._fail(at, "field RW in the read-only section")
            if keyword == "RV":
                if not value:
                    self._fail(at, "field RV has no checksum")
                if sum(self.data[: at + 4]) & 0xFF:
                    self._fail(at, "the checksum is wrong")
                if following != end:
                    self._fail(at, "field RV is not the last of its section")
                return
            text = _text(value) if _is_text(keyword) else ""
            if text is not None and (_is_text(keyword) or keyword == "CP"):
                self.vpd.read_only = self.vpd.read_only or VpdReadOnly()
                self.vpd.read_only._set(keyword, text)
            at = following
        self._fail(at, "the read-only section ends without a checksum")

    def _read_write(self, at: int, end: int) -> None:
        """Fields up to RW, the room that is left, which some makers leave out."""
        while at + 3 <= end:
            keyword, value, following = self._field(at, end)
            if keyword == "RV":
                self._fail(at, "field RV in the read-write section")
            if keyword == "RW":
                if following != end:
                    self._fail(at, "field RW is not the last of its section")
                return
            text = _text(value) if _is_text(keyword) else ""
            if text is not None and (_is_text(keyword) or keyword == "CP"):
                self.vpd.read_write = self.vpd.read_write or VpdReadWrite()
                self.vpd.read_write._set(keyword, text)
            at = following
        if at != end:
            self._fail(at, "the read-write section ends within a field")

    def _field(self, at: int, end: int) -> tuple[str, bytes, int]:
        """Keyword, value, and where the next one begins."""
        raw, start = self.data[at : at + 2], at + 3
        following = start + self.data[at + 2]
        keyword = raw.decode() if _KEYWORD_BYTES.issuperset(raw) else ""
        if following > end:
            self._fail(at, f"field {keyword or raw.hex()} goes beyond its section")
        return keyword, self.data[start:following], following

    def _byte(self, at: int) -> int:
        if at >= len(self.data):
            self._fail(at, "it ends without an end tag")
        return self.data[at]

    def _fail(self, at: int, what: str) -> NoReturn:
        owner = f" of {self.owner}" if self.owner else ""
        raise OperationFailedError(f"vital product data{owner} is damaged at offset {at:#x}: {what}")


def _is_text(keyword: str) -> bool:
    return bool(keyword) and (keyword in _READ_ONLY_NAMES or keyword[0] in "VY")


def _text(value: bytes) -> str | None:
    """Printable ASCII; ``None`` for anything else."""
    value = value.partition(b"\0")[0].strip(_SPACE)
    return value.decode() if all(0x20 <= byte < 0x7F for byte in value) else None
