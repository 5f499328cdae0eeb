"""A guest with a real Linux that runs a Python program of the test's: hardware of its own, and a kernel to change it.

The initramfs has this machine's Python and modules of Debian's kernel; QEMU is started by hand, since what is tested is
not how a guest is started, but what the program does to the machine it runs on.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from e2e_support.guests import QEMU
from e2e_support.linux import linux_guest

_INIT = """\
#!/bin/busybox sh
export PATH=/bin:/usr/bin:/sbin PYTHONPATH=/lib/ours PYTHONDONTWRITEBYTECODE=1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
depmod -a
echo "BEG"IN
python3 /program.py 2>&1
echo "E"ND $?
poweroff -f
"""
_NOT_NEEDED = shutil.ignore_patterns(
    *("__pycache__", "test", "tests", "*-packages", "config-*", "idlelib", "lib2to3", "ensurepip", "tkinter"),
    *("asyncio", "distutils", "unittest", "pydoc_data", "email", "http", "xml", "curses", "sqlite3", "multiprocessing"),
)


def run_program(
    folder: Path, program: str, *, packages: Sequence[Path], modules: Sequence[str], qemu: Sequence[str], timeout: float
) -> str:
    """Boot a guest that runs ``program`` and is off afterwards; what the program printed.

    :param packages: folders of Python packages that it imports.
    :param modules: kernel modules, as patterns below ``kernel`` of the modules' folder, that modprobe finds.
    :param qemu: more arguments for QEMU: the machine and its devices.
    :raises AssertionError: when it fails, with all that the guest's console showed.
    """
    folder.mkdir(exist_ok=True)
    linux = linux_guest(folder)
    root = folder / "python"
    (root / "bin").mkdir(parents=True)
    _copy_python(root)
    for package in packages:
        shutil.copytree(package, root / "lib/ours" / package.name, ignore=_NOT_NEEDED)
    kernel = linux.kernel.parent.parent / "lib/modules" / linux.release
    for pattern in modules:
        for module in sorted(kernel.glob(f"kernel/{pattern}")):
            target = root / "lib/modules" / linux.release / module.relative_to(kernel)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, target)
    (root / "program.py").write_text(program)
    (root / "init").write_text(_INIT)
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with linux.initrd.open("ab") as output:  # the kernel unpacks one archive over the other
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet"], cwd=root, input=names.encode(), stdout=output, check=True
        )
    argv = [
        *(QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot", "-m", "512"),
        *("-accel", "tcg", "-kernel", str(linux.kernel), "-initrd", str(linux.initrd)),
        *("-append", "console=ttyS0 quiet loglevel=0 panic=-1 intel_iommu=on", *qemu),
    ]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"the guest is not done after {timeout:g} s\n{_text(late.stdout)}") from late
    _, began, rest = _text(done.stdout).partition("BEGIN\n")
    printed, ended, status = rest.rpartition("END ")
    assert began, f"{_text(done.stdout)}\n{_text(done.stderr)}"
    assert ended, f"{_text(done.stdout)}\n{_text(done.stderr)}"
    assert status.split()[0] == "0", printed
    return printed


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace").replace("\r", "")


def _copy_python(root: Path) -> None:
    """The interpreter without virtual environment, what it is linked to, and its standard library."""
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, root / library.relative_to("/"), ignore=_NOT_NEEDED, symlinks=False)
    programs = [interpreter, *(root / library.relative_to("/")).glob("lib-dynload/*.so")]
    for program in programs:
        said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
        for found in (Path(word) for word in said.split() if word.startswith("/")):
            target = root / found.relative_to("/")
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(found, target)
    target = root / interpreter.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(interpreter, target)
    (root / "bin/python3").symlink_to(f"/{target.relative_to(root)}")
