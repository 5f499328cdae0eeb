"""The step killer itself: it kills where it says, and sees the end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pyvirt_testing.killer import Step, kill_steps


def test_every_step_is_killed_once_and_in_order(tmp_path: Path) -> None:
    def operation() -> None:
        for name in "abc":
            os.mkdir(tmp_path / name)

    seen = []
    for step in kill_steps(operation):
        seen.append((step, sorted(os.listdir(tmp_path))))
        for name in os.listdir(tmp_path):
            os.rmdir(tmp_path / name)
    assert seen == [
        (Step(1, "os.mkdir"), []),
        (Step(2, "os.mkdir"), ["a"]),
        (Step(3, "os.mkdir"), ["a", "b"]),
    ]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


def test_a_program_is_killed_in_an_interpreter_of_its_own(tmp_path: Path) -> None:
    setup = f"import os; folder = {str(tmp_path)!r}"
    program = "print('not an answer')\nos.mkdir(f'{folder}/x')\nopen(f'{folder}/y', 'w').close()"
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        calls = []
        for step in kill_steps(program, setup=setup):
            calls.append(step.call)
            if os.path.isdir(tmp_path / "x"):
                os.rmdir(tmp_path / "x")
    finally:
        stop.set()
        thread.join()
    assert calls == ["os.mkdir", "open"]
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]


def test_threads_in_the_caller_are_refused(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="the-other")
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="the-other"):
            next(kill_steps(lambda: None))
    finally:
        stop.set()
        thread.join()


def test_sockets_spawning_and_extra_functions_count(tmp_path: Path) -> None:
    program = """
a, b = socket.socketpair()
a.sendall(b"x")
fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
subprocess.run(["/bin/true"])
platform.machine()
"""
    setup = f"import fcntl, os, platform, socket, subprocess; folder = {str(tmp_path)!r}"
    calls = [step.call for step in kill_steps(program, setup=setup, extra=["platform:machine"])]
    assert calls == ["socket.sendall", "fcntl.flock", "os.posix_spawn", "subprocess", "platform:machine"]


def test_reading_is_no_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    def operation() -> None:
        (tmp_path / "file").read_text()
        os.close(os.open(tmp_path / "file", os.O_RDONLY))

    assert list(kill_steps(operation)) == []


def test_an_operation_that_fails_is_reported_with_its_traceback() -> None:
    def operation() -> None:
        raise KeyError("broken here")

    with pytest.raises(AssertionError, match="broken here"):
        list(kill_steps(operation))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        list(kill_steps("1 / 0"))
    with pytest.raises(AssertionError, match="no_such_module"):
        list(kill_steps("pass", setup="import no_such_module"))


def test_an_operation_that_hangs_is_reported(tmp_path: Path) -> None:
    def operation() -> None:
        threading.Event().wait()

    with pytest.raises(AssertionError, match=r"did not end within 0\.3 s"):
        list(kill_steps(operation, timeout=0.3))
