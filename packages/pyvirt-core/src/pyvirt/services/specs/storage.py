"""Volumes of storage pools, as disks need them."""

from __future__ import annotations

from dataclasses import dataclass

from pyvirt.services.base import Service, hookspec


@dataclass(frozen=True, slots=True)
class ResolvedVolume:
    """Where a volume's data is: ``type`` as in a disk's XML (``file``, ``block``, ``network``), its path and format."""

    type: str
    path: str
    format: str | None = None


class StorageSpecification:
    """Hooks of the storage service."""

    @hookspec(firstresult=True)
    def volume_resolve(self, pool: str, volume: str) -> ResolvedVolume | None:
        """Find a volume of a pool."""


class StorageService(Service):
    """``pyvirt.services.storage``."""

    kind = "storage"
    specification = StorageSpecification
    provider = "pyvirt-driver-storage"

    def volume_resolve(self, pool: str, volume: str) -> ResolvedVolume:
        """Where the volume's data is."""
        answer = self._first("volume_resolve", f"find volume '{volume}' of pool '{pool}'", pool=pool, volume=volume)
        assert isinstance(answer, ResolvedVolume)
        return answer
