"""UUIDs, MAC addresses, sizes and bitmaps."""

from __future__ import annotations

import itertools
import random

import pytest

from pyvirt_util import macs, units, uuids
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import InvalidArgError, InvalidMacError, NumberOverflowError

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.upper(),
        UUID.replace("-", ""),
        f"  {UUID}\n",
        UUID.replace("-", " "),
        "c7-a5-fd-bd-ed-af-94-55-92-6a-d6-5c-16-db-18-09",
        "-" + UUID,
        UUID.replace("-", "--"),
    ],
)
def test_uuids_as_libvirt_reads_them(text: str) -> None:
    assert uuids.parse(text) == uuids.try_parse(text) == UUID


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        UUID[:-1],
        UUID + "0",
        UUID + "-",
        UUID + "x",
        UUID.replace("c", "g"),
        "c-7a5fdbd-edaf-9455-926a-d65c16db1809",
        UUID[:-2] + "\u0660\u0661",
        UUID.replace("-", "_"),
    ],
)
def test_what_is_no_uuid(text: str) -> None:
    assert uuids.try_parse(text) is None
    with pytest.raises(InvalidArgError, match="malformed uuid"):
        uuids.parse(text)


def test_new_uuids_are_random_ones_of_version_4() -> None:
    many = {uuids.new_uuid() for _ in range(100)}
    assert len(many) == 100
    for uuid in many:
        assert uuids.is_canonical(uuid)
        assert uuid[14] == "4"
        assert uuid[19] in "89ab"
        assert uuids.from_bytes(uuids.to_bytes(uuid)) == uuid


def test_properties_of_uuids() -> None:
    assert uuids.is_canonical(UUID)
    for text in (UUID.upper(), UUID.replace("-", ""), "-" * 36, UUID[:9] + "-" + UUID[10:], "", UUID + "\n"):
        assert not uuids.is_canonical(text)
    assert uuids.is_plausible(UUID)
    assert not uuids.is_plausible("00000000-0000-0000-0000-000000000000")
    assert not uuids.is_plausible("03030303-0303-0303-0303-030303030303")
    with pytest.raises(InvalidArgError):
        uuids.from_bytes(b"x")


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("52:54:00:AB:CD:EF", "52:54:00:ab:cd:ef"),
        ("0:1:2:a:B:c", "00:01:02:0a:0b:0c"),
        ("52:54:00:12:34:56 trailing", "52:54:00:12:34:56"),
    ],
)
def test_mac_addresses(text: str, mac: str) -> None:
    assert macs.parse(text) == mac
    assert macs.from_bytes(macs.to_bytes(text)) == mac


@pytest.mark.parametrize(
    "text",
    [
        "",
        "52:54:00:12:34",
        "52:54:00:12:34:56:78",
        "52:54:00:12:34:",
        "52:54:00:12:34:567",
        "52:54:00:12:34:5g",
        "52-54-00-12-34-56",
        " 52:54:00:12:34:56",
        "+2:54:00:12:34:56",
        "52:54:00:12:34:\u0665\u0666",
    ],
)
def test_what_is_no_mac_address(text: str) -> None:
    assert macs.try_parse(text) is None
    with pytest.raises(InvalidMacError, match="malformed mac address"):
        macs.parse(text)


def test_new_mac_addresses() -> None:
    many = {macs.new_mac() for _ in range(100)}
    assert len(many) > 90
    assert all(mac.startswith("52:54:00:") and macs.parse(mac) == mac for mac in many)
    assert macs.new_mac("00:16:3E").startswith("00:16:3e:")
    for prefix in ("", "5:2", "52:54:00:12:34:56", "xx"):
        with pytest.raises(InvalidMacError):
            macs.new_mac(prefix)


def test_properties_of_mac_addresses() -> None:
    assert macs.is_multicast("01:00:5e:00:00:01")
    assert macs.is_multicast("ff:ff:ff:ff:ff:ff")
    assert not macs.is_multicast("52:54:00:12:34:56")
    assert macs.is_local("52:54:00:12:34:56")
    assert not macs.is_local("00:16:3e:12:34:56")
    assert macs.parse_hex("525400ABCDEF") == "52:54:00:ab:cd:ef"
    for text in ("525400abcde", "525400abcdeg", "52:54:00:ab:cd:ef"):
        with pytest.raises(InvalidMacError):
            macs.parse_hex(text)
    with pytest.raises(InvalidMacError):
        macs.from_bytes(b"12345")


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("b", 1),
        ("B", 1),
        ("byte", 1),
        ("Bytes", 1),
        ("k", 1 << 10),
        ("K", 1 << 10),
        ("KiB", 1 << 10),
        ("kib", 1 << 10),
        ("KB", 1000),
        ("kb", 1000),
        ("M", 1 << 20),
        ("MB", 10**6),
        ("GiB", 1 << 30),
        ("GB", 10**9),
        ("T", 1 << 40),
        ("TB", 10**12),
        ("PiB", 1 << 50),
        ("PB", 10**15),
        ("EiB", 1 << 60),
        ("EB", 10**18),
    ],
)
def test_units(unit: str, factor: int) -> None:
    assert units.unit_factor(unit) == factor
    assert units.scale(3, unit) == 3 * factor
    assert units.parse_size(f" 3 {unit}") == units.parse_size(f"3{unit}") == 3 * factor


@pytest.mark.parametrize("unit", ["x", "Ki", "KiBi", "Kbyte", "ZB", "bit", "KBB", "\u212a"])
def test_what_is_no_unit(unit: str) -> None:
    with pytest.raises(InvalidArgError, match="unknown suffix"):
        units.unit_factor(unit)


