"""Connection URIs, by hand and by the corpus."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pyvirt_util.errors import InvalidArgError
from pyvirt_util.uris import URI, format_query, parse_query

CORPUS = Path(os.environ.get("PYVIRT_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus")
CASES = CORPUS / "viruri" / "cases.json"


def corpus() -> list[Any]:
    if not CASES.exists():
        reason = f"no corpus at {CORPUS}: set PYVIRT_CORPUS"
        return [pytest.param({}, id="viruri", marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(CASES.read_text())]


@pytest.mark.parametrize("case", corpus())
def test_viruri(case: dict[str, Any]) -> None:
    uri = URI.parse(case["uri"])
    for part in ("scheme", "server", "port", "path", "query", "fragment"):
        assert getattr(uri, part) == case[part], part
    assert uri.params == [tuple(pair) for pair in case["params"] or []]
    assert uri.format() == case["formatted"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("qemu:///system", {"scheme": "qemu", "path": "/system"}),
        ("qemu+ssh://me@host:2222/session", {"user": "me", "server": "host", "port": 2222, "path": "/session"}),
        ("qemu+tcp://[fe80::1%25eth0]/system", {"server": "fe80::1%eth0"}),
        ("qemu:///embed?root=/a%20b", {"path": "/embed", "params": [("root", "/a b")]}),
        ("esx://a%40b@host/?no_verify=1", {"user": "a@b", "params": [("no_verify", "1")]}),
        ("test:///default#part", {"path": "/default", "fragment": "part"}),
        ("vmwareplayer:///session", {"scheme": "vmwareplayer"}),
        ("ch:///", {"path": "/"}),
        ("xen:", {"scheme": "xen", "path": None, "server": None}),
        ("xen:///?", {"query": None, "params": []}),
        ("phyp://user@host", {"user": "user", "server": "host", "path": None}),
        ("test:///tmp/with%3Fmark%23hash.xml", {"path": "/tmp/with?mark#hash.xml"}),
        ("lxc://u:p@h/", {"user": "u:p"}),
    ],
)
def test_parts(text: str, parts: dict[str, object]) -> None:
    uri = URI.parse(text)
    assert {name: getattr(uri, name) for name in parts} == parts
    assert URI.parse(uri.format()) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "system",
        "/system",
        "://host/",
        "1qemu:///system",
        "qe mu:///system",
        "qemu:///sys tem",
        "qemu:///\n",
        "qemu://host:x/",
        "qemu://host:65536/",
        "qemu://host:-1/",
        "qemu://[::1/",
        "qemu://[::1]x/",
        "qemu:///%zz",
        "qemu:///%4",
        "qemu:///%00",
        "qemu:///%ff",
        "qemu:///?a=%",
        "\u00fcqemu:///system",
    ],
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(InvalidArgError, match="malformed connection URI"):
        URI.parse(text)


def test_driver_and_transport() -> None:
    uri = URI.parse("qemu+ssh://host/system")
    assert (uri.scheme, uri.driver, uri.transport) == ("qemu+ssh", "qemu", "ssh")
    assert URI.parse("qemu:///system").transport is None


def test_looking_for_a_parameter() -> None:
    uri = URI.parse("qemu:///embed?Root=/a&x=1&x=2")
    assert uri.param("root") == "/a"
    assert uri.param("x") == "1"
    assert uri.param("y") is None
    assert uri.param("y", "z") == "z"


def test_making_one() -> None:
    uri = URI("qemu+ssh", user="me", server="::1", port=22, path="/system", params=[("a", "b&c"), ("d", "")])
    assert str(uri) == "qemu+ssh://me@[::1]:22/system?a=b%26c&d="
    assert URI.parse(str(uri)) == uri
    assert uri.query == "a=b%26c&d="
    assert str(URI("qemu", path="/embed", params=[("root", "/x")])) == "qemu:///embed?root=%2Fx"
    assert str(URI("xen")) == "xen:"
    assert repr(URI("xen")) == "URI.parse('xen:')"
    assert uri != "qemu"


def test_queries() -> None:
    assert parse_query("a=1;b=2&c&=x&d==&e=%c3%bc") == [("a", "1"), ("b", "2"), ("c", ""), ("d", "="), ("e", "\u00fc")]
    assert format_query([("a", "\u00fc /"), ("b c", "")]) == "a=%C3%BC%20%2F&b%20c="
