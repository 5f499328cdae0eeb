"""Devices of the host given to the guest."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pyvirt_conf.domain.address import BootDevice, PciLocation, Rom
from pyvirt_conf.domain.disk import Sgio
from pyvirt_conf.domain.interface import Teaming
from pyvirt_conf.domain.storage import Auth, Initiator, SecretUsage, StartupPolicy, StorageHost
from pyvirt_conf.domain.virtualport import InterfaceIp, Route
from pyvirt_conf.xml import (
    U32,
    BadValue,
    Element,
    Mode,
    Node,
    OnOff,
    U32Any,
    U64Any,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    flag,
    integer,
    text,
)
from pyvirt_util.errors import ConfigUnsupportedError, InternalError


class PciBackend(StrEnum):
    """The host's driver that hands a PCI device over."""

    KVM = "kvm"
    VFIO = "vfio"
    XEN = "xen"


class MdevModel(StrEnum):
    """What kind of mediated device."""

    VFIO_PCI = "vfio-pci"
    VFIO_CCW = "vfio-ccw"
    VFIO_AP = "vfio-ap"


class ScsiHostModel(StrEnum):
    """Which kind of virtio device."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class GuestReset(StrEnum):
    """When the guest may reset a USB device."""

    OFF = "off"
    UNINITIALIZED = "uninitialized"
    ON = "on"


UsbId = Annotated[int, integer(0, 0xFFFF, base=0, form="0x{:04x}")]


@element("source")
class UsbHostSource(Element):
    """A USB device by vendor and product, by bus and device number, or both."""

    startup_policy: StartupPolicy | None = attr("@startupPolicy")
    guest_reset: GuestReset | None = attr("@guestReset")
    missing: YesNo | None = attr(live=True)
    vendor: UsbId | None = attr("vendor/@id")
    product: UsbId | None = attr("product/@id")
    bus: U32Any | None = attr("address/@bus")
    device: U32Any | None = attr("address/@device")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if (self.vendor is None) != (self.product is None):
            raise BadValue("vendor and product go together")
        if self.vendor == 0:
            raise BadValue("vendor id can't be 0")
        if (self.bus is None) != (self.device is None):
            raise BadValue("bus and device of a usb address go together")
        if self.vendor is None and self.bus is None:
            raise BadValue("a usb device is named by vendor and product or by its address")


@element("origstates")
class OriginalStates(Element):
    """What is to be undone when a PCI device goes back to the host."""

    unbind: bool = flag()
    remove_slot: bool = flag("removeslot")
    reprobe: bool = flag()


@element("source")
class PciHostSource(Element):
    """A PCI device by its address."""

    write_filtering: YesNo | None = attr("@writeFiltering")
    address: PciLocation = child("address", required=True)
    original_states: OriginalStates | None = child(when=lambda value, mode: bool(mode.pci_orig))

    def _parsed(self, node: Node, mode: Mode) -> None:
        if node.get("startupPolicy") is not None:
            fail(node, mode, "startupPolicy is for USB devices only", "@startupPolicy", ConfigUnsupportedError)


@element("address")
class ScsiHostAddress(Element):
    """A SCSI device below a host adapter."""

    bus: U32 = attr(required=True)
    target: U32 = attr(required=True)
    unit: U64Any = attr(required=True)


@element("source", by="protocol", default_kind="adapter")
class ScsiSource(Element):
    """A SCSI device, of the host or of an iSCSI target."""

    protocol: ClassVar[str]


@element("source")
class ScsiHostSource(ScsiSource):
    """A SCSI device of the host: adapter and address."""

    protocol = "adapter"
    adapter: str = attr("adapter/@name", required=True)
    address: ScsiHostAddress = child(required=True)


ScsiSource._kinds["adapter"] = ScsiHostSource


@element(protocol="iscsi")
class ScsiIscsiSource(ScsiSource):
    """A unit of an iSCSI target."""

    name: str = attr(required=True)
    hosts: list[StorageHost] = children()
    auth: Auth | None = child()
    initiator: Initiator | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if len(self.hosts) != 1:
            raise BadValue(f"an iSCSI device has one host, not {len(self.hosts)}")
        if self.auth is not None and self.auth.secret.type not in (None, SecretUsage.ISCSI):
            raise BadValue(f"invalid secret type '{self.auth.secret.type}' of an iSCSI device", InternalError)
        if "/" not in self.name:
            self.name += "/0"  # the first unit of the target


@element("source")
class ScsiVhostSource(Element):
    """A vhost-scsi target."""

    protocol: str = attr(required=True)
    wwpn: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.protocol != "vhost":
            raise BadValue(f"unsupported scsi_host protocol '{self.protocol}', expected vhost")
        digits = (self.wwpn or "").removeprefix("naa.")
        if not (self.wwpn or "").startswith("naa.") or len(digits) != 16:
            raise BadValue(f"malformed vhost-scsi wwpn '{self.wwpn}'")
        if any(c not in "0123456789abcdefABCDEF" for c in digits):
            raise BadValue(f"malformed vhost-scsi wwpn '{self.wwpn}'")


@element("source")
class MdevSource(Element):
    """A mediated device by UUID."""

    uuid: Uuid = attr("address/@uuid", required=True)


@element("hostdev", by="mode", default_kind="subsystem")
class Hostdev(BootDevice):
    """A device of the host; a class below by ``mode`` and ``type``."""

    _always = ("driver/@name",)

    mode: ClassVar[str]
    type: ClassVar[str]
    rom: Rom | None = child(rank=93)
    readonly: bool = flag(rank=89)
    shareable: bool = flag(rank=89)
    teaming: Teaming | None = child(rank=80)


@element("hostdev", by="type")
class SubsystemHostdev(Hostdev):
    """A device on a bus of the host; a managed one is taken from the host's driver and given back by us."""

    managed: YesNo = attr(default=False, required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not isinstance(self, ScsiHostdev):
            self.readonly = self.shareable = False
        for name in ("sgio", "rawio", "model"):
            if node.get(name) is not None and name not in self._fields:
                fail(node, mode, f"{name} is not for host devices of type '{self.type}'", f"@{name}")


@element("hostdev", by="type")
class CapabilitiesHostdev(Hostdev):
    """A device of the host that a container sees."""

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.readonly = self.shareable = False


Hostdev._kinds["subsystem"] = SubsystemHostdev
Hostdev._kinds["capabilities"] = CapabilitiesHostdev


@element(mode="subsystem", type="pci")
class PciHostdev(SubsystemHostdev):
    """A PCI device."""

    driver: PciBackend | None = attr("driver/@name")
    source: PciHostSource = child("source", required=True)


@element(mode="subsystem", type="usb")
class UsbHostdev(SubsystemHostdev):
    """A USB device."""

    source: UsbHostSource = child("source", required=True)


@element(mode="subsystem", type="scsi")
class ScsiHostdev(SubsystemHostdev):
    """A SCSI device."""

    sgio: Sgio | None = attr()
    rawio: YesNo | None = attr()
    source: ScsiSource = child("source", required=True)


@element(mode="subsystem", type="scsi_host")
class ScsiHostHostdev(SubsystemHostdev):
    """A vhost-scsi target."""

    model: ScsiHostModel | None = attr()
    source: ScsiVhostSource = child("source", required=True)


@element(mode="subsystem", type="mdev")
class MdevHostdev(SubsystemHostdev):
    """A mediated device."""

    model: MdevModel = attr(required=True)
    display: OnOff | None = attr()
    ramfb: OnOff | None = attr()
    source: MdevSource = child("source", required=True)


@element(mode="capabilities", type="storage")
class StorageHostdev(CapabilitiesHostdev):
    """A block device."""

    block: str = text("source/block", required=True)


@element(mode="capabilities", type="misc")
class MiscHostdev(CapabilitiesHostdev):
    """A character device."""

    char: str = text("source/char", required=True)


@element(mode="capabilities", type="net")
class NetHostdev(CapabilitiesHostdev):
    """A network interface, moved into the container."""

    interface: str = text("source/interface", required=True)
    ips: list[InterfaceIp] = children()
    routes: list[Route] = children()
