"""The one version of all distributions: ``python tools/version.py [NEW]``.

It stands in the file VERSION. With an argument, that version is written there and into every pyproject.toml, with the
pins of siblings; without one, the command says where the tree differs from VERSION and exits 1 if anywhere.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import monorepo

VERSION = re.compile(r"[0-9]+(\.[0-9]+)+((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?")
"""What counts as a version (PEP 440, without epochs and local parts)."""

OWN = re.compile(r'^version = "(?P<version>[^"]*)"$', re.MULTILINE)
SIBLING = re.compile(r'"(?P<name>pyvirt-[a-z0-9-]+)(?P<extras>\[[a-z0-9,-]+\])?(?P<pin>[^"]*)"')


def current(root: Path) -> str:
    """The version in the file VERSION."""
    return (root / "VERSION").read_text().strip()


def rewritten(text: str, version: str) -> str:
    """A pyproject.toml with ``version`` as its own and as the pin of each sibling in a list of requirements."""
    text = OWN.sub(f'version = "{version}"', text)
    lines = []
    for line in text.splitlines(keepends=True):
        # A requirement's line or list; names of entry points and of the project itself stay as they are.
        requirement = not re.match(r"(name|description|readme) = ", line)
        lines.append(SIBLING.sub(rf'"\g<name>\g<extras>=={version}"', line) if requirement else line)
    return "".join(lines)


def files(root: Path) -> list[Path]:
    """Every pyproject.toml that carries the version."""
    return sorted(root.glob("packages/*/pyproject.toml"))


def differences(root: Path) -> list[str]:
    """Where a pyproject.toml says something else than VERSION, as ``file:line: what``."""
    version = current(root)
    found = []
    for path in files(root):
        text = path.read_text()
        for number, (old, new) in enumerate(
            zip(text.splitlines(), rewritten(text, version).splitlines(), strict=True), 1
        ):
            if old != new:
                found.append(f"{path.relative_to(root)}:{number}: {old.strip()} should be {new.strip()}")
    return found


def write(root: Path, version: str) -> None:
    """Put ``version`` into VERSION and every pyproject.toml."""
    if not VERSION.fullmatch(version):
        raise SystemExit(f"not a version: {version!r}")
    (root / "VERSION").write_text(f"{version}\n")
    for path in files(root):
        path.write_text(rewritten(path.read_text(), version))


def main(arguments: list[str]) -> int:
    if arguments:
        write(monorepo.ROOT, arguments[0])
    found = differences(monorepo.ROOT)
    print("\n".join(found) or current(monorepo.ROOT))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
