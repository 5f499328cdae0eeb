"""Small devices, from hubs and watchdogs to shared memory, leases and USB redirection."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pyvirt_conf.document import without
from pyvirt_conf.domain.address import BootDevice, Device, VirtioDriver, VirtioDriverLast
from pyvirt_conf.domain.chardev import CharSource
from pyvirt_conf.xml import (
    U32,
    U64,
    BadValue,
    Element,
    Mode,
    Node,
    OnOff,
    Positive,
    Scalar,
    U32Any,
    YesNo,
    attr,
    by_hand,
    child,
    children,
    element,
    inline,
    sized,
    text,
)
from pyvirt_conf.xml.scalars import to_int


class VirtioModel(StrEnum):
    """Which kind of virtio device."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class HubType(StrEnum):
    """virDomainHubType."""

    USB = "usb"


@element("hub")
class Hub(Device):
    """A USB hub."""

    type: HubType = attr(required=True)


class WatchdogModel(StrEnum):
    """virDomainWatchdogModel."""

    I6300ESB = "i6300esb"
    IB700 = "ib700"
    DIAG288 = "diag288"


class WatchdogAction(StrEnum):
    """What happens when the guest stops feeding it."""

    RESET = "reset"
    SHUTDOWN = "shutdown"
    POWEROFF = "poweroff"
    PAUSE = "pause"
    DUMP = "dump"
    NONE = "none"
    INJECT_NMI = "inject-nmi"


@element("watchdog")
class Watchdog(Device):
    """A watchdog."""

    model: WatchdogModel = attr(required=True)
    action: WatchdogAction = attr(default=WatchdogAction.RESET, required=True)


class BalloonModel(StrEnum):
    """virDomainMemballoonModel."""

    VIRTIO = "virtio"
    XEN = "xen"
    NONE = "none"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


@element("memballoon")
class Memballoon(Device, VirtioDriverLast):
    """The device that takes memory back from the guest; statistics every ``period`` seconds."""

    model: BalloonModel = attr(required=True)
    autodeflate: OnOff | None = attr()
    free_page_reporting: OnOff | None = attr("@freePageReporting")
    period: U32Any | None = attr("stats/@period", omit=0)

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        if node.get("model") == BalloonModel.NONE:
            # There is no device that could be anywhere.
            without(node, "alias", "acpi", "address")
        return cls._read(node, mode)


@element("backend", by="model")
class RngBackend(Element):
    """Where random numbers come from; one of the classes below by ``model``."""

    model: ClassVar[str]


@element(model="random")
class RandomBackend(RngBackend):
    """A device of the host."""

    device: str | None = text(".")


@element(model="egd")
class EgdBackend(RngBackend):
    """An entropy daemon behind a character device."""

    _keep_open = True
    source: CharSource = inline()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if node.get("type") is None:
            raise BadValue("missing type of an egd backend")
        self.source.forget_labels()


@element(model="builtin")
class BuiltinBackend(RngBackend):
    """QEMU's own."""


@element("rng")
class Rng(Device, VirtioDriver):
    """A source of random numbers; at most ``rate_bytes`` per ``rate_period`` milliseconds."""

    model: VirtioModel = attr(required=True)
    rate_bytes: U32 | None = attr("rate/@bytes", omit=0)
    rate_period: U32 | None = attr("rate/@period", omit=0, needs="rate_bytes")
    backend: RngBackend = child(required=True, single=True)


class PanicModel(StrEnum):
    """virDomainPanicModel."""

    ISA = "isa"
    PSERIES = "pseries"
    HYPERV = "hyperv"
    S390 = "s390"
    PVPANIC = "pvpanic"


@element("panic")
class Panic(Device):
    """How a guest tells that it has crashed."""

    _skip_empty = True

    model: PanicModel | None = attr()


@element("nvram")
class NvramDevice(Device):
    """The NVRAM of sPAPR guests."""

    _keep_open = True


class ShmemModel(StrEnum):
    """virDomainShmemModel."""

    IVSHMEM = "ivshmem"
    IVSHMEM_PLAIN = "ivshmem-plain"
    IVSHMEM_DOORBELL = "ivshmem-doorbell"


class ShmemRole(StrEnum):
    """Which guest owns the memory when one migrates."""

    MASTER = "master"
    PEER = "peer"


