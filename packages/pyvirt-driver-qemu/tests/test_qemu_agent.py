"""The guest agent's client, against an agent of a few lines; the real one is asked in the end-to-end tests."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyvirt_driver_qemu.agent import GuestAgent
from pyvirt_driver_qemu.raw import agent_command
from pyvirt_util.errors import AgentUnresponsiveError, InternalError, InvalidArgError

Answer = Callable[[dict[str, Any]], bytes | None]


class FakeAgent:
    """Answers each line with what ``answer`` makes of it; keeps what it was asked."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = str(path)
        self.asked: list[dict[str, Any]] = []
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    request = json.loads(line.lstrip(b"\xff"))
                    self.asked.append(request)
                    reply = self._answer(request)
                    if reply is not None:
                        connection.sendall(reply)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def obliging(request: dict[str, Any]) -> bytes | None:
    if request["execute"] == "guest-sync":
        # What an earlier client did not wait for comes first.
        return b'{"return": 1}\r\nhalf a li' + b'\n{"return": %d}\r\n' % request["arguments"]["id"]
    if request["execute"] == "guest-shutdown":
        return None
    if request["execute"] == "guest-ping":
        return b'{"return": {}}\n'
    return b'{"error": {"class": "CommandNotFound", "desc": "no such command"}}\n'


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Callable[[Answer], FakeAgent]]:
    made: list[FakeAgent] = []

    def make(answer: Answer) -> FakeAgent:
        made.append(FakeAgent(tmp_path / f"agent{len(made)}.sock", answer))
        return made[-1]

    yield make
    for agent in made:
        agent.close()


def test_conversation(agents: Callable[[Answer], FakeAgent]) -> None:
    agent = agents(obliging)
    with GuestAgent(agent.path, timeout=5) as client:
        assert client.execute("guest-ping") == {}
        with pytest.raises(InternalError, match=r"guest-nonsense.*no such command"):
            client.execute("guest-nonsense")
        client.notify("guest-shutdown", {"mode": "powerdown"})
        assert client.execute("guest-ping") == {}
    assert [request["execute"] for request in agent.asked] == [
        "guest-sync",
        "guest-ping",
        "guest-nonsense",
        "guest-shutdown",
        "guest-ping",
    ]
    assert agent.asked[3]["arguments"] == {"mode": "powerdown"}


def test_no_agent_in_the_guest(agents: Callable[[Answer], FakeAgent]) -> None:
    """QEMU accepts the connection, but nobody reads the port inside the guest."""
    with pytest.raises(AgentUnresponsiveError, match="in time"):
        GuestAgent(agents(lambda request: None).path, timeout=0.2)


def test_no_channel(tmp_path: Path) -> None:
    with pytest.raises(AgentUnresponsiveError, match=r"missing\.sock"):
        GuestAgent(str(tmp_path / "missing.sock"))


def test_raw_commands(agents: Callable[[Answer], FakeAgent]) -> None:
    agent = agents(obliging)
    assert json.loads(agent_command(agent.path, '{"execute": "guest-ping"}', -1)) == {"return": {}}
    with pytest.raises(InvalidArgError, match="no JSON"):
        agent_command(agent.path, "guest-ping", -1)
    with pytest.raises(InvalidArgError, match="no 'execute'"):
        agent_command(agent.path, "{}", -1)
