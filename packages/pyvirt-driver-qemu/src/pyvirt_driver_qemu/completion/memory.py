"""Sizes of memory that a new guest is given as its machine takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.memory_device import MemoryDevice, MemoryModel
from pyvirt_driver_qemu.command.machines import PPC64
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: KiB of a block of POWER's memory.
_PPC64_BLOCK = 256 * 1024


def align(domain: Domain) -> None:
    """On POWER, make the memory modules of a new definition whole blocks, as the guest will see them.

    :raises ConfigUnsupportedError: an NVDIMM is smaller than a block.
    """
    modules = domain.devices.memories
    if not modules or domain.os.arch not in PPC64:
        return
    for module in modules:
        _align(module)
    numa = domain.cpu.numa if domain.cpu is not None else None
    if numa is not None and numa.cells:
        domain.memory = sum(cell.memory for cell in numa.cells) + sum(module.target.size for module in modules)


def _align(module: MemoryDevice) -> None:
    size = module.target.size
    if module.model is MemoryModel.DIMM:
        module.target.size = -(-size // _PPC64_BLOCK) * _PPC64_BLOCK
    elif module.model is MemoryModel.NVDIMM:
        # Its file has no more than this: what the guest sees besides the label is cut, not filled up.
        label = module.target.label_size or 0
        blocks = (size - label) // _PPC64_BLOCK
        if blocks < 1:
            raise ConfigUnsupportedError(
                f"NVDIMM of {size} KiB is too small, expected {_PPC64_BLOCK} KiB and the label of {label} KiB"
            )
        module.target.size = blocks * _PPC64_BLOCK + label
