"""Text for people: tables, records, sizes; JSON for programs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def printable(text: str) -> str:
    """The text in one line, without control characters: names come from strangers and terminals obey."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, header: bool = True) -> str:
    """Aligned columns below a header and a rule, laid out as virsh does; every line ends with a newline."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    lines = [list(headers), *cells] if header else cells
    if not lines:
        return ""
    widths = [max(width(line[column]) for line in lines) for column in range(len(headers))]
    text = [_line(line, widths) for line in lines]
    if header:
        text.insert(1, "-" * (sum(widths) + 3 * len(widths)))
    return "\n".join(text) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = [f" {cell}{' ' * (size - width(cell) + 2)}" for cell, size in zip(cells, widths, strict=True)]
    return "".join(parts).rstrip()


def record(pairs: Iterable[tuple[str, object]], column: int = 16) -> str:
    """``Name:   value`` lines; values begin at ``column``, or further where a name is longer."""
    rows = [(f"{name}:", printable(str(value))) for name, value in pairs]
    start = max([column, *(len(name) + 1 for name, _ in rows)])
    return "".join(f"{name:<{start}}{value}".rstrip() + "\n" for name, value in rows)


def json_text(data: object, *, compact: bool = False) -> str:
    """The data as JSON with a newline; ``compact``: in one line, for streams of events."""
    import json

    return json.dumps(data, indent=None if compact else 2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode("ascii")
    fields = getattr(value, "__dataclass_fields__", None) or getattr(value, "_fields", None)
    if fields is not None:
        return {name: getattr(value, name) for name in fields}
    return str(value)


def yes_no(value: bool) -> str:
    """``yes`` or ``no``."""
    return "yes" if value else "no"


def seconds(nanoseconds: int) -> str:
    """CPU time as ``12.3s``."""
    return f"{nanoseconds / 1e9:.1f}s"
