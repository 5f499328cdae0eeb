"""Every domain document of the corpus: it parses, what is written reads the same, and a valid one stays valid."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus.runner import corpus_directory

from pyvirt_conf.domain import Domain, ParserConfig, XmlFlags
from pyvirt_conf.domain.namespaces import (
    BhyveNamespace,
    LxcNamespace,
    QemuNamespace,
    VmwareNamespace,
    XenNamespace,
)

CORPUS = corpus_directory()
CONFIG = ParserConfig(
    namespaces={kind.uri: kind for kind in (BhyveNamespace, LxcNamespace, QemuNamespace, VmwareNamespace, XenNamespace)}
)


def names(value: Any) -> Iterator[str]:
    """The XML files that a case names, at whatever depth: hotplug cases have them in their steps."""
    if isinstance(value, str):
        if value.endswith(".xml"):
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from names(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from names(item)


@cache
def domains() -> dict[str, list[Path]]:
    """By suite, the domain documents of the cases that libvirt accepts; each once."""
    from lxml import etree

    found: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for listing in sorted(CORPUS.glob("*/cases.json")) if CORPUS is not None else ():
        for case in json.loads(listing.read_text()):
            if case["expect"] != "ok":
                case.pop("input", None)
            for name in names(case):
                path = (listing.parent / name).resolve()
                if path in seen or not path.is_file() or path.stem.endswith("-invalid"):
                    continue
                seen.add(path)
                if etree.parse(path).getroot().tag == "domain":
                    found.setdefault(listing.parent.name, []).append(path)
    return found


def problems_of(path: Path, flags: XmlFlags, schema: Any) -> Iterator[str]:
    """What is wrong with reading and writing one document."""
    from lxml import etree

    raw = path.read_bytes()
    written = flags | XmlFlags.SECURE
    domain = Domain.parse(raw, config=CONFIG, flags=flags)
    text = domain.format(written)
    if Domain.parse(text, config=CONFIG, flags=flags).format(written) != text:
        yield "reads back differently"
    copy = domain.copy()
    if copy != domain or copy.format(written) != text:
        yield "a copy differs"
    if schema is not None and schema.validate(etree.fromstring(raw)) and not schema.validate(etree.fromstring(text)):
        yield f"valid before, but not when written: {schema.error_log.last_error}"


@pytest.mark.skipif(CORPUS is None, reason="the corpus is absent: set PYVIRT_CORPUS to its directory")
def test_domains_survive_reading_and_writing(capsys: pytest.CaptureFixture[str]) -> None:
    from lxml import etree

    assert CORPUS is not None
    # Another split of the corpus may have no schemas; then no document counts as valid, and the table says so.
    rules = CORPUS / "schemas" / "domain.rng"
    schema = etree.RelaxNG(etree.parse(rules)) if rules.exists() else None
    problems = []
    lines = []
    for suite, paths in domains().items():
        wrong: set[Path] = set()
        for path in paths:
            for flags in (XmlFlags.NONE, XmlFlags.INACTIVE):
                try:
                    found = list(problems_of(path, flags, schema))
                except Exception as error:
                    found = [repr(error)]
                if found:
                    wrong.add(path)
                problems += [f"{path.relative_to(CORPUS.resolve())} {flags}: {what}" for what in found]
        valid = sum(schema is not None and schema.validate(etree.parse(path)) for path in paths)
        lines.append(f"{suite:26} {len(paths):6} {valid:6} {len(wrong):6}")
    with capsys.disabled():
        print("\n".join(["", f"{'suite':26} {'domain':>6} {'valid':>6} {'wrong':>6}", *lines]))
    assert domains(), "the corpus has no domain documents"
    assert not problems, f"{len(problems)} problems\n" + "\n".join(problems[:20])
