"""Locks between threads and processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyvirt_util.errors import OperationTimeoutError, SystemCallError
from pyvirt_util.locks import FileLock, holder_pids

HOLD = """
import sys
from pyvirt_util.locks import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(path: Path, program: str = HOLD) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its input ends."""
    argv = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_two_locks_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    one, two = FileLock(tmp_path / "l"), FileLock(tmp_path / "l")
    with one:
        assert one.held
        assert not two.try_acquire()
        assert not two.held
    assert not one.held
    assert two.try_acquire()
    two.release()


def test_the_timeout_names_the_holder(tmp_path: Path) -> None:
    with other_process(tmp_path / "l") as process:
        lock = FileLock(tmp_path / "l", timeout=0.05, what="domain 'web'")
        with pytest.raises(OperationTimeoutError) as caught:
            lock.acquire()
        message = caught.value.message
        assert message.startswith(f"domain 'web' is still held by process {process.pid} (python")
        assert message.endswith(" after 0.05 s")
        with pytest.raises(OperationTimeoutError, match="lock '"):
            FileLock(tmp_path / "l").acquire(timeout=0)
        assert holder_pids(tmp_path / "l") == [process.pid]
    assert holder_pids(tmp_path / "l") == []
    assert holder_pids(tmp_path / "missing") == []


def test_the_holder_is_named_when_it_only_inherited_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "l")
    lock.acquire()
    argv = ["/bin/sleep", "1000"]
    with subprocess.Popen(argv, pass_fds=[lock.fileno()]) as heir:
        program = "import fcntl, os, sys; fcntl.flock(int(sys.argv[1]), fcntl.LOCK_EX)"
        lock.release()
        # a process that is gone by now took the lock on the descriptor that the other one keeps
        fd = os.open(tmp_path / "l", os.O_RDWR)
        heir.kill()
    with subprocess.Popen(argv, pass_fds=[fd]) as heir:
        try:
            subprocess.run([sys.executable, "-c", program, str(fd)], pass_fds=[fd], check=True)
            os.close(fd)
            with pytest.raises(OperationTimeoutError, match=rf"process {heir.pid} \(sleep\)"):
                FileLock(tmp_path / "l").acquire(timeout=0)
        finally:
            heir.kill()


def test_a_killed_holder_gives_the_lock_back(tmp_path: Path) -> None:
    with other_process(tmp_path / "l") as process:
        process.kill()
        with FileLock(tmp_path / "l", timeout=20):
            pass


def test_waiting_ends_with_the_release(tmp_path: Path) -> None:
    for timeout in (None, 20.0):
        with other_process(tmp_path / "l") as process:
            assert process.stdin is not None
            lock = FileLock(tmp_path / "l", timeout=timeout)
            waiter = threading.Thread(target=lock.acquire)
            waiter.start()
            process.stdin.close()
            waiter.join()
            assert lock.held
            lock.release()


def test_a_removed_file_does_not_split_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with FileLock(path):
        waiting = FileLock(path)
        waiter = threading.Thread(target=waiting.acquire)
        waiter.start()
        os.unlink(path)
        with FileLock(path):  # another file now: nothing keeps this one
            pass
    waiter.join()
    assert waiting.held
    assert os.fstat(waiting.fileno()).st_ino == os.stat(path).st_ino
    assert not FileLock(path).try_acquire()
    waiting.release()


def test_locks_that_remove_their_file_exclude_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "l"
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(200):
            with FileLock(path, remove=True):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert len(most) == 800
    assert not path.exists()


def test_removal_can_depend(tmp_path: Path) -> None:
    answers = iter([False, True])
    lock = FileLock(tmp_path / "l", remove=lambda: next(answers))
    with lock:
        pass
    assert (tmp_path / "l").exists()
    with lock:
        pass
    assert not (tmp_path / "l").exists()


def test_processes_count_together(tmp_path: Path) -> None:
    program = """
import sys
from pyvirt_util.locks import FileLock
for _ in range(100):
    with FileLock(sys.argv[1] + ".lock", remove=True):
        with open(sys.argv[1]) as stream:
            number = int(stream.read())
        with open(sys.argv[1], "w") as stream:
            stream.write(str(number + 1))
"""
    (tmp_path / "n").write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "n")]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert (tmp_path / "n").read_text() == "400"


def test_a_handed_over_lock_lives_with_the_heir(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "alive")
    lock.acquire()
    with subprocess.Popen(["/bin/sleep", "1000"], pass_fds=[lock.fileno()]) as heir:
        lock.hand_over()
        assert not lock.held
        assert not FileLock(tmp_path / "alive").try_acquire()
        heir.kill()
    with FileLock(tmp_path / "alive", timeout=20):
        pass


def test_a_release_counts_for_copies_too(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "l")
    lock.acquire()
    with subprocess.Popen(["/bin/sleep", "1000"], pass_fds=[lock.fileno()]) as heir:
        lock.release()
        assert FileLock(tmp_path / "l").try_acquire()
        heir.kill()


def test_a_forgotten_lock_is_given_back(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "l")
    lock.acquire()
    del lock
    assert FileLock(tmp_path / "l").try_acquire()


def test_misuse_is_refused(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "l")
    with pytest.raises(ValueError, match="not held"):
        lock.release()
    with lock, pytest.raises(ValueError, match="already held"):
        lock.acquire()
    with pytest.raises(SystemCallError, match="no such file"):
        FileLock(tmp_path / "missing" / "l").acquire()
    (tmp_path / "link").symlink_to(tmp_path / "l")
    with pytest.raises(SystemCallError, match="open lock"):
        FileLock(tmp_path / "link").acquire()
