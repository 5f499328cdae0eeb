"""Disks: ``<disk>``, its backing chain, its mirror."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pyvirt_conf.domain.address import BootDevice, VirtioDriver
from pyvirt_conf.domain.storage import (
    Auth,
    Encryption,
    FileSource,
    ImageFormat,
    StorageSource,
)
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
    YesNo,
    attr,
    child,
    element,
    fail,
    flag,
    inline,
    sized,
    text,
)
from pyvirt_conf.xml.opaque import Opaque, in_status
from pyvirt_util.errors import ConfigUnsupportedError, NoTargetError, XmlInvalidSchemaError


class DiskDevice(StrEnum):
    """What the guest sees."""

    DISK = "disk"
    CDROM = "cdrom"
    FLOPPY = "floppy"
    LUN = "lun"


class DiskBus(StrEnum):
    """The bus a disk is attached to (virDomainDiskBus)."""

    IDE = "ide"
    FDC = "fdc"
    SCSI = "scsi"
    VIRTIO = "virtio"
    XEN = "xen"
    USB = "usb"
    UML = "uml"
    SATA = "sata"
    SD = "sd"


class DiskModel(StrEnum):
    """Which kind of virtio disk."""

    VIRTIO = "virtio"
    VIRTIO_TRANSITIONAL = "virtio-transitional"
    VIRTIO_NON_TRANSITIONAL = "virtio-non-transitional"


class DiskCache(StrEnum):
    """The host's page cache."""

    DEFAULT = "default"
    NONE = "none"
    WRITETHROUGH = "writethrough"
    WRITEBACK = "writeback"
    DIRECTSYNC = "directsync"
    UNSAFE = "unsafe"


class ErrorPolicy(StrEnum):
    """What the guest meets when the host can't read or write."""

    STOP = "stop"
    REPORT = "report"
    IGNORE = "ignore"
    ENOSPACE = "enospace"


class DiskIo(StrEnum):
    """How the hypervisor does I/O."""

    NATIVE = "native"
    THREADS = "threads"
    IO_URING = "io_uring"


class Discard(StrEnum):
    """What becomes of the guest's discard requests."""

    UNMAP = "unmap"
    IGNORE = "ignore"


class DetectZeroes(StrEnum):
    """Whether writes of zeroes become holes."""

    OFF = "off"
    ON = "on"
    UNMAP = "unmap"


class DiskSnapshot(StrEnum):
    """How a snapshot of the guest treats the disk."""

    NO = "no"
    INTERNAL = "internal"
    EXTERNAL = "external"
    MANUAL = "manual"


class Sgio(StrEnum):
    """Whether SG_IO commands of the guest are filtered."""

    FILTERED = "filtered"
    UNFILTERED = "unfiltered"


class Tray(StrEnum):
    """Whether the tray of a removable drive is out."""

    CLOSED = "closed"
    OPEN = "open"


class GeometryTrans(StrEnum):
    """BIOS translation of the geometry."""

    NONE = "none"
    AUTO = "auto"
    LBA = "lba"


class MirrorJob(StrEnum):
    """What copies the disk."""

    COPY = "copy"
    ACTIVE_COMMIT = "active-commit"


class MirrorReady(StrEnum):
    """How far the copy is."""

    NO = "no"
    YES = "yes"
    ABORT = "abort"
    PIVOT = "pivot"


def _driver_format(text: str) -> ImageFormat:
    if text == "aio":
        return ImageFormat.RAW  # Xen's old name for it
    try:
        return ImageFormat(text)
    except ValueError:
        raise BadValue(f"unknown format '{text}', expected one of {', '.join(ImageFormat)}") from None


DriverFormat = Annotated[ImageFormat, Scalar(_driver_format, str)]


@element("geometry")
class Geometry(Element):
    """Cylinders, heads and sectors."""

    cyls: U32 | None = attr()
    heads: U32 | None = attr()
    secs: U32 | None = attr()
    trans: GeometryTrans | None = attr()

    # By hand: one that isn't complete says nothing.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.cyls and self.heads and self.secs:
            self._write(out, pad, mode, "geometry")


