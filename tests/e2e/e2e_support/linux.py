"""A guest with a real Linux: Debian's cloud kernel and an initramfs with busybox, made on the spot.

On demand it also runs QEMU's guest agent, Debian's build of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_KERNEL, _STOCK_KERNEL = "linux-image-cloud-amd64", "linux-image-amd64"
_AGENT = "qemu-guest-agent"
#: Beyond what the kernel has built in: the power button, and how a program learns of it.
_MODULES = ("drivers/acpi/button.ko", "drivers/input/evdev.ko")
#: What the agent's channel needs, in the order of loading.
_AGENT_MODULES = (
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/char/virtio_console.ko",
)
READY = b"linux guest ready"
AGENT_READY = b"agent started"
_INIT = """\
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
insmod /button.ko
insmod /evdev.ko
acpid -f -l /dev/null >/dev/console 2>&1 &
[ -x /agent ] && /agent
echo "linux guest ready: $(uname -r)"
while read -r line; do eval "$line"; done
"""
_START_AGENT = """\
#!/bin/busybox sh
{modules}
for port in /sys/class/virtio-ports/*; do
    if [ "$(cat $port/name)" = org.qemu.guest_agent.0 ]; then
        qemu-ga -d -m virtio-serial -p /dev/${{port##*/}} -f /run/agent.pid -t /run && echo "agent started"
    fi
done
"""
#: The agent runs it as ``shutdown -h -P +0 WHY``, or with ``-r`` or ``-H`` in the second place.
_SHUTDOWN = """\
#!/bin/busybox sh
echo "shutdown $*" >/dev/console
case "$2" in -r) reboot -f ;; *) poweroff -f ;; esac
"""
_POWER_BUTTON = """\
#!/bin/sh
echo "power button pressed" >/dev/console
sleep 0.5
poweroff -f
"""


class LinuxGuest(NamedTuple):
    """What to boot, and the version of the kernel as it names itself."""

    kernel: Path
    initrd: Path
    release: str


def unavailable() -> str:
    """Why no such guest can be made here; empty when one can."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return "no apt-get here to fetch Debian's kernel with"
    for program, package in (("busybox", "busybox-static"), ("cpio", "cpio")):
        if not shutil.which(program):
            return f"{program} is not installed (apt-get install {package})"
    return ""


def linux_guest(folder: Path, *, agent: bool = False, stock: bool = False) -> LinuxGuest:
    """Kernel and initramfs, the latter made in ``folder``. Packages are fetched once and kept in the user's cache.

    :param agent: runs QEMU's guest agent on the channel ``org.qemu.guest_agent.0``.
    :param stock: the kernel for machines of all kinds, with drivers for their cards, instead of the one for clouds.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyvirt-tests"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = _unpacked(cache, _STOCK_KERNEL if stock else _KERNEL)
        agent_tree = _unpacked(cache, _AGENT) if agent else None
    (kernel,) = tree.glob("boot/vmlinuz-*")
    (modules,) = tree.glob("lib/modules/*/kernel")
    root = folder / "initramfs"
    for name in ("bin", "dev", "proc", "sys", "etc/acpi/PWRF"):
        (root / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "busybox", root / "bin" / "busybox")
    for name in _MODULES:
        shutil.copy(modules / name, root)
    for path, text in ((root / "init", _INIT), (root / "etc/acpi/PWRF/00000080", _POWER_BUTTON)):
        path.write_text(text)
        path.chmod(0o755)
    if agent_tree is not None:
        _add_agent(root, agent_tree, modules)
    initrd = folder / "initrd"
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with initrd.open("wb") as output:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet"], cwd=root, input=names.encode(), stdout=output, check=True
        )
    return LinuxGuest(kernel, initrd, modules.parent.name)


def _add_agent(root: Path, tree: Path, modules: Path) -> None:
    program = tree / "usr/sbin/qemu-ga"
    needed = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
    for library in (Path(word) for word in needed.split() if word.startswith("/")):
        copy = root / library.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copy)
    for folder in ("sbin", "run"):
        (root / folder).mkdir(exist_ok=True)
    shutil.copy(program, root / "bin")
    for name in _AGENT_MODULES:
        shutil.copy(modules / name, root)
    load = "\n".join(f"insmod /{Path(name).name}" for name in _AGENT_MODULES)
    for path, text in ((root / "agent", _START_AGENT.format(modules=load)), (root / "sbin/shutdown", _SHUTDOWN)):
        path.write_text(text)
        path.chmod(0o755)


def _unpacked(cache: Path, package: str) -> Path:
    """The files of a package (of the kernel that the meta package stands for); any version fetched once will do."""
    done = cache / f"{package}.unpacked"
    if done.exists():
        return done
    actual = package
    if package in (_KERNEL, _STOCK_KERNEL):
        described = subprocess.run(["apt-cache", "depends", package], check=True, capture_output=True, text=True).stdout
        actual = next(line.split()[1] for line in described.splitlines() if line.strip().startswith("Depends:"))
    subprocess.run(["apt-get", "-qq", "download", actual], cwd=cache, check=True, capture_output=True)
    (archive,) = cache.glob(f"{actual}_*.deb")
    unfinished = cache / f"{package}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    subprocess.run(["dpkg", "-x", str(archive), str(unfinished)], check=True)
    unfinished.rename(done)
    archive.unlink()
    return done
