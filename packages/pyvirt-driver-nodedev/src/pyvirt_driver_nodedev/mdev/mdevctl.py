"""Running mdevctl, which keeps the definitions of mediated devices below ``/etc/mdevctl.d``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt_driver_nodedev.mdev import CONFIG, command
from pyvirt_driver_nodedev.mdev.identity import mdev_of
from pyvirt_driver_nodedev.mdev.listing import parse_listing
from pyvirt_util import process, uuids
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf.nodedev import NodeDevice
    from pyvirt_driver_nodedev.mdev.command import Command
    from pyvirt_driver_nodedev.mdev.listing import MdevDefinition

_SCRIPTS = "scripts.d"


class Mdevctl:
    """The program, and what it knows. Every failure is an InternalError with the program's own words."""

    def __init__(self, program: str, *, config: str = CONFIG) -> None:
        """:param program: its path."""
        self._program = program
        self._config = config
        self._known: tuple[object, list[MdevDefinition]] | None = None

    def create(self, device: NodeDevice) -> str:
        """Start a transient device; its UUID."""
        return self._configured("start a mediated device", command.create(device), device)

    def define(self, device: NodeDevice) -> str:
        """Store a device's configuration; its UUID. One that is defined already is refused."""
        return self._configured("define a mediated device", command.define(device), device)

    def start(self, uuid: str, parent: str) -> None:
        """Start a defined device."""
        self._run(f"start mediated device '{uuid}'", command.start(uuid, self._unless_alone(uuid, parent)))

    def stop(self, uuid: str) -> None:
        """Stop a running device."""
        self._run(f"stop mediated device '{uuid}'", command.stop(uuid))

    def undefine(self, uuid: str, parent: str) -> None:
        """Forget a device's configuration."""
        self._run(f"undefine mediated device '{uuid}'", command.undefine(uuid, self._unless_alone(uuid, parent)))

    def set_autostart(self, uuid: str, autostart: bool, parent: str) -> None:
        """Choose whether a defined device starts as soon as its parent is there."""
        call = command.set_autostart(uuid, autostart, self._unless_alone(uuid, parent))
        self._run(f"set autostart of mediated device '{uuid}'", call)

    def defined(self, parent_name: Callable[[str], str | None]) -> list[MdevDefinition]:
        """All definitions. The program runs only when one of its files has changed since the last time.

        :param parent_name: the node device that has an address; ``None`` when this host has none such.
        """
        stamp = self._stamp()
        if self._known is None or self._known[0] != stamp:
            text = self._run("list mediated devices", command.list_defined()) if stamp else ""
            self._known = (stamp, parse_listing(text, lambda address: None))
        found = [item._replace(device=item.device.copy()) for item in self._known[1]]
        for item in found:
            # Parents come and go without any change of the definitions.
            item.device.parent = parent_name(item.mdev.parent_addr or "") or item.device.parent
        return found

    def active(self, parent_name: Callable[[str], str | None]) -> list[MdevDefinition]:
        """All devices that run, with the attributes that their type's callout script reads, where it has one."""
        return parse_listing(self._run("list mediated devices", command.list_active()), parent_name)

    def _unless_alone(self, uuid: str, parent: str) -> str | None:
        """The parent, when devices of this UUID are defined below others too."""
        try:
            others = [folder for folder in os.listdir(self._config) if folder not in (parent, _SCRIPTS)]
        except OSError:
            return None
        return parent if any(os.path.exists(f"{self._config}/{folder}/{uuid}") for folder in others) else None

    def _stamp(self) -> tuple[tuple[str, int, int, int], ...]:
        """What changes with every change of a definition; empty when there are none."""
        found = []
        for parent in _scan(self._config):
            if parent.name != _SCRIPTS and parent.is_dir():
                for entry in _scan(parent.path):
                    try:
                        status = entry.stat()
                    except OSError:
                        continue
                    found.append((entry.path, status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _configured(self, what: str, call: Command, device: NodeDevice) -> str:
        printed = self._run(what, call).strip()
        uuid = uuids.try_parse(printed) if printed else mdev_of(device).uuid
        if uuid is None:
            raise InternalError(f"mdevctl printed '{printed}' instead of the uuid of the new device")
        return uuid

    def _run(self, what: str, call: Command) -> str:
        done = process.run((self._program, *call.argv[1:]), input=call.input, check=False)
        if done.returncode != 0:
            said = " ".join(done.stderr.split()).removeprefix("Error: ") or f"exit status {done.returncode}"
            raise InternalError(f"cannot {what}: {said}")
        return done.stdout


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
