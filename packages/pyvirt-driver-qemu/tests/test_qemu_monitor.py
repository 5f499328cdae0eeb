"""The QMP client against a scripted peer on a real socket. What a real QEMU does is in test_qemu_launch.py."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyvirt_driver_qemu.monitor import (
    Command,
    CommandDeviceError,
    CommandFailedError,
    CommandUnknownError,
    Event,
    Monitor,
    MonitorClosedError,
    MonitorProtocolError,
    MonitorTimeoutError,
)
from pyvirt_util.error_codes import ErrorCode
from pyvirt_util.errors import InternalError, InvalidArgError, OperationTimeoutError, OperationUnsupportedError

GREETING = (
    b'{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "x"}, "capabilities": []}}\r\n'
)


class Peer:
    """Plays QEMU on one end of a socket pair: reads commands one by one and does as it is told."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.commands: list[dict[str, Any]] = []
        self.fds: list[int] = []
        self._buffer = ""
        self._threads: list[threading.Thread] = []

    def say(self, *messages: object) -> None:
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\r\n"
            self.theirs.sendall(raw)

    def read(self) -> dict[str, Any]:
        while True:
            text = self._buffer.lstrip()
            try:
                command, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                data, fds, _flags, _address = socket.recv_fds(self.theirs, 65536, 4)
                self.fds += fds
                if not data:
                    raise EOFError from None
                self._buffer += data.decode()
                continue
            self._buffer = text[end:]
            self.commands.append(command)
            return dict(command)

    def serve(self, answer: Callable[[dict[str, Any]], object] | None = None, *, negotiate: bool = True) -> None:
        """Answer in a thread; ``answer`` gives a reply (``id`` is added), a list of messages, or raw bytes."""

        def work() -> None:
            try:
                while True:
                    command = self.read()
                    if negotiate and command["execute"] == "qmp_capabilities":
                        self.say({"return": {}, "id": command["id"]})
                        continue
                    reply = answer(command) if answer is not None else {"return": {}}
                    for message in reply if isinstance(reply, list) else [reply]:
                        if isinstance(message, dict) and "event" not in message:
                            message = {**message, "id": message.get("id", command["id"])}
                        if message is not None:
                            self.say(message)
            except (EOFError, OSError):
                return

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)

    def monitor(self, **options: Any) -> Monitor:
        self.say(GREETING)
        return Monitor(self.ours, "/run/guest/monitor.sock", timeout=5, **options)

    def close(self) -> None:
        try:
            self.theirs.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        for thread in self._threads:
            thread.join(5)
        self.theirs.close()
        self.ours.close()
        for fd in self.fds:
            os.close(fd)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_greeting_gives_version(peer: Peer) -> None:
    monitor = peer.monitor()
    assert monitor.version == (7, 2, 22)
    assert monitor.package == "x"
    monitor.close()


def test_negotiation_goes_with_the_first_command(peer: Peer) -> None:
    peer.serve(lambda command: {"return": {"status": "running"}})
    with peer.monitor() as monitor:
        assert monitor.execute("query-status") == {"status": "running"}
        monitor.execute("query-status")
    assert [c["execute"] for c in peer.commands] == ["qmp_capabilities", "query-status", "query-status"]


def test_commands_are_compact(peer: Peer) -> None:
    peer.say(GREETING)
    with Monitor(peer.ours, "m", timeout=5) as monitor:
        with pytest.raises(MonitorTimeoutError):
            monitor.execute("device_add", {"driver": "é", "port": 1}, timeout=0.05)
        sent = peer.theirs.recv(4096).decode()
    assert sent == (
        '{"execute":"qmp_capabilities","id":1}{"execute":"device_add","arguments":{"driver":"é","port":1},"id":2}\n'
    )


def test_pipeline_keeps_order_and_collects_errors(peer: Peer) -> None:
    def answer(command: dict[str, Any]) -> object:
        if command["execute"] == "bad":
            return {"error": {"class": "GenericError", "desc": "no good"}}
        return {"return": command["execute"]}

    peer.serve(answer)
    with peer.monitor() as monitor:
        commands = [Command("one"), Command("bad"), Command("three")]
        results = monitor.execute_many(commands, return_errors=True)
        assert results[0] == "one"
        assert isinstance(results[1], CommandFailedError)
        assert results[2] == "three"
        with pytest.raises(CommandFailedError, match="unable to execute QEMU command 'bad': no good"):
            monitor.execute_many(commands)
        assert monitor.execute_many([]) == []


