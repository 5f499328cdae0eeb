"""A distribution's folder, as its pyproject.toml describes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pyvirt_testing.rule import names


class Requirement(NamedTuple):
    """One entry of a list of dependencies: normalized name, the text, and the list it stands in."""

    name: str
    text: str
    where: str


class Project:
    """The folder of one distribution.

    Raises ``ValueError`` when the folder holds no pyproject.toml, or one without name or without source.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "pyproject.toml"
        try:
            self.text = self.file.read_text()
            self.table: dict[str, Any] = tomllib.loads(self.text)
        except OSError as error:
            raise ValueError(f"{self.file}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{self.file}: {error}") from error
        self.project: dict[str, Any] = self.table.get("project", {})
        if "name" not in self.project:
            raise ValueError(f"{self.file}: no name in [project]")
        self.name: str = self.project["name"]
        self.root = folder / "src" if (folder / "src").is_dir() else folder
        self.packages = sorted(self._packages())
        if not self.packages:
            raise ValueError(f"{folder}: no import package in src/ or beside pyproject.toml")

    def _packages(self) -> Iterator[Path]:
        for path in self.root.iterdir():
            package = (path / "__init__.py").is_file() and path.name not in {"tests", "test", "docs"}
            module = path.suffix == ".py" and self.root != self.folder
            if package or module:
                yield path

    @property
    def modules(self) -> frozenset[str]:
        """Import names that the distribution ships."""
        return frozenset(path.stem for path in self.packages)

    @property
    def plugin(self) -> bool:
        """Whether it offers something to the core: a driver or a service."""
        return any(group.startswith("pyvirt.") for group in self.project.get("entry-points", {}))

    @property
    def dynamic(self) -> bool:
        """Whether its dependencies are computed when it is built."""
        return "dependencies" in self.project.get("dynamic", ())

    def sources(self) -> Iterator[Path]:
        """Python files that are shipped."""
        for package in self.packages:
            yield from sorted(package.rglob("*.py")) if package.is_dir() else [package]

    def tests(self) -> Iterator[Path]:
        """Python files of its tests."""
        yield from sorted((self.folder / "tests").rglob("*.py"))

    def requirements(self) -> Iterator[Requirement]:
        """What it needs when it runs, extras included."""
        yield from self._read(self.project.get("dependencies", ()), "dependencies")
        for extra, entries in self.project.get("optional-dependencies", {}).items():
            yield from self._read(entries, f"optional-dependencies.{extra}")

    def group_requirements(self) -> Iterator[Requirement]:
        """What its dependency groups (tests, development) name."""
        for group, entries in self.table.get("dependency-groups", {}).items():
            yield from self._read([entry for entry in entries if isinstance(entry, str)], f"dependency-groups.{group}")

    def _read(self, entries: list[str], where: str) -> Iterator[Requirement]:
        for text in entries:
            match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", text)
            if match is None:
                raise ValueError(f"{self.file}: {text!r} in {where} names no distribution")
            yield Requirement(names.normal(match[1]), text, where)

    def line_of(self, text: str) -> int:
        """Line of pyproject.toml that holds ``text``; 0 when none does."""
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if text in line), 0)
