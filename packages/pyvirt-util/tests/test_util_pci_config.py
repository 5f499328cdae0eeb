"""Configuration space: header, capabilities, and bytes that no device has."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_util.errors import InternalError
from pyvirt_util.pci import ConfigSpace

POWER, MSI, EXPRESS, MSIX, AF = 1, 5, 0x10, 0x11, 0x13
ACS, SRIOV = 0xD, 0x10


def space(
    *capabilities: tuple[int, bytes], extended: tuple[tuple[int, bytes], ...] = (), header: int = 0, size: int = 0
) -> ConfigSpace:
    """Configuration space with capabilities one behind the other."""
    data = bytearray(4096 if extended else 256)
    data[0:4] = struct.pack("<HH", 0x8086, 0x10D3)
    data[0x0E] = header
    place, at = 0x34, 0x40
    if capabilities:
        data[6] |= 0x10
    for number, body in capabilities:
        data[place] = at
        data[at] = number
        data[at + 2 : at + 2 + len(body)] = body
        place, at = at + 1, at + ((len(body) + 2 + 3) & ~3)
    at = 0x100
    for index, (number, body) in enumerate(extended):
        following = at + ((len(body) + 4 + 3) & ~3)
        last = index + 1 == len(extended)
        data[at : at + 4] = struct.pack("<I", number | 1 << 16 | (0 if last else following) << 20)
        data[at + 4 : at + 4 + len(body)] = body
        at = following
    return ConfigSpace(bytes(data[: size or len(data)]), "0000:03:00.0")


def express(kind: int, *, flr: bool = False, link: int = 0, status: int = 0) -> tuple[int, bytes]:
    return EXPRESS, struct.pack("<HIIIHH", 2 | kind << 4, flr << 28, 0, link, 0, status)


def test_numbers_are_little_endian() -> None:
    config = space()
    assert config.u8(0) == 0x86
    assert config.u16(0) == 0x8086
    assert config.u32(0) == 0x10D38086
    assert len(config) == len(bytes(config)) == 256


@pytest.mark.parametrize(("read", "offset"), [("u8", 256), ("u16", 255), ("u32", 253), ("u8", -1)])
def test_nothing_beyond_the_end(read: str, offset: int) -> None:
    with pytest.raises(InternalError, match=r"config space of 0000:03:00\.0 has 256 bytes"):
        getattr(space(), read)(offset)


@pytest.mark.parametrize(
    ("header", "kind", "multifunction"),
    [(0, "endpoint", False), (0x81, "pci-bridge", True), (2, "cardbus-bridge", False), (3, None, False)],
)
def test_header_type(header: int, kind: str | None, multifunction: bool) -> None:
    config = space(header=header)
    assert config.header_type == kind
    assert config.multifunction is multifunction


def test_capabilities_by_id() -> None:
    config = space((POWER, bytes(6)), (MSI, b"\x86\x00"), (MSIX, b"\x07\x80"), (MSI, b""))
    assert list(config.capabilities) == [POWER, MSI, MSIX]
    assert config.capabilities[POWER] == 0x40
    assert config.msi == (False, 8)
    assert config.msix == (True, 8)
    assert config.msix is not None
    assert (config.msix.enabled, config.msix.vectors) == (True, 8)
    assert config.express is None
    assert not config.has_flr


def test_none_without_the_status_bit() -> None:
    data = bytearray(space((POWER, bytes(6))).data)
    data[6] = 0
    assert ConfigSpace(bytes(data)).capabilities == {}


def test_the_first_64_bytes_have_no_capability() -> None:
    config = space(express(0, flr=True), size=64)
    assert config.capabilities == {}
    assert config.express is None


def test_a_list_that_bites_its_tail_ends() -> None:
    data = bytearray(space((POWER, bytes(6)), (MSI, b"")).data)
    data[0x49] = 0x40
    assert list(ConfigSpace(bytes(data)).capabilities) == [POWER, MSI]
    data = bytearray(space(extended=((ACS, bytes(4)), (SRIOV, bytes(60)))).data)
    data[0x100:0x104] = struct.pack("<I", ACS | 0x100 << 20)
    assert list(ConfigSpace(bytes(data)).extended_capabilities) == [ACS]


def test_the_low_bits_of_pointers_do_not_count() -> None:
    data = bytearray(space((POWER, bytes(6))).data)
    data[0x34] |= 3
    assert ConfigSpace(bytes(data)).capabilities == {POWER: 0x40}


def test_express() -> None:
    found = space(express(4, link=5 << 24 | 8 << 4 | 3, status=4 << 4 | 1)).express
    assert found is not None
    assert found.port_type == "root-port"
    assert found.has_link
    assert not found.flr
    assert (found.link_capability.port, found.link_capability.speed, found.link_capability.width) == (5, "8", 8)
    assert (found.link_status.port, found.link_status.speed, found.link_status.width) == (None, "2.5", 4)
    for kind, name, link in ((0, "endpoint", True), (9, "root-complex-endpoint", False), (0xF, None, True)):
        found = space(express(kind)).express
        assert found is not None
        assert (found.port_type, found.has_link) == (name, link)
        assert found.link_status.speed is None


@pytest.mark.parametrize(
    ("capability", "flr"),
    [(express(0, flr=True), True), (express(0), False), ((AF, b"\x06\x03"), True), ((AF, b"\x06\x01"), False)],
)
def test_function_level_reset(capability: tuple[int, bytes], flr: bool) -> None:
    assert space(capability).has_flr is flr


def test_power_management_reset() -> None:
    assert not space().has_pm_reset
    assert space((POWER, bytes(6))).has_pm_reset
    assert not space((POWER, b"\0\0\x08\0\0\0")).has_pm_reset


def test_sriov() -> None:
    body = struct.pack("<IHHHHHHHHHH", 0, 0, 0, 8, 7, 2, 0, 0x80, 2, 0, 0x10ED)
    found = space(extended=((ACS, bytes(4)), (SRIOV, body))).sriov
    assert found is not None
    assert (found.initial, found.total, found.current) == (8, 7, 2)
    assert (found.offset, found.stride, found.product) == (0x80, 2, 0x10ED)
    assert space().sriov is None


@pytest.mark.parametrize(("control", "enabled"), [(0x1D, True), (0x1F, True), (0x0D, False), (0x1C, False), (0, False)])
def test_access_control(control: int, enabled: bool) -> None:
    assert space(extended=((ACS, struct.pack("<HH", 0x1F, control)),)).acs_enabled is enabled
    assert not space().acs_enabled


def test_a_device_that_does_not_answer() -> None:
    config = ConfigSpace(b"\xff" * 4096)
    assert not config.answers
    assert config.header_type is None
    assert config.capabilities == {}
    assert config.extended_capabilities == {}
    assert space().answers


def check(data: bytes) -> None:
    """Nothing that is derived fails or has no end."""
    config = ConfigSpace(data)
    assert all(0x40 <= at < min(256, len(data)) for at in config.capabilities.values())
    assert all(0x100 <= at < len(data) for at in config.extended_capabilities.values())
    for name in ("header_type", "multifunction", "secondary_bus", "subordinate_bus", "answers", "has_flr"):
        getattr(config, name)
    for name in ("has_pm_reset", "msi", "msix", "sriov", "acs_enabled"):
        getattr(config, name)
    if config.express is not None:
        repr(config.express.link_capability)
        assert config.express.link_status.width < 64


@given(st.binary(max_size=4096))
def test_random_bytes(data: bytes) -> None:
    check(data)


@given(
    st.binary(max_size=300), st.dictionaries(st.integers(0, 4095), st.integers(0, 255)), st.sampled_from([256, 4096])
)
def test_random_bytes_where_lists_begin(head: bytes, changes: dict[int, int], size: int) -> None:
    data = bytearray(size)
    data[: len(head)] = head[:size]
    data[6] |= 0x10
    for at, value in changes.items():
        data[at % size] = value
    check(bytes(data))


@given(st.binary(max_size=64), st.sampled_from([1, 2, 4]), st.integers(-10, 100))
def test_reading_anywhere(data: bytes, size: int, offset: int) -> None:
    config = ConfigSpace(data)
    read = {1: config.u8, 2: config.u16, 4: config.u32}[size]
    if 0 <= offset <= len(data) - size:
        assert read(offset) == int.from_bytes(data[offset : offset + size], "little")
    else:
        with pytest.raises(InternalError):
            read(offset)
