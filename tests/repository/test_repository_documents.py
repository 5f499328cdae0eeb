"""What the documents say is so: commands, distributions, links, examples."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/*/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)


def blocks(text: str, language: str) -> list[str]:
    """Contents of a document's fenced blocks of one language; of those that name none for an empty string."""
    pieces = re.split(r"^```(.*)\n", text, flags=re.MULTILINE)
    # Text, opening fence, content, closing fence, text, ...
    return [content for word, content in zip(pieces[1::4], pieces[2::4], strict=True) if word == language]


def targets() -> set[str]:
    """What the Makefile can make."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_readme_has_two_commands_and_the_makefile_has_them() -> None:
    (commands,) = (block.splitlines() for block in blocks(README, "") if "make " in block)
    assert commands == ["make demo", "make test"]
    assert {command.removeprefix("make ") for command in commands} <= targets()


def test_continuous_integration_runs_what_the_readme_says() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if re.match(r"\W*(make|tox|pytest)\b", line)] == ["make test"]
    assert lines[-1] == "make test"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_that_documents_name_exist(document: Path) -> None:
    named = re.findall(r"(?:`|^)make ([a-z][a-z-]*)", document.read_text(), re.MULTILINE)
    assert set(named) <= targets()


def test_the_readme_lists_every_distribution() -> None:
    rows = re.findall(r"^\| \[([a-z-]+)\]\(packages/([a-z-]+)\) \| `(\w+)` \|", README, re.MULTILINE)
    listed = {name: module for name, _, module in rows}
    assert [name for name, folder, _ in rows if name != folder] == []
    folders = {path.parent.name: path.parent for path in ROOT.glob("packages/*/pyproject.toml")}
    assert listed == {name: next((folder / "src").glob("*/py.typed")).parent.name for name, folder in folders.items()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("number", range(len(blocks(README, "python"))))
def test_the_readme_s_examples_run(number: int) -> None:
    code = blocks(README, "python")[number]
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_the_folders_of_distributions_say_what_they_are() -> None:
    for file in sorted(ROOT.glob("packages/*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        readme = (file.parent / "README.md").read_text()
        assert readme.startswith(f"# {project['name']}\n")
        assert project["license"] == "Apache-2.0"
        assert (file.parent / "LICENSE").resolve() == ROOT / "LICENSE"
