"""The command lines of mdevctl(8), and what it reads on its standard input.

A transient device is *started* with its whole configuration; a defined one is started by its UUID alone. The parent
goes along with a UUID only where the caller says that the UUID is not enough.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from pyvirt_driver_nodedev.mdev.identity import mdev_of
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_conf.nodedev import MdevCapability, NodeDevice

PROGRAM = "mdevctl"


class Command(NamedTuple):
    """One call: the arguments with the program's name first, and its standard input."""

    argv: tuple[str, ...]
    input: str | None = None


def create(device: NodeDevice) -> Command:
    """Start a transient device. Without a UUID of its own the command prints the one it made up."""
    return _configured("start", device)


def define(device: NodeDevice) -> Command:
    """Store a device's configuration. Without a UUID of its own the command prints the one it made up."""
    return _configured("define", device)


def start(uuid: str, parent: str | None = None) -> Command:
    """Start a defined device."""
    return _by_uuid("start", uuid, parent)


def stop(uuid: str) -> Command:
    """Stop a running device, transient or defined: of one UUID only one can run."""
    return _by_uuid("stop", uuid, None)


def undefine(uuid: str, parent: str | None = None) -> Command:
    """Forget a device's configuration; without a parent, those of this UUID below all parents."""
    return _by_uuid("undefine", uuid, parent)


def set_autostart(uuid: str, autostart: bool, parent: str | None = None) -> Command:
    """Choose whether a defined device starts as soon as its parent is there."""
    below = () if parent is None else (f"--parent={parent}",)
    return Command((PROGRAM, "modify", "--uuid", uuid, *below, "--auto" if autostart else "--manual"))


def list_defined() -> Command:
    """All configurations, as JSON."""
    return Command((*list_active().argv, "--defined"))


def list_active() -> Command:
    """All running devices, as JSON."""
    return Command((PROGRAM, "list", "--dumpjson"))


def configuration(mdev: MdevCapability) -> str:
    """A device as mdevctl stores it: type, start, attributes in the order they will be written to sysfs."""
    value: dict[str, object] = {"mdev_type": mdev.type_id, "start": "manual"}
    if mdev.attributes:
        value["attrs"] = [{attribute.name: attribute.value} for attribute in mdev.attributes]
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _configured(verb: str, device: NodeDevice) -> Command:
    mdev = mdev_of(device)
    if mdev.parent_addr is None:
        raise InternalError(f"parent '{device.parent}' of mediated device '{device.name}' has no known address")
    argv = [PROGRAM, verb, f"--parent={mdev.parent_addr}", "--jsonfile=/dev/stdin"]
    if mdev.uuid is not None:
        argv.append(f"--uuid={mdev.uuid}")
    return Command(tuple(argv), configuration(mdev))


def _by_uuid(verb: str, uuid: str, parent: str | None) -> Command:
    below = () if parent is None else (f"--parent={parent}",)
    return Command((PROGRAM, verb, *below, f"--uuid={uuid}"))
