"""PCI addresses: text, order, limits."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_util.errors import InvalidArgError
from pyvirt_util.pci import PciAddress

ADDRESSES = st.builds(
    PciAddress, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFF), st.integers(0, 0x1F), st.integers(0, 7)
)


def test_parts_and_names() -> None:
    address = PciAddress.parse("0000:03:10.7")
    assert (address.domain, address.bus, address.slot, address.function) == (0, 3, 0x10, 7)
    assert str(address) == "0000:03:10.7"
    assert address.name == "pci_0000_03_10_7"
    assert PciAddress.from_name("pci_0000_03_10_7") == address
    assert PciAddress.parse("10000:E1:1f.0").domain == 0x10000
    assert repr(address) == "PciAddress(0x0000, 0x03, 0x10, 7)"


@given(ADDRESSES)
def test_text_and_back(address: PciAddress) -> None:
    assert PciAddress.parse(str(address)) == address
    assert PciAddress.from_name(address.name) == address
    assert pickle.loads(pickle.dumps(address)) == address
    assert copy.copy(address) == address
    assert {address: 1}[PciAddress(*address)] == 1


@given(st.lists(ADDRESSES))
def test_order_is_that_of_the_numbers(addresses: list[PciAddress]) -> None:
    assert sorted(addresses) == sorted(addresses, key=tuple)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    address = PciAddress.try_parse(text)
    if address is None:
        with pytest.raises(InvalidArgError):
            PciAddress.parse(text)
    else:
        assert int(text.split(":")[0], 16) == address.domain


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "::.", "03:10.7", "0000:03:10", "0000:03:10.8", "0000:03:20.0", "0000:103:10.0", "0000:03:10.07"),
        *("0000:03:10.7 ", " 0000:03:10.7", "0x00:03:10.7", "-000:03:10.7", "0000:03:10.7\n", "0000:03:1_0.7"),
        *("0000:0٣:10.7", "123456789:03:10.7", "0000:03:10:7", "0000.03.10.7", "+000:03:10.7"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert PciAddress.try_parse(text) is None
    with pytest.raises(InvalidArgError, match="malformed pci address"):
        PciAddress.parse(text)


@pytest.mark.parametrize("name", ["pci_0000_03_10", "pci_0000_03_10_8", "usb_0000_03_10_0", "pci_0000_03_10_0_1", ""])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidArgError, match="malformed pci device name"):
        PciAddress.from_name(name)


@pytest.mark.parametrize("numbers", [(0, 256, 0, 0), (0, 0, 32, 0), (0, 0, 0, 8), (-1, 0, 0, 0), (1 << 32, 0, 0, 0)])
def test_numbers_out_of_range(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidArgError, match="is not within"):
        PciAddress(*numbers)


def test_it_does_not_change() -> None:
    address = PciAddress(0, 0, 0, 0)
    with pytest.raises(AttributeError):
        address.bus = 1  # type: ignore[misc]
