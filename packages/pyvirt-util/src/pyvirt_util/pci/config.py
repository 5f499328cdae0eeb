"""Configuration space: the registers every PCI function has, its header and its lists of capabilities.

Sources: PCI Local Bus Specification 3.0 chapter 6, PCI Express Base Specification chapter 7, and the kernel's
include/uapi/linux/pci_regs.h. Without privileges the kernel shows the first 64 bytes only: no capability then.
"""

from __future__ import annotations

from pyvirt_util.errors import InternalError
from pyvirt_util.pci.express import PciExpress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER_TYPES = ("endpoint", "pci-bridge", "cardbus-bridge")
"""What the low bits of the header type say, 0 to 2, in libvirt's words (virPCIHeader)."""

CAP_POWER_MANAGEMENT = 0x01
CAP_VPD = 0x03
CAP_MSI = 0x05
CAP_EXPRESS = 0x10
CAP_MSIX = 0x11
CAP_ADVANCED_FEATURES = 0x13
EXT_ACS = 0x0D
EXT_SRIOV = 0x10

COMMAND = 0x04
BRIDGE_CONTROL = 0x3E
BRIDGE_RESET = 0x40
"""Bit of the bridge control register that holds the secondary bus in reset."""
PM_CONTROL = 4
"""Offset of control and status within the power management capability."""

_STATUS, _HEADER_TYPE, _FIRST_CAPABILITY, _SECONDARY_BUS, _SUBORDINATE_BUS = 0x06, 0x0E, 0x34, 0x19, 0x1A
_CARDBUS_FIRST_CAPABILITY = 0x14
_HAS_CAPABILITIES = 0x10
_HEADER_SIZE, _EXTENDED, _EXTENDED_END = 0x40, 0x100, 0x1000
_PM_NO_SOFT_RESET = 0x08
_AF_FLR = 0x02
# source validation, request and completion redirection, upstream forwarding: peers can't reach each other directly
_ACS_ISOLATING = 0x01 | 0x04 | 0x08 | 0x10


class SriovCapability(tuple[int, int, int, int, int, int]):
    """Single root I/O virtualisation: ``initial``, ``total`` and ``current`` VFs, ``offset``, ``stride``, ``product``.

    The first VF's routing id (bus, slot, function as 16 bits) is the PF's plus ``offset``, each further one's
    ``stride`` more. ``product`` is the product id of the VFs.
    """

    __slots__ = ()

    @property
    def initial(self) -> int:
        return self[0]

    @property
    def total(self) -> int:
        return self[1]

    @property
    def current(self) -> int:
        return self[2]

    @property
    def offset(self) -> int:
        return self[3]

    @property
    def stride(self) -> int:
        return self[4]

    @property
    def product(self) -> int:
        return self[5]


class MsiCapability(tuple[bool, int]):
    """Message signalled interrupts: whether they are ``enabled``, and for how many ``vectors`` there is room."""

    __slots__ = ()

    @property
    def enabled(self) -> bool:
        return self[0]

    @property
    def vectors(self) -> int:
        return self[1]


