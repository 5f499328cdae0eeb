"""Rebooting by the power button: the guest shuts down, and is started again inside the same QEMU.

QEMU is told to pause instead of to exit at the guest's shutdown, and the button is pressed. The guest takes its time,
longer than the caller may live, so a small helper process waits for it, resets the machine and lets it run. Killing the
helper loses nothing: the record says that a reboot is under way, and the next change of the domain starts another.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from pyvirt.enums.domain_state import DomainRunningReason, DomainState
from pyvirt.types import DomainRef
from pyvirt_driver_qemu.monitor import Command
from pyvirt_util.errors import VirtError
from pyvirt_util.process import ProcessId, spawn

if TYPE_CHECKING:
    from pyvirt.local import GuestStatus
    from pyvirt_driver_qemu.driver import QemuDriver

#: Seconds a guest has to shut down; after that the button counts as not answered.
PATIENCE = 300.0
_PAUSE = 0.1


def begin(driver: QemuDriver, status: GuestStatus) -> None:
    """Press the button and start the helper; the caller holds the domain's lock."""
    with driver.monitor(status) as monitor:
        monitor.execute_many([Command("set-action", {"shutdown": "pause"}), Command("system_powerdown")])
    _start_helper(driver, status)


def resume_if_abandoned(driver: QemuDriver, status: GuestStatus) -> GuestStatus:
    """Start another helper when the last one was killed; the caller holds the domain's lock."""
    helper = status.private.get("rebooting")
    if helper is None:
        return status
    pid, _, start_time = helper.partition(":")
    if ProcessId(int(pid), int(start_time)).alive():
        return status
    return _start_helper(driver, status)


def _start_helper(driver: QemuDriver, status: GuestStatus) -> GuestStatus:
    argv = [sys.executable, "-m", "pyvirt_driver_qemu.reboot", driver.uri, status.name, status.uuid, str(status.id)]
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    helper = spawn(argv, env=environment, cwd="/")
    changed = status.changed(private={**status.private, "rebooting": f"{helper.pid}:{helper.start_time}"})
    driver.records.write(changed)
    return changed


def wait_and_restart(driver: QemuDriver, ref: DomainRef) -> bool:
    """Wait for the guest to shut down and restart it; ``False`` when it did not, or is gone."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with driver.locked_running(ref) as status:
            if status.id != ref.id:
                return False
            with driver.monitor(status) as monitor:
                if monitor.execute("query-status").get("status") == "shutdown":
                    monitor.execute_many(
                        [Command("system_reset"), Command("set-action", {"shutdown": "poweroff"}), Command("cont")]
                    )
                    _finish(driver, status)
                    return True
        time.sleep(_PAUSE)
    with driver.locked_running(ref) as status:
        with driver.monitor(status) as monitor:
            monitor.execute("set-action", {"shutdown": "poweroff"})
        _finish(driver, status)
    return False


def _finish(driver: QemuDriver, status: GuestStatus) -> None:
    private = {key: value for key, value in status.private.items() if key != "rebooting"}
    changed = status.changed(private=private)
    if status.state != DomainState.RUNNING:
        changed = changed.changed(state=DomainState.RUNNING, reason=int(DomainRunningReason.BOOTED))
    driver.records.write(changed)


def main(arguments: list[str]) -> int:
    """The helper process: URI, name, UUID and id of the domain."""
    from pyvirt_driver_qemu.driver import QemuDriver
    from pyvirt_util.uris import URI

    uri, name, uuid, number = arguments
    driver = QemuDriver.open(URI.parse(uri))
    try:
        return 0 if wait_and_restart(driver, DomainRef(name, uuid, int(number))) else 1
    except VirtError:
        return 1  # the guest is gone, and with it the reason to wait


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
