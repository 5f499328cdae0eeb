"""Secrets for QEMU: encrypted with the guest's master key, so that a command line or monitor log gives nothing away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_qemu.command.props import Props

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.blockdev import Image
    from pyvirt_driver_qemu.command.context import Context

MASTER_KEY = "masterKey0"


def master_key_props(context: Context) -> Props:
    """The master key, read by QEMU from a file in the guest's folder."""
    path = f"{context.private_dir}/master-key.aes"
    return {"qom-type": "secret", "id": MASTER_KEY, "format": "raw", "file": path}


def image_objects(context: Context, image: Image) -> list[Props]:
    """The objects an image refers to, which have to be there before its nodes."""
    return []
