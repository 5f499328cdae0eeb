"""A third-party driver, in one file, whose guests have a console that can be typed at.

The in-memory driver's guests have none, and QEMU is not there everywhere. A guest here is a thread on one end of a
socket pair: it greets, echoes lines, and ``poweroff``, ``crash`` and ``hang-up`` do what they say. Installed into a
folder by ``install`` with metadata as any distribution has, it is found the way real drivers are.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyvirt.driver.hypervisor import HypervisorDriver
from pyvirt.enums.domain_events import (
    DomainEventCrashedDetailType,
    DomainEventStoppedDetailType,
    DomainEventType,
)
from pyvirt.enums.domain_state import DomainPausedReason, DomainRunningReason, DomainState
from pyvirt.events import Dispatcher
from pyvirt.events.kinds import LifecycleEvent
from pyvirt.types import DomainRef, DomainStateReason
from pyvirt_util.errors import InvalidArgError, NoDomainError, OperationTimeoutError

if TYPE_CHECKING:
    from typing import Self

_UUID = "11111111-2222-3333-4444-555555555555"


class SocketStream:
    """A stream over a connected socket."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def read(self, size: int, timeout: float | None = None) -> bytes:
        self._end.settimeout(max(timeout, 0.001) if timeout is not None else None)
        try:
            return self._end.recv(size)
        except TimeoutError:
            raise OperationTimeoutError("nothing to read") from None

    def write(self, data: bytes) -> int:
        self._end.settimeout(None)
        self._end.sendall(data)
        return len(data)

    def fileno(self) -> int:
        return self._end.fileno()

    def close(self) -> None:
        self._end.close()

    abort = close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class ConsoleDriver(HypervisorDriver):
    """One guest at a time, called by its document; what happens to it is written to the file the URI's path names."""

    driver_name = "console"
    log: Path
    pausing: bool
    guest: DomainRef | None
    dispatcher: Dispatcher

    @classmethod
    def open(cls, uri: Any, *, readonly: bool = False, auth: Any = None) -> Self:
        if not uri.path:
            raise InvalidArgError(f"'{uri}' has no path")
        driver = cls()
        driver.log = Path(uri.path)
        driver.pausing = uri.param("pausing") != "no"
        driver.guest = None
        driver.dispatcher = Dispatcher()
        return driver

    def close(self) -> None:
        self.dispatcher.clear()
        if self.guest is not None:
            self._end.close()

    def _note(self, what: str) -> None:
        with self.log.open("a") as file:
            file.write(f"{what}\n")

    def connect_domain_event_register_any(self, domain: Any, event_id: Any, callback: Any) -> int:
        return self.dispatcher.register(domain, event_id, callback)

    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        self.dispatcher.deregister(callback_id)

    def domain_create_xml(self, xml: str, flags: Any) -> DomainRef:
        if int(flags) & 1 and not self.pausing:
            raise InvalidArgError("unsupported flags (0x1)")
        if "broken" in xml:
            raise InvalidArgError("this one cannot start")
        self.guest = DomainRef(xml.partition("<name>")[2].partition("</name>")[0], _UUID, 7)
        self.paused = bool(int(flags) & 1)
        self._end, self._inside = socket.socketpair()
        self._note("created")
        if not self.paused:
            self._boot()
        return self.guest

    def _boot(self) -> None:
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        try:
            self._talk()
        except OSError:
            return  # the connection was closed, or the guest destroyed

    def _talk(self) -> None:
        self._inside.sendall(b"hello from the guest\r\n")
        typed = b""
        while data := self._inside.recv(4096):
            typed += data
            while b"\n" in typed:
                line, _, typed = typed.partition(b"\n")
                if line == b"hang-up":
                    self._inside.shutdown(socket.SHUT_RDWR)
                    return
                if line in (b"poweroff", b"crash"):
                    self._inside.sendall(b"last words\r\n")
                    self._stop("shutdown" if line == b"poweroff" else "crashed")
                    return
                self._inside.sendall(b"you said " + line + b"\r\n")

    def _stop(self, how: str) -> None:
        guest, self.guest = self.guest, None
        if guest is None:
            return
        self._note(how)
        if how == "crashed":
            event = LifecycleEvent(guest, DomainEventType.CRASHED, DomainEventCrashedDetailType.PANICKED)
        else:
            detail = DomainEventStoppedDetailType[how.upper()]
            event = LifecycleEvent(guest, DomainEventType.STOPPED, detail)
        self.dispatcher.emit(event)
        self._inside.close()

    def _check(self) -> None:
        if self.guest is None:
            raise NoDomainError(f"no domain with matching uuid '{_UUID}'")

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        if name == "vm":  # for `console`, which finds its guest running
            return self.domain_create_xml("<name>vm</name>", 0)
        raise NoDomainError(f"no domain with matching name '{name}'")

    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        self._check()
        assert self.guest is not None
        return self.guest

    def connect_list_all_domains(self, flags: Any) -> list[DomainRef]:
        return []

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        self._check()
        if self.paused:
            return DomainStateReason(DomainState.PAUSED, DomainPausedReason.USER)
        return DomainStateReason(DomainState.RUNNING, DomainRunningReason.BOOTED)

    def domain_resume(self, domain: DomainRef) -> None:
        self._check()
        self.paused = False
        self._note("resumed")
        self._boot()

    def domain_destroy_flags(self, domain: DomainRef, flags: Any) -> None:
        self._check()
        self._stop("destroyed")

    def domain_open_console(self, domain: DomainRef, device: str | None, flags: Any) -> SocketStream:
        self._check()
        self._note(f"console {device} {int(flags)}")
        return SocketStream(self._end)


def install(folder: Path) -> None:
    """Make ``folder`` one that, on PYTHONPATH, has this driver installed, and one more that cannot be loaded."""
    folder.mkdir()
    (folder / "console_driver.py").write_text(Path(__file__).read_text())
    for name, entry in (("console", "console_driver:ConsoleDriver"), ("unloadable", "no_such_module:Driver")):
        info = folder / f"pyvirt_{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pyvirt-{name}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[pyvirt.drivers]\n{name} = {entry}\n")
