"""``pyvirt nodedev-event``: which events are waited for, and how they are printed."""

from __future__ import annotations

import json

import pytest

import pyvirt
from pyvirt.driver import HypervisorDriver, NodeDeviceDriver
from pyvirt.enums.nodedev import NodeDeviceEventLifecycleType as Type
from pyvirt.events import Dispatcher, NodeDeviceLifecycleEvent, NodeDeviceUpdateEvent
from pyvirt.objects.connection import Connection
from pyvirt.refs import NodeDeviceRef
from pyvirt_cli.main import main
from pyvirt_util.errors import NoNodeDeviceError
from pyvirt_util.uris import URI

DISK, NIC = NodeDeviceRef("block_sda"), NodeDeviceRef("net_eth0")
HAPPENING = [
    NodeDeviceUpdateEvent(NIC),
    NodeDeviceLifecycleEvent(NIC, Type.CREATED),
    NodeDeviceLifecycleEvent(DISK, Type.DELETED),
]


class Devices(NodeDeviceDriver):
    """Two devices; what is ``happening`` to them happens as soon as somebody listens."""

    def __init__(self):
        self.dispatcher = Dispatcher()
        self.happening = HAPPENING

    def node_device_lookup_by_name(self, name):
        if name not in (DISK.name, NIC.name):
            raise NoNodeDeviceError(f"no node device with matching name '{name}'")
        return NodeDeviceRef(name)

    def connect_node_device_event_register_any(self, device, event_id, callback):
        number = self.dispatcher.register(device, event_id, callback)
        for event in self.happening:
            if event.event_id == event_id:
                self.dispatcher.emit(event)
        return number

    def connect_node_device_event_deregister_any(self, callback_id):
        self.dispatcher.deregister(callback_id)


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    driver = HypervisorDriver()
    driver.nodedev = Devices()
    monkeypatch.setattr(pyvirt, "open", lambda uri, readonly: Connection(driver, URI.parse("test:///devices")))
    return driver.nodedev


def run(capsys, *words):
    code = main(["nodedev-event", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_it_ends_with_the_first_event(capsys):
    assert run(capsys) == (0, "event 'lifecycle' for node device net_eth0: Created\n", "events received: 1\n")


def test_events_of_one_device(capsys):
    code, out, _ = run(capsys, "--device", "block_sda", "--timestamp", "-q")
    assert code == 0
    assert out.endswith(": event 'lifecycle' for node device block_sda: Deleted\n")
    assert out[:2] == "20"


def test_another_kind(capsys):
    assert run(capsys, "--event", "update", "-q")[1] == "event 'update' for node device net_eth0\n"


def test_all_kinds_until_the_time_is_up(capsys):
    code, out, err = run(capsys, "--all", "--loop", "--timeout", "1", "--json")
    assert (code, err) == (0, "event loop timed out\nevents received: 3\n")
    events = [json.loads(line) for line in out.splitlines()]
    assert [(event["event"], event["device"], event["type"]) for event in events] == [
        ("lifecycle", "net_eth0", "created"),
        ("lifecycle", "block_sda", "deleted"),
        ("update", "net_eth0", None),
    ]
    assert all(event["time"] > 1_600_000_000 for event in events)


def test_nothing_happens(capsys, devices):
    devices.happening = []
    assert run(capsys, "--timeout", "1") == (1, "", "event loop timed out\nevents received: 0\n")


def test_the_kinds_there_are(capsys):
    assert run(capsys, "--list")[1] == "lifecycle\nupdate\n"
    code, _, err = run(capsys, "--event", "lifecicle")
    assert code == 2
    assert "did you mean 'lifecycle'?" in err


def test_a_device_that_is_not_there(capsys):
    code, _, err = run(capsys, "--device", "block_sdb")
    assert code == 1
    assert "no node device with matching name 'block_sdb'" in err