@pytest.mark.parametrize(
    ("qmp_class", "expected", "code"),
    [
        ("GenericError", CommandFailedError, ErrorCode.INTERNAL_ERROR),
        ("SomethingNew", CommandFailedError, ErrorCode.INTERNAL_ERROR),
        ("DeviceNotFound", CommandDeviceError, ErrorCode.INTERNAL_ERROR),
        ("CommandNotFound", CommandUnknownError, ErrorCode.OPERATION_UNSUPPORTED),
    ],
)
def test_error_classes(peer: Peer, qmp_class: str, expected: type[Exception], code: ErrorCode) -> None:
    peer.serve(lambda command: {"error": {"class": qmp_class, "desc": "why"}})
    with peer.monitor() as monitor, pytest.raises(expected) as caught:
        monitor.execute("work")
    error = caught.value
    assert isinstance(error, CommandFailedError | CommandDeviceError | CommandUnknownError)
    assert (error.code, error.command, error.qmp_class, error.description) == (code, "work", qmp_class, "why")
    assert isinstance(error, OperationUnsupportedError if code is ErrorCode.OPERATION_UNSUPPORTED else InternalError)


def test_arguments_without_json_form(peer: Peer) -> None:
    peer.serve()
    with peer.monitor() as monitor:
        for bad in ({"a": object()}, {"a": "\ud800"}):
            with pytest.raises(InvalidArgError, match="'work'"):
                monitor.execute("work", bad)
        assert monitor.execute("work") == {}


def event(name: str, **data: object) -> dict[str, object]:
    return {"event": name, "data": data, "timestamp": {"seconds": 5, "microseconds": 7}}


def test_events_are_queued_in_order(peer: Peer) -> None:
    peer.serve(lambda command: [event("A", x=1), {"return": {}}, event("B")])
    with peer.monitor() as monitor:
        monitor.execute("work")
        assert monitor.next_event(5) == Event("A", {"x": 1}, 5, 7)
        assert monitor.next_event(5) == Event("B", {}, 5, 7)
        assert monitor.next_event(0) is None


def test_event_callback_may_run_commands(peer: Peer) -> None:
    seen: list[str] = []

    def answer(command: dict[str, Any]) -> object:
        return [event("A"), {"return": {}}] if command["execute"] == "work" else {"return": "inner"}

    def on_event(found: Event) -> None:
        seen.append(found.name)
        seen.append(monitor.execute("inner"))

    peer.serve(answer)
    with peer.monitor(on_event=on_event) as monitor:
        monitor.execute("work")
    assert seen == ["A", "inner"]


def test_iterator_ends_with_the_connection(peer: Peer) -> None:
    peer.serve()
    with peer.monitor() as monitor:
        monitor.negotiate()
        assert [command["execute"] for command in peer.commands] == ["qmp_capabilities"]
        peer.say(event("A"), event("B"))
        peer.theirs.shutdown(socket.SHUT_RDWR)
        assert [found.name for found in monitor.events()] == ["A", "B"]


def test_event_waiter_beside_commands(peer: Peer) -> None:
    """A thread waits for events while others run commands that carry them in."""
    peer.serve(lambda command: [event("E", n=command["id"]), {"return": command["id"]}])
    with peer.monitor() as monitor:
        names: list[Event | None] = []
        waiter = threading.Thread(target=lambda: names.extend(monitor.next_event(10) for _ in range(60)))
        waiter.start()
        workers = [threading.Thread(target=lambda: [monitor.execute("w") for _ in range(20)]) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in [*workers, waiter]:
            worker.join(20)
            assert not worker.is_alive()
    numbers = [found.data["n"] for found in names if found is not None]
    assert len(numbers) == 60
    assert numbers == sorted(numbers)


def test_closing_wakes_the_event_waiter(peer: Peer) -> None:
    peer.serve()
    monitor = peer.monitor()
    monitor.negotiate()
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            monitor.next_event()
        except MonitorClosedError as error:
            failures.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.05)
    monitor.close()
    waiter.join(10)
    assert not waiter.is_alive()
    assert len(failures) == 1


def test_silent_monitor_times_out(peer: Peer) -> None:
    with pytest.raises(MonitorTimeoutError, match=r"'/x'.*greeting.*another client") as caught:
        Monitor(peer.ours, "/x", timeout=0.05)
    assert isinstance(caught.value, OperationTimeoutError)


