"""Running a QEMU without a guest to ask it what it can do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pyvirt_driver_qemu.capabilities.cache import kvm_accessible
from pyvirt_driver_qemu.capabilities.questions import Ask, accelerated_part, survey
from pyvirt_driver_qemu.launch import Launcher
from pyvirt_driver_qemu.monitor import Command, Monitor
from pyvirt_util.errors import OperationTimeoutError, VirtError

if TYPE_CHECKING:
    from pyvirt_util.process import ProcessId

#: With KVM in the kernel but no working virtualization QEMU may hang; after this the answers come from TCG alone.
_KVM_TIMEOUT = 15.0


def probe(binary: str, socket_path: str, *, timeout: float = 60.0) -> dict[str, Any]:
    """All about ``binary``: plain data, header and sections, as :mod:`.cache` stores it.

    The caller holds a lock on ``socket_path``. A QEMU that a killed prober left there is ended first.

    :raises VirtError: the binary does not start, or is no QEMU.
    """
    deadline = time.monotonic() + timeout
    end_leftover(socket_path)
    kvm: dict[str, Any] | None = None
    if kvm_accessible():
        try:
            kvm = _ask(binary, "kvm:tcg", socket_path, min(timeout / 2, _KVM_TIMEOUT), survey)
        except OperationTimeoutError:
            kvm = None
    if kvm is None or not kvm["kvm"]:
        found = kvm or _ask(binary, "tcg", socket_path, max(0.1, deadline - time.monotonic()), survey)
        parts = {"tcg": found}
    else:
        found = kvm
        arch = found["arch"]
        left = max(0.1, deadline - time.monotonic())
        tcg = _ask(binary, "tcg", socket_path, left, lambda ask: accelerated_part(ask, arch))
        parts = {"kvm": found, "tcg": tcg}
    return {
        **{key: found[key] for key in ("version", "package", "arch", "kvm", "flags")},
        **{key: found[key] for key in ("commands", "types", "options", "gic", "sev", "tpm", "hyperv")},
        "binary": binary,
        "machines": {name: part["machines"] for name, part in parts.items()},
        "cpus": {name: part["cpus"] for name, part in parts.items()},
        "host_cpus": {name: part["host_cpu"] for name, part in parts.items()},
    }


def end_leftover(socket_path: str) -> None:
    """Tell a QEMU that a killed prober left behind to quit; its socket still answers."""
    try:
        with Monitor.connect(socket_path, timeout=5.0) as monitor:
            monitor.execute("quit", timeout=5.0)
            for _event in monitor.events(5.0):
                continue  # until the connection ends
    except VirtError:
        pass  # nobody there, which is the rule
    _remove(socket_path)


def _ask(
    binary: str, accel: str, socket_path: str, timeout: float, questions: Callable[[Ask], dict[str, Any]]
) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    log_path = socket_path + ".log"
    with ExitStack() as stack:
        stack.callback(_remove, log_path)
        stack.callback(_remove, socket_path)
        launcher = stack.enter_context(Launcher(log_path=log_path))
        number = launcher.listen(socket_path)
        argv = [binary, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-serial", "none", "-machine"]
        argv += [f"none,accel={accel}", "-chardev", f"socket,id=charmonitor,fd={number},server=on,wait=off"]
        argv += ["-mon", "chardev=charmonitor,id=monitor,mode=control"]
        process, monitor, _ = launcher.start(argv, env=_environment(), monitor_path=socket_path, timeout=timeout)
        stack.callback(_end, monitor, process)

        def ask(commands: Sequence[Command]) -> list[Any]:
            left = max(0.0, deadline - time.monotonic())
            return monitor.execute_many(commands, timeout=left, return_errors=True)

        return questions(ask)


def _end(monitor: Monitor, process: ProcessId) -> None:
    """Nothing is lost with a QEMU that runs nothing: no need to wait for an orderly end."""
    monitor.close()
    process.kill()
    process.wait(5.0)
    process.reap()


def _environment() -> dict[str, str]:
    kept = ("PATH", "LD_LIBRARY_PATH", "HOME")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in kept if name in os.environ}}


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
