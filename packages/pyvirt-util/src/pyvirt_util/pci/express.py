"""PCI Express: what kind of port a function is, and its link.

Source: PCI Express Base Specification, section 7.5.3 (PCI Express Capability Structure).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

LINK_SPEEDS = ("2.5", "5", "8", "16", "32", "64")
"""Gigatransfers per second and lane of link speeds 1 to 6, in libvirt's words (virPCIELinkSpeed)."""

PORT_TYPES = {
    0x0: "endpoint",
    0x1: "legacy-endpoint",
    0x4: "root-port",
    0x5: "upstream-port",
    0x6: "downstream-port",
    0x7: "express-to-pci-bridge",
    0x8: "pci-to-express-bridge",
    0x9: "root-complex-endpoint",
    0xA: "root-complex-event-collector",
}
_WITHOUT_LINK = frozenset((0x9, 0xA))
_FLR = 1 << 28


class Link(tuple[int | None, int, int]):
    """A link as it can be or is: ``port`` number, ``speed_code`` (1 is 2.5 GT/s), ``width`` in lanes.

    ``port`` is ``None`` in a link's status, which doesn't tell it. Speed and width 0 are those of a link that is down.
    """

    __slots__ = ()

    @property
    def port(self) -> int | None:
        return self[0]

    @property
    def speed_code(self) -> int:
        return self[1]

    @property
    def width(self) -> int:
        return self[2]

    @property
    def speed(self) -> str | None:
        """Gigatransfers per second and lane, one of :data:`LINK_SPEEDS`; ``None`` for none or one nobody knows."""
        return LINK_SPEEDS[self[1] - 1] if 1 <= self[1] <= len(LINK_SPEEDS) else None

    def __repr__(self) -> str:
        return f"Link(port={self[0]}, speed={self.speed!r}, width={self[2]})"


class PciExpress(tuple[int, int, int, int]):
    """The registers of the capability: ``flags``, ``device``, ``link`` (what can be) and ``status`` (what is)."""

    __slots__ = ()

    def __new__(cls, flags: int, device: int, link: int, status: int) -> Self:
        return super().__new__(cls, (flags, device, link, status))

    def __getnewargs__(self) -> tuple[int, int, int, int]:
        return (self[0], self[1], self[2], self[3])

    @property
    def port_type(self) -> str | None:
        """One of the values of :data:`PORT_TYPES`; ``None`` for one nobody knows."""
        return PORT_TYPES.get(self[0] >> 4 & 0xF)

    @property
    def has_link(self) -> bool:
        """Whether a link leads to it: not to what is part of the root complex."""
        return self[0] >> 4 & 0xF not in _WITHOUT_LINK

    @property
    def flr(self) -> bool:
        """Whether it says that it has function level reset."""
        return bool(self[1] & _FLR)

    @property
    def link_capability(self) -> Link:
        """The best its link could be."""
        return Link((self[2] >> 24, self[2] & 0xF, self[2] >> 4 & 0x3F))

    @property
    def link_status(self) -> Link:
        """What both ends agreed on."""
        return Link((None, self[3] & 0xF, self[3] >> 4 & 0x3F))
