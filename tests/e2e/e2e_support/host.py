"""An embedded instance in a folder of the test's own: opening it, seeing all that belongs to it, ending it."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyvirt
from e2e_support.guests import QEMU, domain_xml, wait_until
from pyvirt_testing.guest import write_disk

#: What stays below the runtime directory of an instance without guests.
_MAY_STAY = re.compile(r"run/qemu/(next-id|registry\.lock|live/\.(lock|index)|last/[^/]+|events/watcher\.lock)")


class Host:
    """One instance: ``uri`` opens it, from this process and others."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = f"qemu:///embed?root={root}"
        self.disks = root.parent / f"{root.name}-disks"
        self.disks.mkdir()
        self._connections: list[pyvirt.Connection] = []
        self._links = set(os.listdir("/sys/class/net"))

    def open(self) -> pyvirt.Connection:
        """A connection, closed at the end of the test at the latest."""
        conn = pyvirt.open(self.uri)
        self._connections.append(conn)
        return conn

    def disk(self, name: str) -> Path:
        """A raw image with the boot-sector guest."""
        path = self.disks / f"{name}.img"
        return path if path.exists() else write_disk(path)

    def xml(self, name: str, **options: str) -> str:
        """A domain with the boot-sector guest on its disk."""
        return domain_xml(name, self.disk(name), **options)  # type: ignore[arg-type]

    def python(
        self, program: str, *arguments: str, check: bool = True, timeout: float = 120, wrapper: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in another process; ``conn`` in it is a connection, ``sys.argv[1:]`` the arguments."""
        text = f"import sys, pyvirt\nfrom pyvirt import enums, errors\nconn = pyvirt.open({self.uri!r})\n{program}\n"
        argv = [*wrapper, sys.executable, "-c", text, *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=timeout)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    def processes(self) -> list[int]:
        """Processes other than this one that run on something below the root: QEMU and helpers."""
        return processes_below(self.root)

    def qemus(self) -> list[int]:
        """Of :meth:`processes` those that are QEMU."""
        return [pid for pid in self.processes() if _executable(pid) == os.path.realpath(QEMU)]

    def leftovers(self, *, after_kill: bool = False) -> list[str]:
        """Everything of guests that is still there, as text; empty when no guest is.

        :param after_kill: a killed process can remove neither the file of the lock it held nor the temporary it wrote.
            They may be there, as long as nobody holds them; later changes remove them.
        """
        found = [f"process {pid}: {_text(f'/proc/{pid}/cmdline')[:200]}" for pid in self.processes()]
        for path in self.files("run"):
            if not _MAY_STAY.fullmatch(path):
                found.append(f"file {path}")
        found += [f"temporary file {path}" for path in self.files("etc") if ".tmp." in path]
        if after_kill:
            found = [text for text in found if not self._is_settled_later(text.rpartition(" ")[2])]
        found += [f"socket {path}" for path in _open_sockets() if path.startswith(f"{self.root}/")]
        found += [f"link {name}" for name in sorted(set(os.listdir("/sys/class/net")) - self._links)]
        return found

    def _is_settled_later(self, path: str) -> bool:
        unheld = path.startswith("run/qemu/locks/") or "/.new/" in path
        return unheld and not _is_locked(self.root / path)

    def files(self, below: str) -> list[str]:
        """Everything that is no directory below a folder of the root, as paths from the root."""
        return sorted(
            str(Path(folder, name).relative_to(self.root))
            for folder, _, names in os.walk(self.root / below)
            for name in names
        )

    def close(self) -> None:
        """Close this process's connections."""
        while self._connections:
            self._connections.pop().close()

    def destroy_all(self) -> None:
        """End all guests in the way a user would."""
        with pyvirt.open(self.uri) as conn:
            for domain in conn.list_domains(pyvirt.enums.ConnectListAllDomainsFlags.ACTIVE):
                domain.destroy()

    def kill_strays(self) -> None:
        """End what should not be there any more, so that a failed test leaves nothing behind."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        wait_until(lambda: not self.processes(), "killed processes end", 10)


def processes_below(root: Path) -> list[int]:
    """Processes, zombies and this one left out, that have ``root`` in their command line or a file below it open."""
    mark = str(root)
    inside = re.compile(re.escape(mark) + r"(?![\w-])")
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        concerned = inside.search(_text(f"/proc/{entry}/cmdline")) or _uses(entry, mark)
        if concerned and _text(f"/proc/{entry}/stat").rpartition(")")[2].split()[:1] not in (["Z"], ["X"], []):
            found.append(int(entry))
    return sorted(found)


def _is_locked(path: Path) -> bool:
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _uses(pid: str, mark: str) -> bool:
    try:
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return False
    return any(link.startswith(f"{mark}/") for link in links)


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def _open_sockets() -> list[str]:
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return [fields[7] for fields in (line.split() for line in lines) if len(fields) > 7]
