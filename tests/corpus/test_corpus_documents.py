"""Every domain of the corpus: it parses, what is written reads the same, and it is valid by libvirt's schema."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

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
KEYS = ("input", "expected", "expected_active", "expected_config")


def domains(corpus: Path) -> Iterator[Path]:
    """The domain documents of all cases that libvirt accepts."""
    seen = set()
    for listing in sorted(corpus.glob("*/cases.json")):
        for case in json.loads(listing.read_text()):
            for key in KEYS if case["expect"] == "ok" else KEYS[1:]:
                name = case.get(key)
                if not isinstance(name, str) or not name.endswith(".xml"):
                    continue
                path = (listing.parent / name).resolve()
                if path not in seen and path.exists():
                    seen.add(path)
                    yield path


@pytest.mark.skipif(CORPUS is None, reason="the corpus is absent: set PYVIRT_CORPUS to its directory")
def test_domains_survive_reading_and_writing(capsys: pytest.CaptureFixture[str]) -> None:
    from lxml import etree

    assert CORPUS is not None
    schema_path = CORPUS / "schemas" / "domain.rng"
    schema = etree.RelaxNG(etree.parse(schema_path)) if schema_path.exists() else None
    problems = []
    count = 0
    for path in domains(CORPUS):
        raw = path.read_bytes()
        root = etree.fromstring(raw)
        if root.tag != "domain":
            continue
        count += 1
        valid = schema is not None and schema.validate(root)
        for flags in (XmlFlags.NONE, XmlFlags.INACTIVE):
            name = f"{path.relative_to(CORPUS.resolve())} {flags}"
            try:
                domain = Domain.parse(raw, config=CONFIG, flags=flags)
                text = domain.format(flags | XmlFlags.SECURE)
                again = Domain.parse(text, config=CONFIG, flags=flags)
            except Exception as error:
                problems.append(f"{name}: {error!r}")
                continue
            if again.format(flags | XmlFlags.SECURE) != text:
                problems.append(f"{name}: reads back differently")
            if domain.copy() != domain or domain.copy().format(flags | XmlFlags.SECURE) != text:
                problems.append(f"{name}: a copy differs")
            if valid and schema is not None and not schema.validate(etree.fromstring(text)):
                problems.append(f"{name}: {schema.error_log.last_error}")
    with capsys.disabled():
        print(f"\n{count} domains, {len(problems)} problems")
    assert not problems, "\n".join(problems[:20])
