"""What this repository holds: its distributions, read from packages/*/pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository that this file stands in; a copy of the tree is a repository of its own."""

GROUND = ("pyvirt-util", "pyvirt-conf", "pyvirt-core")
"""The distributions that others may depend on, lowest first. All others may not see each other."""


@dataclass(frozen=True)
class Distribution:
    """One folder under packages/ (or examples/)."""

    name: str
    folder: Path
    version: str
    text: str
    dependencies: tuple[str, ...] = ()
    test_dependencies: tuple[str, ...] = ()
    extras: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """Import name."""
        return module_of(self.name)

    @property
    def source(self) -> Path:
        """Folder of the import package."""
        return self.folder / "src" / self.module

    @property
    def tests(self) -> list[Path]:
        """Test files of the distribution, sorted."""
        return sorted((self.folder / "tests").rglob("test_*.py"))


def module_of(distribution: str) -> str:
    """Import name of a distribution of ours: ``pyvirt-core`` is ``pyvirt``, all others follow their own name."""
    return "pyvirt" if distribution == "pyvirt-core" else distribution.replace("-", "_")


def allowed_siblings(distribution: str) -> tuple[str, ...]:
    """Distributions of ours that ``distribution`` may depend on, lowest layer first."""
    return GROUND[: GROUND.index(distribution)] if distribution in GROUND else GROUND


def name_of(requirement: str) -> str:
    """Distribution that a requirement names: ``"lxml>=5; extra"`` is ``lxml``."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}")
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def is_ours(requirement: str) -> bool:
    """Whether a requirement names a distribution of this project."""
    return name_of(requirement).startswith("pyvirt-")


def read(folder: Path) -> Distribution:
    """The distribution in ``folder``, as its pyproject.toml declares it."""
    text = (folder / "pyproject.toml").read_text()
    table = tomllib.loads(text)
    project = table["project"]
    extras = project.get("optional-dependencies", {})
    return Distribution(
        name=project["name"],
        folder=folder,
        version=project["version"],
        text=text,
        dependencies=tuple(project.get("dependencies", ())),
        test_dependencies=tuple(table.get("dependency-groups", {}).get("test", ())),
        extras={extra: tuple(requirements) for extra, requirements in extras.items()},
    )


def distributions(root: Path = ROOT) -> dict[str, Distribution]:
    """All distributions under packages/ by name, sorted."""
    return {folder.name: read(folder) for folder in sorted((root / "packages").iterdir()) if is_package(folder)}


def is_package(folder: Path) -> bool:
    """Whether ``folder`` holds a distribution."""
    return (folder / "pyproject.toml").is_file()


def closure(names: list[str], known: dict[str, Distribution]) -> set[str]:
    """``names`` and every distribution of ours that they need, directly or through one another."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found or name not in known:
            continue
        found.add(name)
        distribution = known[name]
        requirements = [*distribution.dependencies, *(r for extra in distribution.extras.values() for r in extra)]
        todo += [name_of(requirement) for requirement in requirements if is_ours(requirement)]
    return found
