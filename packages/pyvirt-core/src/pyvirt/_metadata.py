"""Entry points of installed distributions, read through importlib-metadata, with an on-disk cache per import path.

Reading the metadata of every installed distribution costs tens of milliseconds where there are many. The cache keeps
what was found, keyed by the folders on ``sys.path`` and their times of change: installing or removing a distribution
changes the folder and so the key.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.loader import EntryPoint

_FORMAT = 1


def scan() -> list[EntryPoint]:
    """All entries of groups that start with ``pyvirt.``, from the cache when it is still true."""
    import json

    from pyvirt.loader import EntryPoint

    key = _key()
    path = _cache_path()
    if path is not None:
        try:
            with open(path, encoding="utf-8") as file:
                cached = json.load(file)
            if cached["key"] == key:
                return [EntryPoint(*row) for row in cached["entries"]]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # absent or damaged: scan
    entries = _read_metadata()
    if path is not None:
        _store(path, json.dumps({"key": key, "entries": entries}))
    return entries


def _read_metadata() -> list[EntryPoint]:
    import importlib_metadata

    from pyvirt.loader import EntryPoint

    return [
        EntryPoint(entry.group, entry.name, entry.value, distribution.name, distribution.version)
        for distribution in importlib_metadata.distributions()
        for entry in distribution.entry_points
        if entry.group.startswith("pyvirt.")
    ]


def _key() -> list[object]:
    key: list[object] = [_FORMAT, sys.version, sys.prefix]
    for folder in sys.path:
        try:
            stat = os.stat(folder or ".")
        except OSError:
            continue
        key.append([folder, stat.st_ino, stat.st_mtime_ns])
    return key


def _cache_path() -> str | None:
    if os.environ.get("PYVIRT_NO_METADATA_CACHE"):
        return None
    base = os.environ.get("XDG_CACHE_HOME")
    if not base:
        home = os.environ.get("HOME")
        if not home:
            return None
        base = f"{home}/.cache"
    name = format(hash_text(sys.prefix + "\0" + "\0".join(sys.path)), "016x")
    return f"{base}/pyvirt/entry-points-{name}.json"


def hash_text(text: str) -> int:
    """A stable 64-bit hash (FNV-1a); hashlib costs milliseconds to import."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "surrogateescape"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def _store(path: str, text: str) -> None:
    from pyvirt_util.errors import VirtError
    from pyvirt_util.files import write_atomic

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        write_atomic(path, text.encode(), durable=False)
    except (OSError, VirtError):
        pass  # a cache that cannot be written costs time, nothing else