class ConfigSpace:
    """The bytes of a function's configuration space as they were when they were read: 64, 256 or 4096 of them.

    Numbers are little-endian. What capabilities say never fails: a register beyond the end reads as zero.
    """

    __slots__ = ("_capabilities", "_extended", "data", "name")

    def __init__(self, data: bytes, name: str = "") -> None:
        """``name``, the device's, is for messages."""
        self.data = data
        self.name = name
        self._capabilities: dict[int, int] | None = None
        self._extended: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return f"<ConfigSpace of {self.name or 'a device'}, {len(self.data)} bytes>"

    def u8(self, offset: int) -> int:
        """The byte at ``offset``.

        :raises InternalError: beyond the end, here and in the following two.
        """
        return self._read(offset, 1)

    def u16(self, offset: int) -> int:
        """The 16 bits at ``offset``."""
        return self._read(offset, 2)

    def u32(self, offset: int) -> int:
        """The 32 bits at ``offset``."""
        return self._read(offset, 4)

    @property
    def header_type(self) -> str | None:
        """One of :data:`HEADER_TYPES`; ``None`` for a type nobody knows, which a device that doesn't answer has too."""
        kind = self._peek(_HEADER_TYPE, 1) & 0x7F
        return HEADER_TYPES[kind] if kind < len(HEADER_TYPES) else None

    @property
    def multifunction(self) -> bool:
        """Whether its slot has, or could have, further functions."""
        return bool(self._peek(_HEADER_TYPE, 1) & 0x80)

    @property
    def secondary_bus(self) -> int:
        """Of a bridge: the number of the bus behind it."""
        return self._peek(_SECONDARY_BUS, 1)

    @property
    def subordinate_bus(self) -> int:
        """Of a bridge: the highest number of a bus behind it."""
        return self._peek(_SUBORDINATE_BUS, 1)

    @property
    def answers(self) -> bool:
        """Whether the device answered: one that is asleep in D3cold, in reset or gone reads as all ones."""
        return self.data[:4] != b"\xff\xff\xff\xff"

    @property
    def capabilities(self) -> dict[int, int]:
        """Offset of each capability by its id, the first where an id repeats."""
        if self._capabilities is None:
            self._capabilities = {}
            for capability, offset in self._walk():
                self._capabilities.setdefault(capability, offset)
        return self._capabilities

    @property
    def extended_capabilities(self) -> dict[int, int]:
        """The same for the extended capabilities of PCI Express, which lie beyond the first 256 bytes."""
        if self._extended is None:
            self._extended = {}
            for capability, offset in self._walk_extended():
                self._extended.setdefault(capability, offset)
        return self._extended

    @property
    def express(self) -> PciExpress | None:
        """The PCI Express capability; ``None`` for a conventional function."""
        offset = self.capabilities.get(CAP_EXPRESS)
        if offset is None:
            return None
        return PciExpress(
            flags=self._peek(offset + 0x02, 2),
            device=self._peek(offset + 0x04, 4),
            link=self._peek(offset + 0x0C, 4),
            status=self._peek(offset + 0x12, 2),
        )

    @property
    def has_flr(self) -> bool:
        """Whether it says that it can reset itself alone: function level reset, express or conventional."""
        express = self.express
        if express is not None and express.flr:
            return True
        offset = self.capabilities.get(CAP_ADVANCED_FEATURES)
        return offset is not None and bool(self._peek(offset + 3, 1) & _AF_FLR)

    @property
    def has_pm_reset(self) -> bool:
        """Whether going to power state D3hot and back resets it."""
        offset = self.capabilities.get(CAP_POWER_MANAGEMENT)
        return offset is not None and not self._peek(offset + PM_CONTROL, 4) & _PM_NO_SOFT_RESET

    @property
    def msi(self) -> MsiCapability | None:
        """Message signalled interrupts: ``vectors`` is what it asks for."""
        offset = self.capabilities.get(CAP_MSI)
        if offset is None:
            return None
        control = self._peek(offset + 2, 2)
        return MsiCapability((bool(control & 1), 1 << (control >> 1 & 7)))

    @property
    def msix(self) -> MsiCapability | None:
        """The extended kind: ``vectors`` is the size of its table."""
        offset = self.capabilities.get(CAP_MSIX)
        if offset is None:
            return None
        control = self._peek(offset + 2, 2)
        return MsiCapability((bool(control & 0x8000), (control & 0x7FF) + 1))

    @property
    def sriov(self) -> SriovCapability | None:
        """Single root I/O virtualisation; ``None`` where this is no physical function."""
        offset = self.extended_capabilities.get(EXT_SRIOV)
        if offset is None:
            return None
        registers = (0x0C, 0x0E, 0x10, 0x14, 0x16, 0x1A)
        initial, total, current, first, stride, product = (self._peek(offset + at, 2) for at in registers)
        return SriovCapability((initial, total, current, first, stride, product))

    @property
    def acs_enabled(self) -> bool:
        """Whether access control services are there and isolate: all of what peers send goes upstream.

        These are source validation, request redirection, completion redirection and upstream forwarding.
        """
        offset = self.extended_capabilities.get(EXT_ACS)
        return offset is not None and self._peek(offset + 6, 2) & _ACS_ISOLATING == _ACS_ISOLATING

    def _read(self, offset: int, size: int) -> int:
        if offset < 0 or offset + size > len(self.data):
            owner = f" of {self.name}" if self.name else ""
            raise InternalError(f"config space{owner} has {len(self.data)} bytes, not {size} at {offset:#x}")
        return int.from_bytes(self.data[offset : offset + size], "little")

    def _peek(self, offset: int, size: int) -> int:
        return int.from_bytes(self.data[offset : offset + size], "little")

    def _walk(self) -> Iterator[tuple[int, int]]:
        """Id and offset of each capability; a list that bites its tail ends there."""
        if not self._peek(_STATUS, 2) & _HAS_CAPABILITIES:
            return
        cardbus = self.header_type == "cardbus-bridge"
        offset = self._peek(_CARDBUS_FIRST_CAPABILITY if cardbus else _FIRST_CAPABILITY, 1) & 0xFC
        seen = set()
        # Zero ends the list, and so does what lies within the header or was not read.
        while _HEADER_SIZE <= offset < min(len(self.data), _EXTENDED) and offset not in seen:
            seen.add(offset)
            capability = self.data[offset]
            if capability == 0xFF:  # nobody answers
                return
            yield capability, offset
            offset = self._peek(offset + 1, 1) & 0xFC

    def _walk_extended(self) -> Iterator[tuple[int, int]]:
        offset, seen = _EXTENDED, set()
        while _EXTENDED <= offset <= min(len(self.data), _EXTENDED_END) - 4 and offset not in seen:
            seen.add(offset)
            header = self._peek(offset, 4)
            if header in (0, 0xFFFFFFFF):
                return
            yield header & 0xFFFF, offset
            offset = header >> 20 & 0xFFC
