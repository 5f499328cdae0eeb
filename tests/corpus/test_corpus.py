"""The conformance corpus: every suite that has an adapter; pass rates may only rise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus.runner import corpus_directory, run_suite, suites, table

CORPUS = corpus_directory()


@pytest.mark.skipif(CORPUS is None, reason="the corpus is absent: set PYVIRT_CORPUS to its directory")
@pytest.mark.parametrize("suite", suites())
def test_suite(suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert CORPUS is not None
    if not (CORPUS / suite / "cases.json").exists():
        pytest.skip(f"the corpus has no suite {suite}")
    result = run_suite(suite, CORPUS)
    with capsys.disabled():
        print("\n" + table([result]))
    problems = [f"{name}:\n{result.failed[name]}" for name in result.new_failures[:10]]
    problems += [f"{name} passes now: take it from tests/corpus/known/{suite}.txt" for name in result.healed]
    assert not problems, f"{len(result.new_failures)} of {result.cases} failed\n" + "\n".join(problems)
