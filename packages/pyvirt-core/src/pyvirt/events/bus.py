"""The bus between processes: events of one driver instance reach every process that listens.

There is no daemon to ask. Every subscriber has a datagram socket below one folder; whoever changes a guest sends the
event to each of them, without waiting. A socket whose owner was killed is removed by the next sender. Guests also
change by themselves; one of the subscribers, chosen by a lock in the same folder, watches them and tells the others.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from pyvirt.events.dispatcher import Dispatcher
from pyvirt.events.kinds import DomainEvent, from_dict
from pyvirt_util.errors import InvalidArgError, SystemCallError, VirtError
from pyvirt_util.locks import FileLock
from pyvirt_util.sockets import bind_datagram, send_datagram
from pyvirt_util.statedirs import ensure_directory

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("pyvirt.events")

_SUFFIX = ".sock"
_DATAGRAM_MAX = 65536
# How long a subscriber that does not watch waits before it asks again whether it should; seconds.
_TAKE_OVER_PAUSE = 0.5


class EventBus:
    """Events of the guests below one folder, from and to all processes.

    :param folder: the instance's folder for events, made when missing.
    :param watch: called on a thread of the process that is to watch guests; returns when its argument is set.
    """

    def __init__(self, folder: str, *, watch: Callable[[threading.Event], None] | None = None) -> None:
        self._folder = folder
        self._watch = watch
        self._socket: socket.socket | None = None
        self._path: str | None = None
        self._stop = threading.Event()
        self._serial = 0
        self.dispatcher = Dispatcher(on_first=self._subscribe, on_last=self._unsubscribe)

    def publish(self, event: DomainEvent) -> None:
        """Send an event to every subscriber, this process included; never waits and never fails."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return  # no folder: nobody ever subscribed
        data: bytes | None = None
        for name in names:
            if not name.endswith(_SUFFIX):
                continue
            if data is None:
                values = {"at": time.monotonic_ns(), **event.to_dict()}
                data = json.dumps(values, separators=(",", ":")).encode()
            path = f"{self._folder}/{name}"
            try:
                if not send_datagram(path, data):
                    self._check_subscriber(path, name)
            except SystemCallError as error:
                _log.warning("event for %s not delivered: %s", name, error)

    @staticmethod
    def _check_subscriber(path: str, name: str) -> None:
        pid = name.split("-", 1)[0]
        if pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):
            try:
                os.unlink(path)
            except OSError:
                pass  # another sender was quicker
        else:
            _log.warning("event for process %s dropped: it does not keep up", pid)

    def close(self) -> None:
        """Forget all callbacks and stop listening."""
        self.dispatcher.clear()

    def _subscribe(self) -> None:
        ensure_directory(self._folder)
        self._serial += 1
        path = f"{self._folder}/{os.getpid()}-{id(self):x}-{self._serial}{_SUFFIX}"
        receiver = bind_datagram(path)
        self._socket, self._path = receiver, path
        self._stop = threading.Event()
        threading.Thread(target=self._receive, args=(receiver,), name="pyvirt-event-bus", daemon=True).start()
        if self._watch is not None:
            threading.Thread(
                target=self._watch_guests, args=(self._stop, self._watch), name="pyvirt-guest-watch", daemon=True
            ).start()

    def _unsubscribe(self) -> None:
        self._stop.set()
        receiver, self._socket = self._socket, None
        path, self._path = self._path, None
        if path is not None:
            try:
                # An empty datagram ends the receiving thread, which then closes the socket.
                send_datagram(path, b"")
            except VirtError:
                if receiver is not None:
                    receiver.close()
            try:
                os.unlink(path)
            except OSError:
                pass  # the folder may be gone with a test's temporary root

    def _receive(self, receiver: socket.socket) -> None:
        with receiver:
            while True:
                try:
                    data = receiver.recv(_DATAGRAM_MAX)
                except OSError:
                    return
                if not data:
                    return
                try:
                    values = json.loads(data)
                    self.dispatcher.emit(from_dict(values), values.get("at"))
                except (ValueError, TypeError, InvalidArgError) as error:
                    _log.warning("unreadable event: %s", error)

    def _watch_guests(self, stop: threading.Event, watch: Callable[[threading.Event], None]) -> None:
        lock = FileLock(f"{self._folder}/watcher.lock")
        while not stop.is_set():
            try:
                if lock.try_acquire():
                    try:
                        watch(stop)
                    finally:
                        lock.release()
            except Exception:
                _log.exception("watching guests failed")
            stop.wait(_TAKE_OVER_PAUSE)
