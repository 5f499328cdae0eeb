"""Processes: known by pid and start time, started without leaking descriptors, waited for through pidfds."""

from __future__ import annotations

import errno
import os

from pyvirt_util.errors import InternalError, InvalidArgError, OperationTimeoutError, system_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    StrPath = str | PathLike[str]

#: Where system programs are that an ordinary user's PATH does not have.
SYSTEM_PATHS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_SIGKILL = 9
# all whose action can be set: neither SIGKILL, SIGSTOP, nor the two that the C library keeps for itself
_SIGNALS = tuple({*range(1, 65)} - {_SIGKILL, 19, 32, 33})
_OUTPUT_LIMIT = 16 << 20


class ProcessId(tuple[int, int]):
    """A process, ``(pid, start_time)``: the pid alone may belong to another one later.

    ``start_time`` is in clock ticks since boot (field 22 of /proc/PID/stat). A zombie counts as gone: nothing of it
    runs, whether or not its parent has taken notice.
    """

    __slots__ = ()

    def __new__(cls, pid: int, start_time: int) -> ProcessId:
        return super().__new__(cls, (pid, start_time))

    def __getnewargs__(self) -> tuple[int, int]:
        return (self[0], self[1])

    @property
    def pid(self) -> int:
        return self[0]

    @property
    def start_time(self) -> int:
        return self[1]

    def __repr__(self) -> str:
        return f"ProcessId(pid={self[0]}, start_time={self[1]})"

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The process that has this pid now, a zombie too; ``None`` when there is none."""
        found = _stat(pid)
        return None if found is None else cls(pid, found[1])

    @classmethod
    def current(cls) -> ProcessId:
        """The calling process."""
        pid = os.getpid()
        found = _stat(pid)
        return cls(pid, found[1] if found else 0)

    def alive(self) -> bool:
        """Whether it runs."""
        found = _stat(self[0])
        if found is None or found[1] != self[1]:
            return False
        if found[0] == "Z":
            return not self.wait(0)  # a first thread that ended before the others looks the same
        return found[0] not in "Xx"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is gone, at most ``timeout`` seconds; says whether it is. Does not reap: see :meth:`reap`."""
        fd = self.open()
        if fd is None:
            return True
        try:
            return _readable(fd, timeout)
        finally:
            os.close(fd)

    def open(self) -> int | None:
        """A pidfd, close-on-exec, that polls as readable once the process has ended; ``None`` when nothing is left."""
        try:
            fd = os.pidfd_open(self[0])
        except OSError as error:
            # EINVAL: now the number of a thread that is not a process
            if error.errno in (errno.ESRCH, errno.EINVAL):
                return None
            raise system_error(f"open process {self[0]}", error) from error
        found = _stat(self[0])
        if found is None or found[1] != self[1]:  # the descriptor is bound by now: the check can't be outrun
            os.close(fd)
            return None
        return fd

    def signal(self, number: int) -> bool:
        """Send a signal to this process and never to another of the same pid; ``False`` when it is gone.

        :raises SystemCallError: without the permission to.
        """
        import signal

        fd = self.open()
        if fd is None:
            return False
        try:
            signal.pidfd_send_signal(fd, number)
        except ProcessLookupError:
            return False
        except OSError as error:
            raise system_error(f"send signal {int(number)} to process {self[0]}", error) from error
        finally:
            os.close(fd)
        return True

    def kill(self) -> bool:
        """Send SIGKILL; ``False`` when it is gone."""
        return self.signal(_SIGKILL)

    def reap(self) -> int | None:
        """Take notice of a child's end, so that it does not stay a zombie.

        Its exit status, negative for a signal; ``None`` when it still runs or is no child of the caller.
        """
        found = _stat(self[0])
        if found is not None and found[1] != self[1]:
            return None
        try:
            pid, status = os.waitpid(self[0], os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid == self[0] else None


class Completed:
    """What a command left: ``argv``, ``returncode`` (negative: the signal that killed it), ``stdout``, ``stderr``."""

    __slots__ = ("argv", "returncode", "stderr", "stdout")

    def __init__(self, argv: tuple[str, ...], returncode: int, stdout: str, stderr: str) -> None:
        self.argv = argv
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self) -> str:
        return f"<Completed {' '.join(self.argv)}: {self.returncode}>"


