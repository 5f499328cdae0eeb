"""Character devices: serial and parallel ports, consoles, channels, and what stands behind them on the host."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.domain.address import Device, Reconnect
from pyvirt_conf.domain.seclabel import DeviceSeclabel
from pyvirt_conf.xml import (
    BadValue,
    Element,
    Mode,
    Natural,
    Node,
    OnOff,
    YesNo,
    attr,
    by_hand,
    child,
    children,
    element,
    fail,
    inline,
)
from pyvirt_util.errors import ConfigUnsupportedError


class SocketMode(StrEnum):
    """Which end a socket is: it connects, or it waits to be connected to."""

    CONNECT = "connect"
    BIND = "bind"


class TcpProtocol(StrEnum):
    """What is spoken over TCP (virDomainChrTcpProtocol)."""

    RAW = "raw"
    TELNET = "telnet"
    TELNETS = "telnets"
    TLS = "tls"


class MouseMode(StrEnum):
    """Who draws the pointer."""

    SERVER = "server"
    CLIENT = "client"


@element("source", by="type", default_kind="pty")
class CharSource(Element):
    """The host's end of a character device; one of the classes below by ``type``, an attribute of the device."""

    # What is of another type than the device's is ignored, also where unknown attributes are refused.
    _more = by_hand(
        *(
            f"source*/@{name}"
            for name in ("mode", "path", "host", "service", "channel", "master", "slave", "append", "tls")
        ),
        "protocol/@type",
        "@tty",
    )

    type: ClassVar[str]
    log_file: str | None = attr("log/@file", rank=50)
    log_append: OnOff | None = attr("log/@append", rank=50)

    def _parsed(self, node: Node, mode: Mode) -> None:
        for name in ("source", "protocol", "log"):
            if sum(kid.tag == name for kid in node) > 1:
                raise BadValue(f"a character device has more than one <{name}>")

    def forget_labels(self) -> None:
        """Drop security labels: only ports, consoles and channels have them."""
        if "seclabels" in self._fields:
            self.__dict__["seclabels"] = []


@element(type="null")
class NullChar(CharSource):
    """Nothing is read, all that's written is lost."""


@element(type="vc")
class VcChar(CharSource):
    """A virtual console of the hypervisor's own window."""


@element(type="pty")
class PtyChar(CharSource):
    """A pseudo terminal; its path is known once the guest runs."""

    path: str | None = attr("source/@path", live=True)
    seclabels: list[DeviceSeclabel] = children("source/seclabel", live=True)


@element(type="dev")
class DevChar(CharSource):
    """A character device of the host."""

    path: str | None = attr("source/@path")
    seclabels: list[DeviceSeclabel] = children("source/seclabel")


@element(type="file")
class FileChar(CharSource):
    """A file that output goes to."""

    path: str | None = attr("source/@path")
    append: OnOff | None = attr("source/@append")
    seclabels: list[DeviceSeclabel] = children("source/seclabel")


@element(type="pipe")
class PipeChar(CharSource):
    """A named pipe."""

    path: str | None = attr("source/@path")
    seclabels: list[DeviceSeclabel] = children("source/seclabel")


@element(type="stdio")
class StdioChar(CharSource):
    """The hypervisor's own standard input and output."""


@element(type="udp")
class UdpChar(CharSource):
    """Datagrams: sent to one address, received at another."""

    host: str | None = None
    service: str | None = None
    bind_host: str | None = None
    bind_service: str | None = None

    # By hand: the two ends are two <source> elements told apart by their mode.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> UdpChar:
        new = cls._read(node, mode)
        seen = set()
        for kid in node:
            if kid.tag != "source":
                continue
            way = kid.get("mode", "connect")
            if way not in ("connect", "bind"):
                fail(kid, mode, f"unknown source mode '{way}', expected connect or bind", "@mode")
            if way in seen:
                fail(kid, mode, f"more than one source with mode '{way}'")
            seen.add(way)
            if way == "bind":
                new.bind_host, new.bind_service = kid.get("host"), kid.get("service")
            else:
                new.host, new.service = kid.get("host"), kid.get("service")
        return new

    def _parsed(self, node: Node, mode: Mode) -> None:
        """Two sources are fine here."""

    def _write_kids(self, out: list[str], pad: str, mode: Mode) -> None:
        from pyvirt_conf.xml import escape

        for way, host, service in (("bind", self.bind_host, self.bind_service), ("connect", self.host, self.service)):
            if host is None and service is None:
                continue
            line = f"{pad}<source mode='{way}'"
            if host is not None:
                line += f" host='{escape(host)}'"
            if service is not None:
                line += f" service='{escape(service)}'"
            out.append(line + "/>\n")
        if self.log_file is not None:
            shown = "" if self.log_append is None else f" append='{'on' if self.log_append else 'off'}'"
            out.append(f"{pad}<log file='{escape(self.log_file)}'{shown}/>\n")


@element(type="tcp")
class TcpChar(CharSource):
    """A TCP socket."""

    mode: SocketMode = attr("source/@mode", default=SocketMode.CONNECT)
    host: str | None = attr("source/@host")
    service: str | None = attr("source/@service")
    tls: YesNo | None = attr("source/@tls")
    reconnect: Reconnect | None = child("source/reconnect")
    protocol: TcpProtocol = attr("protocol/@type", default=TcpProtocol.RAW)


