"""A guest with a real Linux: Debian's cloud kernel and an initramfs with busybox, made on the spot."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_META_PACKAGE = "linux-image-cloud-amd64"
#: Beyond what the kernel has built in: the power button, and how a program learns of it.
_MODULES = ("drivers/acpi/button.ko", "drivers/input/evdev.ko")
READY = b"linux guest ready"
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
echo "linux guest ready: $(uname -r)"
while read -r line; do eval "$line"; done
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


def linux_guest(folder: Path) -> LinuxGuest:
    """Kernel and initramfs, the latter made in ``folder``. The kernel is fetched once and kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyvirt-tests"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = _unpacked(cache)
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
    initrd = folder / "initrd"
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with initrd.open("wb") as output:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet"], cwd=root, input=names.encode(), stdout=output, check=True
        )
    return LinuxGuest(kernel, initrd, modules.parent.name)


def _unpacked(cache: Path) -> Path:
    """The package's files; any version that was fetched once will do."""
    known = sorted(cache.glob("linux-image-*-cloud-amd64.unpacked"))
    if known:
        return known[-1]
    described = subprocess.run(
        ["apt-cache", "depends", _META_PACKAGE], check=True, capture_output=True, text=True
    ).stdout
    package = next(line.split()[1] for line in described.splitlines() if line.strip().startswith("Depends:"))
    subprocess.run(["apt-get", "-qq", "download", package], cwd=cache, check=True, capture_output=True)
    (archive,) = cache.glob(f"{package}_*.deb")
    unfinished = cache / f"{package}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    subprocess.run(["dpkg", "-x", str(archive), str(unfinished)], check=True)
    done = cache / f"{package}.unpacked"
    unfinished.rename(done)
    archive.unlink()
    return done
