"""Properties of devices and objects, in the two forms of QEMU's command line: JSON, and ``key=value`` with commas."""

from __future__ import annotations

import json
from typing import Any

#: Names and values in the order they are written; a value is text, a number, a boolean, a list or another mapping.
Props = dict[str, Any]

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def known(**props: Any) -> Props:
    """Properties without those that are ``None``; underscores in names stay."""
    return {name: value for name, value in props.items() if value is not None}


def present(props: Props) -> Props:
    """The properties that are not ``None``."""
    return {name: value for name, value in props.items() if value is not None}


def as_json(props: Props) -> str:
    """Compact JSON, as in ``-device '{"driver":"VGA"}'``."""
    return _encode(props)


def escape(text: str) -> str:
    """Text as part of a ``key=value`` list: a comma is doubled."""
    return text.replace(",", ",,")


def on_off(value: bool) -> str:
    """QEMU's words for a boolean."""
    return "on" if value else "off"


def as_options(props: Props, first: str | None = None) -> str:
    """A list ``key=value,key=value``.

    :param first: the property that is written first and without its name (``driver``, ``qom-type``, ``type``).
    """
    words = [escape(str(props[first]))] if first is not None else []
    for name, value in props.items():
        if name != first:
            words += _option(name, value)
    return ",".join(words)


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"{name}={on_off(value)}"]
    if isinstance(value, list):
        if value and all(isinstance(item, int) for item in value):
            return [f"{name}={span}" for span in ranges(value)]
        return [word for item in value for word in _option(name, item if not isinstance(item, dict) else item["str"])]
    if isinstance(value, dict):
        return [word for key, inner in value.items() for word in _option(f"{name}.{key}", inner)]
    return [f"{name}={escape(str(value))}"]


def ranges(numbers: list[int] | frozenset[int]) -> list[str]:
    """Sorted numbers as spans: ``["0-3", "5"]``."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [str(low) if low == high else f"{low}-{high}" for low, high in spans]