def test_sizes_without_a_unit_and_beyond_the_limit() -> None:
    assert units.scale(5, None) == units.scale(5, "") == 5
    assert units.scale(5, None, default=1024) == 5120
    assert units.scale(5, "b", default=1024) == 5
    assert units.parse_size("4096", default=1024) == 4 << 20
    assert units.scale(units.U64_MAX, None) == units.U64_MAX
    with pytest.raises(NumberOverflowError, match="value too large: 16EiB"):
        units.scale(16, "EiB")
    with pytest.raises(NumberOverflowError):
        units.parse_size("9" * 4000)
    with pytest.raises(NumberOverflowError):
        units.scale(2, "KiB", limit=2047)
    for text in ("", "G", "-1", "1.5G", "\u0661", "9" * 5000):
        with pytest.raises(InvalidArgError):
            units.parse_size(text)


def test_sizes_for_documents_and_people() -> None:
    assert [units.to_kib(size) for size in (0, 1, 1024, 1025)] == [0, 1, 1, 2]
    sizes = (0, 1023, 1024, 20 << 30, 1 << 63)
    assert [units.format_size(size) for size in sizes] == ["0.00 B", "1023.00 B", "1.00 KiB", "20.00 GiB", "8.00 EiB"]


@pytest.mark.parametrize(
    ("text", "members", "canonical"),
    [
        ("0", [0], "0"),
        ("0-3", [0, 1, 2, 3], "0-3"),
        ("0-3,^2,7", [0, 1, 3, 7], "0-1,3,7"),
        ("^2,0-3", [0, 1, 2, 3], "0-3"),
        ("7,1,0", [0, 1, 7], "0-1,7"),
        (" 1 - 3 , 5 ", [1, 2, 3, 5], "1-3,5"),
        ("1,", [1], "1"),
        ("3-3", [3], "3"),
        ("0-7,^0-", None, None),
        ("1,^1", [], ""),
        ("0,2,4", [0, 2, 4], "0,2,4"),
        ("1000-1002", [1000, 1001, 1002], "1000-1002"),
    ],
)
def test_bitmaps_as_text(text: str, members: list[int] | None, canonical: str | None) -> None:
    if members is None:
        with pytest.raises(InvalidArgError):
            Bitmap.parse(text)
        return
    bitmap = Bitmap.parse(text)
    assert list(bitmap) == members
    assert str(bitmap) == canonical
    assert bitmap == Bitmap(members)


@pytest.mark.parametrize(
    "text", ["", " ", ",", ",1", "1,,2", "a", "1-", "-1", "3-1", "^0-3", "^ 1", "1-2-3", "1 2", "\u0661", "9" * 50]
)
def test_what_is_no_bitmap(text: str) -> None:
    with pytest.raises(InvalidArgError, match="malformed bitmap"):
        Bitmap.parse(text)


def test_the_size_of_a_bitmap_bounds_its_members() -> None:
    assert list(Bitmap.parse("0-7", 8)) == list(range(8))
    with pytest.raises(InvalidArgError, match="8 is not below 8"):
        Bitmap.parse("0-8", 8)
    with pytest.raises(InvalidArgError):
        Bitmap.parse("0-2000000000")


def test_bitmaps_are_sets() -> None:
    a, b = Bitmap([1, 2, 3]), Bitmap([3, 4])
    assert a | b == Bitmap([1, 2, 3, 4])
    assert a & b == Bitmap([3])
    assert a - b == Bitmap([1, 2])
    assert a ^ b == Bitmap([1, 2, 4])
    assert Bitmap([1]) <= a
    assert a >= Bitmap([1])
    assert not b <= a
    assert a.isdisjoint(Bitmap([0, 9]))
    assert not a.isdisjoint(b)
    assert 2 in a
    assert 4 not in a
    assert -1 not in a
    assert "2" not in a
    assert (len(a), bool(a), a.last) == (3, True, 3)
    assert (len(Bitmap()), bool(Bitmap()), Bitmap().last) == (0, False, -1)
    assert a != {1, 2, 3}
    assert len({a, Bitmap([3, 2, 1])}) == 1
    assert Bitmap.first(4) == Bitmap(range(4))
    assert (repr(a), repr(Bitmap())) == ("Bitmap.parse('1-3')", "Bitmap()")
    with pytest.raises(InvalidArgError):
        Bitmap([-1])
    with pytest.raises(InvalidArgError):
        Bitmap.from_int(-1)


def test_bitmaps_as_bytes_and_masks() -> None:
    bitmap = Bitmap([0, 9, 63])
    assert bitmap.to_bytes() == bytes([1, 2, 0, 0, 0, 0, 0, 0x80])
    assert Bitmap.from_bytes(bitmap.to_bytes()) == bitmap
    assert bitmap.to_bytes(2) == b"\1\2"
    assert Bitmap().to_bytes() == b"\0"
    assert bitmap.to_bytes(9)[8] == 0
    assert Bitmap.from_mask("00000001,0000000f\n") == Bitmap([0, 1, 2, 3, 32])
    assert Bitmap.from_mask("0xff") == Bitmap.first(8)
    for text in ("", "0x", "g"):
        with pytest.raises(InvalidArgError):
            Bitmap.from_mask(text)


def test_text_and_members_agree_for_many_bitmaps() -> None:
    chance = random.Random(4711)
    for _ in range(500):
        members = {chance.randrange(chance.choice((8, 64, 300))) for _ in range(chance.randrange(1, 40))}
        bitmap = Bitmap(members)
        assert list(bitmap) == sorted(members)
        assert Bitmap.parse(str(bitmap)) == bitmap
        assert Bitmap.from_bytes(bitmap.to_bytes()) == bitmap
        runs = list(bitmap.ranges())
        assert all(low <= high for low, high in runs)
        assert all(high + 1 < low for (_, high), (low, _) in itertools.pairwise(runs))
