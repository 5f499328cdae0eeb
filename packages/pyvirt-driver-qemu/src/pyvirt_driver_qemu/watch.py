"""Watching running guests: what they do by themselves becomes events, and those that end are settled.

One process of an instance watches, on a thread; see :mod:`pyvirt.events.bus`. It keeps a connection to the event
monitor of every guest and a pidfd of every process. Nothing is lost when it is killed: the next watcher compares each
guest's state with its record when it connects.
"""

from __future__ import annotations

import logging
import os
import select
from typing import TYPE_CHECKING, Any

from pyvirt.enums.domain_events import (
    DomainEventIOErrorAction,
    DomainEventPMSuspendedDetailType,
    DomainEventResumedDetailType,
    DomainEventShutdownDetailType,
    DomainEventSuspendedDetailType,
    DomainEventType,
    DomainEventWatchdogAction,
)
from pyvirt.enums.domain_state import (
    DomainCrashedReason,
    DomainPausedReason,
    DomainPMSuspendedReason,
    DomainRunningReason,
    DomainShutdownReason,
    DomainState,
)
from pyvirt.events.kinds import (
    BalloonChangeEvent,
    DeviceRemovedEvent,
    DomainEvent,
    IoErrorEvent,
    LifecycleEvent,
    RebootEvent,
    RtcChangeEvent,
    TrayChangeEvent,
    WatchdogEvent,
)
from pyvirt.types import DomainRef
from pyvirt_driver_qemu.monitor import Event, Monitor
from pyvirt_util.errors import VirtError
from pyvirt_util.process import ProcessId

if TYPE_CHECKING:
    import threading

    from pyvirt.local import GuestStatus
    from pyvirt_driver_qemu.driver import QemuDriver

_log = logging.getLogger("pyvirt.qemu")

#: Seconds between looks for guests that were started since.
_RESCAN = 0.1
_CONNECT_TIMEOUT = 2.0

_WATCHDOG_ACTIONS = {
    "none": DomainEventWatchdogAction.NONE,
    "pause": DomainEventWatchdogAction.PAUSE,
    "reset": DomainEventWatchdogAction.RESET,
    "poweroff": DomainEventWatchdogAction.POWEROFF,
    "shutdown": DomainEventWatchdogAction.SHUTDOWN,
    "debug": DomainEventWatchdogAction.DEBUG,
    "inject-nmi": DomainEventWatchdogAction.INJECTNMI,
}
_IO_ACTIONS = {
    "ignore": DomainEventIOErrorAction.NONE,
    "stop": DomainEventIOErrorAction.PAUSE,
    "report": DomainEventIOErrorAction.REPORT,
}


class _Watched:
    """One guest: its record when found, its event monitor, its pidfd."""

    def __init__(self, status: GuestStatus) -> None:
        self.name = status.name
        self.ref = DomainRef(status.name, status.uuid, status.id)
        self.pidfd = ProcessId(status.pid, status.start_time).open()
        self.monitor: Monitor | None = None
        path = status.private.get("events")
        if path is not None and self.pidfd is not None:
            try:
                self.monitor = Monitor.connect(path, timeout=_CONNECT_TIMEOUT, peer_fd=os.dup(self.pidfd))
                self.monitor.negotiate(timeout=_CONNECT_TIMEOUT)
            except VirtError as error:
                _log.info("events of domain '%s' are not read: %s", self.name, error)
                self.close_monitor()

    def close_monitor(self) -> None:
        if self.monitor is not None:
            self.monitor.close()
            self.monitor = None

    def close(self) -> None:
        self.close_monitor()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None


