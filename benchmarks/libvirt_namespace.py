"""The first process of the peer's namespaces: mounts, daemons, then the worker; it reaps what loses its parent.

Runs under Debian's interpreter with nothing but the standard library: ``libvirt_namespace.py FOLDER`` below
``unshare --mount --net --pid --fork --mount-proc``.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

#: libvirt's own folders, each replaced by one below FOLDER.
REPLACED = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
SOCKET = "/run/libvirt/libvirt-sock"
LIBVIRTD_CONF = """\
listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
auth_unix_ro = "none"
log_filters = "4:*"
"""
# Guests run as root, as pyvirt's do in the same run. All else is libvirt's default.
QEMU_CONF = """\
user = "root"
group = "root"
"""


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def prepare(folder: Path) -> None:
    mount("--make-rprivate", "/")
    # With it libvirt would want a delegated cgroup; the old hierarchies are left to it.
    subprocess.run(["umount", "/sys/fs/cgroup/unified"], stderr=subprocess.DEVNULL, check=False)
    mount("-t", "tmpfs", "tmpfs", "/run")
    Path("/run/libvirt").mkdir()
    for path in REPLACED:
        own = folder / path.strip("/").replace("/", "-")
        own.mkdir()
        mount("--bind", str(own), path)
    Path("/etc/libvirt/libvirtd.conf").write_text(LIBVIRTD_CONF)
    Path("/etc/libvirt/qemu.conf").write_text(QEMU_CONF)
    hide_kvm()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)


def hide_kvm() -> None:
    """Guests are TCG ones, and a /dev/kvm that does not work makes libvirt probe QEMU anew at every call."""
    if not Path("/dev/kvm").exists():
        return
    kept = Path("/run/dev")
    kept.mkdir()
    mount("--rbind", "/dev", str(kept))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/dev")
    for path in kept.iterdir():
        here = Path("/dev", path.name)
        if path.is_symlink():
            here.symlink_to(path.readlink())
        elif path.is_dir():
            here.mkdir()
            mount("--rbind", str(path), str(here))
        elif path.name != "kvm":
            # A node and not a bind mount: /dev/ptmx looks for its pts beside itself.
            found = path.stat()
            os.mknod(here, found.st_mode, found.st_rdev)
            here.chmod(found.st_mode & 0o777)
    subprocess.run(["umount", "-l", str(kept)], check=True)


def start_daemons(log: Path) -> None:
    with log.open("ab") as output:
        for argv in (["/usr/sbin/virtlogd"], ["/usr/sbin/libvirtd", "-f", "/etc/libvirt/libvirtd.conf"]):
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(SOCKET)
                return
            except OSError:
                time.sleep(0.02)
    sys.exit(f"libvirtd does not listen at {SOCKET}; it said: {log.read_text()[-2000:]}")


def main() -> None:
    folder = Path(sys.argv[1])
    prepare(folder)
    start_daemons(folder / "daemons.log")
    worker = subprocess.Popen([sys.executable, str(Path(__file__).with_name("libvirt_worker.py"))])
    # The worker has the pipes; only reap here, at once: libvirt takes a zombie for a running QEMU.
    while True:
        pid, status = os.wait()
        if pid == worker.pid:
            # The rest of the namespace ends with this process.
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
