"""Where a PCI function sits: domain, bus, slot and function."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_HEX = frozenset("0123456789abcdefABCDEF")
# Each part: its name, its greatest value, how many digits it may have.
_PARTS = (("domain", 0xFFFFFFFF, 8), ("bus", 0xFF, 2), ("slot", 0x1F, 2), ("function", 7, 1))


class PciAddress(tuple[int, int, int, int]):
    """A PCI function, ``(domain, bus, slot, function)``: immutable, hashable, ordered as lspci lists them.

    ``str()`` is the name in sysfs (``0000:03:10.0``). Domains beyond 0xffff exist: those of the volume management
    device, for one.
    """

    __slots__ = ()

    def __new__(cls, domain: int, bus: int, slot: int, function: int) -> Self:
        """:raises InvalidArgError: for a number out of its range."""
        for (name, limit, _), value in zip(_PARTS, (domain, bus, slot, function), strict=True):
            if not 0 <= value <= limit:
                raise InvalidArgError(f"pci {name} {value:#x} is not within 0 to {limit:#x}")
        return super().__new__(cls, (domain, bus, slot, function))

    def __getnewargs__(self) -> tuple[int, int, int, int]:
        return (self[0], self[1], self[2], self[3])

    @property
    def domain(self) -> int:
        return self[0]

    @property
    def bus(self) -> int:
        return self[1]

    @property
    def slot(self) -> int:
        return self[2]

    @property
    def function(self) -> int:
        return self[3]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address sysfs names so: ``0000:03:10.0``, four numbers in hexadecimal.

        :raises InvalidArgError: for anything else.
        """
        address = cls.try_parse(text)
        if address is None:
            raise InvalidArgError(f"malformed pci address '{text}': expected one like 0000:03:10.0")
        return address

    @classmethod
    def try_parse(cls, text: str) -> Self | None:
        """As :meth:`parse`, with ``None`` for what is no address."""
        head, dot, function = text.rpartition(".")
        groups = head.split(":")
        if not dot or len(groups) != 3:
            return None
        numbers = []
        for (_, limit, digits), group in zip(_PARTS, (*groups, function), strict=True):
            if not 1 <= len(group) <= digits or not _HEX.issuperset(group):
                return None
            number = int(group, 16)
            if number > limit:
                return None
            numbers.append(number)
        return super().__new__(cls, numbers)

    @classmethod
    def from_name(cls, name: str) -> Self:
        """The address of a node device, ``pci_0000_03_10_0``.

        :raises InvalidArgError: for anything else.
        """
        prefix, *parts = name.split("_")
        address = cls.try_parse(f"{':'.join(parts[:3])}.{parts[3]}") if len(parts) == 4 else None
        if address is None or prefix != "pci":
            raise InvalidArgError(f"malformed pci device name '{name}': expected one like pci_0000_03_10_0")
        return address

    @property
    def name(self) -> str:
        """The name of its node device: ``pci_0000_03_10_0``."""
        return f"pci_{self[0]:04x}_{self[1]:02x}_{self[2]:02x}_{self[3]:x}"

    def __str__(self) -> str:
        return f"{self[0]:04x}:{self[1]:02x}:{self[2]:02x}.{self[3]:x}"

    def __repr__(self) -> str:
        return f"PciAddress({self[0]:#06x}, {self[1]:#04x}, {self[2]:#04x}, {self[3]})"
