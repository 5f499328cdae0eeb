"""Memory modules that can be plugged in."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.address import Device
from pyvirt_conf.xml import (
    U32,
    BadValue,
    Bits,
    Element,
    Mode,
    Node,
    Uuid,
    YesNo,
    attr,
    child,
    element,
    flag,
    sized,
    text,
)


class MemoryModel(StrEnum):
    """virDomainMemoryModel."""

    DIMM = "dimm"
    NVDIMM = "nvdimm"
    VIRTIO_PMEM = "virtio-pmem"
    VIRTIO_MEM = "virtio-mem"
    SGX_EPC = "sgx-epc"


class MemoryAccess(StrEnum):
    """Whether other processes may see the memory."""

    SHARED = "shared"
    PRIVATE = "private"


@element("source")
class MemorySource(Element):
    """What backs the module; sizes in KiB."""

    _skip_empty = True
    path: str | None = text()
    align_size: int | None = sized("alignsize")
    pmem: bool = flag()
    nodes: Bits | None = text("nodemask")
    page_size: int | None = sized("pagesize")


@element("target")
class MemoryTarget(Element):
    """What the guest sees; sizes in KiB."""

    size: int = sized("size", required=True)
    node: U32 | None = text()
    label_size: int | None = sized("label/size")
    block: int | None = sized("block")
    requested: int | None = sized("requested")
    current: int | None = sized("current", when=lambda value, mode: not mode.inactive)
    readonly: bool = flag()


@element("memory")
class MemoryDevice(Device):
    """A memory module."""

    model: MemoryModel = attr(required=True)
    access: MemoryAccess | None = attr()
    discard: YesNo | None = attr()
    uuid: Uuid | None = text()
    source: MemorySource | None = child()
    target: MemoryTarget = child(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        source, target = self.source, self.target
        # What the model has no use for is ignored.
        if source is not None:
            if self.model not in (MemoryModel.NVDIMM, MemoryModel.VIRTIO_PMEM):
                source.path = None
            if self.model is not MemoryModel.NVDIMM:
                source.align_size, source.pmem = None, False
            if self.model not in (MemoryModel.DIMM, MemoryModel.VIRTIO_MEM):
                source.page_size = None
                if self.model is not MemoryModel.SGX_EPC:
                    source.nodes = None
        if self.model is not MemoryModel.NVDIMM:
            target.label_size, target.readonly = None, False
            self.uuid = None
        elif target.label_size is not None:
            if target.label_size < 128:
                raise BadValue(f"nvdimm label of {target.label_size} KiB, at least 128 KiB are needed")
            if target.label_size >= target.size:
                raise BadValue(f"nvdimm label of {target.label_size} KiB in {target.size} KiB")
        if self.model is not MemoryModel.VIRTIO_MEM:
            target.block = target.requested = target.current = None
