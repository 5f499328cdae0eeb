"""CPU models: comparing, finding a common denominator, expanding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class CpuSpecification:
    """Hooks of the CPU service."""

    @hookspec(firstresult=True)
    def cpu_compare(self, host_xml: str, cpu_xml: str) -> int | None:
        """A CPUCompareResult: how a CPU compares to the host's."""

    @hookspec(firstresult=True)
    def cpu_baseline(self, cpus: Sequence[str], expand_features: bool, migratable: bool) -> str | None:
        """The best CPU that all of ``cpus`` can run."""

    @hookspec(firstresult=True)
    def cpu_expand(self, cpu_xml: str) -> str | None:
        """A CPU with the features of its model written out."""


class CpuService(Service):
    """``pyvirt.services.cpu``."""

    kind = "cpu"
    specification = CpuSpecification
    provider = "pyvirt-driver-cpu"

    def compare(self, host_xml: str, cpu_xml: str) -> int:
        """How a CPU compares to the host's."""
        return int(self._first("cpu_compare", "compare CPUs", host_xml=host_xml, cpu_xml=cpu_xml))

    def baseline(self, cpus: Sequence[str], *, expand_features: bool = False, migratable: bool = False) -> str:
        """The best CPU that all can run."""
        return str(
            self._first(
                "cpu_baseline",
                "compute a CPU baseline",
                cpus=cpus,
                expand_features=expand_features,
                migratable=migratable,
            )
        )

    def expand(self, cpu_xml: str) -> str:
        """A CPU with its features written out."""
        return str(self._first("cpu_expand", "expand CPUs", cpu_xml=cpu_xml))
