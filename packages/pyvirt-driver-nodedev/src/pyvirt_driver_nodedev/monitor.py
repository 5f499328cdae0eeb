"""Watching devices come, change and go, for callbacks.

Devices are those of udev's or the kernel's events, which libudev receives (pyudev); definitions of mediated devices are
mdevctl's files. Where udevd runs, its events are waited for: what it finds out about a device is there by then.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from typing import TYPE_CHECKING, Any

from pyvirt.enums.nodedev import NodeDeviceEventLifecycleType as Type
from pyvirt.events import NodeDeviceLifecycleEvent, NodeDeviceUpdateEvent
from pyvirt.refs import NodeDeviceRef
from pyvirt_driver_nodedev.folder_watch import FolderWatch
from pyvirt_util.errors import OperationUnsupportedError, VirtError
from pyvirt_util.undo import UndoStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.events import NodeDeviceEvent
    from pyvirt_driver_nodedev.inventory import Inventory
    from pyvirt_driver_nodedev.mdev.devices import MediatedDevices

_log = logging.getLogger("pyvirt.nodedev")

_UDEVD = "/run/udev/control"
"""A socket that is there while udevd runs."""

# Events come in bursts; what does not fit is lost, and costs a comparison of all devices. udevd has as much.
_BUFFER = 128 << 20
# mdevctl changes a definition in several steps; seconds.
_SETTLING = 0.1


class Monitor:
    """Turns what happens to devices into events, on a thread between :meth:`start` and :meth:`stop`.

    :param emit: called with each event, on that thread.
    :param open_source: gives the source of devices' events, as :func:`open_udev` does, the default.
    """

    def __init__(
        self,
        inventory: Inventory,
        mdevs: MediatedDevices,
        emit: Callable[[NodeDeviceEvent], None],
        *,
        open_source: Callable[[], Any] | None = None,
    ) -> None:
        self._inventory = inventory
        self._mdevs = mdevs
        self._emit = emit
        self._open_source = open_source or open_udev
        # Names by path, and documents of definitions by name, as they were last seen.
        self._devices: dict[str, str] = {}
        self._definitions: dict[str, tuple[str, bool]] = {}
        self._wake = -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; what happens from now on is not missed.

        :raises VirtError: devices can't be watched here.
        """
        with UndoStack() as undo:
            source = self._open_source()
            files = FolderWatch(self._mdevs.config)
            undo.push(files.close)
            wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            undo.push(os.close, wake)
            self._devices = self._seen_devices()
            self._definitions = self._seen_definitions()
            thread = threading.Thread(
                target=self._run, args=(source, files, wake), name="pyvirt-nodedev-events", daemon=True
            )
            thread.start()
        self._wake, self._thread = wake, thread

    def stop(self) -> None:
        """Stop watching; when this returns the thread has ended."""
        thread, self._thread = self._thread, None
        if thread is not None:
            os.eventfd_write(self._wake, 1)
            thread.join()
            os.close(self._wake)

    def _run(self, source: Any, files: FolderWatch, wake: int) -> None:
        poll = select.poll()
        for readable in (source.fileno(), files.fileno(), wake):
            poll.register(readable, select.POLLIN)
        changed = False
        try:
            while True:
                ready = {fd for fd, _ in poll.poll(_SETTLING * 1000 if changed else None)}
                if wake in ready:
                    return
                if source.fileno() in ready:
                    self._receive(source)
                if files.fileno() in ready:
                    files.clear()
                    changed = True
                elif changed:
                    changed = False
                    self._compare_definitions()
        except Exception:
            _log.exception("watching devices failed")
        finally:
            files.close()

    def _receive(self, source: Any) -> None:
        try:
            event = source.poll(timeout=0)
            while event is not None:
                self._handle(event.action, event.sys_path, event.properties.get("DEVPATH_OLD"))
                event = source.poll(timeout=0)
        except OSError as error:  # the buffer was full
            _log.warning("events of devices were lost: %s", error)
            self._compare_devices()

    def _handle(self, action: str | None, path: str, moved_from: str | None) -> None:
        """What happened to one device: the names are libudev's."""
        if action == "remove":
            self._gone(path)
        elif action in ("add", "change", "move"):
            if moved_from is not None:
                self._gone(f"/sys{moved_from}")
            found = self._inventory.at(self._inventory.host.folder(path))
            known = self._devices.get(path)
            if found is None:
                self._gone(path)
            elif found.name == known:
                self._emit(NodeDeviceUpdateEvent(NodeDeviceRef(found.name)))
            else:
                self._gone(path)
                self._devices[path] = found.name
                self._lifecycle(found.name, Type.CREATED)

    def _gone(self, path: str) -> None:
        name = self._devices.pop(path, None)
        if name is not None:
            self._lifecycle(name, Type.DELETED)

    def _compare_devices(self) -> None:
        seen = self._seen_devices()
        for path, name in list(self._devices.items()):
            if seen.get(path) != name:
                self._gone(path)
        for path, name in seen.items():
            if path not in self._devices:
                self._devices[path] = name
                self._lifecycle(name, Type.CREATED)

    def _compare_definitions(self) -> None:
        before, now = self._definitions, self._seen_definitions()
        self._definitions = now
        for name in before:
            if name not in now:
                self._lifecycle(name, Type.UNDEFINED)
        for name, definition in now.items():
            if name not in before:
                self._lifecycle(name, Type.DEFINED)
            elif definition != before[name]:
                self._emit(NodeDeviceUpdateEvent(NodeDeviceRef(name)))

    def _lifecycle(self, name: str, happened: Type) -> None:
        self._emit(NodeDeviceLifecycleEvent(NodeDeviceRef(name), happened))

    def _seen_devices(self) -> dict[str, str]:
        return {found.device.path: found.name for found in self._inventory.devices() if found.device is not None}

    def _seen_definitions(self) -> dict[str, tuple[str, bool]]:
        try:
            definitions = self._mdevs.definitions(self._inventory.name_of_address)
        except VirtError as error:
            _log.warning("definitions of mediated devices are not watched: %s", error)
            return self._definitions
        return {name: (item.device.format(), item.autostart) for name, item in definitions.items()}


def open_udev() -> Any:
    """Events of this host's devices: udevd's where it runs, else the kernel's.

    :raises OperationUnsupportedError: libudev is missing, or does not get at events here.
    """
    try:
        import pyudev  # type: ignore[import-untyped]  # late: it loads libudev

        source = pyudev.Monitor.from_netlink(pyudev.Context(), "udev" if os.path.exists(_UDEVD) else "kernel")
        if os.geteuid() == 0:
            source.set_receive_buffer_size(_BUFFER)
        source.start()
    except (ImportError, OSError) as error:
        raise OperationUnsupportedError(f"events of devices can't be received here: {error}") from error
    return source
