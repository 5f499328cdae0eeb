"""Functions that stand in two packages: a copy is a dependency that no other check sees.

What two packages need belongs below both: into pyvirt_util, pyvirt_conf or the core.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import monorepo

ENOUGH = 40
"""Expressions and statements in a function's body from which on equality is no coincidence; about ten lines."""


def functions(file: Path) -> Iterator[tuple[str, int, str]]:
    """Name, line and the body of each function large enough, spelled without layout, comments and docstring."""
    for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        body = node.body[1:] if documented else node.body
        size = sum(isinstance(part, ast.stmt | ast.expr) for statement in body for part in ast.walk(statement))
        if size >= ENOUGH:
            yield node.name, node.lineno, "\n".join(ast.dump(statement) for statement in body)


def find(root: Path) -> list[str]:
    """One line for each function of a package that also stands in another."""
    found: list[str] = []
    seen: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for distribution in monorepo.distributions(root).values():
        for file in sorted(distribution.source.rglob("*.py")):
            try:
                for name, line, body in functions(file):
                    seen[body].append((distribution.name, f"{file.relative_to(root)}:{line}: {name}"))
            except SyntaxError as error:
                found.append(f"{file.relative_to(root)}:{error.lineno}: not Python: {error.msg}")
    for places in seen.values():
        if len({owner for owner, _ in places}) > 1:
            found.append(" is the same as ".join(place for _, place in places))
    return sorted(found)
