"""What libvirt refuses for every hypervisor (virDomainDefValidate and the devices' own checks)."""

from __future__ import annotations

from pyvirt_conf.domain.address import Reconnect
from pyvirt_conf.domain.chardev import (
    CharSource,
    Console,
    DevChar,
    FileChar,
    NmdmChar,
    Parallel,
    PipeChar,
    Serial,
    SocketMode,
    SpicePortChar,
    TcpChar,
    UdpChar,
    UnixChar,
)
from pyvirt_conf.domain.complete import validate_name
from pyvirt_conf.domain.config import ParserConfig
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.domain.misc import EgdBackend, Redirdev
from pyvirt_conf.domain.smartcard import PassthroughSmartcard
from pyvirt_util.errors import ConfigUnsupportedError, XmlError


def validate(domain: Domain, config: ParserConfig) -> None:
    """Check the whole definition, devices first."""
    validate_name(domain, config)
    for device in domain.devices.all():
        if config.device_validate is not None:
            config.device_validate(device, domain)
    _chardevs(domain)
    _cputune(domain)
    _vcpus(domain)
    if domain.title is not None and "\n" in domain.title:
        raise XmlError("title cannot contain a line break")
    if config.domain_validate is not None:
        config.domain_validate(domain)


def _vcpus(domain: Domain) -> None:
    vcpu = domain.vcpu
    if vcpu.count == 0:
        raise XmlError("there must be at least one vcpu")
    if vcpu.current is not None and not 0 < vcpu.current <= vcpu.count:
        raise XmlError(f"current {vcpu.current} vcpus of at most {vcpu.count}")


def _chardevs(domain: Domain) -> None:
    devices = domain.devices
    ports: list[Serial | Parallel | Console | Redirdev] = [*devices.serials, *devices.parallels, *devices.consoles]
    for port in (*ports, *devices.redirdevs):
        check_source(port.source)
    for channel in devices.channels:
        check_source(channel.source, may_lack_path=True)
    for card in devices.smartcards:
        if isinstance(card, PassthroughSmartcard):
            check_source(card.source)
    for rng in devices.rngs:
        if isinstance(rng.backend, EgdBackend):
            check_source(rng.backend.source)


def check_source(source: CharSource, *, may_lack_path: bool = False) -> None:
    """The host's end of a character device is complete (virDomainChrSourceDefValidate).

    :param may_lack_path: the driver picks the path of a socket.
    """
    if isinstance(source, (FileChar, PipeChar, DevChar)) and source.path is None:
        raise XmlError(f"missing source path of a character device of type '{source.type}'")
    if isinstance(source, NmdmChar):
        if source.master is None:
            raise XmlError("missing master path of an nmdm device")
        if source.slave is None:
            raise XmlError("missing slave path of an nmdm device")
    if isinstance(source, TcpChar):
        if source.host is None:
            raise XmlError("missing source host of a character device of type 'tcp'")
        if source.service is None:
            raise XmlError("missing source service of a character device of type 'tcp'")
    if isinstance(source, UdpChar) and source.service is None:
        raise XmlError("missing source service of a character device of type 'udp'")
    if isinstance(source, UnixChar) and source.path is None and not may_lack_path:
        raise XmlError("missing source path of a character device of type 'unix'")
    if isinstance(source, (TcpChar, UnixChar)) and source.mode is SocketMode.BIND:
        _no_reconnect(source.reconnect)
    if isinstance(source, SpicePortChar):
        if source.channel is None:
            raise XmlError("missing source channel of a character device of type 'spiceport'")
        if not all(c.isascii() and (c.isalnum() or c in "-_./:@") for c in source.channel):
            raise XmlError(f"invalid character in spice port channel '{source.channel}'")


def _no_reconnect(reconnect: Reconnect | None) -> None:
    if reconnect is not None and reconnect.enabled:
        raise ConfigUnsupportedError("chardev reconnect is possible only for connect mode")


def _cputune(domain: Domain) -> None:
    tune = domain.cputune
    seen_vcpu: set[int] = set()
    for pin in tune.vcpupin:
        if pin.vcpu in seen_vcpu:
            raise XmlError(f"duplicate vcpupin for vcpu {pin.vcpu}")
        seen_vcpu.add(pin.vcpu)
    for place, group in enumerate(tune.cachetune):
        for other in tune.cachetune[:place]:
            if group.vcpus & other.vcpus:
                raise XmlError(f"overlapping vcpus in cachetunes: {group.vcpus} and {other.vcpus}")
        seen: set[tuple[int, int, str]] = set()
        for cache in group.caches:
            for kind in ("code", "data") if cache.type == "both" else (cache.type.value,):
                if (cache.level, cache.id, kind) in seen:
                    raise XmlError(
                        f"cache {cache.id} of level {cache.level} has several {kind} allocations of one group"
                    )
                seen.add((cache.level, cache.id, kind))
        for monitor in group.monitors:
            if not monitor.vcpus <= group.vcpus:
                raise XmlError(f"monitored vcpus {monitor.vcpus} are not those of the cachetune, {group.vcpus}")
    for place, share in enumerate(tune.memorytune):
        for earlier in tune.memorytune[:place]:
            if share.vcpus & earlier.vcpus:
                raise XmlError(f"overlapping vcpus in memorytunes: {share.vcpus} and {earlier.vcpus}")
        for group in tune.cachetune:
            if share.vcpus & group.vcpus and share.vcpus != group.vcpus:
                raise XmlError(f"overlapping vcpus in memorytune {share.vcpus} and cachetune {group.vcpus}")
        ids = [node.id for node in share.nodes]
        if len(set(ids)) != len(ids):
            raise XmlError("a NUMA node has several memory bandwidth allocations of one group")
        for watch in share.monitors:
            if not watch.vcpus <= share.vcpus:
                raise XmlError(f"monitored vcpus {watch.vcpus} are not those of the memorytune, {share.vcpus}")
