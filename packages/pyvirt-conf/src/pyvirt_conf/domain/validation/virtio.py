"""Options that virtio devices alone have."""

from __future__ import annotations

from typing import Any

from pyvirt_util.errors import ConfigUnsupportedError


def no_virtio_options(device: Any) -> None:
    """Refuse the options of a device that is no virtio one."""
    for name in ("iommu", "ats", "packed", "page_per_vq"):
        if getattr(device, name) is not None:
            raise ConfigUnsupportedError(f"{name} driver option is only supported for virtio devices")
