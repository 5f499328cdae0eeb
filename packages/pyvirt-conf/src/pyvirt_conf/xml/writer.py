"""Text as libvirt writes it: two spaces, single quotes, self-closed empties.

In one thing we differ: line breaks and tabs in attributes, and carriage returns, are written as references. libvirt
writes them as they are, and reads spaces the next time.
"""

from __future__ import annotations

import re

_IMPOSSIBLE = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
special = re.compile(f"[<>&'\"\t\n\r{_IMPOSSIBLE}]").search
"""Whether an attribute needs :func:`escape` at all; generated code asks this first."""
special_text = re.compile(f"[<>&'\"\r{_IMPOSSIBLE}]").search
"""The same for text and :func:`escape_text`."""

_impossible = re.compile(f"[{_IMPOSSIBLE}]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;", "\r": "&#13;"})
_ATTRIBUTE = {**_TEXT, **str.maketrans({"\t": "&#9;", "\n": "&#10;"})}


def escape(text: str) -> str:
    """Text for an attribute; characters that XML can't hold are dropped, as libvirt does."""
    return _impossible.sub("", text).translate(_ATTRIBUTE) if special(text) else text


def escape_text(text: str) -> str:
    """Text for an element."""
    return _impossible.sub("", text).translate(_TEXT) if special_text(text) else text
