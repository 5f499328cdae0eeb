"""The rule in source: what a distribution may import, and the ways around an import statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pyvirt_testing.rule import names
from pyvirt_testing.rule.finding import Finding
from pyvirt_testing.rule.project import Project

READ_ONLY = frozenset({"abc", "metadata", "resources"})
"""Modules of importlib that import nothing by name."""

IMPORTERS = frozenset({"runpy", "imp", "zipimport"})
"""Modules whose purpose is to run or import code by name or path."""

FUNCTIONS = frozenset({("builtins", "__import__"), ("pkgutil", "resolve_name")})
"""What a module may not take from others, beside those."""

LOADER = "pyvirt.loader"
"""Where the core imports by name, for itself alone."""

HELP = "ask for a service of the core (pyvirt.services) instead"


def check_source(project: Project) -> Iterator[Finding]:
    """Imports of other plug-ins and what would hide them, in the files that are shipped; imports alone in the tests."""
    allowed = project.modules | names.modules(project.name, names.siblings(project.name))
    for file in project.sources():
        tree, findings = _parse(file)
        yield from findings
        yield from _imports(file, tree, allowed)
        if not _is_the_loader(project, file):
            yield from _by_name(file, tree)
            yield from _by_the_loader(file, tree, project.modules)
        if project.plugin:
            yield from _unreadable(file, tree)
            yield from _loading(file, tree)
        yield from _named_in_text(file, tree, allowed)
    yield from _vendored(project)
    in_tests = allowed | names.modules(project.name, names.siblings_in_tests(project.name, plugin=project.plugin))
    for file in project.tests():
        tree, findings = _parse(file)
        yield from findings
        yield from _imports(file, tree, in_tests)


def _parse(file: Path) -> tuple[ast.Module, list[Finding]]:
    try:
        return ast.parse(file.read_bytes(), str(file)), []
    except SyntaxError as error:
        return ast.Module([], []), [Finding(file, error.lineno or 0, f"not Python: {error.msg}")]


def _is_the_loader(project: Project, file: Path) -> bool:
    """The core loads plug-ins in one place, which may import by name."""
    if names.normal(project.name) != "pyvirt-core":
        return False
    parts = file.relative_to(project.packages[0]).parts
    return parts == ("loader.py",) or parts[0] == "loader"


def _imports(file: Path, tree: ast.Module, allowed: frozenset[str]) -> Iterator[Finding]:
    """Import statements, wherever they stand: in functions, under TYPE_CHECKING, in try."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
        else:
            continue
        for module in modules:
            if names.is_our_module(module) and module.split(".")[0] not in allowed:
                yield Finding(file, node.lineno, f"imports {module}; {HELP}")


def _by_name(file: Path, tree: ast.Module) -> Iterator[Finding]:
    """Imports that no linter can follow."""
    for node in ast.walk(tree):
        if what := _importer(node):
            yield Finding(file, getattr(node, "lineno", 0), f"{what}; {HELP}")


def _unreadable(file: Path, tree: ast.Module) -> Iterator[Finding]:
    """Code in strings, and changes of where imports come from: nothing that a plug-in needs."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=("exec" | "eval") as called)):
                yield Finding(file, node.lineno, f"uses {called}, which runs what no check can read")
            case (
                ast.Attribute(value=ast.Name(id="sys"), attr="meta_path" | "path_hooks")
                | ast.Attribute(value=ast.Name(id="sys"), attr="path", ctx=ast.Store())
                | ast.Subscript(value=ast.Attribute(value=ast.Name(id="sys"), attr="path"), ctx=ast.Store())
                | ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="sys"), attr="path"), attr="append" | "extend" | "insert"
                )
            ):
                yield Finding(file, node.lineno, "changes where imports come from")


def _loading(file: Path, tree: ast.Module) -> Iterator[Finding]:
    """Use of the core's loader, which would load other plug-ins for whoever asks."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                found = any(alias.name == LOADER for alias in aliases)
            case ast.ImportFrom(module="pyvirt", names=aliases, level=0):
                found = any(alias.name == "loader" for alias in aliases)
            case ast.ImportFrom(module=module, level=0):
                found = module == LOADER
            case _:
                continue
        if found:
            yield Finding(file, node.lineno, f"imports {LOADER}, which loads plug-ins; {HELP}")


def _by_the_loader(file: Path, tree: ast.Module, own: frozenset[str]) -> Iterator[Finding]:
    """``import_by_name`` of the core's loader, but for modules of the distribution itself, which the text shows."""
    fine = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="import_by_name") as called, args=[argument], keywords=[]):
                if _beginning(argument).split(".")[0] in own and "." in _beginning(argument):
                    fine.add(id(called))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="import_by_name") if id(node) in fine:
                continue
            case ast.Name(id="import_by_name") | ast.Attribute(attr="import_by_name"):
                yield Finding(file, node.lineno, "imports by name what need not be its own")
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    if alias.name == "import_by_name" and alias.asname:
                        yield Finding(file, node.lineno, f"hides import_by_name as {alias.asname}")


def _beginning(argument: ast.expr) -> str:
    """The constant text that a string, or a formatted string, begins with."""
    first = argument.values[0] if isinstance(argument, ast.JoinedStr) and argument.values else argument
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _importer(node: ast.AST) -> str:
    """How a node imports by name, or nothing."""
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                head, _, rest = alias.name.partition(".")
                if head in IMPORTERS or (head == "importlib" and rest.split(".")[0] not in READ_ONLY):
                    return f"imports {alias.name}, which imports by name"
        case ast.ImportFrom(module=str(module), names=aliases, level=0):
            head, _, rest = module.partition(".")
            if head in IMPORTERS or (head == "importlib" and rest and rest.split(".")[0] not in READ_ONLY):
                return f"imports {module}, which imports by name"
            for alias in aliases:
                if (module == "importlib" and alias.name not in READ_ONLY) or (module, alias.name) in FUNCTIONS:
                    return f"imports {module}.{alias.name}, which imports by name"
        case ast.Name(id="__import__" as called):
            return f"uses {called}, which imports by name"
        case ast.Attribute(attr=("__import__" | "import_module" | "resolve_name") as called):
            return f"uses {called}, which imports by name"
        case ast.Call(func=ast.Name(id="entry_points") | ast.Attribute(attr="entry_points"), keywords=keywords):
            for keyword in keywords:
                if isinstance(keyword.value, ast.Constant) and repr(keyword.value.value).startswith("'pyvirt."):
                    return f"reads the plug-ins of {keyword.value.value!r}, which the core's loader does"
    return ""


def _named_in_text(file: Path, tree: ast.Module, allowed: frozenset[str]) -> Iterator[Finding]:
    """Import names of plug-ins in strings (not in docstrings): what an import by name, or a process, would be given."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    pattern = names.plugin_names()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            for found in sorted(set(pattern.findall(node.value)) - allowed):
                yield Finding(file, node.lineno, f"names {found} in a string; {HELP}")


def _vendored(project: Project) -> Iterator[Finding]:
    """Copies of other packages of ours that are shipped under their own name."""
    for package in project.packages:
        if package.stem != names.module_of(names.normal(project.name)) and names.is_our_module(package.stem):
            yield Finding(package, 0, f"ships {package.stem}, which is not the import name of {project.name}")
        if package.is_dir():
            for path in sorted(package.rglob("pyvirt*")):
                if names.is_known_module(path.stem) and (path.is_dir() or path.suffix == ".py"):
                    yield Finding(path, 0, f"has the name of a package of ours: a copy of it? {HELP}")
