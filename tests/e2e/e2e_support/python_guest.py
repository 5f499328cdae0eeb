"""A guest with a real Linux that runs a Python program of the test's: hardware of its own, and a kernel to change it.

The initramfs has this machine's Python and modules of Debian's kernel; QEMU is started by hand, since what is tested is
not how a guest is started, but what the program does to the machine it runs on.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
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
    folder: Path,
    program: str,
    *,
    packages: Sequence[Path],
    modules: Sequence[str],
    qemu: Sequence[str],
    timeout: float,
    programs: Sequence[str] = (),
    files: Sequence[Path] = (),
    whole_library: bool = False,
    stock_kernel: bool = False,
    emulator: Sequence[str] = (QEMU,),
) -> str:
    """Boot a guest that runs ``program`` and is off afterwards; what the program printed.

    :param packages: folders of Python packages that it imports, and single modules.
    :param programs: programs of this machine that are in the guest's ``/usr/sbin``, with their libraries.
    :param files: files for the guest's folder ``/files``.
    :param whole_library: Python's standard library with all that most programs do without.
    :param stock_kernel: Debian's kernel for machines of all kinds instead of the one for clouds.
    :param emulator: another QEMU, with the arguments that it always needs.
    :param modules: kernel modules, as patterns below ``kernel`` of the modules' folder, that modprobe finds.
    :param qemu: more arguments for QEMU: the machine and its devices.
    :raises AssertionError: when it fails, with all that the guest's console showed.
    """
    folder.mkdir(exist_ok=True)
    linux = linux_guest(folder, stock=stock_kernel)
    root = folder / "python"
    (root / "bin").mkdir(parents=True)
    _copy_python(root, None if whole_library else _NOT_NEEDED)
    (root / "lib/ours").mkdir(parents=True)
    for package in packages:
        if package.is_dir():
            shutil.copytree(package, root / "lib/ours" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(package, root / "lib/ours")
    for name in programs:
        _copy_program(Path(shutil.which(name) or name), root, root / "usr/sbin" / Path(name).name)
    for file in files:
        (root / "files").mkdir(exist_ok=True)
        shutil.copy(file, root / "files")
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
        *(*emulator, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"),
        *(
            "-m",
            "1024" if whole_library else "512",
            "-accel",
            "tcg",
            "-kernel",
            str(linux.kernel),
            "-initrd",
            str(linux.initrd),
        ),
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


def importable(distribution: str) -> list[Path]:
    """The packages and modules of an installed distribution and of what it needs, for ``packages``."""
    from importlib.metadata import PackageNotFoundError, files, requires

    found: set[Path] = set()
    waiting, seen = [distribution], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            for file in files(name) or ():
                if file.suffix == ".py" and file.parts[0] != "..":
                    path = Path(str(file.locate()))
                    found.add(path.parents[len(file.parts) - 2] if len(file.parts) > 1 else path)
        except PackageNotFoundError:  # for another system or version
            continue
        waiting += [re.split(r"[^\w.-]", wanted)[0] for wanted in requires(name) or () if "extra ==" not in wanted]
    return sorted(found)


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace").replace("\r", "")


def _copy_python(root: Path, ignore: Callable[[str, list[str]], set[str]] | None) -> None:
    """The interpreter without virtual environment, what it is linked to, and its standard library."""
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    ignore = ignore or shutil.ignore_patterns("__pycache__", "test", "*-packages", "config-*")
    shutil.copytree(library, root / library.relative_to("/"), ignore=ignore, symlinks=False)
    target = root / interpreter.relative_to("/")
    _copy_program(interpreter, root, target)
    for module in (root / library.relative_to("/")).glob("lib-dynload/*.so"):
        _copy_libraries(module, root)
    (root / "bin/python3").symlink_to(f"/{target.relative_to(root)}")


def _copy_program(program: Path, root: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, target)
    _copy_libraries(program, root)


def _copy_libraries(program: Path, root: Path) -> None:
    """What a program or library is linked to."""
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    for found in (Path(word) for word in said.split() if word.startswith("/")):
        target = root / found.relative_to("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, target)
