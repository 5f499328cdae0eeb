"""Processes: identity, waiting, signals, starting, commands."""

from __future__ import annotations

import errno
import fcntl
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyvirt_util.errors import InternalError, InvalidArgError, OperationTimeoutError, SystemCallError
from pyvirt_util.process import CommandError, ProcessId, command_name, find_program, holders, run, spawn


@pytest.fixture
def sleeper() -> Iterator[ProcessId]:
    process = spawn(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()
    process.reap()


def finish(process: ProcessId) -> int | None:
    assert process.wait(60)
    return process.reap()


# Identity


def test_a_process_is_a_pair() -> None:
    me = ProcessId.current()
    assert me == ProcessId.of(os.getpid()) == (os.getpid(), me.start_time)
    assert (me.pid, me.start_time) == tuple(me)
    assert me.alive()
    assert pickle.loads(pickle.dumps(me)) == me
    assert type(pickle.loads(pickle.dumps(me))) is ProcessId
    assert me.start_time > 0
    assert ProcessId.of(2**22 + 1) is None


def test_names_with_parentheses_and_spaces_do_not_confuse(tmp_path: Path) -> None:
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")
    process = spawn([str(program), "1000"])
    try:
        assert process.alive()
        assert command_name(process.pid) == "a) Z (b"
        assert ProcessId.of(process.pid) == process
    finally:
        process.kill()
        assert finish(process) == -signal.SIGKILL
    assert command_name(process.pid) is None


def test_another_process_with_the_pid_is_not_it(sleeper: ProcessId) -> None:
    earlier = ProcessId(sleeper.pid, sleeper.start_time - 1)
    assert not earlier.alive()
    assert earlier.wait(0)
    assert earlier.open() is None
    assert not earlier.signal(signal.SIGKILL)
    assert not earlier.kill()
    assert earlier.reap() is None
    assert sleeper.alive()


def test_a_zombie_counts_as_gone(sleeper: ProcessId) -> None:
    assert not sleeper.wait(0)
    assert sleeper.signal(signal.SIGTERM)
    assert sleeper.wait(60)
    with open(f"/proc/{sleeper.pid}/stat") as stream:
        assert ") Z " in stream.read()
    assert not sleeper.alive()
    assert sleeper.wait(0)
    assert sleeper.reap() == -signal.SIGTERM
    assert not os.path.exists(f"/proc/{sleeper.pid}")
    assert not sleeper.alive()
    assert sleeper.wait(0)
    assert not sleeper.signal(signal.SIGTERM)
    assert sleeper.reap() is None


def test_a_process_lives_while_any_of_its_threads_does() -> None:
    program = """
import ctypes, threading, sys
threading.Thread(target=sys.stdin.read).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(60, 0)
"""  # exit(2) of the first thread alone: its state is that of a zombie then
    argv = [sys.executable, "-c", program]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        process = ProcessId.of(child.pid)
        assert process is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        while Path(f"/proc/{child.pid}/stat").read_text().split()[2] != "Z":
            time.sleep(0.01)
        assert process.alive()
        assert not process.wait(0)
        process.kill()
        assert process.wait(60)
        assert not process.alive()


def test_waiting_for_a_process_that_is_no_child(tmp_path: Path) -> None:
    program = "from pyvirt_util.process import spawn; print(*spawn(['sleep', '1000']))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    pid, start_time = map(int, said.split())
    process = ProcessId(pid, start_time)
    assert process.alive()  # its parent has ended
    assert process.reap() is None
    waiter = threading.Thread(target=process.wait)
    waiter.start()
    assert process.kill()
    waiter.join(60)
    assert not waiter.is_alive()
    assert not process.alive()


def test_a_pidfd_is_not_inherited(sleeper: ProcessId) -> None:
    fd = sleeper.open()
    assert fd is not None
    assert not os.get_inheritable(fd)
    os.close(fd)


def test_holders_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    path.write_text("")
    assert holders(path) == []
    fd = os.open(path, os.O_RDONLY)
    process = spawn(["sleep", "1000"], pass_fds={7: fd})
    os.close(fd)
    try:
        assert holders(path) == [process]
    finally:
        process.kill()
        finish(process)
    assert holders(path) == []
    with pytest.raises(SystemCallError):
        holders(tmp_path / "missing")


# Starting


def report(argv_tail: str, tmp_path: Path, **options: object) -> str:
    """What a shell that was spawned writes to its standard output."""
    out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        process = spawn(["/bin/sh", "-c", argv_tail], stdout=out, **options)  # type: ignore[arg-type]
        finish(process)
        return (tmp_path / "out").read_text()
    finally:
        os.close(out)


def test_a_child_has_the_descriptors_it_was_given_and_no_others(tmp_path: Path) -> None:
    leaked = os.open("/dev/zero", os.O_RDONLY)
    os.set_inheritable(leaked, True)  # somebody else's carelessness
    given = os.open("/dev/full", os.O_WRONLY)
    try:
        listing = report(
            "for fd in /proc/$$/fd/*; do echo ${fd##*/}; readlink $fd || echo gone; done",
            tmp_path,
            pass_fds={5: given, 9: given},
        )
    finally:
        os.close(leaked)
        os.close(given)
    lines = listing.splitlines()
    found = dict(zip(lines[::2], lines[1::2], strict=True))
    found = {fd: file for fd, file in found.items() if file != "gone"}  # that of the listing itself
    assert found.pop("1") == str(tmp_path / "out")
    assert found == {"0": "/dev/null", "2": "/dev/null", "5": "/dev/full", "9": "/dev/full"}


def test_descriptors_may_change_places(tmp_path: Path) -> None:
    ours = []
    for letter in "abcd":
        (tmp_path / letter).write_text(letter)
        ours.append(os.open(tmp_path / letter, os.O_RDONLY))
    a, b, c, d = ours
    # in a circle, onto itself, and onto standard input
    mapping = {b: a, c: b, a: c, d: d}
    try:
        read = " ".join(f"/proc/self/fd/{fd}" for fd in (0, a, b, c, d))
        assert report(f"cat {read}", tmp_path, pass_fds=mapping, stdin=d) == "dcabd"
        for letter, fd in zip("abcd", ours, strict=True):
            assert os.lseek(fd, 0, os.SEEK_CUR) in (0, 1)
            os.lseek(fd, 0, os.SEEK_SET)
            assert os.read(fd, 1).decode() == letter  # the caller's are as they were
            assert not os.get_inheritable(fd)
    finally:
        for fd in ours:
            os.close(fd)


def test_standard_descriptors_of_a_child_are_refused_as_extra_ones() -> None:
    with pytest.raises(InvalidArgError):
        spawn(["true"], pass_fds={2: 2})
    with pytest.raises(InvalidArgError):
        run(["true"], pass_fds={1: 1})


def test_a_child_has_default_signals_and_none_blocked(tmp_path: Path) -> None:
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    try:
        status = report("cat /proc/self/status", tmp_path)
    finally:
        signal.signal(signal.SIGHUP, old)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))
    assert int(fields["SigBlk"], 16) == 0
    assert int(fields["SigIgn"], 16) & ~(3 << 31) == 0  # 32 and 33 are the C library's own


