"""The host's CPU, and CPUs as documents of their own: what a baseline is made of and compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pyvirt_conf.document import Document
from pyvirt_conf.domain.cpu import Cpu, CpuCache, MaxPhysAddr, Topology
from pyvirt_conf.xml import (
    U32,
    U64,
    Element,
    Mode,
    Node,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    flag,
    integer,
    read,
    text,
)
from pyvirt_conf.xml.scalars import scale
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError


@element("signature")
class CpuSignature(Element):
    """Family, model and stepping of an x86 CPU."""

    family: U32 = attr(required=True)
    model: U32 = attr(required=True)
    stepping: U32 = attr(required=True)


@element("counter")
class CpuCounter(Element):
    """The time stamp counter: ticks per second, and whether a guest's may have another rate."""

    name: str = attr(required=True)
    frequency: U64 = attr(required=True)
    scaling: YesNo | None = attr()


@element("feature")
class HostCpuFeature(Element):
    """A feature the CPU has beyond its model's."""

    name: str = attr(required=True)


@element("pages")
class PageSize(Element):
    """A size of memory pages, in KiB."""

    unit: str = attr(default="KiB")
    size: U64 = attr(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.unit != "KiB":
            self.size, self.unit = scale(self.size, self.unit, 1024) // 1024, "KiB"


@element("cpu")
class HostCpu(Element):
    """The CPU of a host. In its capabilities model and all else may be unknown."""

    arch: str = text(required=True)
    pae: bool = flag("features/pae")
    nonpae: bool = flag("features/nonpae")
    vmx: bool = flag("features/vmx")
    svm: bool = flag("features/svm")
    model: str | None = text()
    vendor: str | None = text()
    microcode: U32 | None = attr("microcode/@version", omit=0)
    signature: CpuSignature | None = child()
    counter: CpuCounter | None = child()
    topology: Topology | None = child()
    cache: CpuCache | None = child()
    max_phys_addr: MaxPhysAddr | None = child()
    features: list[HostCpuFeature] = children("feature")
    pages: list[PageSize] = children("pages")

    def _parsed(self, node: Node, mode: Mode) -> None:
        seen = set()
        for feature in self.features:
            if feature.name in seen:
                fail(node, mode, f"feature '{feature.name}' is there twice", "feature")
            seen.add(feature.name)

    def format(self) -> str:
        """The element by itself, as libvirt writes it (virCPUDefFormat)."""
        return self.to_xml()


Register = Annotated[int, integer(0, 0xFFFFFFFF, base=16, form="0x{:08x}")]
Subleaf = Annotated[int, integer(0, 0xFFFFFFFF, base=16, form="0x{:02x}")]
MsrIndex = Annotated[int, integer(0, 0xFFFFFFFF, base=16, form="0x{:x}")]


@element("cpuid")
class Cpuid(Element):
    """What one leaf of the CPUID instruction says: the registers given to it, and those it returns."""

    eax_in: Register = attr(required=True)
    ecx_in: Subleaf = attr(default=0)
    eax: Register = attr(default=0)
    ebx: Register = attr(default=0)
    ecx: Register = attr(default=0)
    edx: Register = attr(default=0)


@element("msr")
class Msr(Element):
    """The value of a model-specific register."""

    index: MsrIndex = attr(required=True)
    eax: Register = attr(default=0)
    edx: Register = attr(default=0)


@element("cpudata")
class CpuData(Document):
    """The raw data an x86 CPU is told by (virCPUx86DataFormat)."""

    arch: str = attr(required=True)
    cpuid: list[Cpuid] = children("cpuid")
    msrs: list[Msr] = children("msr")

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())


def _cpu(node: Node, mode: Mode) -> Cpu | HostCpu:
    if node.tag != "cpu":
        fail(node, mode, f"expected <cpu>, found <{node.tag}>")
    if node.find("arch") is not None:
        if node.get("match") is not None:
            fail(node, mode, "a cpu with an arch is a host's and has no match", "@match")
        if node.get("mode") is not None:
            fail(node, mode, "a cpu with an arch is a host's and has no mode", "@mode", ConfigUnsupportedError)
        host = HostCpu._from_node(node, mode)
        if host.model is None:
            fail(node, mode, "missing element", "model")
        return host
    return Cpu._from_node(node, mode)


def parse_cpu(text: str | bytes, *, file: str | None = None) -> Cpu | HostCpu:
    """Read a CPU that stands for itself: a host's if it says of which architecture it is, else a guest's.

    :raises XmlDetailError: not well-formed. :raises XmlError: not a CPU, or a value its type refuses.
    """
    return _cpu(read(text, file), Mode(file=file))


def parse_cpus(texts: Iterable[str | bytes]) -> list[Cpu | HostCpu]:
    """Read the CPUs a baseline is to be made of; a ``<capabilities>`` document stands for its host's CPU.

    :raises InvalidArgError: there are none. :raises XmlError: one is not a CPU, or a value its type refuses.
    """
    found = []
    for document in texts:
        node: Any = read(document)
        if node.tag == "capabilities":
            inner = node.find("host/cpu")
            node = node if inner is None else inner
        found.append(_cpu(node, Mode()))
    if not found:
        raise InvalidArgError("no cpus given")
    return found
