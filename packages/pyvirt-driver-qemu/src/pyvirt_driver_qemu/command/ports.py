"""Serial and parallel ports, consoles and channels: the guest's end of character devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.chardev import (
    Channel,
    Console,
    ConsoleTarget,
    GuestfwdTarget,
    NullChar,
    Serial,
    SerialModel,
    SerialTarget,
    SpiceVmcChar,
    VirtioTarget,
)
from pyvirt_driver_qemu.command.address import address_props
from pyvirt_driver_qemu.command.chardev import char_alias, chardev
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: Serial ports the board has: no device, only -serial says what is behind.
_PLATFORM = (SerialTarget.SYSTEM,)


def serials(context: Context) -> list[str]:
    """Serial ports. A guest with a PC's serial port gets its consoles shown there."""
    words: list[str] = []
    for serial in context.domain.devices.serials:
        words += chardev(context, serial.source, char_alias(serial.alias))
        if serial.target_type in _PLATFORM and serial.target_model in (SerialModel.PL011, SerialModel.UART_16550A):
            words += ["-serial", f"chardev:{char_alias(serial.alias)}"]
            continue
        words += context.device(serial_props(context, serial))
    return words


def serial_props(context: Context, serial: Serial) -> Props:
    """The device of one serial port."""
    model = serial.target_model
    if model is None:
        model = {
            SerialTarget.ISA: SerialModel.ISA_SERIAL,
            SerialTarget.USB: SerialModel.USB_SERIAL,
            SerialTarget.PCI: SerialModel.PCI_SERIAL,
            SerialTarget.SPAPR_VIO: SerialModel.SPAPR_VTY,
            SerialTarget.SCLP: SerialModel.SCLPCONSOLE,
            SerialTarget.ISA_DEBUG: SerialModel.ISA_DEBUGCON,
        }.get(serial.target_type or SerialTarget.ISA, SerialModel.ISA_SERIAL)
    props: Props = {"driver": str(model), "chardev": char_alias(serial.alias), "id": serial.alias}
    if model is SerialModel.ISA_SERIAL:
        props["index"] = serial.port or 0
        return props
    return props | address_props(context, serial)


def parallels(context: Context) -> list[str]:
    """Parallel ports."""
    words: list[str] = []
    for parallel in context.domain.devices.parallels:
        alias = char_alias(parallel.alias)
        words += chardev(context, parallel.source, alias)
        words += context.device({"driver": "isa-parallel", "chardev": alias, "id": parallel.alias})
    return words


def consoles(context: Context) -> list[str]:
    """Consoles that are devices of their own; the first of a PC is its first serial port seen again."""
    words: list[str] = []
    for console in context.domain.devices.consoles:
        target = console.target_type
        if target in (None, ConsoleTarget.SERIAL):
            continue
        alias = char_alias(console.alias)
        words += chardev(context, console.source, alias)
        words += context.device(console_props(context, console))
    return words


def console_props(context: Context, console: Console) -> Props:
    """The device of one console.

    :raises ConfigUnsupportedError: QEMU has no such console.
    """
    drivers = {
        ConsoleTarget.VIRTIO: "virtconsole",
        ConsoleTarget.SCLP: "sclpconsole",
        ConsoleTarget.SCLPLM: "sclplmconsole",
    }
    driver = drivers.get(console.target_type) if console.target_type is not None else None
    if driver is None:
        raise ConfigUnsupportedError(f"unsupported console target type '{console.target_type}'")
    # Without a port QEMU takes the first free one, as it always has.
    return {"driver": driver, "chardev": char_alias(console.alias), "id": console.alias}


def channels(context: Context) -> list[str]:
    """Channels: named ports of virtio-serial, and addresses of user-mode networking."""
    words: list[str] = []
    for channel in context.domain.devices.channels:
        alias = char_alias(channel.alias)
        target = channel.target
        words += chardev(context, channel.source, alias)
        if isinstance(target, GuestfwdTarget):
            forward = f"tcp:{target.address}:{target.port}-chardev:{alias}"
            words += context.netdev({"type": "user", "guestfwd": [{"str": forward}], "id": channel.alias})
        elif isinstance(target, VirtioTarget):
            words += context.device(channel_props(context, channel, target))
        else:
            raise ConfigUnsupportedError(f"unsupported channel target type '{target.type}'")
    return words


def channel_props(context: Context, channel: Channel, target: VirtioTarget) -> Props:
    """The device of a virtio-serial port."""
    props: Props = {"driver": "virtserialport"} | address_props(context, channel)
    props |= {"chardev": char_alias(channel.alias), "id": channel.alias}
    name = target.name
    if name is None and isinstance(channel.source, SpiceVmcChar):
        name = "com.redhat.spice.0"
    if name is not None:
        props["name"] = name
    return props


def is_silent(source: object) -> bool:
    """Is nobody at the other end?"""
    return isinstance(source, NullChar)