@element(type="unix")
class UnixChar(CharSource):
    """A UNIX socket. No path: the driver picks one."""

    mode: SocketMode = attr("source/@mode", default=SocketMode.CONNECT, needs="path")
    path: str | None = attr("source/@path")
    reconnect: Reconnect | None = child("source/reconnect", needs="path")
    seclabels: list[DeviceSeclabel] = children("source/seclabel")


@element(type="spicevmc")
class SpiceVmcChar(CharSource):
    """The SPICE agent's channel."""


@element(type="spiceport")
class SpicePortChar(CharSource):
    """A named SPICE port."""

    channel: str | None = attr("source/@channel")


@element(type="nmdm")
class NmdmChar(CharSource):
    """A null modem device of FreeBSD."""

    master: str | None = attr("source/@master")
    slave: str | None = attr("source/@slave")


@element(type="qemu-vdagent")
class VdagentChar(CharSource):
    """QEMU's own SPICE agent."""

    copypaste: YesNo | None = attr("source/clipboard/@copypaste")
    mouse: MouseMode | None = attr("source/mouse/@mode")


@element(type="dbus")
class DbusChar(CharSource):
    """A channel on D-Bus."""

    channel: str | None = attr("source/@channel")


class SerialTarget(StrEnum):
    """What kind of serial port the guest sees (virDomainChrSerialTargetType)."""

    ISA = "isa-serial"
    USB = "usb-serial"
    PCI = "pci-serial"
    SPAPR_VIO = "spapr-vio-serial"
    SYSTEM = "system-serial"
    SCLP = "sclp-serial"
    ISA_DEBUG = "isa-debug"


class SerialModel(StrEnum):
    """The exact device (virDomainChrSerialTargetModel)."""

    ISA_SERIAL = "isa-serial"
    USB_SERIAL = "usb-serial"
    PCI_SERIAL = "pci-serial"
    SPAPR_VTY = "spapr-vty"
    PL011 = "pl011"
    SCLPCONSOLE = "sclpconsole"
    SCLPLMCONSOLE = "sclplmconsole"
    UART_16550A = "16550a"
    ISA_DEBUGCON = "isa-debugcon"


@element("serial")
class Serial(Device):
    """A serial port."""

    _always = ("@type",)

    source: CharSource = inline()
    target_type: SerialTarget | None = attr("target/@type")
    port: Natural | None = attr("target/@port")
    target_model: SerialModel | None = attr("target/model/@name")


@element("parallel")
class Parallel(Device):
    """A parallel port."""

    _always = ("@type",)
    _more = by_hand("target/@type")

    source: CharSource = inline()
    port: Natural | None = attr("target/@port")


class ConsoleTarget(StrEnum):
    """What the guest's console is (virDomainChrConsoleTargetType)."""

    SERIAL = "serial"
    XEN = "xen"
    UML = "uml"
    VIRTIO = "virtio"
    LXC = "lxc"
    OPENVZ = "openvz"
    SCLP = "sclp"
    SCLPLM = "sclplm"


@element("console")
class Console(Device):
    """The guest's console; the first one of a full virtual machine is its first serial port, seen again."""

    source: CharSource = inline()
    tty: str | None = attr(live=True)
    target_type: ConsoleTarget | None = attr("target/@type")
    port: Natural | None = attr("target/@port")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if isinstance(self.source, PtyChar) and self.source.path is None:
            self.source.path = self.tty

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        # Old clients look for the terminal of the first console in an attribute.
        first = isinstance(self.source, PtyChar) and not self.port
        self.tty = self.source.path if first and isinstance(self.source, PtyChar) else None
        self._write(out, pad, mode, "console")


class ChannelState(StrEnum):
    """Whether the guest has opened its end."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@element("target", by="type")
class ChannelTarget(Element):
    """The guest's end of a channel; one of the classes below by ``type``."""

    type: ClassVar[str]


@element(type="guestfwd")
class GuestfwdTarget(ChannelTarget):
    """An address of user-mode networking."""

    address: str = attr(required=True)
    port: Natural = attr(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        from ipaddress import IPv4Address

        try:
            IPv4Address(self.address)
        except ValueError:
            raise BadValue(f"guestfwd channel only supports IPv4 addresses, not '{self.address}'") from None


@element(type="virtio")
class VirtioTarget(ChannelTarget):
    """A named port of virtio-serial."""

    name: str | None = attr()
    state: ChannelState | None = attr(live=True)


@element(type="xen")
class XenTarget(ChannelTarget):
    """A named Xen channel."""

    name: str | None = attr()
    state: ChannelState | None = attr(live=True)


@element("channel")
class Channel(Device):
    """A private line between guest and host."""

    _always = ("@type",)

    source: CharSource = inline()
    target: ChannelTarget = child(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if isinstance(self.source, SpiceVmcChar) and not isinstance(self.target, VirtioTarget):
            raise BadValue("type 'spicevmc' is for channels of virtio only", ConfigUnsupportedError)
