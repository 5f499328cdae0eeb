"""Base addresses: where a device answers, as its registers have it and as the kernel remembers it.

A reset clears the registers. Whoever was killed between a reset and writing them back left a device that answers
nowhere; the kernel's ``resource`` still knows where it should.

Source: PCI Local Bus Specification 3.0, section 6.2.5.1; the flags are those of the kernel's include/linux/ioport.h.
"""

from __future__ import annotations

from pyvirt_util import sysfs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.pci.config import ConfigSpace
    from pyvirt_util.pci.device import PciDevice

_FIRST, _COUNT = 0x10, 6
_PORTS, _MEMORY = 0x100, 0x200
_TYPE_BITS, _WIDE = 0xF, 0x4


def restore_lost(device: PciDevice, config: ConfigSpace) -> bool:
    """Write the base addresses that an endpoint had back if all are gone; whether they were.

    :raises SystemCallError: when they can't be written.
    """
    registers = _registers(device)
    if len(config) < _FIRST + 4 * _COUNT or not any(registers) or device.is_virtual_function:
        return False  # a virtual function has none of its own
    for index in range(_COUNT):
        if config.u32(_FIRST + 4 * index) & ~_TYPE_BITS:
            return False
    data = b"".join(value.to_bytes(4, "little") for value in registers)
    device.kernel.write(f"{device.path}/config", data, _FIRST)
    return True


def _registers(device: PciDevice) -> list[int]:
    """What the six registers should have, by the kernel; 0 for those without an address."""
    text = sysfs.try_read_text(f"{device.path}/resource") or ""
    registers = [0] * _COUNT
    for index, line in enumerate(text.splitlines()[:_COUNT]):
        try:
            start, _, flags = (int(word, 16) for word in line.split())
        except ValueError:
            return [0] * _COUNT
        if flags & _PORTS:
            registers[index] = (start | 1) & 0xFFFFFFFF if start else 0
        elif flags & _MEMORY and start:
            registers[index] = (start | flags & _TYPE_BITS) & 0xFFFFFFFF
            if flags & _WIDE and index + 1 < _COUNT:
                registers[index + 1] = start >> 32 & 0xFFFFFFFF
    return registers
