"""Sets of small numbers (CPUs, NUMA nodes, vectors) with libvirt's text: ``0-3,^2,7``."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_INT_MAX = (1 << 31) - 1
#: Bits a text may name when no size is given: beyond it a document could ask for gigabytes of memory.
_DEFAULT_SIZE = 1 << 20


class Bitmap:
    """An immutable set of numbers from 0 on; hashable, equal by content.

    ``str(bitmap)`` is libvirt's text. ``len`` counts the members, iteration goes up. ``|``, ``&``, ``-`` and ``^`` work
    as with sets, and ``<=`` tests for a subset.
    """

    __slots__ = ("_bits",)
    _bits: int

    def __init__(self, members: Iterable[int] = ()) -> None:
        bits = 0
        for member in members:
            if not 0 <= member <= _INT_MAX:
                raise InvalidArgError(f"a bitmap cannot hold {member}")
            bits |= 1 << member
        self._bits = bits

    @classmethod
    def from_int(cls, bits: int) -> Bitmap:
        """The numbers of the bits set, bit 0 the lowest."""
        if bits < 0:
            raise InvalidArgError(f"a bitmap cannot be made of {bits}")
        bitmap = cls.__new__(cls)
        bitmap._bits = bits
        return bitmap

    @classmethod
    def first(cls, count: int) -> Bitmap:
        """The numbers from 0 to ``count - 1``."""
        return cls.from_int((1 << count) - 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Bitmap:
        """The cpumap of libvirt's API: byte 0 has the numbers 0 to 7, the lowest bit first (virBitmapNewData)."""
        return cls.from_int(int.from_bytes(data, "little"))

    @classmethod
    def from_mask(cls, text: str) -> Bitmap:
        """The kernel's hexadecimal mask, highest word first: ``00000000,0000000f`` (/proc/PID/status)."""
        digits = text.strip().replace(",", "").removeprefix("0x")
        if not digits or digits.strip("0123456789abcdefABCDEF"):
            raise InvalidArgError(f"malformed bitmap mask '{text}'")
        return cls.from_int(int(digits, 16))

    @classmethod
    def parse(cls, text: str, size: int | None = None) -> Bitmap:
        """A text of numbers, ranges ``N-M`` and exclusions ``^N``, in order, separated by commas (virBitmapParse).

        :param size: members must be below it.
        :raises InvalidArgError: for an empty or malformed text, and for numbers out of range.
        """
        limit = _DEFAULT_SIZE if size is None else size
        bits = 0
        items = text.split(",")
        if len(items) > 1 and not items[-1].strip():
            items.pop()  # libvirt accepts a comma at the end
        for item in items:
            item = item.strip()
            negated = item[:1] == "^"
            low, dash, high = (item[1:] if negated else item).partition("-")
            if negated and dash:
                raise InvalidArgError(f"malformed bitmap '{text}': ranges cannot be excluded")
            start = _number(low, text, limit)
            last = _number(high.lstrip(), text, limit) if dash else start
            if last < start:
                raise InvalidArgError(f"malformed bitmap '{text}': {last} is below {start}")
            part = ((1 << (last - start + 1)) - 1) << start
            bits = bits & ~part if negated else bits | part
        return cls.from_int(bits)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """First and last of every run of members."""
        bits, base = self._bits, 0
        while bits:
            gap = (bits & -bits).bit_length() - 1
            bits >>= gap
            base += gap
            run = (~bits & (bits + 1)).bit_length() - 1
            yield base, base + run - 1
            bits >>= run
            base += run

    def to_int(self) -> int:
        """The members as bits, 0 the lowest."""
        return self._bits

    def to_bytes(self, length: int | None = None) -> bytes:
        """A cpumap (see :meth:`from_bytes`) of so many bytes, cut or filled up; by default as short as it can be."""
        if length is None:
            length = max(1, (self._bits.bit_length() + 7) // 8)
        return (self._bits & ((1 << (8 * length)) - 1)).to_bytes(length, "little")

    @property
    def last(self) -> int:
        """The highest member; -1 when empty."""
        return self._bits.bit_length() - 1

    def isdisjoint(self, other: Bitmap) -> bool:
        """Whether they have no member in common."""
        return not self._bits & other._bits

    def __str__(self) -> str:
        return ",".join(f"{low}-{high}" if high > low else str(low) for low, high in self.ranges())

    def __repr__(self) -> str:
        return f"Bitmap.parse({str(self)!r})" if self._bits else "Bitmap()"

    def __len__(self) -> int:
        return self._bits.bit_count()

    def __bool__(self) -> bool:
        return self._bits != 0

    def __contains__(self, member: object) -> bool:
        return isinstance(member, int) and member >= 0 and bool(self._bits >> member & 1)

    def __iter__(self) -> Iterator[int]:
        for low, high in self.ranges():
            yield from range(low, high + 1)

    def __eq__(self, other: object) -> bool:
        return self._bits == other._bits if isinstance(other, Bitmap) else NotImplemented

    def __hash__(self) -> int:
        return hash((Bitmap, self._bits))

    def __or__(self, other: Bitmap) -> Bitmap:
        return Bitmap.from_int(self._bits | other._bits)

    def __and__(self, other: Bitmap) -> Bitmap:
        return Bitmap.from_int(self._bits & other._bits)

    def __sub__(self, other: Bitmap) -> Bitmap:
        return Bitmap.from_int(self._bits & ~other._bits)

    def __xor__(self, other: Bitmap) -> Bitmap:
        return Bitmap.from_int(self._bits ^ other._bits)

    def __le__(self, other: Bitmap) -> bool:
        return not self._bits & ~other._bits

    def __ge__(self, other: Bitmap) -> bool:
        return not other._bits & ~self._bits


def _number(digits: str, text: str, limit: int) -> int:
    digits = digits.rstrip()
    if not digits.isascii() or not digits.isdigit():
        raise InvalidArgError(f"malformed bitmap '{text}'")
    number = int(digits) if len(digits) < 20 else limit
    if number >= limit:
        raise InvalidArgError(f"malformed bitmap '{text}': {digits[:20]} is not below {limit}")
    return number
