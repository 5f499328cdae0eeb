"""The domain capabilities document: what a hypervisor can do for one architecture and machine type."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.document import Document
from pyvirt_conf.domain.cpu import CpuFallback, CpuFeature, MaxPhysAddr
from pyvirt_conf.xml import (
    U32,
    Element,
    Mode,
    YesNo,
    attr,
    child,
    children,
    element,
    sized,
    text,
    texts,
)


@element("enum")
class Enumeration(Element):
    """The values an attribute of the domain document may have."""

    name: str = attr(required=True)
    values: list[str] = texts("value")


@element()
class Supported(Element):
    """Whether something is supported, and with what values."""

    supported: YesNo = attr(required=True)
    enums: list[Enumeration] = children("enum", rank=1)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of an enumeration; none where it isn't there."""
        return next((tuple(found.values) for found in self.enums if found.name == name), ())

    # By hand: it's closed by a tag of its own exactly when it's supported.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<{tag or self._tag}{self._write_attrs(mode)}"
        if not self.supported:
            out.append(head + "/>\n")
            return
        out.append(head + ">\n")
        self._write_kids(out, pad + "  ", mode)
        out.append(f"{pad}</{tag or self._tag}>\n")


@element("loader")
class Loader(Supported):
    """Firmware images, and how they can be given to a guest."""

    images: list[str] = texts("value")


@element("os")
class CapsOs(Supported):
    """Firmware."""

    loader: Loader | None = child(rank=2)


@element("mode", by="name")
class CapsCpuMode(Element):
    """One way to choose the guest's CPU; classes by ``name``."""

    name: ClassVar[str] = ""
    supported: YesNo = attr(required=True)


@element(name="host-passthrough")
class HostPassthrough(CapsCpuMode):
    """The host's CPU as it is."""

    enums: list[Enumeration] = children("enum")


@element(name="maximum")
class Maximum(CapsCpuMode):
    """All the hypervisor can do."""

    enums: list[Enumeration] = children("enum")


@element(name="host-model")
class HostModel(CapsCpuMode):
    """The model nearest to the host's CPU, with the features that make up the difference."""

    fallback: CpuFallback | None = attr("model/@fallback")
    vendor_id: str | None = attr("model/@vendor_id")
    model: str | None = text("model")
    vendor: str | None = text()
    max_phys_addr: MaxPhysAddr | None = child()
    features: list[CpuFeature] = children("feature")


class Usable(StrEnum):
    """Whether a model runs on this host."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@element("model")
class CapsCpuModel(Element):
    """A CPU model the hypervisor knows."""

    usable: Usable = attr(default=Usable.UNKNOWN)
    deprecated: YesNo | None = attr(omit=False)
    vendor: str | None = attr()
    name: str = text(".", required=True)


@element(name="custom")
class Custom(CapsCpuMode):
    """A model by its name."""

    models: list[CapsCpuModel] = children("model")


@element("cpu")
class CapsCpu(Element):
    """The ways to choose the guest's CPU."""

    modes: list[CapsCpuMode] = children("mode")

    @property
    def host_model(self) -> HostModel | None:
        """The model nearest to the host's CPU, where it's supported."""
        return next((mode for mode in self.modes if isinstance(mode, HostModel) and mode.supported), None)

    @property
    def models(self) -> list[CapsCpuModel]:
        """The models that can be named."""
        return next((mode.models for mode in self.modes if isinstance(mode, Custom)), [])


@element("devices")
class CapsDevices(Element):
    """Devices, and what can be said of them."""

    _keep_open = True
    disk: Supported | None = child("disk")
    graphics: Supported | None = child("graphics")
    video: Supported | None = child("video")
    hostdev: Supported | None = child("hostdev")
    rng: Supported | None = child("rng")
    filesystem: Supported | None = child("filesystem")
    tpm: Supported | None = child("tpm")
    redirdev: Supported | None = child("redirdev")
    channel: Supported | None = child("channel")


@element("sev")
class Sev(Supported):
    """AMD's encryption of guests' memory."""

    cbitpos: U32 | None = text()
    reduced_phys_bits: U32 | None = text("reducedPhysBits")
    max_guests: U32 | None = text("maxGuests")
    max_es_guests: U32 | None = text("maxESGuests")
    cpu0_id: str | None = text("cpu0Id")


@element("section")
class SgxSection(Element):
    """Enclave memory of a NUMA node, in KiB."""

    node: U32 = attr(required=True)
    size: int = sized("@size", required=True)


@element("sgx")
class Sgx(Supported):
    """Intel's enclaves; sizes in KiB."""

    flc: YesNo | None = text()
    sgx1: YesNo | None = text()
    sgx2: YesNo | None = text()
    section_size: int | None = sized("section_size")
    sections: list[SgxSection] = children("sections/section")


@element("features")
class CapsFeatures(Element):
    """What else can be had."""

    _skip_empty = True
    gic: Supported | None = child("gic")
    vmcoreinfo: YesNo | None = attr("vmcoreinfo/@supported")
    genid: YesNo | None = attr("genid/@supported")
    backing_store_input: YesNo | None = attr("backingStoreInput/@supported")
    backup: YesNo | None = attr("backup/@supported")
    s390_pv: YesNo | None = attr("s390-pv/@supported")
    sev: Sev | None = child()
    sgx: Sgx | None = child()
    hyperv: Supported | None = child("hyperv")


@element("domainCapabilities")
class DomainCapabilities(Document):
    """What an emulator can do for one kind of domain, architecture and machine type."""

    path: str | None = text()
    domain: str = text(required=True)
    machine: str | None = text()
    arch: str = text(required=True)
    max_vcpus: U32 | None = attr("vcpu/@max", omit=0)
    iothreads: YesNo | None = attr("iothreads/@supported")
    os: CapsOs | None = child()
    cpu: CapsCpu | None = child()
    memory_backing: Supported | None = child("memoryBacking")
    devices: CapsDevices | None = child()
    features: CapsFeatures | None = child()

    def format(self) -> str:
        """The document as libvirt writes it (virDomainCapsFormat)."""
        return self._formatted(Mode())
