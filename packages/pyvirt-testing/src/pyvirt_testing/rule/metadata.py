"""The rule in metadata: what a distribution may depend on."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from pyvirt_testing.rule import names
from pyvirt_testing.rule.finding import Finding
from pyvirt_testing.rule.project import Project, Requirement


def check_metadata(project: Project) -> Iterator[Finding]:
    """Dependencies on plug-ins and tools, of ours or of others."""
    if project.dynamic:
        yield Finding(
            project.file, project.line_of("dynamic"), "dependencies are dynamic, so that nobody can read them"
        )
    may = names.siblings(project.name)
    may_in_tests = names.siblings_in_tests(project.name, plugin=project.plugin)
    for requirement in project.requirements():
        yield from _judge(project, requirement, may)
    for requirement in project.group_requirements():
        yield from _judge(project, requirement, may_in_tests)
    yield from _check_exemptions(project)


def _judge(project: Project, requirement: Requirement, may: frozenset[str]) -> Iterator[Finding]:
    name, line = requirement.name, project.line_of(requirement.text)
    if name == names.normal(project.name):
        return
    if names.is_ours(name):
        if name not in may:
            allowed = ", ".join(sorted(may)) or "nothing of ours"
            yield Finding(project.file, line, f"{requirement.where} names {name}; allowed: {allowed}")
    elif groups := _plugin_groups(name):
        yield Finding(project.file, line, f"{requirement.where} names {name}, which is a plug-in (it offers {groups})")


def _plugin_groups(distribution: str) -> str:
    """Entry-point groups of ours that an installed distribution of another name offers something in."""
    try:
        entries = metadata.distribution(distribution).entry_points
    except metadata.PackageNotFoundError:
        return ""
    return ", ".join(sorted({entry.group for entry in entries if entry.group.startswith("pyvirt.")}))


def _check_exemptions(project: Project) -> Iterator[Finding]:
    """Settings that would hide one of our names, or all undeclared imports, from deptry."""
    settings = project.table.get("tool", {}).get("deptry", {})
    for code in settings.get("ignore", ()):
        yield Finding(project.file, project.line_of("ignore"), f"tool.deptry ignores all of {code}")
    for code, entries in settings.get("per_rule_ignores", {}).items():
        for entry in entries if isinstance(entries, list) else [entries]:
            if names.is_ours(entry):
                yield Finding(project.file, project.line_of(entry), f"tool.deptry ignores {entry} for {code}")
