"""Mediated devices: mdevctl's command lines with its standard input, and its listings as node devices."""

from __future__ import annotations

from tests.corpus.case import Case, same_text
from tests.corpus.suites.qemuxml2argv import formatted

from pyvirt_conf.nodedev import NodeDevice, parse_node_device
from pyvirt_driver_nodedev.mdev import command
from pyvirt_driver_nodedev.mdev.identity import mdev_of, parent_address, place_below_parent
from pyvirt_driver_nodedev.mdev.listing import parse_listing

PARENTS = """
<devices>
  <device><name>computer</name><capability type='system'>
    <hardware><uuid>00010203-0405-4607-8809-0a0b0c0d0e0f</uuid></hardware></capability></device>
  <device><name>pci_0000_00_02_0</name><parent>computer</parent><capability type='pci'>
    <domain>0</domain><bus>0</bus><slot>2</slot><function>0</function>
    <product id='0x1'/><vendor id='0x1'/></capability></device>
  <device><name>ap_matrix</name><parent>computer</parent><capability type='ap_matrix'/></device>
  <device><name>css_0_0_0052</name><parent>computer</parent><capability type='css'>
    <cssid>0x0</cssid><ssid>0x0</ssid><devno>0x0052</devno></capability></device>
</devices>
"""


def parents() -> dict[str, NodeDevice]:
    """The devices the suite's settings tell of, by name."""
    from lxml import etree

    found = [parse_node_device(etree.tostring(device)) for device in etree.fromstring(PARENTS)]
    return {device.name: device for device in found if device.name is not None}


def text_of(*commands: command.Command) -> str:
    return "".join(formatted({}, list(found.argv)) + "\n" for found in commands)


def commands(case: Case) -> list[command.Command]:
    """What a case would run."""
    kind = case.data["kind"]
    if kind.startswith("list"):
        return [command.list_defined() if kind == "list-defined" else command.list_active()]
    new = kind in ("create", "define")
    device = parse_node_device(case.bytes(), new=new)
    if new:
        place_below_parent(device, parents().get)
        return [command.create(device) if kind == "create" else command.define(device)]
    uuid = mdev_of(device).uuid
    assert uuid is not None
    if kind == "autostart":
        return [command.set_autostart(uuid, True), command.set_autostart(uuid, False)]
    verbs = {"start": command.start, "stop": command.stop, "undefine": command.undefine}
    return [verbs[kind](uuid)]


def run(case: Case) -> str | None:
    if case.data["kind"] == "parse":
        names = {parent_address(device): device.name for device in parents().values()}
        found = parse_listing(case.text("input"), names.get)
        return same_text(case.text(), "".join(item.device.format() for item in found))
    ran = commands(case)
    wrong = same_text(case.path("expected").read_text(), text_of(*ran))
    if wrong is None and case.data.get("expected_json"):
        wrong = same_text(case.text("expected_json"), "".join(item.input or "" for item in ran))
    return wrong
