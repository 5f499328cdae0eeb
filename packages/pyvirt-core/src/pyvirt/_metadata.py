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

_FORMAT = 2
_END = "end"


def scan() -> list[EntryPoint]:
    """All entries of groups that start with ``pyvirt.``, from the cache when it is still true."""
    key = _key()
    path = _cache_path()
    if path is not None:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                cached = _parse(file.read(), key)
            if cached is not None:
                return cached
        except (OSError, ValueError):
            pass  # absent or damaged: scan
    entries = _read_metadata()
    if path is not None:
        _store(path, _format(key, entries))
    return entries


def _format(key: str, entries: list[EntryPoint]) -> str:
    """The cache as text: the key, then a line per entry, then an end mark. (json would cost milliseconds to import.)"""
    return "\n".join([key, *("\t".join(entry.fields()) for entry in entries), _END, ""])


def _parse(text: str, key: str) -> list[EntryPoint] | None:
    """What :func:`_format` wrote, ``None`` when it is of another key; raises ValueError when it is damaged."""
    from pyvirt.loader import EntryPoint

    found_key, *rows = text.split("\n")
    if found_key != key:
        return None
    if rows[-2:] != [_END, ""]:
        raise ValueError("no end mark")
    entries = []
    for row in rows[:-2]:
        group, name, value, distribution, version = row.split("\t")
        entries.append(EntryPoint(group, name, value, distribution, version))
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


def _key() -> str:
    """One line that is another one whenever a distribution was installed or removed."""
    key: list[object] = [_FORMAT, sys.version, sys.prefix]
    for folder in sys.path:
        try:
            stat = os.stat(folder or ".")
        except OSError:
            continue
        key.append([folder, stat.st_ino, stat.st_mtime_ns])
    return repr(key)


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
    return f"{base}/pyvirt/entry-points-{name}.txt"


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
        write_atomic(path, text.encode("utf-8", "surrogateescape"), durable=False)
    except (OSError, VirtError):
        pass  # a cache that cannot be written costs time, nothing else
