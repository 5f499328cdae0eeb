"""What a host can do: ``<host>``."""

from __future__ import annotations

from pyvirt_conf.capabilities.cpu import HostCpu
from pyvirt_conf.capabilities.resctrl import HostCaches, MemoryBandwidth
from pyvirt_conf.capabilities.topology import HostTopology
from pyvirt_conf.xml import Element, Mode, Uuid, YesNo, attr, child, children, element, escape, flag, text, texts


@element("power_management")
class PowerManagement(Element):
    """How the host can be suspended."""

    suspend_mem: bool = flag()
    suspend_disk: bool = flag()
    suspend_hybrid: bool = flag()


@element("migration_features")
class MigrationFeatures(Element):
    """Whether running guests can be moved, and over what."""

    _keep_open = True
    live: bool = flag()
    uri_transports: list[str] = texts("uri_transports/uri_transport")


@element("baselabel")
class BaseLabel(Element):
    """The label guests of a type start from."""

    type: str = attr(required=True)
    label: str = text(".", default="")


@element("secmodel")
class SecurityModel(Element):
    """A security model in force: its name and domain of interpretation."""

    model: str = text(default="")
    doi: str = text(default="")
    base_labels: list[BaseLabel] = children("baselabel")

    # By hand: what is empty isn't self-closed.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        out.append(f"{pad}<secmodel>\n")
        out.append(f"{pad}  <model>{escape(self.model)}</model>\n")
        out.append(f"{pad}  <doi>{escape(self.doi)}</doi>\n")
        for label in self.base_labels:
            out.append(f"{pad}  <baselabel type='{escape(label.type)}'>{escape(label.label)}</baselabel>\n")
        out.append(f"{pad}</secmodel>\n")


@element("host")
class Host(Element):
    """The host: CPU, power management, migration, topology, caches, security."""

    uuid: Uuid | None = text()
    cpu: HostCpu | None = child()
    power_management: PowerManagement | None = child()
    iommu: YesNo | None = attr("iommu/@support")
    migration: MigrationFeatures | None = child()
    netprefix: str | None = text()
    topology: HostTopology | None = child()
    caches: HostCaches | None = child("cache")
    memory_bandwidth: MemoryBandwidth | None = child()
    security_models: list[SecurityModel] = children("secmodel")
