"""Finding the emulator for an architecture."""

from __future__ import annotations

import os

from pyvirt_util.errors import ConfigUnsupportedError

#: libvirt's architectures whose emulator has another name.
_BINARY_NAMES = {
    "i686": "i386",
    "armv6l": "arm",
    "armv7l": "arm",
    "ppc64le": "ppc64",
    "x86_64": "x86_64",
}
#: Where distributions put it that is not on PATH.
_EXTRA_FOLDERS = ("/usr/libexec",)


def host_architecture() -> str:
    """Libvirt's name of this host's architecture: ``x86_64``, ``aarch64``, ``i686`` ..."""
    machine = os.uname().machine
    return {"i386": "i686", "i486": "i686", "i586": "i686", "amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def find_emulator(architecture: str, *, kvm: bool = False) -> str | None:
    """The absolute path of the emulator for an architecture, or ``None``."""
    from pyvirt_util.process import find_program

    names = [f"qemu-system-{_BINARY_NAMES.get(architecture, architecture)}"]
    if architecture == "i686":
        names.append("qemu-system-x86_64")
    if architecture == host_architecture():
        names += ["qemu-kvm", "kvm"]
    for name in names:
        found = find_program(name, _EXTRA_FOLDERS)
        if found is not None:
            return found
    return None


def missing_emulator(architecture: str) -> ConfigUnsupportedError:
    """The error of a host without an emulator for ``architecture``."""
    package = {"x86_64": "qemu-system-x86", "i686": "qemu-system-x86", "aarch64": "qemu-system-arm"}.get(
        architecture, "qemu-system"
    )
    return ConfigUnsupportedError(
        f"no emulator found for arch '{architecture}'", hint=f"install QEMU, on Debian: apt-get install {package}"
    )
