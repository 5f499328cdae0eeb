"""Listings of mdevctl: well-formed ones are devices, others are refused with what is wrong."""

from __future__ import annotations

import json

import pytest

from pyvirt_conf.nodedev import parse_node_device
from pyvirt_driver_nodedev.mdev.listing import parse_listing
from pyvirt_util.errors import InternalError

ONE, TWO = "de807ffc-1923-4d5f-b6c9-b20ecebc6d4b", "783e6dbb-ea0e-411f-94e2-717eaad438bf"


def listing(*children: object, parent: str = "0000:00:02.0") -> str:
    return json.dumps([{parent: list(children)}])


def mdev(**properties: object) -> dict[str, object]:
    return {"mdev_type": "t", "start": "manual", **properties}


@pytest.mark.parametrize("text", ["", "\n", "[]", "[{}]"])
def test_no_devices(text: str) -> None:
    assert parse_listing(text, lambda address: None) == []


def test_devices_in_their_order() -> None:
    attributes = [{"b": "1"}, {"a": "2"}]
    text = json.dumps(
        [{"matrix": [{TWO: mdev(start="auto")}, {ONE: mdev(attrs=attributes)}], "0.0.0052": [{TWO: mdev()}]}]
    )
    found = parse_listing(text, {"matrix": "ap_matrix"}.get)
    assert [(item.device.name, item.device.parent, item.autostart) for item in found] == [
        ("mdev_783e6dbb_ea0e_411f_94e2_717eaad438bf_matrix", "ap_matrix", True),
        ("mdev_de807ffc_1923_4d5f_b6c9_b20ecebc6d4b_matrix", "ap_matrix", False),
        ("mdev_783e6dbb_ea0e_411f_94e2_717eaad438bf_0_0_0052", "computer", False),
    ]
    assert [(item.name, item.value) for item in found[1].mdev.attributes] == [("b", "1"), ("a", "2")]
    for item in found:
        assert parse_node_device(item.device.format()) == item.device


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('"text"', "no array of one object"),
        ("[{}, {}]", "no array of one object"),
        ("[[]]", "instead of an object"),
        ('[{"matrix": {}}]', "the devices below 'matrix' as {} instead of an array"),
        (listing("x"), 'as "x" instead of an object'),
        (listing({}), "with 0 keys"),
        (listing({ONE: mdev(), TWO: mdev()}), "with 2 keys"),
        (listing({"seven": mdev()}), "'seven' is no uuid"),
        (listing({ONE: []}), "instead of an object"),
        (listing({ONE: {"start": "auto"}}), "the type of device .* as null instead of a string"),
        (listing({ONE: mdev(attrs={"a": "1"})}), "instead of an array"),
        (listing({ONE: mdev(attrs=["a"])}), "an attribute of device"),
        (listing({ONE: mdev(attrs=[{"a": "1", "b": "2"}])}), "with 2 keys"),
        (listing({ONE: mdev(attrs=[{"a": 1}])}), "attribute 'a' of device .* as 1 instead of a string"),
    ],
)
def test_what_is_no_listing(text: str, said: str) -> None:
    with pytest.raises(InternalError, match=said):
        parse_listing(text, lambda address: None)