@element("msi")
class ShmemMsi(Element):
    """Interrupts of shared memory; they are on where there is such an element."""

    _more = by_hand("@enabled")
    vectors: U32Any | None = attr(omit=0)
    ioeventfd: OnOff | None = attr()


@element("server")
class ShmemServer(Element):
    """The server of ivshmem-doorbell."""

    path: str | None = attr()


@element("shmem")
class Shmem(Device):
    """Memory shared between guests; the size in bytes."""

    name: str = attr(required=True)
    role: ShmemRole | None = attr()
    model: ShmemModel = attr("model/@type", default=ShmemModel.IVSHMEM)
    memory: int | None = sized("size", store=1, assume=1, shown=2**20, unit="M", omit=0)
    server: ShmemServer | None = child()
    msi: ShmemMsi | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.msi is not None and self.server is None:
            raise BadValue("msi option is only supported with a server")
        if self.model is ShmemModel.IVSHMEM:
            self.role = None


class IommuModel(StrEnum):
    """virDomainIOMMUModel."""

    INTEL = "intel"
    SMMUV3 = "smmuv3"
    VIRTIO = "virtio"


@element("iommu")
class Iommu(Device):
    """The guest's IOMMU."""

    model: IommuModel = attr(required=True)
    intremap: OnOff | None = attr("driver/@intremap")
    caching_mode: OnOff | None = attr("driver/@caching_mode")
    eim: OnOff | None = attr("driver/@eim")
    iotlb: OnOff | None = attr("driver/@iotlb")
    aw_bits: U32 | None = attr("driver/@aw_bits", omit=0)


class VsockModel(StrEnum):
    """virDomainVsockModel."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


@element("vsock")
class Vsock(Device, VirtioDriverLast):
    """A socket family between guest and host; the guest's number is given or picked."""

    model: VsockModel | None = attr()
    auto_cid: YesNo | None = attr("cid/@auto")
    cid: Positive | None = attr("cid/@address")


@element("lease")
class Lease(Element):
    """A lease of a lock manager."""

    lockspace: str | None = text()
    key: str = text(required=True)
    path: str = attr("target/@path", required=True)
    offset: U64 | None = attr("target/@offset", omit=0)


class RedirdevBus(StrEnum):
    """virDomainRedirdevBus."""

    USB = "usb"


@element("redirdev")
class Redirdev(BootDevice):
    """A USB device of the client's machine, redirected."""

    _keep_open = True
    bus: RedirdevBus = attr(default=RedirdevBus.USB, required=True)
    source: CharSource = inline()

    def _parsed(self, node: Node, mode: Mode) -> None:
        self.source.forget_labels()


def _usb_filter(width: int, high: int) -> Scalar:
    def parse(text: str) -> int:
        value = to_int(text, 0)
        if value == -1 or 0 <= value <= high:
            return value
        raise BadValue(f"'{text}' is out of range, expected -1 to {high:#x}")

    def show(value: int) -> str:
        return "-1" if value < 0 else f"0x{value:0{width}X}"

    return Scalar(parse, show)


def _version(text: str) -> int:
    if text == "-1":
        return -1
    major, dot, minor = text.partition(".")
    if not dot or not (major + minor).isascii() or not (major + minor).isdecimal() or len(minor) > 2 or len(major) > 2:
        raise BadValue(f"'{text}' is not a USB version")
    return (int(major, 16) << 8) | int(minor, 16) << (4 if len(minor) == 1 else 0)


def _show_version(value: int) -> str:
    return "-1" if value < 0 else f"{value >> 8:x}.{value & 0xFF:02x}"


@element("usbdev")
class UsbFilter(Element):
    """Which devices may be redirected; what isn't said may be anything."""

    usb_class: Annotated[int, _usb_filter(2, 0xFF)] | None = attr("@class", omit=-1)
    vendor: Annotated[int, _usb_filter(4, 0xFFFF)] | None = attr(omit=-1)
    product: Annotated[int, _usb_filter(4, 0xFFFF)] | None = attr(omit=-1)
    version: Annotated[int, Scalar(_version, _show_version)] | None = attr(omit=-1)
    allow: YesNo = attr(required=True)


@element("redirfilter")
class RedirFilter(Element):
    """Rules for redirected devices; the first that fits counts."""

    _skip_empty = True

    rules: list[UsbFilter] = children()
