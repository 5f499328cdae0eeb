"""Domains for real guests, and talking to them on their serial console."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pyvirt.errors import OperationTimeoutError
from pyvirt_testing.guest import GREETING

if TYPE_CHECKING:
    from pyvirt.streams import Stream

QEMU = "/usr/bin/qemu-system-x86_64"
#: Seconds for whatever a guest does; far more than it needs, so that a busy machine fails no test.
PATIENCE = 30.0


def domain_xml(
    name: str,
    disk: Path | str | None = None,
    *,
    machine: str = "q35",
    memory: int = 16,
    uuid: str | None = None,
    emulator: Path | str = QEMU,
    os: str = "",
    top: str = "",
    devices: str = "",
) -> str:
    """A domain for TCG: ``memory`` in MiB, ``disk`` a raw image, the console a pty; the rest is added as it is."""
    drive = ""
    if disk is not None:
        drive = f"""
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
    </disk>"""
    return f"""\
<domain type='qemu'>
  <name>{name}</name>{f"<uuid>{uuid}</uuid>" if uuid else ""}
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type>{os}</os>
  <features><acpi/></features>{top}
  <devices>
    <emulator>{emulator}</emulator>{drive}
    <serial type='pty'/>
    <memballoon model='none'/>{devices}
  </devices>
</domain>
"""


#: A key that the guest only echoes, and that its greeting has not in it.
_ANY_KEY = b"#"


def expect(console: Stream, wanted: bytes, timeout: float = PATIENCE) -> bytes:
    """Read until ``wanted`` came; all that was read.

    QEMU drops what a guest says while nobody has its console open. Where the greeting is wanted and does not come, a
    key is pressed: a guest that echoes it has said its greeting before.
    """
    deadline = time.monotonic() + timeout
    got = b""
    while wanted not in got:
        left = max(0.0, deadline - time.monotonic())
        try:
            data = console.read(4096, timeout=min(left, 1.0) if wanted == GREETING else left)
        except OperationTimeoutError:
            if wanted != GREETING or not left:
                raise AssertionError(f"the guest did not say {wanted!r} within {timeout:g} s, but {got!r}") from None
            console.write(_ANY_KEY)
            continue
        assert data, f"the console ended after {got!r}, without {wanted!r}"
        got += data
        if wanted == GREETING and _ANY_KEY in got:
            break
    return got


def quiet(console: Stream, seconds: float) -> bytes:
    """What the guest says within ``seconds``."""
    deadline = time.monotonic() + seconds
    got = b""
    while True:
        try:
            data = console.read(4096, timeout=max(0.0, deadline - time.monotonic()))
        except OperationTimeoutError:
            return got
        if not data:
            return got
        got += data


def wait_until(condition: Callable[[], object], what: str, timeout: float = PATIENCE) -> None:
    """Ask until the answer is true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout:g} s"
        time.sleep(0.02)