class GuestWatch:
    """Watches all guests of a driver until told to stop."""

    def __init__(self, driver: QemuDriver) -> None:
        self._driver = driver
        self._watched: dict[str, _Watched] = {}

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop`` is set."""
        try:
            while not stop.is_set():
                self._rescan()
                self._wait(_RESCAN)
        finally:
            for watched in self._watched.values():
                watched.close()
            self._watched.clear()

    def _rescan(self) -> None:
        names = set(self._driver.records.live.names())
        for name in [name for name in self._watched if name not in names]:
            self._watched.pop(name).close()
        for name in names:
            known = self._watched.get(name)
            try:
                status = self._driver.records.status(name)
            except VirtError as error:
                _log.error("%s", error)
                continue
            if status is None or not status.settled:
                continue
            if known is not None:
                if known.ref.id == status.id and known.ref.uuid == status.uuid:
                    continue
                self._watched.pop(name).close()
            watched = _Watched(status)
            if watched.pidfd is None:
                watched.close()
                self._settle(name)
                continue
            self._watched[name] = watched
            self._compare(watched)

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        by_fd: dict[int, tuple[_Watched, bool]] = {}
        for watched in self._watched.values():
            if watched.pidfd is not None:
                poll.register(watched.pidfd, select.POLLIN)
                by_fd[watched.pidfd] = (watched, True)
            if watched.monitor is not None:
                poll.register(watched.monitor.fileno(), select.POLLIN)
                by_fd[watched.monitor.fileno()] = (watched, False)
        ready = poll.poll(seconds * 1000)
        # Events come before the end: what a guest said last explains why it ended.
        for fd, _mask in sorted(ready, key=lambda item: by_fd[item[0]][1]):
            watched, ended = by_fd[fd]
            if ended:
                self._drain(watched)
                self._watched.pop(watched.name, None)
                watched.close()
                self._settle(watched.name)
            else:
                self._drain(watched)

    def _settle(self, name: str) -> None:
        try:
            self._driver.live_status(name)
        except VirtError as error:
            _log.error("settling domain '%s' failed: %s", name, error)

    def _drain(self, watched: _Watched) -> None:
        while watched.monitor is not None:
            try:
                event = watched.monitor.next_event(0)
            except VirtError:
                watched.close_monitor()
                return
            if event is None:
                return
            try:
                self._handle(watched, event)
            except VirtError as error:
                _log.error("event %s of domain '%s': %s", event.name, watched.name, error)

    def _compare(self, watched: _Watched) -> None:
        """What happened while nobody watched: the guest's own state against its record."""
        change = _STATES_OF_RUNSTATE.get(_runstate(watched) or "")
        if change is not None:
            self._change(watched, change)

    def _handle(self, watched: _Watched, event: Event) -> None:
        ref, data = watched.ref, event.data
        if event.name in _CHANGES:
            self._change(watched, _CHANGES[event.name])
        elif event.name == "SHUTDOWN":
            self._shutdown(watched, data)
        elif event.name == "RESET":
            # Whoever reset it holds the lock until the record says so.
            with self._driver.records.lock(ref.name):
                pass
            self._publish(RebootEvent(ref))
        else:
            made = _event_of(ref, event.name, data, self._alias)
            if made is not None:
                self._publish(made)

    @staticmethod
    def _alias(data: dict[str, Any]) -> str:
        return str(data.get("device") or data.get("id") or data.get("qom-path", "").rsplit("/", 1)[-1])

    def _publish(self, event: DomainEvent) -> None:
        self._driver.publish(event)

    def _shutdown(self, watched: _Watched, data: dict[str, Any]) -> None:
        ref, guest = watched.ref, bool(data.get("guest"))
        with self._driver.records.lock(ref.name):
            status = self._driver.records.status(ref.name)
            if status is None or status.id != ref.id or "stopping" in status.private:
                return
            if _runstate(watched) in (None, "shutdown"):
                self._driver.set_state(status, DomainState.SHUTDOWN, DomainShutdownReason.USER)
            detail = DomainEventShutdownDetailType.GUEST if guest else DomainEventShutdownDetailType.HOST
            # Told before the lock is let go: whoever settles the guest next tells that it stopped.
            self._publish(LifecycleEvent(ref, DomainEventType.SHUTDOWN, int(detail)))

    def _change(self, watched: _Watched, change: tuple[DomainState, int, DomainEventType, int]) -> None:
        """Record a state the guest went into by itself; a state that is recorded already was somebody's command.

        The event may be old when the domain's lock is ours at last, so QEMU is asked whether it is still so.
        """
        ref = watched.ref
        state, reason, event, detail = change
        with self._driver.records.lock(ref.name):
            status = self._driver.records.status(ref.name)
            if status is None or status.id != ref.id or not status.settled or status.state == state:
                return
            now = _STATES_OF_RUNSTATE.get(_runstate(watched) or "")
            if now is None or now[0] != state:
                return
            self._driver.set_state(status, state, reason)
        self._publish(LifecycleEvent(ref, event, int(detail)))


