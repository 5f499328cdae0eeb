"""Keyboards, mice and tablets."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.address import Device, VirtioDriver
from pyvirt_conf.xml import BadValue, Element, Mode, Node, OnOff, attr, child, element


class InputType(StrEnum):
    """virDomainInputType."""

    MOUSE = "mouse"
    TABLET = "tablet"
    KEYBOARD = "keyboard"
    PASSTHROUGH = "passthrough"
    EVDEV = "evdev"


class InputBus(StrEnum):
    """virDomainInputBus."""

    PS2 = "ps2"
    USB = "usb"
    XEN = "xen"
    PARALLELS = "parallels"
    VIRTIO = "virtio"


class InputModel(StrEnum):
    """Which kind of virtio device."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class InputGrab(StrEnum):
    """Whether grabbing one device grabs all."""

    ALL = "all"


class GrabToggle(StrEnum):
    """The keys that give the devices back to the host."""

    CTRL_CTRL = "ctrl-ctrl"
    ALT_ALT = "alt-alt"
    SHIFT_SHIFT = "shift-shift"
    META_META = "meta-meta"
    SCROLLLOCK = "scrolllock"
    CTRL_SCROLLLOCK = "ctrl-scrolllock"


@element("source")
class InputSource(Element):
    """An event device of the host."""

    evdev: str | None = attr()
    dev: str | None = attr()
    grab: InputGrab | None = attr()
    grab_toggle: GrabToggle | None = attr("@grabToggle")
    repeat: OnOff | None = attr()


@element("input")
class Input(Device, VirtioDriver):
    """An input device."""

    type: InputType = attr(required=True)
    bus: InputBus | None = attr()
    model: InputModel | None = attr()
    source: InputSource | None = child(rank=20)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type is InputType.EVDEV:
            if self.source is None or self.source.dev is None:
                raise BadValue("missing source/@dev of an evdev input")
        elif self.type is InputType.PASSTHROUGH:
            if self.source is None or self.source.evdev is None:
                raise BadValue("missing source/@evdev of a passthrough input")
        else:
            self.source = None
