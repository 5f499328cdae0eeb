"""``python -m tests.corpus --corpus DIR [--suite NAME ...] [--json] [--show-diff CASE]``, from the root."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.corpus.runner import adapter, cases, corpus_directory, run_case, run_suite, suites, table


def main() -> int:
    """Run suites and print how they went; 0 when no case fails that isn't known to."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description="Run the conformance corpus.")
    parser.add_argument("--corpus", type=Path, default=corpus_directory(), help="the corpus' directory")
    parser.add_argument("--suite", action="append", choices=suites(), help="only this suite (may be repeated)")
    parser.add_argument("--json", action="store_true", help="one JSON object per suite instead of a table")
    parser.add_argument("--show-diff", metavar="CASE", help="show what's wrong with a case")
    options = parser.parse_args()
    if options.corpus is None or not options.corpus.is_dir():
        parser.error("no corpus: give --corpus or set PYVIRT_CORPUS")
    chosen = [suite for suite in (options.suite or suites()) if (options.corpus / suite / "cases.json").exists()]
    if options.show_diff is not None:
        return show(options.show_diff, chosen, options.corpus)
    results = []
    for suite in chosen:
        result = run_suite(suite, options.corpus)
        results.append(result)
        if options.json:
            print(json.dumps(result.as_json()), flush=True)
    if not options.json:
        print(table(results))
        for result in results:
            for name in result.new_failures:
                print(f"FAILED {result.suite}: {name}")
            for name in result.healed:
                print(f"passes now, take it from known/{result.suite}.txt: {name}")
    return 1 if any(result.new_failures or result.healed for result in results) else 0


def show(name: str, chosen: list[str], corpus: Path) -> int:
    """Print what is wrong with the cases of a name."""
    found = [case for suite in chosen for case in cases(suite, corpus) if case.name == name]
    if not found:
        print(f"no case '{name}'", file=sys.stderr)
        return 2
    for case in found:
        wrong = run_case(case, adapter(case.suite))
        print(f"{case.suite}/{case.name}: {'passed' if wrong is None else 'failed'}")
        if wrong is not None:
            print(wrong)
    return 0


if __name__ == "__main__":
    sys.exit(main())
