"""Character devices: the host's end of a device is complete (virDomainChrSourceDefValidate)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DeviceAddress, Reconnect, UsbAddress
from pyvirt_conf.domain.chardev import (
    Channel,
    CharSource,
    Console,
    DbusChar,
    DevChar,
    FileChar,
    NmdmChar,
    Parallel,
    PipeChar,
    Serial,
    SerialTarget,
    SocketMode,
    SpicePortChar,
    SpiceVmcChar,
    TcpChar,
    UdpChar,
    UnixChar,
    VirtioTarget,
    XenTarget,
)
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, InvalidArgError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


_SERIAL_ADDRESSES: dict[SerialTarget, type[DeviceAddress]] = {
    SerialTarget.USB: UsbAddress,
}


def check_port(port: Serial | Parallel | Console | Channel, domain: Domain) -> None:
    """Check a character device; for a channel of the guest the driver may pick the path of a socket."""
    if isinstance(port, Serial) and port.address is not None:
        allowed = _SERIAL_ADDRESSES.get(port.target_type) if port.target_type is not None else None
        if allowed is not None and not isinstance(port.address, allowed):
            kind = dict(allowed._const)["type"]
            raise ConfigUnsupportedError(f"{port.target_type} requires address of {kind} type")
    if isinstance(port, (Serial, Parallel)) and isinstance(port.source, SpiceVmcChar):
        raise ConfigUnsupportedError("type 'spicevmc' is for channels of virtio only")
    picks = isinstance(port, Channel) and isinstance(port.target, (VirtioTarget, XenTarget))
    check_source(port.source, domain, may_lack_path=picks)


def check_source(source: CharSource, domain: Domain, *, may_lack_path: bool = False) -> None:
    """Check the host's end.

    :param may_lack_path: the driver picks the path of a socket.
    :raises InternalError: something is missing.
    """
    if isinstance(source, (FileChar, PipeChar, DevChar)) and source.path is None:
        raise InternalError(f"missing source path of a character device of type '{source.type}'")
    if isinstance(source, NmdmChar) and (source.master is None) != (source.slave is None):
        raise InternalError("an nmdm device has both master and slave paths")
    if isinstance(source, TcpChar):
        for name, value in (("host", source.host), ("service", source.service)):
            if value is None:
                raise InternalError(f"missing source {name} of a character device of type 'tcp'")
    if isinstance(source, UdpChar) and source.service is None:
        raise InternalError("missing source service of a character device of type 'udp'")
    if isinstance(source, UnixChar) and source.path is None and not may_lack_path:
        raise InternalError("missing source path of a character device of type 'unix'")
    if isinstance(source, (TcpChar, UnixChar)) and source.mode is SocketMode.BIND:
        _no_reconnect(source.reconnect)
    if isinstance(source, (SpicePortChar, DbusChar)):
        _channel(source.channel)


def _no_reconnect(reconnect: Reconnect | None) -> None:
    if reconnect is not None and reconnect.enabled:
        raise InternalError("chardev reconnect is possible only for connect mode")


def _channel(name: str | None) -> None:
    if name is None:
        raise ConfigUnsupportedError("missing source channel of a character device")
    if not all(char.isascii() and (char.isalnum() or char in "_-.") for char in name):
        raise InvalidArgError(f"invalid character in source channel '{name}'")
