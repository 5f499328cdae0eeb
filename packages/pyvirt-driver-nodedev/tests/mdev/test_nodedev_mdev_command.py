"""What is asked of mdevctl, in its words."""

from __future__ import annotations

import json

import pytest

from pyvirt_conf.nodedev import parse_node_device
from pyvirt_driver_nodedev.mdev import command
from pyvirt_driver_nodedev.mdev.identity import mdev_name, mdev_of, parent_address, place_below_parent
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, ParseFailedError, XmlError

UUID = "d069d019-36ea-4111-8f0a-8c9a70e21366"


def parent(inner: str, name: str = "it", path: str = ""):
    above = f"<path>{path}</path>" if path else ""
    return parse_node_device(f"<device><name>{name}</name>{above}{inner}</device>")


PCI = (
    "<capability type='pci'><domain>1</domain><bus>10</bus><slot>31</slot><function>7</function>"
    "<product id='0x1'/><vendor id='0x1'/></capability>"
)
CSS = "<capability type='css'><cssid>0xfe</cssid><ssid>0x1</ssid><devno>0x52</devno></capability>"
NET = "<capability type='net'><interface>eth0</interface></capability>"


@pytest.mark.parametrize(
    ("inner", "path", "address"),
    [
        (PCI, "", "0001:0a:1f.7"),
        (CSS, "", "fe.1.0052"),
        ("<capability type='ap_matrix'/>", "", "matrix"),
        ("<capability type='ap_matrix'/>", "/sys/devices/vfio_ap/matrix2", "matrix2"),
        (NET, "", None),
    ],
)
def test_addresses_of_parents(inner, path, address) -> None:
    assert parent_address(parent(inner, path=path)) == address


def test_names_hold_letters_digits_and_underscores() -> None:
    assert mdev_name(UUID, "0000:00:02.0") == "mdev_d069d019_36ea_4111_8f0a_8c9a70e21366_0000_00_02_0"
    assert mdev_name(UUID, "mätrix") == "mdev_d069d019_36ea_4111_8f0a_8c9a70e21366_m__trix"
    assert mdev_name(UUID, None) == "mdev_d069d019_36ea_4111_8f0a_8c9a70e21366"


def test_attributes_keep_their_order(new_device, mdev_host) -> None:
    device = new_device(attributes=[("b", "1"), ("a", "é &amp; &quot;"), ("b", "2")])
    place_below_parent(device, mdev_host.find)
    for made, verb in ((command.create(device), "start"), (command.define(device), "define")):
        assert made.argv == ("mdevctl", verb, "--parent=0000:00:02.0", "--jsonfile=/dev/stdin")
        assert json.loads(made.input)["attrs"] == [{"b": "1"}, {"a": 'é & "'}, {"b": "2"}]
        assert "é" in made.input


def test_a_parent_is_named_where_a_uuid_is_not_enough() -> None:
    assert command.start(UUID, "matrix").argv == ("mdevctl", "start", "--parent=matrix", f"--uuid={UUID}")
    assert command.undefine(UUID, "matrix").argv == ("mdevctl", "undefine", "--parent=matrix", f"--uuid={UUID}")
    manual = ("mdevctl", "modify", "--uuid", UUID, "--parent=matrix", "--manual")
    assert command.set_autostart(UUID, False, "matrix").argv == manual


def test_a_new_device_needs_a_parent_that_can_be_one(new_device, mdev_host) -> None:
    with pytest.raises(ConfigUnsupportedError, match="names none"):
        place_below_parent(new_device(parent=None), mdev_host.find)
    with pytest.raises(ConfigUnsupportedError, match="no device 'pci_0000_00_03_0'"):
        place_below_parent(new_device(parent="pci_0000_00_03_0"), mdev_host.find)
    with pytest.raises(ParseFailedError, match="'net_eth0' has no address"):
        place_below_parent(new_device(parent="net_eth0"), lambda name: parent(NET, name))
    with pytest.raises(InternalError, match="no known address"):
        command.define(new_device())
    with pytest.raises(ConfigUnsupportedError, match="'it' of type 'net' is no mediated device"):
        mdev_of(parent(NET))
    with pytest.raises(XmlError, match="uuid"):
        new_device(uuid="d069d019")
