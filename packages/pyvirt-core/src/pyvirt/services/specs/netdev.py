"""Facts about network devices, and settings of virtual functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


@dataclass(frozen=True, slots=True)
class PhysPortId:
    """The id of the physical port behind a device; ``value`` is ``None`` when its driver has none."""

    value: str | None


@dataclass(frozen=True, slots=True)
class VfConfig:
    """Settings of a virtual function; ``None`` leaves a setting as it is."""

    mac: str | None = None
    vlan: int | None = None
    qos: int | None = None
    spoof_check: bool | None = None
    trust: bool | None = None


class NetdevSpecification:
    """Hooks of the network device service."""

    @hookspec(firstresult=True)
    def phys_port_id(self, ifname: str) -> PhysPortId | None:
        """The physical port's id of a network device."""

    @hookspec(firstresult=True)
    def vf_configure(self, pf: str, vf: int, config: VfConfig, undo: UndoStack) -> bool | None:
        """Set up virtual function ``vf`` of ``pf``; the old settings come back through ``undo``."""

    @hookspec(firstresult=True)
    def vf_restore(self, pf: str, vf: int) -> bool | None:
        """Bring back the settings that ``vf_configure`` saved."""


class NetdevService(Service):
    """``pyvirt.services.netdev``."""

    kind = "netdev"
    specification = NetdevSpecification
    provider = "pyvirt-netdev"

    def phys_port_id(self, ifname: str) -> str | None:
        """The physical port's id, ``None`` (a success) when the device's driver has none."""
        answer = self._first("phys_port_id", "tell physical port ids", ifname=ifname)
        assert isinstance(answer, PhysPortId)
        return answer.value

    def vf_configure(self, pf: str, vf: int, config: VfConfig, undo: UndoStack) -> None:
        """Set up a virtual function."""
        self._first("vf_configure", "set up virtual functions", pf=pf, vf=vf, config=config, undo=undo)

    def vf_restore(self, pf: str, vf: int) -> None:
        """Bring a virtual function's settings back."""
        self._first("vf_restore", "restore virtual functions", pf=pf, vf=vf)