_RESUMED = (
    DomainState.RUNNING,
    int(DomainRunningReason.UNPAUSED),
    DomainEventType.RESUMED,
    int(DomainEventResumedDetailType.UNPAUSED),
)
_PAUSED = (
    DomainState.PAUSED,
    int(DomainPausedReason.UNKNOWN),
    DomainEventType.SUSPENDED,
    int(DomainEventSuspendedDetailType.PAUSED),
)
_IO_ERROR = (
    DomainState.PAUSED,
    int(DomainPausedReason.IOERROR),
    DomainEventType.SUSPENDED,
    int(DomainEventSuspendedDetailType.IOERROR),
)
_PANICKED = (DomainState.CRASHED, int(DomainCrashedReason.PANICKED), DomainEventType.CRASHED, 0)
_SUSPENDED = (
    DomainState.PMSUSPENDED,
    int(DomainPMSuspendedReason.PMSUSPENDED_UNKNOWN),
    DomainEventType.PMSUSPENDED,
    int(DomainEventPMSuspendedDetailType.MEMORY),
)
_WOKEN = (
    DomainState.RUNNING,
    int(DomainRunningReason.WAKEUP),
    DomainEventType.STARTED,
    4,  # DomainEventStartedDetailType.WAKEUP
)
_CHANGES = {
    "STOP": _PAUSED,
    "RESUME": _RESUMED,
    "GUEST_PANICKED": _PANICKED,
    "SUSPEND": _SUSPENDED,
    "WAKEUP": _WOKEN,
}
_STATES_OF_RUNSTATE = {
    "running": _RESUMED,
    "paused": _PAUSED,
    "io-error": _IO_ERROR,
    "guest-panicked": _PANICKED,
    "suspended": _SUSPENDED,
}


def _runstate(watched: _Watched) -> str | None:
    """QEMU's word for what the guest does now; ``None`` when it does not answer any more."""
    if watched.monitor is None:
        return None
    try:
        return str(watched.monitor.execute("query-status", timeout=_CONNECT_TIMEOUT).get("status"))
    except VirtError:
        return None


def _event_of(ref: DomainRef, name: str, data: dict[str, Any], alias: Any) -> DomainEvent | None:
    if name == "RTC_CHANGE":
        return RtcChangeEvent(ref, int(data.get("offset", 0)))
    if name == "WATCHDOG":
        return WatchdogEvent(ref, int(_WATCHDOG_ACTIONS.get(str(data.get("action")), DomainEventWatchdogAction.NONE)))
    if name == "BLOCK_IO_ERROR":
        action = _IO_ACTIONS.get(str(data.get("action")), DomainEventIOErrorAction.NONE)
        reason = "enospc" if data.get("nospace") else str(data.get("reason", ""))
        return IoErrorEvent(ref, str(data.get("node-name", "")), alias(data), int(action), reason)
    if name == "BALLOON_CHANGE":
        return BalloonChangeEvent(ref, int(data.get("actual", 0)) // 1024)
    if name == "DEVICE_DELETED" and data.get("device"):
        return DeviceRemovedEvent(ref, str(data["device"]))
    if name == "DEVICE_TRAY_MOVED":
        return TrayChangeEvent(ref, alias(data), 0 if data.get("tray-open") else 1)
    return None
