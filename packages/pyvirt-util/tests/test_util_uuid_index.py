"""The index of a store when it is damaged, old, or full of lines that say nothing any more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyvirt_util._uuid_index import UuidIndex
from pyvirt_util.errors import DomExistError, NoDomainError
from pyvirt_util.store import ObjectStore

WEB = "11111111-2222-4333-8444-555555555555"
MAIL = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "index", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def test_lines_are_added_and_seen_by_others(tmp_path: Path, fd: int) -> None:
    writer, reader = UuidIndex(str(tmp_path / "index")), UuidIndex(str(tmp_path / "index"))
    assert reader.get(WEB) is None
    assert not reader.lists(1)
    writer.replace(fd, {WEB: "web"}, 1)
    assert (reader.get(WEB), reader.lists(1), reader.lists(2)) == ("web", True, False)
    writer.add(fd, 2, MAIL, "mail with space")
    writer.add(fd, 3, WEB, "www")
    for index in (writer, reader, UuidIndex(str(tmp_path / "index"))):
        assert (index.get(WEB), index.get(MAIL), index.lists(3)) == ("www", "mail with space", True)
    before = (tmp_path / "index").read_text()
    writer.add(fd, None, WEB, "www")  # nothing new
    assert (tmp_path / "index").read_text() == before


def test_another_edition_replaces_what_was_read(tmp_path: Path, fd: int) -> None:
    writer, reader = UuidIndex(str(tmp_path / "index")), UuidIndex(str(tmp_path / "index"))
    writer.replace(fd, {WEB: "web"}, 1)
    assert reader.get(WEB) == "web"
    writer.replace(fd, {MAIL: "web"}, 1)  # of the same length
    assert (reader.get(WEB), reader.get(MAIL)) == (None, "web")
    os.unlink(tmp_path / "index")
    assert (reader.get(MAIL), reader.lists(1)) == (None, False)


def test_half_a_line_makes_it_incomplete(tmp_path: Path, fd: int) -> None:
    index = UuidIndex(str(tmp_path / "index"))
    index.replace(fd, {WEB: "web"}, 1)
    with open(tmp_path / "index", "a") as file:
        file.write(MAIL[:20])
    assert index.get(WEB) == "web"
    assert index.lists(1)  # what is not finished yet counts for nothing
    index.add(fd, 2, MAIL, "mail")
    for each in (index, UuidIndex(str(tmp_path / "index"))):
        assert (each.get(MAIL), each.lists(2)) == ("mail", False)
    index.replace(fd, {WEB: "web", MAIL: "mail"}, 3)
    assert index.lists(3)


def test_zeros_make_it_incomplete(tmp_path: Path, fd: int) -> None:
    index = UuidIndex(str(tmp_path / "index"))
    index.replace(fd, {WEB: "web"}, 1)
    data = (tmp_path / "index").read_bytes()
    (tmp_path / "index").write_bytes(data + b"\0" * 100 + b"\n=2\n")
    assert not index.lists(2)


def test_it_is_tidied(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, kind="domain", exists_error=DomExistError, missing_error=NoDomainError, durable=False)
    store.put("web", WEB, f"<uuid>{WEB}</uuid>")
    sizes = []
    for _ in range(9000):
        store.put("mail", MAIL, f"<uuid>{MAIL}</uuid>")
        sizes.append((tmp_path / ".index").stat().st_size)
    assert max(sizes) < 200_000
    assert sum(after < before for before, after in itertools.pairwise(sizes)) == 2
    assert store.find_uuid(WEB) == "web"
    assert store.find_uuid(MAIL) == "mail"


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xff\xfe" * 100, b"#1\n=99999999999999999999\n", b"x" * 100_000])
def test_a_store_gets_over_a_damaged_index(tmp_path: Path, content: bytes) -> None:
    store = ObjectStore(tmp_path, kind="domain", exists_error=DomExistError, missing_error=NoDomainError)
    store.put("web", WEB, f"<uuid>{WEB}</uuid>")
    (tmp_path / ".index").write_bytes(content)
    assert store.find_uuid(WEB) == "web"
    (tmp_path / ".index").write_bytes(content)
    with pytest.raises(DomExistError):
        store.put("mail", WEB, f"<uuid>{WEB}</uuid>")
    os.unlink(tmp_path / ".index")
    assert store.find_uuid(WEB) == "web"
    (tmp_path / ".index").write_bytes(content)
    store.delete("web")
    assert store.find_uuid(WEB) is None


def test_uuids_of_all_objects_by_name(tmp_path: Path) -> None:
    """A name that had several UUIDs is looked up in its file; files that came by hand are found."""
    store = ObjectStore(tmp_path / "store", kind="thing", exists_error=DomExistError, missing_error=NoDomainError)
    first, second, third = (f"c7a5fdbd-edaf-9455-926a-d65c16db180{digit}" for digit in "123")
    store.put("a", first, f"<x><uuid>{first}</uuid></x>")
    store.put("b", second, f"<x><uuid>{second}</uuid></x>")
    assert store.uuids() == {"a": first, "b": second}
    store.delete("a")
    store.put("a", third, f"<x><uuid>{third}</uuid></x>")
    assert store.uuids() == {"a": third, "b": second}
    store.delete("a")
    store.put("a", first, f"<x><uuid>{first}</uuid></x>")
    assert store.uuids() == {"a": first, "b": second}
    (tmp_path / "store" / "c.xml").write_text(f"<x><uuid>{third}</uuid></x>")
    assert store.uuids() == {"a": first, "b": second, "c": third}
