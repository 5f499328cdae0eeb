"""Directory trees of the corpus, kept as one JSON document each (``*.tree.json``, also compressed)."""

from __future__ import annotations

import base64
import gzip
import json
import shlex
from pathlib import Path


def unpack(document: Path, into: Path) -> None:
    """Make the tree's folders, files, programs and links below a folder."""
    raw = document.read_bytes()
    tree = json.loads(gzip.decompress(raw) if document.suffix == ".gz" else raw)
    for name in tree.get("empty_dirs", ()):
        (into / name).mkdir(parents=True, exist_ok=True)
    for name, content in tree.get("files", {}).items():
        data = base64.b64decode(content["base64"]) if isinstance(content, dict) else content.encode()
        _place(into, name).write_bytes(data)
    for name, program in tree.get("programs", {}).items():
        path = _place(into, name)
        path.write_text(f"#!/bin/sh\nprintf '%s' {shlex.quote(program['prints'])}\n")
        path.chmod(0o755)
    for name, target in tree.get("symlinks", {}).items():
        _place(into, name).symlink_to(target)


def _place(into: Path, name: str) -> Path:
    path = into / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