class CommandError(InternalError):
    """A command failed: ``argv``, ``returncode`` (negative for a signal), ``stdout`` and ``stderr`` tell more."""

    argv: tuple[str, ...] = ()
    returncode: int = 0
    stdout: str = ""
    stderr: str = ""


def find_program(name: str, extra_dirs: Iterable[str] = ()) -> str | None:
    """The absolute path of a program, looked for in ``extra_dirs``, ``PATH`` and the system's directories.

    A name with a slash is taken as it is, if it can be run.
    """
    if "/" in name:
        return os.path.abspath(name) if _is_program(name) else None
    search = os.environ.get("PATH", "").split(":")
    for folder in (*extra_dirs, *search, *SYSTEM_PATHS):
        if folder.startswith("/") and _is_program(path := f"{folder.rstrip('/')}/{name}"):
            return path
    return None


def command_name(pid: int) -> str | None:
    """The short name of a process (/proc/PID/comm); ``None`` when there is none."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as stream:
            return stream.read().rstrip("\n")
    except OSError:
        return None


def holders(path: StrPath) -> list[ProcessId]:
    """The processes that have the file open, found through /proc/*/fd; only root sees those of others.

    Slow (every descriptor of the machine is looked at): for the rare case that nothing better is known.
    """
    try:
        wanted = os.stat(path)
    except OSError as error:
        raise system_error(f"look for users of '{os.fspath(path)}'", error) from error
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and _has_open(entry, wanted) and (process := ProcessId.of(int(entry))):
            found.append(process)
    return found


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: StrPath | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    pass_fds: Mapping[int, int] | None = None,
    new_session: bool = True,
) -> ProcessId:
    """Start a program that lives on by itself (posix_spawn: nothing of the caller is copied, threads don't matter).

    The child has the standard descriptors, those of ``pass_fds``, and no other, not even ones the caller left
    inheritable. Its signals have their default actions and none is blocked.

    :param argv: the program and its arguments; a program without a slash is searched with :func:`find_program`.
    :param env: the whole environment; the caller's by default.
    :param cwd: the directory it starts in; the caller's by default.
    :param stdin: a descriptor of the caller's, also ``stdout`` and ``stderr``; ``/dev/null`` by default.
    :param pass_fds: the descriptor in the child (3 or above) to the caller's; any numbers on either side will do.
    :param new_session: detach from the terminal and its signals (setsid).
    :raises SystemCallError: when the program can't be run; ``errno`` ENOENT when there is none.
    """
    fds = _checked(pass_fds)
    for fd, ours in ((0, stdin), (1, stdout), (2, stderr)):
        if ours is not None:
            fds[fd] = ours
    pid = _posix_spawn(argv, env, cwd, fds, new_session)
    return ProcessId.of(pid) or ProcessId(pid, 0)


def run(
    argv: Sequence[str],
    *,
    input: str | bytes | None = None,
    timeout: float | None = None,
    env: Mapping[str, str] | None = None,
    cwd: StrPath | None = None,
    pass_fds: Mapping[int, int] | None = None,
    check: bool = True,
    output_limit: int = _OUTPUT_LIMIT,
) -> Completed:
    """Run a command to its end, with its messages in English (``LC_ALL=C``).

    It ends with the caller's interest: after ``timeout`` seconds, with an exception such as Ctrl-C, or when it prints
    more than ``output_limit`` bytes to one of its outputs, it is killed with all it started in its process group.
    Processes that it leaves in the background are not waited for. Output is UTF-8; other bytes become surrogates
    (``surrogateescape``).

    :param env: the whole environment but for ``LC_ALL``; the caller's by default.
    :raises CommandError: with ``check``, when its exit status is not 0.
    :raises OperationTimeoutError: after ``timeout``.
    :raises SystemCallError: when the program can't be run; ``errno`` ENOENT when there is none.
    """
    full_env = dict(os.environ if env is None else env)
    full_env["LC_ALL"] = "C"
    data = input.encode() if isinstance(input, str) else input
    pipes: dict[int, tuple[int, int]] = {}  # the child's descriptor: read end, write end
    try:
        for fd in (0, 1, 2) if data is not None else (1, 2):
            pipes[fd] = os.pipe2(os.O_CLOEXEC)
        child = {fd: ends[0 if fd == 0 else 1] for fd, ends in pipes.items()}
        child.update(_checked(pass_fds))
        pid = _posix_spawn(argv, full_env, cwd, child, True)
    except BaseException:
        for ends in pipes.values():
            os.close(ends[0])
            os.close(ends[1])
        raise
    ours = {}
    for fd, (reader, writer) in pipes.items():
        ours[fd], theirs = (writer, reader) if fd == 0 else (reader, writer)
        os.close(theirs)
        os.set_blocking(ours[fd], False)
    command = _Command(tuple(argv), pid, ours, data or b"", output_limit)
    try:
        done = command.finish(timeout)
    except BaseException:
        command.kill()
        raise
    finally:
        command.close()
    if check and done.returncode != 0:
        raise _command_error(done)
    return done


class _Command:
    """A command at work: its pipes by the child's descriptor, what came out so far."""

    def __init__(self, argv: tuple[str, ...], pid: int, pipes: dict[int, int], data: bytes, limit: int) -> None:
        self.argv = argv
        self.pid = pid
        self.pipes = pipes
        self.data = memoryview(data)
        self.limit = limit
        self.output: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self.reaped = False

    def finish(self, timeout: float | None) -> Completed:
        if 0 in self.pipes and not self.data:
            self.close(0)
        self._wait(timeout)
        for fd in (1, 2):  # what it wrote last; a process it left behind may keep the pipe open
            while fd in self.pipes and self._transfer(fd, until_empty=True):
                pass
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:  # the caller ignores SIGCHLD: the kernel keeps no status then
            status = 0
        self.reaped = True
        texts = (bytes(self.output[fd]).decode(errors="surrogateescape") for fd in (1, 2))
        return Completed(self.argv, os.waitstatus_to_exitcode(status), *texts)

    def _wait(self, timeout: float | None) -> None:
        """Move data until the command ends."""
        import select
        import time

        end = None if timeout is None else time.monotonic() + timeout
        try:
            pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:  # ended, and the caller ignores SIGCHLD
            return
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            by_fd = {ours: fd for fd, ours in self.pipes.items()}
            for ours, fd in by_fd.items():
                poll.register(ours, select.POLLOUT if fd == 0 else select.POLLIN)
            running = True
            while running:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise OperationTimeoutError(f"command '{self._text()}' did not end within {timeout:g} s")
                for ready, _ in poll.poll(None if left is None else left * 1000 + 1):
                    if ready == pidfd:
                        running = False
                    elif not self._transfer(by_fd[ready]):
                        poll.unregister(ready)
                        self.close(by_fd[ready])
        finally:
            os.close(pidfd)

    def _transfer(self, fd: int, until_empty: bool = False) -> bool:
        """Move what can be moved without waiting; ``False`` at the end (``until_empty``: also when it would wait)."""
        try:
            if fd == 0:
                self.data = self.data[os.write(self.pipes[0], self.data[:65536]) :]
                return bool(self.data)
            chunk = os.read(self.pipes[fd], 65536)
        except BlockingIOError:
            return not until_empty
        except BrokenPipeError:  # it does not care for the rest
            return False
        self.output[fd] += chunk
        if len(self.output[fd]) > self.limit:
            raise InternalError(f"command '{self._text()}' printed more than {self.limit} bytes")
        return bool(chunk)

    def kill(self) -> None:
        if self.reaped:
            return
        try:
            os.killpg(self.pid, _SIGKILL)  # not reaped yet, so the number is still its own
        except ProcessLookupError:
            pass
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass
        self.reaped = True

    def close(self, fd: int | None = None) -> None:
        for which in (fd,) if fd is not None else tuple(self.pipes):
            os.close(self.pipes.pop(which))

    def _text(self) -> str:
        return " ".join(self.argv)


def _command_error(done: Completed) -> CommandError:
    how = f"exit status {done.returncode}" if done.returncode >= 0 else f"signal {-done.returncode}"
    lines = done.stderr.strip().splitlines()
    said = f": {lines[-1].strip()}" if lines else ""
    error = CommandError(f"command '{' '.join(done.argv)}' failed with {how}{said}")
    error.argv = done.argv
    error.returncode = done.returncode
    error.stdout = done.stdout
    error.stderr = done.stderr
    return error


def _checked(pass_fds: Mapping[int, int] | None) -> dict[int, int]:
    fds = dict(pass_fds or {})
    for fd in fds:
        if fd < 3:
            raise InvalidArgError(f"descriptor {fd} of a child is one of the standard ones")
    return fds


def _posix_spawn(
    argv: Sequence[str], env: Mapping[str, str] | None, cwd: StrPath | None, fds: Mapping[int, int], new_session: bool
) -> int:
    """Start the program with exactly the descriptors ``fds``, and /dev/null for missing standard ones."""
    program = find_program(argv[0])
    if program is None:
        missing = errno.EACCES if "/" in argv[0] and os.path.exists(argv[0]) else errno.ENOENT
        raise system_error(f"run '{argv[0]}'", OSError(missing, os.strerror(missing)))
    asked = argv[0]
    if cwd is not None:
        # posix_spawn can't change the directory; the shell gets all values as arguments
        folder = os.fspath(cwd)
        if not os.path.isdir(folder):
            raise system_error(f"run '{argv[0]}' in '{folder}'", OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
        script = 'cd -- "$1" && shift && exec "$@"'
        program, argv = "/bin/sh", ("sh", "-c", script, "sh", os.path.abspath(folder), program, *argv[1:])
    copies: list[int] = []
    try:
        actions: list[tuple[int, int] | tuple[int, int, int] | tuple[int, int, str, int, int]] = []
        above = max(2, *fds) + 1 if fds else 3
        for fd, ours in fds.items():
            if ours < above:  # could be overwritten by another move before its turn, or keep its close-on-exec flag
                ours = _duplicate(ours, above)
                copies.append(ours)
            actions.append((os.POSIX_SPAWN_DUP2, ours, fd))
        actions += [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in range(3) if fd not in fds]
        actions += [(os.POSIX_SPAWN_CLOSE, fd) for fd in _inheritable() if fd not in fds]
        return os.posix_spawn(
            program,
            list(argv),
            dict(os.environ if env is None else env),
            file_actions=actions,
            setsid=new_session,
            setsigmask=(),
            setsigdef=_SIGNALS,
        )
    except OSError as error:
        raise system_error(f"run '{asked}'", _without_name(error)) from error
    finally:
        for fd in copies:
            os.close(fd)


def _duplicate(fd: int, above: int) -> int:
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, above)


def _inheritable() -> list[int]:
    """The caller's descriptors beyond the standard ones that a child would get unasked."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        try:
            if fd > 2 and os.get_inheritable(fd):
                found.append(fd)
        except OSError:  # that of the listing itself, or closed by another thread
            pass
    return found


def _without_name(error: OSError) -> OSError:
    return OSError(error.errno, error.strerror)


def _is_program(path: str) -> bool:
    return os.access(path, os.X_OK) and os.path.isfile(path)


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start time of a process."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        raw = os.read(fd, 4096)
    except ProcessLookupError:
        return None
    finally:
        os.close(fd)
    fields = raw[raw.rfind(b")") + 2 :].split()  # the name before it may have spaces and parentheses
    return fields[0].decode(), int(fields[19])


def _readable(fd: int, timeout: float | None) -> bool:
    import select

    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout is None else max(0.0, timeout) * 1000))


def _has_open(pid: str, wanted: os.stat_result) -> bool:
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return False
    for name in names:
        try:
            status = os.stat(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if status.st_ino == wanted.st_ino and status.st_dev == wanted.st_dev:
            return True
    return False
