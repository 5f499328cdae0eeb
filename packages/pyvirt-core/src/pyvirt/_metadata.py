"""Entry points of installed distributions, read through importlib-metadata, with an on-disk cache per import path.

Reading the metadata of every installed distribution costs tens of milliseconds where there are many. The cache keeps
what was found, keyed by the folders on ``sys.path`` and their times of change: installing or removing a distribution
changes the folder and so the key. A folder changes for other reasons too, above all the one a program is run in, so a
cache of another key is believed as long as the folders hold the same distributions.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.loader import EntryPoint

_FORMAT = 3
_END = "end"
_METADATA_SUFFIXES = (".dist-info", ".egg-info", ".egg", ".egg-link")


def scan() -> list[EntryPoint]:
    """All entries of groups that start with ``pyvirt.``, from the cache when it is still true."""
    path = _cache_path()
    if path is None:
        return _read_metadata()
    key = _key()
    distributions = ""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            cached_key, cached_distributions, entries = _parse(file.read())
        if cached_key == key:
            return entries
        distributions = _distributions()
        if cached_distributions == distributions:
            _store(path, _format(key, distributions, entries))
            return entries
    except (OSError, ValueError):
        pass  # absent or damaged: scan
    distributions = distributions or _distributions()  # what is installed while the metadata is read is found next time
    entries = _read_metadata()
    _store(path, _format(key, distributions, entries))
    return entries


def _format(key: str, distributions: str, entries: list[EntryPoint]) -> str:
    """The cache as text: two lines that say what it holds for, a line per entry, an end mark. (json imports slowly.)"""
    return "\n".join([key, distributions, *("\t".join(entry.fields()) for entry in entries), _END, ""])


def _parse(text: str) -> tuple[str, str, list[EntryPoint]]:
    """What :func:`_format` wrote; raises ValueError when it is damaged."""
    from pyvirt.loader import EntryPoint

    key, distributions, *rows = text.split("\n")
    if rows[-2:] != [_END, ""]:
        raise ValueError("no end mark")
    entries = []
    for row in rows[:-2]:
        group, name, value, distribution, version = row.split("\t")
        entries.append(EntryPoint(group, name, value, distribution, version))
    return key, distributions, entries


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


def _distributions() -> str:
    """One line that tells which distributions the folders of ``sys.path`` hold, and when each was installed."""
    found = [repr((_FORMAT, sys.version, sys.prefix))]
    for folder in sys.path:
        try:
            if os.path.isfile(folder):  # an archive, whose own time counts
                here = [("", os.stat(folder).st_mtime_ns)]
            else:
                with os.scandir(folder or ".") as items:
                    here = [(it.name, it.stat().st_mtime_ns) for it in items if it.name.endswith(_METADATA_SUFFIXES)]
        except OSError:
            continue
        found.append(repr((folder, sorted(here))))
    return hash_text("\n".join(found)).to_bytes(8, "big").hex()


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
