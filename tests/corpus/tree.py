"""Unpacking the corpus's directory trees, ``*.tree.json``."""

from __future__ import annotations

import base64
import gzip
import json
import shlex
from pathlib import Path
from typing import Any


def unpack(tree: Path, folder: Path) -> None:
    """Make the tree below a folder: its files, links, empty directories and programs."""
    raw = tree.read_bytes()
    document: dict[str, Any] = json.loads(gzip.decompress(raw) if tree.suffix == ".gz" else raw)
    for name in document.get("empty_dirs", ()):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in document.get("files", {}).items():
        _place(folder, name).write_bytes(
            content.encode() if isinstance(content, str) else base64.b64decode(content["base64"])
        )
    for name, target in document.get("symlinks", {}).items():
        _place(folder, name).symlink_to(target)
    for name, program in document.get("programs", {}).items():
        path = _place(folder, name)
        path.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(program['prints'])}\n")
        path.chmod(0o755)


def _place(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
