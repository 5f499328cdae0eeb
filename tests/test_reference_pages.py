"""The pages that tools/reference.py writes are those that the installed distributions give."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted((ROOT / "docs" / "reference").glob("*.md")), ROOT / "docs" / "support.md"]


def reference(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/reference.py", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The part of the repository that the tool reads and writes."""
    for folder in ("tools", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.glob("packages/*/pyproject.toml"):
        target = tmp_path / file.relative_to(ROOT)
        target.parent.mkdir(parents=True)
        shutil.copy(file, target)
    return tmp_path


def test_the_pages_are_up_to_date() -> None:
    result = reference(ROOT, "--check")
    assert (result.returncode, result.stderr) == (0, "")


def test_pages_that_are_not_are_named_and_mended(copy: Path) -> None:
    assert reference(copy).returncode == 0
    pages = copy / "docs" / "reference"
    right = (pages / "secret.md").read_text()
    (pages / "secret.md").write_text(right.replace("required", "optional"))
    (pages / "cpu.md").unlink()
    (pages / "gone.md").write_text("# A document that is no more\n")
    result = reference(copy, "--check")
    assert result.returncode == 1
    assert re.findall(r"^docs/\S+", result.stderr, re.MULTILINE) == [
        "docs/reference/secret.md",
        "docs/reference/cpu.md",
        "docs/reference/gone.md",
    ]
    assert reference(copy).returncode == 0
    assert (pages / "secret.md").read_text() == right
    assert reference(copy, "--check").returncode == 0
    assert not (pages / "gone.md").exists()


def anchors(page: Path) -> list[str]:
    return re.findall(r'^<a id="([^"]+)"></a>$', page.read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_sections(page: Path) -> None:
    found = anchors(page)
    assert len(found) == len(set(found))
    for file, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", page.read_text()):
        assert anchor in anchors(page.parent / file if file else page), f"{file}#{anchor}"
