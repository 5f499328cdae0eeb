"""Vital product data: fields, what is skipped, and what is damaged."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_util.errors import OperationFailedError
from pyvirt_util.pci import vpd

END = b"\x78"


def large(tag: int, body: bytes) -> bytes:
    return bytes([tag]) + struct.pack("<H", len(body)) + body


def field(keyword: str | bytes, value: bytes) -> bytes:
    return (keyword.encode() if isinstance(keyword, str) else keyword) + bytes([len(value)]) + value


def product(name: bytes = b"Some card") -> bytes:
    return large(0x82, name)


def read_only(*fields: bytes, before: bytes = b"", room: int = 1) -> bytes:
    """A section whose checksum is right when ``before`` stands before it."""
    body = b"".join(fields) + field("RV", bytes(1 + room))
    whole = large(0x90, body)
    checksum = -sum(before + whole) & 0xFF
    at = len(whole) - 1 - room
    return whole[:at] + bytes([checksum]) + whole[at + 1 :]


def read_write(*fields: bytes) -> bytes:
    return large(0x91, b"".join(fields))


def complete(*fields: bytes, writable: bytes = b"", name: bytes = b"Some card") -> bytes:
    return product(name) + read_only(*fields, before=product(name)) + writable + END


def test_all_fields() -> None:
    found = vpd.parse(
        complete(
            *(field("PN", b"42"), field("EC", b"A-5"), field("MN", b"1028"), field("SN", b"sn 1")),
            *(field("V0", b"zero"), field("VZ", b"last"), field("CP", b"\x01\x02\xff")),
            writable=read_write(
                *(field("YA", b"tag"), field("Y0", b"sys"), field("VA", b"ven"), field("YZ", b"")),
                field("RW", bytes(9)),
            ),
        )
    )
    assert found.name == "Some card"
    assert found.read_only is not None
    assert found.read_only.part_number == "42"
    assert found.read_only.change_level == "A-5"
    assert found.read_only.manufacture_id == "1028"
    assert found.read_only.serial_number == "sn 1"
    assert found.read_only.vendor_fields == {"0": "zero", "Z": "last"}
    assert found.read_write is not None
    assert found.read_write.asset_tag == "tag"
    assert found.read_write.system_fields == {"0": "sys", "Z": ""}
    assert found.read_write.vendor_fields == {"A": "ven"}


def test_text_loses_white_space_and_what_follows_a_nul() -> None:
    found = vpd.parse(complete(field("PN", b" \t42 \n"), field("SN", b"1\0\xff\xfe"), name=b"  card \0rest"))
    assert found.name == "card"
    assert found.read_only is not None
    assert (found.read_only.part_number, found.read_only.serial_number) == ("42", "1")


def test_of_one_field_the_last_counts() -> None:
    found = vpd.parse(complete(field("PN", b"1"), field("V1", b"a"), field("PN", b"2"), field("V1", b"b")))
    assert found.read_only is not None
    assert found.read_only.part_number == "2"
    assert found.read_only.vendor_fields == {"1": "b"}


@pytest.mark.parametrize(
    "unknown",
    [field("EX", b"?"), field("pn", b"1"), field(b"\x07A", b"\0\0"), field(b"V\x07", b"\0"), field("Va", b"1")],
)
def test_unknown_fields_are_skipped(unknown: bytes) -> None:
    found = vpd.parse(complete(unknown, field("PN", b"42"), unknown))
    assert found.read_only is not None
    assert found.read_only.part_number == "42"
    assert found.read_only.vendor_fields == {}


def test_text_that_is_none_is_skipped() -> None:
    found = vpd.parse(complete(field("SN", b"\xff" * 8), field("PN", b"42"), field("V1", b"\x01")))
    assert found.read_only is not None
    assert found.read_only.serial_number is None
    assert found.read_only.part_number == "42"
    assert found.read_only.vendor_fields == {}


def test_sections_without_a_known_field_are_none() -> None:
    found = vpd.parse(complete(field("XX", b"1"), writable=read_write(field("RW", b""))))
    assert found.read_only is None
    assert found.read_write is None


def test_fields_in_the_wrong_section_do_not_count() -> None:
    found = vpd.parse(complete(field("YA", b"tag"), writable=read_write(field("PN", b"42"))))
    assert found.read_only is not None
    assert found.read_only.part_number is None
    assert found.read_write is not None
    assert found.read_write.asset_tag is None


def test_unknown_resources_are_skipped() -> None:
    skipped = large(0x85, b"some") + b"\x0b123"
    data = skipped + product() + read_only(field("PN", b"42"), before=skipped + product()) + skipped + END
    found = vpd.parse(data)
    assert found.name == "Some card"
    assert found.read_only is not None
    assert found.read_only.part_number == "42"


def test_the_name_may_be_absent_and_what_follows_the_end_does_not_count() -> None:
    found = vpd.parse(read_only(field("PN", b"42")) + END + b"\xff\xff\xff")
    assert found.name is None
    assert found.read_only is not None


def test_no_room_and_no_rw_are_fine() -> None:
    for writable in (read_write(field("VZ", b"42"), field("RW", b"")), read_write(field("VZ", b"42"))):
        found = vpd.parse(complete(writable=writable))
        assert found.read_write is not None
        assert found.read_write.vendor_fields == {"Z": "42"}


def test_the_checksum_alone_is_room_enough() -> None:
    data = product() + read_only(field("PN", b"42"), before=product(), room=0) + END
    assert vpd.parse(data).read_only is not None


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


GOOD = complete(field("PN", b"42"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "without an end tag"),
        (b"\0", "without an end tag"),
        (END, "no read-only section"),
        (product() + END, "no read-only section"),
        (GOOD[:-1], "without an end tag"),
        (replaced(GOOD, b"42", b"43"), "checksum is wrong"),
        (product() + large(0x90, field("PN", b"42")) + END, "ends without a checksum"),
        (product() + large(0x90, field("PN", b"42") + field("RV", b"")) + END, "no checksum"),
        (product() + large(0x90, field("RW", b"1") + field("RV", b"1")) + END, "RW in the read-only"),
        (complete(writable=read_write(field("RV", b"1"))), "RV in the read-write"),
        (complete(writable=read_write(field("RW", b""), field("VZ", b"1"))), "RW is not the last"),
        (complete(writable=read_write(field("VZ", b"1"), b"V")), "ends within a field"),
        (large(0x90, b"SN\x42ab") + END, "field SN goes beyond its section"),
        (product(b"t\x03st") + END, "not printable"),
        (b"\x82\xff\xff" + b"x" * 20, "does not fit"),
        (product() + b"\x82\x01", "without an end tag"),
    ],
)
def test_damaged(data: bytes, reason: str) -> None:
    with pytest.raises(OperationFailedError, match=reason) as caught:
        vpd.parse(data, "0000:03:00.0")
    assert "of 0000:03:00.0 is damaged at offset 0x" in str(caught.value)


def test_rv_is_the_last_field() -> None:
    body = field("RV", b"\0\0") + field("SN", b"1")
    data = large(0x90, body)
    at = 3 + 3
    data = data[:at] + bytes([-sum(data[:at]) & 0xFF]) + data[at + 1 :]
    with pytest.raises(OperationFailedError, match="RV is not the last"):
        vpd.parse(data + END)


def parse_or_refuse(data: bytes) -> vpd.Vpd | None:
    try:
        return vpd.parse(data)
    except OperationFailedError:
        return None


@given(st.binary(max_size=2000))
def test_random_bytes(data: bytes) -> None:
    parse_or_refuse(data)


@given(st.lists(st.tuples(st.sampled_from([0x82, 0x90, 0x91, 0x78, 0x85, 0x00]), st.binary(max_size=40)), max_size=8))
def test_random_resources(resources: list[tuple[int, bytes]]) -> None:
    parse_or_refuse(b"".join(large(tag, body) if tag & 0x80 else bytes([tag]) for tag, body in resources))


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_wrong_byte_is_found_or_harmless(at: int, change: int) -> None:
    data = bytearray(GOOD)
    data[at] ^= change
    found = parse_or_refuse(bytes(data))
    # Only what stands behind the checksum can change unnoticed: the reserved byte, and the end tag's length bits.
    assert found is None or at >= len(GOOD) - 2


KEYWORD = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2).filter(
    lambda k: k not in ("RV", "RW")
)
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=50)


@given(st.dictionaries(KEYWORD, PRINTABLE), st.dictionaries(KEYWORD, PRINTABLE), PRINTABLE)
def test_what_was_written_is_read(ours: dict[str, str], theirs: dict[str, str], name: str) -> None:
    found = vpd.parse(
        complete(
            *(field(keyword, value.encode()) for keyword, value in ours.items()),
            writable=read_write(*(field(keyword, value.encode()) for keyword, value in theirs.items())),
            name=name.encode(),
        )
    )
    assert found.name == name
    vendor = {keyword[1]: value for keyword, value in ours.items() if keyword[0] == "V"}
    assert (found.read_only.vendor_fields if found.read_only else {}) == vendor
    system = {keyword[1]: value for keyword, value in theirs.items() if keyword[0] == "Y" and keyword != "YA"}
    assert (found.read_write.system_fields if found.read_write else {}) == system
    assert (found.read_write.asset_tag if found.read_write else None) == theirs.get("YA")
