"""What is imported is declared, and the other way round: deptry's findings."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pyvirt_testing.rule import names
from pyvirt_testing.rule.finding import Finding
from pyvirt_testing.rule.project import Project


def check_declared(project: Project) -> Iterator[Finding]:
    """Run deptry over the files that are shipped; without effect on dependencies that are computed.

    Raises ``RuntimeError`` when deptry is missing or fails otherwise than by finding something.
    """
    if project.dynamic:
        return
    ours = ",".join(f"{name}={names.module_of(name)}" for name in names.GROUND)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "deptry", str(project.root.relative_to(project.folder))]
        command += ["--config", str(project.file), "--json-output", str(report), "--no-ansi"]
        command += ["--package-module-name-map", ours]
        result = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
        if not report.exists():
            raise RuntimeError(f"deptry failed (pip install pyvirt-testing[rule]?): {result.stderr.strip()}")
        entries = json.loads(report.read_text())
    for entry in entries:
        place, error = entry["location"], entry["error"]
        yield Finding(project.folder / place["file"], place["line"] or 0, f"{error['code']} {error['message']}")
