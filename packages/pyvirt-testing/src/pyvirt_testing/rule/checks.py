"""All checks of one distribution's folder."""

from __future__ import annotations

from pathlib import Path

from pyvirt_testing.rule.declared import check_declared
from pyvirt_testing.rule.entry_points import check_entry_points
from pyvirt_testing.rule.finding import Finding
from pyvirt_testing.rule.metadata import check_metadata
from pyvirt_testing.rule.project import Project
from pyvirt_testing.rule.source import check_source


def check(folder: Path) -> list[Finding]:
    """Findings for the distribution in ``folder``, sorted by file and line; none when it keeps the rule.

    Raises ``ValueError`` for a folder that holds no distribution and ``RuntimeError`` when deptry can't be run.
    """
    project = Project(folder.resolve())
    found = [*check_source(project), *check_metadata(project), *check_entry_points(project), *check_declared(project)]
    return sorted(set(found))
