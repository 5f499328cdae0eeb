"""Domains for real guests, and talking to them on their serial console."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pyvirt.errors import OperationTimeoutError

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


def expect(console: Stream, wanted: bytes, timeout: float = PATIENCE) -> bytes:
    """Read until ``wanted`` came; all that was read."""
    deadline = time.monotonic() + timeout
    got = b""
    while wanted not in got:
        try:
            data = console.read(4096, timeout=max(0.0, deadline - time.monotonic()))
        except OperationTimeoutError:
            raise AssertionError(f"the guest did not say {wanted!r} within {timeout:g} s, but {got!r}") from None
        assert data, f"the console ended after {got!r}, without {wanted!r}"
        got += data
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