@element("iotune")
class IoTune(Element):
    """Limits on the traffic of one disk; zero is none."""

    _skip_empty = True
    total_bytes_sec: U64 | None = text(omit=0)
    read_bytes_sec: U64 | None = text(omit=0)
    write_bytes_sec: U64 | None = text(omit=0)
    total_iops_sec: U64 | None = text(omit=0)
    read_iops_sec: U64 | None = text(omit=0)
    write_iops_sec: U64 | None = text(omit=0)
    total_bytes_sec_max: U64 | None = text(omit=0)
    read_bytes_sec_max: U64 | None = text(omit=0)
    write_bytes_sec_max: U64 | None = text(omit=0)
    total_iops_sec_max: U64 | None = text(omit=0)
    read_iops_sec_max: U64 | None = text(omit=0)
    write_iops_sec_max: U64 | None = text(omit=0)
    size_iops_sec: U64 | None = text(omit=0)
    group_name: str | None = text()
    total_bytes_sec_max_length: U64 | None = text(omit=0)
    read_bytes_sec_max_length: U64 | None = text(omit=0)
    write_bytes_sec_max_length: U64 | None = text(omit=0)
    total_iops_sec_max_length: U64 | None = text(omit=0)
    read_iops_sec_max_length: U64 | None = text(omit=0)
    write_iops_sec_max_length: U64 | None = text(omit=0)


@element("backingStore")
class BackingStore(Element):
    """The image below an overlay. Without a source it ends the chain: nothing is below."""

    source: StorageSource | None = inline(required=False, before="backing")
    index: U32 | None = attr(live=True, omit=0)
    format: ImageFormat | None = attr("format/@type")
    metadata_cache_size: int | None = sized("format/metadata_cache/max_size", store=1, assume=1, unit="bytes")
    backing: BackingStore | None = child("backingStore")

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.source is None:
            out.append(f"{pad}<backingStore/>\n")
        else:
            self._write(out, pad, mode)

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        if node.get("type") is None:
            return cls()
        if node.find("source") is None:
            fail(node, mode, "missing element", "source")
        if node.find("format[@type]") is None:
            fail(node, mode, "missing attribute", "format/@type")
        return cls._read(node, mode)


@element("mirror")
class Mirror(Element):
    """The image a block job copies the disk to. Only a running guest has one."""

    source: StorageSource | None = inline(required=False, before="backing")
    file: str | None = attr()
    legacy_format: ImageFormat | None = attr("@format")
    job: MirrorJob | None = attr()
    ready: MirrorReady | None = attr(omit=MirrorReady.NO)
    format: ImageFormat | None = attr("format/@type")
    metadata_cache_size: int | None = sized("format/metadata_cache/max_size", store=1, assume=1, unit="bytes")
    backing: BackingStore | None = child("backingStore")


@element("transient")
class Transient(Element):
    """What the guest writes is thrown away when it ends."""

    share_backing: YesNo | None = attr("@shareBacking")


