"""Strings at random that match a pattern of an XML schema."""

from __future__ import annotations

import re._constants as c  # type: ignore[import-not-found]
import re._parser as sre  # type: ignore[import-not-found]
from functools import lru_cache
from random import Random
from typing import Any

_PRINTABLE = [chr(code) for code in range(33, 127)]
_CATEGORIES = {
    c.CATEGORY_DIGIT: "0123456789",
    c.CATEGORY_SPACE: " ",
    c.CATEGORY_WORD: "abcXYZ019_",
}


@lru_cache(maxsize=1024)
def _parsed(pattern: str) -> Any:
    # In XML schemas these two stand for themselves.
    return sre.parse(pattern.replace("^", "\\^").replace("[\\^", "[^").replace("\\\\^", "\\^").replace("$", "\\$"))


def word(pattern: str, random: Random) -> str:
    """A string that matches."""
    return "".join(_made(op, value, random) for op, value in _parsed(pattern))


def _made(op: Any, value: Any, random: Random) -> str:
    if op is c.LITERAL:
        return chr(value)
    if op is c.NOT_LITERAL:
        return random.choice([char for char in _PRINTABLE if ord(char) != value])
    if op is c.ANY:
        return random.choice("abc019-_.")
    if op is c.IN:
        return random.choice(_members(value))
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        low, high, inner = value
        count = random.randint(low, min(int(high), max(low, 1) + 3))
        return "".join(_made(op, value, random) for _ in range(count) for op, value in inner)
    if op is c.SUBPATTERN:
        return "".join(_made(op, value, random) for op, value in value[3])
    if op is c.BRANCH:
        return "".join(_made(op, value, random) for op, value in random.choice(value[1]))
    raise ValueError(f"{op} in a pattern")


def _members(items: Any) -> list[str]:
    negated = bool(items) and items[0][0] is c.NEGATE
    found: set[str] = set()
    for op, value in items:
        if op is c.LITERAL:
            found.add(chr(value))
        elif op is c.RANGE:
            found.update(chr(code) for code in range(value[0], value[1] + 1))
        elif op is c.CATEGORY:
            found.update(_CATEGORIES[value])
    return sorted(set(_PRINTABLE) - found) if negated else sorted(found)
