"""Secrets: what is read is what is written, and what is refused says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_conf.secret import (
    CephUsage,
    IscsiUsage,
    Secret,
    SecretUsage,
    TlsUsage,
    VolumeUsage,
    VtpmUsage,
    parse_secret,
)
from pyvirt_util.errors import XmlError

UUID = "3a9a4d7c-7e5f-4b1c-9d0e-52f1e4a3b2c1"
USAGES = {
    "volume": (VolumeUsage, "volume"),
    "ceph": (CephUsage, "name"),
    "iscsi": (IscsiUsage, "target"),
    "tls": (TlsUsage, "name"),
    "vtpm": (VtpmUsage, "name"),
}


@pytest.mark.parametrize(("kind", "usage"), USAGES.items())
def test_every_usage(kind: str, usage: tuple[type[SecretUsage], str]) -> None:
    made, element = usage
    text = (
        f"<secret ephemeral='yes' private='no'>\n  <uuid>{UUID}</uuid>\n  <description>a &amp; b</description>\n"
        f"  <usage type='{kind}'>\n    <{element}>an id</{element}>\n  </usage>\n</secret>\n"
    )
    parsed = parse_secret(text)
    assert parsed.format() == text
    assert parsed == Secret(ephemeral=True, uuid=UUID, description="a & b", usage=made(id="an id"))
    assert parsed.copy() == parsed


def test_what_is_left_out() -> None:
    made = parse_secret("<secret><usage type='none'/><unknown/></secret>")
    assert made.uuid is not None
    assert made.format() == f"<secret ephemeral='no' private='no'>\n  <uuid>{made.uuid}</uuid>\n</secret>\n"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<x/>", "/x"),
        ("<secret private='x'/>", "/secret/@private"),
        ("<secret ephemeral='x'/>", "/secret/@ephemeral"),
        ("<secret><uuid>x</uuid></secret>", "/secret/uuid"),
        ("<secret><usage/></secret>", "/secret/usage/@type"),
        ("<secret><usage type='x'/></secret>", "/secret/usage/@type"),
        *((f"<secret><usage type='{kind}'/></secret>", f"/secret/usage/{USAGES[kind][1]}") for kind in USAGES),
    ],
)
def test_refusals_say_where(text: str, path: str) -> None:
    with pytest.raises(XmlError) as caught:
        parse_secret(text, file="secret.xml")
    assert caught.value.location is not None
    assert (caught.value.location.file, caught.value.location.path) == ("secret.xml", path)


texts = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=20)
usages = st.sampled_from([made for made, _ in USAGES.values()]).flatmap(lambda made: st.builds(made, id=texts))


@given(
    st.builds(
        Secret,
        ephemeral=st.booleans(),
        private=st.booleans(),
        uuid=st.uuids().map(str),
        description=st.none() | texts,
        usage=st.none() | usages,
    )
)
def test_any_secret_survives(made: Secret) -> None:
    text = made.format()
    assert parse_secret(text) == made
    assert parse_secret(text).format() == text
