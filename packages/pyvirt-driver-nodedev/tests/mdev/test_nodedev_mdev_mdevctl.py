"""The real mdevctl, in a mount namespace where a described host is /sys and its folder of definitions is empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyvirt_driver_nodedev.mdev.devices import MediatedDevices
from pyvirt_driver_nodedev.mdev.listing import parse_listing
from pyvirt_driver_nodedev.mdev.mdevctl import Mdevctl
from pyvirt_util import process
from pyvirt_util.errors import InternalError, OperationInvalidError

pytestmark = pytest.mark.root
UUID = "d069d019-36ea-4111-8f0a-8c9a70e21366"
NAME = "mdev_d069d019_36ea_4111_8f0a_8c9a70e21366_0000_00_02_0"
FILE = Path("/etc/mdevctl.d/0000:00:02.0") / UUID


@pytest.fixture
def devices(mdev_namespace) -> MediatedDevices:
    return MediatedDevices(patience=10)


def test_a_defined_device(devices, mdev_namespace, new_device) -> None:
    host = mdev_namespace
    device = new_device(uuid=UUID, attributes=[("vgpu/weight", "4"), ("label", "x")])
    assert devices.define(device, host.find) == NAME
    assert json.loads(FILE.read_text())["attrs"] == [{"vgpu/weight": "4"}, {"label": "x"}]
    definition = devices.definitions(host.name_of)[NAME]
    assert not definition.autostart
    assert definition.device == device
    assert host.running() == []

    devices.set_autostart(device, True)
    assert devices.definitions(host.name_of)[NAME].autostart
    devices.set_autostart(device, False)
    assert not devices.definitions(host.name_of)[NAME].autostart

    with pytest.raises(InternalError, match=f"refusing to overwrite existing config for 0000:00:02.0/{UUID}"):
        devices.define(new_device(uuid=UUID), host.find)
    devices.undefine(device)
    assert devices.definitions(host.name_of) == {}
    assert not FILE.exists()
    with pytest.raises(InternalError, match="No devices match the specified uuid"):
        devices.undefine(device)


def test_start_and_stop(devices, mdev_namespace, new_device) -> None:
    host = mdev_namespace
    device = new_device()
    name = devices.define(device, host.find)
    uuid = device.capabilities[0].uuid
    devices.start(device)
    (running,) = host.running()
    assert running.name == name == f"mdev_{uuid.replace('-', '_')}_0000_00_02_0"
    with pytest.raises(OperationInvalidError, match="is active"):
        devices.start(device)
    devices.undefine(device)
    assert devices.is_running(device)
    devices.stop(device)
    assert not devices.is_running(device)
    with pytest.raises(InternalError, match=f"cannot start mediated device '{uuid}': Device is insuff"):
        devices.start(device)


def test_a_transient_device(devices, mdev_namespace, new_device) -> None:
    host = mdev_namespace
    first = new_device()
    name = devices.create(first, host.find)
    assert [found.name for found in host.running()] == [name]
    assert devices.definitions(host.name_of) == {}
    devices.create(new_device(uuid=UUID), host.find)
    for bad, said in (
        (new_device(uuid=UUID), "already exists"),
        (new_device("nonsense"), "does not support mdev type nonsense"),
        (new_device(), "No available instances of i915-GVTg_V5_8 on 0000:00:02.0"),
    ):
        with pytest.raises(InternalError, match=f"cannot start a mediated device: .*{said}"):
            devices.create(bad, host.find)
    listed = Mdevctl("mdevctl").active(host.name_of)
    assert {item.device.name for item in listed} == {name, NAME}


def test_listing_of_both_kinds(mdev_namespace, mdevctl_program, new_device) -> None:
    host = mdev_namespace
    devices = MediatedDevices()
    defined = new_device("i915-GVTg_V5_4", attributes=[("z", "1"), ("a", "2")])
    devices.define(defined, host.find)
    orphan = {"mdev_type": "vfio_ap-passthrough", "start": "auto", "attrs": [{"assign_adapter": "5"}]}
    argv = [mdevctl_program, "define", "--parent=matrix", "--jsonfile=/dev/stdin", f"--uuid={UUID}"]
    process.run(argv, input=json.dumps(orphan))
    text = process.run([mdevctl_program, "list", "--dumpjson", "--defined"]).stdout
    found = {item.device.name: item for item in parse_listing(text, host.name_of)}
    assert found == devices.definitions(host.name_of)
    other = found["mdev_d069d019_36ea_4111_8f0a_8c9a70e21366_matrix"]
    assert (other.device.parent, other.autostart, other.mdev.type_id) == ("computer", True, "vfio_ap-passthrough")
    assert found[defined.name].device == defined


def test_one_uuid_below_two_parents(devices, mdev_namespace, mdevctl_program, new_device) -> None:
    host = mdev_namespace
    device = new_device(uuid=UUID)
    devices.define(device, host.find)
    argv = [mdevctl_program, "define", "--parent=matrix", "--jsonfile=/dev/stdin", f"--uuid={UUID}"]
    process.run(argv, input='{"mdev_type":"vfio_ap-passthrough","start":"manual"}')
    other = f"mdev_{UUID.replace('-', '_')}_matrix"
    devices.set_autostart(device, True)
    assert {name: item.autostart for name, item in devices.definitions(host.name_of).items()} == {
        NAME: True,
        other: False,
    }
    devices.start(device)
    assert devices.is_running(device)
    devices.undefine(device)
    assert list(devices.definitions(host.name_of)) == [other]


def test_definitions_are_read_again_when_they_change(mdev_namespace, mdevctl_program, new_device, monkeypatch) -> None:
    host = mdev_namespace
    devices = MediatedDevices()
    calls = []
    real = process.run

    def counted(argv, **kwargs):
        calls.append(argv[1])
        return real(argv, **kwargs)

    monkeypatch.setattr(process, "run", counted)
    assert devices.definitions(host.name_of) == {}
    assert calls == []
    devices.define(new_device(uuid=UUID), host.find)
    for _ in range(3):
        assert list(devices.definitions(host.name_of)) == [NAME]
    assert calls == ["define", "list"]
    assert devices.definitions(lambda address: None)[NAME].device.parent == "computer"
    real([mdevctl_program, "modify", f"--uuid={UUID}", "--auto"])
    assert devices.definitions(host.name_of)[NAME].autostart
    assert calls == ["define", "list", "list"]


def test_attributes_of_a_running_device(devices, mdev_namespace, new_device) -> None:
    host = mdev_namespace
    device = new_device(uuid=UUID, attributes=[("label", "x")])
    devices.define(device, host.find)
    definition = devices.definitions(host.name_of)[NAME]
    transient = new_device()
    devices.create(transient, host.find)
    (found,) = host.running()
    devices.complete(found, None, host.name_of)
    assert found.capabilities[0].attributes == []
    devices.complete(found, definition, host.name_of)
    assert [(item.name, item.value) for item in found.capabilities[0].attributes] == [("label", "x")]


def test_a_callout_tells_the_attributes_of_a_transient_device(devices, mdev_namespace, new_device) -> None:
    """mdevctl(8): a script for the type answers ``get attributes`` with what the running device has."""
    host = mdev_namespace
    script = Path("/etc/mdevctl.d/scripts.d/callouts/gvt.sh")
    script.write_text(
        '#!/bin/sh\ncase "$*" in *"-t i915-GVTg_V5_8 "*) ;; *) exit 2;; esac\n'
        'case "$*" in *"-e get -a attributes"*) echo \'[{"label": "live"}]\';; esac\n'
    )
    script.chmod(0o755)
    devices.create(new_device(uuid=UUID), host.find)
    (found,) = host.running()
    devices.complete(found, None, host.name_of)
    assert [(item.name, item.value) for item in found.capabilities[0].attributes] == [("label", "live")]
