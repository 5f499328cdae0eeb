"""Unix sockets, at short paths and at long ones."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from pyvirt_util.errors import ResourceBusyError, SystemCallError
from pyvirt_util.sockets import bind_datagram, connect_datagram, connect_unix, listen_unix, send_datagram


@pytest.fixture(params=["short", "long folder", "long name"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "short":
        return tmp_path / "s"
    if request.param == "long name":
        return tmp_path / ("n" * 200)
    folder = tmp_path / ("f" * 150) / ("g" * 150)
    folder.mkdir(parents=True)
    return folder / "s"


def test_a_stream(path: Path) -> None:
    with listen_unix(path) as server:
        assert os.listdir(path.parent) == [path.name]
        assert not os.get_inheritable(server.fileno())
        with connect_unix(path, 20) as client:
            assert client.gettimeout() == 20
            peer, _ = server.accept()
            with peer:
                client.sendall(b"hello")
                assert peer.recv(10) == b"hello"


def test_datagrams(path: Path) -> None:
    with bind_datagram(path) as receiver:
        assert send_datagram(path, b"one")
        with connect_datagram(path) as sender:
            sender.send(b"two")
        assert [receiver.recv(10), receiver.recv(10)] == [b"one", b"two"]
    assert not send_datagram(path, b"nobody there")
    os.unlink(path)
    assert not send_datagram(path, b"nothing there")


def test_a_receiver_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    with bind_datagram(tmp_path / "s"):
        sent = 0
        while send_datagram(tmp_path / "s", b"x"):
            sent += 1
        assert 0 < sent < 100_000
        with pytest.raises(SystemCallError):
            send_datagram(tmp_path / "s", b"x" * (1 << 24))


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_permissions(tmp_path: Path, mode: int, umask: int) -> None:
    old = os.umask(umask)
    try:
        with listen_unix(tmp_path / "s", mode):
            assert stat.S_IMODE(os.stat(tmp_path / "s").st_mode) == mode
    finally:
        os.umask(old)


def test_permissions_are_never_wider_than_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    chmod = os.chmod

    def look(target: str, mode: int) -> None:
        seen.append(stat.S_IMODE(os.stat(target).st_mode))
        chmod(target, mode)

    monkeypatch.setattr(os, "chmod", look)
    old = os.umask(0)
    try:
        listen_unix(tmp_path / "s", 0o640).close()
    finally:
        os.umask(old)
    assert seen == [0o640]


def test_a_socket_that_a_dead_process_left_is_replaced(path: Path) -> None:
    listen_unix(path).close()
    assert path.is_socket()
    with listen_unix(path), connect_unix(path):
        pass
    with bind_datagram(path):
        assert send_datagram(path, b"x")


def test_a_socket_in_use_is_not_taken(path: Path) -> None:
    with listen_unix(path, backlog=0) as server:
        with pytest.raises(ResourceBusyError, match="is in use"):
            listen_unix(path)
        with connect_unix(path, 20), pytest.raises(ResourceBusyError):  # its backlog is full by now
            listen_unix(path)
        assert os.listdir(path.parent) == [path.name]
        server.accept()[0].close()
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # it has heard of no attempt
            server.accept()
    with bind_datagram(path), pytest.raises(ResourceBusyError):
        bind_datagram(path)


def test_nobody_listens(path: Path) -> None:
    with pytest.raises(SystemCallError) as caught:
        connect_unix(path)
    assert caught.value.errno == errno.ENOENT
    assert f"'{path}'" in str(caught.value)
    listen_unix(path).close()
    with pytest.raises(SystemCallError) as caught:
        connect_unix(path)
    assert caught.value.errno == errno.ECONNREFUSED


def test_connecting_to_a_server_that_is_behind_ends(tmp_path: Path) -> None:
    with listen_unix(tmp_path / "s", backlog=0), connect_unix(tmp_path / "s"):
        for timeout in (0.05, 0):
            with pytest.raises(SystemCallError) as caught:
                connect_unix(tmp_path / "s", timeout)
            assert caught.value.errno == errno.ETIMEDOUT


def test_failures_leave_nothing(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(SystemCallError) as caught:
        listen_unix(tmp_path / "missing" / "s")
    assert caught.value.errno == errno.ENOENT
    (tmp_path / "folder").mkdir()
    with pytest.raises(SystemCallError):
        listen_unix(tmp_path / "folder")
    with pytest.raises(SystemCallError):
        listen_unix(tmp_path / ("n" * 300))
    assert os.listdir(tmp_path) == ["folder"]
    assert os.listdir("/proc/self/fd") == before


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with listen_unix("s"), connect_unix("s"):
        pass


def test_servers_that_start_together(tmp_path: Path) -> None:
    servers: list[socket.socket] = []

    def start(number: int) -> None:
        servers.append(listen_unix(tmp_path / str(number)))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(os.listdir(tmp_path), key=int) == [str(number) for number in range(16)]
    for number in range(16):
        connect_unix(tmp_path / str(number)).close()
    for server in servers:
        server.close()
