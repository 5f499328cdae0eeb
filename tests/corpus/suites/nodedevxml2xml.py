"""Node devices parsed and formatted back."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.nodedev import parse_node_device
from pyvirt_conf.nodedev.storage import StorageCapability


def run(case: Case) -> str | None:
    device = parse_node_device(case.bytes())
    for capability in device.capabilities:
        if isinstance(capability, StorageCapability):
            # What a driver asks the device.
            if capability.removable is not None:
                capability.removable.logical_block_size = 2048
                capability.removable.num_blocks = capability.removable.media_size // 2048
            else:
                capability.logical_block_size = 512
                capability.num_blocks = (capability.size or 0) // 512
    return same_text(case.text(), device.format())
