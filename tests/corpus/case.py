"""One case of a corpus suite, and how outputs are compared."""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """What ``cases.json`` says of one case; file names in it are relative to the suite's directory."""

    suite: str
    name: str
    data: dict[str, Any]
    directory: Path

    @property
    def expect(self) -> str:
        """``ok``, ``parse-error``, ``failure`` or ``prepare-error``."""
        return str(self.data["expect"])

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What all cases of the suite have in common."""
        path = self.directory / "settings.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def path(self, key: str = "input") -> Path:
        """The file a key names."""
        return Path(os.path.normpath(self.directory / self.data[key]))

    def bytes(self, key: str = "input") -> bytes:
        """An XML input, as it is."""
        return self.path(key).read_bytes()

    def text(self, key: str = "expected") -> str:
        """A file with lines that end in a backslash joined to the next."""
        return self.path(key).read_text().replace("\\\n", "")


def same_text(expected: str, actual: str) -> str | None:
    """``None`` if the produced text is what libvirt's comparison accepts, else a diff.

    A final newline is added to the produced text when only the file has one.
    """
    if expected.endswith("\n") and not actual.endswith("\n"):
        actual += "\n"
    if expected == actual:
        return None
    lines = difflib.unified_diff(
        expected.splitlines(keepends=True), actual.splitlines(keepends=True), "expected", "actual", n=2
    )
    return "".join(lines)
