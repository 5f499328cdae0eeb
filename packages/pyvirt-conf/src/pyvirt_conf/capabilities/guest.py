"""What guests a hypervisor can run: ``<guest>``."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.domain import VirtType
from pyvirt_conf.xml import U32, Element, OnOff, YesNo, attr, child, children, element, text


class OsType(StrEnum):
    """How much of a machine the guest sees (virDomainOSType)."""

    HVM = "hvm"
    XEN = "xen"
    LINUX = "linux"
    EXE = "exe"
    UML = "uml"
    XENPVH = "xenpvh"


@element("machine")
class Machine(Element):
    """A machine type; of an alias ``canonical`` is what it stands for."""

    canonical: str | None = attr()
    max_cpus: U32 | None = attr("@maxCpus", omit=0)
    deprecated: YesNo | None = attr(omit=False)
    name: str = text(".", required=True)


@element("domain")
class GuestDomain(Element):
    """A kind of domain, with emulator and machines where they are not the architecture's."""

    type: VirtType = attr(required=True)
    emulator: str | None = text()
    loader: str | None = text()
    machines: list[Machine] = children("machine")


@element("arch")
class GuestArch(Element):
    """An architecture, and the kinds of domains there are of it."""

    name: str = attr(required=True)
    wordsize: U32 = text(required=True)
    emulator: str | None = text()
    loader: str | None = text()
    machines: list[Machine] = children("machine")
    domains: list[GuestDomain] = children("domain")


@element("feature")
class GuestFeature(Element):
    """Whether a feature is on unless told otherwise, and whether it can be told."""

    default: OnOff | None = attr()
    toggle: YesNo | None = attr()


@element("features")
class GuestFeatures(Element):
    """What guests may have (virCapsGuestFeatureType)."""

    _skip_empty = True
    pae: GuestFeature | None = child("pae")
    nonpae: GuestFeature | None = child("nonpae")
    ia64_be: GuestFeature | None = child("ia64_be")
    acpi: GuestFeature | None = child("acpi")
    apic: GuestFeature | None = child("apic")
    cpuselection: GuestFeature | None = child("cpuselection")
    deviceboot: GuestFeature | None = child("deviceboot")
    disksnapshot: GuestFeature | None = child("disksnapshot")
    hap: GuestFeature | None = child("hap")


@element("guest")
class Guest(Element):
    """One kind of guest."""

    os_type: OsType = text(required=True)
    arch: GuestArch = child(required=True)
    features: GuestFeatures = child(auto=True)
