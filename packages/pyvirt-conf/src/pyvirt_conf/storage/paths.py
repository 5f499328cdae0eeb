"""Paths as libvirt keeps them."""

from __future__ import annotations

import re

_SLASHES = re.compile("/+")


def sanitized(path: str) -> str:
    """Without repeated or final slashes; exactly two at the start are kept, POSIX lets them mean something
    (virFileSanitizePath).
    """
    lead = "//" if path.startswith("//") and not path.startswith("///") else ""
    clean = _SLASHES.sub("/", path[len(lead) :] if lead else path)
    if lead:
        clean = clean.lstrip("/")
    if len(clean) > 1 and clean.endswith("/"):
        clean = clean[:-1]
    return lead + clean