def test_half_a_line_times_out_and_says_so(peer: Peer) -> None:
    peer.say(GREETING[:20])
    with pytest.raises(MonitorTimeoutError, match="20 bytes of an unfinished message"):
        Monitor(peer.ours, "/x", timeout=0.05)


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n",
        b"\xff\xfe\r\n",
        b"[1]\r\n",
        b'"QMP"\r\n',
        b'{"QMP": 1}\r\n',
        b'{"return": {}}\r\n',
        b"[" * 9000 + b"\n",
    ],
)
def test_garbage_instead_of_greeting(peer: Peer, raw: bytes) -> None:
    peer.say(raw)
    with pytest.raises(MonitorProtocolError, match="'/x'") as caught:
        Monitor(peer.ours, "/x", timeout=5)
    assert caught.value.code is ErrorCode.INTERNAL_ERROR
    assert str(caught.value).isprintable()
    assert peer.ours.fileno() < 0


def test_endless_line_is_given_up(peer: Peer) -> None:
    def flood() -> None:
        try:
            while True:
                peer.theirs.sendall(b"x" * 65536)
        except OSError:
            return

    thread = threading.Thread(target=flood)
    thread.start()
    with pytest.raises(MonitorProtocolError, match="no end of a message"):
        Monitor(peer.ours, "/x", timeout=30)
    thread.join(10)
    assert not thread.is_alive()


def test_large_reply_in_pieces(peer: Peer) -> None:
    big = "z" * 3_000_000
    peer.serve(lambda command: {"return": big})
    with peer.monitor() as monitor:
        assert monitor.execute("work") == big


def test_garbage_after_greeting_breaks_the_client(peer: Peer) -> None:
    peer.serve(lambda command: b"}{\r\n")
    with peer.monitor() as monitor:
        for _ in range(2):
            with pytest.raises(MonitorProtocolError):
                monitor.execute("work")


def test_reply_to_nothing(peer: Peer) -> None:
    peer.serve(lambda command: {"return": {}, "id": 77})
    with peer.monitor() as monitor, pytest.raises(MonitorProtocolError, match="unexpected"):
        monitor.execute("work")


def test_late_reply_is_dropped(peer: Peer) -> None:
    release = threading.Event()

    def answer(command: dict[str, Any]) -> object:
        if command["execute"] == "slow":
            release.wait(10)
            return {"return": "slow"}
        return {"return": "fast"}

    peer.serve(answer)
    with peer.monitor() as monitor:
        monitor.negotiate()
        with pytest.raises(MonitorTimeoutError, match="'slow'"):
            monitor.execute("slow", timeout=0.05)
        release.set()
        assert monitor.execute("fast", timeout=10) == "fast"


def test_end_of_file_carries_the_log(peer: Peer) -> None:
    with peer.monitor(log_tail=lambda: "could not open disk\n") as monitor:
        peer.theirs.shutdown(socket.SHUT_RDWR)
        with pytest.raises(MonitorClosedError, match="could not open disk") as caught:
            monitor.execute("work")
        assert caught.value.log == "could not open disk"
        with pytest.raises(MonitorClosedError, match="could not open disk"):
            monitor.execute("work")


def test_descriptors_travel_with_their_own_command(peer: Peer, tmp_path: Path) -> None:
    peer.serve()
    files = [os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("a", "b")]
    try:
        with peer.monitor() as monitor:
            monitor.execute_many(
                [
                    Command("getfd", {"fdname": "a"}, (files[0],)),
                    Command("one"),
                    Command("getfd", {"fdname": "b"}, (files[1],)),
                ]
            )
        assert [c["execute"] for c in peer.commands] == ["qmp_capabilities", "getfd", "one", "getfd"]
        assert [os.fstat(fd).st_ino for fd in peer.fds] == [os.fstat(fd).st_ino for fd in files]
    finally:
        for fd in files:
            os.close(fd)


def test_peer_process_death_ends_the_wait(peer: Peer) -> None:
    """The socket may be held open by another process; the death of QEMU itself counts."""
    reading, writing = os.pipe()
    with peer.monitor(peer_fd=reading) as monitor:
        os.close(writing)
        with pytest.raises(MonitorClosedError):
            monitor.execute("work", timeout=30)


def test_sending_more_than_the_socket_takes(peer: Peer) -> None:
    peer.serve(lambda command: {"return": len(command["arguments"]["data"])})
    with peer.monitor() as monitor:
        assert monitor.execute("work", {"data": "q" * 4_000_000}) == 4_000_000
