"""Build the wheel of every distribution into build/wheelhouse: ``python tools/wheelhouse.py``.

A wheel is built again only when something in its folder changed. ``constraints.txt`` beside the wheels names each of
them by its path, so that an installation takes our distributions from here and from nowhere else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import monorepo

HOUSE = monorepo.ROOT / "build" / "wheelhouse"


def digest(distribution: monorepo.Distribution) -> str:
    """Hash of all that goes into a distribution's wheel: names and contents of its files."""
    total = hashlib.sha256()
    files = [path for path in distribution.folder.iterdir() if path.is_file()]
    files += [path for path in (distribution.folder / "src").rglob("*") if path.is_file()]
    for path in sorted(files):
        if "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(distribution.folder)} {content}\n".encode())
    return total.hexdigest()


def build(distribution: monorepo.Distribution) -> str:
    """Build one wheel into the wheelhouse and return its file name."""
    from hatchling.build import build_wheel  # the PEP 517 hook; it builds the project in the current folder

    previous = Path.cwd()
    os.chdir(distribution.folder)
    try:
        return str(build_wheel(str(HOUSE)))
    finally:
        os.chdir(previous)


@contextmanager
def alone() -> Iterator[None]:
    """Hold off other processes that fill the same wheelhouse."""
    HOUSE.mkdir(parents=True, exist_ok=True)
    with (HOUSE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def refresh() -> dict[str, dict[str, str]]:
    """Build what changed; return ``{distribution: {"digest": ..., "wheel": path}}``."""
    with alone():
        record_file = HOUSE / "record.json"
        old = json.loads(record_file.read_text()) if record_file.exists() else {}
        new: dict[str, dict[str, str]] = {}
        for name, distribution in monorepo.distributions().items():
            current = digest(distribution)
            entry = old.get(name, {})
            if entry.get("digest") != current or not Path(entry["wheel"]).exists():
                entry = {"digest": current, "wheel": str(HOUSE / build(distribution))}
            new[name] = entry
        if new != old:
            for path in set(HOUSE.glob("*.whl")) - {Path(entry["wheel"]) for entry in new.values()}:
                path.unlink()
            lines = [f"{name} @ {Path(entry['wheel']).as_uri()}\n" for name, entry in new.items()]
            (HOUSE / "constraints.txt").write_text("".join(lines))
            record_file.write_text(json.dumps(new, indent=1))
        return new


if __name__ == "__main__":
    refresh()
    print(HOUSE)
    sys.exit(0)
