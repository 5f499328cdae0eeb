"""What all benchmarks share: a temporary folder, the guests' disk and XML, how thorough to be, and the peer."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from peer import Peer

EMULATOR = "/usr/bin/qemu-system-x86_64"


class Context:
    """One run of the benchmarks. A context manager: leaving it ends the peer and removes the folder.

    :param quick: few samples and small numbers: shows that everything runs, not how quickly.
    :param libvirt: whether to start the peer when a benchmark asks for it.
    """

    def __init__(self, folder: Path, *, quick: bool = False, libvirt: bool = True) -> None:
        self.folder = folder
        self.quick = quick
        self._wanted = libvirt
        self._stack = ExitStack()
        self._peer: Peer | None = None
        self._why_no_peer = "" if libvirt else "not asked for"
        self._serial = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def number(self, thorough: int, quick: int) -> int:
        """A quantity: ``thorough``, or ``quick`` in a quick run."""
        return quick if self.quick else thorough

    def new_folder(self, name: str) -> Path:
        """A fresh folder."""
        self._serial += 1
        folder = self.folder / f"{name}{self._serial}"
        folder.mkdir()
        return folder

    def uri(self, name: str) -> str:
        """The URI of a fresh embedded instance."""
        return f"qemu:///embed?root={self.new_folder(name)}"

    def peer(self) -> Peer | str:
        """libvirt in namespaces of its own, started when first asked for; or the reason why there is none."""
        if self._peer is None and not self._why_no_peer:
            import peer

            self._why_no_peer = peer.unavailable()
            if not self._why_no_peer:
                self._peer = self._stack.enter_context(peer.Peer(self.new_folder("libvirt")))
        return self._peer or self._why_no_peer

    @property
    def no_guests(self) -> str:
        """Why no guest can be started; empty when one can."""
        return "" if Path(EMULATOR).exists() else f"{EMULATOR} is not installed"


def guest_xml(name: str, *, uuid: str = "", disk: Path | None = None, memory: int = 64, nic: bool = True) -> str:
    """A domain for both pyvirt and libvirt: q35, TCG, a serial console; ``memory`` in MiB."""
    parts = [
        f"<domain type='qemu'>\n  <name>{name}</name>",
        f"  <uuid>{uuid}</uuid>" if uuid else "",
        f"  <memory unit='MiB'>{memory}</memory>\n  <vcpu>1</vcpu>",
        "  <os><type arch='x86_64' machine='q35'>hvm</type></os>\n  <features><acpi/></features>",
        f"  <devices>\n    <emulator>{EMULATOR}</emulator>",
    ]
    if disk is not None:
        kind = "qcow2" if disk.suffix == ".qcow2" else "raw"
        parts.append(
            f"    <disk type='file' device='disk'>\n      <driver name='qemu' type='{kind}'/>\n"
            f"      <source file='{disk}'/>\n      <target dev='vda' bus='virtio'/>\n    </disk>"
        )
    if nic:
        parts.append("    <interface type='user'>\n      <model type='virtio'/>\n    </interface>")
    parts.append("    <serial type='pty'/>\n    <memballoon model='none'/>\n  </devices>\n</domain>\n")
    return "\n".join(part for part in parts if part)
