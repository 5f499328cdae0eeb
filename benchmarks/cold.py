"""Cold processes: commands, imports, opening a connection."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from context import Context
from measure import Row, Sampler, Samplers, benchmark, loop
from peer import PYTHON, python_binding


@cache
def installed_byte_code() -> None:
    """Compile the packages as an installer does; an editable checkout may have no byte code, or that of older ones."""
    for entry in sys.path:
        for package in Path(entry).glob("pyvirt*/__init__.py"):
            compileall.compile_dir(package.parent, quiet=2)


def process(*argv: str, environment: dict[str, str] | None = None) -> Sampler:
    """A sampler of one process from its start to its end; its output is thrown away."""
    installed_byte_code()
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()[-300:]}")
    actions = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]

    def sample() -> float:
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, environment or os.environ, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        taken = time.perf_counter() - begin
        if status:
            raise RuntimeError(f"{' '.join(argv)} ended with status {status}")
        return taken

    return sample


@benchmark(Row("list-cold", "`pyvirt list` / `virsh list` / `python3 -c pass`", 1.5), rounds=1.5)
def list_cold(context: Context) -> Iterator[Samplers]:
    command = Path(sys.executable).with_name("pyvirt")
    columns: dict[str, Sampler | str] = {
        "pyvirt": "the command is not installed",
        "raw": process(sys.executable, "-c", "pass"),
    }
    if command.exists():
        columns["pyvirt"] = process(str(command), "-c", context.uri("list"), "list")
    peer = context.peer()
    if isinstance(peer, str):
        columns["libvirt"] = peer
    else:
        columns["libvirt"] = lambda: peer.ask("command", argv=["/usr/bin/virsh", "-c", "qemu:///system", "list"])
    yield columns


@benchmark(Row("import", "`import pyvirt` / `import libvirt` / bare interpreter", 1.2), rounds=1.5)
def import_cold(context: Context) -> Iterator[Samplers]:
    yield {
        "pyvirt": process(sys.executable, "-c", "import pyvirt"),
        "libvirt": python_binding() or process(PYTHON, "-c", "import libvirt"),
        "raw": process(sys.executable, "-c", "pass"),
    }


@benchmark(Row("open-cold", "process that opens test:///default", 2.0), rounds=1.5)
def open_cold(context: Context) -> Iterator[Samplers]:
    program = "import {0}; {0}.open('test:///default').close()"
    yield {
        "pyvirt": process(sys.executable, "-c", program.format("pyvirt")),
        "libvirt": python_binding() or process(PYTHON, "-c", program.format("libvirt")),
        "raw": process(sys.executable, "-c", "pass"),
    }


@benchmark(Row("open", "open and close test:///default, warm", unit="µs"))
def open_warm(context: Context) -> Iterator[Samplers]:
    import pyvirt

    times = context.number(100, 5)
    columns: dict[str, Sampler | str] = {"pyvirt": loop(lambda: pyvirt.open("test:///default").close(), times)}
    missing = python_binding()
    if missing:
        columns["libvirt"] = missing
        yield columns
        return
    from peer import LocalWorker

    with LocalWorker() as worker:
        columns["libvirt"] = lambda: worker.ask("open_close", uri="test:///default", times=times)
        yield columns
