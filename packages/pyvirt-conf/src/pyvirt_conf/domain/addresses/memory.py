"""Slots of memory modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import DimmAddress
from pyvirt_conf.domain.memory_device import MemoryModel
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


def assign_memory_slots(domain: Domain) -> None:
    """Give every DIMM and NVDIMM the first free slot.

    :raises InternalError: the guest has fewer slots than modules.
    """
    if domain.max_memory is None:
        return
    modules = [m for m in domain.devices.memories if m.model in (MemoryModel.DIMM, MemoryModel.NVDIMM)]
    taken = {m.address.slot for m in modules if isinstance(m.address, DimmAddress)}
    slot = 0
    for module in modules:
        if isinstance(module.address, DimmAddress):
            continue
        while slot in taken:
            slot += 1
        if slot >= domain.max_memory.slots:
            raise InternalError(
                f"no memory slot is left for a {module.model} of {module.target.size} KiB, there are "
                f"{domain.max_memory.slots}"
            )
        taken.add(slot)
        module.address = DimmAddress(slot=slot)
