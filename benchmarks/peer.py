"""libvirt as the peer: a libvirtd of our own in fresh namespaces, asked through a worker that takes the times there.

Nothing outside the benchmark's folder is touched: libvirt's configuration, state, cache and logs are folders of ours,
mounted over its own in a mount namespace; its processes live in a pid namespace and end with it, the guests too.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent
#: Debian's interpreter, for which python3-libvirt is packaged.
PYTHON = "/usr/bin/python3"
_CGROUPS = Path("/sys/fs/cgroup")


def unavailable() -> str:
    """Why libvirt can't be measured here; empty when it can."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("/usr/sbin/libvirtd", "/usr/sbin/virtlogd", "/usr/bin/virsh", PYTHON):
        if not Path(program).exists():
            return f"{program} is not installed"
    if subprocess.run([PYTHON, "-c", "import libvirt"], capture_output=True, check=False).returncode:
        return f"{PYTHON} has no libvirt module"
    return ""


def python_binding() -> str:
    """Why libvirt's Python binding can't be imported; empty when it can. Needs no root."""
    if not Path(PYTHON).exists():
        return f"{PYTHON} is not installed"
    failed = subprocess.run([PYTHON, "-c", "import libvirt"], capture_output=True, check=False).returncode
    return f"{PYTHON} has no libvirt module" if failed else ""


class PeerError(Exception):
    """The peer could not do what it was asked."""


class Worker:
    """A process that answers one JSON line with another; see libvirt_worker.py for what it can be asked."""

    def __init__(self, argv: list[str]) -> None:
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker: it leaves at the end of its input."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, what: str, **values: Any) -> Any:
        """Call the worker's function ``what``; returns what it returned, raises PeerError with what it raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([what, values]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError("libvirt's worker is gone") from None
        answer = self._process.stdout.readline()
        if not answer:
            raise PeerError(f"libvirt's worker ended with status {self._process.wait()}")
        good, value = json.loads(answer)
        if not good:
            raise PeerError(str(value))
        return value


class LocalWorker(Worker):
    """A worker without a libvirtd: for libvirt's test driver, which runs in the calling process."""

    def __init__(self) -> None:
        super().__init__([PYTHON, str(HERE / "libvirt_worker.py")])


class Peer(Worker):
    """libvirtd, virtlogd and a worker in mount, network and pid namespaces.

    :param folder: an empty folder on the file system where pyvirt's files are too, so that both pay the same for fsync.
    """

    def __init__(self, folder: Path) -> None:
        self._cgroups = _cgroups()
        # Below --fork the child is the first process of its pid namespace: all end with it, and it ends with us.
        argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]
        super().__init__([*argv, PYTHON, str(HERE / "libvirt_namespace.py"), str(folder)])
        try:
            self.ask("ready")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End libvirt and all it started, and remove the control groups it leaves behind."""
        super().close()
        for path in sorted(_cgroups() - self._cgroups, key=lambda path: len(path.parts), reverse=True):
            for _ in range(50):
                try:
                    path.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    # Its last processes are just being reaped.
                    subprocess.run(["sleep", "0.1"], check=False)
                    continue
                break


def _cgroups() -> set[Path]:
    """All control groups below the ones libvirt puts guests into."""
    found: set[Path] = set()
    for top in (*_CGROUPS.glob("*/machine*"), *_CGROUPS.glob("machine*")):
        found.add(top)
        found.update(path for path in top.rglob("*") if path.is_dir())
    return found
