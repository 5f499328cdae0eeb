"""Running corpus suites: find the cases, give each to its suite's adapter, count, compare with the known failures.

An adapter is a module ``tests/corpus/suites/SUITE.py`` with a function ``run(case) -> str | None``: ``None`` when the
case passes, else what is wrong (a diff, a message). Errors it raises count as failures. Known failures stand in
``tests/corpus/known/SUITE.txt``, one name a line; the list may only shrink.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.corpus.case import Case

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def corpus_directory() -> Path | None:
    """Where the corpus is: ``PYVIRT_CORPUS``, or beside the repository; ``None`` where it's absent."""
    given = os.environ.get("PYVIRT_CORPUS")
    path = Path(given) if given else ROOT.parent / "shared" / "corpus"
    return path if (path / "index.json").exists() or any(path.glob("*/cases.json")) else None


def suites() -> list[str]:
    """The suites there is an adapter for."""
    return sorted(path.stem for path in (HERE / "suites").glob("*.py"))


def adapter(suite: str) -> Callable[[Case], str | None]:
    """The function that runs the cases of a suite."""
    run: Callable[[Case], str | None] = importlib.import_module(f"tests.corpus.suites.{suite}").run
    return run


def cases(suite: str, corpus: Path) -> list[Case]:
    """The cases of a suite; none where the corpus doesn't have it."""
    path = corpus / suite / "cases.json"
    if not path.exists():
        return []
    return [Case(suite, item["name"], item, corpus / suite) for item in json.loads(path.read_text())]


def known_failures(suite: str) -> set[str]:
    """Names of cases that are known to fail."""
    path = HERE / "known" / f"{suite}.txt"
    if not path.exists():
        return set()
    return {line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")}


@dataclass
class Result:
    """How a suite went."""

    suite: str
    cases: int = 0
    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @property
    def new_failures(self) -> list[str]:
        """Failures that aren't known."""
        return sorted(set(self.failed) - self.known)

    @property
    def healed(self) -> list[str]:
        """Known failures that pass now and must leave the list."""
        return sorted(self.known - set(self.failed))

    def as_json(self) -> dict[str, object]:
        """For ``--json``; known failures are failures."""
        return {"suite": self.suite, "cases": self.cases, "passed": self.passed, "failed": sorted(self.failed)}


def run_case(case: Case, run: Callable[[Case], str | None]) -> str | None:
    """What is wrong with one case, or ``None``."""
    try:
        return run(case)
    except Exception:
        return traceback.format_exc(limit=-4)


def run_suite(suite: str, corpus: Path) -> Result:
    """Run all cases of one suite."""
    found = cases(suite, corpus)
    result = Result(suite, cases=len(found))
    names = {case.name for case in found}
    # A list made for one split of the corpus says nothing about cases of another.
    result.known = known_failures(suite) & names
    run = adapter(suite)
    start = time.perf_counter()
    for case in found:
        wrong = run_case(case, run)
        if wrong is None:
            result.passed += 1
        else:
            result.failed[case.name] = wrong
    result.seconds = time.perf_counter() - start
    return result


def table(results: Iterable[Result]) -> str:
    """Suite, cases, passed, failed, known."""
    lines = [f"{'suite':26} {'cases':>6} {'passed':>7} {'failed':>7} {'known':>6} {'seconds':>8}"]
    for result in results:
        lines.append(
            f"{result.suite:26} {result.cases:6} {result.passed:7} {len(result.failed):7} {len(result.known):6} "
            f"{result.seconds:8.2f}"
        )
    return "\n".join(lines)
