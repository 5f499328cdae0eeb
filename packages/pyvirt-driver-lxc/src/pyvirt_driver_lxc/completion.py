"""The parser configuration of the LXC driver: what a container's definition may leave out, and what it cannot have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.config import ParserConfig, XmlFlags
from pyvirt_conf.domain.namespaces import LxcNamespace
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

EMULATOR = "/usr/libexec/libvirt_lxc"
"""The controller that definitions name; management applications expect this path."""

_BITS_32 = {
    "aarch64": "armv7l",
    "mips64": "mips",
    "mips64el": "mipsel",
    "parisc64": "parisc",
    "ppc64": "ppc",
    "s390x": "s390",
    "sparc64": "sparc",
    "x86_64": "i686",
}


def host_architecture() -> str:
    """The name that definitions have for this host's architecture: ``x86_64``, ``aarch64``, ``i686`` ..."""
    import os

    machine = os.uname().machine
    return {"i386": "i686", "i486": "i686", "i586": "i686", "amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def architectures(host_arch: str) -> tuple[str, ...]:
    """What a host's kernel runs natively: its own architecture and the 32-bit one beside it (personality(2))."""
    narrow = _BITS_32.get(host_arch)
    return (host_arch,) if narrow is None else (host_arch, narrow)


def parser_config(host_arch: str | None = None, *, emulator: str = EMULATOR, **options: Any) -> ParserConfig:
    """What this driver contributes to parsing, completing and validating a container.

    A container without an architecture has the host's, without an emulator ``emulator``; a console without a target
    is one of type ``lxc``. Completing raises InvalidArgError for what isn't a container of this host, XmlError for one
    without init, and ConfigUnsupportedError for memory and CPUs that would be plugged in.

    :param host_arch: the architecture of the host; by default this one's.
    :param emulator: the path of the controller in definitions that name none.
    :param options: further fields of :class:`ParserConfig`.
    """
    host = host_arch or host_architecture()

    def early(domain: Domain, flags: XmlFlags) -> None:
        check_supported(domain, host)

    return ParserConfig(
        default_os_type="exe",
        default_arch=lambda os_type, virt_type: host,
        default_emulator=lambda domain: emulator,
        namespaces={LxcNamespace.uri: LxcNamespace},
        domain_early=early,
        device_complete=_complete_device,
        domain_complete=_complete_domain,
        **options,
    )


def check_supported(domain: Domain, host_arch: str) -> None:
    """Refuse what is no container, or not one for this host (virCapabilitiesDomainSupported).

    :raises InvalidArgError: naming what.
    """
    if domain.type != "lxc":
        raise InvalidArgError(f"the LXC driver runs domains of type 'lxc', not '{domain.type}'")
    if domain.os.type != "exe":
        raise InvalidArgError(f"containers have the OS type 'exe', not '{domain.os.type}'")
    known = architectures(host_arch)
    if domain.os.arch not in known:
        raise InvalidArgError(f"this host runs containers for {' and '.join(known)}, not for '{domain.os.arch}'")


def _complete_device(device: Any, domain: Domain, flags: XmlFlags) -> None:
    from pyvirt_conf.domain.chardev import Console, ConsoleTarget
    from pyvirt_conf.domain.memory_device import MemoryDevice

    if isinstance(device, Console):
        if device.target_type is None:
            device.target_type = ConsoleTarget.LXC
    elif isinstance(device, MemoryDevice):
        raise ConfigUnsupportedError("memory devices are not for containers")


def _complete_domain(domain: Domain, flags: XmlFlags) -> None:
    if not domain.os.init:
        raise XmlError("the <init> of a container must be specified")
    if domain.max_memory is not None:
        raise ConfigUnsupportedError("<maxMemory> is not for containers: no memory can be plugged in")
    if domain.vcpus:
        raise ConfigUnsupportedError("<vcpus> is not for containers: CPUs cannot be plugged in one by one")
