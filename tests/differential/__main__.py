"""Compare with libvirt: ``python -m tests.differential [KIND ...] [--count N] [--seed N] [--how sampled|mutated]``.

Prints how often both agree, and examples of each class of difference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random

from tests.corpus.runner import corpus_directory
from tests.differential.cases import SCHEMAS
from tests.differential.compare import Tally, documents
from tests.differential.peer import Libvirt, unavailable


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("kinds", metavar="KIND", nargs="*", choices=[*SCHEMAS, []], help="kinds of documents")
    parser.add_argument("--count", type=int, default=200, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--how", choices=("sampled", "mutated"), default="sampled")
    parser.add_argument("--classes", type=int, default=30, help="classes of differences to show")
    parser.add_argument("--example", metavar="TEXT", help="show the documents of classes that hold this")
    options = parser.parse_args()
    why = unavailable()
    corpus = corpus_directory()
    if why or corpus is None:
        parser.error(why or "no corpus: set PYVIRT_CORPUS")
    differs = False
    with Libvirt() as peer:
        for kind in options.kinds or SCHEMAS:
            tally = Tally(kind)
            for text in documents(kind, options.how, corpus, Random(options.seed), options.count):
                tally.compare(peer, text)
            differs |= bool(tally.classes)
            print(tally.report(options.classes, options.example))
    return 1 if differs else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.exit(main())
