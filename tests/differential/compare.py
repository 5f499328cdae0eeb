"""Both sides' answers to a document, and the classes of their differences."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from lxml import etree
from tests.differential import ours
from tests.differential.cases import Values, mutated, sampled, settle, text_of
from tests.differential.peer import Libvirt

_NUMBERED = re.compile(r"\[\d+\]|'[^']*'|\"[^\"]*\"|\b\d+\b|/\S*|line \d+")


class Tally:
    """How often both sides agree on documents of a kind, and where they differ."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.seen = self.accepted = self.refused = self.died = 0
        self.classes: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def compare(self, peer: Libvirt, text: str) -> str | None:
        """Ask both about a document; the class of the difference, or ``None``."""
        self.seen += 1
        asked = "domain" if self.kind in ("any-domain", "guest-device") else self.kind
        theirs = peer.ask(asked, text)
        if theirs is None:
            self.died += 1
            return None
        try:
            mine = ours.ask(asked, text)
        except Exception as error:
            return self._differs(f"ours raised {error!r}", text)
        if theirs.text is None and mine.text is None:
            self.refused += 1
            self.refusals[_general(theirs.message)] += 1
            if theirs.code != mine.code:
                self.codes[_general(f"{theirs.code} {theirs.message} / {mine.code} {mine.message}")] += 1
            return None
        if theirs.text is None:
            return self._differs(_general(f"only libvirt refuses: {theirs.message}"), f"{theirs.message}\n{text}")
        if mine.text is None:
            return self._differs(_general(f"only we refuse: {mine.message}"), f"{mine.message}\n{text}")
        expected, actual = (ours.comparable(self.kind, answer.text or "", text) for answer in (theirs, mine))
        if expected == actual:
            self.accepted += 1
            return None
        diff = list(difflib.unified_diff(expected.splitlines(), actual.splitlines(), "libvirt", "pyvirt", "", "", 1))
        first = [line for line in diff[3:] if line[0] in "+-"][:2]
        return self._differs(_general("text: " + " ".join(first)), "\n".join(diff) + "\n" + text)

    def _differs(self, what: str, example: str) -> str:
        what = what[:150]
        self.classes[what] += 1
        if what not in self.examples or len(example) < len(self.examples[what]):
            self.examples[what] = example
        return what

    def report(self, limit: int, example: str | None = None) -> str:
        """The counts, and the most frequent classes of differences."""
        lines = [
            f"{self.kind}: {self.seen} documents, {self.accepted} accepted alike, {self.refused} refused alike "
            f"({sum(self.codes.values())} with another code), {sum(self.classes.values())} differ"
            + (f", {self.died} were libvirt's end" if self.died else "")
        ]
        for what, count in self.classes.most_common(limit):
            lines.append(f"{count:6} {what}")
            if example is not None and example in what:
                lines.append(self.examples[what])
        for name, counted in (("codes", self.codes), ("refusals", self.refusals)):
            if example == name:
                lines += [f"{count:6} {name}: {what}" for what, count in counted.most_common(limit)]
        return "\n".join(lines)


def _general(text: str) -> str:
    return _NUMBERED.sub("*", text)


def documents(kind: str, how: str, corpus: Path, random: Random, count: int) -> Iterator[str]:
    """Documents of a kind: made from its schema, or mutations of those the corpus has."""
    if how == "sampled":
        yield from sampled(kind, corpus / "schemas", random, count)
        return
    values = Values(corpus / "schemas", kind)
    sources = originals(kind, corpus)
    for _ in range(count):
        yield mutated(random.choice(sources), random, values)


_ROOTS = {
    "device": "device",
    "domain": "domain",
    "any-domain": "domain",
    "guest-device": "domain",
    "network": "network",
    "pool": "pool",
    "volume": "volume",
    "interface": "interface",
    "snapshot": "domainsnapshot",
    "checkpoint": "domaincheckpoint",
}


def originals(kind: str, corpus: Path) -> list[str]:
    """Documents of the corpus with the root element of a kind, fit for the test driver."""
    found = []
    for path in sorted(corpus.glob("*/**/*.xml")):
        try:
            root = etree.parse(path, etree.XMLParser(remove_comments=True, remove_blank_text=True)).getroot()
        except etree.XMLSyntaxError:
            continue
        if root.tag == _ROOTS[kind]:
            settle(kind, root)
            found.append(text_of(root))
    return found