@element("disk")
class Disk(BootDevice, VirtioDriver):
    """A disk, CD drive or floppy drive."""

    source: StorageSource = inline(before="backing")
    device: DiskDevice = attr(default=DiskDevice.DISK)
    model: DiskModel | None = attr()
    rawio: YesNo | None = attr()
    sgio: Sgio | None = attr()
    snapshot: DiskSnapshot | None = attr()
    driver_name: str | None = attr("driver/@name")
    driver_type: DriverFormat | None = attr("driver/@type")
    cache: DiskCache | None = attr("driver/@cache", omit=DiskCache.DEFAULT)
    error_policy: ErrorPolicy | None = attr("driver/@error_policy")
    rerror_policy: ErrorPolicy | None = attr("driver/@rerror_policy")
    io: DiskIo | None = attr("driver/@io")
    ioeventfd: OnOff | None = attr("driver/@ioeventfd")
    event_idx: OnOff | None = attr("driver/@event_idx")
    copy_on_read: OnOff | None = attr("driver/@copy_on_read")
    discard: Discard | None = attr("driver/@discard")
    iothread: Positive | None = attr("driver/@iothread")
    detect_zeroes: DetectZeroes | None = attr("driver/@detect_zeroes")
    queues: U32 | None = attr("driver/@queues", omit=0)
    queue_size: U32 | None = attr("driver/@queue_size", omit=0)
    metadata_cache_size: int | None = sized("driver/metadata_cache/max_size", store=1, assume=1, unit="bytes")
    auth: Auth | None = child()
    backing: BackingStore | None = child("backingStore")
    backend_domain: str | None = attr("backenddomain/@name")
    geometry: Geometry | None = child()
    logical_block_size: U32 | None = attr("blockio/@logical_block_size", omit=0)
    physical_block_size: U32 | None = attr("blockio/@physical_block_size", omit=0)
    mirror: Mirror | None = child(live=True)
    target: str = attr("target/@dev", required=True, missing=NoTargetError)
    bus: DiskBus | None = attr("target/@bus")
    tray: Tray | None = attr("target/@tray", omit=Tray.CLOSED)
    removable: OnOff | None = attr("target/@removable")
    rotation_rate: U32 | None = attr("target/@rotation_rate", omit=0)
    iotune: IoTune | None = child()
    readonly: bool = flag()
    shareable: bool = flag()
    transient: Transient | None = child()
    serial: str | None = text()
    wwn: str | None = text()
    vendor: str | None = text()
    product: str | None = text()
    encryption: Encryption | None = child()
    private: Opaque | None = child("privateData", when=in_status, rank=99)

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        kind = node.get("type", "file")
        if node.get("device") == DiskDevice.LUN and kind not in ("block", "network", "volume"):
            fail(node, mode, f"a lun is of type block, network or volume, not {kind}", "@type", XmlInvalidSchemaError)
        if kind == "network" and node.find("source[@protocol]") is None:
            fail(node, mode, "missing attribute", "source/@protocol", XmlInvalidSchemaError)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if node.find("source") is None:
            # An empty drive has no type; what it names is about an image.
            self.source = FileSource()
        for name in ("auth", "encryption"):
            if getattr(self, name) is not None and getattr(self.source, name) is not None:
                fail(node, mode, f"<{name}> stands twice, beside the source and in it", name, ConfigUnsupportedError)
        if self.target.startswith("ioemu:"):
            self.target = self.target.removeprefix("ioemu:")
        if self.wwn is not None:
            digits = self.wwn.removeprefix("0x")
            if len(digits) != 16 or any(c not in "0123456789abcdefABCDEF" for c in digits):
                fail(node, mode, f"malformed wwn '{self.wwn}', expected 16 hexadecimal digits", "wwn")
        for name, value, limit in (("vendor", self.vendor, 8), ("product", self.product, 16)):
            if value is not None and (len(value) > limit or any(not " " <= c <= "~" for c in value)):
                fail(node, mode, f"disk {name} '{value}' is not up to {limit} printable characters", name)
        if self.rerror_policy is ErrorPolicy.ENOSPACE:
            message = "rerror_policy can't be 'enospace', which is of writing"
            fail(node, mode, message, "driver/@rerror_policy", ConfigUnsupportedError)
        if self.bus is DiskBus.FDC and self.device is not DiskDevice.FLOPPY:
            fail(node, mode, f"invalid bus type '{self.bus}' for a {self.device}", "target/@bus")
        if self.device is DiskDevice.FLOPPY and self.bus not in (None, DiskBus.FDC):
            fail(node, mode, f"invalid bus type '{self.bus}' for a floppy", "target/@bus")

    # By hand: of a disk that can't be written it goes without saying that snapshots leave it alone.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.readonly and self.snapshot is DiskSnapshot.NO:
            shown = self._shallow()
            shown.snapshot = None
            shown._write(out, pad, mode, "disk")
        else:
            self._write(out, pad, mode, "disk")
