"""Killing an operation at every step, to see that the next one copes with what is left.

::

    for step in kill_steps(lambda: store.put("web", uuid, new)):
        assert store.read("web").text in (old, new), step
        store.put("web", uuid, old)

A step is a call that changes something outside the process: a file, a lock, another process, a socket. The operation
runs in a process of its own, which is killed by SIGKILL right before its first such call, then in another one before
the second, and so on until it gets to its end.
"""

from __future__ import annotations

import builtins
import fcntl
import io
import itertools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

# fmt: off
_OS_CALLS = (
    "chmod", "chown", "copy_file_range", "fchmod", "fchown", "fdatasync", "fsync", "ftruncate", "kill", "killpg",
    "lchown", "link", "mkdir", "mkfifo", "mknod", "posix_fallocate", "posix_spawn", "posix_spawnp", "pwrite", "pwritev",
    "remove", "removexattr", "rename", "replace", "rmdir", "sendfile", "setxattr", "symlink", "truncate", "unlink",
    "utime", "write", "writev",
)
_SOCKET_CALLS = ("bind", "connect", "connect_ex", "listen", "send", "sendall", "sendmsg", "sendto", "shutdown")
# fmt: on
_OTHER_CALLS = (
    (fcntl, "flock"),
    (fcntl, "lockf"),
    (fcntl, "ioctl"),
    (signal, "pidfd_send_signal"),
    (socket, "send_fds"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Step(NamedTuple):
    """Where the operation was killed: before its ``number``-th call (from 1), a call of ``call``."""

    number: int
    call: str


def kill_steps(
    operation: Callable[[], object] | str,
    *,
    setup: str = "",
    extra: Sequence[str] = (),
    start: int = 1,
    timeout: float = 60,
) -> Iterator[Step]:
    """Run the operation again and again, killed one step later each time; yields after every kill.

    The iterator ends when the operation has come to its end, so after the loop it has been done once.

    :param operation: a callable, run in a fork of the calling process, which may have no other Python threads; or
        the text of a program, run in forks of a fresh interpreter, for everybody else.
    :param setup: with a program: run once in that interpreter, for imports.
    :param extra: more functions that count as steps, as ``module:name``, such as calls made through ctypes;
        the module has been imported, by the setup for example.
    :param start: the first step to be killed at.
    :param timeout: seconds a single run may take.
    :raises AssertionError: when the operation raises an exception, ends otherwise, or takes too long.
    """
    for target in extra:
        if ":" not in target:
            raise ValueError(f"'{target}' is not of the form module:name")
    runner = _forked(operation, extra, timeout) if callable(operation) else _served(operation, setup, extra, timeout)
    try:
        next(runner)
        for number in itertools.count(start):
            call = runner.send(number)
            if call is None:
                return
            yield Step(number, call)
    finally:
        runner.close()


def _forked(operation: Callable[[], object], extra: Sequence[str], timeout: float) -> Any:
    number = yield
    while True:
        if threading.active_count() > 1:
            names = ", ".join(thread.name for thread in threading.enumerate())
            raise RuntimeError(f"cannot fork a process that has threads ({names}): give the operation as a program")
        number = yield _run_step(operation, number, extra, timeout)


def _served(program: str, setup: str, extra: Sequence[str], timeout: float) -> Any:
    """The same through an interpreter that has nothing but the set-up in it."""
    code = "from pyvirt_testing import killer; killer._serve()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        requests, answers = server.stdin, server.stdout

        def ask(request: object) -> Any:
            print(json.dumps(request), file=requests, flush=True)
            answer = answers.readline()
            if not answer:
                raise AssertionError(f"the interpreter for the operation ended with {server.wait()}")
            found = json.loads(answer)
            if "error" in found:
                raise AssertionError(found["error"])
            return found["call"]

        try:
            ask({"setup": setup, "program": program, "extra": list(extra), "timeout": timeout})
            number = yield
            while True:
                number = yield ask(number)
        finally:
            requests.close()
            server.terminate()


def _serve() -> None:
    """The other side of :func:`_served`: requests on standard input, answers where standard output was."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the operation prints is no answer
    names: dict[str, Any] = {"__name__": "__killed__"}
    first = json.loads(sys.stdin.readline())
    try:
        exec(compile(first["setup"], "<setup>", "exec"), names)  # noqa: S102 -- the test's own program
        program = compile(first["program"], "<operation>", "exec")
        answer: dict[str, object] = {"call": None}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
    for line in sys.stdin:
        try:
            call = _run_step(
                lambda: exec(program, dict(names)),  # noqa: S102
                json.loads(line),
                first["extra"],
                first["timeout"],
            )
            answer = {"call": call}
        except AssertionError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


def _run_step(operation: Callable[[], object], number: int, extra: Sequence[str], timeout: float) -> str | None:
    """One run in a fork: the call it was killed at, ``None`` when it came to its end."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(reader)
            _interpose(number, writer, extra)
            operation()
            status = 0
        except BaseException:
            _write(writer, traceback.format_exc().encode()[-32768:])  # what a pipe takes without a reader
        finally:
            _exit(status)
    os.close(writer)
    try:
        said = _read_until_end(reader, pid, timeout)
    finally:
        os.close(reader)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if said is None:
        raise AssertionError(f"the operation, to be killed at step {number}, did not end within {timeout:g} s")
    if code == 0:
        return None
    if code == -signal.SIGKILL and said:
        return said
    raise AssertionError(f"the operation, to be killed at step {number}, ended with {code}\n{said}")


def _read_until_end(reader: int, pid: int, timeout: float) -> str | None:
    """What the process says until it ends; killed after ``timeout``, then ``None``. Its children may live on."""
    pidfd = os.pidfd_open(pid)
    try:
        if not select.select([pidfd], [], [], timeout)[0]:
            os.kill(pid, signal.SIGKILL)
            return None
    finally:
        os.close(pidfd)
    os.set_blocking(reader, False)
    try:
        return os.read(reader, 1 << 16).decode(errors="replace")
    except BlockingIOError:  # a child holds the other end
        return ""


_write = os.write
_exit = os._exit


def _interpose(number: int, report: int, extra: Sequence[str]) -> None:
    """Count the calls of this process from now on, and kill it before the ``number``-th."""
    counter = itertools.count(1)
    kill, pid = os.kill, os.getpid()

    def count(name: str) -> None:
        # a child forked without exec is another process: it goes its way
        if os.getpid() == pid and next(counter) == number:
            _write(report, name.encode())
            kill(pid, signal.SIGKILL)

    def wrap(owner: Any, name: str, label: str, counts: Callable[..., bool] | None = None) -> None:
        original = getattr(owner, name, None)
        if original is None:
            return

        def step(*args: Any, **kwargs: Any) -> Any:
            if counts is None or counts(*args, **kwargs):
                count(label)
            return original(*args, **kwargs)

        setattr(owner, name, step)

    for name in _OS_CALLS:
        wrap(os, name, f"os.{name}")
    wrap(os, "open", "os.open", _opens_to_write)
    for owner in (builtins, io):
        wrap(owner, "open", "open", _file_opens_to_write)
    for name in _SOCKET_CALLS:
        wrap(socket.socket, name, f"socket.{name}")
    for module, name in _OTHER_CALLS:
        wrap(module, name, f"{module.__name__}.{name}")
    wrap(subprocess, "_fork_exec", "subprocess")
    for target in extra:
        module_name, _, name = target.partition(":")
        if module_name not in sys.modules:
            raise LookupError(f"'{module_name}' of the step '{target}' is imported neither here nor by the setup")
        wrap(sys.modules[module_name], name, target)


def _opens_to_write(path: object, flags: int, *args: object, **kwargs: object) -> bool:
    return bool(flags & _WRITING)


def _file_opens_to_write(file: object, mode: str = "r", *args: object, **kwargs: object) -> bool:
    return any(letter in mode for letter in "wax+")
