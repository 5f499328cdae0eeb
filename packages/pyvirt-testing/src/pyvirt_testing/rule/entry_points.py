"""Entry points: each must lead to something in the distribution that declares it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pyvirt.loader import DRIVER_GROUP, SECONDARY_KINDS
from pyvirt.services import KINDS
from pyvirt_testing.rule.finding import Finding
from pyvirt_testing.rule.project import Project

GROUPS = frozenset(
    {DRIVER_GROUP, *(f"pyvirt.{kind}" for kind in SECONDARY_KINDS), *(f"pyvirt.services.{kind}" for kind in KINDS)}
)
"""Groups that the core looks into."""

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
"""A URI's scheme (RFC 3986), in lower case."""


def check_entry_points(project: Project) -> Iterator[Finding]:
    """Groups of ours alone: is the name usable, and does the object exist."""
    for group, entries in project.project.get("entry-points", {}).items():
        if not group.startswith("pyvirt."):
            continue
        if group not in GROUPS:
            line = project.line_of(f'"{group}"')
            known = ", ".join(sorted(GROUPS))
            yield Finding(project.file, line, f"nobody looks for entry points in {group}; known: {known}")
        for name, target in entries.items():
            line = project.line_of(f'"{target}"')
            if group == DRIVER_GROUP and not SCHEME.fullmatch(name):
                yield Finding(project.file, line, f"entry point {name!r} in {group} is not the scheme of a URI")
            if problem := _missing(project, target):
                yield Finding(project.file, line, f"entry point {name!r} in {group}: {problem}")


def _missing(project: Project, target: str) -> str:
    """Why ``module:attribute`` leads nowhere, or nothing."""
    module, _, attribute = target.partition(":")
    if module.split(".")[0] not in project.modules:
        return f"{module} is not in this distribution"
    file = _file_of(project.root.joinpath(*module.split(".")))
    if file is None:
        return f"there is no module {module}"
    if attribute and attribute.split(".")[0] not in _bound(ast.parse(file.read_bytes(), str(file))):
        return f"{file.relative_to(project.folder)} binds no {attribute}"
    return ""


def _file_of(path: Path) -> Path | None:
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _bound(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top level."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Import() | ast.ImportFrom():
                found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found
