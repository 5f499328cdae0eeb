"""What a driver tells the parser: data and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag
from typing import TYPE_CHECKING, Any

from pyvirt_conf.xml import Mode

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_conf.domain.namespaces import DomainNamespace


class XmlFlags(Flag):
    """How a domain is read and written; the first four have the values of virDomainXMLFlags."""

    NONE = 0
    SECURE = 1
    """Passwords are written."""
    INACTIVE = 2
    """The persistent definition: nothing that only a running guest has."""
    UPDATE_CPU = 4
    """The CPU as the guest sees it; the driver acts on it before writing."""
    MIGRATABLE = 8
    """For another host, maybe with an older version."""
    STATUS = 16
    """The state file of a running guest."""
    ACTUAL_NET = 32
    """With what interfaces of type network resolved to."""
    PCI_ORIG_STATES = 64
    """With what is to be undone when PCI devices go back to the host."""
    CLOCK_ADJUST = 128
    """With the adjustment the clock started from."""
    SKIP_VALIDATE = 256
    """:func:`parse_domain` leaves validation out."""
    ALLOW_POST_PARSE_FAIL = 512
    """A driver's callback may fail; the definition is kept as it is."""
    ABI_UPDATE = 1024
    """A new definition: defaults that changed over time are the newest."""
    BUILT = 2048
    """Made by a driver from another format: what a document means by saying nothing isn't filled in."""


class ParserFeature(Flag):
    """What the calling driver can do; it changes what is accepted."""

    NONE = 0
    INDIVIDUAL_VCPUS = 1
    WIDE_SCSI = 2
    OFFLINE_VCPUPIN = 4
    NAME_SLASH = 8
    USER_ALIAS = 16
    FW_AUTOSELECT = 32
    NET_MODEL_STRING = 64
    DISK_FD = 128


def _new_uuid() -> str:
    import uuid

    return str(uuid.uuid4())


def _new_mac(prefix: bytes) -> str:
    import os

    return (prefix + os.urandom(3)).hex(":")


@dataclass(frozen=True)
class ParserConfig:
    """What the calling driver contributes to parsing, completing and validating a domain.

    :param features: what the driver can do.
    :param default_os_type: the OS type of a domain that names none.
    :param default_arch: called with OS type, virt type; the architecture of a domain that names none.
    :param default_machine: called with the domain, its architecture set; the machine type or ``None``.
    :param default_emulator: called with the domain, its architecture set; the path of the emulator or ``None``.
    :param machine_aliases: canonical names of machine types; empty where aliases are kept.
    :param namespaces: by URI, what may stand in the domain under namespaces of the driver's own.
    :param mac_prefix: the first three bytes of addresses made up for interfaces.
    :param domain_early: called with the domain and the flags before generic completion of devices.
    :param device_complete: called with every device, the domain and the flags.
    :param domain_complete: called with the domain and the flags when everything else is complete.
    :param assign_addresses: called with the domain and the flags last of all.
    :param device_validate: called with every device and the domain.
    :param domain_validate: called with the domain.
    :param new_uuid: makes up UUIDs. :param new_mac: makes up MAC addresses from a prefix.
    :param net_model_default, and so on, are the driver's own and live in its callbacks.
    """

    features: ParserFeature = ParserFeature.NONE
    default_os_type: str = "hvm"
    default_arch: Callable[[str, str], str | None] = lambda os_type, virt_type: None
    default_machine: Callable[[Domain], str | None] = lambda domain: None
    default_emulator: Callable[[Domain], str | None] = lambda domain: None
    namespaces: Mapping[str, type[DomainNamespace]] = field(default_factory=dict)
    mac_prefix: bytes = b"\x52\x54\x00"
    domain_early: Callable[[Domain, XmlFlags], None] | None = None
    device_complete: Callable[[Any, Domain, XmlFlags], None] | None = None
    domain_complete: Callable[[Domain, XmlFlags], None] | None = None
    assign_addresses: Callable[[Domain, XmlFlags], None] | None = None
    device_validate: Callable[[Any, Domain], None] | None = None
    domain_validate: Callable[[Domain], None] | None = None
    new_uuid: Callable[[], str] = _new_uuid
    new_mac: Callable[[bytes], str] = _new_mac


def _host_arch(os_type: str, virt_type: str) -> str:
    import platform

    return platform.machine()


GENERIC = ParserConfig(default_arch=_host_arch)
"""No driver: the host's architecture, nothing else is made up."""


def mode_of(flags: XmlFlags, config: ParserConfig | None = None, file: str | None = None) -> Mode:
    """The engine's form of the flags."""
    return Mode(
        file=file,
        inactive=bool(flags & XmlFlags.INACTIVE),
        secure=bool(flags & XmlFlags.SECURE),
        status=bool(flags & XmlFlags.STATUS),
        migratable=bool(flags & XmlFlags.MIGRATABLE),
        actual=bool(flags & XmlFlags.ACTUAL_NET),
        clock_adjust=bool(flags & XmlFlags.CLOCK_ADJUST),
        pci_orig=bool(flags & XmlFlags.PCI_ORIG_STATES),
        config=config,
    )
