"""Text as libvirt writes it: two spaces, single quotes, self-closed empties."""

from __future__ import annotations

import re

special = re.compile("[<>&'\"\x01-\x08\x0b\x0c\x0e-\x1f]").search
"""Whether a string needs :func:`escape` at all; generated code asks this first."""

_ENTITIES: dict[int, str | None] = {
    **dict.fromkeys([*range(1, 9), 0x0B, 0x0C, *range(0x0E, 0x20)]),
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("'"): "&apos;",
    ord('"'): "&quot;",
}


def escape(text: str) -> str:
    """Text for an attribute or an element; characters that XML can't hold are dropped, as libvirt does."""
    return text.translate(_ENTITIES) if special(text) else text
