"""Documents of suites whose cases are about something else than reading them: they parse, read back the same, and hold
nothing that isn't known. Those that libvirt wrote itself are written the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus.runner import corpus_directory
from tests.corpus.suites.schema import KINDS, check

from pyvirt_conf.capabilities import Capabilities, CpuData, DomainCapabilities, parse_cpu
from pyvirt_conf.nodedev import NodeDevice, parse_node_device
from pyvirt_conf.nwfilter import NetworkFilter, parse_filter
from pyvirt_conf.strict import refuse_unknown
from pyvirt_conf.xml import Element, read
from pyvirt_util.errors import VirtError, XmlDetailError

CORPUS = corpus_directory()
pytestmark = pytest.mark.skipif(CORPUS is None, reason="the corpus is absent: set PYVIRT_CORPUS to its directory")


def documents(pattern: str) -> list[Path]:
    assert CORPUS is not None
    found = sorted(CORPUS.glob(pattern))
    if not found:
        pytest.skip(f"the corpus has no {pattern}")
    return found


@pytest.mark.parametrize(
    ("pattern", "kind", "written"),
    [
        ("vircaps2xml/vircaps2xmldata/*.xml", Capabilities, True),
        ("qemucaps2xml/qemucaps2xmloutdata/*.xml", Capabilities, True),
        ("domaincaps/domaincapsdata/*.xml", DomainCapabilities, True),
        ("nodedevmdevctl/nodedevschemadata/*.xml", NodeDevice, False),
        ("nwfilterxml2firewall/nwfilterxml2firewalldata/*.xml", NetworkFilter, False),
    ],
)
def test_documents(pattern: str, kind: type[Element], written: bool) -> None:
    special: dict[type[Element], Callable[[bytes], Any]] = {
        NodeDevice: lambda data: parse_node_device(data, new=True),
        NetworkFilter: parse_filter,
    }
    parse = special.get(kind, kind.from_xml)
    for path in documents(pattern):
        data = path.read_bytes()
        refuse_unknown(data, kind, file=str(path))
        found = parse(data)
        text = found.format()
        if written:
            assert text == data.decode(), path
        again = parse(text.encode())
        assert again == found, path
        assert again.format() == text, path
        assert found.copy() == found, path


PARTS = ("networkxml2xmlupdatein", "qemuhotplugtestdevices")
"""Directories of parts of documents, which are no documents on their own."""


def test_names_say_what_is_invalid() -> None:
    """All that libvirt's schemas accept has nothing unknown in it, and what they refuse is refused."""
    seen = {True: 0, False: 0}
    for path in documents("*/**/*.xml"):
        data = path.read_bytes()
        if path.parent.name in PARTS:
            continue
        try:
            tag = str(read(data).tag)
        except XmlDetailError:
            continue
        if tag not in KINDS or tag in ("cpu", "domstatus"):
            continue
        valid = not path.stem.endswith("-invalid")
        seen[valid] += 1
        if valid:
            refuse_unknown(data, KINDS[tag][0], file=str(path))
        else:
            with pytest.raises(VirtError):
                check(data)
    assert seen[True]
    assert seen[False]


def test_cpus() -> None:
    seen = 0
    for path in documents("cputest/cputestdata/*.xml"):
        root = read(path.read_bytes())
        if root.tag == "cpudata":
            data = CpuData.parse(path.read_bytes(), file=str(path))
            assert CpuData.parse(data.format()) == data, path
        elif root.tag == "cpu":
            found = parse_cpu(path.read_bytes(), file=str(path))
            text = found.to_xml()
            assert parse_cpu(text) == found, path
            if path.stem.endswith("-result") or "-cpuid-" in path.stem:
                assert text == path.read_text(), path
        seen += 1
    assert seen