def test_a_child_is_in_a_session_of_its_own(tmp_path: Path) -> None:
    process = spawn(["sleep", "1000"])
    other = spawn(["sleep", "1000"], new_session=False)
    try:
        assert os.getsid(process.pid) == process.pid
        assert os.getsid(other.pid) == os.getsid(0)
    finally:
        for each in (process, other):
            each.kill()
            finish(each)


def test_environment_and_directory(tmp_path: Path) -> None:
    folder = tmp_path / "with 'quotes' $HOME"
    folder.mkdir()
    assert report("pwd; echo $X", tmp_path, cwd=folder, env={"X": "1"}) == f"{folder}\n1\n"
    assert report("pwd", tmp_path) == f"{os.getcwd()}\n"
    with pytest.raises(SystemCallError) as caught:
        spawn(["true"], cwd=tmp_path / "missing")
    assert caught.value.errno == errno.ENOTDIR


def test_programs_that_cannot_be_run(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("x")
    for argv, number in (
        (["no-such-program"], errno.ENOENT),
        ([str(tmp_path / "missing")], errno.ENOENT),
        ([str(text)], errno.EACCES),
        ([str(tmp_path)], errno.EACCES),
    ):
        with pytest.raises(SystemCallError) as caught:
            spawn(argv)
        assert caught.value.errno == number
        assert f"cannot run '{argv[0]}'" in str(caught.value)
    text.write_bytes(b"\x7fELF nonsense")
    text.chmod(0o755)
    with pytest.raises(SystemCallError) as caught:
        spawn([str(text)])
    assert caught.value.errno == errno.ENOEXEC


def test_failures_leave_no_descriptors(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    fd = os.open("/dev/null", os.O_RDONLY)
    for _ in range(3):
        with pytest.raises(SystemCallError):
            spawn(["no-such-program"], pass_fds={3: fd})
        with pytest.raises(SystemCallError):
            run(["no-such-program"], input="x")
        with pytest.raises(CommandError):
            run(["false"], input="x")
    os.close(fd)
    assert os.listdir("/proc/self/fd") == before


def test_an_inherited_lock_lives_with_the_child(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "alive", os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    process = spawn(["sleep", "1000"], pass_fds={3: fd})
    os.close(fd)
    other = os.open(tmp_path / "alive", os.O_RDWR)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.kill()
        finish(process)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)


def open_files(pid: int) -> set[str]:
    """What a process has open; its loader may be at work and have libraries open for moments."""
    files = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            files.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
    return {file for file in files if not file.startswith(("/usr/", "/etc/", "/lib"))}


def test_threads_do_not_leak_descriptors_to_each_others_children(tmp_path: Path) -> None:
    leaked: list[str] = []

    def work(number: int) -> None:
        for turn in range(10):
            path = tmp_path / f"{number}-{turn}"
            fd = os.open(path, os.O_RDWR | os.O_CREAT)
            process = spawn(["sleep", "1000"], pass_fds={3: fd, 4: fd})
            os.close(fd)
            files = open_files(process.pid)
            assert str(path) in files
            leaked.extend(file for file in files if file not in (str(path), "/dev/null"))
            process.kill()
            finish(process)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert leaked == []


# Programs


def test_finding_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    assert find_program("tool", [str(tmp_path)]) is None
    program.chmod(0o755)
    assert find_program("tool", [str(tmp_path)]) == str(program)
    assert find_program("tool") is None
    monkeypatch.setenv("PATH", f"relative::{tmp_path}")
    assert find_program("tool") == str(program)
    assert find_program("sh") in ("/usr/bin/sh", "/bin/sh")  # though PATH lacks it
    monkeypatch.delenv("PATH")
    assert find_program("sh") is not None
    assert find_program(str(program)) == str(program)
    assert find_program(str(tmp_path)) is None
    monkeypatch.chdir(tmp_path)
    assert find_program("./tool") == str(program)


# Commands


def test_a_command_gives_its_output() -> None:
    done = run(["sh", "-c", "cat; echo to-err >&2; echo $LC_ALL"], input="grün\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "grün\nC\n", "to-err\n")
    assert run(["cat"], input=b"\xff").stdout.encode(errors="surrogateescape") == b"\xff"
    assert run(["cat"], input="").stdout == ""
    assert run(["cat"]).stdout == ""  # it reads /dev/null


def test_large_data_in_both_directions() -> None:
    data = "0123456789abcdef" * (1 << 16)
    assert run(["cat"], input=data).stdout == data
    done = run(["sh", "-c", "tee /dev/stderr"], input=data)
    assert done.stdout == done.stderr == data
    assert run(["true"], input=data).returncode == 0  # which does not read it


def test_a_failing_command_says_why() -> None:
    with pytest.raises(CommandError) as caught:
        run(["sh", "-c", "echo one; echo two >&2; echo three >&2; exit 3"])
    error = caught.value
    assert "failed with exit status 3: three" in str(error)
    assert (error.returncode, error.stdout, error.stderr, error.argv[0]) == (3, "one\n", "two\nthree\n", "sh")
    assert isinstance(error, InternalError)
    other = pickle.loads(pickle.dumps(error))
    assert (other.returncode, other.stderr, str(other)) == (3, "two\nthree\n", str(error))
    with pytest.raises(CommandError, match="failed with signal 15"):
        run(["sh", "-c", "kill $$"])
    assert run(["false"], check=False).returncode == 1


def test_a_command_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(OperationTimeoutError, match=r"did not end within 0\.5 s"):
        run(["sh", "-c", script], timeout=0.5)
    child = ProcessId.of(int((tmp_path / "pid").read_text()))
    assert child is None or child.wait(60)


def test_a_command_that_prints_too_much_is_killed() -> None:
    with pytest.raises(InternalError, match="printed more than 100000 bytes"):
        run(["cat", "/dev/zero"], output_limit=100_000)


def test_what_a_command_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    done = run(["sh", "-c", f"echo begun; sleep 1000 & echo $! > {tmp_path}/pid"], timeout=60)
    assert done.stdout == "begun\n"
    left = ProcessId.of(int((tmp_path / "pid").read_text()))
    assert left is not None
    assert left.alive()
    left.kill()


def test_an_interruption_ends_the_command(tmp_path: Path) -> None:
    program = f"""
import sys
from pyvirt_util.process import run
run(["sh", "-c", "echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 1000"])
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as caller:
        while not (tmp_path / "pid").exists():
            assert caller.poll() is None
            time.sleep(0.01)
        command = ProcessId.of(int((tmp_path / "pid").read_text()))
        caller.send_signal(signal.SIGINT)
        caller.wait(60)
    assert command is not None
    assert command.wait(60)


def test_a_caller_that_ignores_its_children() -> None:
    program = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from pyvirt_util.process import run, spawn
print(run(["echo", "x"]).stdout, end="")
process = spawn(["true"])
process.wait()
print(process.alive())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "x\nFalse\n"


def test_descriptors_and_directory_of_a_command(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("content")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    try:
        assert run(["sh", "-c", "cat <&3; pwd"], pass_fds={3: fd}, cwd=tmp_path).stdout == f"content{tmp_path}\n"
    finally:
        os.close(fd)
    assert run(["env"], env={"X": "1"}).stdout.split() == ["X=1", "LC_ALL=C"]
